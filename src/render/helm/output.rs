//! From what helm printed to objects, every value with the place that most likely wrote it.
//!
//! In: helm's text, the chart and the values. Out: objects. Helm names the template of every document; which of its lines
//! made a value is told by their texts. A line that stands word for word, and once, in the template is that line; a value
//! that stands once in the values files is there; a key that the template fills in is where the template does; all else
//! is the template as a whole. It never runs a template.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::chart::Chart;
use crate::catalogue::render::HELM_TEMPLATE;
use crate::manifest::{Content, Dialect, FileId, Node, Source, Span, Value, read_documents_as};
use crate::render::Files;
use crate::render::fault::{Fallible, Fault};
use crate::render::files::{Loaded, Owned, written};

/// What helm writes before every document.
const ORIGIN: &str = "# Source: ";

/// Values that are shorter stand in too many places by chance.
const TELLING: usize = 4;

/// Texts and where they stand; none for what stands twice.
type Index = HashMap<String, Option<Span>>;

/// Where the parts of a text come from.
struct Places<'t> {
    text: &'t str,
    /// Where each template's part begins.
    parts: Vec<(usize, Arc<Template>)>,
    /// The scalars of the values, those that count most first.
    values: Vec<Index>,
    /// The chart as a whole.
    chart: Span,
}

/// A template, by its lines.
struct Template {
    whole: Span,
    /// Lines without the blanks around them.
    lines: Index,
    /// Keys with a value that is filled in.
    keys: Index,
}

/// The documents of a text that helm printed.
pub(super) fn objects(
    files: &Files<'_>,
    chart: &Chart,
    values: &[&Owned],
    text: &str,
    dialect: Dialect,
) -> Fallible<Vec<Owned>> {
    let places = Places::new(files, chart, values, text);
    let source = Source::new("helm.yaml", text);
    let mut objects = Vec::new();
    for document in read_documents_as(dialect, FileId(0), &source) {
        match document.content {
            Content::Empty => {}
            Content::Value(node) => {
                let mut node = node.into_owned();
                if dialect == Dialect::Kyaml {
                    keep_annotations(&mut node, text);
                }
                places.relocate(&mut node);
                objects.push(node);
            }
            Content::Broken(findings) => {
                let Some(finding) = findings.into_iter().next() else { continue };
                let start = finding.place.range.map_or(document.span.start, |range| range.start.offset);
                let span = places.line(Span { file: FileId(0), start, end: start });
                let message = format!("what the chart makes here cannot be read: {}", finding.message);
                let fault = Fault::new(&HELM_TEMPLATE, span, message);
                return Err(fault.with_help("`helm template` prints what it makes"));
            }
        }
    }
    Ok(objects)
}

/// Kustomize writes every annotation as the text that was read. Once places are those of templates, nobody knows it.
fn keep_annotations(node: &mut Owned, text: &str) {
    if let Some(annotations) = node.path_mut(&["metadata", "annotations"]).and_then(Node::entries_mut) {
        for entry in annotations {
            let value = &mut entry.value;
            if !matches!(value.value, Value::String(_) | Value::Sequence(_) | Value::Mapping(_)) {
                let stands = text.get(value.span.start as usize..value.span.end as usize);
                value.value = Value::String(Cow::Owned(written(value, stands)));
            }
        }
    }
    node.get_mut("items").and_then(Node::items_mut).into_iter().flatten().for_each(|item| keep_annotations(item, text));
}

impl<'t> Places<'t> {
    fn new(files: &Files<'_>, chart: &Chart, values: &[&Owned], text: &'t str) -> Self {
        let mut known: HashMap<&str, Arc<Template>> = HashMap::new();
        let mut parts = Vec::new();
        let (mut offset, mut before) = (0, "---");
        for line in text.split_inclusive('\n') {
            // In a block of text such a line may stand anywhere; helm's own follows the marker.
            if let Some(named) = line.strip_prefix(ORIGIN).filter(|_| before.trim_end() == "---") {
                let named = named.trim_end();
                let template = known.entry(named).or_insert_with(|| {
                    let file = chart.path_of(named).and_then(|path| files.load(path).ok());
                    Arc::new(file.map_or_else(|| Template::unknown(chart.span), |file| Template::read(&file)))
                });
                parts.push((offset, Arc::clone(template)));
            }
            before = line;
            offset += line.len();
        }
        let values = values.iter().rev().map(|node| {
            let mut index = Index::new();
            note_scalars(node, &mut index);
            index
        });
        Self { text, parts, values: values.collect(), chart: chart.span }
    }

    fn template(&self, offset: usize) -> Option<&Template> {
        let index = self.parts.partition_point(|(start, _)| *start <= offset).checked_sub(1)?;
        self.parts.get(index).map(|(_, template)| template.as_ref())
    }

    fn relocate(&self, node: &mut Owned) {
        node.span = match telling(node) {
            Some(text) => self.scalar(node.span, &text),
            None => self.line(node.span),
        };
        match &mut node.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.relocate(item)),
            Value::Mapping(entries) => {
                for entry in entries {
                    entry.key_span = self.line(entry.key_span);
                    self.relocate(&mut entry.value);
                }
            }
            _ => {}
        }
    }

    /// The place of a scalar of which it can be told where it is written.
    fn scalar(&self, span: Span, text: &str) -> Span {
        let literal = self.template(span.start as usize).and_then(|template| self.literal(span, template));
        let value = || self.values.iter().find_map(|index| index.get(text)).copied().flatten();
        literal.or_else(value).unwrap_or_else(|| self.line(span))
    }

    /// The place of anything else.
    fn line(&self, span: Span) -> Span {
        let Some(template) = self.template(span.start as usize) else { return self.chart };
        let filled = || template.keys.get(key(self.line_at(span).1)?).copied().flatten();
        self.literal(span, template).or_else(filled).unwrap_or(template.whole)
    }

    /// The same bytes in the template, when the line that holds them stands there once.
    fn literal(&self, span: Span, template: &Template) -> Option<Span> {
        let (start, line) = self.line_at(span);
        let found = (*template.lines.get(line)?)?;
        let shift = |offset: u32| {
            let within = (offset as usize).saturating_sub(start).min(line.len());
            found.start + narrow(within)
        };
        Some(Span { file: found.file, start: shift(span.start), end: shift(span.end) })
    }

    /// The line that a span begins on, without the blanks around it, and where it begins.
    fn line_at(&self, span: Span) -> (usize, &'t str) {
        let offset = self.text.floor_char_boundary(span.start as usize);
        let start = self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.text[offset..].find('\n').map_or(self.text.len(), |newline| offset + newline);
        let line = &self.text[start..end];
        (start + (line.len() - line.trim_start().len()), line.trim())
    }
}

impl Template {
    fn unknown(whole: Span) -> Self {
        Self { whole, lines: Index::new(), keys: Index::new() }
    }

    fn read(file: &Loaded) -> Self {
        let text = file.source.text.as_str();
        let mut offset = 0;
        let mut template =
            Self::unknown(Span { file: file.id, start: 0, end: narrow(text.lines().next().map_or(0, str::len)) });
        for line in text.split_inclusive('\n') {
            let start = offset + (line.len() - line.trim_start().len());
            offset += line.len();
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let span = Span { file: file.id, start: narrow(start), end: narrow(start + line.len()) };
            note(&mut template.lines, line, span);
            if line.contains("{{")
                && let Some(key) = key(line)
            {
                note(&mut template.keys, key, span);
            }
        }
        template
    }
}

/// The key that a line begins with, with the dash of a list before it.
fn key(line: &str) -> Option<&str> {
    let end = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
    line.get(..end).filter(|key| !key.contains("{{"))
}

fn note(index: &mut Index, text: &str, span: Span) {
    match index.entry(text.to_owned()) {
        Entry::Occupied(mut known) => *known.get_mut() = None,
        Entry::Vacant(entry) => {
            entry.insert(Some(span));
        }
    }
}

fn note_scalars(node: &Owned, index: &mut Index) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| note_scalars(item, index)),
        Value::Mapping(entries) => entries.iter().for_each(|entry| note_scalars(&entry.value, index)),
        _ => {
            if let Some(text) = telling(node) {
                note(index, &text, node.span);
            }
        }
    }
}

/// The text of a scalar that says enough to be found by it.
fn telling(node: &Owned) -> Option<Cow<'_, str>> {
    let is_plain = matches!(node.value, Value::Null | Value::Bool(_));
    node.scalar_text().filter(|text| !is_plain && text.chars().count() >= TELLING)
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
