//! What the repository's kustomizations and charts say of its other files, and which trees there are.
//!
//! In: the list of files and the content of its kustomizations. Out: the role of each path and the trees. It never
//! renders: a kustomization is read for the names of the files that it uses, and no more.

mod charts;
mod kustomization;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use super::{FileEntry, FileTree, path};
use crate::manifest::SkipReason;

use charts::{CHART, Charts};
pub(super) use kustomization::{KUSTOMIZATION_NAMES, input_files, patch_files, strings};
use kustomization::{Kustomization, is_first_kustomization, is_kustomization};

/// Folders that editors keep their own files in.
const EDITOR_FOLDERS: &[&str] = &[".vscode", ".devcontainer", ".idea"];

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
    /// Folders with a `Chart.yaml`.
    charts: Charts,
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
                layout.charts.add(tree, folder, file);
            }
            if is_kustomization(name) && is_first_kustomization(folder, name, &paths) {
                // A bug of ours in reading it is reported where the file itself is checked.
                let read = catch_unwind(AssertUnwindSafe(|| Kustomization::read(tree, folder, file)));
                layout.add(folder, read.unwrap_or_default());
            }
        }
        layout.connect(&paths);
        let used = layout.kustomizations.values().flat_map(|known| &known.charts).cloned().collect();
        layout.charts.settle(tree, &used);
        for known in layout.kustomizations.values_mut() {
            known.inputs.extend(known.charts.iter().flat_map(|chart| layout.charts.files(chart)).cloned());
        }
        // A file that is a resource anywhere is a manifest, whatever else it is used for.
        layout.inputs.retain(|file, _| !layout.resources.contains_key(file));
        layout
    }

    fn add(&mut self, folder: &str, mut kustomization: Kustomization) {
        for (file, role) in std::mem::take(&mut kustomization.roles) {
            // What is a patch to anybody is one, whatever else it is.
            let known = self.inputs.entry(file).or_insert_with(|| role.clone());
            if role == SkipReason::Patch {
                *known = role;
            }
        }
        self.kustomizations.insert(folder.to_owned(), kustomization);
    }

    /// The charts that nothing else renders, and that are made of any wanted file, by folder.
    #[must_use]
    pub fn charts(&self, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
        let folders = self.charts.trees().map(|(folder, _)| folder.as_str());
        folders.filter(|folder| self.chart_is_made_of(folder, &wanted)).collect()
    }

    /// Whether a folder has a chart.
    #[must_use]
    pub fn is_chart(&self, folder: &str) -> bool {
        self.charts.contains(folder)
    }

    /// Whether a folder's chart is made of any of the files that are `wanted`.
    #[must_use]
    pub fn chart_is_made_of(&self, folder: &str, wanted: impl Fn(&str) -> bool) -> bool {
        self.charts.files(folder).iter().any(|file| wanted(file)) || wanted(&path::join(folder, CHART))
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
        self.charts.role(file)
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
        for (folder, chart) in self.charts.trees() {
            // What a chart makes is accounted for under its own file; without a word on that, it was not rendered.
            let file = path::join(folder, CHART);
            let is_complete = manifests.contains(&file.as_str());
            used.insert(file.clone());
            let mut files: BTreeSet<Cow<'m, str>> = chart.files.iter().cloned().map(Cow::Owned).collect();
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
