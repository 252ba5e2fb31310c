//! Trees that were rendered, checked as they come out.
//!
//! In: the objects of every tree, and the texts that their values were written in. Out: what is found in them, at the lines
//! that people wrote, and what becomes of them in the account. It renders nothing itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::account::Outcome;
use super::pass::{Origin, Pass};
use super::shared;
use crate::catalogue::read::NOT_AN_OBJECT;
use crate::finding::Finding;
use crate::manifest::{Object, Sources};
use crate::render::{Choice, Files, RenderedTree, Trees, trees};
use crate::repo::{Layout, TreeKind};

/// What the trees of a repository make.
pub(super) struct Rendered {
    /// The texts that the objects' values were written in.
    pub(super) sources: Sources,
    /// The trees, in the order of their folders.
    pub(super) trees: Vec<RenderedTree>,
    /// How many trees there are in all.
    pub(super) all: usize,
    /// The files whose objects are checked as they are rendered, and how many documents each holds.
    documents: FxHashMap<String, usize>,
}

impl Rendered {
    /// Renders the trees of which any file matters.
    pub(super) fn of(files: &Files<'_>, layout: &Layout, choice: &Choice<'_>) -> Self {
        let Trees { rendered: trees, all } = trees(files, layout, choice);
        let resources = trees.iter().flat_map(|tree| &tree.resources);
        let documents = resources.filter_map(|path| files.count(path).map(|count| (path.clone(), count))).collect();
        Self { sources: files.sources(), trees, all, documents }
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
        if objects.is_empty() && tree.files.is_none() {
            outcome.rendered_nothing(&tree.named);
        }
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
            judged: if tree.kind == TreeKind::Plain { &path } else { &tree.named },
            sources,
            targets: &targets,
            is_rendered: true,
            is_final: tree.by.is_some(),
        };
        // A bug of ours in one object must not take the verdict on all the others with it.
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let mut found = Outcome::default();
            self.object(object, origin, &mut found);
            found
        }));
        let mut found = checked.unwrap_or_else(|_| {
            let mut outcome = Outcome::default();
            outcome.broken(&tree.named, [Finding::of_bug(&path)], true);
            outcome
        });
        found.findings.iter_mut().for_each(|finding| shared::mark(finding, tree));
        found
    }
}
