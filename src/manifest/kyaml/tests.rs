//! Scalars and keys, held to what kustomize v5.8.1 builds of them.

use crate::manifest::{Content, Dialect, FileId, Source, read_documents_as, to_json_text};

/// What kustomize makes of a document, or what keeps it from that.
fn read(text: &str) -> Result<String, String> {
    let source = Source::new("a.yaml", text);
    let documents = read_documents_as(Dialect::Kyaml, FileId(0), &source);
    match &documents[0].content {
        Content::Value(node) => Ok(to_json_text(node)),
        Content::Broken(findings) => Err(findings[0].message.clone()),
        Content::Empty => Ok(String::new()),
    }
}

#[track_caller]
fn reads(cases: &[(&str, &str)]) {
    for (text, json) in cases {
        assert_eq!(read(text).as_deref(), Ok(*json), "{text}");
    }
}

#[track_caller]
fn refuses(cases: &[(&str, &str)]) {
    for (text, message) in cases {
        assert_eq!(read(text).map_err(|found| found.contains(message)), Err(true), "{text}: {:?}", read(text));
    }
}

#[test]
fn only_true_and_false_are_booleans() {
    reads(&[
        ("v: [yes, no, on, off, y, n, Yes, NO]", r#"{"v":["yes","no","on","off","y","n","Yes","NO"]}"#),
        ("v: [true, True, TRUE, false, False, FALSE, tRue]", r#"{"v":[true,true,true,false,false,false,"tRue"]}"#),
        ("v: [~, null, Null, NULL, nUll, ~a]", r#"{"v":[null,null,null,null,"nUll","~a"]}"#),
        ("v: yes", r#"{"v":"yes"}"#),
        ("- no\n- y", r#"["no","y"]"#),
    ]);
}

#[test]
fn numbers_are_those_of_both_versions_of_yaml() {
    reads(&[
        ("[0o777, 0777, 0x1F, 0b11, 1_000, +5, 1__0, 0_7, 08, 09]", "[511,511,31,3,1000,5,10,7,8,9]"),
        ("[0O7, 0X1f, 0B1, 0b+1, 0b-1, -0b1, -0o7, +0o7, 0o-7, 0o+7]", "[7,31,1,1,-1,-1,-7,7,-7,7]"),
        ("[0o8, 0b2, _1, 0x, 0o, 0b, 1e, .e5]", r#"["0o8","0b2","_1","0x","0o","0b","1e",".e5"]"#),
        ("v: 1:30", r#"{"v":"1:30"}"#),
        ("[18446744073709551615, 18446744073709551616]", "[18446744073709551615,18446744073709552000]"),
        ("[-9223372036854775809, +18446744073709551615]", "[-9223372036854776000,18446744073709552000]"),
        ("[0xffffffffffffffffff, 1e400]", r#"["0xffffffffffffffffff","1e400"]"#),
        (
            "[1., .5, +.5, -.5, 1_0.5, 1e3, 12e03, 0x1p3, .5_0, .5__0]",
            r#"[1,0.5,0.5,-0.5,10.5,1000,12000,"0x1p3",0.5,".5__0"]"#,
        ),
    ]);
    refuses(&[
        ("v: .inf", "infinity"),
        ("v: -.Inf", "infinity"),
        ("v: .nan", "infinity"),
        ("v: !!float .inf", "infinity"),
    ]);
}

#[test]
fn timestamps_become_what_go_prints_in_json() {
    for (text, printed) in [
        ("2020-01-01", "2020-01-01T00:00:00Z"),
        ("2020-1-1", "2020-01-01T00:00:00Z"),
        ("0000-01-01", "0000-01-01T00:00:00Z"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("2020-1-1T1:2:3Z", "2020-01-01T01:02:03Z"),
        ("2020-01-01 10:00:00", "2020-01-01T10:00:00Z"),
        ("2020-01-01 1:2:3,500", "2020-01-01T01:02:03.5Z"),
        ("2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00Z"),
        ("2020-01-01T10:00:00.1234567899Z", "2020-01-01T10:00:00.123456789Z"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
        ("2020-01-01T10:00:00-00:00", "2020-01-01T10:00:00Z"),
        ("2020-01-01T10:00:00+05:60", "2020-01-01T10:00:00+06:00"),
        ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59-01:00"),
        ("2020-01-01T24:00:00Z", "2020-01-01T24:00:00Z"),
        ("2023-02-29", "2023-02-29"),
        ("\"2020-01-01\"", "2020-01-01"),
        ("!!str 2020-01-01", "2020-01-01"),
        ("!!timestamp \"2020-1-1\"", "2020-01-01T00:00:00Z"),
    ] {
        assert_eq!(read(&format!("v: {text}")), Ok(format!("{{\"v\":\"{printed}\"}}")), "{text}");
    }
    refuses(&[
        ("v: 2020-01-01T10:00:00+24:00", "Greenwich"),
        ("v: 2020-01-01T10:00:00+23:60", "Greenwich"),
        ("v: !!timestamp 2020-01-01T10:00:00+24:00", "Greenwich"),
        ("v: !!timestamp x", "!!timestamp"),
    ]);
}

#[test]
fn inside_brackets_times_stay_as_they_are_and_nothing_is_an_empty_string() {
    reads(&[
        ("[2020-1-1, 2001-12-14t21:59:43.10-05:00]", r#"["2020-01-01T00:00:00Z","2001-12-14t21:59:43.10-05:00"]"#),
        ("v: {a: 2020-1-1, b: 2020-01-01 10:00:00}", r#"{"v":{"a":"2020-01-01T00:00:00Z","b":"2020-01-01 10:00:00"}}"#),
        ("v: [2020-01-01T10:00:00+24:00]", r#"{"v":["2020-01-01T10:00:00+24:00"]}"#),
        ("v: [!!timestamp 2020-1-1 10:00:00]", r#"{"v":["2020-01-01T10:00:00Z"]}"#),
        ("v: {a: , b: ~}", r#"{"v":{"a":"","b":null}}"#),
        ("v: {a}", r#"{"v":{"a":""}}"#),
        ("v: [a: ]", r#"{"v":[{"a":""}]}"#),
        ("v: {a: ! }", r#"{"v":{"a":""}}"#),
        ("v:\n  a:\n  b:\n  -\n", r#"{"v":{"a":null,"b":[null]}}"#),
    ]);
}

#[test]
fn tags_convert_as_v3_does() {
    reads(&[
        ("[!!str 5, !!str yes, !!int 5, !!int \"5\", !!int 0x1F]", r#"["5","yes",5,5,31]"#),
        ("[!!float 5, !!float 1.5, !!float \"1\"]", "[5,1.5,1]"),
        ("[!!bool true, !!bool \"true\", !!null \"\", !!null ~]", "[true,true,null,null]"),
        ("[!!binary aGVsbG8=, !!binary \"aGVs\\nbG8=\", !!binary \"\"]", r#"["hello","hello",""]"#),
        ("[!foo bar, !foo 5, ! 5, ! \"5\", ! yes, !!foo 5]", r#"["bar","5",5,"5","yes","5"]"#),
        ("[!!merge x, !!merge <<, <<]", r#"["x","\u003c\u003c","\u003c\u003c"]"#),
        ("v: !!str\nw: 1", r#"{"v":"","w":1}"#),
    ]);
    refuses(&[
        ("v: !!int x", "!!int"),
        ("v: !!int 1.5", "!!int"),
        ("v: !!int \"\"", "!!int"),
        ("v: !!int 2020-01-01", "!!int"),
        ("v: !!float 18446744073709551615", "!!float"),
        ("v: !!bool yes", "!!bool"),
        ("v: !!bool 1", "!!bool"),
        ("v: !!null x", "!!null"),
        ("v: !!binary aGVsbG8", "!!binary"),
    ]);
}

#[test]
fn at_the_top_level_the_text_of_a_key_counts() {
    reads(&[
        ("1: a", r#"{"1":"a"}"#),
        ("0x10: a", r#"{"0x10":"a"}"#),
        ("1.50: a", r#"{"1.50":"a"}"#),
        ("True: a", r#"{"True":"a"}"#),
        ("no: a", r#"{"no":"a"}"#),
        ("2020-1-1: a", r#"{"2020-1-1":"a"}"#),
        (".inf: a", r#"{".inf":"a"}"#),
        ("!!int 1: a", r#"{"1":"a"}"#),
        ("!!binary YQ==: a", r#"{"a":"a"}"#),
        ("18446744073709551616: a", r#"{"18446744073709551616":"a"}"#),
        ("? ''\n: b", r#"{"":"b"}"#),
        ("{1: a}", r#"{"1":"a"}"#),
    ]);
    refuses(&[
        ("~: a", "null"),
        ("null: a", "null"),
        ("? [a]\n: b", "string"),
        ("1: a\n\"1\": b", "stands twice"),
        ("a: 1\na: 2", "stands twice"),
    ]);
}

#[test]
fn below_the_top_level_keys_are_strings() {
    reads(&[
        ("v: {no: a, \"1\": b, !!str 2: c}", r#"{"v":{"1":"b","2":"c","no":"a"}}"#),
        ("v:\n  on: a\n  0o8: b", r#"{"v":{"0o8":"b","on":"a"}}"#),
    ]);
    for key in ["1", "true", "1.5", ".inf", "2020-01-01", "18446744073709551616", "!!int 1", "!!binary YQ==", "!foo a"]
    {
        refuses(&[
            (&format!("v: {{{key}: a}}"), "kustomize takes no key"),
            (&format!("v:\n  {key}: a"), "kustomize takes no key"),
        ]);
    }
    refuses(&[("v: {~: a}", "null"), ("v: [1: a]", "kustomize takes no key"), ("v: {a: 1, a: 2}", "stands twice")]);
}

#[test]
fn merges_give_way_to_what_is_written() {
    reads(&[
        ("v: {<<: {b: 1}, c: 2}", r#"{"v":{"b":1,"c":2}}"#),
        ("v: {b: 0, <<: {b: 1}}", r#"{"v":{"b":0}}"#),
        ("v: {<<: [{b: 1, d: 1}, {b: 2, e: 1}], c: 2}", r#"{"v":{"b":1,"c":2,"d":1,"e":1}}"#),
        ("a: &x {b: 1, c: 1}\nd:\n  <<: *x\n  c: 2", r#"{"a":{"b":1,"c":1},"d":{"b":1,"c":2}}"#),
        ("v: {<<: {<<: {x: 1, b: 1}, b: 2}}", r#"{"v":{"b":2,"x":1}}"#),
        ("v: {! <<: {b: 1}}", r#"{"v":{"b":1}}"#),
        ("v: {\"<<\": {b: 1}, c: 1}", r#"{"v":{"c":1}}"#),
        ("<<: {b: 1}", r#"{"b":1}"#),
    ]);
    refuses(&[
        ("v: {<<: {b: 1}, <<: {d: 1}}", "second `<<`"),
        ("v: {<<: a}", "merges only"),
        ("v: {<<: [a]}", "merges only"),
        ("a: &y [{b: 1}]\nd: {<<: *y}", "merges only"),
        ("v: {<<: {b: 1}, c: 1, c: 2}", "stands twice"),
    ]);
}

#[test]
fn folded_blocks_gain_and_lose_line_breaks() {
    reads(&[
        ("v: >\n  a\n  b\n\n  c\n", r#"{"v":"a b\nc\n"}"#),
        ("v: >\n  a\n   d\n  b\n", r#"{"v":"a\n\n d\nb\n"}"#),
        ("v: >-\n  a\n\n   d\n   e", r#"{"v":"a\n\n\n d\n e"}"#),
        ("v: >\n  a\n  \td\n", r#"{"v":"a\n\n\td\n"}"#),
        ("v: >+\n  a\n\n\n", r#"{"v":"a\n\n\n\n"}"#),
        ("v: >2\n   d\n  b\n\n  c\n\n\n  e\n", r#"{"v":" d\nb c\ne\n"}"#),
        ("v: |\n  a\n   d\n", r#"{"v":"a\n d\n"}"#),
    ]);
}
