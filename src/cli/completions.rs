//! `plimsoll completions`: shell completions from the definition of the command line.
//!
//! In: the definition and a shell. Out: the script, to a writer. It never installs one.

use std::io::{self, Write};

use clap::Command;
use clap_complete::{Shell, generate};

use super::{Failure, Outcome};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, command: Command, out: &mut dyn Write) -> Result<Outcome, Failure> {
    write(arguments.shell, command, out)?;
    Ok(Outcome::Clean)
}

/// Writes the completions of a shell.
///
/// # Errors
/// When the writer fails.
fn write(shell: Shell, mut command: Command, out: &mut dyn Write) -> io::Result<()> {
    let name = command.get_name().to_owned();
    // The generator panics on a writer that fails, as a closed pipe does
    let mut script = Vec::new();
    generate(shell, &mut command, name, &mut script);
    out.write_all(&script)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        Command::new("plimsoll").subcommand(Command::new("check").arg(clap::arg!(--staged "The index")))
    }

    #[test]
    fn every_shell_gets_the_commands_and_their_options() {
        for shell in [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh] {
            let mut script = Vec::new();
            write(shell, command(), &mut script).unwrap();
            let script = String::from_utf8(script).unwrap();
            assert!(script.contains("check") && script.contains("staged"), "{shell}: {script}");
        }
    }

    #[test]
    fn a_closed_pipe_is_an_error_and_not_a_panic() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write(Shell::Bash, command(), &mut Closed).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
