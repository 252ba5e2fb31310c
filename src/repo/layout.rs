//! What the repository's kustomizations and charts say of its other files, and which trees there are.
//!
//! In: the list of files and the content of its kustomizations. Out: the role of each path and the trees. It never
//! renders: a kustomization is read for the names of the files that it uses, and no more.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use crate::manifest::{Content, FileId, Node, SkipReason, Source, decode, read_documents};

use super::{FileEntry, FileTree, PatchTarget, PatchedFields, path};

/// The names that kustomize looks for, in its order.
pub(super) const KUSTOMIZATION_NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

const CHART: &str = "Chart.yaml";

/// Folders that editors keep their own files in.
const EDITOR_FOLDERS: &[&str] = &[".vscode", ".devcontainer", ".idea"];

/// Folders of a chart whose files Helm hands to templates, tests or nobody, and never to an API server.
const CHART_FOLDERS: &[&str] = &["ci", "files", "tests"];

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
pub struct Tree<'m> {
    /// Path of its folder from the root of the repository.
    pub path: String,
    /// What it is rendered by.
    pub kind: TreeKind,
    /// The files that it is made of; none for what is not rendered yet.
    pub files: BTreeSet<Cow<'m, str>>,
    /// Whether all that it is made of is among the files that were listed.
    pub is_complete: bool,
}

/// What a kustomization names and sets.
#[derive(Debug, Default)]
struct Kustomization {
    /// The path of its file.
    file: String,
    /// Files and folders under `resources`, `bases` and `components`.
    resources: Vec<String>,
    /// Those of them that are components: what these set, they set in the resources of this kustomization.
    components: Vec<String>,
    /// Patches, generators' sources and other files that it reads.
    inputs: Vec<String>,
    /// The folders of charts that it renders.
    charts: Vec<String>,
    /// Whether it is a Component, which is nothing by itself.
    is_component: bool,
    /// Whether every resource is a file or kustomization of the tree.
    is_complete: bool,
    /// What it sets in its resources.
    patched: PatchedFields,
}

/// The roles of the files of a repository.
#[derive(Debug, Default)]
pub struct Layout {
    /// Folders with a kustomization.
    kustomizations: BTreeMap<String, Kustomization>,
    /// Files that are not manifests of their own, because a kustomization names them as something else.
    inputs: BTreeMap<String, SkipReason>,
    /// Files that kustomizations list as resources, with the folders of those that do.
    resources: BTreeMap<String, Vec<String>>,
    /// Files that kustomizations reach, with the folders of those that do.
    reached: BTreeMap<String, Vec<String>>,
    /// Folders with a `Chart.yaml`, and whether what stands there is applied by itself.
    charts: BTreeMap<String, ChartRole>,
}

/// What a chart is to the repository.
#[derive(Debug, Default)]
struct ChartRole {
    /// Whether it only helps other charts.
    is_library: bool,
    /// Whether something else renders it: a kustomization, or the chart that it lies in.
    is_used: bool,
    /// The files in its folder.
    files: Vec<String>,
}

impl Layout {
    /// Reads the kustomizations among the files.
    ///
    /// One that cannot be read says nothing here; the run over all files reports why.
    #[must_use]
    pub fn read(tree: &dyn FileTree, files: &[FileEntry]) -> Self {
        let mut layout = Self::default();
        let paths: BTreeSet<&str> = files.iter().map(|file| &*file.path).collect();
        let elsewhere = above(tree, &paths);
        for file in paths.iter().copied().chain(elsewhere.iter().map(String::as_str)) {
            let (folder, name) = path::split(file);
            if name == CHART {
                let role = layout.charts.entry(folder.to_owned()).or_default();
                role.is_library = is_library(tree, file);
            }
            if is_kustomization(name) && is_first_kustomization(folder, name, &paths) {
                // A bug of ours in reading it is reported where the file itself is checked.
                let _ = catch_unwind(AssertUnwindSafe(|| layout.read_kustomization(tree, folder, file)));
            }
        }
        layout.connect(&paths);
        layout.settle_charts(tree);
        // A file that is a resource anywhere is a manifest, whatever else it is used for.
        layout.inputs.retain(|file, _| !layout.resources.contains_key(file));
        layout
    }

    /// Finds out which charts are trees of their own.
    fn settle_charts(&mut self, tree: &dyn FileTree) {
        let used = self.kustomizations.values().flat_map(|kustomization| &kustomization.charts);
        let used: BTreeSet<String> = used.cloned().collect();
        let folders: BTreeSet<String> = self.charts.keys().cloned().collect();
        for (folder, role) in &mut self.charts {
            role.is_used = used.contains(folder);
            role.is_used |= path::ancestors(folder).any(|above| {
                let inside = if above.is_empty() { folder.as_str() } else { &folder[above.len() + 1..] };
                inside.starts_with("charts/") && folders.contains(above)
            });
            // Also what no walk lists: helpers, and whatever else a template may read. What is wrong with the folder is
            // said where the chart is rendered.
            let below = tree.files_below(folder).unwrap_or_default();
            role.files = below.into_iter().map(|(inside, _)| path::join(folder, &inside)).collect();
        }
        for kustomization in self.kustomizations.values_mut() {
            let files =
                kustomization.charts.iter().filter_map(|chart| self.charts.get(chart)).flat_map(|role| &role.files);
            kustomization.inputs.extend(files.cloned());
        }
    }

    /// The charts that nothing else renders, and that are made of any wanted file, by folder.
    #[must_use]
    pub fn charts(&self, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
        let is_wanted = |(folder, role): &(&String, &ChartRole)| {
            role.is_tree() && (role.files.iter().any(|file| wanted(file)) || wanted(&path::join(folder, CHART)))
        };
        self.charts.iter().filter(is_wanted).map(|(folder, _)| folder.as_str()).collect()
    }

    /// Whether a folder has a chart.
    #[must_use]
    pub fn is_chart(&self, folder: &str) -> bool {
        self.charts.contains_key(folder)
    }

    /// Whether a folder's chart is made of any of the files that are `wanted`.
    #[must_use]
    pub fn chart_is_made_of(&self, folder: &str, wanted: impl Fn(&str) -> bool) -> bool {
        let files = self.charts.get(folder).map(|role| role.files.as_slice()).unwrap_or_default();
        files.iter().any(|file| wanted(file)) || wanted(&path::join(folder, CHART))
    }

    /// Finds out which kustomizations use which files.
    fn connect(&mut self, paths: &BTreeSet<&str>) {
        let folders: BTreeSet<String> = self.kustomizations.keys().cloned().collect();
        for (folder, kustomization) in &mut self.kustomizations {
            for resource in &kustomization.resources {
                if paths.contains(resource.as_str()) {
                    self.resources.entry(resource.clone()).or_default().push(folder.clone());
                } else if !folders.contains(resource) {
                    kustomization.is_complete = false;
                }
            }
        }
        for folder in folders {
            for file in self.reach(&folder).files {
                self.reached.entry(file).or_default().push(folder.clone());
            }
        }
    }

    fn read_kustomization(&mut self, tree: &dyn FileTree, folder: &str, file: &str) {
        let kustomization = self.kustomizations.entry(folder.to_owned()).or_default();
        file.clone_into(&mut kustomization.file);
        kustomization.is_complete = true;
        let mut used_charts = Vec::new();
        let Ok(bytes) = tree.read(file) else { return };
        let Ok(text) = decode(file, bytes) else { return };
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
                used_charts.push(chart);
            }
            kustomization.patched.add_inline(&node);
            for (name, target) in patch_files(&node) {
                let Some(file) = resolve(folder, name) else { continue };
                if let Some(text) = tree.read(&file).ok().and_then(|bytes| decode(&file, bytes).ok()) {
                    kustomization.patched.add_text(&text, target);
                }
                kustomization.inputs.push(file.clone());
                self.inputs.insert(file, SkipReason::Patch);
            }
            for name in input_files(&node) {
                if let Some(file) = resolve(folder, name) {
                    kustomization.inputs.push(file.clone());
                    self.inputs.entry(file).or_insert(SkipReason::KustomizeInput);
                }
            }
            // These are read, and may be manifests nevertheless.
            let openapi = node.path(&["openapi", "path"]).and_then(Node::as_str);
            let definitions = strings(node.get("crds")).chain(openapi);
            kustomization.inputs.extend(definitions.filter_map(|name| resolve(folder, name)));
        }
        for chart in used_charts {
            kustomization.inputs.push(path::join(&chart, CHART));
            kustomization.charts.push(chart);
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
        if is_file_of_an_editor(file) {
            return Some(SkipReason::EditorConfiguration);
        }
        if self.is_unused_patch(file) {
            return Some(SkipReason::UnusedPatch);
        }
        let chart = path::ancestors(file).filter(|ancestor| self.charts.contains_key(*ancestor)).last()?;
        let inside = if chart.is_empty() { file } else { &file[chart.len() + 1..] };
        match inside.split_once('/') {
            Some(("templates", _)) => Some(SkipReason::HelmTemplate),
            Some((folder, _)) if CHART_FOLDERS.contains(&folder) => Some(SkipReason::HelmTemplate),
            None if matches!(inside, "Chart.yaml" | "Chart.lock" | "requirements.yaml") => Some(SkipReason::ChartPart),
            None if inside.starts_with("values") => Some(SkipReason::ChartPart),
            _ => None,
        }
    }

    /// Whether a file calls itself a patch and lies below a kustomization, but no kustomization names it: scaffolds come
    /// with such files, for people to put in when they need them.
    fn is_unused_patch(&self, file: &str) -> bool {
        let (folder, name) = path::split(file);
        let (parent, folder_name) = path::split(folder);
        let is_kustomized = |folder| self.kustomizations.contains_key(folder);
        let says_patch = |text: &str| {
            text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| matches!(word, "patch" | "patches"))
        };
        let lies_with_a_kustomization =
            (is_kustomized(folder) && says_patch(name)) || (is_kustomized(parent) && says_patch(folder_name));
        lies_with_a_kustomization && !self.resources.contains_key(file)
    }

    /// Whether a kustomization sets a field in an object of this kind and name, and this file.
    #[must_use]
    pub fn sets(&self, file: &str, kind: &str, name: &str, pointer: &str) -> bool {
        self.reached.get(file).into_iter().flatten().any(|folder| {
            let mut seen = BTreeSet::new();
            let mut wanted = vec![folder.as_str()];
            while let Some(folder) = wanted.pop() {
                let Some(kustomization) = self.kustomizations.get(folder).filter(|_| seen.insert(folder)) else {
                    continue;
                };
                if kustomization.patched.sets(kind, name, pointer) {
                    return true;
                }
                wanted.extend(kustomization.components.iter().map(String::as_str));
            }
            false
        })
    }

    /// Where a manifest's siblings are: the kustomizations that list it, or its folder. Within one such set no object may
    /// be defined twice.
    #[must_use]
    pub fn siblings<'l>(&'l self, file: &'l str) -> Vec<(TreeKind, &'l str)> {
        match self.resources.get(file) {
            Some(folders) => folders.iter().map(|folder| (TreeKind::Kustomization, folder.as_str())).collect(),
            None => vec![(TreeKind::Plain, path::split(file).0)],
        }
    }

    /// The folders of kustomizations that no other includes. Of those that include each other in a circle, which have no
    /// root, the first stands for all.
    fn roots(&self) -> Vec<(&str, Reach)> {
        let included: BTreeSet<&str> = (self.kustomizations.iter())
            .flat_map(|(folder, used)| used.resources.iter().filter(move |resource| *resource != folder))
            .map(String::as_str)
            .collect();
        let (inner, outer): (Vec<&String>, Vec<&String>) =
            self.kustomizations.keys().partition(|folder| included.contains(folder.as_str()));
        let mut roots = Vec::new();
        let mut seen = BTreeSet::new();
        for folder in outer.into_iter().chain(inner) {
            if !seen.contains(folder) {
                let reach = self.reach(folder);
                seen.extend(reach.folders.iter().cloned());
                roots.push((folder.as_str(), reach));
            }
        }
        roots
    }

    /// The file of a folder's kustomization.
    #[must_use]
    pub fn kustomization(&self, folder: &str) -> Option<&str> {
        self.kustomizations.get(folder).map(|known| known.file.as_str())
    }

    /// Whether a folder's kustomization is made of any of the files that are `wanted`.
    #[must_use]
    pub fn is_made_of(&self, folder: &str, wanted: impl Fn(&str) -> bool) -> bool {
        let Reach { files, inputs, .. } = self.reach(folder);
        files.iter().chain(&inputs).any(|file| wanted(file))
    }

    /// The kustomizations to render, by folder and file: the roots that are made of any of the files that are `wanted`.
    /// A Component that nobody uses is nothing by itself.
    #[must_use]
    pub fn renderable(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&str, &str)> {
        let is_made_of = |reach: &Reach| reach.files.iter().chain(&reach.inputs).any(|file| wanted(file));
        let wanted = |(folder, reach): (&str, Reach)| {
            let (folder, known) = self.kustomizations.get_key_value(folder)?;
            let is_wanted = !known.is_component && is_made_of(&reach);
            is_wanted.then_some((folder.as_str(), known.file.as_str()))
        };
        self.roots().into_iter().filter_map(wanted).collect()
    }

    /// What kustomizations read beside their resources: files, and folders of plugins.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &str> {
        self.kustomizations.values().flat_map(|known| &known.inputs).map(String::as_str)
    }

    /// Whether a folder has a kustomization that can be rendered by itself: one that is no Component.
    #[must_use]
    pub fn is_kustomization(&self, folder: &str) -> bool {
        self.kustomizations.get(folder).is_some_and(|known| !known.is_component)
    }

    /// The files of the kustomizations that have any of these files in them, or include one that has.
    #[must_use]
    pub fn users(&self, files: &BTreeSet<&str>) -> BTreeSet<String> {
        let uses = |folder: &&String| {
            let Reach { files: used, inputs, .. } = self.reach(folder);
            used.iter().chain(&inputs).any(|file| files.contains(file.as_str()))
        };
        let names =
            |folder: &String| KUSTOMIZATION_NAMES.iter().map(|name| path::join(folder, name)).collect::<Vec<_>>();
        self.kustomizations.keys().filter(uses).flat_map(names).collect()
    }

    /// The trees, sorted by path. `manifests` are the files that hold objects.
    #[must_use]
    pub fn trees<'m>(&self, manifests: impl Iterator<Item = &'m str>) -> Vec<Tree<'m>> {
        let mut trees = Vec::new();
        let mut used = BTreeSet::new();
        for (folder, Reach { files, inputs, is_complete, .. }) in self.roots() {
            // What is wrong with a patch is wrong with the tree that it is for.
            used.extend(files.iter().cloned().chain(inputs));
            let files = files.into_iter().map(Cow::Owned).collect();
            trees.push(Tree { path: folder.to_owned(), kind: TreeKind::Kustomization, files, is_complete });
        }
        let manifests: Vec<&'m str> = manifests.collect();
        for (folder, role) in self.charts.iter().filter(|(_, role)| role.is_tree()) {
            // What a chart makes is accounted for under its own file; without a word on that, it was not rendered.
            let file = path::join(folder, CHART);
            let is_complete = manifests.contains(&file.as_str());
            used.insert(file.clone());
            let mut files: BTreeSet<Cow<'m, str>> = role.files.iter().cloned().map(Cow::Owned).collect();
            files.insert(Cow::Owned(file));
            trees.push(Tree { path: folder.clone(), kind: TreeKind::Chart, files, is_complete });
        }
        let mut folders: BTreeMap<&str, BTreeSet<Cow<'m, str>>> = BTreeMap::new();
        // What a chart makes has findings in its templates and values; they are no manifests all the same.
        let is_of_chart = |file: &str| {
            let has_charts = !self.charts.is_empty();
            has_charts && matches!(self.role(file), Some(SkipReason::HelmTemplate | SkipReason::ChartPart))
        };
        for file in manifests.into_iter().filter(|file| !used.contains(*file) && !is_of_chart(file)) {
            folders.entry(path::split(file).0).or_default().insert(Cow::Borrowed(file));
        }
        let plain = folders.into_iter().map(|(path, files)| Tree {
            path: path.to_owned(),
            kind: TreeKind::Plain,
            files,
            is_complete: true,
        });
        trees.extend(plain);
        trees.sort_by(|left, right| (&left.path, left.kind).cmp(&(&right.path, right.kind)));
        trees
    }

    /// What a kustomization reaches, cycles included once.
    fn reach(&self, folder: &str) -> Reach {
        let mut reach = self.reach_of_resources(folder);
        // Transformers and generators may be kustomizations themselves; all that these reach is read, and no resource.
        let mut seen: BTreeSet<String> = reach.folders.clone();
        let mut wanted: Vec<String> = reach.inputs.iter().cloned().collect();
        while let Some(input) = wanted.pop() {
            if self.kustomizations.contains_key(&input) && seen.insert(input.clone()) {
                let Reach { files, inputs, .. } = self.reach_of_resources(&input);
                wanted.extend(inputs.iter().cloned());
                reach.inputs.extend(files.into_iter().chain(inputs));
            }
        }
        reach
    }

    fn reach_of_resources(&self, folder: &str) -> Reach {
        let mut reach = Reach { is_complete: true, ..Reach::default() };
        let mut wanted = vec![folder.to_owned()];
        while let Some(folder) = wanted.pop() {
            if !reach.folders.insert(folder.clone()) {
                continue;
            }
            for name in KUSTOMIZATION_NAMES {
                reach.files.insert(path::join(&folder, name));
            }
            let Some(kustomization) = self.kustomizations.get(&folder) else { continue };
            reach.is_complete &= kustomization.is_complete;
            reach.inputs.extend(kustomization.inputs.iter().cloned());
            for resource in &kustomization.resources {
                if self.kustomizations.contains_key(resource) {
                    wanted.push(resource.clone());
                } else {
                    reach.files.insert(resource.clone());
                }
            }
        }
        reach
    }
}

impl ChartRole {
    fn is_tree(&self) -> bool {
        !self.is_library && !self.is_used
    }
}

/// Whether a chart says of itself that it makes nothing.
fn is_library(tree: &dyn FileTree, file: &str) -> bool {
    let Some(text) = tree.read(file).ok().and_then(|bytes| decode(file, bytes).ok()) else { return false };
    let source = Source::new(file, text);
    // A bug of ours in reading it is reported where the file itself is checked.
    let documents = catch_unwind(AssertUnwindSafe(|| read_documents(FileId(0), &source))).unwrap_or_default();
    documents.iter().any(|document| match &document.content {
        Content::Value(node) => node.get("type").and_then(Node::as_str) == Some("library"),
        _ => false,
    })
}

/// All that a kustomization is made of.
#[derive(Debug, Default)]
struct Reach {
    files: BTreeSet<String>,
    /// What is read but is no resource.
    inputs: BTreeSet<String>,
    /// Itself and the kustomizations that it includes.
    folders: BTreeSet<String>,
    is_complete: bool,
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

/// Kustomizations and charts of the folders above what was named: they are not among the files, but say what the files
/// are.
fn above(tree: &dyn FileTree, listed: &BTreeSet<&str>) -> Vec<String> {
    let folders: BTreeSet<&str> =
        tree.starts().iter().flat_map(|start| path::ancestors(start).chain([start.as_str()])).collect();
    let names = KUSTOMIZATION_NAMES.iter().chain([&CHART]);
    let paths = folders.iter().flat_map(|folder| names.clone().map(|name| path::join(folder, name)));
    paths.filter(|path| !listed.contains(path.as_str()) && tree.read(path).is_ok()).collect()
}

fn is_file_of_an_editor(file: &str) -> bool {
    let (folder, name) = path::split(file);
    let compilers = ["tsconfig", "jsconfig"];
    let configures_a_compiler = name.rsplit_once('.').is_some_and(|(stem, extension)| {
        extension == "json" && compilers.iter().any(|compiler| stem.starts_with(compiler))
    });
    configures_a_compiler || folder.split('/').any(|part| EDITOR_FOLDERS.contains(&part))
}

/// Of the names that kustomize takes, the first that is there counts.
fn is_first_kustomization(folder: &str, name: &str, paths: &BTreeSet<&str>) -> bool {
    let earlier = KUSTOMIZATION_NAMES.iter().take_while(|known| **known != name);
    !earlier.into_iter().any(|known| paths.contains(path::join(folder, known).as_str()))
}

fn is_kustomization(name: &str) -> bool {
    KUSTOMIZATION_NAMES.contains(&name)
}

pub(super) fn strings<'n>(node: Option<&'n Node<'_>>) -> impl Iterator<Item = &'n str> {
    node.into_iter().flat_map(Node::items).filter_map(Node::as_str)
}

/// The files of `patches`, `patchesStrategicMerge` and `patchesJson6902`, with the target that the kustomization names.
pub(super) fn patch_files<'n>(node: &'n Node<'_>) -> impl Iterator<Item = (&'n str, PatchTarget<'n>)> {
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
pub(super) fn input_files<'n>(node: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
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
