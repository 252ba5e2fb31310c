//! Plimsoll's reading of YAML against `sigs.k8s.io/yaml` itself, the library that Kubernetes reads it with.
//!
//! Texts are generated: values as people write them in every style that YAML has, and the same with a few characters
//! changed. The real library, in Go, says what each is in strict mode; Plimsoll must say the same.

mod support;

use plimsoll::manifest::{Content, FileId, Source, read_documents, to_json_value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use support::yaml_reference::YamlReference;

/// Scalars whose reading differs between YAML's versions and libraries.
const SCALARS: &[&str] = &[
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "n",
    "true",
    "FALSE",
    "~",
    "null",
    "Null",
    "",
    "0",
    "-0",
    "+1",
    "007",
    "0o17",
    "08",
    "0x1F",
    "0b101",
    "1_000",
    "1e3",
    "1.0",
    "1.50",
    ".5",
    "5.",
    "-.inf",
    ".nan",
    "1e400",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "12:30:45",
    "1:30",
    "2024-04-01",
    "2024-04-01T10:00:00Z",
    "text",
    "two words",
    "a:b",
    "a: b",
    "a #b",
    "a#b",
    "- a",
    "-a",
    "?a",
    "? a",
    "@a",
    "`a",
    "%a",
    "!a",
    "!!str 1",
    "!!int '1'",
    "!!float 1",
    "!!null ''",
    "!!binary YQ==",
    "!local a",
    "&a b",
    "*a",
    "'single ''quoted'''",
    "\"double\\n\\\"quoted\\\"\"",
    "\"\\u00e9\\x41\\/\"",
    "'",
    "\"",
    "{a: 1, b: [2, 3]}",
    "[a, 'b', \"c\"]",
    "{}",
    "[]",
    "[,]",
    "{a, b: c}",
    "[2001:db8::, b]",
    "{a: fe80::}",
    "{a: fe80::, b: [c::]}",
    "[a: b::, c:]",
    "[a:[b]]",
    "{a::, b}",
    "é",
    "日本",
    "=",
    "<<",
    "100m",
    "1Gi",
    "0.1.2",
    "1.2.3.4",
    "+",
    "-",
    "--",
    "---",
    "...",
    "0_8",
    "_1",
    "1__0",
    "0x",
    "0b2",
    "1e",
    "1e+3",
    "|",
    "|-\n      block\n      text",
    ">\n      folded\n      text\n\n      more",
    "|2\n        indented",
    "null null",
];

const KEYS: &[&str] =
    &["a", "b", "c", "name", "yes", "1", "'1'", "\"a b\"", "1.5", "0x10", "null", "~", "<<", "a b", "é", "'", "? a"];

/// Text that a generator adds, or a slip of the finger.
const SLIPS: &[&str] = &[
    "\t", " ", "\n", "\r\n", ":", "#", "-", "'", "\"", "{", "}", "[", "]", ",", "&a ", "*a", "|", ">", "!", "%",
    "\u{0}", "  ", "? ",
];

fn value(depth: u32) -> impl Strategy<Value = Vec<String>> {
    let scalar = prop::sample::select(SCALARS).prop_map(|text| vec![text.to_owned()]);
    scalar.prop_recursive(depth, 24, 4, |inner| {
        let entry = (prop::sample::select(KEYS), inner.clone(), any::<bool>());
        let mapping = prop::collection::vec(entry, 1..4).prop_map(|entries| {
            let mut lines = vec![String::new()];
            for (key, value, anchored) in entries {
                lines.extend(nested(&format!("{key}:{}", if anchored { " &a" } else { "" }), &value));
            }
            lines
        });
        let sequence = prop::collection::vec(inner, 1..4).prop_map(|items| {
            let mut lines = vec![String::new()];
            for item in items {
                lines.extend(nested("-", &item));
            }
            lines
        });
        prop_oneof![mapping, sequence]
    })
}

/// The lines of a value behind a key or a dash: the first on the same line, the others indented below it.
fn nested(head: &str, value: &[String]) -> Vec<String> {
    let first = value.first().map_or("", String::as_str);
    let mut lines = vec![format!("{head} {first}").trim_end_matches(' ').to_owned()];
    lines.extend(value.iter().skip(1).map(|line| format!("  {line}")));
    lines
}

fn text() -> impl Strategy<Value = String> {
    let slips = prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(SLIPS), 0..3_usize), 0..3);
    (value(4), slips, any::<bool>()).prop_map(|(lines, slips, final_break)| {
        let mut text = lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        if final_break {
            text.push('\n');
        }
        for (place, slip, removed) in slips {
            let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = *place.get(&bounds);
            let end = text[at..].char_indices().nth(removed).map_or(text.len(), |(length, _)| at + length);
            text.replace_range(at..end, slip);
        }
        text
    })
}

fn generated(count: usize) -> Vec<String> {
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let strategy = text();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("nothing is filtered").current()).collect()
}

/// The first document, as `plimsoll convert` has it.
fn read(text: &str) -> Result<Value, String> {
    let source = Source::new("a.yaml", text);
    match read_documents(FileId(0), &source).into_iter().next().map(|document| document.content) {
        Some(Content::Value(node)) => Ok(to_json_value(&node)),
        Some(Content::Empty) | None => Ok(Value::Null),
        Some(Content::Broken(findings)) => {
            Err(findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>().join("; "))
        }
    }
}

/// What Plimsoll refuses although the library takes it. All of it is text that the library reads by dropping some.
const REFUSED_ON_PURPOSE: &[&str] = &[
    // `1` and `"1"` are one key of JSON: the library keeps the last and loses the other.
    "stands twice in this mapping",
    "is also merged into this mapping",
    // The library stops reading where the first value seems to end, and loses the rest of the text.
    "the document ended before this line",
    "there is text behind the closing quote",
    "a comment ends the text here, but the next line goes on with it",
    "closes nothing",
    "is never closed",
    "this line is neither a key nor part of the value above",
    "an empty line is indented deeper than the text below it",
    // Tags and anchors of characters that their grammar does not have, and `#` right behind a value.
    "this is not valid YAML",
    "this is no name for an anchor",
    "a comment needs a space before its `#`",
    // `{a:}` is a mapping with the key `a:`, which nobody means.
    "Kubernetes takes this colon as a part of the text before it",
    // The same on a line after the one that the text begins on, and of one with `:&` or `:*` in it.
    "a key is not allowed here, inside brackets",
    "expected `,` or `}` here",
    "a value inside brackets cannot start with `-`",
    // One of two keys that are one in JSON: the library has dropped the value that it cannot write.
    "infinity and not-a-number do not exist",
    // `\\'` inside double quotes: the library knows it, YAML itself does not.
    "`\\'` is no escape that YAML knows",
];

/// What only Plimsoll takes: documents without content, a tag alone in a flow collection, and a block of text that is
/// the whole document without being indented. None of them can be an object.
fn taken_on_purpose(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.is_empty()
        || trimmed == "..."
        || trimmed.starts_with(['|', '>'])
        || trimmed.starts_with('#')
        || ["[!", "{!", ",!", ", !"].iter().any(|tag| text.contains(tag))
}

#[test]
fn generated_texts_read_as_the_real_library_reads_them() {
    let texts = generated(20_000);
    let mut reference = YamlReference::start();
    let conversions = reference.convert_all(&texts);
    let mut differences = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    for (text, conversion) in texts.iter().zip(conversions) {
        let ours = read(text);
        match (&conversion.strict, &ours) {
            (Ok(theirs), Ok(ours)) if theirs == ours => accepted += 1,
            (Err(_), Err(_)) => refused += 1,
            (Ok(_), Err(reason)) if REFUSED_ON_PURPOSE.iter().any(|known| reason.contains(known)) => refused += 1,
            (_, Ok(_)) if taken_on_purpose(text) => {}
            (theirs, ours) => differences.push(format!("{text:?}\n  library:  {theirs:?}\n  plimsoll: {ours:?}")),
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} texts differ:\n{}",
        differences.len(),
        texts.len(),
        differences.join("\n")
    );
    // A generator of nothing but broken texts would prove little.
    assert!(accepted > texts.len() / 4, "only {accepted} texts were accepted, {refused} refused");
}
