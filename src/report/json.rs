//! For programs: everything that the report holds, under a schema that is versioned and published.
//!
//! In: a report. Out: one JSON document. It never leaves a key out: what is absent is `null` or an empty list. Paths are
//! those from the root of the repository.

use std::io::{self, Write};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Serialize, Serializer};

use super::{Report, Summary, TreeVerdict, fingerprints, safe_json};
use crate::finding::{Finding, Position, Related, Severity};

/// The number of the format: raised when a key changes its meaning or goes; new keys do not raise it.
const SCHEMA: u32 = 1;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        summary: report.summary,
        trees: &report.trees,
        findings: Findings(&report.findings),
    };
    safe_json::write(&document, out)
}

/// The JSON Schema of this format, as `schemas/report.schema.json` holds it.
#[must_use]
pub fn json_schema() -> String {
    // The contract of serialisation: a key that is always written is required
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document<'_>>();
    // `{:#}` prints a JSON value indented, and cannot fail as a serialiser can
    format!("{:#}\n", schema.to_value())
}

/// A report of Plimsoll.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Plimsoll report")]
struct Document<'r> {
    /// The number of the format.
    #[schemars(extend("const" = SCHEMA))]
    schema: u32,
    /// How much was looked at.
    summary: Summary,
    /// The verdict on each tree, sorted by path.
    trees: &'r [TreeVerdict],
    /// What was found, sorted by path and place.
    #[schemars(with = "Vec<FindingRecord>")]
    findings: Findings<'r>,
}

/// Findings that become records one by one, as they are written.
struct Findings<'r>(&'r [Finding]);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fingerprints = fingerprints(self.0);
        serializer.collect_seq(
            self.0.iter().zip(&fingerprints).map(|(finding, fingerprint)| FindingRecord::new(finding, fingerprint)),
        )
    }
}

/// One thing that is wrong, where, and how to mend it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Finding")]
struct FindingRecord<'r> {
    /// `family/name` of the rule.
    rule: &'r str,
    /// How bad it is in this run.
    severity: Severity,
    /// The rule's tags.
    tags: Vec<&'r str>,
    /// What is wrong.
    message: &'r str,
    /// The file, from the root of the repository; `-` is standard input.
    path: &'r str,
    /// The first line, from 1; none for a file as a whole.
    line: Option<u32>,
    /// The first column in characters, from 1.
    column: Option<u32>,
    /// The line of the end.
    end_line: Option<u32>,
    /// One past the last column in characters.
    end_column: Option<u32>,
    /// JSON pointer of the value within its object.
    pointer: Option<&'r str>,
    /// The object.
    object: Option<ObjectRecord<'r>>,
    /// The same as long as the finding is the same, wherever its line moves; unique in the report.
    fingerprint: &'r str,
    /// The smallest edit that mends it.
    help: Option<&'r str>,
    /// Other places that belong to it.
    related: Vec<RelatedRecord<'r>>,
    /// The Kubernetes versions that it holds for, when it does not hold for all that were asked for.
    kubernetes: &'r [String],
}

/// The object that a finding is about.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Object")]
struct ObjectRecord<'r> {
    /// As written.
    api_version: &'r str,
    /// As written.
    kind: &'r str,
    /// `metadata.namespace`, if set.
    namespace: Option<&'r str>,
    /// `metadata.name`, or `metadata.generateName` with a `*` behind it.
    name: Option<&'r str>,
}

/// Another place that belongs to a finding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Related")]
struct RelatedRecord<'r> {
    /// The file, from the root of the repository.
    path: &'r str,
    /// The first line, from 1.
    line: Option<u32>,
    /// The first column in characters, from 1.
    column: Option<u32>,
    /// What is there.
    message: &'r str,
}

impl<'r> FindingRecord<'r> {
    fn new(finding: &'r Finding, fingerprint: &'r str) -> Self {
        let (start, end) = finding.place.range.map(|range| (range.start, range.end)).unzip();
        Self {
            rule: &finding.rule,
            severity: finding.severity,
            tags: finding.tags.iter().map(AsRef::as_ref).collect(),
            message: &finding.message,
            path: &finding.place.path,
            line: start.map(line),
            column: start.map(column),
            end_line: end.map(line),
            end_column: end.map(column),
            pointer: finding.pointer.as_deref(),
            object: finding.object.as_ref().map(|object| ObjectRecord {
                api_version: &object.api_version,
                kind: &object.kind,
                namespace: object.namespace.as_deref(),
                name: object.name.as_deref(),
            }),
            fingerprint,
            help: finding.help.as_deref(),
            related: finding.related.iter().map(RelatedRecord::new).collect(),
            kubernetes: &finding.kubernetes,
        }
    }
}

impl<'r> RelatedRecord<'r> {
    fn new(related: &'r Related) -> Self {
        let start = related.place.range.map(|range| range.start);
        Self { path: &related.place.path, line: start.map(line), column: start.map(column), message: &related.message }
    }
}

fn line(position: Position) -> u32 {
    position.line
}

fn column(position: Position) -> u32 {
    position.column
}
