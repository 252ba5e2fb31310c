//! Trees are rendered before they are checked: what is applied is what counts.
//!
//! In: the files, and which of them are to be checked. Out: the objects of every tree that is not just a folder of
//! manifests: of each path that a Flux Kustomization or an Argo CD Application applies, and of each kustomization that
//! nothing else uses; with the places where their values were written, and why some cannot be rendered. It never renders what the files to check
//! have no part in.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::account::{AppliedTree, Outcome};
use super::pass::{Origin, Pass};
use super::run::crashed;
use super::shared;
use super::variables::VariableSources;
use crate::catalogue::read::NOT_AN_OBJECT;
use crate::finding::Finding;
use crate::manifest::{Node, Object, Sources};
use crate::render::{Applied, Files, Options, Rendering, applied, kustomize};
use crate::repo::{FileTree, Layout};

/// How often trees are rendered again because others patch what applies them.
const MAX_ROUNDS: usize = 5;

/// What the trees of a repository make.
pub(super) struct Rendered {
    /// The texts that the objects' values were written in.
    pub(super) sources: Sources,
    /// The trees, in the order of their folders.
    pub(super) trees: Vec<RenderedTree>,
    /// The files whose objects are checked as they are rendered, and how many documents each holds.
    documents: FxHashMap<String, usize>,
}

/// A tree that was rendered.
pub(super) struct RenderedTree {
    /// The file of the kustomization, or of what applies a folder without one.
    pub(super) named: Arc<str>,
    folder: String,
    /// What has it applied.
    by: Option<String>,
    /// Whether the folder has a kustomization: its file then stands for the tree.
    has_kustomization: bool,
    /// Whether all that is done to its objects before they are applied has been done.
    is_final: bool,
    /// Its objects, or why it has none.
    objects: Result<Vec<Node<'static>>, Box<Finding>>,
    /// The files that hold its resources.
    resources: BTreeSet<String>,
}

impl RenderedTree {
    /// The tree as the account knows it.
    pub(super) fn applied(&self) -> AppliedTree {
        let kustomization = self.has_kustomization.then(|| Arc::clone(&self.named));
        AppliedTree { folder: self.folder.clone(), kustomization, by: self.by.clone() }
    }
}

/// Which files there are, and which of them matter.
pub(super) struct Choice<'c> {
    /// Every file of the tree, sorted.
    pub(super) listed: Vec<&'c str>,
    /// Whether a file is to be checked.
    pub(super) wanted: &'c (dyn Fn(&str) -> bool + Sync),
}

impl Choice<'_> {
    fn lists(&self, path: &str) -> bool {
        self.listed.binary_search(&path).is_ok()
    }

    /// The files below a folder.
    fn below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let start = self.listed.partition_point(|path| *path < folder);
        let is_below = move |path: &&&str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let may_be = move |path: &&&str| path.starts_with(folder);
        self.listed.iter().skip(start).take_while(may_be).filter(is_below).copied()
    }
}

/// A tree to render.
struct Job {
    folder: String,
    /// The file of the kustomization; none for a folder without one.
    kustomization: Option<String>,
    /// What applies it.
    applied: Option<Applied>,
    /// The files of a folder without a kustomization.
    resources: Option<Vec<String>>,
}

impl Rendered {
    /// Renders the trees that are made of any wanted file. Of a kustomization that is not listed itself, because only
    /// files of it were named, only the objects of listed files count.
    pub(super) fn of(tree: &dyn FileTree, layout: &Layout, choice: &Choice<'_>) -> Self {
        let files = Files::new(tree);
        let mut jobs = jobs(&files, layout, choice);
        let variables = VariableSources::new(&files, &choice.listed);
        let mut trees: Vec<RenderedTree> = jobs.par_iter().map(|job| render(&files, job, &variables)).collect();
        for _ in 0..MAX_ROUNDS {
            let changed = patched(&files, &mut jobs, &trees);
            if changed.is_empty() {
                break;
            }
            let again: Vec<(usize, RenderedTree)> =
                changed.into_par_iter().map(|index| (index, render(&files, &jobs[index], &variables))).collect();
            for (index, tree) in again {
                trees[index] = tree;
            }
        }
        let mut documents = FxHashMap::default();
        trees.retain_mut(|tree| {
            if !choice.lists(&tree.named) {
                let Ok(objects) = &mut tree.objects else { return false };
                objects.retain(|object| choice.lists(&files.place(object.span).path));
            }
            let resources = std::mem::take(&mut tree.resources).into_iter();
            documents.extend(resources.filter_map(|path| files.count(&path).map(|count| (path, count))));
            true
        });
        Self { sources: files.sources(), trees, documents }
    }

    /// The folders of the trees.
    pub(super) fn folders(&self) -> FxHashSet<String> {
        self.trees.iter().map(|tree| tree.folder.clone()).collect()
    }

    /// How many documents a file holds whose objects are checked as they are rendered; none for any other file.
    pub(super) fn documents(&self, path: &str) -> Option<usize> {
        self.documents.get(path).copied()
    }
}

/// The trees that are made of any wanted file: what is applied, then the kustomizations that nothing uses.
fn jobs(files: &Files<'_>, layout: &Layout, choice: &Choice<'_>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut claimed: BTreeSet<String> = BTreeSet::new();
    let (applied, artifacts) = applied(files, &choice.listed);
    for applied in applied {
        let Some(folder) = applied.folder(files, &artifacts) else { continue };
        claimed.insert(folder.clone());
        let is_wanted = (choice.wanted)(applied.file());
        if let Some(file) = layout.kustomization(&folder) {
            if is_wanted || layout.is_made_of(&folder, choice.wanted) {
                let kustomization = Some(file.to_owned());
                jobs.push(Job { folder, kustomization, applied: Some(applied), resources: None });
            }
            continue;
        }
        // Argo CD applies such a folder as it is, and so it is checked.
        if matches!(applied, Applied::Argo(_)) {
            continue;
        }
        let (resources, kustomizations) = resources(files, layout, choice, &folder);
        let is_made_of = |path: &String| (choice.wanted)(&format!("{folder}/{path}"));
        let uses = |used: &String| layout.is_made_of(used, choice.wanted);
        if is_wanted || resources.iter().any(is_made_of) || kustomizations.iter().any(uses) {
            claimed.extend(kustomizations);
            jobs.push(Job { folder, kustomization: None, applied: Some(applied), resources: Some(resources) });
        }
    }
    let roots = layout.renderable(choice.wanted).into_iter().filter(|(folder, _)| !claimed.contains(*folder));
    jobs.extend(roots.map(|(folder, file)| Job {
        folder: folder.to_owned(),
        kustomization: Some(file.to_owned()),
        applied: None,
        resources: None,
    }));
    jobs.retain(|job| job.resources.as_ref().is_none_or(|resources| !resources.is_empty()));
    jobs.sort_by(|one, other| one.folder.cmp(&other.folder));
    jobs
}

/// What Flux takes of a folder without a kustomization: its manifests and those of the folders below, but where one of
/// those has a kustomization, that. Also the folders of these kustomizations.
fn resources(files: &Files<'_>, layout: &Layout, choice: &Choice<'_>, folder: &str) -> (Vec<String>, Vec<String>) {
    let (mut resources, mut kustomizations) = (Vec::new(), Vec::<String>::new());
    for path in choice.below(folder) {
        let Some(relative) = path.get(folder.len() + 1..) else { continue };
        let inner = relative.match_indices('/').map(|(slash, _)| format!("{folder}/{}", &relative[..slash]));
        if let Some(used) = inner.into_iter().find(|inner| layout.kustomization(inner).is_some()) {
            if kustomizations.last() != Some(&used) {
                resources.push(used[folder.len() + 1..].to_owned());
                kustomizations.push(used);
            }
        } else if files.holds_objects(path) {
            resources.push(relative.to_owned());
        }
    }
    (resources, kustomizations)
}

/// The trees whose Flux Kustomization or Application is another once it is rendered itself: others patch it.
fn patched(files: &Files<'_>, jobs: &mut [Job], trees: &[RenderedTree]) -> Vec<usize> {
    let objects = trees.iter().filter_map(|tree| tree.objects.as_ref().ok()).flatten();
    let rendered = objects.flat_map(|object| Applied::of(object, files));
    let rendered: BTreeMap<(Arc<str>, String), Applied> = rendered.map(|applied| (applied.key(), applied)).collect();
    let mut changed = Vec::new();
    for (index, job) in jobs.iter_mut().enumerate() {
        let Some(applied) = &mut job.applied else { continue };
        if let Some(now) = rendered.get(&applied.key()).filter(|now| !now.is_same(applied)) {
            *applied = now.clone();
            changed.push(index);
        }
    }
    changed
}

/// Renders a tree.
fn render(files: &Files<'_>, job: &Job, variables: &VariableSources<'_, '_>) -> RenderedTree {
    let run = || -> Result<Rendering, _> {
        match &job.applied {
            Some(applied) => {
                let lookup =
                    |kind: &str, namespace: &str, name: &str| variables.find(kind, namespace, name, applied.file());
                applied.render(files, &job.folder, job.resources.clone(), &lookup)
            }
            None => kustomize(files, &job.folder, Options::default()),
        }
    };
    let named: Arc<str> = match (&job.kustomization, &job.applied) {
        (None, Some(applied)) => Arc::clone(applied.file()),
        (file, _) => Arc::from(file.as_deref().unwrap_or_default()),
    };
    let tree = |objects, resources| RenderedTree {
        named: Arc::clone(&named),
        folder: job.folder.clone(),
        by: job.applied.as_ref().map(ToString::to_string),
        has_kustomization: job.kustomization.is_some(),
        is_final: job.applied.is_some(),
        objects,
        resources,
    };
    // A bug of ours in one tree must not take the verdict on all the others with it.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(rendering)) => tree(Ok(rendering.objects), rendering.resources),
        Ok(Err(fault)) => tree(Err(Box::new(fault.into_finding(files, &named))), BTreeSet::new()),
        Err(_) => tree(Err(Box::new(crashed(&named))), BTreeSet::new()),
    }
}

/// Objects that wait for the second pass, and the tree that they are from.
pub(super) type Waiting = (RenderedTree, Vec<Object<'static>>);

impl Pass<'_> {
    /// The first pass over a tree: checks its objects of built-in kinds, and hands on the others.
    pub(super) fn rendered(&self, mut tree: RenderedTree, sources: &Sources) -> (Outcome, Waiting) {
        let mut outcome = Outcome::default();
        let objects = match std::mem::replace(&mut tree.objects, Ok(Vec::new())) {
            Ok(objects) => objects,
            Err(finding) => {
                let fails = self.fails(&finding);
                outcome.unrendered(&tree.named, *finding, fails);
                return (outcome, (tree, Vec::new()));
            }
        };
        let mut custom = Vec::new();
        for node in objects {
            match Object::from_node(node) {
                Ok(object) if self.schemas.is_builtin(&object.kind) => {
                    outcome = outcome.and(self.rendered_object(&tree, object, sources));
                }
                Ok(object) => custom.push(object),
                Err(node) => {
                    let message = "an object without `apiVersion`";
                    let finding = Finding::new(&NOT_AN_OBJECT, sources.place(node.span), message);
                    let fails = self.fails(&finding);
                    outcome.broken(&tree.named, [finding.with_help("add `apiVersion`")], fails);
                }
            }
        }
        (outcome, (tree, custom))
    }

    /// The second pass: checks the objects that the first has left.
    pub(super) fn rendered_objects(&self, (tree, objects): Waiting, sources: &Sources) -> Outcome {
        let outcomes = objects.into_iter().map(|object| self.rendered_object(&tree, object, sources));
        outcomes.fold(Outcome::default(), Outcome::and)
    }

    fn rendered_object(&self, tree: &RenderedTree, object: Object<'static>, sources: &Sources) -> Outcome {
        let path = Arc::clone(&sources.get(object.node.span.file).path);
        let targets = self.targets(&path);
        let origin = Origin {
            path: &path,
            judged: if tree.has_kustomization { &tree.named } else { &path },
            sources,
            targets: &targets,
            is_rendered: true,
            is_final: tree.is_final,
        };
        // A bug of ours in one object must not take the verdict on all the others with it.
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let mut found = Outcome::default();
            self.object(object, origin, &mut found);
            found
        }));
        let mut found = checked.unwrap_or_else(|_| {
            let mut outcome = Outcome::default();
            outcome.broken(&tree.named, [crashed(&path)], true);
            outcome
        });
        found.findings.iter_mut().for_each(|finding| shared::mark(finding, &tree.named));
        found
    }
}
