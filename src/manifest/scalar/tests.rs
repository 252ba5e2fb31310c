//! Scalars, held to what sigs.k8s.io/yaml v1.6 makes of them.

use std::borrow::Cow;

use super::{NotAKey, TagMismatch, key_text, resolve_plain, resolve_tagged};
use crate::manifest::Value;

/// A value as a test writes it: with its type, apart from strings.
fn show(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => format!("bool {flag}"),
        Value::Int(number) => format!("int {number}"),
        Value::UInt(number) => format!("uint {number}"),
        Value::Float(number) => format!("float {number:e}"),
        Value::String(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}

fn plain(text: &str) -> String {
    show(&resolve_plain(Cow::Borrowed(text)))
}

fn tagged(tag: &str, text: &str) -> Result<String, TagMismatch> {
    resolve_tagged(&format!("tag:yaml.org,2002:{tag}"), Cow::Borrowed(text)).map(|value| show(&value))
}

#[test]
fn booleans_have_yaml_1_1_spellings_in_three_cases() {
    for text in ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"] {
        assert_eq!(plain(text), "bool true", "{text}");
    }
    for text in ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"] {
        assert_eq!(plain(text), "bool false", "{text}");
    }
    for text in ["yEs", "oN", "tRUE", "yess", "t", "f", "yes "] {
        assert_eq!(plain(text), text);
    }
}

#[test]
fn null_is_empty_or_a_tilde_or_the_word() {
    for text in ["", "~", "null", "Null", "NULL"] {
        assert_eq!(plain(text), "null", "{text}");
    }
    for text in ["nULL", "~~", "nil", "none"] {
        assert_eq!(plain(text), text);
    }
}

#[test]
fn integers_come_in_four_bases_with_signs_and_underscores() {
    for (text, number) in [
        ("0", 0),
        ("-0", 0),
        ("+7", 7),
        ("42", 42),
        ("0755", 493),
        ("-0755", -493),
        ("0o755", 493),
        ("0O755", 493),
        ("0xfF", 255),
        ("-0XfF", -255),
        ("0b1_1", 3),
        ("0B11", 3),
        ("0b+11", 3),
        ("0b-11", -3),
        ("1_2__3_", 123),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
        ("-0x8000000000000000", i64::MIN),
    ] {
        assert_eq!(plain(text), format!("int {number}"), "{text}");
    }
    assert_eq!(plain("9223372036854775808"), "uint 9223372036854775808");
    assert_eq!(plain("0xffffffffffffffff"), "uint 18446744073709551615");
}

#[test]
fn numbers_that_are_no_integers_are_floats() {
    for (text, number) in [
        ("1.0", "1e0"),
        ("1.", "1e0"),
        (".5", "5e-1"),
        ("+.5", "5e-1"),
        ("-.5e1", "-5e0"),
        ("1e3", "1e3"),
        ("1E+3", "1e3"),
        ("1_0.2_5", "1.025e1"),
        ("08", "8e0"),
        (".5_0e1_0", "5e9"),
        ("0_9", "9e0"),
        ("0644.5", "6.445e2"),
        ("-0.0", "-0e0"),
        ("1e-400", "0e0"),
        ("18446744073709551616", "1.8446744073709552e19"),
        ("+9223372036854775808", "9.223372036854775808e18"),
        ("-9223372036854775809", "-9.223372036854775808e18"),
    ] {
        let shown = plain(text);
        let float = shown.strip_prefix("float ").unwrap_or_else(|| panic!("{text} is {shown}"));
        assert_eq!(float.parse::<f64>().unwrap().to_bits(), number.parse::<f64>().unwrap().to_bits(), "{text}");
    }
    assert_eq!(plain(".INF"), "float inf");
    assert_eq!(plain("+.Inf"), "float inf");
    assert_eq!(plain("-.inf"), "float -inf");
    assert_eq!(plain(".NaN"), "float NaN");
}

#[test]
fn what_only_looks_like_a_number_is_a_string() {
    for text in [
        "_1",
        "0x",
        "0o",
        "0b2",
        "0xg",
        "0o8",
        "1e",
        "1e+",
        ".",
        "+",
        "-",
        "--1",
        "+-1",
        "1.2.3",
        "1:30",
        "190:20:30",
        "1,000",
        ".5__0",
        ".5_",
        "._5",
        ".iNF",
        "inf",
        "NaN",
        "1e400",
        "-1e400",
        "0x1p3",
        "0x1.8",
        "2001-12-14",
        "12abc",
        "0b+2",
        "0b++1",
        "10Mi",
        "+ 1",
        "٣",
    ] {
        assert_eq!(plain(text), text);
    }
}

#[test]
fn core_tags_convert_and_refuse() {
    assert_eq!(tagged("str", "12"), Ok("12".to_owned()));
    assert_eq!(tagged("int", "0o14"), Ok("int 12".to_owned()));
    assert_eq!(tagged("float", "1"), Ok("float 1e0".to_owned()));
    assert_eq!(tagged("bool", "on"), Ok("bool true".to_owned()));
    assert_eq!(tagged("null", ""), Ok("null".to_owned()));
    for (tag, text, found) in [
        ("int", "1.5", "float"),
        ("int", "", "null"),
        ("float", "x", "str"),
        ("float", "18446744073709551615", "int"),
        ("bool", "1", "int"),
        ("null", "no", "bool"),
    ] {
        assert_eq!(tagged(tag, text), Err(TagMismatch::Type { found, wanted: format!("!!{tag}") }), "{tag} {text}");
    }
}

#[test]
fn other_tags_make_strings() {
    for tag in ["set", "omap", "map", "seq", "pairs", "merge", "value"] {
        assert_eq!(tagged(tag, "12"), Ok("12".to_owned()));
    }
    assert_eq!(resolve_tagged("!custom", Cow::Borrowed("12")).map(|value| show(&value)), Ok("12".to_owned()));
}

#[test]
fn binary_is_decoded() {
    assert_eq!(tagged("binary", "aGVs\n  bG8=").err(), Some(TagMismatch::Base64));
    assert_eq!(tagged("binary", "aGVs\nbG8="), Ok("hello".to_owned()));
    assert_eq!(tagged("binary", "aGVsbG8"), Err(TagMismatch::Base64));
    assert_eq!(tagged("binary", "4oI="), Ok("\u{fffd}\u{fffd}".to_owned()));
    assert_eq!(tagged("binary", ""), Ok(String::new()));
}

#[test]
fn timestamps_are_checked_and_stay_strings() {
    for text in ["2001-12-14", "2001-1-2", "2024-02-29T1:2:3Z", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.1"]
    {
        assert_eq!(tagged("timestamp", text), Ok(text.to_owned()), "{text}");
    }
    for text in [
        "2001-12",
        "2023-02-29",
        "2001-13-01",
        "2001-12-14T21:59:43",
        "2001-12-14 21:59:43Z",
        "2001-12-14 24:00:00",
        "x",
        "12",
    ] {
        assert!(tagged("timestamp", text).is_err(), "{text}");
    }
}

#[test]
fn keys_become_what_json_will_have() {
    let key = |text| key_text(resolve_plain(Cow::Borrowed(text))).map(Cow::into_owned);
    for (text, expected) in [
        ("yes", "true"),
        ("OFF", "false"),
        ("0x10", "16"),
        ("1.50", "1.5"),
        ("1e6", "1e+06"),
        (".inf", ".inf"),
        ("a b", "a b"),
    ] {
        assert_eq!(key(text), Ok(expected.to_owned()), "{text}");
    }
    assert_eq!(key("~"), Err(NotAKey::Null));
    assert_eq!(key("18446744073709551615"), Err(NotAKey::TooLarge));
    assert_eq!(key_text(Value::Sequence(Vec::new())), Err(NotAKey::Collection));
}
