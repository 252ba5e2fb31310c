//! The trees of a repository, rendered: what is applied is what counts.
//!
//! In: the files, and which of them matter. Out: the objects of every tree that is not just a folder of manifests: of each
//! path that a Flux Kustomization, a Flux `HelmRelease` or an Argo CD Application applies, and of each kustomization and
//! chart that nothing else uses; with the places where their values were written, and why some cannot be rendered. It
//! never renders what the files that matter have no part in.

mod data;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

pub use plan::Choice;
pub(super) use plan::Recipe;

use data::Data;
use plan::{Job, Plan, plan};

use super::applied::{Applied, HelmRelease, Surroundings};
use super::files::Owned;
use super::{Fault, Files, Rendering, helm, kustomize};
use crate::finding::Finding;
use crate::manifest::Node;
use crate::repo::{Layout, TreeKind};

/// How often trees are rendered again because others patch what applies them.
const MAX_ROUNDS: usize = 5;

/// A tree that was rendered.
#[derive(Debug)]
pub struct RenderedTree {
    /// Its folder.
    pub folder: String,
    /// What it is rendered by.
    pub kind: TreeKind,
    /// The file of the kustomization or chart, or of what applies a folder without one.
    pub named: Arc<str>,
    /// What has it applied, if that is in the repository.
    pub by: Option<String>,
    /// The file that this is written in.
    pub by_file: Option<Arc<str>>,
    /// The files that are applied as they are written, for a tree that nothing renders: it has no objects of its own.
    pub files: Option<BTreeSet<String>>,
    /// Its objects, or why it has none.
    pub objects: Result<Vec<Node<'static>>, Box<Finding>>,
    /// The files that hold its resources.
    pub resources: BTreeSet<String>,
}

/// The trees of a repository.
#[derive(Debug)]
pub struct Trees {
    /// Those that were rendered, in the order of their folders.
    pub rendered: Vec<RenderedTree>,
    /// How many there are, also of which no file matters.
    pub all: usize,
}

/// Renders the trees of which any file matters.
#[must_use]
pub fn trees(files: &Files<'_>, layout: &Layout, choice: &Choice<'_>) -> Trees {
    let mut data = Data::new(files, &choice.listed);
    let Plan { mut jobs, artifacts, releases, charts, mut all } = plan(files, layout, choice, &data);
    let render_all = |jobs: &[&Job], data: &Data<'_, '_>| -> Vec<RenderedTree> {
        jobs.par_iter().map(|job| render(files, job, data, choice)).collect()
    };
    let mut trees = render_all(&jobs.iter().collect::<Vec<_>>(), &data);
    for _ in 0..MAX_ROUNDS {
        let changed = patched(files, &mut jobs, &trees);
        if changed.is_empty() {
            break;
        }
        let again = render_all(&changed.iter().map(|index| &jobs[*index]).collect::<Vec<_>>(), &data);
        for (index, tree) in changed.into_iter().zip(again) {
            trees[index] = tree;
        }
    }
    data.add_rendered(trees.iter().filter_map(|tree| tree.objects.as_ref().ok()).flatten());
    let releases = installed(files, &trees, releases);
    let mut used = charts;
    let mut installs = Vec::new();
    for release in releases {
        let Some(folder) = release.folder(files, &artifacts) else { continue };
        used.insert(folder.clone());
        all += 1;
        let is_reached = layout.chart_is_made_of(&folder, choice.wanted) || (choice.wanted)(&release.file);
        let applied = Applied::Release(release);
        if is_reached || data.reaches(&applied, &folder, choice.wanted) {
            installs.push(Job { folder, recipe: Recipe::Chart, applied: Some(applied) });
        }
    }
    trees.extend(render_all(&installs.iter().collect::<Vec<_>>(), &data));
    all += layout.charts(|_| true).into_iter().filter(|folder| !used.contains(*folder)).count();
    let alone: Vec<&str> = layout.charts(choice.wanted).into_iter().filter(|folder| !used.contains(*folder)).collect();
    trees.par_extend(alone.into_par_iter().flat_map_iter(|folder| render_chart(files, folder, choice)));
    trees.sort_by(|one, other| (&one.folder, one.kind, &one.by).cmp(&(&other.folder, other.kind, &other.by)));
    for tree in &mut trees {
        if !choice.lists(&tree.named)
            && let Ok(objects) = &mut tree.objects
        {
            // Of a tree that is not listed itself, because only files of it were named, only the objects of those count.
            objects.retain(|object| choice.lists(&files.place(object.span).path));
        }
    }
    trees.retain(|tree| choice.lists(&tree.named) || tree.objects.is_ok());
    Trees { rendered: trees, all }
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

/// The `HelmReleases` that reach a cluster: those that trees make, and those of files that are applied as they are.
fn installed(files: &Files<'_>, trees: &[RenderedTree], written: Vec<HelmRelease>) -> Vec<HelmRelease> {
    let rendered: BTreeSet<&String> = trees.iter().flat_map(|tree| &tree.resources).collect();
    let objects = trees.iter().filter_map(|tree| tree.objects.as_ref().ok()).flatten();
    let mut releases: Vec<HelmRelease> = objects.filter_map(|object| HelmRelease::of(object, files)).collect();
    releases.extend(written.into_iter().filter(|release| !rendered.contains(&release.file.to_string())));
    releases
}

/// Renders a tree.
fn render(files: &Files<'_>, job: &Job, data: &Data<'_, '_>, choice: &Choice<'_>) -> RenderedTree {
    let run = || -> Result<Rendering, Fault> {
        match (&job.applied, &job.recipe) {
            (Some(Applied::Argo(source)), Recipe::Files(_)) => {
                let all = files.below(&job.folder).map_err(Fault::read)?;
                let chooses = source.chooses();
                let chosen = all.iter().map(|(inside, _)| inside.as_str()).filter(|inside| chooses(inside));
                source.refusal(chosen).map_or_else(|| Ok(Rendering::default()), Err)
            }
            (Some(applied), recipe) => {
                let lookup = |kind: &str, namespace: &str, name: &str| data.find(kind, namespace, name, applied.file());
                let kubernetes = (choice.kubernetes)(&job.folder);
                let surroundings = Surroundings { lookup: &lookup, kubernetes: &kubernetes };
                applied.render(files, &job.folder, recipe, &surroundings)
            }
            (None, _) => kustomize(files, &job.folder, choice.options),
        }
    };
    let named = job.named();
    // A bug of ours in one tree must not take the verdict on all the others with it.
    let (objects, resources) = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(rendering)) => (Ok(rendering.objects), rendering.resources),
        Ok(Err(fault)) => (Err(Box::new(fault.into_finding(files, &named))), BTreeSet::new()),
        Err(_) => (Err(Box::new(Finding::of_bug(&named))), BTreeSet::new()),
    };
    let chosen = match &job.recipe {
        Recipe::Files(paths) => Some(paths.iter().map(|path| format!("{}/{path}", job.folder)).collect()),
        _ => None,
    };
    RenderedTree {
        folder: job.folder.clone(),
        kind: job.kind(),
        named,
        by: job.applied.as_ref().map(ToString::to_string),
        by_file: job.applied.as_ref().map(|applied| Arc::clone(applied.file())),
        files: chosen,
        objects,
        resources,
    }
}

/// Renders a chart that nothing else does, with each of the values it comes with.
fn render_chart(files: &Files<'_>, folder: &str, choice: &Choice<'_>) -> Vec<RenderedTree> {
    let job = Job { folder: folder.to_owned(), recipe: Recipe::Chart, applied: None };
    let tree = |objects: Result<Vec<Owned>, Box<Finding>>| RenderedTree {
        folder: folder.to_owned(),
        kind: TreeKind::Chart,
        named: job.named(),
        by: None,
        by_file: None,
        files: None,
        objects,
        resources: BTreeSet::new(),
    };
    // A bug of ours in one tree must not take the verdict on all the others with it.
    match catch_unwind(AssertUnwindSafe(|| helm::charts(files, folder, &(choice.kubernetes)(folder)))) {
        Ok(renderings) => {
            let made = renderings.into_iter();
            made.map(|made| tree(made.map_err(|fault| Box::new(fault.into_finding(files, &job.named()))))).collect()
        }
        Err(_) => vec![tree(Err(Box::new(Finding::of_bug(&job.named()))))],
    }
}
