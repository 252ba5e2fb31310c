//! The account of a run: what became of every file, document and object.
//!
//! In: what each file gave, added up as soon as it is known. Out: counts that add up, and the verdict on each tree. It
//! never drops anything: a document is an object or several, skipped with a reason, or broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::crd::CustomDefinition;
use super::duplicates::Definitions;
use crate::catalogue::read;
use crate::finding::{Finding, Place};
use crate::manifest::{FileId, SkipReason, Source};
use crate::render::RenderedTree;
use crate::repo::{Layout, PatchedFields, TreeKind};
use crate::report::{Report, Summary, TreeVerdict, Verdict};

/// What one file gave, or all of them together.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    counts: Counts,
    pub(super) findings: Vec<Finding>,
    /// How each object is called and where, for finding those that are defined twice.
    pub(super) named: Definitions,
    /// The `CustomResourceDefinitions` of the files.
    pub(super) definitions: Vec<(CustomDefinition, Place)>,
    /// The worst that each file with objects, or with what should be one, holds.
    files: BTreeMap<Arc<str>, Judged>,
    /// What the patches of Flux Kustomizations set.
    pub(super) flux_patches: PatchedFields,
    /// The texts of files with objects that the second pass checks.
    pub(super) waiting: Vec<(FileId, Arc<Source>)>,
}

#[derive(Debug, Default)]
struct Counts {
    documents: usize,
    objects: usize,
    valid: usize,
    invalid: usize,
    unchecked: BTreeMap<UncheckedReason, usize>,
    skipped: BTreeMap<SkipReason, usize>,
}

/// Why an object that nothing is known against was not checked, or not in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum UncheckedReason {
    /// There is no schema for its kind, or none that can be used.
    NoSchema,
    /// A rule of its schema could not be evaluated.
    RuleFailed,
    /// The document or file cannot be read, and the configuration lets that pass.
    Unreadable,
    /// Its kustomization cannot be rendered, and the configuration lets that pass.
    NotRendered,
    /// It lacks something that a kustomization sets.
    Patched,
    /// It holds a `${variable}` that would not be allowed as it stands.
    Substituted,
    /// It holds an encrypted value that would not be allowed as it stands.
    Encrypted,
}

impl fmt::Display for UncheckedReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoSchema => "no schema",
            Self::RuleFailed => "a rule of its schema could not be evaluated",
            Self::Unreadable => "cannot be read",
            Self::NotRendered => "cannot be rendered",
            Self::Patched => "incomplete before it is rendered",
            Self::Substituted => "a `${variable}` to be substituted",
            Self::Encrypted => "encrypted with SOPS",
        })
    }
}

/// What came of the checks of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObjectOutcome {
    /// Checked, and nothing fails the run.
    Valid,
    /// Something fails the run.
    Invalid,
    /// Nothing fails the run, but it was not checked in full.
    Unchecked(UncheckedReason),
}

impl Outcome {
    /// A file of documents whose objects are accounted for elsewhere.
    pub(super) fn of_documents(count: usize) -> Self {
        Self { counts: Counts { documents: count, ..Counts::default() }, ..Self::default() }
    }

    /// A kustomization that cannot be rendered. Where that does not fail the run it is unchecked.
    pub(super) fn unrendered(&mut self, kustomization: &Arc<str>, finding: Finding, fails: bool) {
        self.findings.push(finding);
        if fails {
            self.counts.invalid += 1;
            self.judge(kustomization, Verdict::Fail);
        } else {
            *self.counts.unchecked.entry(UncheckedReason::NotRendered).or_default() += 1;
            self.judge(kustomization, Verdict::Unchecked);
        }
    }

    /// A tree that was rendered and makes no object: there is nothing to hold against it.
    pub(super) fn rendered_nothing(&mut self, kustomization: &Arc<str>) {
        self.judge(kustomization, Verdict::Pass);
    }

    /// Counts a document, whatever it will turn out to be.
    pub(super) fn document(&mut self) {
        self.counts.documents += 1;
    }

    /// A document that holds nothing to check.
    pub(super) fn skip(&mut self, reason: SkipReason) {
        *self.counts.skipped.entry(reason).or_default() += 1;
    }

    /// A file or document that could not be read, and why. Where that does not fail the run it is unchecked.
    pub(super) fn broken(&mut self, file: &Arc<str>, findings: impl IntoIterator<Item = Finding>, fails: bool) {
        self.findings.extend(findings);
        if fails {
            self.counts.invalid += 1;
            self.judge(file, Verdict::Fail);
        } else {
            *self.counts.unchecked.entry(UncheckedReason::Unreadable).or_default() += 1;
            self.judge(file, Verdict::Unchecked);
        }
    }

    /// An object and what came of its checks.
    pub(super) fn object(&mut self, file: &Arc<str>, outcome: ObjectOutcome) {
        self.counts.objects += 1;
        let verdict = match outcome {
            ObjectOutcome::Valid => {
                self.counts.valid += 1;
                Verdict::Pass
            }
            ObjectOutcome::Invalid => {
                self.counts.invalid += 1;
                Verdict::Fail
            }
            ObjectOutcome::Unchecked(reason) => {
                *self.counts.unchecked.entry(reason).or_default() += 1;
                Verdict::Unchecked
            }
        };
        self.add(file, Judged { verdict, objects: 1 });
    }

    /// What was found across files fails an object that had nothing against it.
    pub(super) fn spoil(&mut self) {
        self.counts.valid = self.counts.valid.saturating_sub(1);
        self.counts.invalid += 1;
    }

    /// A finding fails the run: no tree with its file passes. What is wrong with a file that holds no object of its own, a
    /// patch or a values file, is held against the trees that are rendered with it.
    pub(super) fn fail(&mut self, finding: &Finding) {
        let path = &finding.place.path;
        if self.files.contains_key(path) || finding.rule.starts_with(read::FAMILY) {
            self.judge(path, Verdict::Fail);
        }
    }

    fn judge(&mut self, file: &Arc<str>, verdict: Verdict) {
        self.add(file, Judged { verdict, objects: 0 });
    }

    fn add(&mut self, file: &Arc<str>, judged: Judged) {
        let known = self.files.entry(Arc::clone(file)).or_default();
        *known = known.and(judged);
    }

    /// Both, the files of the other behind those of this one.
    pub(super) fn and(mut self, other: Self) -> Self {
        let Self { counts, findings, named, definitions, files, flux_patches, waiting } = other;
        self.counts.documents += counts.documents;
        self.counts.objects += counts.objects;
        self.counts.valid += counts.valid;
        self.counts.invalid += counts.invalid;
        for (reason, count) in counts.unchecked {
            *self.counts.unchecked.entry(reason).or_default() += count;
        }
        for (reason, count) in counts.skipped {
            *self.counts.skipped.entry(reason).or_default() += count;
        }
        self.findings.extend(findings);
        self.named.extend(named);
        self.definitions.extend(definitions);
        for (file, judged) in files {
            self.add(&file, judged);
        }
        self.flux_patches.extend(flux_patches);
        self.waiting.extend(waiting);
        self
    }

    /// The report on a run over this many files; `findings` are those that the settings let through.
    pub(super) fn report(
        self,
        files: usize,
        mut findings: Vec<Finding>,
        layout: &Layout,
        applied: &[AppliedTree],
        kubernetes: Vec<String>,
    ) -> Report {
        findings.sort_by(Finding::order);
        let trees = self.trees(layout, applied);
        let counts = &self.counts;
        Report {
            summary: Summary {
                files,
                documents: counts.documents,
                objects: counts.objects,
                valid: counts.valid,
                invalid: counts.invalid,
                skipped: counts.skipped.values().sum(),
                unchecked: counts.unchecked.values().sum(),
            },
            trees,
            skipped: reasons(&counts.skipped),
            unchecked: reasons(&counts.unchecked),
            findings,
            kubernetes,
            reach: None,
        }
    }
}

impl Outcome {
    /// The verdict on each tree, and what has it applied.
    fn trees(&self, layout: &Layout, applied: &[AppliedTree]) -> Vec<TreeVerdict> {
        let judged = |files: &mut dyn Iterator<Item = &str>, nothing: Verdict| {
            let nothing = Judged { verdict: nothing, objects: 0 };
            files.filter_map(|file| self.files.get(file)).fold(nothing, |all, one| all.and(*one))
        };
        let mut trees: BTreeMap<(String, TreeKind), TreeVerdict> = BTreeMap::new();
        for tree in layout.trees(self.files.keys().map(AsRef::as_ref)) {
            let nothing = if tree.is_complete { Verdict::Pass } else { Verdict::Unchecked };
            let Judged { verdict, objects } = judged(&mut tree.files.iter().map(AsRef::as_ref), nothing);
            let (path, kind) = (tree.path, tree.kind);
            let verdict = TreeVerdict { path: path.clone(), kind, verdict, objects, applied_by: Vec::new() };
            trees.insert((path, kind), verdict);
        }
        for AppliedTree { folder, kind, named, files, by } in applied {
            let below = format!("{folder}/");
            let made_here = |file: &&str| match (kind, files) {
                (TreeKind::Plain, Some(files)) => files.contains(*file),
                (TreeKind::Plain, None) => file.starts_with(&below),
                _ => *file == &**named,
            };
            if *kind == TreeKind::Plain {
                // What is applied together is one tree, whatever folders it lies in.
                let is_tree = |path: &str| applied.iter().any(|tree| tree.folder == path);
                let is_part = |path: &str, kind: TreeKind| match files {
                    None => kind != TreeKind::Chart,
                    Some(files) => {
                        let mut here =
                            files.iter().filter(|file| file.rsplit_once('/').map_or("", |(folder, _)| folder) == path);
                        kind == TreeKind::Plain && here.next().is_some()
                    }
                };
                trees.retain(|(path, kind), _| !path.starts_with(&below) || is_tree(path) || !is_part(path, *kind));
            }
            let made = judged(&mut self.files.keys().map(AsRef::as_ref).filter(made_here), Verdict::Pass);
            let tree = trees.entry((folder.clone(), *kind)).or_insert_with_key(|(path, kind)| {
                let (path, kind, applied_by) = (path.clone(), *kind, Vec::new());
                TreeVerdict { path, kind, verdict: made.verdict, objects: made.objects, applied_by }
            });
            (tree.verdict, tree.objects) = (worse(tree.verdict, made.verdict), made.objects);
            tree.applied_by.extend(by.clone());
        }
        trees.into_values().collect()
    }
}

/// A tree that was rendered.
#[derive(Debug)]
pub(super) struct AppliedTree {
    folder: String,
    kind: TreeKind,
    /// The file that answers for it.
    named: Arc<str>,
    /// Its files, if they are applied as they are written.
    files: Option<BTreeSet<String>>,
    /// What has it applied, if that is in the repository.
    by: Option<String>,
}

impl AppliedTree {
    pub(super) fn of(tree: &RenderedTree) -> Self {
        let by = tree.by.as_ref().zip(tree.by_file.as_ref()).map(|(by, file)| format!("{by} ({file})"));
        let (folder, files) = (tree.folder.clone(), tree.files.clone());
        Self { folder, kind: tree.kind, named: Arc::clone(&tree.named), files, by }
    }
}

/// What is known of a file.
#[derive(Debug, Clone, Copy)]
struct Judged {
    verdict: Verdict,
    objects: usize,
}

impl Default for Judged {
    fn default() -> Self {
        Self { verdict: Verdict::Pass, objects: 0 }
    }
}

impl Judged {
    fn and(self, other: Self) -> Self {
        Self { verdict: worse(self.verdict, other.verdict), objects: self.objects + other.objects }
    }
}

fn reasons<R: fmt::Display>(counts: &BTreeMap<R, usize>) -> Vec<(String, usize)> {
    counts.iter().map(|(reason, count)| (reason.to_string(), *count)).collect()
}

fn worse(left: Verdict, right: Verdict) -> Verdict {
    match (left, right) {
        (Verdict::Fail, _) | (_, Verdict::Fail) => Verdict::Fail,
        (Verdict::Unchecked, _) | (_, Verdict::Unchecked) => Verdict::Unchecked,
        _ => Verdict::Pass,
    }
}
