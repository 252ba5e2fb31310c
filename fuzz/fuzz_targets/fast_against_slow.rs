//! The fast path must read what the slow path reads, value for value and span for span, and refuse what it refuses.
#![no_main]

use std::fmt::Write;

use libfuzzer_sys::fuzz_target;
use plimsoll::manifest::{Content, Document, FileId, Node, Source, Value, read_documents, read_documents_slowly};

fuzz_target!(|text: &str| {
    let source = Source::new("a.yaml", text);
    let fast = read_documents(FileId(0), &source);
    let slow = read_documents_slowly(FileId(0), &source);
    assert_eq!(fast.iter().map(show_document).collect::<Vec<_>>(), slow.iter().map(show_document).collect::<Vec<_>>());
});

fn show_document(document: &Document<'_>) -> String {
    let span = document.span;
    let mut text = format!("{} {}..{} ", document.index, span.start, span.end);
    match &document.content {
        Content::Value(node) => show(&mut text, node),
        Content::Empty => text.push_str("empty"),
        Content::Broken(findings) => write!(text, "{findings:?}").unwrap(),
    }
    text
}

fn show(text: &mut String, node: &Node<'_>) {
    write!(text, "{}..{} ", node.span.start, node.span.end).unwrap();
    match &node.value {
        Value::Sequence(items) => {
            text.push('[');
            items.iter().for_each(|item| show(text, item));
            text.push(']');
        }
        Value::Mapping(entries) => {
            text.push('{');
            for entry in entries {
                write!(text, "{:?} {}..{} ", entry.key, entry.key_span.start, entry.key_span.end).unwrap();
                show(text, &entry.value);
            }
            text.push('}');
        }
        Value::Float(number) => write!(text, "{:x}", number.to_bits()).unwrap(),
        value => write!(text, "{value:?}").unwrap(),
    }
}
