//! The real binary, as a user or a script runs it: arguments and files in, bytes and an exit code out.
//!
//! Every test makes its own folder and its own Git repository. What the checks find is tested elsewhere; here it is what
//! the program as a whole promises: exit codes, formats, where it looks, and that no input takes it down.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod changes;
mod commands;
mod definitions;
mod diff;
mod exit_codes;
mod formats;
mod git;
mod hostile_input;
mod program;
mod render;
mod selection;
mod summary;
mod trees;
