//! Objects for unit tests: JSON written out line by line, with the node of each value.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value as Json;

use super::Sink;
use crate::finding::Finding;
use crate::manifest::{Entry, FileId, Node, Object, Source, Sources, Span, Value};

/// An object and the text that it stands in.
pub(crate) struct Written {
    object: Object<'static>,
    sources: Sources,
}

impl Written {
    /// Writes an object out; `apiVersion` and `kind` must be there.
    pub(crate) fn new(json: &Json) -> Self {
        let mut text = String::new();
        let node = write(json, 0, &mut text);
        let object = Object::from_node(node).expect("an object has an apiVersion and a kind");
        Self { object, sources: Sources::single(FileId(0), Source::new("test.json", text).into()) }
    }

    /// The object.
    pub(crate) fn object(&self) -> &Object<'static> {
        &self.object
    }

    /// What a check finds in the object.
    pub(crate) fn findings(&self, check: impl FnOnce(&Object<'static>, &mut Sink<'_, '_>)) -> Vec<Finding> {
        let mut sink = Sink::new(&self.object, &self.sources);
        check(&self.object, &mut sink);
        sink.into_findings()
    }
}

/// Findings on one line each: rule, pointer, message.
pub(crate) fn summary(findings: &[Finding]) -> String {
    let mut summary = String::new();
    for finding in findings {
        let pointer = finding.pointer.as_deref().unwrap_or_default();
        writeln!(summary, "{} {pointer}: {}", finding.rule, finding.message).unwrap();
    }
    summary
}

fn write(json: &Json, indent: usize, text: &mut String) -> Node<'static> {
    let start = text.len();
    let value = match json {
        Json::Null => {
            text.push_str("null");
            Value::Null
        }
        Json::Bool(flag) => {
            text.push_str(&flag.to_string());
            Value::Bool(*flag)
        }
        Json::Number(number) => {
            text.push_str(&number.to_string());
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap()), Value::Int)
        }
        Json::String(string) => {
            text.push_str(&json.to_string());
            Value::String(Cow::Owned(string.clone()))
        }
        Json::Array(items) => {
            text.push_str("[\n");
            let items = items.iter().map(|item| {
                text.push_str(&" ".repeat(indent + 2));
                let item = write(item, indent + 2, text);
                text.push_str(",\n");
                item
            });
            let items = items.collect();
            text.push_str(&" ".repeat(indent));
            text.push(']');
            Value::Sequence(items)
        }
        Json::Object(members) => {
            text.push_str("{\n");
            let entries = members.iter().map(|(key, member)| {
                text.push_str(&" ".repeat(indent + 2));
                let key_start = text.len();
                text.push_str(&Json::String(key.clone()).to_string());
                let key_span = span(key_start, text.len());
                text.push_str(": ");
                let value = write(member, indent + 2, text);
                text.push_str(",\n");
                Entry { key: Cow::Owned(key.clone()), key_span, value }
            });
            let entries = entries.collect();
            text.push_str(&" ".repeat(indent));
            text.push('}');
            Value::Mapping(entries)
        }
    };
    Node { span: span(start, text.len()), value }
}

fn span(start: usize, end: usize) -> Span {
    Span { file: FileId(0), start: u32::try_from(start).unwrap(), end: u32::try_from(end).unwrap() }
}
