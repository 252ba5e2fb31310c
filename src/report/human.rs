//! For people: each finding with its source line and a caret, then what was looked at, then the verdict.
//!
//! In: a report. Out: text for a terminal or a build log. It never prints a raw control character out of a manifest, and
//! never the value of a Secret.

use std::fmt;
use std::io::{self, Write};
use std::ops;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};

use super::excerpt::Excerpt;
use super::{Context, Report, Verdict, account, count, printable, secret, subject};
use crate::finding::{Finding, Range, Severity};

/// Longer messages are cut: a value of a manifest may be of any length.
const LONGEST_MESSAGE: usize = 2000;

pub(super) fn write(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_findings(&report.findings, context, out)?;
    write_summary(report, context, out)
}

/// Each finding with its source lines. They are sorted by path.
pub(super) fn write_findings(findings: &[Finding], context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let theme = GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles: if context.colour { ThemeStyles::ansi() } else { ThemeStyles::none() },
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(context.width)
        .with_links(false)
        .without_syntax_highlighting();
    let mut current = CurrentFile::default();
    let mut text = String::new();
    for finding in findings {
        let snippet = Snippet::new(finding, context, &mut current);
        text.clear();
        // Rendering into a string fails only where an excerpt contradicts its own spans; what is known is still said
        if handler.render_report(&mut text, &snippet).is_err() {
            text = format!("{}\n\n  {snippet}\n", snippet.heading);
        }
        out.write_all(text.as_bytes())?;
        for note in &snippet.notes {
            writeln!(out, "  {note}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The file that findings are being printed of: they are sorted by it.
#[derive(Default)]
struct CurrentFile {
    path: String,
    text: Option<String>,
    document: CurrentDocument,
}

impl CurrentFile {
    fn open(&mut self, path: &str, context: &Context<'_>) {
        if self.path != path {
            *self = Self { path: path.to_owned(), text: (context.source)(path), document: CurrentDocument::default() };
        }
    }
}

/// The document that was last looked at for Secrets.
#[derive(Default)]
struct CurrentDocument {
    bytes: ops::Range<usize>,
    holds_secret: bool,
}

impl CurrentDocument {
    /// Whether the document that an offset of the text is in holds a Secret.
    fn holds_secret(&mut self, text: &str, offset: usize) -> bool {
        if !self.bytes.contains(&offset) {
            let marker = |at: &usize| text[at + "\n---".len()..].chars().next().is_none_or(char::is_whitespace);
            let start = text[..offset].rmatch_indices("\n---").map(|(at, _)| at).find(marker).map_or(0, |at| at + 1);
            let next = text[offset..].match_indices("\n---").map(|(at, _)| offset + at).find(marker);
            let end = next.unwrap_or(text.len());
            self.holds_secret = secret::holds_secret(&text[start..end]);
            // The end belongs to the document: a mark may stand there
            self.bytes = start..end + 1;
        }
        self.holds_secret
    }
}

/// A finding as miette takes it.
#[derive(Debug)]
struct Snippet {
    heading: String,
    severity: Severity,
    message: String,
    help: Option<String>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    /// What miette has no place for: other files, versions.
    notes: Vec<String>,
}

impl Snippet {
    fn new(finding: &Finding, context: &Context<'_>, current: &mut CurrentFile) -> Self {
        current.open(&finding.place.path, context);
        let mut heading = printable(&finding.rule).into_owned();
        if let Some(subject) = subject(finding) {
            heading.push_str(" · ");
            heading.push_str(&subject);
        }
        let mut snippet = Self {
            heading,
            severity: finding.severity,
            message: sentence(&finding.message),
            help: finding.help.as_deref().map(sentence),
            excerpt: None,
            labels: Vec::new(),
            notes: Vec::new(),
        };
        let mut marks: Vec<(Range, Option<String>)> =
            finding.place.range.map(|range| (range, None)).into_iter().collect();
        for related in &finding.related {
            match related.place.range {
                Some(range)
                    if related.place.path == finding.place.path && current.text.is_some() && !marks.is_empty() =>
                {
                    marks.push((range, Some(sentence(&related.message))));
                }
                _ => snippet.notes.push(format!(
                    "note: {} at {}",
                    sentence(&related.message),
                    context.location(&related.place)
                )),
            }
        }
        snippet.show_source(finding, context, current, marks);
        if !finding.kubernetes.is_empty() {
            snippet.notes.push(format!("note: with Kubernetes {}", sentence(&finding.kubernetes.join(", "))));
        }
        snippet
    }

    /// Adds the source lines of the marks, or the place to the heading when there are none to show.
    fn show_source(
        &mut self,
        finding: &Finding,
        context: &Context<'_>,
        current: &mut CurrentFile,
        marks: Vec<(Range, Option<String>)>,
    ) {
        let (Some(text), Some((first, _))) = (&current.text, marks.first()) else {
            self.heading.push_str(" · ");
            self.heading.push_str(&context.location(&finding.place));
            return;
        };
        let ranges: Vec<Range> = marks.iter().map(|(range, _)| *range).collect();
        let width = line_width(context, first);
        let document = &mut current.document;
        let masked = |offset| secret::is_about_secret(finding) || document.holds_secret(text, offset);
        let (excerpt, spans) = Excerpt::new(context.display_path(&finding.place.path), text, &ranges, width, masked);
        let mut labels = spans.into_iter().zip(marks);
        self.labels.extend(labels.next().map(|(span, _)| LabeledSpan::new_primary_with_span(None, span)));
        self.labels.extend(labels.map(|(span, (_, label))| LabeledSpan::new_with_span(label, span)));
        self.excerpt = Some(excerpt);
    }
}

/// The columns that are left beside the line numbers.
fn line_width(context: &Context<'_>, range: &Range) -> usize {
    let gutter = range.start.line.to_string().len() + 4;
    context.width.saturating_sub(gutter).clamp(40, 1000)
}

/// A message of a finding, safe and of bounded length.
fn sentence(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(text).into_owned(),
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Snippet {}

impl Diagnostic for Snippet {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.heading))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Deny => miette::Severity::Error,
            Severity::Warn => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// What was looked at, what was left out and why, what was found, and the verdict in the last line.
fn write_summary(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", account(&report.summary))?;
    if let Some(reach) = &report.reach {
        writeln!(out, "{reach}")?;
    }
    for (reason, number) in &report.skipped {
        writeln!(out, "  skipped {number}: {}", printable(reason))?;
    }
    for (reason, number) in &report.unchecked {
        writeln!(out, "  unchecked {number}: {}", printable(reason))?;
    }
    if !report.kubernetes.is_empty() {
        writeln!(out, "checked against Kubernetes {}", report.kubernetes.join(", "))?;
    }
    for tree in report.trees.iter().filter(|tree| tree.verdict != Verdict::Pass) {
        let verdict = if tree.verdict == Verdict::Fail { "fails" } else { "is partly unchecked" };
        writeln!(out, "tree {} {verdict}", context.display_path(&tree.path))?;
    }
    let number_of = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let (deny, warn, info) = (number_of(Severity::Deny), number_of(Severity::Warn), number_of(Severity::Info));
    writeln!(out, "{}: {deny} deny, {warn} warn, {info} info", count(report.findings.len(), "finding"))?;
    let failing = report.findings.iter().filter(|finding| context.fails(finding)).count();
    let (mark, colour, verdict) = if failing > 0 {
        ("✗", "31", format!("failed: {} at or over `{}`", count(failing, "finding"), context.threshold))
    } else if report.summary.objects == 0 {
        ("–", "33", "nothing was checked".to_owned())
    } else if report.summary.unchecked > 0 {
        ("✓", "33", format!("passed, with {} unchecked", count(report.summary.unchecked, "object")))
    } else {
        ("✓", "32", "passed".to_owned())
    };
    if context.colour {
        writeln!(out, "\u{1b}[1;{colour}m{mark} {verdict}\u{1b}[0m")
    } else {
        writeln!(out, "{mark} {verdict}")
    }
}
