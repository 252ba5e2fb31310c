//! Findings → bytes, one format a file.
//!
//! In: a [`Report`], the plain data that a run ends in, already sorted. Out: bytes on a writer. It never reads a file
//! (source text comes through the [`Context`]), never decides whether a run passes by anything but the threshold it is
//! given, and writes the same bytes for the same report.

pub mod difference;
mod excerpt;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod printable;
mod safe_json;
mod sarif;
mod secret;
mod tap;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Finding, Place, Severity};
pub use crate::repo::TreeKind;

pub use json::json_schema;
pub use printable::printable;

/// Everything that a run has to say.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How much was looked at.
    pub summary: Summary,
    /// Why documents were skipped, and how many for each reason; sorted by reason.
    pub skipped: Vec<(String, usize)>,
    /// Why objects were not checked, or not in full, and how many for each reason; sorted by reason.
    pub unchecked: Vec<(String, usize)>,
    /// The verdict on each tree, sorted by path.
    pub trees: Vec<TreeVerdict>,
    /// What was found, in [`Finding::order`].
    pub findings: Vec<Finding>,
    /// The Kubernetes versions that objects were checked against.
    pub kubernetes: Vec<String>,
    /// What was checked, when it was not everything.
    pub reach: Option<Reach>,
}

/// What the files that changed have a part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// How many files changed.
    pub files: usize,
    /// How they are called: `changed` or `staged`.
    pub name: &'static str,
    /// How many kustomizations that no other includes they reach: these were rendered.
    pub trees: usize,
    /// How many there are.
    pub all: usize,
}

impl fmt::Display for Reach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, name, trees, all } = *self;
        let noun = if files == 1 { "file" } else { "files" };
        match (files, trees, all) {
            (0, ..) => write!(formatter, "no {name} files"),
            (_, _, 0) => write!(formatter, "{files} {name} {noun}"),
            (1, 0, _) => write!(formatter, "0 of {}: 1 {name} file reaches none", count(all, "tree")),
            (_, 0, _) => write!(formatter, "0 of {}: {files} {name} files reach none", count(all, "tree")),
            (1, 1, _) => write!(formatter, "1 of {}, that which 1 {name} file reaches", count(all, "tree")),
            (1, ..) => write!(formatter, "{trees} of {}, those that 1 {name} file reaches", count(all, "tree")),
            (_, 1, _) => write!(formatter, "1 of {}, that which {files} {name} files reach", count(all, "tree")),
            _ => write!(formatter, "{trees} of {}, those that {files} {name} files reach", count(all, "tree")),
        }
    }
}

/// The account of a run: nothing that was found in the tree is missing from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, schemars::JsonSchema)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// YAML and JSON documents in them, empty ones left out.
    pub documents: usize,
    /// Kubernetes objects in the documents; a List counts as its items.
    pub objects: usize,
    /// Checked, without a finding that fails the run.
    pub valid: usize,
    /// Checked or read, with a finding that fails the run.
    pub invalid: usize,
    /// Left out for a reason that the report names.
    pub skipped: usize,
    /// Not checked, or not in full, for a reason that the report names: neither valid nor invalid.
    pub unchecked: usize,
}

/// What became of one tree: a kustomization, a chart or a plain folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TreeVerdict {
    /// Path of its folder from the root of the repository.
    pub path: String,
    /// What it is rendered by.
    pub kind: TreeKind,
    /// Whether it may be applied.
    pub verdict: Verdict,
    /// How many objects it makes.
    pub objects: usize,
    /// The Flux Kustomizations and Argo CD Applications of the repository that have it applied.
    pub applied_by: Vec<String>,
}

/// Whether a tree may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All of it was checked and nothing in it fails the run.
    Pass,
    /// Something in it fails the run.
    Fail,
    /// Nothing in it fails the run, but some of it could not be checked.
    Unchecked,
}

/// The formats that a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Format {
    /// For people: source lines with carets, then a summary.
    Human,
    /// For programs: `schemas/report.schema.json` describes it.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports of CI systems.
    Junit,
    /// Test Anything Protocol 14.
    Tap,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab Code Quality.
    Gitlab,
}

/// What a format needs to know beside the report.
pub struct Context<'c> {
    /// The text of a path, as it was when it was checked; none when it can no longer be had.
    pub source: &'c dyn Fn(&str) -> Option<String>,
    /// Whether to write colours.
    pub colour: bool,
    /// How many columns a line may have.
    pub width: usize,
    /// A path from the root as a person at the current directory can open it.
    ///
    /// The human and TAP formats use it, and what GitHub's annotations say in the log. All else is read by programs that
    /// know paths from the root of the repository, and leaves it out.
    pub display: &'c dyn Fn(&str) -> String,
    /// Findings at or over this severity fail the run.
    pub threshold: Severity,
}

impl Context<'_> {
    /// Whether a finding fails the run.
    #[must_use]
    pub fn fails(&self, finding: &Finding) -> bool {
        finding.severity >= self.threshold
    }

    /// `path:line:column`, to be opened from the current directory, and safe to print.
    fn location(&self, place: &Place) -> String {
        let path = self.display_path(&place.path);
        match place.range {
            Some(range) => format!("{path}:{}:{}", range.start.line, range.start.column),
            None => path,
        }
    }

    /// A path to be opened from the current directory, safe to print.
    fn display_path(&self, path: &str) -> String {
        if path == STANDARD_INPUT {
            return "<stdin>".to_owned();
        }
        let shown = (self.display)(path);
        if shown.is_empty() { ".".to_owned() } else { printable(&shown).into_owned() }
    }
}

/// The path of standard input.
const STANDARD_INPUT: &str = "-";

/// Writes a report.
///
/// # Errors
/// When the writer refuses.
pub fn write(format: Format, report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, context, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, context, out),
        Format::Tap => tap::write(report, context, out),
        Format::Github => github::write(report, context, out),
        Format::Gitlab => gitlab::write(report, out),
    }
}

/// Writes findings for people, as a report in [`Format::Human`] begins with them: for what is no check and has no
/// report. They are sorted by [`Finding::order`].
///
/// # Errors
/// When the writer refuses.
pub fn write_findings(findings: &[Finding], context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    human::write_findings(findings, context, out)
}

/// The fingerprint of each finding of a sorted list, all different: findings that differ in nothing but their line are
/// told apart by the order they stand in.
#[must_use]
pub fn fingerprints(findings: &[Finding]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(findings.len());
    findings
        .iter()
        .map(|finding| {
            let first = finding.fingerprint(0);
            let occurrence = seen.entry(first.clone()).or_default();
            let fingerprint = if *occurrence == 0 { first } else { finding.fingerprint(*occurrence) };
            *occurrence += 1;
            fingerprint
        })
        .collect()
}

/// `1 file`, `2 files`.
fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// One line that accounts for everything: how much there was, and what became of it.
fn account(summary: &Summary) -> String {
    format!(
        "{}, {}, {}: {} valid, {} invalid, {} skipped, {} unchecked",
        count(summary.files, "file"),
        count(summary.documents, "document"),
        count(summary.objects, "object"),
        summary.valid,
        summary.invalid,
        summary.skipped,
        summary.unchecked,
    )
}

/// A finding's object and pointer on one line; none when it is about neither.
fn subject(finding: &Finding) -> Option<String> {
    let object = finding.object.as_ref().map(|object| printable(&object.to_string()).into_owned());
    let pointer =
        finding.pointer.as_deref().filter(|pointer| !pointer.is_empty()).map(|pointer| printable(pointer).into_owned());
    let parts: Vec<String> = object.into_iter().chain(pointer).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests;
