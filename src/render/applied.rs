//! What names the trees of a repository: Flux Kustomizations and Argo CD Applications in it.
//!
//! In: the files. Out: which folders are applied, and by what, with the settings that it adds. It never asks a cluster,
//! and knows nothing of other repositories.

use std::sync::Arc;

use rayon::prelude::*;

use super::argo::{self, ArgoSource};
use super::artifacts::{self, Artifacts};
use super::flux::{self, FluxKustomization};
use super::kustomize::Rendering;
use super::{Fault, Files};
use crate::manifest::Node;

/// An object that has a folder applied.
#[derive(Debug, Clone)]
pub enum Applied {
    /// A Flux Kustomization.
    Flux(FluxKustomization),
    /// A source of an Argo CD Application.
    Argo(ArgoSource),
}

/// Finds the data of a `ConfigMap` or Secret by kind, namespace and name; none of what is not in the repository, or
/// encrypted.
pub type Lookup<'l> = &'l dyn Fn(&str, &str, &str) -> Option<Vec<(String, String)>>;

impl Applied {
    /// What an object has applied.
    pub fn of(object: &Node<'static>, files: &Files<'_>) -> Vec<Self> {
        let flux = FluxKustomization::of(object, files).map(Self::Flux);
        flux.into_iter().chain(ArgoSource::of(object, files).into_iter().map(Self::Argo)).collect()
    }

    /// What tells it from all others of the repository.
    #[must_use]
    pub fn key(&self) -> (Arc<str>, String) {
        match self {
            Self::Flux(flux) => flux.key(),
            Self::Argo(source) => source.key(),
        }
    }

    /// The path of the file that it is written in.
    #[must_use]
    pub fn file(&self) -> &Arc<str> {
        match self {
            Self::Flux(flux) => &flux.file,
            Self::Argo(source) => &source.file,
        }
    }

    /// Whether another says the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Flux(one), Self::Flux(other)) => one.is_same(other),
            (Self::Argo(one), Self::Argo(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// The folder that it has applied, from the root of the files; none if it is nowhere.
    #[must_use]
    pub fn folder(&self, files: &Files<'_>, artifacts: &Artifacts) -> Option<String> {
        match self {
            Self::Flux(flux) => flux.folder(files, artifacts),
            Self::Argo(source) => source.folder(files, artifacts),
        }
    }

    /// Renders what it has applied. `resources` are the files of a folder without a kustomization.
    ///
    /// # Errors
    /// The first thing that stops it.
    pub fn render(
        &self,
        files: &Files<'_>,
        folder: &str,
        resources: Option<Vec<String>>,
        lookup: Lookup<'_>,
    ) -> Result<Rendering, Fault> {
        match self {
            Self::Flux(settings) => flux::flux(files, folder, resources, settings, lookup),
            Self::Argo(source) => argo::argo(files, folder, source),
        }
    }
}

impl std::fmt::Display for Applied {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flux(flux) => write!(formatter, "Flux Kustomization {} ({})", flux.name, flux.file),
            Self::Argo(source) => write!(formatter, "Argo CD Application {} ({})", source.name, source.file),
        }
    }
}

/// What the objects of files have applied, as they are written, and the artifacts that it may come from.
#[must_use]
pub fn applied(files: &Files<'_>, paths: &[&str]) -> (Vec<Applied>, Artifacts) {
    let groups = [flux::GROUP, argo::GROUP, artifacts::GROUP];
    let documents: Vec<Node<'static>> =
        paths.par_iter().flat_map_iter(|path| files.documents_with(path, &groups)).collect();
    let mut artifacts = Artifacts::default();
    for document in &documents {
        artifacts.add(document, files);
    }
    (documents.iter().flat_map(|document| Applied::of(document, files)).collect(), artifacts)
}
