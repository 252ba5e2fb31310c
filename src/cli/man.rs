//! `plimsoll man`: the manual page from the definition of the command line.
//!
//! In: the definition. Out: the page of the program or of one of its commands, in roff, to a writer. It never installs one.

use std::io::{self, Write};

use clap::Command;
use clap_mangen::Man;

use super::{Failure, Outcome};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The command, such as `check` or `hook install`; none for the program
    command: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, command: Command, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let names: Vec<&str> = arguments.command.iter().map(String::as_str).collect();
    write(command, &names, out)?;
    Ok(Outcome::Clean)
}

/// Writes a manual page: that of the program, or of the command that `of` leads to (`["hook", "install"]`).
///
/// # Errors
/// When the writer fails, or when there is no such command ([`io::ErrorKind::NotFound`]).
fn write(mut command: Command, of: &[&str], out: &mut dyn Write) -> io::Result<()> {
    command.build();
    let mut page = &command;
    for &name in of {
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("there is no command `{}`", of.join(" ")));
        page = page.find_subcommand(name).ok_or_else(missing)?;
    }
    Man::new(page.clone()).render(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let install = Command::new("install").about("Put the hook in place");
        Command::new("plimsoll")
            .about("Validate manifests")
            .subcommand(Command::new("hook").about("The pre-commit hook").subcommand(install))
    }

    fn page(of: &[&str]) -> io::Result<String> {
        let mut page = Vec::new();
        write(command(), of, &mut page)?;
        Ok(String::from_utf8(page).unwrap())
    }

    #[test]
    fn the_page_of_the_program_lists_its_commands() {
        let page = page(&[]).unwrap();
        assert!(page.contains(".TH plimsoll 1") && page.contains("plimsoll\\-hook(1)"), "{page}");
    }

    #[test]
    fn a_command_within_a_command_has_a_page_under_its_full_name() {
        let page = page(&["hook", "install"]).unwrap();
        assert!(page.contains(".TH plimsoll-hook-install 1") && page.contains("Put the hook in place"), "{page}");
    }

    #[test]
    fn an_unknown_command_has_no_page() {
        assert_eq!(page(&["hook", "remove"]).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
