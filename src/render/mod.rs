//! From files to the objects that people apply: Kustomize natively, Helm by the real program.
//!
//! In: a tree of files and the folder of a kustomization or chart. Out: its objects in their order, every value with the
//! place where a person wrote it, or the fault that stops it. It never touches the network and runs no plugin.

mod applied;
mod difference;
mod fault;
mod files;
mod helm;
mod kustomize;
mod trees;

pub use difference::{Change, FieldDifference, ObjectDifference, Rendered, Shown, Written, compare};
pub use fault::Fault;
pub use files::Files;
pub use helm::{DEFAULT_TIMEOUT, Helm, HelmOptions};
pub use kustomize::{LoadRestrictor, Options, Order, Rendering, kustomize};
pub use trees::{Choice, RenderedTree, Trees, trees};
