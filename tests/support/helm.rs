//! The real helm.
//!
//! In: nothing. Out: the path of the program, built on first use. It is helm's own command, at the version that
//! `tests/helm/go.mod` requires.

use std::path::PathBuf;

use super::go_program::GoProgram;

const PROGRAM: GoProgram = GoProgram {
    name: "helm",
    package: "helm.sh/helm/v3/cmd/helm",
    linker_flags: "-s -w",
    first_build: "this takes some minutes",
};

/// The path of the program.
pub(crate) fn program() -> PathBuf {
    PROGRAM.path()
}
