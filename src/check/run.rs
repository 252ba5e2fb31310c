//! The one parallel run: a tree of files → a report.
//!
//! In: where the files come from, and the settings. Out: findings in a fixed order, and an account of every file and
//! document. It reads files through [`FileTree`] alone and never prints.
//!
//! Kustomizations are rendered first, and their resources are checked as they come out. All other files are read, parsed,
//! checked and dropped one by one on all cores. Only files with custom resources are kept, as
//! text, until every CustomResourceDefinition of the repository has been seen: then those objects are checked in a
//! second pass, so that the order of files does not matter.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::account::{AppliedTree, Outcome};
use super::against::OldObjects;
use super::duplicates::{Definition, Definitions, Duplicate};
use super::pass::{Origin, Part, Pass, lists};
use super::rendered::Rendered;
use super::schema::{Minor, Schemas};
use super::{crd, duplicates, shared};
use crate::catalogue;
use crate::config::Settings;
use crate::finding::{Finding, Place};
use crate::manifest::{
    Class, Content, Document, FileId, Incomplete, Object, SkipReason, Source, Sources, decode, objects, read_documents,
};
use crate::render::{Choice, Files, Helm, Options};
use crate::repo::{FileEntry, FileTree, Layout, PatchedFields, TreeError, TreeKind};
use crate::report::{Reach, Report};

/// What to check, and how.
pub struct Request<'r> {
    /// Where the files come from.
    pub tree: &'r dyn FileTree,
    /// What the user configured.
    pub settings: &'r Settings,
    /// The same repository at another revision: what `oldSelf` is in CEL rules.
    pub against: Option<&'r dyn FileTree>,
    /// The files to check, when not all: the others only say what these are.
    pub only: Option<&'r Only>,
    /// All of the repository, when `tree` is a part of it: for the `CustomResourceDefinitions` in the rest.
    pub whole: Option<&'r dyn FileTree>,
    /// `CustomResourceDefinitions` from elsewhere.
    pub definitions: Vec<(crd::CustomDefinition, Place)>,
    /// Told after each file.
    pub progress: &'r (dyn Fn() + Sync),
}

/// Some files of a tree, and what they reach.
#[derive(Debug, Default)]
pub struct Only {
    /// The files that changed, those that are gone included.
    pub files: BTreeSet<String>,
    /// The kustomizations that used what is gone.
    pub users: BTreeSet<String>,
    /// How the files are called: `changed` or `staged`.
    pub name: &'static str,
}

/// Checks every file of a tree.
///
/// # Errors
/// When the tree as a whole cannot be listed.
pub fn run(request: Request<'_>) -> Result<Report, TreeError> {
    let Request { tree, settings, against, only, whole, definitions, progress } = request;
    let mut listing = tree.list()?;
    let layout = match (only, whole) {
        // What changed may lie outside of what was named, and still be a part of it.
        (Some(_), Some(whole)) => Layout::read(whole, &whole.list()?.files),
        _ => Layout::read(tree, &listing.files),
    };
    let mut others = Vec::new();
    if let Some(Only { files, .. }) = only {
        (listing.files, others) = listing.files.into_iter().partition(|file| files.contains(&*file.path));
        listing.findings.retain(|finding| concerns(&finding.place.path, files));
    }
    let mut listed: Vec<&str> = listing.files.iter().chain(&others).map(|entry| &*entry.path).collect();
    listed.sort_unstable();
    let reaches = |only: &Only, path: &str| only.files.contains(path) || only.users.contains(path);
    let is_wanted = |path: &str| match only {
        Some(only) => reaches(only, path),
        None => lists([&listing.files, &others], path),
    };
    let helm = Helm::find(&settings.helm, tree.root());
    let kubernetes = |folder: &str| settings.targets(folder).last().cloned().unwrap_or_default();
    let choice = Choice { listed, wanted: &is_wanted, kubernetes: &kubernetes, options: Options::default() };
    let rendered = Rendered::of(&Files::new(tree).with_helm(&helm), &layout, &choice);
    let changed = only.map(|only| (only, rendered.folders(), rendered.trees.len(), rendered.all));
    let bundled = Schemas::bundled();
    let (nothing_old, no_patches) = (OldObjects::default(), PatchedFields::default());
    let first = Pass {
        settings,
        layout: &layout,
        files: [&listing.files, &others],
        schemas: &bundled,
        old: &nothing_old,
        flux_patches: &no_patches,
        part: Part::Builtin,
    };
    let files = listing.files.par_iter().enumerate().map(|(index, entry)| {
        let outcome = match rendered.documents(&entry.path) {
            Some(count) => Outcome::of_documents(count),
            None => first.file(file_id(index), tree, entry),
        };
        progress();
        outcome
    });
    let mut total = add_up(files);
    let Rendered { sources, trees, .. } = rendered;
    let applied: Vec<AppliedTree> = trees.iter().map(AppliedTree::of).collect();
    let (trees, waiting_objects): (Vec<Outcome>, Vec<_>) =
        trees.into_par_iter().map(|tree| first.rendered(tree, &sources)).unzip();
    total = trees.into_iter().fold(total, Outcome::and);
    let waiting = std::mem::take(&mut total.waiting);
    let mut definitions = definitions;
    definitions.append(&mut total.definitions);
    if !waiting.is_empty() || waiting_objects.iter().any(|(_, objects)| !objects.is_empty()) {
        // What is wrong with these files is the matter of a run that checks them.
        let found = |entry: &FileEntry| definitions_in(tree, &entry.path).unwrap_or_default();
        definitions.par_extend(others.par_iter().flat_map_iter(found));
        if let Some(whole) = whole {
            let rest = whole.list()?.files;
            let found = |entry: &FileEntry| definitions_in(whole, &entry.path).unwrap_or_default();
            let rest = rest.par_iter().filter(|entry| !first.lists(&entry.path));
            definitions.par_extend(rest.flat_map_iter(found));
        }
    }
    let schemas = bundled.with_definitions(definitions);
    let old = against.map_or_else(|| Ok(OldObjects::default()), |tree| OldObjects::read(tree, &schemas))?;
    let flux_patches = std::mem::take(&mut total.flux_patches);
    let second = Pass {
        settings,
        layout: &layout,
        files: [&listing.files, &others],
        schemas: &schemas,
        old: &old,
        flux_patches: &flux_patches,
        part: Part::Custom,
    };
    let mut total = total.and(add_up(waiting.into_par_iter().map(|(id, source)| second.source(id, &source))));
    let custom = waiting_objects.into_par_iter().map(|waiting| second.rendered_objects(waiting, &sources));
    total = total.and(add_up(custom));
    let settled = |finding: Finding| {
        let severity = settings.severity_of(&finding)?;
        Some(Finding { severity, ..finding })
    };
    let fails = |finding: &Finding| finding.severity >= settings.fail_on;
    let mut findings = std::mem::take(&mut total.findings);
    findings.extend(listing.findings);
    let mut findings: Vec<Finding> = findings.into_iter().filter_map(settled).collect();
    let mut named = std::mem::take(&mut total.named);
    named.par_extend(siblings(&layout, &listing.files, &others).flat_map_iter(|entry| named_in(tree, &layout, entry)));
    for Duplicate { finding, is_valid } in duplicates::check(&layout, named) {
        let Some(finding) = settled(finding) else { continue };
        if is_valid && fails(&finding) {
            total.spoil();
        }
        findings.push(finding);
    }
    findings.iter().filter(|finding| fails(finding)).for_each(|finding| total.fail(finding));
    let findings = shared::merge(findings);
    let mut report = total.report(listing.files.len(), findings, &layout, &applied, settings.all_targets());
    if let Some((only, reached, trees, all)) = changed {
        report.trees.retain(|tree| tree.kind == TreeKind::Plain || reached.contains(&tree.path));
        report.reach = Some(Reach { files: only.files.len(), name: only.name, trees, all });
    }
    Ok(report)
}

/// What files gave, all together and in their order. Nothing is kept of each but what the account needs.
fn add_up(outcomes: impl ParallelIterator<Item = Outcome>) -> Outcome {
    outcomes.fold(Outcome::default, Outcome::and).reduce_with(Outcome::and).unwrap_or_default()
}

/// Those of the other files that are applied together with one that is checked.
fn siblings<'f>(
    layout: &'f Layout,
    checked: &'f [FileEntry],
    others: &'f [FileEntry],
) -> impl ParallelIterator<Item = &'f FileEntry> {
    let sets: FxHashSet<(TreeKind, &str)> = checked.iter().flat_map(|entry| layout.siblings(&entry.path)).collect();
    others.par_iter().filter(move |entry| layout.siblings(&entry.path).iter().any(|set| sets.contains(set)))
}

/// The objects of a file that is not itself checked, by their names.
fn named_in(tree: &dyn FileTree, layout: &Layout, entry: &FileEntry) -> Definitions {
    let text = || decode(&entry.path, tree.read(&entry.path).ok()?).ok();
    let Some(text) = layout.role(&entry.path).is_none().then(text).flatten() else { return Vec::new() };
    let source = Arc::new(Source::new(Arc::clone(&entry.path), text));
    let sources = Sources::single(FileId(0), Arc::clone(&source));
    // It is not this run's file, and so not one that this run fails.
    guarded(|| objects(&source).filter_map(|object| Definition::of(&object, &sources, false)).collect())
}

/// Reads a file that is not itself checked; a bug of ours in it gives nothing, and does not take the run with it.
pub(super) fn guarded<T: Default>(read: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
}

/// The `CustomResourceDefinitions` of a file that is not itself checked.
///
/// # Errors
/// What is wrong with the file: one that cannot be read in full may hold more.
pub fn definitions_in(tree: &dyn FileTree, path: &str) -> Result<Vec<(crd::CustomDefinition, Place)>, Vec<Finding>> {
    let bytes = tree.read(path).map_err(|finding| vec![*finding])?;
    if memchr::memmem::find(&bytes, b"CustomResourceDefinition").is_none() {
        return Ok(Vec::new());
    }
    let text = decode(path, bytes).map_err(|finding| vec![*finding])?;
    let source = Arc::new(Source::new(path, text));
    let sources = Sources::single(FileId(0), Arc::clone(&source));
    guarded(|| {
        let mut found = Vec::new();
        for document in read_documents(FileId(0), &source) {
            let node = match document.content {
                Content::Value(node) => node,
                Content::Broken(findings) => return Some(Err(findings)),
                Content::Empty => continue,
            };
            let Class::Objects(objects, _) = Class::of(node) else { continue };
            found.extend(objects.iter().filter_map(|object| {
                let definition = crd::judge(object, &sources).1?;
                Some((definition, sources.place(object.node.span)))
            }));
        }
        Some(Ok(found))
    })
    .unwrap_or_else(|| Err(vec![Finding::of_bug(&source.path)]))
}

/// Whether a path is one of these files, or a folder that one of them lies in.
fn concerns(path: &str, files: &BTreeSet<String>) -> bool {
    let below = format!("{path}/");
    files.contains(path) || files.range(below.clone()..).next().is_some_and(|file| file.starts_with(&below))
}

/// Whether a text is JSON as tools have it for their own settings, and surely no manifest.
fn is_json_with_comments(source: &Source) -> bool {
    let is_comment = |line: &str| ["//", "/*"].iter().any(|mark| line.trim_start().starts_with(mark));
    source.path.ends_with(".json") && !source.text.contains("\"apiVersion\"") && source.text.lines().any(is_comment)
}

fn file_id(index: usize) -> FileId {
    FileId(u32::try_from(index).unwrap_or(u32::MAX))
}

impl Pass<'_> {
    /// Reads and checks a file; whatever happens in it ends as findings of this file.
    fn file(&self, id: FileId, tree: &dyn FileTree, entry: &FileEntry) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(reason @ (SkipReason::HelmTemplate | SkipReason::EditorConfiguration)) =
            self.layout.role(&entry.path)
        {
            outcome.document();
            outcome.skip(reason);
            return outcome;
        }
        match tree.read(&entry.path).and_then(|bytes| decode(&entry.path, bytes)) {
            Ok(text) => self.source(id, &Arc::new(Source::new(Arc::clone(&entry.path), text))),
            Err(finding) => {
                let fails = self.fails(&finding);
                outcome.broken(&entry.path, [*finding], fails);
                outcome
            }
        }
    }

    fn source(&self, id: FileId, source: &Arc<Source>) -> Outcome {
        // A bug of ours in one file must not take the verdict on all the others with it.
        catch_unwind(AssertUnwindSafe(|| self.documents(id, source))).unwrap_or_else(|_| {
            let mut outcome = Outcome::default();
            outcome.broken(&source.path, [Finding::of_bug(&source.path)], true);
            outcome
        })
    }

    fn documents(&self, id: FileId, source: &Arc<Source>) -> Outcome {
        let sources = Sources::single(id, Arc::clone(source));
        let targets = self.targets(&source.path);
        let file = InFile { pass: *self, id, source, sources: &sources, targets: &targets };
        let mut outcome = Outcome::default();
        let role = self.layout.role(&source.path);
        for document in read_documents(id, source) {
            match self.part {
                Part::Builtin => file.document(document, role.as_ref(), &mut outcome),
                Part::Custom => file.custom_objects(document, &mut outcome),
            }
        }
        outcome
    }
}

/// A pass over one file.
struct InFile<'p> {
    pass: Pass<'p>,
    id: FileId,
    source: &'p Arc<Source>,
    sources: &'p Sources,
    targets: &'p [Minor],
}

impl InFile<'_> {
    /// The first pass: accounts for the document, and checks its objects of built-in kinds.
    fn document(&self, document: Document<'_>, role: Option<&SkipReason>, outcome: &mut Outcome) {
        outcome.document();
        let class = match (document.content, role) {
            (Content::Empty, _) => Class::Skipped(SkipReason::Empty),
            (Content::Broken(_), _) if is_json_with_comments(self.source) => {
                Class::Skipped(SkipReason::JsonWithComments)
            }
            (Content::Broken(findings), _) => {
                let fails = findings.iter().any(|finding| self.pass.fails(finding));
                return outcome.broken(&self.source.path, findings, fails);
            }
            // Its name alone makes no kustomization of an object: Flux has a kind of that name, too.
            (Content::Value(node), Some(SkipReason::Kustomization)) => match Class::of(node) {
                class @ Class::Objects(..) => class,
                _ => Class::Skipped(SkipReason::Kustomization),
            },
            (Content::Value(_), Some(reason)) => Class::Skipped(reason.clone()),
            (Content::Value(node), None) => Class::of(node),
        };
        match class {
            Class::Skipped(reason) => outcome.skip(reason),
            Class::Incomplete(incomplete) => self.incomplete(incomplete, outcome),
            Class::Objects(objects, incomplete) => {
                for item in incomplete {
                    self.incomplete(item, outcome);
                }
                for object in objects {
                    if self.pass.schemas.is_builtin(&object.kind) {
                        self.object(object, outcome);
                    } else {
                        if object.kind.group == "kustomize.toolkit.fluxcd.io" {
                            object.node.get("spec").into_iter().for_each(|spec| outcome.flux_patches.add_inline(spec));
                        }
                        outcome.waiting = vec![(self.id, Arc::clone(self.source))];
                    }
                }
            }
        }
    }

    /// A document, or an item of a List, that is nearly an object.
    fn incomplete(&self, Incomplete { message, help, node }: Incomplete<'_>, outcome: &mut Outcome) {
        let span = node.entries().first().map_or(node.span, |entry| entry.key_span);
        let finding = Finding::new(&catalogue::read::NOT_AN_OBJECT, self.sources.place(span), message);
        let fails = self.pass.fails(&finding);
        outcome.broken(&self.source.path, [finding.with_help(help)], fails);
    }

    /// The second pass: checks the objects that the first has left.
    fn custom_objects(&self, document: Document<'_>, outcome: &mut Outcome) {
        let Content::Value(node) = document.content else { return };
        let Class::Objects(objects, _) = Class::of(node) else { return };
        for object in objects.into_iter().filter(|object| !self.pass.schemas.is_builtin(&object.kind)) {
            self.object(object, outcome);
        }
    }

    fn object(&self, object: Object<'_>, outcome: &mut Outcome) {
        let Self { pass, id: _, source, sources, targets } = self;
        let path = &source.path;
        let origin = Origin { path, judged: path, sources, targets, is_rendered: false, is_final: false };
        pass.object(object, origin, outcome);
    }
}
