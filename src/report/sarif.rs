//! SARIF 2.1.0, for code scanning.
//!
//! In: a report. Out: one run with the rules that found something, and their manuals. Artifacts are relative to
//! `%SRCROOT%`, the root of the repository; columns are declared to be Unicode code points.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Report, fingerprints, safe_json};
use crate::catalogue;
use crate::finding::{Finding, Place, Related, Severity};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rules = Rules::default();
    let results: Vec<Value> = report
        .findings
        .iter()
        .zip(fingerprints(&report.findings))
        .map(|(finding, fingerprint)| result(finding, rules.index(finding), &fingerprint))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "plimsoll",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.descriptors,
            }},
            "invocations": [{"executionSuccessful": true}],
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository"}}},
            "properties": {"kubernetes": report.kubernetes},
            "results": results,
        }],
    });
    safe_json::write(&log, out)
}

/// The rules that results refer to by index, in the order that they first occur.
#[derive(Default)]
struct Rules<'r> {
    indices: HashMap<&'r str, usize>,
    descriptors: Vec<Value>,
}

impl<'r> Rules<'r> {
    fn index(&mut self, finding: &'r Finding) -> usize {
        *self.indices.entry(&finding.rule).or_insert_with(|| {
            self.descriptors.push(descriptor(finding));
            self.descriptors.len() - 1
        })
    }
}

/// A rule with its manual; a rule that is not in the catalogue, one of a policy, is known by its id and tags alone.
fn descriptor(finding: &Finding) -> Value {
    let Some(rule) = catalogue::rule(&finding.rule) else {
        return json!({
            "id": finding.rule,
            "defaultConfiguration": {"level": level(finding.severity)},
            "properties": {"tags": finding.tags},
        });
    };
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.what},
        "help": {"text": catalogue::explain(rule), "markdown": catalogue::rule_markdown(rule)},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": rule.tags},
    })
}

fn result(finding: &Finding, rule_index: usize, fingerprint: &str) -> Value {
    let mut text = finding.message.clone();
    if let Some(help) = &finding.help {
        // Code scanning shows the message alone
        let _ = write!(text, "\nhelp: {help}");
    }
    let mut location = location(&finding.place);
    if let Some(object) = &finding.object {
        let names = [
            Some(object.api_version.as_str()),
            Some(&object.kind),
            object.namespace.as_deref(),
            object.name.as_deref(),
        ];
        let qualified: Vec<&str> = names.into_iter().flatten().collect();
        location["logicalLocations"] = json!([{
            "name": object.name.as_deref().unwrap_or(&object.kind),
            "fullyQualifiedName": qualified.join("/"),
            "kind": "object",
        }]);
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"plimsoll/v1": fingerprint},
        "properties": {"pointer": finding.pointer, "kubernetes": finding.kubernetes},
    });
    if !finding.related.is_empty() {
        result["relatedLocations"] = finding.related.iter().enumerate().map(related_location).collect();
    }
    result
}

fn related_location((index, related): (usize, &Related)) -> Value {
    let mut location = location(&related.place);
    location["id"] = json!(index + 1);
    location["message"] = json!({"text": related.message});
    location
}

fn location(place: &Place) -> Value {
    let mut physical = json!({"artifactLocation": {"uri": relative_uri(&place.path), "uriBaseId": "%SRCROOT%"}});
    if let Some(range) = place.range {
        physical["region"] = json!({
            "startLine": range.start.line,
            "startColumn": range.start.column,
            "endLine": range.end.line,
            "endColumn": range.end.column,
        });
    }
    json!({"physicalLocation": physical})
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Deny => "error",
        Severity::Warn => "warning",
        Severity::Info => "note",
    }
}

/// A path as a relative URI reference (RFC 3986): all but unreserved characters and `/` percent-encoded.
///
/// `:` is encoded too: in a first segment it would make what is before it a scheme.
fn relative_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string cannot fail
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
