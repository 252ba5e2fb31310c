//! Kustomizations are rendered before they are checked: what is applied is what counts.
//!
//! In: the files, and which of them are to be checked. Out: the objects that every kustomization makes which no other
//! includes, with the places where their values were written; and why some cannot be rendered. It checks nothing, and
//! never renders what the files to check have no part in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::account::Outcome;
use super::pass::{Origin, Pass};
use super::run::crashed;
use super::shared;
use crate::catalogue::read::NOT_AN_OBJECT;
use crate::config::Settings;
use crate::finding::Finding;
use crate::manifest::{Node, Object, Sources};
use crate::render::{ChartRendering, Files, Helm, Options, charts, kustomize};
use crate::repo::{FileTree, Layout};

/// What the kustomizations of a repository make.
pub(super) struct Rendered {
    /// The texts that the objects' values were written in.
    pub(super) sources: Sources,
    /// The kustomizations, in the order of their folders.
    pub(super) trees: Vec<RenderedTree>,
    /// The files whose objects are checked as the kustomizations make them, and how many documents each holds.
    documents: FxHashMap<String, usize>,
}

/// A kustomization that no other includes.
pub(super) struct RenderedTree {
    /// The path of its file.
    pub(super) kustomization: Arc<str>,
    /// Its objects, or why it has none.
    pub(super) objects: Result<Vec<Node<'static>>, Box<Finding>>,
}

impl Rendered {
    /// Renders the kustomizations that are made of any wanted file. Of one that is not listed itself, because only files
    /// of it were named, only the objects of listed files count.
    pub(super) fn of(
        tree: &dyn FileTree,
        layout: &Layout,
        settings: &Settings,
        wanted: impl Fn(&str) -> bool,
        listed: impl Fn(&str) -> bool,
    ) -> Self {
        let helm = Helm::find(&settings.helm, tree.root());
        let files = Files::new(tree).with_helm(&helm);
        let kustomizations = layout.renderable(&wanted);
        let mut rendered: Vec<(RenderedTree, Vec<String>)> =
            kustomizations.into_par_iter().map(|(folder, file)| render(&files, folder, file)).collect();
        let chart_trees = layout.charts(wanted).into_par_iter().flat_map_iter(|folder| {
            let kubernetes = settings.targets(folder).last().map(String::as_str).unwrap_or_default();
            render_chart(&files, folder, kubernetes)
        });
        rendered.par_extend(chart_trees.map(|tree| (tree, Vec::new())));
        let mut documents = FxHashMap::default();
        let mut trees = Vec::with_capacity(rendered.len());
        for (mut tree, resources) in rendered {
            if !listed(&tree.kustomization) {
                let Ok(objects) = &mut tree.objects else { continue };
                objects.retain(|object| listed(&files.place(object.span).path));
            }
            trees.push(tree);
            documents.extend(resources.into_iter().filter_map(|path| files.count(&path).map(|count| (path, count))));
        }
        Self { sources: files.sources(), trees, documents }
    }

    /// How many documents a file holds whose objects are checked as they are rendered; none for any other file.
    pub(super) fn documents(&self, path: &str) -> Option<usize> {
        self.documents.get(path).copied()
    }
}

/// Renders a kustomization; also the files that hold its resources.
fn render(files: &Files<'_>, folder: &str, file: &str) -> (RenderedTree, Vec<String>) {
    // A bug of ours in one tree must not take the verdict on all the others with it.
    let rendering = catch_unwind(AssertUnwindSafe(|| kustomize(files, folder, Options::default())));
    let kustomization: Arc<str> = Arc::from(file);
    let finding = match rendering {
        Ok(Ok(rendering)) => {
            let tree = RenderedTree { kustomization, objects: Ok(rendering.objects) };
            return (tree, rendering.resources.into_iter().collect());
        }
        Ok(Err(fault)) => fault.into_finding(files, file),
        Err(_) => crashed(&kustomization),
    };
    (RenderedTree { kustomization, objects: Err(Box::new(finding)) }, Vec::new())
}

/// Renders a chart that nothing else does, with each of the values it comes with.
fn render_chart(files: &Files<'_>, folder: &str, kubernetes: &str) -> Vec<RenderedTree> {
    let tree = |ChartRendering { chart, objects }| {
        let objects = objects.map_err(|fault| Box::new(fault.into_finding(files, &chart)));
        RenderedTree { kustomization: Arc::from(chart), objects }
    };
    // A bug of ours in one tree must not take the verdict on all the others with it.
    let renderings = catch_unwind(AssertUnwindSafe(|| charts(files, folder, kubernetes)));
    if let Ok(renderings) = renderings {
        return renderings.into_iter().map(tree).collect();
    }
    let path = if folder.is_empty() { "Chart.yaml".to_owned() } else { format!("{folder}/Chart.yaml") };
    let kustomization: Arc<str> = Arc::from(path);
    let objects = Err(Box::new(crashed(&kustomization)));
    vec![RenderedTree { kustomization, objects }]
}

impl Pass<'_> {
    /// The first pass over a kustomization: checks its objects of built-in kinds, and hands on the others.
    pub(super) fn rendered(&self, tree: RenderedTree, sources: &Sources) -> (Outcome, Waiting) {
        let RenderedTree { kustomization, objects } = tree;
        let mut outcome = Outcome::default();
        let objects = match objects {
            Ok(objects) => objects,
            Err(finding) => {
                let fails = self.fails(&finding);
                outcome.unrendered(&kustomization, *finding, fails);
                return (outcome, (kustomization, Vec::new()));
            }
        };
        if objects.is_empty() {
            outcome.rendered_nothing(&kustomization);
        }
        let mut custom = Vec::new();
        for node in objects {
            match Object::from_node(node) {
                Ok(object) if self.schemas.is_builtin(&object.kind) => {
                    self.rendered_object(&kustomization, object, sources, &mut outcome);
                }
                Ok(object) => custom.push(object),
                Err(node) => {
                    let message = "an object without `apiVersion`";
                    let finding = Finding::new(&NOT_AN_OBJECT, sources.place(node.span), message);
                    let fails = self.fails(&finding);
                    outcome.broken(&kustomization, [finding.with_help("add `apiVersion`")], fails);
                }
            }
        }
        (outcome, (kustomization, custom))
    }

    /// The second pass: checks the objects that the first has left.
    pub(super) fn rendered_objects(
        &self,
        kustomization: &Arc<str>,
        objects: Vec<Object<'static>>,
        sources: &Sources,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        for object in objects {
            self.rendered_object(kustomization, object, sources, &mut outcome);
        }
        outcome
    }

    fn rendered_object(
        &self,
        kustomization: &Arc<str>,
        object: Object<'static>,
        sources: &Sources,
        outcome: &mut Outcome,
    ) {
        let path = Arc::clone(&sources.get(object.node.span.file).path);
        let targets = self.targets(&path);
        let mut found = Outcome::default();
        let origin = Origin { path: &path, sources, targets: &targets, kustomization: Some(kustomization) };
        // A bug of ours in one object must not take the verdict on all the others with it.
        let checked = catch_unwind(AssertUnwindSafe(|| {
            self.object(object, origin, &mut found);
            found
        }));
        let mut found = checked.unwrap_or_else(|_| {
            let mut outcome = Outcome::default();
            outcome.broken(kustomization, [crashed(&path)], true);
            outcome
        });
        for finding in &mut found.findings {
            shared::mark(finding, kustomization);
        }
        *outcome = std::mem::take(outcome).and(found);
    }
}

/// A kustomization, and its objects that wait for the second pass.
pub(super) type Waiting = (Arc<str>, Vec<Object<'static>>);
