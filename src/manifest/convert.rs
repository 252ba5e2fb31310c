//! From a node to JSON, as a value and as text.
//!
//! In: a node. Out: what sigs.k8s.io/yaml makes of the same YAML, byte for byte in the case of text. The places are lost;
//! it never fails.

use std::fmt::Write;

use super::node::{Mapping, Node, Value};
use super::number::json_float;

/// The value in `serde_json`'s type, with keys in the order written.
#[must_use]
pub fn to_json_value(node: &Node<'_>) -> serde_json::Value {
    use serde_json::Value as Json;
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        Value::UInt(number) => Json::from(*number),
        Value::Float(number) => float_value(*number),
        Value::String(text) => Json::from(text.as_ref()),
        Value::Sequence(items) => items.iter().map(to_json_value).collect(),
        Value::Mapping(entries) => {
            entries.iter().map(|entry| (entry.key.to_string(), to_json_value(&entry.value))).collect()
        }
    }
}

/// A float as JSON's readers get it from Go: without a fraction, it is an integer again.
fn float_value(number: f64) -> serde_json::Value {
    let negative_zero = number == 0.0 && number.is_sign_negative();
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked just before")]
    if number.fract() == 0.0 && number.abs() < 9.0e18 && !negative_zero {
        serde_json::Value::from(number as i64)
    } else {
        serde_json::Value::from(number)
    }
}

/// Compact JSON with sorted keys, as Go's `json.Marshal` prints it.
#[must_use]
pub fn to_json_text(node: &Node<'_>) -> String {
    let mut text = String::new();
    write_value(&mut text, node);
    text
}

fn write_value(text: &mut String, node: &Node<'_>) {
    match &node.value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => text.push_str(&number.to_string()),
        Value::UInt(number) => text.push_str(&number.to_string()),
        Value::Float(number) => text.push_str(&json_float(*number)),
        Value::String(string) => write_string(text, string),
        Value::Sequence(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Mapping(entries) => write_mapping(text, entries),
    }
}

fn write_mapping(text: &mut String, entries: &Mapping<'_>) {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|one, other| one.key.cmp(&other.key));
    text.push('{');
    for (index, entry) in sorted.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_string(text, &entry.key);
        text.push(':');
        write_value(text, &entry.value);
    }
    text.push('}');
}

/// A string with Go's escapes: also of what could end a script in HTML, and of JavaScript's line separators.
fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::{to_json_text, to_json_value};
    use crate::manifest::{Content, FileId, Source, read_documents};

    fn text_of(yaml: &str) -> String {
        let source = Source::new("a.yaml", yaml);
        let documents = read_documents(FileId(0), &source);
        let Content::Value(node) = &documents[0].content else { panic!("{documents:?}") };
        to_json_text(node)
    }

    #[test]
    fn keys_are_sorted_by_their_bytes() {
        assert_eq!(
            text_of("b: 1\na: [2, {}]\n10: x\n9: z\né: z\nB: ~\n"),
            r#"{"10":"x","9":"z","B":null,"a":[2,{}],"b":1,"é":"z"}"#
        );
    }

    #[test]
    fn strings_are_escaped_as_go_escapes_them() {
        assert_eq!(
            text_of(r#""<a> & \"b\" \\ \n\r\t\b\f\0\e\x7f / \u2028 é""#),
            r#""\u003ca\u003e \u0026 \"b\" \\ \n\r\t\b\f\u0000\u001b"#.to_owned() + "\u{7f} / \\u2028 é\""
        );
    }

    #[test]
    fn numbers_are_printed_as_go_prints_them() {
        assert_eq!(
            text_of("[1.0, 1e3, 1e21, 18446744073709551615, 18446744073709551616, -0.0, 0x10]"),
            "[1,1000,1e+21,18446744073709551615,18446744073709552000,-0,16]"
        );
    }

    #[test]
    fn json_values_keep_the_order_written() {
        let source = Source::new("a.yaml", "b: 1\na: [1.5, 1.0, true, null, x]\nc: 18446744073709551615\n");
        let documents = read_documents(FileId(0), &source);
        let Content::Value(node) = &documents[0].content else { panic!("{documents:?}") };
        let text = to_json_value(node).to_string();
        assert_eq!(text, r#"{"b":1,"a":[1.5,1,true,null,"x"],"c":18446744073709551615}"#);
    }
}
