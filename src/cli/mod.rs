//! The command line: what was typed → one command → an exit code.
//!
//! Exit codes: 0 nothing at or over the threshold, 1 findings at or over it, 2 the tool could not do its job, or found
//! nothing to check.

mod check;
mod completions;
mod configuration;
mod convert;
mod diff;
mod explain;
mod hook;
mod init;
mod man;
mod place;
mod render;
mod rules;
mod terminal;
mod trees;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Nothing to complain about.
    Clean,
    /// Findings at or over the threshold.
    Findings,
    /// Nothing was found that could be checked.
    Nothing,
}

/// Why the tool could not do its job.
type Failure = Box<dyn std::error::Error>;

/// Policy and manifest validation for Kubernetes config repositories.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check manifests against the Kubernetes schemas and the API server's rules
    Check(Box<check::Arguments>),
    /// List the trees of the repository: what renders them, what has them applied, and their verdicts
    Trees(Box<check::Arguments>),
    /// Print the objects that kustomizations make
    Render(render::Arguments),
    /// Show what kustomizations make differently of two revisions
    Diff(diff::Arguments),
    /// Print a file's first YAML document as JSON, read as Kubernetes reads it
    Convert(convert::Arguments),
    /// List the rules
    Rules(rules::Arguments),
    /// Explain a rule: what it finds, why it matters, how to mend it
    Explain(explain::Arguments),
    /// Write a first, commented plimsoll.yaml
    Init(init::Arguments),
    /// Install or remove the Git pre-commit hook
    Hook(hook::Arguments),
    /// Print the completion script of a shell
    Completions(completions::Arguments),
    /// Print the man page of the program, or of one of its commands
    Man(man::Arguments),
}

/// Runs the program with the process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = io::BufWriter::new(StandardOutput { is_read: true });
    let result = match arguments.command {
        Command::Check(arguments) => check::run(&arguments, &mut out),
        Command::Trees(arguments) => trees::run(&arguments, &mut out),
        Command::Render(arguments) => render::run(&arguments, &mut out),
        Command::Diff(arguments) => diff::run(&arguments, &mut out),
        Command::Convert(arguments) => convert::run(&arguments, &mut out),
        Command::Rules(arguments) => rules::run(&arguments, &mut out),
        Command::Explain(arguments) => explain::run(&arguments, &mut out),
        Command::Init(arguments) => init::run(&arguments, &mut out),
        Command::Hook(arguments) => hook::run(&arguments, &mut out),
        Command::Completions(arguments) => completions::run(&arguments, Arguments::command(), &mut out),
        Command::Man(arguments) => man::run(&arguments, Arguments::command(), &mut out),
    };
    let result = result.and_then(|outcome| out.flush().map(|()| outcome).map_err(Failure::from));
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Nothing) => ExitCode::from(2),
        Err(failure) => {
            say(&format!("plimsoll: {}", chain(failure.as_ref())));
            ExitCode::from(2)
        }
    }
}

/// Standard output. When its reader has gone, as in `plimsoll check | head`, there is nobody left to tell, but the exit
/// code still says what was found.
struct StandardOutput {
    is_read: bool,
}

impl StandardOutput {
    fn heed<T>(&mut self, result: io::Result<T>, unread: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_read = false;
                Ok(unread)
            }
            result => result,
        }
    }
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_read {
            return Ok(bytes.len());
        }
        let written = io::stdout().write(bytes);
        self.heed(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = io::stdout().flush();
        self.heed(flushed, ())
    }
}

/// A line on standard error, for people.
fn say(line: &str) {
    // Nobody is left to tell that standard error is closed.
    let _ = writeln!(io::stderr(), "{line}");
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
