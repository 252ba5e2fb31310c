//! What a kustomization names of the repository's files.
//!
//! In: the file of a kustomization. Out: the files and folders that it uses, as what, and what it sets in its resources.
//! One that cannot be read names nothing here.

use std::collections::BTreeSet;

use super::charts::CHART;
use crate::manifest::{Content, FileId, Node, SkipReason, Source, decode, read_documents};
use crate::repo::{FileTree, PatchTarget, PatchedFields, path};

/// The names that kustomize looks for, in its order.
pub(in crate::repo) const KUSTOMIZATION_NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What a kustomization names and sets.
#[derive(Debug, Default)]
pub(super) struct Kustomization {
    /// The path of its file.
    pub(super) file: String,
    /// Files and folders under `resources`, `bases` and `components`.
    pub(super) resources: Vec<String>,
    /// Those of them that are components: what these set, they set in the resources of this kustomization.
    pub(super) components: Vec<String>,
    /// Patches, generators' sources and other files that it reads.
    pub(super) inputs: Vec<String>,
    /// The folders of charts that it renders.
    pub(super) charts: Vec<String>,
    /// Whether it is a Component, which is nothing by itself.
    pub(super) is_component: bool,
    /// Whether every resource is a file or kustomization of the tree.
    pub(super) is_complete: bool,
    /// Files that it names as something else than manifests.
    pub(super) roles: Vec<(String, SkipReason)>,
    /// What it sets in its resources.
    pub(super) patched: PatchedFields,
}

impl Kustomization {
    /// The kustomization in a file of a folder.
    pub(super) fn read(tree: &dyn FileTree, folder: &str, file: &str) -> Self {
        let mut kustomization = Self { file: file.to_owned(), is_complete: true, ..Self::default() };
        let text = tree.read(file).and_then(|bytes| decode(file, bytes));
        let Ok(text) = text else { return kustomization };
        let source = Source::new(file, text);
        let documents = read_documents(FileId(0), &source);
        let nodes = documents.into_iter().filter_map(|document| match document.content {
            Content::Value(node) => Some(node),
            _ => None,
        });
        for node in nodes {
            kustomization.is_component |= node.get("kind").and_then(Node::as_str) == Some("Component");
            for key in ["resources", "bases", "components"] {
                for name in strings(node.get(key)) {
                    let Some(resource) = resolve(folder, name) else {
                        kustomization.is_complete = false;
                        continue;
                    };
                    if key == "components" {
                        kustomization.components.push(resource.clone());
                    }
                    kustomization.resources.push(resource);
                }
            }
            for chart in chart_folders(&node).filter_map(|chart| resolve(folder, &chart)) {
                kustomization.inputs.push(path::join(&chart, CHART));
                kustomization.charts.push(chart);
            }
            kustomization.patched.add_inline(&node);
            for (name, target) in patch_files(&node) {
                let Some(file) = resolve(folder, name) else { continue };
                if let Some(text) = tree.read(&file).ok().and_then(|bytes| decode(&file, bytes).ok()) {
                    kustomization.patched.add_text(&text, target);
                }
                kustomization.inputs.push(file.clone());
                kustomization.roles.push((file, SkipReason::Patch));
            }
            for name in input_files(&node) {
                if let Some(file) = resolve(folder, name) {
                    kustomization.inputs.push(file.clone());
                    kustomization.roles.push((file, SkipReason::KustomizeInput));
                }
            }
            // These are read, and may be manifests nevertheless.
            let openapi = node.path(&["openapi", "path"]).and_then(Node::as_str);
            let definitions = strings(node.get("crds")).chain(openapi);
            kustomization.inputs.extend(definitions.filter_map(|name| resolve(folder, name)));
        }
        kustomization
    }
}

/// A path that a file in a folder names; none for what lies outside of the tree, and for URLs.
fn resolve(folder: &str, name: &str) -> Option<String> {
    if name.contains("://") || name.starts_with('/') {
        return None;
    }
    path::named(folder, name)
}

/// Of the names that kustomize takes, the first that is there counts.
pub(super) fn is_first_kustomization(folder: &str, name: &str, paths: &BTreeSet<&str>) -> bool {
    let earlier = KUSTOMIZATION_NAMES.iter().take_while(|known| **known != name);
    !earlier.into_iter().any(|known| paths.contains(path::join(folder, known).as_str()))
}

pub(super) fn is_kustomization(name: &str) -> bool {
    KUSTOMIZATION_NAMES.contains(&name)
}

pub(in crate::repo) fn strings<'n>(node: Option<&'n Node<'_>>) -> impl Iterator<Item = &'n str> {
    node.into_iter().flat_map(Node::items).filter_map(Node::as_str)
}

/// The files of `patches`, `patchesStrategicMerge` and `patchesJson6902`, with the target that the kustomization names.
pub(in crate::repo) fn patch_files<'n>(node: &'n Node<'_>) -> impl Iterator<Item = (&'n str, PatchTarget<'n>)> {
    let named = ["patches", "patchesJson6902"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
    let paths = named.filter_map(|patch| Some((patch.get("path")?.as_str()?, PatchTarget::of(patch))));
    // An inline patch has line breaks; a path has none.
    let merges = strings(node.get("patchesStrategicMerge")).filter(|patch| !patch.contains('\n'));
    paths.chain(merges.map(|file| (file, PatchTarget::default())))
}

/// The folders of the charts that a kustomization renders, from its own.
fn chart_folders(node: &Node<'_>) -> impl Iterator<Item = String> {
    let text = |node: &Node<'_>, key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default().to_owned();
    let home = node.get("helmGlobals").map(|globals| text(globals, "chartHome"));
    let home = home.filter(|home| !home.is_empty()).unwrap_or_else(|| "charts".to_owned());
    let charts = node.get("helmCharts").map(Node::items).unwrap_or_default().iter();
    let named = charts.map(move |chart| {
        let (name, version) = (text(chart, "name"), text(chart, "version"));
        let is_fetched = !version.is_empty() && !text(chart, "repo").is_empty();
        let folder = if is_fetched { format!("{home}/{name}-{version}") } else { home.clone() };
        format!("{folder}/{name}")
    });
    named.collect::<Vec<_>>().into_iter()
}

/// The files that a kustomization reads but does not take as resources.
pub(in crate::repo) fn input_files<'n>(node: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    let generators =
        ["configMapGenerator", "secretGenerator"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
    let sources = generators.flat_map(|generator| {
        let files = strings(generator.get("files")).map(|file| file.split_once('=').map_or(file, |(_, file)| file));
        files.chain(strings(generator.get("envs"))).chain(generator.get("env").and_then(Node::as_str))
    });
    let lists = ["configurations", "transformers", "generators", "validators"].into_iter();
    let listed = lists.flat_map(|key| strings(node.get(key))).filter(|file| !file.contains('\n'));
    let replacements =
        node.get("replacements").into_iter().flat_map(Node::items).filter_map(|entry| entry.get("path")?.as_str());
    let charts =
        ["helmCharts", "helmChartInflationGenerator"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
    let values = charts.flat_map(|chart| {
        chart.get("valuesFile").and_then(Node::as_str).into_iter().chain(strings(chart.get("additionalValuesFiles")))
    });
    sources.chain(listed).chain(replacements).chain(values)
}
