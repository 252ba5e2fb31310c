//! Test Anything Protocol, version 14.
//!
//! In: a report. Out: a test point a finding; one point that passes when there is none. A finding under the threshold is a
//! `TODO`: a consumer shows it and does not fail on it. It never lets a manifest end a line or begin a directive.

use std::io::{self, Write};

use super::{Context, Report, account, printable, subject};
use crate::finding::Finding;

pub(super) fn write(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "TAP version 14")?;
    writeln!(out, "1..{}", report.findings.len().max(1))?;
    if report.findings.is_empty() {
        writeln!(out, "ok 1 - {}", account(&report.summary))?;
    }
    for (index, finding) in report.findings.iter().enumerate() {
        write_point(index + 1, finding, context, out)?;
    }
    writeln!(out, "# {}", account(&report.summary))
}

fn write_point(number: usize, finding: &Finding, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let description = format!("{} {}", context.location(&finding.place), printable(&finding.rule));
    write!(out, "not ok {number} - {}", escape(&description))?;
    if !context.fails(finding) {
        write!(out, " # TODO {}", finding.severity)?;
    }
    writeln!(out, "\n  ---")?;
    let mut field = |key: &str, value: &str| writeln!(out, "  {key}: {}", quoted(value));
    field("severity", &finding.severity.to_string())?;
    field("message", &finding.message)?;
    if let Some(subject) = subject(finding) {
        field("subject", &subject)?;
    }
    if let Some(help) = &finding.help {
        field("help", help)?;
    }
    writeln!(out, "  ...")
}

/// A description, in which `#` would begin a directive.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

/// A YAML string on one line: JSON's strings are YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(printable(text)).to_string()
}
