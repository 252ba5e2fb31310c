//! JUnit XML, for the test reports of CI systems.
//!
//! In: a report. Out: a suite a file that has findings, a case a finding; a run without findings is one case that passes,
//! since CI systems take a report without cases for a broken job. Findings under the threshold are cases that pass and
//! say so. It never writes a character that XML 1.0 has no place for.

use std::collections::HashMap;
use std::io::{self, Write};

use super::{Context, Report, account, count, printable, subject};
use crate::finding::{Finding, Place};

pub(super) fn write(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failures = report.findings.iter().filter(|finding| context.fails(finding)).count();
    let tests = report.findings.len().max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"plimsoll\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    if report.findings.is_empty() {
        writeln!(out, "  <testsuite name=\"plimsoll\" tests=\"1\" failures=\"0\" errors=\"0\">")?;
        writeln!(out, "    <testcase classname=\"plimsoll\" name=\"{}\"/>", count(report.summary.objects, "object"))?;
        writeln!(out, "  </testsuite>")?;
    }
    for findings in report.findings.chunk_by(|one, other| one.place.path == other.place.path) {
        write_suite(findings, context, out)?;
    }
    writeln!(out, "  <system-out>{}</system-out>", escape(&account(&report.summary)))?;
    writeln!(out, "</testsuites>")
}

/// The findings of one file; there is at least one.
fn write_suite(findings: &[Finding], context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = findings.first() else { return Ok(()) };
    let path = escape(&first.place.path);
    let failures = findings.iter().filter(|finding| context.fails(finding)).count();
    writeln!(out, "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\">", findings.len())?;
    let mut names: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        // CI systems compare runs by name: it holds no line, and cases of one name are numbered
        let mut name = finding.rule.to_string();
        if let Some(subject) = subject(finding) {
            name = format!("{name}: {subject}");
        }
        let number = names.entry(name.clone()).or_default();
        *number += 1;
        if *number > 1 {
            name = format!("{name} #{number}");
        }
        write_case(finding, &path, &name, context.fails(finding), out)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_case(finding: &Finding, path: &str, name: &str, fails: bool, out: &mut dyn Write) -> io::Result<()> {
    let line = finding.place.range.map(|range| format!(" line=\"{}\"", range.start.line)).unwrap_or_default();
    writeln!(out, "    <testcase classname=\"{path}\" name=\"{}\" file=\"{path}\"{line}>", escape(name))?;
    let message = escape(&finding.message);
    let details = details(finding);
    if fails {
        writeln!(out, "      <failure type=\"{}\" message=\"{message}\">{details}</failure>", finding.severity)?;
    } else {
        writeln!(out, "      <system-out>{}: {details}</system-out>", finding.severity)?;
    }
    writeln!(out, "    </testcase>")
}

/// Everything that a person needs, a line each.
fn details(finding: &Finding) -> String {
    let mut lines = vec![format!("{}: {}", location(&finding.place), escape(&finding.message))];
    lines.extend(finding.help.as_ref().map(|help| format!("help: {}", escape(help))));
    lines.extend(
        finding.related.iter().map(|related| format!("{}: {}", location(&related.place), escape(&related.message))),
    );
    lines.join("\n")
}

fn location(place: &Place) -> String {
    let path = escape(&place.path);
    place.range.map_or_else(|| path.clone(), |range| format!("{path}:{}:{}", range.start.line, range.start.column))
}

/// Text for an attribute or an element. What XML 1.0 does not allow, even as a reference, is spelled out before.
fn escape(text: &str) -> String {
    let text = printable(text);
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            character => escaped.push(character),
        }
    }
    escaped
}
