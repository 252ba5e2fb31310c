//! What the repository's kustomizations and charts say of its other files, and which trees there are.
//!
//! In: the list of files and the content of its kustomizations. Out: the role of each path and the trees. It never
//! renders: a kustomization is read for the names of the files that it uses, and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::manifest::{Content, FileId, Node, SkipReason, Source, decode, read_documents};

use super::{FileEntry, FileTree, PatchedFields, path};

/// The names that kustomize looks for, in its order.
const KUSTOMIZATION_NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

const CHART: &str = "Chart.yaml";

/// More folders than this are not a few named files.
const PROBED_FOLDERS: usize = 64;

/// What a tree is rendered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TreeKind {
    /// Kustomize: a kustomization that no other includes.
    Kustomization,
    /// Nothing: the manifests of a folder that no kustomization uses.
    Plain,
    /// Helm.
    Chart,
}

/// What is gated and applied together.
#[derive(Debug)]
pub struct Tree {
    /// Path of its folder from the root of the repository.
    pub path: String,
    /// What it is rendered by.
    pub kind: TreeKind,
    /// The files that it is made of; none for what is not rendered yet.
    pub files: BTreeSet<String>,
}

/// What a kustomization names.
#[derive(Debug, Default)]
struct Kustomization {
    /// Files and folders under `resources`, `bases` and `components`.
    resources: Vec<String>,
}

/// The roles of the files of a repository.
#[derive(Debug, Default)]
pub struct Layout {
    /// Folders with a kustomization.
    kustomizations: BTreeMap<String, Kustomization>,
    /// Files that are not manifests of their own, because a kustomization names them as something else.
    inputs: BTreeMap<String, SkipReason>,
    /// Files that a kustomization lists as resources, with the folder of the first one that does.
    resources: BTreeMap<String, String>,
    /// Folders with a `Chart.yaml`.
    charts: BTreeSet<String>,
    /// What the kustomizations' patches set.
    patched: PatchedFields,
}

impl Layout {
    /// Reads the kustomizations among the files.
    ///
    /// One that cannot be read says nothing here; the run over all files reports why.
    #[must_use]
    pub fn read(tree: &dyn FileTree, files: &[FileEntry]) -> Self {
        let mut layout = Self::default();
        let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let elsewhere = beyond(tree, files);
        for file in paths.iter().copied().chain(elsewhere.iter().map(String::as_str)) {
            let (folder, name) = path::split(file);
            if name == CHART {
                layout.charts.insert(folder.to_owned());
            }
            if is_kustomization(name) && is_first_kustomization(folder, name, &paths) {
                layout.read_kustomization(tree, folder, file);
            }
        }
        for (folder, kustomization) in &layout.kustomizations {
            for resource in &kustomization.resources {
                if paths.contains(resource.as_str()) {
                    layout.resources.entry(resource.clone()).or_insert_with(|| folder.clone());
                }
            }
        }
        // A file that is a resource anywhere is a manifest, whatever else it is used for.
        layout.inputs.retain(|file, _| !layout.resources.contains_key(file));
        layout
    }

    fn read_kustomization(&mut self, tree: &dyn FileTree, folder: &str, file: &str) {
        let kustomization = self.kustomizations.entry(folder.to_owned()).or_default();
        let Ok(bytes) = tree.read(file) else { return };
        let Ok(text) = decode(file, bytes) else { return };
        let source = Source::new(file, text);
        let documents = read_documents(FileId(0), &source);
        let nodes = documents.into_iter().filter_map(|document| match document.content {
            Content::Value(node) => Some(node),
            _ => None,
        });
        for node in nodes {
            for key in ["resources", "bases", "components"] {
                kustomization.resources.extend(strings(node.get(key)).filter_map(|name| resolve(folder, name)));
            }
            self.patched.add_inline(&node);
            for (name, kind) in patch_files(&node) {
                let Some(file) = resolve(folder, name) else { continue };
                if let Some(text) = tree.read(&file).ok().and_then(|bytes| decode(&file, bytes).ok()) {
                    self.patched.add_text(&text, kind);
                }
                self.inputs.insert(file, SkipReason::Patch);
            }
            for name in input_files(&node) {
                if let Some(file) = resolve(folder, name) {
                    self.inputs.entry(file).or_insert(SkipReason::KustomizeInput);
                }
            }
        }
    }

    /// Why a file holds no manifests of its own, as far as its place says.
    #[must_use]
    pub fn role(&self, file: &str) -> Option<SkipReason> {
        let name = path::split(file).1;
        if is_kustomization(name) {
            return Some(SkipReason::Kustomization);
        }
        if let Some(reason) = self.inputs.get(file) {
            return Some(reason.clone());
        }
        let chart = path::ancestors(file).filter(|ancestor| self.charts.contains(*ancestor)).last()?;
        let inside = if chart.is_empty() { file } else { &file[chart.len() + 1..] };
        match inside.split('/').next() {
            Some("templates") => Some(SkipReason::HelmTemplate),
            _ if matches!(inside, "Chart.yaml" | "Chart.lock" | "values.schema.json" | "requirements.yaml") => {
                Some(SkipReason::ChartPart)
            }
            _ if name.contains("values") => Some(SkipReason::ChartPart),
            _ => None,
        }
    }

    /// The fields that the kustomizations' patches set.
    #[must_use]
    pub fn patched(&self) -> &PatchedFields {
        &self.patched
    }

    /// Where a manifest's siblings are: the kustomization that lists it, or its folder. Within one such set no object
    /// may be defined twice.
    #[must_use]
    pub fn siblings<'l>(&'l self, file: &'l str) -> (TreeKind, &'l str) {
        match self.resources.get(file) {
            Some(folder) => (TreeKind::Kustomization, folder),
            None => (TreeKind::Plain, path::split(file).0),
        }
    }

    /// The trees, sorted by path. `manifests` are the files that hold objects.
    #[must_use]
    pub fn trees<'m>(&self, manifests: impl Iterator<Item = &'m str>) -> Vec<Tree> {
        let included: BTreeSet<&str> = (self.kustomizations.iter())
            .flat_map(|(folder, used)| used.resources.iter().filter(move |resource| *resource != folder))
            .map(String::as_str)
            .collect();
        let mut trees = Vec::new();
        let mut used = BTreeSet::new();
        for folder in self.kustomizations.keys() {
            let files = self.files_of(folder);
            used.extend(files.iter().cloned());
            if !included.contains(folder.as_str()) {
                trees.push(Tree { path: folder.clone(), kind: TreeKind::Kustomization, files });
            }
        }
        let mut folders: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for file in manifests.filter(|file| !used.contains(*file)) {
            folders.entry(path::split(file).0).or_default().insert(file.to_owned());
        }
        let plain =
            folders.into_iter().map(|(path, files)| Tree { path: path.to_owned(), kind: TreeKind::Plain, files });
        let charts =
            self.charts.iter().map(|path| Tree { path: path.clone(), kind: TreeKind::Chart, files: BTreeSet::new() });
        trees.extend(plain.chain(charts));
        trees.sort_by(|left, right| (&left.path, left.kind).cmp(&(&right.path, right.kind)));
        trees
    }

    /// Every file that a kustomization reaches, cycles included once.
    fn files_of(&self, folder: &str) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut wanted = vec![folder.to_owned()];
        while let Some(folder) = wanted.pop() {
            if !seen.insert(folder.clone()) {
                continue;
            }
            for name in KUSTOMIZATION_NAMES {
                files.insert(path::join(&folder, name));
            }
            for resource in self.kustomizations.get(&folder).into_iter().flat_map(|known| &known.resources) {
                if self.kustomizations.contains_key(resource) {
                    wanted.push(resource.clone());
                } else {
                    files.insert(resource.clone());
                }
            }
        }
        files
    }
}

/// A path that a file in a folder names; none for what lies outside of the tree, and for URLs.
fn resolve(folder: &str, name: &str) -> Option<String> {
    if name.contains("://") || name.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Kustomizations and charts of the folders above the files of a run over few files, such as a hook's: those that are
/// not among the files, but say what the files are. A run over whole folders lists them itself.
fn beyond(tree: &dyn FileTree, files: &[FileEntry]) -> Vec<String> {
    let folders: BTreeSet<&str> = files.iter().flat_map(|file| path::ancestors(&file.path)).collect();
    if folders.len() > PROBED_FOLDERS {
        return Vec::new();
    }
    let listed: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let names = KUSTOMIZATION_NAMES.iter().chain([&CHART]);
    let paths = folders.iter().flat_map(|folder| names.clone().map(|name| path::join(folder, name)));
    paths.filter(|path| !listed.contains(path.as_str()) && tree.read(path).is_ok()).collect()
}

/// Of the names that kustomize takes, the first that is there counts.
fn is_first_kustomization(folder: &str, name: &str, paths: &BTreeSet<&str>) -> bool {
    let earlier = KUSTOMIZATION_NAMES.iter().take_while(|known| **known != name);
    !earlier.into_iter().any(|known| paths.contains(path::join(folder, known).as_str()))
}

fn is_kustomization(name: &str) -> bool {
    KUSTOMIZATION_NAMES.contains(&name)
}

fn strings<'n>(node: Option<&'n Node<'_>>) -> impl Iterator<Item = &'n str> {
    node.into_iter().flat_map(Node::items).filter_map(Node::as_str)
}

/// The files of `patches`, `patchesStrategicMerge` and `patchesJson6902`, with the kind that each is for where the
/// kustomization says so.
fn patch_files<'n>(node: &'n Node<'_>) -> impl Iterator<Item = (&'n str, &'n str)> {
    let named = ["patches", "patchesJson6902"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
    let paths = named.filter_map(|patch| {
        let kind = patch.path(&["target", "kind"]).and_then(Node::as_str).unwrap_or_default();
        Some((patch.get("path")?.as_str()?, kind))
    });
    // An inline patch has line breaks; a path has none.
    let merges = strings(node.get("patchesStrategicMerge")).filter(|patch| !patch.contains('\n'));
    paths.chain(merges.map(|file| (file, "")))
}

/// The files that a kustomization reads but does not take as resources.
fn input_files<'n>(node: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
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
