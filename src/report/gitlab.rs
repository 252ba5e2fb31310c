//! GitLab Code Quality.
//!
//! In: a report. Out: a JSON list of what the merge request widget shows. Paths are those from the root of the repository;
//! GitLab compares fingerprints, so those must be unique.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Report, fingerprints, printable, safe_json, subject};
use crate::finding::{Finding, Severity};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let fingerprints = fingerprints(&report.findings);
    let issues: Vec<Value> =
        report.findings.iter().zip(&fingerprints).map(|(finding, fingerprint)| issue(finding, fingerprint)).collect();
    safe_json::write(&issues, out)
}

fn issue(finding: &Finding, fingerprint: &str) -> Value {
    let message = printable(&finding.message);
    let description = match subject(finding) {
        Some(subject) => format!("{subject}: {message}"),
        None => message.into_owned(),
    };
    // A line is required; what is wrong with a file as a whole is shown at its first
    let (begin, end) = finding.place.range.map_or((1, 1), |range| (range.start.line, range.end.line));
    json!({
        "description": description,
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": severity(finding.severity),
        "location": {"path": &*finding.place.path, "lines": {"begin": begin, "end": end}},
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Deny => "critical",
        Severity::Warn => "minor",
        Severity::Info => "info",
    }
}
