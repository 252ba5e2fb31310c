//! The account of a run: what became of every file, document and object.
//!
//! In: what each file gave, added up as soon as it is known. Out: counts that add up, and the verdict on each tree. It
//! never drops anything: a document is an object or several, skipped with a reason, or broken.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::crd::CustomDefinition;
use super::duplicates::Definitions;
use crate::finding::{Finding, Place};
use crate::manifest::{FileId, SkipReason, Source};
use crate::repo::{Layout, PatchedFields};
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
    files: BTreeMap<Arc<str>, Verdict>,
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
        self.judge(file, verdict);
    }

    /// What was found across files fails an object that had nothing against it.
    pub(super) fn spoil(&mut self) {
        self.counts.valid = self.counts.valid.saturating_sub(1);
        self.counts.invalid += 1;
    }

    /// A finding fails the run: no tree with its file passes.
    pub(super) fn fail(&mut self, finding: &Finding) {
        self.judge(&finding.place.path, Verdict::Fail);
    }

    fn judge(&mut self, file: &Arc<str>, verdict: Verdict) {
        let known = self.files.entry(Arc::clone(file)).or_insert(verdict);
        *known = worse(*known, verdict);
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
        for (file, verdict) in files {
            self.judge(&file, verdict);
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
        kubernetes: Vec<String>,
    ) -> Report {
        findings.sort_by(Finding::order);
        let trees = layout.trees(self.files.keys().map(AsRef::as_ref)).into_iter().map(|tree| {
            let verdicts = tree.files.iter().filter_map(|file| self.files.get(file.as_ref()).copied());
            let nothing = if tree.is_complete { Verdict::Pass } else { Verdict::Unchecked };
            TreeVerdict { verdict: verdicts.fold(nothing, worse), path: tree.path, kind: tree.kind }
        });
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
            trees: trees.collect(),
            skipped: reasons(&counts.skipped),
            unchecked: reasons(&counts.unchecked),
            findings,
            kubernetes,
        }
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
