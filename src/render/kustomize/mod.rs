//! Kustomize's built-in language, as kustomize v5.8 has it.
//!
//! In: the files of a repository and the folder of a kustomization. Out: objects, every value with the place where it was
//! written. `build` is the order of work; each of the other files is one word of the language.

mod build;
mod crd_fields;
mod default_fields;
mod embedded;
mod field_path;
mod field_spec;
mod fields;
mod finish;
mod generate;
mod hash;
mod helm_chart;
mod images;
mod json_patch;
mod kustomization;
mod label_selector;
mod labels;
mod load;
mod merge;
mod merge_schema;
mod name_reference;
mod names;
mod namespace;
mod order;
mod origin;
mod patch;
mod plugin;
mod read_configuration;
mod replacement;
mod replicas;
mod resource;
mod resources;
mod scope;
mod selector;
mod shape;
mod shared;
mod variable;

#[cfg(test)]
mod testing;

pub use build::LoadRestrictor;
pub(super) use merge_schema::{MergeSchemas, Schema as MergeSchema};
pub use order::Order;

pub(super) use kustomization::Kustomization;

use build::{Accumulated, Build, Shared};

use std::collections::BTreeSet;

use super::fault::Fallible;
use super::{Fault, Files};
use crate::manifest::Node;

/// How kustomizations are rendered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Which files a kustomization may read.
    pub load_restrictor: LoadRestrictor,
    /// The order of the objects, where the kustomization does not say so.
    pub order: Order,
}

/// What a kustomization makes.
#[derive(Debug, Default)]
pub struct Rendering {
    /// The objects, in their order.
    pub objects: Vec<Node<'static>>,
    /// The files that hold its resources.
    pub resources: BTreeSet<String>,
}

/// Renders the kustomization of a folder, a path from the root of the files.
///
/// # Errors
/// The first thing that stops it.
pub fn kustomize(files: &Files<'_>, folder: &str, options: Options) -> Result<Rendering, Fault> {
    kustomize_adjusted(files, folder, options, &Adjusted { generated: None, adjust: &|_| Ok(()) })
}

/// A kustomization that is not rendered just as it is written.
pub(super) struct Adjusted<'a> {
    /// The kustomization, for a folder that has none.
    pub(super) generated: Option<Kustomization>,
    /// What is changed in it before it is rendered.
    pub(super) adjust: &'a dyn Fn(&mut Kustomization) -> Fallible<()>,
}

/// Renders a kustomization with changes.
pub(super) fn kustomize_adjusted(
    files: &Files<'_>,
    folder: &str,
    options: Options,
    adjusted: &Adjusted<'_>,
) -> Fallible<Rendering> {
    let shared = Shared::new(options.load_restrictor);
    let root = Build::root(files, &shared, folder, adjusted)?;
    let accumulated = root.accumulate(Accumulated::default())?;
    let objects = finish::finish(accumulated, &root.kustomization, options.order)?;
    Ok(Rendering {
        objects: objects.into_iter().map(|resource| resource.node).collect(),
        resources: shared.into_resources(),
    })
}
