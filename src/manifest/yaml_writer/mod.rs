//! From a node to YAML text, as kustomize and every other program with sigs.k8s.io/yaml prints it.
//!
//! In: a node. Out: what that library's `JSONToYAML` makes of the node's JSON, byte for byte: go-yaml v2's order of keys,
//! styles, line widths and its slips. It never fails, and never writes what would be read as another value, but for the
//! key `<<`, which go-yaml leaves without quotes, and for U+0085, which the way over JSON loses upstream, too.

mod layout;
mod ordering;
mod scalars;
mod style;

use std::borrow::Cow;

use super::node::{Entry, Node, Value};
use super::number::{general_float, json_float};
use super::scalar::resolve_plain;
use layout::Layout;
use style::Analysis;
pub(super) use style::is_printable;

/// Longer keys, in bytes, stand behind a `?`.
const MAX_SIMPLE_KEY_BYTES: usize = 128;

/// What is to be said of a value in a comment behind it.
type Remark<'r> = &'r dyn Fn(&Node<'_>) -> Option<String>;

/// The YAML of a document, with a line break at its end.
#[must_use]
pub fn to_yaml_text(node: &Node<'_>) -> String {
    write(node, &|_| None)
}

/// The same, with a comment behind each scalar and each empty collection that there is something to say of: on its last
/// line, or behind the `|` of a text of several lines. What is said must be one line.
#[must_use]
pub fn to_yaml_text_with(node: &Node<'_>, remark: impl Fn(&Node<'_>) -> Option<String>) -> String {
    write(node, &remark)
}

fn write(node: &Node<'_>, remark: Remark<'_>) -> String {
    let mut layout = Layout::default();
    write_node(&mut layout, node, remark);
    layout.indent();
    layout.text
}

/// A node at the place that the layout is at.
fn write_node(layout: &mut Layout, node: &Node<'_>, remark: Remark<'_>) {
    match &node.value {
        Value::Sequence(items) if !items.is_empty() => {
            let outer = layout.enter_sequence();
            for item in items {
                layout.indent();
                layout.indicator("-", true, true);
                layout.behind_key = false;
                write_node(layout, item, remark);
            }
            layout.leave(outer);
        }
        Value::Mapping(entries) if !entries.is_empty() => {
            let outer = layout.enter();
            for entry in ordering::sorted(entries) {
                write_entry(layout, entry, remark);
            }
            layout.leave(outer);
        }
        leaf => {
            layout.comment = remark(node);
            write_leaf(layout, leaf);
            layout.write_comment();
        }
    }
}

/// A scalar or an empty collection.
fn write_leaf(layout: &mut Layout, leaf: &Value<'_>) {
    match leaf {
        Value::Null => layout.word("null"),
        Value::Bool(flag) => layout.word(if *flag { "true" } else { "false" }),
        Value::Int(number) => layout.word(&number.to_string()),
        Value::UInt(number) => layout.word(&number.to_string()),
        Value::Float(number) => layout.word(&float(*number)),
        Value::String(text) => write_string(layout, &through_json(text), false),
        Value::Sequence(_) => layout.indicator("[]", true, false),
        Value::Mapping(_) => layout.indicator("{}", true, false),
    }
}

fn write_entry(layout: &mut Layout, entry: &Entry<'_>, remark: Remark<'_>) {
    let key = through_json(&entry.key);
    layout.indent();
    if key.len() <= MAX_SIMPLE_KEY_BYTES && !style::has_breaks(&key) {
        write_string(layout, &key, true);
        layout.indicator(":", false, false);
    } else {
        layout.indicator("?", true, true);
        write_string(layout, &key, false);
        layout.indent();
        layout.indicator(":", true, true);
    }
    layout.behind_key = true;
    write_node(layout, &entry.value, remark);
}

/// A string, which as a simple key may not be broken over lines.
fn write_string(layout: &mut Layout, text: &str, simple_key: bool) {
    let style = Analysis::of(text).style(text);
    let outer = layout.enter_scalar();
    scalars::write(layout, text, style, !simple_key);
    layout.leave(outer);
}

/// A float as go-yaml prints what it reads back from JSON: an integer again if it looks like one.
fn float(number: f64) -> String {
    match resolve_plain(Cow::Owned(json_float(number))) {
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Float(number) => general_float(number),
        // Infinity and the like, which no reader lets through
        _ => number.to_string(),
    }
}

/// The text as it comes back from JSON. Go's JSON has U+0085 as it is, and go-yaml reads it as a line break inside
/// quotes: it becomes a space, several become line breaks, and spaces around them are gone.
fn through_json(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{85}') {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    let mut pieces = text.split('\u{85}').peekable();
    let mut breaks = 0_usize;
    let mut first = true;
    while let Some(piece) = pieces.next() {
        let piece = if first { piece } else { piece.trim_start_matches(' ') };
        let piece = if pieces.peek().is_some() { piece.trim_end_matches(' ') } else { piece };
        if !first {
            breaks += 1;
        }
        if !piece.is_empty() || pieces.peek().is_none() {
            match breaks {
                0 => {}
                1 => folded.push(' '),
                _ => folded.extend(std::iter::repeat_n('\n', breaks - 1)),
            }
            breaks = 0;
            folded.push_str(piece);
        }
        first = false;
    }
    Cow::Owned(folded)
}

#[cfg(test)]
mod tests;
