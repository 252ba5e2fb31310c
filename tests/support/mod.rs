//! What the integration tests share: real programs of the Kubernetes world to compare with.
//!
//! In: nothing; a test says `mod support;` and takes the part it needs.
//! Out: a control plane, a YAML reference, and the building of the Go programs behind both.
//! Never: nothing here judges a manifest, and no test is skipped for want of a program.
#![allow(dead_code, reason = "every test binary compiles all of this and uses another part of it")]

pub(crate) mod conformance;
pub(crate) mod control_plane;
pub(crate) mod go_program;
pub(crate) mod helm;
pub(crate) mod kustomize_reference;
pub(crate) mod yaml_reference;
