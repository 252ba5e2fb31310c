//! Documents of a file: values, places, and what is said about those that cannot be read.

use super::{Content, Document, read_documents};
use crate::finding::Finding;
use crate::manifest::{FileId, Node, Source, Span, to_json_text};

fn with_documents<T>(yaml: &str, look: impl FnOnce(&Source, &[Document<'_>]) -> T) -> T {
    let source = Source::new("dir/a.yaml", yaml);
    look(&source, &read_documents(FileId(7), &source))
}

/// The documents of a text as JSON, `-` for an empty one and `!` for a broken one.
fn shown(yaml: &str) -> Vec<String> {
    with_documents(yaml, |_, documents| {
        let show = |document: &Document<'_>| match &document.content {
            Content::Value(node) => to_json_text(node),
            Content::Empty => "-".to_owned(),
            Content::Broken(_) => "!".to_owned(),
        };
        documents.iter().map(show).collect()
    })
}

/// The only document of a text.
fn json(yaml: &str) -> String {
    match shown(yaml).as_slice() {
        [one] => one.clone(),
        other => panic!("{yaml:?} has {} documents", other.len()),
    }
}

fn findings(yaml: &str) -> Vec<Finding> {
    with_documents(yaml, |_, documents| match documents {
        [Document { content: Content::Broken(findings), .. }] => findings.clone(),
        other => panic!("{yaml:?} gives {other:?}"),
    })
}

/// Line, column and message of the only finding about a text.
fn problem(yaml: &str) -> (u32, u32, String) {
    match findings(yaml).as_slice() {
        [finding] => {
            let start = finding.place.range.unwrap().start;
            (start.line, start.column, finding.message.clone())
        }
        other => panic!("{yaml:?} gives {other:?}"),
    }
}

/// The pieces of the text that the values of a tree stand at, depth first.
fn pieces(yaml: &str) -> Vec<String> {
    fn walk(source: &Source, node: &Node<'_>, found: &mut Vec<String>) {
        let piece = |span: Span| source.text[span.start as usize..span.end as usize].to_owned();
        found.push(piece(node.span));
        node.items().iter().for_each(|item| walk(source, item, found));
        for entry in node.entries() {
            found.push(piece(entry.key_span));
            walk(source, &entry.value, found);
        }
    }
    with_documents(yaml, |source, documents| {
        let mut found = Vec::new();
        for document in documents {
            let Content::Value(node) = &document.content else { panic!("{document:?}") };
            walk(source, node, &mut found);
        }
        found
    })
}

#[test]
fn a_stream_is_read_document_by_document() {
    assert_eq!(shown("a: 1\n---\nb: 2\n"), [r#"{"a":1}"#, r#"{"b":2}"#]);
    assert_eq!(
        shown("--- # first\n- a\n--- {b: 1}\n--- |\n  text\n---\t\"c\"\n"),
        [r#"["a"]"#, r#"{"b":1}"#, "\"text\\n\"", "\"c\""]
    );
    assert_eq!(shown("a: 1\r\n---\r\nb: |\r\n  x\r\n  y\r\n"), [r#"{"a":1}"#, r#"{"b":"x\ny\n"}"#]);
    assert_eq!(shown("a: 1\r---\rb: 2\r"), [r#"{"a":1}"#, r#"{"b":2}"#]);
    assert_eq!(shown("a: 1\n...\n%YAML 1.1\n---\nb: 2\n...\nc: 3\n"), [r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]);
    assert_eq!(shown("\u{feff}a: 1\n---\n\u{feff}b: 2"), [r#"{"a":1}"#, r#"{"b":2}"#]);
    assert_eq!(shown("%TAG !y! tag:yaml.org,2002:\n--- !y!str 1\n"), ["\"1\""]);
}

#[test]
fn empty_documents_are_told_apart_from_null() {
    assert_eq!(shown(""), ["-"]);
    assert_eq!(shown("# only a comment\n\n"), ["-"]);
    assert_eq!(shown("---\n---\n# c\n---\nnull\n---\n~\n---"), ["-", "-", "null", "null", "-"]);
    assert_eq!(shown("# c\n---\na\n"), ["\"a\""]);
    assert_eq!(shown("a\n...\n# c\n"), ["\"a\""]);
}

#[test]
fn a_broken_document_does_not_hide_the_next_one() {
    assert_eq!(
        shown("a: 'b\n---\nc: [\n---\nd: 1\n---\n\u{1}\n---\ne: *f\n---\ng: 1\n"),
        ["!", "!", r#"{"d":1}"#, "!", "!", r#"{"g":1}"#]
    );
    assert_eq!(shown("&a b\n---\n*a\n"), ["\"b\"", "!"]);
}

#[test]
fn documents_know_where_they_stand() {
    with_documents("# c\n---\na: 1\n--- {b: 2}\n...\n", |source, documents| {
        let bodies: Vec<_> = documents
            .iter()
            .map(|document| (document.index, &source.text[document.span.start as usize..document.span.end as usize]))
            .collect();
        assert_eq!(bodies, [(0, "\na: 1\n"), (1, " {b: 2}\n")]);
        assert!(documents.iter().all(|document| document.span.file == FileId(7)));
    });
}

#[test]
fn scalars_mean_what_kubernetes_takes_them_for() {
    for (yaml, expected) in [
        ("a: yes\nb: 'yes'\nc: \"0644\"\nd: 0644\n", r#"{"a":true,"b":"yes","c":"0644","d":420}"#),
        ("on: {0x10: a, 1.50: b, ~x: c}", r#"{"true":{"1.5":"b","16":"a","~x":"c"}}"#),
        ("[1:30, 2001-12-14, 1_000, .5, 0o17, 0b11, 08, -.5e1]", r#"["1:30","2001-12-14",1000,0.5,15,3,8,-5]"#),
        ("[9223372036854775808, 18446744073709551616, 1e400]", r#"[9223372036854775808,18446744073709552000,"1e400"]"#),
        (
            "- !!str 1\n- !!int '2'\n- !!float 3\n- !!bool on\n- !custom 4\n- ! 5\n- !!binary Zm9v\n",
            r#"["1",2,3,true,"4","5","foo"]"#,
        ),
        ("a: !!set {x, z}\nb: !!omap [c: 1]\n", r#"{"a":{"x":null,"z":null},"b":[{"c":1}]}"#),
        ("a: !!str\nb: !!null ''\nc: &d\n", r#"{"a":"","b":null,"c":null}"#),
    ] {
        assert_eq!(json(yaml), expected, "{yaml}");
    }
}

#[test]
fn text_is_folded_and_chomped_as_in_go() {
    for (yaml, expected) in [
        ("a: |\n  x\n   y\n\n", r#"{"a":"x\n y\n"}"#),
        ("a: |-\n  x", r#"{"a":"x"}"#),
        ("a: |\n  x", r#"{"a":"x"}"#),
        ("a: |+\n  x\n\nb: 1\n", r#"{"a":"x\n\n","b":1}"#),
        ("a: |2\n    x\n", r#"{"a":"  x\n"}"#),
        ("a: >\n  x\n  y\n\n  z\n   w\n  v\n", r#"{"a":"x y\nz\n w\nv\n"}"#),
        ("a: x\n  y\n\n  z\n", r#"{"a":"x y\nz"}"#),
        ("a: \"x\n  y\\\n  z\n\n  w\\tv\"\n", r#"{"a":"x yz\nw\tv"}"#),
        ("a: 'it''s\n  b'\n", r#"{"a":"it's b"}"#),
    ] {
        assert_eq!(json(yaml), expected, "{yaml}");
    }
}

#[test]
fn anchors_and_merges_are_resolved() {
    for (yaml, expected) in [
        ("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n", r#"{"a":{"b":1},"c":{"b":1},"d":{"b":1,"e":2}}"#),
        ("a: &x {b: 1}\nc: {d: 2, <<: *x}\n", r#"{"a":{"b":1},"c":{"b":1,"d":2}}"#),
        (
            "- &x {a: 1}\n- &y {b: 2}\n- <<: [*x, *y, {c: 3}]\n- <<: *x\n  <<: *y\n",
            r#"[{"a":1},{"b":2},{"a":1,"b":2,"c":3},{"a":1,"b":2}]"#,
        ),
        ("- &x 1\n- &x 2\n- *x\n", "[1,2,2]"),
        ("&k a: *k\n", r#"{"a":"a"}"#),
        ("'<<': {a: 1}\n", r#"{"\u003c\u003c":{"a":1}}"#),
        ("a: <<\n", r#"{"a":"\u003c\u003c"}"#),
    ] {
        assert_eq!(json(yaml), expected, "{yaml}");
    }
    assert_eq!(problem("a: {<<: 1}").2, "`<<` merges only a mapping, or a sequence of mappings");
    assert_eq!(problem("- &s [{a: 1}]\n- <<: *s\n").2, "`<<` merges only a mapping, or a sequence of mappings");
    assert_eq!(problem("a: &x [*x]\n"), (1, 8, "this alias stands inside the value of its own anchor".to_owned()));
}

#[test]
fn a_colon_at_the_end_of_a_value_in_brackets_is_a_part_of_it() {
    assert_eq!(json("[2001:db8::, b::]\n"), r#"["2001:db8::","b::"]"#);
    assert_eq!(json("a: {b: fe80::, c: [d: e::, \"f::\"]}\n"), r#"{"a":{"b":"fe80::","c":[{"d":"e::"},"f::"]}}"#);
    assert_eq!(json(&format!("[{}]\n", ["x::"; 100].join(","))), format!("[{}]", [r#""x::""#; 100].join(",")));
}

#[test]
fn spans_hold_what_a_person_wrote() {
    assert_eq!(
        pieces("a:\n- \"b\" # c\n- d: |-\n    x\n    y\n\n  e:\n"),
        [
            "a:\n- \"b\" # c\n- d: |-\n    x\n    y\n\n  e:",
            "a",
            "- \"b\" # c\n- d: |-\n    x\n    y\n\n  e:",
            "\"b\"",
            "d: |-\n    x\n    y\n\n  e:",
            "d",
            "|-\n    x\n    y",
            "e",
            "",
        ]
    );
    assert_eq!(
        pieces("a: {b: [c], 'd': e}\n\n"),
        ["a: {b: [c], 'd': e}", "a", "{b: [c], 'd': e}", "b", "[c]", "c", "'d'", "e"]
    );
    // The slow path: properties are no part of a value, and an alias stands for itself
    assert_eq!(
        pieces("- &x !!str 1\n- *x\n- !t >+ # c\n  y\n\n"),
        ["- &x !!str 1\n- *x\n- !t >+ # c\n  y", "1", "*x", ">+ # c\n  y"]
    );
    assert_eq!(pieces("? a\n: - - b\n"), ["? a\n: - - b", "a", "- - b", "- b", "b"]);
    assert_eq!(pieces("&m\na: é\n# ü\n"), ["a: é", "a", "é"]);
}

#[test]
fn copies_keep_the_places_of_the_original() {
    let yaml = "a: &x {b: 1}\nc:\n  <<: *x\nd: *x\n";
    assert_eq!(pieces(yaml)[5..], ["c", "<<: *x", "b", "1", "d", "*x", "b", "1"].map(str::to_owned)[..]);
}

#[test]
fn absent_values_stand_behind_their_colon_or_dash() {
    for yaml in ["a:\nb: 1\n", "a: # c\nb: 1\n", "a: &x\nb: *x\n", "-\n- b\n", "- &x\n- *x\n", "{a: , b: 1}"] {
        with_documents(yaml, |source, documents| {
            let Content::Value(node) = &documents[0].content else { panic!("{documents:?}") };
            let first = node.items().first().or(node.entries().first().map(|entry| &entry.value)).unwrap();
            assert!(first.is_null());
            assert_eq!(first.span.start, first.span.end);
            let before = source.text[..first.span.start as usize].trim_end_matches("&x").trim_end();
            assert!(before.ends_with([':', '-']), "{yaml:?}: {before:?}");
        });
    }
}

#[test]
fn every_duplicate_key_is_told_with_the_first_one() {
    let yaml = "a: 1\nb: {c: 1, \"c\": 2}\n'a': 3\nyes: 1\na: 4\n\"true\": 2\n1: x\n\"1\": y\n";
    let found: Vec<_> = findings(yaml)
        .iter()
        .map(|finding| {
            let start = finding.place.range.unwrap().start;
            let first = finding.related[0].place.range.unwrap().start;
            assert_eq!((finding.rule.as_ref(), finding.help.is_some()), ("read/duplicate-key", true));
            (start.line, start.column, first.line, finding.message.clone())
        })
        .collect();
    let twice = |key: &str| format!("key `{key}` stands twice in this mapping");
    assert_eq!(
        found,
        [
            (2, 11, 2, twice("c")),
            (3, 1, 1, twice("a")),
            (5, 1, 1, twice("a")),
            (6, 1, 4, twice("true")),
            (8, 1, 7, twice("1"))
        ]
    );
}

#[test]
fn merged_keys_are_duplicates_of_written_ones() {
    for yaml in ["a: &x {b: 1}\nc:\n  b: 2\n  <<: *x\n", "a: &x {b: 1}\nc:\n  <<: *x\n  b: 2\n"] {
        let found = findings(yaml);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "key `b` is also merged into this mapping by `<<`");
        let start = found[0].place.range.unwrap().start;
        assert_eq!(yaml.lines().nth(start.line as usize - 1), Some("  b: 2"));
        assert_eq!(found[0].related[0].place.range.unwrap().start.line, 1);
    }
    let found = findings("- &x {a: 1}\n- &y {a: 2}\n- <<: [*x, *y]\n");
    assert_eq!(found[0].message, "key `a` is merged into this mapping twice");
    assert_eq!(found[0].place.range.unwrap().start.line, 3);
}

#[test]
fn duplicates_before_a_syntax_error_are_told_too() {
    let found: Vec<_> = findings("a: {b: 1, b: 2}\nc: [\n").iter().map(|finding| finding.rule.to_string()).collect();
    assert_eq!(found, ["read/duplicate-key", "read/syntax"]);
}

#[test]
fn errors_are_told_at_the_exact_place() {
    for (yaml, line, column, message) in [
        ("a:\n\tb: 1\n", 2, 1, "a tab stands where only spaces may indent"),
        ("a: b\n\t\nc: d\n", 2, 1, "a tab stands where only spaces may indent"),
        ("-\ta\n", 1, 2, "a tab stands where only spaces may indent"),
        ("a: |\n  b\n \t\n", 3, 2, "a tab stands where only spaces may indent"),
        ("a: b\n\n\t\n  c\n", 3, 1, "a tab stands where only spaces may indent"),
        ("a:\n  b: \"c\nd: e\n", 2, 6, "the quote that opens here is never closed"),
        ("a: [b,\nc: d\n", 1, 4, "`[` is never closed"),
        ("a: {b: 1]\n", 1, 4, "`{` is closed by a `]`"),
        ("a: ]\n", 1, 4, "`]` closes nothing"),
        ("a: {b: c\n  d: e}\n", 2, 4, "expected `,` or `}` here"),
        ("a: b: c\n", 1, 5, "a second key cannot start on the same line"),
        ("a: b\n  c: d\n", 2, 3, "this line is indented like a part of the value above, but is a key"),
        ("a: - b\n", 1, 4, "a `-` item cannot start here"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "this line is no key of the mapping above it"),
        ("a: 1\n- b\n", 2, 1, "this line is no key of the mapping above it"),
        ("- a\nb: c\n", 2, 1, "this line is no `-` item of the list above it"),
        ("  a: b\nc: d\n", 2, 1, "the document ended before this line"),
        ("a: 1\nb\nc: 2\n", 2, 1, "this line is neither a key nor part of the value above"),
        ("a: @b\n", 1, 4, "a value cannot start with `@`"),
        ("a: \"b\" c\n", 1, 8, "there is text behind the closing quote"),
        ("a: \"b \\/ c\"\n", 1, 7, "`\\/` is no escape that YAML knows inside double quotes"),
        ("a: \"\\n\\ud83d\\ude00\"\n", 1, 7, "`\\u…` is no escape that YAML knows inside double quotes"),
        ("a: \"b \\' c\"\n", 1, 7, "`\\'` is no escape that YAML knows inside double quotes"),
        ("a: *b\n", 1, 4, "there is no anchor for this alias before it"),
        ("a: &b 1\nc: [*b, *b:]\n", 2, 9, "an alias touches its colon here"),
        ("a: !!int b\n", 1, 10, "the value of a `!!int` is a str"),
        ("a: .inf\n", 1, 4, "infinity and not-a-number do not exist in JSON, and so not in Kubernetes"),
        ("~: b\n", 1, 1, "a key must not be null"),
        ("? [a]\n: b\n", 1, 3, "a key must not be a mapping or a sequence"),
        ("a: [b?c]\n", 1, 6, "a value inside brackets cannot have a `?` here without quotes"),
        ("a: {b:}\n", 1, 6, "Kubernetes takes this colon as a part of the text before it"),
        ("%YAML 1.2\n---\na: 1\n", 1, 1, "Kubernetes reads no other version than YAML 1.1"),
        ("é: \u{7}\n", 1, 4, "the control character `U+0007` (bell) cannot stand in YAML"),
        ("a: b\u{2028}c\n", 1, 5, "the character `U+2028` is a line break for Kubernetes' YAML"),
        ("a: 1\n... b\n", 2, 5, "text cannot stand behind `...`"),
        ("a: b #c\n   d\n", 1, 6, "a comment ends the text here, but the next line goes on with it"),
        ("a: \"b\"#c\n", 1, 7, "a comment needs a space before its `#`"),
        ("a: | b\n", 1, 4, "text cannot start on the line of its `|` or `>`"),
    ] {
        assert_eq!(problem(yaml), (line, column, message.to_owned()), "{yaml:?}");
        let found = findings(yaml);
        assert_eq!(found[0].rule, "read/syntax");
        assert!(!found[0].message.ends_with('.'));
    }
}

#[test]
fn templates_are_told_to_be_such() {
    for yaml in ["a: {{ .Values.a }}\n", "{{- if .a }}\nb: 1\n{{- end }}\n", "a: b\n  {{ toYaml . }}: c\n"] {
        let help = findings(yaml).pop().unwrap().help.unwrap();
        assert!(help.starts_with("the file seems to be a template"), "{yaml:?}: {help}");
    }
    assert_eq!(json("a: '{{ .Values.a }}'\nb: x{{ y }}\n"), r#"{"a":"{{ .Values.a }}","b":"x{{ y }}"}"#);
}

#[test]
fn separators_may_stand_within_quotes_only() {
    assert_eq!(json("a: \"b\u{2028}c\"\n"), "{\"a\":\"b\\u2028c\"}");
    for yaml in ["# \u{2028}a: 1\n", "# a\u{85}", "a: |\n  b\u{2029}c\n", "a: 'b \u{2028}c'\n", "\u{2028}: 'b'"] {
        assert_eq!(findings(yaml)[0].rule, "read/syntax", "{yaml:?}");
    }
}

/// What budgets say of a text.
fn limit(yaml: &str) -> String {
    let found = findings(yaml).pop().unwrap();
    assert_eq!(found.rule, "read/limit", "{found:?}");
    found.message
}

#[test]
fn nesting_has_a_limit() {
    let deep = "collections are nested deeper than 256 levels";
    for start in ["[", "{a: ", "- ", "? "] {
        assert_eq!(limit(&start.repeat(100_000)), deep);
    }
    let block = |levels: usize| (0..levels).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
    assert_eq!(limit(&block(257)), deep);
    assert_eq!(json(&block(256)).len(), 256 * 6 + 4);
    assert_eq!(json(&format!("{}{}", "[".repeat(256), "]".repeat(256))).len(), 512);
    let chain = (1..300).map(|level| format!("- &a{level} [*a{}]\n", level - 1)).collect::<String>();
    assert_eq!(limit(&format!("- &a0 []\n{chain}")), deep);
}

#[test]
fn aliases_have_a_budget() {
    let bomb = (1..20).map(|level| format!("- &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", ")));
    let message = limit(&format!("- &a0 x\n{}", bomb.collect::<String>()));
    assert!(
        message.starts_with("the anchors and aliases of this document stand for more than 1000000 values"),
        "{message}"
    );
    // Text that borrows from the file costs nothing, a block of its own does
    limit(&format!("- &a |\n  {}\n{}", "x".repeat(1 << 20), "- *a\n".repeat(70)));
    with_documents(&format!("- &a {}\n{}", "x".repeat(1 << 16), "- *a\n".repeat(2000)), |_, documents| {
        assert!(matches!(documents[0].content, Content::Value(_)));
    });
}

#[test]
fn many_keys_and_anchors_are_read_in_time() {
    let keys: String = (0..100_000).map(|key| format!("k{key}: {key}\n")).collect();
    with_documents(&keys, |_, documents| {
        let Content::Value(node) = &documents[0].content else { panic!("broken") };
        assert_eq!(node.entries().len(), 100_000);
    });
    let anchors: String = (0..20_000).map(|anchor| format!("- &a{anchor} x\n- *a{}\n", anchor / 2)).collect();
    with_documents(&anchors, |_, documents| assert!(matches!(documents[0].content, Content::Value(_))));
    let found = findings(&"a: 1\n".repeat(20_000));
    assert_eq!(found.len(), 1000);
    assert_eq!(found[999].message, "key `a` stands twice in this mapping, and 18999 more keys behind it do");
    assert_eq!(found[0].message, "key `a` stands twice in this mapping");
}

#[test]
fn a_value_of_a_node_takes_48_bytes() {
    assert_eq!(size_of::<Node<'_>>(), 48);
}

#[test]
fn strings_borrow_from_the_file_where_they_can() {
    with_documents("a: b\n'c': \"d\"\ne: !!str f\n", |source, documents| {
        let Content::Value(node) = &documents[0].content else { panic!("{documents:?}") };
        let within = |text: &str| source.text.as_bytes().as_ptr_range().contains(&text.as_ptr());
        for entry in node.entries() {
            assert!(within(&entry.key) && within(entry.value.as_str().unwrap()), "{entry:?}");
        }
    });
}

#[test]
fn no_message_quotes_what_may_be_a_password() {
    for yaml in [
        "password: *hunter2\n",
        "password: &hunter2 [*hunter2]\n",
        "a: &hunter2 1\npassword: [*hunter2:]\n",
        "password: &hunter.2 x\n",
        "password: !hunter#2 x\n",
        "password: !hunter!2 x\n",
        "password: !!int hunter2\n",
        "password: !!binary hunter2\n",
        "password: %hunter2\n",
        "password: @hunter2\n",
        "password: \"hunter2\n",
        "password: \"\\Uhunter2\"\n",
        "password: \"\\xhunter2\"\n",
        "password: 'hunter2' hunter2\n",
        "password: hunter2: hunter2\n",
        "password: [hunter2\n",
        "password: {hunter2?}\n",
        "password: {hunter2:}\n",
        "password: |hunter2\n",
        "%hunter2\n---\na: 1\n",
        "password: hunter2\nhunter2\n",
    ] {
        let findings = findings(yaml);
        assert!(!format!("{findings:?}").contains("unter"), "{yaml}: {findings:?}");
    }
}

#[test]
fn an_owned_node_is_the_same_and_outlives_its_text() {
    let owned = {
        let source = Source::new("a.yaml", "a: [b, 1, {c: ~}]\nd: 1.5\ne: true\n");
        let document = read_documents(FileId(3), &source).remove(0);
        let Content::Value(node) = document.content else { panic!("{:?}", document.content) };
        let (before, owned) = (format!("{node:?}"), node.into_owned());
        assert_eq!(format!("{owned:?}"), before);
        owned
    };
    assert_eq!(owned.get("d").map(|node| node.span.start), Some(21));
}
