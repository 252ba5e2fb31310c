//! The one parallel run: a tree of files → a report.
//!
//! In: where the files come from, and the settings. Out: findings in a fixed order, and an account of every file and
//! document. It reads files through [`FileTree`] alone and never prints.
//!
//! Files are read, parsed, checked and dropped one by one on all cores. Only files with custom resources are kept, as
//! text, until every CustomResourceDefinition of the repository has been seen: then those objects are checked in a
//! second pass, so that the order of files does not matter.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use super::account::{ObjectOutcome, Outcome, UncheckedReason};
use super::against::{OldObjects, same_object};
use super::duplicates::Identity;
use super::schema::{Coverage, Minor, Schemas};
use super::{Sink, builtin, crd, duplicates, opaque, schema};
use crate::catalogue;
use crate::config::Settings;
use crate::finding::{Finding, Place, Severity};
use crate::manifest::{
    Class, Content, Document, FileId, Object, SkipReason, Source, Sources, decode, objects, read_documents,
};
use crate::repo::{FileEntry, FileTree, Layout, PatchedFields, TreeError};
use crate::report::Report;

/// What to check, and how.
pub struct Request<'r> {
    /// Where the files come from.
    pub tree: &'r dyn FileTree,
    /// What the user configured.
    pub settings: &'r Settings,
    /// The same repository at another revision: what `oldSelf` is in CEL rules.
    pub against: Option<&'r dyn FileTree>,
    /// The files to check, when not all: the others only say what these are.
    pub only: Option<&'r BTreeSet<String>>,
    /// `CustomResourceDefinitions` from elsewhere.
    pub definitions: Vec<(crd::CustomDefinition, Place)>,
    /// Told after each file.
    pub progress: &'r (dyn Fn() + Sync),
}

/// Checks every file of a tree.
///
/// # Errors
/// When the tree as a whole cannot be listed.
pub fn run(request: Request<'_>) -> Result<Report, TreeError> {
    let Request { tree, settings, against, only, definitions, progress } = request;
    let mut listing = tree.list()?;
    let layout = Layout::read(tree, &listing.files);
    let mut others = Vec::new();
    if let Some(only) = only {
        (listing.files, others) = listing.files.into_iter().partition(|file| only.contains(&file.path));
        listing.findings.retain(|finding| only.contains(finding.place.path.as_ref()));
    }
    let bundled = Schemas::bundled();
    let nothing_old = OldObjects::default();
    let patched = layout.patched();
    let first = Pass { settings, layout: &layout, schemas: &bundled, old: &nothing_old, patched, part: Part::Builtin };
    let mut outcomes: Vec<Outcome> = (listing.files.par_iter().enumerate())
        .map(|(index, entry)| {
            let outcome = first.file(file_id(index), tree, entry);
            progress();
            outcome
        })
        .collect();
    let waiting: Vec<(usize, Arc<Source>)> =
        outcomes.iter_mut().enumerate().filter_map(|(index, outcome)| Some((index, outcome.waiting.take()?))).collect();
    let found = outcomes.iter_mut().flat_map(|outcome| std::mem::take(&mut outcome.definitions));
    let mut definitions: Vec<_> = definitions.into_iter().chain(found).collect();
    if !waiting.is_empty() {
        definitions.par_extend(others.par_iter().flat_map_iter(|entry| definitions_in(tree, &entry.path)));
    }
    let schemas = bundled.with_definitions(definitions);
    let old = against.map_or_else(|| Ok(OldObjects::default()), |tree| OldObjects::read(tree, &schemas))?;
    let mut patched = patched.clone();
    for outcome in &mut outcomes {
        patched.extend(std::mem::take(&mut outcome.patched));
    }
    let second =
        Pass { settings, layout: &layout, schemas: &schemas, old: &old, patched: &patched, part: Part::Custom };
    outcomes.par_extend(waiting.into_par_iter().map(|(index, source)| second.source(file_id(index), &source)));

    let mut total = Outcome::default();
    for outcome in outcomes {
        total.add(outcome);
    }
    let mut findings = std::mem::take(&mut total.findings);
    findings.extend(listing.findings);
    findings.extend(duplicates::check(&layout, std::mem::take(&mut total.identities)));
    let findings = findings.into_iter().filter_map(|finding| {
        let severity = settings.severity_of(&finding)?;
        Some(Finding { severity, ..finding })
    });
    let findings = findings.collect();
    Ok(total.report(listing.files.len(), findings, &layout, settings.all_targets()))
}

/// The `CustomResourceDefinitions` of a file that is not itself checked; one that cannot be read has none.
pub fn definitions_in(tree: &dyn FileTree, path: &str) -> Vec<(crd::CustomDefinition, Place)> {
    let Ok(bytes) = tree.read(path) else { return Vec::new() };
    if memchr::memmem::find(&bytes, b"CustomResourceDefinition").is_none() {
        return Vec::new();
    }
    let Ok(text) = decode(path, bytes) else { return Vec::new() };
    let source = Source::new(path, text);
    let found = objects(&source).filter_map(|object| {
        let definition = crd::definition(&object)?;
        Some((definition, source.place(object.node.span.start, object.node.span.end)))
    });
    found.collect()
}

fn file_id(index: usize) -> FileId {
    FileId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// Which objects a pass looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Those of Kubernetes itself, and everything that is not an object.
    Builtin,
    /// The others: all `CustomResourceDefinitions` are known now.
    Custom,
}

#[derive(Clone, Copy)]
struct Pass<'p> {
    settings: &'p Settings,
    layout: &'p Layout,
    schemas: &'p Schemas,
    old: &'p OldObjects,
    /// What patches set: a field that is missing may come from one.
    patched: &'p PatchedFields,
    part: Part,
}

impl Pass<'_> {
    /// Reads and checks a file; whatever happens in it ends as findings of this file.
    fn file(&self, id: FileId, tree: &dyn FileTree, entry: &FileEntry) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(reason @ SkipReason::HelmTemplate) = self.layout.role(&entry.path) {
            outcome.document();
            outcome.skip(reason);
            return outcome;
        }
        match tree.read(&entry.path).and_then(|bytes| decode(&entry.path, bytes)) {
            Ok(text) => self.source(id, &Arc::new(Source::new(entry.path.as_str(), text))),
            Err(finding) => {
                outcome.broken(&Arc::from(entry.path.as_str()), [*finding]);
                outcome
            }
        }
    }

    fn source(&self, id: FileId, source: &Arc<Source>) -> Outcome {
        // A bug of ours in one file must not take the verdict on all the others with it.
        catch_unwind(AssertUnwindSafe(|| self.documents(id, source))).unwrap_or_else(|_| {
            let mut outcome = Outcome::default();
            let message = "Plimsoll failed on this file: this is a bug in Plimsoll, please report it";
            let finding = Finding::new(&catalogue::read::CRASH, Place::file(Arc::clone(&source.path)), message);
            outcome.broken(&source.path, [finding]);
            outcome
        })
    }

    fn documents(&self, id: FileId, source: &Arc<Source>) -> Outcome {
        let sources = Sources::single(id, Arc::clone(source));
        let bundle = self.schemas.bundle();
        let targets: Vec<Minor> =
            self.settings.targets(&source.path).iter().filter_map(|minor| bundle.minor(minor)).collect();
        let file = InFile { pass: *self, source, sources: &sources, targets: &targets };
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
            (Content::Broken(findings), _) => return outcome.broken(&self.source.path, findings),
            (Content::Value(_), Some(reason)) => Class::Skipped(reason.clone()),
            (Content::Value(node), None) => Class::of(node),
        };
        match class {
            Class::Skipped(reason) => outcome.skip(reason),
            Class::Incomplete { message, help, node } => {
                let span = node.entries().first().map_or(node.span, |entry| entry.key_span);
                let finding = Finding::new(&catalogue::read::NOT_AN_OBJECT, self.sources.place(span), message);
                outcome.broken(&self.source.path, [finding.with_help(help)]);
            }
            Class::Objects(objects) => {
                for object in objects {
                    if self.pass.schemas.is_builtin(&object.kind) {
                        self.object(object, outcome);
                    } else {
                        if object.kind.group == "kustomize.toolkit.fluxcd.io" {
                            object.node.get("spec").into_iter().for_each(|spec| outcome.patched.add_inline(spec));
                        }
                        outcome.waiting = Some(Arc::clone(self.source));
                    }
                }
            }
        }
    }

    /// The second pass: checks the objects that the first has left.
    fn custom_objects(&self, document: Document<'_>, outcome: &mut Outcome) {
        let Content::Value(node) = document.content else { return };
        let Class::Objects(objects) = Class::of(node) else { return };
        for object in objects.into_iter().filter(|object| !self.pass.schemas.is_builtin(&object.kind)) {
            self.object(object, outcome);
        }
    }

    fn object(&self, mut object: Object<'_>, outcome: &mut Outcome) {
        let Self { pass, source, sources, targets } = self;
        let encrypted = opaque::hide_encrypted(&mut object);
        let old = pass.old.text(&object).and_then(|text| same_object(text, &object));
        let (mut findings, coverage) =
            schema::check(&object, sources, pass.schemas, targets, old.as_ref().map(|object| &object.node));
        let mut sink = Sink::new(&object, sources);
        builtin::check(&object, &mut sink);
        if object.kind.group == "apiextensions.k8s.io" && object.kind.kind == "CustomResourceDefinition" {
            crd::check(&object, &mut sink);
            if let Some(definition) = crd::definition(&object) {
                outcome.definitions.push((definition, sources.place(object.node.span)));
            }
        }
        findings.extend(sink.into_findings());
        if encrypted {
            opaque::forgive_encrypted(&mut findings);
        }
        let substituted = opaque::forgive_substituted(&object, &mut findings);
        let patched = opaque::forgive_patched(&object, pass.patched, &mut findings);
        if let Some(identity) = Identity::of(&object) {
            let name = object.node.path(&["metadata", "name"]).map_or(object.node.span, |name| name.span);
            outcome.identities.push((identity, sources.place(name)));
        }
        let denied = |finding: &Finding| pass.settings.severity_of(finding) == Some(Severity::Deny);
        let became = match coverage {
            _ if findings.iter().any(denied) => ObjectOutcome::Invalid,
            Coverage::Unchecked => ObjectOutcome::Unchecked(UncheckedReason::NoSchema),
            Coverage::Checked if patched => ObjectOutcome::Unchecked(UncheckedReason::Patched),
            Coverage::Checked if substituted => ObjectOutcome::Unchecked(UncheckedReason::Substituted),
            Coverage::Checked => ObjectOutcome::Valid,
        };
        outcome.object(&source.path, became);
        outcome.findings.extend(findings);
    }
}
