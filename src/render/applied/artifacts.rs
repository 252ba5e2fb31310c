//! Where the path of a Flux Kustomization leads: through its source, back into the repository.
//!
//! In: a path within a source, and the `ArtifactGenerators` of the repository. Out: the folder of the repository. A source
//! that is built elsewhere, as an OCI artifact is, may hold a part of the repository: then the nearest folder above that
//! has the path counts. It never guesses for a Git source, whose root is that of the repository.

use std::sync::Arc;

use crate::manifest::{Node, Object};
use crate::render::files::{Files, Owned};

/// The API group of `ArtifactGenerators`.
pub(super) const GROUP: &str = "source.extensions.fluxcd.io";

/// The API group of `HelmCharts` and of the sources themselves.
pub(super) const SOURCE_GROUP: &str = "source.toolkit.fluxcd.io";

/// The artifacts that `ArtifactGenerators` of the repository copy together.
#[derive(Debug, Default)]
pub(in crate::render) struct Artifacts {
    list: Vec<Artifact>,
    charts: Vec<HelmChart>,
}

/// A `HelmChart`: a chart of a source that `HelmReleases` refer to by name.
#[derive(Debug)]
struct HelmChart {
    file: Arc<str>,
    name: String,
    kind: String,
    source: String,
    path: String,
}

#[derive(Debug)]
struct Artifact {
    /// The file that its generator is written in.
    file: Arc<str>,
    name: String,
    /// What is copied: the kind of the source, the path there, the path in the artifact.
    copies: Vec<(String, String, String)>,
}

impl Artifacts {
    /// Adds those of an object.
    pub(super) fn add(&mut self, object: &Owned, files: &Files<'_>) {
        let Ok(object) = Object::from_node(object.clone()) else { return };
        if object.kind.group == SOURCE_GROUP && object.kind.kind == "HelmChart" {
            let text = |path: &[&str]| object.node.path(path).and_then(Node::as_str).unwrap_or_default().to_owned();
            self.charts.push(HelmChart {
                file: files.place(object.node.span).path,
                name: object.name().unwrap_or_default().to_owned(),
                kind: text(&["spec", "sourceRef", "kind"]),
                source: text(&["spec", "sourceRef", "name"]),
                path: text(&["spec", "chart"]),
            });
        }
        if object.kind.group != GROUP || object.kind.kind != "ArtifactGenerator" {
            return;
        }
        let file = files.place(object.node.span).path;
        let list = |node: &Owned, key: &str| node.get(key).map(Node::items).unwrap_or_default().to_vec();
        let text = |node: &Owned, key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
        let Some(spec) = object.node.get("spec") else { return };
        let kind_of = |alias: &str| {
            let sources = list(spec, "sources");
            sources.iter().find(|source| text(source, "alias") == alias).map(|source| text(source, "kind"))
        };
        for artifact in list(spec, "artifacts") {
            let copies = list(&artifact, "copy").into_iter().filter_map(|copy| {
                let (from, to) = (text(&copy, "from"), text(&copy, "to"));
                let (alias, from) = from.strip_prefix('@')?.split_once('/')?;
                let to = to.strip_prefix("@artifact").unwrap_or(&to);
                Some((kind_of(alias)?, cleaned(from.trim_end_matches('*')), cleaned(to)))
            });
            let copies = copies.collect();
            self.list.push(Artifact { file: Arc::clone(&file), name: text(&artifact, "name"), copies });
        }
    }

    /// The folder of the repository that a path of a source is. `file` is where it is asked for.
    pub(super) fn folder(&self, files: &Files<'_>, kind: &str, name: &str, path: &str, file: &str) -> Option<String> {
        let path = cleaned(path);
        if kind != "ExternalArtifact" {
            return resolved(files, kind, &path, file);
        }
        let named = self.list.iter().filter(|artifact| artifact.name == name);
        let artifact = named.max_by_key(|artifact| shared_folders(&artifact.file, file))?;
        let mut copies: Vec<_> = artifact.copies.iter().filter(|(_, _, to)| is_in(&path, to)).collect();
        copies.sort_by_key(|(_, _, to)| std::cmp::Reverse(to.len()));
        let (kind, from, to) = copies.first()?;
        let rest = path.get(to.len()..).unwrap_or_default().trim_start_matches('/');
        let path = [from.as_str(), rest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        resolved(files, kind, &path, &artifact.file)
    }

    /// The chart of a `HelmChart`: the kind and name of its source, and its path there. `file` is where it is asked for.
    pub(super) fn chart(&self, name: &str, file: &str) -> Option<(&str, &str, &str)> {
        let named = self.charts.iter().filter(|chart| chart.name == name);
        let chart = named.max_by_key(|chart| shared_folders(&chart.file, file))?;
        Some((&chart.kind, &chart.source, &chart.path))
    }
}

/// How many folders two paths share from the root on.
pub(in crate::render) fn shared_folders(one: &str, other: &str) -> usize {
    let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let (one, other) = (folder(one), folder(other));
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}

/// A path of the repository, if there is something. What is not fetched by Git may be a part of the repository.
fn resolved(files: &Files<'_>, kind: &str, path: &str, file: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    if files.contains(path) {
        return Some(path.to_owned());
    }
    if !matches!(kind, "OCIRepository" | "Bucket") {
        return None;
    }
    let mut folder = file;
    let mut above = std::iter::from_fn(|| {
        folder = folder.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty())?;
        Some(format!("{folder}/{path}"))
    });
    above.find(|folder| files.contains(folder))
}

fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path without `.`, and without slashes around it. One that leads out leads nowhere.
fn cleaned(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
