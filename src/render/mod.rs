//! From files to the objects that people apply: Kustomize natively, Helm by the real program.
//!
//! In: a tree of files and the folder of a kustomization or chart. Out: its objects in their order, every value with the
//! place where a person wrote it, or the fault that stops it. It never touches the network and runs no plugin.

mod fault;
mod files;
mod helm;
mod kustomize;

pub use fault::Fault;
pub use files::Files;
pub use helm::{ChartRendering, DEFAULT_TIMEOUT, Helm, HelmOptions, charts};
pub use kustomize::{LoadRestrictor, Options, Order, Rendering, kustomize};
