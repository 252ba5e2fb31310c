//! Annotations of GitHub Actions: workflow commands on standard output.
//!
//! In: a report. Out: a command a finding, then the account of the run. Paths are those from the root of the repository.
//! It never lets a manifest end a line, which is where the next command would begin.

use std::io::{self, Write};

use super::{Context, Report, STANDARD_INPUT, account, printable, subject};
use crate::finding::{Finding, Severity};

pub(super) fn write(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        write_annotation(finding, context, out)?;
    }
    writeln!(out, "{}", account(&report.summary))?;
    for (reason, number) in &report.skipped {
        writeln!(out, "skipped {number}: {}", printable(reason))?;
    }
    Ok(())
}

fn write_annotation(finding: &Finding, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let command = match finding.severity {
        Severity::Deny => "error",
        Severity::Warn => "warning",
        Severity::Info => "notice",
    };
    write!(out, "::{command} title={}", property(&finding.rule))?;
    if &*finding.place.path != STANDARD_INPUT {
        write!(out, ",file={}", property(&printable(&finding.place.path)))?;
    }
    if let Some(range) = finding.place.range {
        write!(out, ",line={},endLine={}", range.start.line, range.end.line)?;
        // Columns of a range of several lines are refused
        if range.start.line == range.end.line {
            write!(out, ",col={},endColumn={}", range.start.column, range.end.column)?;
        }
    }
    // The log shows the message alone, so the message says the place again
    let mut message = format!("{}: ", context.location(&finding.place));
    if let Some(subject) = subject(finding) {
        message.push_str(&subject);
        message.push_str(": ");
    }
    message.push_str(&printable(&finding.message));
    write!(out, "::{}", data(&message))?;
    if let Some(help) = &finding.help {
        write!(out, "%0Ahelp: {}", data(&printable(help)))?;
    }
    writeln!(out)
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
