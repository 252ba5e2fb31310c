//! Input that takes other tools down: every run ends, says what it found where, and goes on with the other files.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::program::{Checked, Folder, SOUND};

/// A folder with a sound file beside the hostile one: it is checked whatever the other holds.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND);
    folder
}

fn check(folder: &Folder) -> Checked {
    let checked = folder.check(&[]);
    assert_eq!(checked.count("valid"), 1, "the sound file was checked: {:?}", checked.found());
    checked
}

/// Checks a file of these bytes; the findings must be these, and people must be told as well.
#[track_caller]
fn assert_found(name: &str, bytes: impl AsRef<[u8]>, expected: &[&str]) {
    let folder = folder();
    folder.write(name, bytes);
    let checked = check(&folder);
    assert_eq!(checked.found(), expected);
    assert_eq!(checked.code, i32::from(!expected.is_empty()));
    let human = folder.plimsoll(&["check"]);
    assert_eq!(human.code, checked.code);
    assert!(human.stdout.len() < 10_000, "a report of {} bytes", human.stdout.len());
}

#[test]
fn an_object_that_etcd_would_not_take_is_found() {
    let folder = Folder::new();
    let text = "x".repeat(1_600_000);
    folder.write("pod.yaml", format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: pod}}\nspec: {{containers: [{{name: web, image: web, command: [{text}]}}]}}\n"));
    assert_eq!(folder.check(&[]).found(), ["pod.yaml:1 object/too-large"]);
}

#[test]
fn nested_loops_of_a_rule_end() {
    let folder = Folder::new();
    folder.write("definition.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: foos.example.com}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {plural: foos, kind: Foo, singular: foo, listKind: FooList}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            type: object\n            properties: {l: {type: array, items: {type: string}}}\n            x-kubernetes-validations:\n            - rule: self.l.all(a, self.l.all(b, self.l.all(c, self.l.all(d, a != 'z'))))\n");
    folder.write(
        "foo.yaml",
        format!(
            "apiVersion: example.com/v1\nkind: Foo\nmetadata: {{name: foo}}\nspec:\n  l: [{}]\n",
            "x, ".repeat(300)
        ),
    );
    let checked = folder.check(&[]);
    assert_eq!(checked.found(), ["foo.yaml:4 schema/cel-failed"]);
    assert_eq!(checked.count("unchecked"), 1, "what could not be evaluated is not called valid");
}

#[test]
fn many_mistakes_in_one_object_take_little_memory() {
    let folder = Folder::new();
    let fields: String = (0..20_000).map(|number| format!("  field{number}: 1\n")).collect();
    folder.write("pod.yaml", format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: pod}}\nspec:\n{fields}"));
    let checked = folder.check(&[]);
    assert!(checked.findings().len() < 600, "{}", checked.findings().len());
}

#[test]
fn of_a_hundred_thousand_mistakes_in_one_object_the_most_are_counted() {
    let names = "      - {name: 'a=b', value: c}\n".repeat(100_000);
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: pod}}\nspec:\n  containers:\n    - name: web\n      image: example.com/web:1\n      env:\n{names}"
    );
    let folder = folder();
    folder.write("pod.yaml", pod);
    let checked = check(&folder);
    let last = checked.findings().iter().find(|finding| finding["rule"] == "read/limit").unwrap();
    assert_eq!((&last["message"], &last["line"]), (&"99500 more findings in this object".into(), &1.into()));
    assert_eq!(checked.findings().len(), 501);
}

#[test]
fn an_alias_bomb_ends_at_the_limit() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, previous) in ('b'..='z').zip('a'..='y') {
        let aliases = [format!("*{previous}").as_str(); 10].join(", ");
        let _ = writeln!(bomb, "{name}: &{name} [{aliases}]");
    }
    assert_found("bomb.yaml", bomb, &["bomb.yaml:6 read/limit"]);
}

#[test]
fn an_alias_of_itself_is_an_error() {
    assert_found("circle.yaml", "apiVersion: v1\na: &a\n  b: *a\n", &["circle.yaml:3 read/syntax"]);
}

#[test]
fn a_hundred_thousand_levels_end_at_the_limit() {
    let levels = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_found("levels.yaml", &levels, &["levels.yaml:1 read/limit"]);
    assert_found("levels.json", &levels, &["levels.json:1 read/limit"]);
    assert_found("open.yaml", "{a: ".repeat(100_000), &["open.yaml:1 read/limit"]);
    assert_found("dashes.yaml", "- ".repeat(100_000), &["dashes.yaml:1 read/limit"]);
}

#[test]
fn a_line_of_fifty_megabytes_is_read_and_not_printed() {
    let long = "a".repeat(50_000_000);
    let object = |field: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: long}}\nspec: {{containers: [{{name: a, image: b, {field}: \"{long}\"}}]}}\n"
        )
    };
    assert_found("long.yaml", object("imag"), &["long.yaml:1 object/too-large", "long.yaml:4 schema/unknown-field"]);
}

#[test]
fn a_long_line_with_a_tab_takes_no_longer_than_others() {
    let (long, items) = ("a".repeat(40_000_000), "{a: b}, ".repeat(100_000));
    assert_found("tab.yaml", format!("items: [\"{long}\", {items}\t{{a: b}}]\n"), &[]);
}

#[test]
fn many_objects_on_one_line_take_no_longer_than_on_many() {
    let folder = folder();
    let item = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":1}}"#;
    folder.write("many.json", item.repeat(5_000));
    let checked = check(&folder);
    assert_eq!((checked.count("invalid"), checked.findings().len()), (5_000, 9_999), "each is wrong, and a duplicate");
}

#[test]
fn a_broken_value_of_a_json_stream_does_not_hide_the_next() {
    let object = |name: &str, data: &str| {
        format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\",\n\"metadata\": {{\"name\": \"{name}\"}}, \"data\": {data}}}\n"
        )
    };
    let text = object("a", "{\"a\": 'x'}") + &object("b", "{\"a\": 5}") + &object("c", "{}");
    let folder = Folder::new();
    folder.write("stream.json", text);
    let checked = folder.check(&[]);
    assert_eq!(checked.found(), ["stream.json:2 read/syntax", "stream.json:4 schema/type"]);
    assert_eq!((checked.count("documents"), checked.count("valid"), checked.count("invalid")), (3, 1, 2));
}

#[test]
fn bytes_that_are_not_utf_8_are_pointed_at() {
    assert_found(
        "latin-1.yaml",
        b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: caf\xe9\n",
        &["latin-1.yaml:4 read/encoding"],
    );
}

#[test]
fn wide_encodings_are_named() {
    let utf_16: Vec<u8> = [0xfeff].into_iter().chain(SOUND.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_found("wide.yaml", utf_16, &["wide.yaml:- read/encoding"]);
}

#[test]
fn a_null_character_is_pointed_at() {
    assert_found(
        "null.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\0b\n",
        &["null.yaml:4 read/syntax"],
    );
}

#[test]
fn an_empty_file_is_nothing_to_complain_about() {
    assert_found("empty.yaml", "", &[]);
    assert_found("empty.json", "", &[]);
    assert_found("markers.yaml", "---\n".repeat(100_000), &[]);
    assert_found("mark.yaml", "\u{feff}", &[]);
}

#[test]
fn the_last_of_a_hundred_thousand_documents_is_pointed_at() {
    let mut documents = "---\na: 1\n".repeat(99_999);
    documents += "---\nkind: ConfigMap\nmetadata: {name: last}\n";
    let folder = folder();
    folder.write("many.yaml", documents);
    let checked = check(&folder);
    assert_eq!(checked.found(), ["many.yaml:200000 read/not-an-object"]);
    assert_eq!(checked.count("documents"), 100_001);
    assert_eq!(checked.count("skipped"), 99_999);
}

#[test]
fn a_line_break_in_a_name_does_not_break_a_line_of_a_report() {
    let folder = folder();
    folder.write("a\nb\u{1b}[31m.yaml", "a: [\n");
    assert_eq!(check(&folder).code, 1);
    // A program that opens the file needs its true name, so only what people read is free of control characters
    for (format, escape) in [("human", true), ("tap", true), ("github", false), ("junit", true), ("json", true)] {
        let run = folder.plimsoll(&["check", "--format", format]);
        assert_eq!(run.code, 1, "{format}");
        assert!(!run.stdout.contains("a\nb"), "{format}: {:?}", run.stdout);
        assert!(!escape || !run.stdout.contains('\u{1b}'), "{format}: {:?}", run.stdout);
    }
}

#[test]
fn a_name_that_is_not_utf_8_is_reported_and_not_passed_over() {
    let folder = folder();
    fs::write(folder.path().join(OsStr::from_bytes(b"\xff.yaml")), SOUND).unwrap();
    let checked = check(&folder);
    assert_eq!(checked.code, 1);
    assert_eq!(checked.findings()[0]["rule"], "read/unreadable");
}

#[test]
fn a_folder_with_a_manifest_s_name_is_a_folder() {
    let folder = folder();
    folder.write("folder.yaml/inner.yaml", SOUND.replace("sound", "inner"));
    let checked = folder.check(&[]);
    assert_eq!((checked.code, checked.count("valid")), (0, 2));
}

#[test]
fn nobody_waits_for_a_fifo_or_socket() {
    let folder = folder();
    assert!(Command::new("mkfifo").arg(folder.at("fifo.yaml")).status().unwrap().success());
    let _socket = UnixListener::bind(folder.at("socket.yaml")).unwrap();
    let checked = check(&folder);
    assert_eq!(checked.code, 1);
    assert_eq!(checked.found(), ["fifo.yaml:- read/special-file", "socket.yaml:- read/special-file"]);
}

#[test]
fn links_in_a_circle_end() {
    let folder = folder();
    symlink("circle.yaml", folder.at("circle.yaml")).unwrap();
    fs::create_dir(folder.at("down")).unwrap();
    symlink("..", folder.at("down/up")).unwrap();
    let checked = check(&folder);
    assert_eq!((checked.code, checked.count("files")), (1, 1));
    assert_eq!(checked.found(), ["circle.yaml:- read/unreadable"]);
}

#[test]
fn a_link_out_of_the_root_is_not_followed() {
    let outside = Folder::new();
    outside.write("outside.yaml", "a: [\n");
    let folder = Folder::repository();
    folder.write("sound.yaml", SOUND);
    symlink(outside.at("outside.yaml"), folder.at("link.yaml")).unwrap();
    symlink(outside.path(), folder.at("linked")).unwrap();
    let checked = check(&folder);
    assert_eq!(checked.code, 0, "a warning");
    assert!(checked.found().contains(&"link.yaml:- read/symlink".to_owned()), "{:?}", checked.found());
    assert!(checked.findings().iter().all(|finding| finding["rule"] == "read/symlink"), "{:?}", checked.found());
}

#[test]
fn a_file_that_may_not_be_read_is_a_finding() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    folder.write("closed.yaml", SOUND);
    fs::set_permissions(folder.at("closed.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(folder.at("closed.yaml")).is_ok() {
        // The superuser may read anything
        return;
    }
    let checked = check(&folder);
    assert_eq!(checked.found(), ["closed.yaml:- read/unreadable"]);
}

#[test]
fn broken_yaml_of_every_kind_is_a_finding_with_a_line() {
    for text in [
        "a: [",
        "a: {",
        "a: 'b",
        "a: \"b",
        "a: b: c",
        "\ta: b",
        "- a\nb: c",
        "%YAML 9.9\n---\na: b",
        "a: *nothing",
        "a: !!binary x: y",
        "? [a]\n: b",
        "<<<<<<< HEAD\na: b\n=======\na: c\n>>>>>>> other",
        "a: b\n a: c",
        "a: \"\\x\"",
        "&a &b c: d",
        "...\na\n...\nb: [",
        "@a: b",
        "`a`",
        "a: %b",
        "{a, b}}",
        "]",
        "? a\n: [b",
        "a: |1-x\n b",
    ] {
        let folder = folder();
        folder.write("broken.yaml", text);
        let checked = check(&folder);
        for finding in checked.findings() {
            assert!(finding["line"].as_u64().is_some(), "{text:?}: {finding}");
            assert_eq!(finding["path"], "broken.yaml");
        }
        assert!(checked.count("invalid") > 0 || checked.count("skipped") > 0, "{text:?}: {}", checked.report);
    }
}
