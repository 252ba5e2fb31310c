//! Plimsoll: policy and manifest validation for Kubernetes config repositories.
//!
//! One pipeline, in the order of the modules:
//!
//! ```text
//! repo → manifest → check → report
//! ```
//!
//! - [`repo`] lists and reads files: a work tree, the Git index, a commit, standard input. Nothing else in the checker
//!   opens a file of the repository.
//! - [`manifest`] makes documents and objects of them: [`manifest::Node`]s, values that know where they were written.
//! - [`check`] holds the objects to the schemas and to what the API server demands beyond them.
//! - [`report`] writes what was found, one format a file.
//!
//! What holds everywhere:
//!
//! - A stage takes the previous stage's value and returns a value and [`finding::Finding`]s. A broken file of the user is
//!   a finding; an `Err` means that the tool cannot go on.
//! - Nothing is lost: a document is valid, invalid, skipped with a reason, or unchecked, and each is counted. What had no
//!   schema is never called valid.
//! - Findings are sorted after the parallel run: same input, same bytes.
//! - Nothing touches the network.

pub mod catalogue;
pub mod check;
pub mod cli;
pub mod config;
pub mod finding;
pub mod manifest;
pub mod render;
pub mod repo;
pub mod report;
mod suggest;
