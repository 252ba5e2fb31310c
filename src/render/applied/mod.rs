//! What names the trees of a repository: Flux Kustomizations, Flux `HelmReleases` and Argo CD Applications in it.
//!
//! In: the files. Out: which folders are applied, and by what, with the settings that it adds. It never asks a cluster,
//! and knows nothing of other repositories.

mod argo;
mod argo_helm;
mod artifacts;
mod flux;
mod helm_release;
mod substitute;

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

pub(super) use argo::{ArgoSource, Tool};
pub(super) use artifacts::{Artifacts, shared_folders};
pub(super) use flux::FluxKustomization;
pub(super) use helm_release::HelmRelease;

use super::files::Owned;
use super::kustomize::Rendering;
use super::trees::Recipe;
use super::{Fault, Files};
use crate::manifest::{Node, to_json_text};

/// An object that has a folder applied.
#[derive(Debug, Clone)]
pub(super) enum Applied {
    /// A Flux Kustomization.
    Flux(FluxKustomization),
    /// A Flux `HelmRelease`.
    Release(HelmRelease),
    /// A source of an Argo CD Application.
    Argo(ArgoSource),
}

/// Finds the data of a `ConfigMap` or Secret by kind, namespace and name; none of what is not in the repository, or
/// encrypted. Every value is a string, at the place where it is written.
pub(super) type Lookup<'l> = &'l (dyn Fn(&str, &str, &str) -> Option<Vec<(String, Owned)>> + Sync);

/// What renderings depend on beyond the files.
pub(super) struct Surroundings<'s> {
    pub(super) lookup: Lookup<'s>,
    /// The Kubernetes version that charts are rendered for.
    pub(super) kubernetes: &'s str,
}

impl Applied {
    /// What an object has applied.
    pub(super) fn of(object: &Owned, files: &Files<'_>) -> Vec<Self> {
        let flux = FluxKustomization::of(object, files).map(Self::Flux);
        let release = HelmRelease::of(object, files).map(Self::Release);
        let argo = ArgoSource::of(object, files).into_iter().map(Self::Argo);
        flux.into_iter().chain(release).chain(argo).collect()
    }

    /// What tells it from all others of the repository.
    pub(super) fn key(&self) -> (Arc<str>, String) {
        match self {
            Self::Flux(flux) => flux.key(),
            Self::Release(release) => release.key(),
            Self::Argo(source) => source.key(),
        }
    }

    /// The path of the file that it is written in.
    pub(super) fn file(&self) -> &Arc<str> {
        match self {
            Self::Flux(flux) => &flux.file,
            Self::Release(release) => &release.file,
            Self::Argo(source) => &source.file,
        }
    }

    /// Whether another says the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let node = |applied: &Self| match applied {
            Self::Flux(flux) => to_json_text(&flux.node),
            Self::Release(release) => to_json_text(&release.node),
            Self::Argo(source) => to_json_text(&source.application),
        };
        node(self) == node(other)
    }

    /// The folder that it has applied, from the root of the files; none if it is nowhere.
    pub(super) fn folder(&self, files: &Files<'_>, artifacts: &Artifacts) -> Option<String> {
        match self {
            Self::Flux(flux) => flux.folder(files, artifacts),
            Self::Release(release) => release.folder(files, artifacts),
            Self::Argo(source) => source.folder(files, artifacts),
        }
    }

    /// The files that it reads beside those of its folder: values, and the `ConfigMaps` with them.
    pub(super) fn reads(&self, files: &Files<'_>, folder: &str, lookup: Lookup<'_>) -> Vec<String> {
        let (namespace, sources) = match self {
            Self::Flux(flux) => (flux.namespace.as_str(), flux.sources()),
            Self::Release(release) => (release.namespace.as_str(), release.sources()),
            Self::Argo(source) => return source.values_files(folder),
        };
        let text = |source: &Owned, key: &str| source.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        let data = sources.iter().filter_map(|source| lookup(&text(source, "kind"), namespace, &text(source, "name")));
        let paths = data.flatten().map(|(_, value)| files.place(value.span).path.to_string());
        let mut paths: Vec<String> = paths.collect();
        if let Self::Release(release) = self {
            paths.extend(release.values_files(files, folder).into_iter().map(|(path, _)| path));
        }
        paths
    }

    /// Renders what it has applied of a folder.
    ///
    /// # Errors
    /// The first thing that stops it.
    pub(super) fn render(
        &self,
        files: &Files<'_>,
        folder: &str,
        recipe: &Recipe,
        surroundings: &Surroundings<'_>,
    ) -> Result<Rendering, Fault> {
        match (self, recipe) {
            (Self::Flux(settings), Recipe::Generated(resources)) => {
                flux::flux(files, folder, Some(resources), settings, surroundings.lookup)
            }
            (Self::Flux(settings), _) => flux::flux(files, folder, None, settings, surroundings.lookup),
            (Self::Release(release), _) => helm_release::release(files, folder, release, surroundings),
            (Self::Argo(source), Recipe::Chart) => argo_helm::argo_helm(files, folder, source, surroundings),
            (Self::Argo(source), _) => argo::argo(files, folder, source),
        }
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flux(flux) => write!(formatter, "Flux Kustomization {}", flux.name),
            Self::Release(release) => write!(formatter, "Flux HelmRelease {}", release.name),
            Self::Argo(source) => write!(formatter, "Argo CD Application {}", source.name),
        }
    }
}

/// What the objects of files have applied, as they are written, and the artifacts that it may come from.
pub(super) fn applied(files: &Files<'_>, paths: &[&str]) -> (Vec<Applied>, Artifacts) {
    let groups = [flux::GROUP, helm_release::GROUP, argo::GROUP, artifacts::GROUP, artifacts::SOURCE_GROUP];
    let documents: Vec<Owned> = paths.par_iter().flat_map_iter(|path| files.documents_with(path, &groups)).collect();
    let mut artifacts = Artifacts::default();
    for document in &documents {
        artifacts.add(document, files);
    }
    (documents.iter().flat_map(|document| Applied::of(document, files)).collect(), artifacts)
}
