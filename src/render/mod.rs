//! From files to the objects that people apply: Kustomize natively.
//!
//! In: a tree of files and the folder of a kustomization. Out: its objects in kustomize's order, every value with the
//! place where a person wrote it, or the fault that stops it. It never touches the network and runs no plugin.

mod applied;
mod argo;
mod artifacts;
mod difference;
mod fault;
mod files;
mod flux;
mod kustomize;
mod substitute;

pub use applied::{Applied, Lookup, applied};
pub use argo::ArgoSource;
pub use artifacts::Artifacts;
pub use difference::{Change, FieldDifference, ObjectDifference, Rendered, Shown, Written, compare};
pub use fault::Fault;
pub use files::Files;
pub use flux::FluxKustomization;
pub use kustomize::{LoadRestrictor, Options, Order, Rendering, kustomize};
