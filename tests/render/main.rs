//! Rendering against Kustomize itself.
//!
//! In: kustomizations, written by hand in `fixtures/render` and `fixtures/render-broken` or made by `kustomizations`. The
//! real Kustomize says what each renders to; Plimsoll must print the same bytes, or refuse what Kustomize refuses, at the
//! line that is wrong. No test touches the network.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

#[path = "../support/marks.rs"]
mod marks;
#[path = "../cli/program.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod program;
#[path = "../support/mod.rs"]
mod support;

mod broken;
mod differential;
mod fixtures;
mod made;
mod provenance;
mod reference;
mod rendering;
