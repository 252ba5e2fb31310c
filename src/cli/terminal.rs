//! What people look at: whether a stream of the process is a terminal, how wide it is, whether it takes colours.
//!
//! In: a stream of the process, and the environment. Out: what a report may count on. It never writes.

use std::io::{self, IsTerminal};

/// Where something is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

impl Stream {
    fn is_terminal(self) -> bool {
        match self {
            Self::Output => io::stdout().is_terminal(),
            Self::Error => io::stderr().is_terminal(),
        }
    }

    /// Whether people look at it and want colours there.
    pub(super) fn wants_colour(self) -> bool {
        self.is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// The columns of the terminal; 100 where there is none, so that reports in files do not depend on a window.
    pub(super) fn width(self) -> usize {
        const UNKNOWN: usize = 100;
        if !self.is_terminal() {
            return UNKNOWN;
        }
        let terminal = match self {
            Self::Output => console::Term::stdout(),
            Self::Error => console::Term::stderr(),
        };
        let (_, columns) = terminal.size();
        usize::from(columns).clamp(60, 140)
    }
}
