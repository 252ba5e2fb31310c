//! No bytes may make the reader panic, and every span must be a piece of the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll::manifest::{Content, FileId, Node, Source, Span, Value, decode, read_documents, to_json_text};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = decode("a.yaml", bytes.to_vec()) else { return };
    let source = Source::new("a.yaml", text);
    let documents = read_documents(FileId(0), &source);
    assert!(!documents.is_empty());
    for (index, document) in documents.iter().enumerate() {
        assert_eq!(document.index, index);
        check_span(&source, document.span);
        match &document.content {
            Content::Value(node) => {
                check(&source, node);
                let _text = to_json_text(node);
            }
            Content::Empty => {}
            Content::Broken(findings) => {
                assert!(!findings.is_empty());
                for place in findings.iter().flat_map(|finding| finding.place.range) {
                    assert!(place.start <= place.end);
                    assert!(source.text.is_char_boundary(place.start.offset as usize));
                    assert!(source.text.is_char_boundary(place.end.offset as usize));
                }
            }
        }
    }
});

fn check(source: &Source, node: &Node<'_>) {
    check_span(source, node.span);
    node.items().iter().for_each(|item| check(source, item));
    for (index, entry) in node.entries().iter().enumerate() {
        check_span(source, entry.key_span);
        assert!(node.entries().iter().take(index).all(|other| other.key != entry.key));
        check(source, &entry.value);
    }
    assert!(!matches!(node.value, Value::Float(number) if !number.is_finite()));
}

fn check_span(source: &Source, span: Span) {
    assert!(source.text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
}
