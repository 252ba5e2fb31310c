//! Plimsoll's writing of YAML against `sigs.k8s.io/yaml` itself, the library that kustomize prints with.
//!
//! Values are generated: strings of whatever has a meaning in YAML, long ones, numbers, odd keys, nested collections. The
//! real library, in Go, prints the JSON of each; Plimsoll must print the same bytes.

mod support;

use std::borrow::Cow;

use plimsoll::manifest::{Entry, FileId, Node, Span, Value, to_json_text, to_yaml_text};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use support::yaml_reference::{Printed, YamlReference};

/// Whole strings that YAML 1.1 or a library reads as something else, or nearly.
const WORDS: &[&str] = &[
    "",
    "y",
    "N",
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "False",
    "tRue",
    "~",
    "null",
    "NULL",
    "nUll",
    "0",
    "-0",
    "+1",
    "007",
    "08",
    "0o17",
    "0o8",
    "0x1F",
    "0x",
    "0b101",
    "0b2",
    "0b-1",
    "0o-7",
    "1_000",
    "_1",
    "1__0",
    "0_7",
    "1e3",
    "1e",
    "1e400",
    "1.0",
    ".5",
    "5.",
    "+.5",
    ".5_0",
    ".5_",
    "-.inf",
    ".nan",
    ".",
    "..",
    "...",
    "-",
    "--",
    "---",
    "--- a",
    "....",
    "=",
    "<<",
    "12:30:45",
    "1:30",
    "-1:30.5_",
    "1:60",
    "1:5:",
    "190:20:30",
    "1_0:3",
    "2020-01-01",
    "2020-1-1",
    "2020-13-1",
    "2020-01-01T00:00:00Z",
    "2001-12-14t21:59:43.10-05:00",
    "2020-01-01 10:00:00",
    "2020-01-01 10:00:00Z",
    "a: b",
    "a:b",
    "a #b",
    "a#b",
    "#",
    ":",
    "a:",
    ":a",
    "?",
    "? a",
    "?a",
    "- a",
    "-a",
    "!a",
    "&a",
    "*a",
    "%a",
    "@a",
    "`a",
    "|",
    ">",
    "[a",
    "]",
    "{a",
    "}",
    "a,b",
    ",",
    "'",
    "\"",
    "a'b",
    "a\"b",
    "a\\b",
    "a\nb",
    "a\n",
    "\n",
    "\n\n",
    "a\n\n",
    "\na",
    " a\nb",
    "a\n b\n",
    "a \nb",
    "\n a",
    "a\r\nb",
    "\r",
    "a\tb",
    "\t",
    "a:\tb",
    "a\n\tb",
    "\u{feff}",
    "\u{feff}ab \n",
    "a\u{feff}",
    "\u{85}",
    "a \u{85} b",
    "a\u{85}\u{85}b",
    "\u{2028}",
    "a\u{2028}b",
    "a\u{2029}\n",
    "\u{a0}",
    "\u{200b}",
    "\u{fffd}",
    "\u{e000}",
    "\u{d7ff}",
    "\u{1f600}",
    "\u{0}",
    "\u{1b}",
    "\u{7}x",
    "é",
    "日本",
    "9223372036854775808",
];

/// Characters and pieces to make strings of.
const PIECES: &[&str] = &[
    "a",
    "b",
    "Z",
    "0",
    "1",
    "9",
    "10",
    " ",
    " ",
    " ",
    "  ",
    "\n",
    "\n",
    "\t",
    "\r",
    ":",
    ": ",
    "#",
    " #",
    "-",
    "- ",
    "?",
    "'",
    "\"",
    "\\",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&",
    "*",
    "!",
    "%",
    "@",
    "`",
    "|",
    ">",
    "<",
    "=",
    "_",
    ".",
    "~",
    "é",
    "日",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{1f600}",
    "\u{1}",
];

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(WORDS).prop_map(str::to_owned),
        6 => prop::collection::vec(prop::sample::select(PIECES), 0..7).prop_map(|pieces| pieces.concat()),
        2 => prop::collection::vec(prop::sample::select(PIECES), 40..160).prop_map(|pieces| pieces.concat()),
        // Lines to fold, of words alone and of words with something to quote
        3 => prop::collection::vec("[a-zé]{1,12}( |  |, |: )?", 8..60).prop_map(|words| words.concat()),
        2 => ("(# |'|- )?", prop::collection::vec("[a-z日'\"\\\\]{1,9} {1,2}", 8..60), "(\t|x)?")
            .prop_map(|(start, words, end)| start + &words.concat() + &end),
        1 => "[a-z]{70,90}( [a-z]{1,90}){0,3}",
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z]{1,3}[-_./]?[0-9]{0,3}",
        1 => "[0-9]{1,4}(\\.[0-9]{1,3}){0,2}",
        2 => string().prop_filter("keys that JSON's reader takes", |key| key.len() < 900 && !key.contains('\u{85}')),
        1 => "[a-z]{120,135}",
    ]
}

fn scalar() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        8 => string().prop_map(|text| Value::String(Cow::Owned(text))),
        1 => any::<i64>().prop_map(Value::Int),
        1 => (-99..100_i64).prop_map(Value::Int),
        1 => any::<u64>().prop_map(|number| Value::UInt(number | 1 << 63)),
        1 => (prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO).prop_map(Value::Float),
        1 => (-9_999_999..9_999_999_i32, -8..24_i32)
            .prop_map(|(digits, exponent)| Value::Float(f64::from(digits) * 10_f64.powi(exponent))),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ]
}

fn node() -> impl Strategy<Value = Node<'static>> {
    scalar().prop_map(nowhere).prop_recursive(5, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| nowhere(Value::Sequence(items))),
            prop::collection::btree_map(key(), inner, 0..5).prop_map(|entries| {
                let entry = |(key, value)| Entry { key: Cow::Owned(key), key_span: NOWHERE, value };
                nowhere(Value::Mapping(entries.into_iter().map(entry).collect()))
            }),
        ]
    })
}

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

fn nowhere(value: Value<'static>) -> Node<'static> {
    Node { span: NOWHERE, value }
}

#[test]
fn generated_values_are_written_as_the_real_library_prints_them() {
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[11; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let strategy = node();
    let words = WORDS.iter().map(|word| nowhere(Value::String(Cow::Borrowed(*word))));
    let generated = (0..12_000).map(|_| strategy.new_tree(&mut runner).expect("little is filtered").current());
    let nodes: Vec<_> = words.chain(generated).collect();
    let texts: Vec<_> = nodes.iter().map(to_json_text).collect();
    let printed = YamlReference::start().print_all(&texts);
    let mut differences = Vec::new();
    let (mut unsteady, mut refused) = (0, Vec::new());
    for ((node, json), theirs) in nodes.iter().zip(&texts).zip(printed) {
        match theirs {
            Printed::Unsteady => unsteady += 1,
            Printed::Refused(why) => refused.push(format!("{json}: {why}")),
            Printed::Text(theirs) => {
                let ours = to_yaml_text(node);
                if ours != theirs {
                    differences.push(format!("{json}\n  library:  {theirs:?}\n  plimsoll: {ours:?}"));
                }
            }
        }
    }
    differences.sort_by_key(String::len);
    let shown = differences.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {} values differ:\n{shown}", differences.len(), nodes.len());
    // What the library cannot order or read would prove nothing
    assert!(unsteady * 20 < nodes.len(), "{unsteady} of {} have keys without an order", nodes.len());
    assert!(refused.len() * 50 < nodes.len(), "{} are refused: {:?}", refused.len(), &refused[..3]);
}
