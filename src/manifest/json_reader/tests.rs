//! JSON as files have it.

use super::read_within;
use crate::manifest::{Content, Document, FileId, Source, read_documents, to_json_text};

fn read<T>(text: &str, look: impl FnOnce(&[Document<'_>]) -> T) -> T {
    look(&read_documents(FileId(3), &Source::new("a.json", text)))
}

fn json(text: &str) -> String {
    read(text, |documents| match documents {
        [Document { content: Content::Value(node), .. }] => to_json_text(node),
        other => panic!("{other:?}"),
    })
}

/// The place and message of the only problem of a text.
fn problem(text: &str) -> (u32, u32, String) {
    read(text, |documents| match documents.last() {
        Some(Document { content: Content::Broken(findings), .. }) if findings.len() == 1 => {
            let start = findings[0].place.range.unwrap().start;
            (start.line, start.column, findings[0].message.clone())
        }
        other => panic!("{text}: {other:?}"),
    })
}

#[test]
fn values_are_read_with_their_spans() {
    let source = Source::new("a.json", "\n{\"a\": [1, \"é\\n\"],\t\"b\" : {}}\r\n");
    let documents = read_documents(FileId(3), &source);
    let Content::Value(node) = &documents[0].content else { panic!("{documents:?}") };
    let text = |span: crate::manifest::Span| &source.text[span.start as usize..span.end as usize];
    assert_eq!(text(node.span), source.text.trim());
    assert_eq!(text(node.entries()[0].key_span), "\"a\"");
    assert_eq!(text(node.get("a").unwrap().items()[1].span), "\"é\\n\"");
    assert_eq!(node.get("a").unwrap().items()[1].as_str(), Some("é\n"));
    assert_eq!(text(node.get("b").unwrap().span), "{}");
    assert_eq!(node.span.file, FileId(3));
}

#[test]
fn numbers_are_read_as_kubernetes_reads_them() {
    assert_eq!(
        json("[0, -0, 12, -1.50, 1e3, 9223372036854775807, 9223372036854775808, 0.1e-6]"),
        "[0,0,12,-1.5,1000,9223372036854775807,9223372036854776000,1e-7]"
    );
    for bad in ["01", "-", "+1", "1.", ".5", "1e", "0x10", "1_0", "1e400", "NaN", "Infinity"] {
        problem(bad);
    }
    assert_eq!(problem("[01]"), (1, 2, "this is no number in JSON".to_owned()));
}

#[test]
fn escapes_are_decoded_and_half_a_pair_is_replaced() {
    assert_eq!(json(r#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#), "\"\\\"\\\\/\\b\\f\\n\\r\\té😀\"");
    assert_eq!(json(r#""\ud83d\u0041\ude00\ud83d""#), "\"\u{fffd}A\u{fffd}\u{fffd}\"");
    assert_eq!(problem(r#"{"a": "\q"}"#), (1, 8, "`\\q` is no escape that JSON knows".to_owned()));
    assert_eq!(problem(r#""\u12é4""#).2, "`\\u…` is no escape that JSON knows");
    problem(r#""\u+123""#);
}

#[test]
fn every_duplicate_key_is_told_with_the_first_one() {
    read("{\"a\": 1,\n\"b\": {\"c\": 1, \"c\": 2},\n\"a\": 3,\n\"a\": 4}", |documents| {
        let Content::Broken(findings) = &documents[0].content else { panic!("{documents:?}") };
        let places: Vec<_> = findings
            .iter()
            .map(|finding| {
                let start = finding.place.range.unwrap().start;
                (finding.rule.as_ref(), start.line, start.column, finding.related[0].place.range.unwrap().start.line)
            })
            .collect();
        let rule = "read/duplicate-key";
        assert_eq!(places, [(rule, 2, 15, 2), (rule, 3, 1, 1), (rule, 4, 1, 1)]);
    });
}

#[test]
fn errors_are_pointed_at() {
    for (text, line, column, message) in [
        ("{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3, "expected `,` or `}`, found `\"`"),
        ("[1,\n 2,\n]", 2, 3, "a comma stands behind the last entry"),
        ("{\"a\": 1", 1, 1, "`{` is never closed"),
        ("[[1]", 1, 1, "`[` is never closed"),
        ("{\"a\": \"b}", 1, 7, "the quote that opens here is never closed"),
        ("{\"a\": \"b\n\"}", 1, 9, "a string cannot go on over a line break"),
        ("{a: 1}", 1, 2, "expected a key in double quotes, found `a`"),
        ("{\"a\" 1}", 1, 6, "expected `:`, found `1`"),
        ("// c\n", 1, 1, "expected a value, found `/`"),
        ("{\"a\": True}", 1, 7, "expected a value, found `T`"),
        ("[\u{1}]", 1, 2, "expected a value, found `U+0001`"),
        ("\"\u{1}\"", 1, 2, "a string cannot hold a control character"),
        ("[nul]", 1, 2, "expected a value, found `n`"),
        ("{} }", 1, 4, "expected a value, found `}`"),
    ] {
        assert_eq!(problem(text), (line, column, message.to_owned()), "{text}");
    }
}

#[test]
fn values_one_after_the_other_are_documents() {
    read("\u{feff} {} [1]\n2\"a\"", |documents| {
        let found: Vec<_> = documents
            .iter()
            .map(|document| match &document.content {
                Content::Value(node) => (document.index, document.span.start, document.span.end, to_json_text(node)),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected = [(0, 3, 6, "{}"), (1, 6, 10, "[1]"), (2, 10, 12, "2"), (3, 12, 15, "\"a\"")];
        assert_eq!(found, expected.map(|(index, start, end, text)| (index, start, end, text.to_owned())));
    });
}

/// The documents of a text, `!` for a broken one.
fn documents(text: &str) -> Vec<String> {
    read(text, |documents| {
        let show = |document: &Document<'_>| match &document.content {
            Content::Value(node) => to_json_text(node),
            _ => "!".to_owned(),
        };
        documents.iter().map(show).collect()
    })
}

#[test]
fn a_broken_value_does_not_hide_those_of_the_lines_below_it() {
    assert_eq!(documents("{\"a\" 1}\n{\"b\": 2}\n[3]\n"), ["!", "{\"b\":2}", "[3]"]);
    assert_eq!(documents("{\n  \"a\": {\n    \"b\": \"c\n  }\n}\r\n\r\n{\"d\": 1}"), ["!", "{\"d\":1}"]);
    assert_eq!(documents("{}\n}\n{\"a\": 1,}\n{}"), ["{}", "!", "!", "{}"]);
    assert_eq!(documents("x\ny\n {}"), ["!"]);
}

#[test]
fn what_is_left_of_a_broken_value_is_no_value() {
    assert_eq!(
        documents("{\"items\": [\n{\"a\": 1},\n{\"a\": 2,},\n{\"a\": 3},\n{\"a\": 4}\n]}\n{}"),
        ["!", "{\"a\":3}", "{\"a\":4}", "{}"]
    );
    assert_eq!(documents("[\n1,\n,\n]\n"), ["!"]);
}

#[test]
fn values_have_a_limit() {
    let text = "{\"a\": [1, 2], \"b\": 3} 4";
    let read = |room| read_within(FileId(3), text, 0, room).unwrap().value;
    assert!(read(5).is_ok());
    let problems = read(4).unwrap_err();
    let [problem] = problems.as_slice() else { panic!("{problems:?}") };
    assert_eq!((problem.rule.id, problem.at.0), ("read/limit", 19));
}

#[test]
fn a_file_without_values_is_one_empty_document() {
    for text in ["", " \n\t", "\u{feff}"] {
        read(text, |documents| assert!(matches!(documents, [Document { content: Content::Empty, .. }]), "{text:?}"));
    }
}

#[test]
fn nesting_has_a_limit() {
    assert_eq!(json(&("[".repeat(256) + &"]".repeat(256))).len(), 512);
    let (line, column, message) = problem(&"[".repeat(100_000));
    assert_eq!((line, column, message.as_str()), (1, 257, "collections are nested deeper than 256 levels"));
}
