//! Which trees a repository has, and how each is rendered.
//!
//! In: the layout of the files, and what is applied of them. Out: what to render. It renders nothing, and leaves out what
//! the files that matter have no part in.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::render::applied::{Applied, Artifacts, HelmRelease, Tool, applied};
use crate::render::{Files, Options};
use crate::repo::{Layout, TreeKind};

use super::data::Data;

/// Which files there are, and which of them matter.
pub struct Choice<'c> {
    /// Every file of the tree, sorted.
    pub listed: Vec<&'c str>,
    /// Whether a file matters: trees that none does are not rendered.
    pub wanted: &'c (dyn Fn(&str) -> bool + Sync),
    /// The Kubernetes version that the charts of a folder are rendered for.
    pub kubernetes: &'c (dyn Fn(&str) -> String + Sync),
    /// How kustomizations are rendered that nothing of the repository has applied.
    pub options: Options,
}

impl Choice<'_> {
    pub(super) fn lists(&self, path: &str) -> bool {
        self.listed.binary_search(&path).is_ok()
    }

    /// The files below a folder, by their paths from there.
    fn below<'s>(&'s self, folder: &'s str) -> impl Iterator<Item = &'s str> {
        let start = self.listed.partition_point(|path| *path < folder);
        let may_be = move |path: &&&str| path.starts_with(folder);
        let inside = move |path: &&'s str| path.strip_prefix(folder)?.strip_prefix('/');
        self.listed.iter().skip(start).take_while(may_be).filter_map(inside)
    }
}

/// How a folder is rendered.
#[derive(Debug)]
pub(in crate::render) enum Recipe {
    /// By the kustomization in this file.
    Kustomization(String),
    /// By a kustomization that Flux makes of these files and folders, named from the folder.
    Generated(Vec<String>),
    /// Not at all: these files are applied as they are written.
    Files(Vec<String>),
    /// By Helm.
    Chart,
}

/// A tree to render.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) folder: String,
    pub(super) recipe: Recipe,
    /// What applies it.
    pub(super) applied: Option<Applied>,
}

impl Job {
    /// The file that answers for the tree.
    pub(super) fn named(&self) -> Arc<str> {
        match (&self.recipe, &self.applied) {
            (Recipe::Kustomization(file), _) => Arc::from(file.as_str()),
            (Recipe::Generated(_) | Recipe::Files(_), Some(applied)) => Arc::clone(applied.file()),
            _ if self.folder.is_empty() => Arc::from("Chart.yaml"),
            _ => Arc::from(format!("{}/Chart.yaml", self.folder)),
        }
    }

    pub(super) fn kind(&self) -> TreeKind {
        match self.recipe {
            Recipe::Kustomization(_) => TreeKind::Kustomization,
            Recipe::Generated(_) | Recipe::Files(_) => TreeKind::Plain,
            Recipe::Chart => TreeKind::Chart,
        }
    }
}

/// What there is to render.
pub(super) struct Plan {
    /// The trees but for the charts of `HelmReleases`, which are known for sure once these are rendered.
    pub(super) jobs: Vec<Job>,
    pub(super) artifacts: Artifacts,
    /// The `HelmReleases` as they are written.
    pub(super) releases: Vec<HelmRelease>,
    /// The charts that Applications render.
    pub(super) charts: BTreeSet<String>,
    /// How many trees there are but for charts, also those that nothing of matters.
    pub(super) all: usize,
}

/// The trees that are made of any file that matters: what is applied, then the kustomizations that nothing uses.
pub(super) fn plan(files: &Files<'_>, layout: &Layout, choice: &Choice<'_>, data: &Data<'_, '_>) -> Plan {
    let (all, artifacts) = applied(files, &choice.listed);
    let (mut releases, mut trees) = (Vec::new(), Vec::new());
    for applied in all {
        match applied {
            Applied::Release(release) => releases.push(release),
            applied => trees.push(applied),
        }
    }
    // What a chart is changed for is seen where its releases are rendered.
    let is_reached = |release: &&HelmRelease| {
        let folder = release.folder(files, &artifacts);
        folder.is_some_and(|folder| {
            let applied = Applied::Release((*release).clone());
            layout.chart_is_made_of(&folder, choice.wanted) || data.reaches(&applied, &folder, choice.wanted)
        })
    };
    let reached: BTreeSet<Arc<str>> =
        releases.iter().filter(is_reached).map(|release| Arc::clone(&release.file)).collect();
    let wanted = |path: &str| (choice.wanted)(path) || reached.contains(path);
    let mut jobs = Vec::new();
    let mut claimed: BTreeSet<String> = BTreeSet::new();
    let mut charts = BTreeSet::new();
    let mut all = 0;
    for applied in trees {
        let Some(folder) = applied.folder(files, &artifacts) else { continue };
        claimed.insert(folder.clone());
        let kustomization = layout.kustomization(&folder);
        let recipe = match (&applied, kustomization) {
            (Applied::Argo(source), _) => match source.tool(layout.is_chart(&folder), kustomization.is_some()) {
                Tool::Helm => Recipe::Chart,
                Tool::Kustomize => Recipe::Kustomization(kustomization.unwrap_or_default().to_owned()),
                Tool::Directory => {
                    let chooses = source.chooses();
                    Recipe::Files(choice.below(&folder).filter(|path| chooses(path)).map(str::to_owned).collect())
                }
            },
            (_, Some(file)) => Recipe::Kustomization(file.to_owned()),
            (_, None) => {
                let (resources, kustomizations) = resources(files, layout, choice, &folder);
                if kustomizations.iter().any(|used| layout.is_made_of(used, wanted)) || wanted(applied.file()) {
                    claimed.extend(kustomizations);
                }
                Recipe::Generated(resources)
            }
        };
        let is_wanted = |path: &String| wanted(&format!("{folder}/{path}"));
        let is_made_of_wanted = match &recipe {
            Recipe::Kustomization(_) => layout.is_made_of(&folder, wanted),
            Recipe::Chart => layout.chart_is_made_of(&folder, wanted),
            Recipe::Files(paths) => paths.iter().any(is_wanted),
            Recipe::Generated(paths) => {
                paths.iter().any(|path| is_wanted(path) || layout.is_made_of(&format!("{folder}/{path}"), wanted))
            }
        };
        if let Recipe::Chart = recipe {
            charts.insert(folder.clone());
        }
        let is_empty = matches!(&recipe, Recipe::Generated(paths) if paths.is_empty());
        all += usize::from(!is_empty);
        let is_reached = is_made_of_wanted || wanted(applied.file()) || data.reaches(&applied, &folder, wanted);
        if !is_empty && is_reached {
            jobs.push(Job { folder, recipe, applied: Some(applied) });
        }
    }
    let is_free = |folder: &str| !claimed.contains(folder);
    all += layout.renderable(|_| true).into_iter().filter(|(folder, _)| is_free(folder)).count();
    let roots = layout.renderable(wanted).into_iter().filter(|(folder, _)| is_free(folder));
    jobs.extend(roots.map(|(folder, file)| Job {
        folder: folder.to_owned(),
        recipe: Recipe::Kustomization(file.to_owned()),
        applied: None,
    }));
    jobs.sort_by(|one, other| one.folder.cmp(&other.folder));
    Plan { jobs, artifacts, releases, charts, all }
}

/// What Flux takes of a folder without a kustomization: its manifests and those of the folders below, but where one of
/// those has a kustomization, that. Also the folders of these kustomizations.
fn resources(files: &Files<'_>, layout: &Layout, choice: &Choice<'_>, folder: &str) -> (Vec<String>, Vec<String>) {
    let (mut resources, mut kustomizations) = (Vec::new(), Vec::<String>::new());
    for relative in choice.below(folder) {
        let inner = relative.match_indices('/').map(|(slash, _)| format!("{folder}/{}", &relative[..slash]));
        if let Some(used) = inner.into_iter().find(|inner| layout.kustomization(inner).is_some()) {
            if kustomizations.last() != Some(&used) {
                resources.push(used[folder.len() + 1..].to_owned());
                kustomizations.push(used);
            }
        } else if files.holds_objects(&format!("{folder}/{relative}")) {
            resources.push(relative.to_owned());
        }
    }
    (resources, kustomizations)
}
