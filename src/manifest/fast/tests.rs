//! The fast path, held to the slow one: the same values at the same places, or none.

use std::fmt::Write;

use proptest::prelude::*;

use crate::manifest::stream::split;
use crate::manifest::{Dialect, FileId, Node, Value, reader};

/// A tree with all of its spans.
fn show(node: &Node<'_>) -> String {
    let mut text = format!("{}..{} ", node.span.start, node.span.end);
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| write!(text, "[{}]", show(item)).unwrap()),
        Value::Mapping(entries) => entries.iter().for_each(|entry| {
            let span = entry.key_span;
            write!(text, "{{{:?} {}..{}: {}}}", entry.key, span.start, span.end, show(&entry.value)).unwrap();
        }),
        Value::Float(number) => write!(text, "float {}", number.to_bits()).unwrap(),
        value => write!(text, "{value:?}").unwrap(),
    }
    text
}

/// What both paths make of each document: nothing where the fast one gives up.
fn both(text: &str) -> Vec<(Option<String>, Option<String>)> {
    both_as(Dialect::Kubernetes, text)
}

fn both_as(dialect: Dialect, text: &str) -> Vec<(Option<String>, Option<String>)> {
    let paths = |chunk| {
        let fast = super::read(dialect, FileId(0), text, chunk).map(|node| show(&node));
        let slow = reader::read(dialect, FileId(0), text, chunk).ok().map(|node| show(&node));
        (fast, slow)
    };
    split(text).iter().map(paths).collect()
}

fn agree(text: &str) {
    for dialect in [Dialect::Kubernetes, Dialect::Kyaml] {
        for (fast, slow) in both_as(dialect, text) {
            if fast.is_some() {
                assert_eq!(fast, slow, "{dialect:?}: {text:?}");
            }
        }
    }
}

#[track_caller]
fn taken(text: &str) {
    for (fast, slow) in both(text) {
        assert_eq!(fast, slow, "{text:?}");
        assert!(fast.is_some(), "{text:?}");
    }
}

#[track_caller]
fn left(text: &str) {
    for (fast, _) in both(text) {
        assert_eq!(fast, None, "{text:?}");
    }
}

/// The values of three annotations, in every style.
const MANIFEST: &str = "# A Deployment\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {app: web, \
    \"tier\": front, 'n':1}\n  annotations:\n    plain: some text\n      over two lines\n\n      and a third\n    single: \
    'it''s\n      folded'\n    double: \"a\\tb \\u00e9\\\"\n\n      c\"\nspec:\n  replicas: 3 # three\n  template:\n    \
    spec:\n      containers:\n      - name: web\n        args: [\"--port\", 8080, -v, [a, {b: c}], ]\n        command:\n\
    \x20         - sh\n          - -c\n          - |\n            set -e\n\n            echo \"$1\" # not a comment\n\
    \x20         - >-\n            folded\n            text\n\n              kept\n        env:\n        -\n          name: A\n\
    \x20         value: \"\"\n        - name: B\n          value:\n      -\nstatus:\n";

#[test]
fn a_typical_manifest_is_read_fast() {
    taken(MANIFEST);
    taken(&MANIFEST.replace('\n', "\r\n"));
    taken(&format!("---\n{MANIFEST}---\n{MANIFEST}"));
    taken(MANIFEST.trim_end());
}

#[test]
fn plain_block_yaml_is_read_fast() {
    for text in [
        "a",
        "a b\n",
        "- a\n- b\n",
        "- - a\n  - b\n- c: d\n  e: f\n",
        "a:\n- b\n- c: d\nd:\n  - e\n",
        "a: b#c:d\n",
        "a : b\n\"c\" : d\n'e' : f\n",
        "  a: b\n  c: d\n",
        "yes: no\n0x10: 1e3\n1.5: ~\n",
        "a:\n\n  # c\n  b: 1\n\n# d\n",
        "a: \"\u{e9}\u{1f600}\"\nb: \u{2013}\n",
        "a: -1\nb: :c\nc: ?d\n",
        "a: http://b:80/c?d=e#f\n",
        "\"a\"\n",
        "[]",
        "{}\n",
        "{\"a\":{\"b\":[1,2.5,true,null,\"c\"]}}",
        "{a: , b: }\n",
        "a: |\n b",
        "a: |-\n b\n\n\n",
        "a: |+\n b\n\n\nc: d",
        "|\n a\n",
        "a: |2\n   b\n  c\n",
        "a: >\n b\n c\n\n d\n  e\n f\n\n",
        "a: | # c\n b\n# d\n",
        "a: |\n\n\n  b\n",
        "a: |\n  b\n  \tc\n    \n  d\n",
        "a: \"b \\\\ \\n \\x41 \\0 \\e\"",
        "- \"a\n  b\"\n- 'c\n\n  d'\n",
        "a: b # c",
        "-\n- \n-\n  - a\n",
    ] {
        taken(text);
    }
}

#[test]
fn what_it_does_not_know_is_left() {
    for text in [
        "a: &b c\n",
        "a: !!str 1\n",
        "? a\n: b\n",
        "<<: {a: b}\n",
        "{<<: {a: b}}",
        "--- a\n",
        "%YAML 1.1\n---\na\n",
        "a:\tb\n",
        "\ta: b\n",
        "a: b\n\t\n",
        "a: [b,\n  c]\n",
        "[a: b]\n",
        "[a?b]\n",
        "{a}\n",
        "{a:}\n",
        "a: \"b\\\n  c\"\n",
        "a: \"\\q\"\n",
        "a: 'b\n",
        "a: 1\na: 2\n",
        "{a: 1, a: 2}",
        "a: .inf\n",
        "[.nan]",
        "~: a\n",
        "a: b: c\n",
        "a: - b\n",
        "a: b\n c: d\n",
        "a:\n  - b\n - c\n",
        "a: b\nc\n",
        "- a\nb: c\n",
        "a: b\n- c\n",
        "a: \"b\" c\n",
        "a: [b] c\n",
        "a: [b]#c\n",
        "a: @b\n",
        "a: \u{85}\n",
        "a: \u{2028}\n",
        "a: \u{1}\n",
        "a: \u{feff}\n",
        "a\rb: c\n",
        "a: |\n\tb\n",
        "a: |\n    \n  b\n",
        "a: |x\n  b\n",
        "a: b\n  # c\n  d\n",
        "a: b # c\n  d\n",
        "a\n... b\n",
        "",
        "# a\n",
        "18446744073709551615: a\n",
    ] {
        left(text);
    }
}

#[test]
fn the_paths_agree_where_they_once_did_not() {
    for text in [
        // Found by mutation against the slow path
        "a: \"a\\  \n \n   \"\n",
        "a: |2\n #   x@\n",
        "a: b\n... b\n",
        "---\n\u{feff}...\n",
        " |+\n  x\n\n\n",
        "\n\n...\n",
        "a: \"a\\ \n  b\"\n",
    ] {
        agree(text);
    }
}

/// A scalar as a value or an item, in some style, indented so that its lines may go on.
fn scalar(indent: usize) -> impl Strategy<Value = String> {
    let pad = " ".repeat(indent + 2);
    prop_oneof![
        8 => "[a-z0-9./_-]{1,8}",
        2 => "[a-z]{1,4}( [a-z:#'\"-]{1,4}){1,3}",
        2 => "(yes|no|on|0644|0x1f|1e3|1_000|0o17|0o-7|-5|1\\.50|~|null|\\.5|2001-01-01|2001-1-1 10:00:00|08|<<)",
        2 => "\"([a-z \u{e9}]|\\\\n|\\\\t|\\\\u00e9|\\\\\"){0,6}\"",
        2 => "'([a-z :#\"-]|''){0,6}'",
        1 => "(\\[[a-z0-9, \"]{0,9}\\]|\\[on, 2001-1-1 1:2:3, ~\\]|\\{(\"<<\"|y|1|a): , b: no\\}|\\{[a-z]: [a-z0-9]{1,3}(, [b-z]{2}: x)?\\})",
        2 => ("[|>][+-]?( # c)?", prop::collection::vec("([ ]{0,3}[a-z#:\"-]{1,5}( [a-z]{1,3})?)?", 1..5)).prop_map({
            let pad = pad.clone();
            move |(header, lines)| {
                let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") });
                std::iter::once(header).chain(lines).collect::<Vec<_>>().join("\n")
            }
        }),
        1 => prop::collection::vec("[a-z]{1,5}", 2..4).prop_map({
            let pad = pad.clone();
            move |lines| lines.join(&format!("\n{pad}"))
        }),
        1 => prop::collection::vec("[a-z]{1,5}", 2..4).prop_map(move |lines| format!("\"{}\"", lines.join(&format!("\n{pad}")))),
        1 => Just(String::new()),
    ]
}

/// A block collection whose lines are indented by some columns.
fn collection(indent: usize, depth: usize) -> BoxedStrategy<String> {
    let pad = " ".repeat(indent);
    let value = if depth == 0 {
        scalar(indent).prop_map(|text| format!(" {text}")).boxed()
    } else {
        prop_oneof![
            3 => scalar(indent).prop_map(|text| format!(" {text}")),
            2 => collection(indent + 2, depth - 1).prop_map(|text| format!("\n{text}")),
        ]
        .boxed()
    };
    let comment = prop_oneof![6 => Just(""), 1 => Just("\n"), 1 => Just("  # c\n")];
    let entry = ("([a-z]{1,6}|no|1|true|2001-01-01|\"<<\")", value.clone(), comment.clone());
    let pad_of_items = pad.clone();
    prop_oneof![
        3 => prop::collection::vec(entry, 1..5).prop_map(move |entries| {
            let lines = entries.into_iter().map(|(key, value, after)| format!("{pad}{key}:{value}\n{after}"));
            lines.collect::<String>().trim_end_matches('\n').to_owned()
        }),
        1 => prop::collection::vec(value, 1..5).prop_map(move |items| {
            items.iter().map(|item| format!("{pad_of_items}-{item}")).collect::<Vec<_>>().join("\n")
        }),
    ]
    .boxed()
}

/// Changes of a few characters.
fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, &'static str)>> {
    const PIECES: [&str; 40] = [
        "", "", "", " ", "  ", "\n", "\n  ", "\n- ", ":", ": ", "-", "- ", "#", " #", "\"", "'", "[", "]", "{", "}",
        ",", "&a ", "*a", "!", "|", ">", "?", "\t", "\r\n", "\\", "\\n", "<<: ", "---\n", "...\n", "~", "0x1", ".inf",
        "\u{e9}", "\u{85}", "%",
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0..3_usize, prop::sample::select(&PIECES[..])), 0..4)
}

fn mutate(text: &str, changes: &[(prop::sample::Index, usize, &str)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (index, removed, inserted) in changes {
        let at = index.index(characters.len() + 1);
        let end = (at + removed).min(characters.len());
        characters.splice(at..end, inserted.chars());
    }
    characters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn both_paths_read_the_same(text in collection(0, 3), changes in mutations(), ends in any::<bool>()) {
        let text = if ends { format!("{text}\n") } else { text };
        agree(&mutate(&text, &changes));
    }
}

#[test]
fn generated_manifests_are_mostly_read_fast() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = collection(0, 3);
    let (mut fast, mut readable) = (0, 0);
    for _ in 0..300 {
        let text = strategy.new_tree(&mut runner).unwrap().current();
        for (one, other) in both(&text) {
            fast += usize::from(one.is_some());
            readable += usize::from(other.is_some());
        }
    }
    assert!(readable > 100, "the generator makes mostly broken YAML: {readable} of 300 are readable");
    assert!(fast * 10 > readable * 8, "only {fast} of {readable} documents were read fast");
}
