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
mod variable;

#[cfg(test)]
mod testing;

pub use build::LoadRestrictor;
pub use order::Order;

use build::{Accumulated, Build, Shared};

use std::collections::BTreeSet;

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
#[derive(Debug)]
pub struct Rendering {
    /// The path of its file from the root of the files.
    pub kustomization: String,
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
    let shared = Shared::new(options.load_restrictor);
    let root = Build::root(files, &shared, folder)?;
    let accumulated = root.accumulate(Accumulated::default())?;
    let objects = finish::finish(accumulated, &root.kustomization, options.order)?;
    Ok(Rendering {
        kustomization: root.path_of_file(),
        objects: objects.into_iter().map(|resource| resource.node).collect(),
        resources: shared.into_resources(),
    })
}
