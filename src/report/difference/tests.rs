//! One difference with awkward content, in every format.

use serde_json::{Value, json};

use super::*;
use crate::catalogue::render::MISSING;
use crate::finding::{ObjectReference, Severity};
use crate::manifest::Source;
use crate::render::{Shown, Written};

fn place(path: &str, line: usize) -> Place {
    let offset = u32::try_from(line).unwrap() - 1;
    Source::new(path, "\n".repeat(line)).place(offset, offset)
}

fn written(value: Value, line: usize) -> Written {
    Written { value: Shown::Value(value), place: place("base/a.yaml", line) }
}

fn hidden() -> Written {
    Written { value: Shown::Hidden, place: place("base/a.yaml", 9) }
}

fn object(kind: &str, name: &str, change: Change, fields: Vec<FieldDifference>) -> ObjectDifference {
    let object = ObjectReference {
        api_version: "v1".into(),
        kind: kind.into(),
        namespace: Some("web".into()),
        name: Some(name.into()),
    };
    let place = Some(place("base/a.yaml", 1));
    let before = place.clone().filter(|_| change != Change::Created);
    ObjectDifference { object, change, before, after: place.filter(|_| change != Change::Deleted), fields }
}

fn awkward() -> Difference {
    let field =
        |pointer: &str, change, before, after| FieldDifference { pointer: pointer.into(), change, before, after };
    let fields = vec![
        field("/spec/replicas", Change::Changed, Some(written(json!(2), 3)), Some(written(json!(3), 4))),
        field(
            "/data/lines",
            Change::Changed,
            Some(written(json!("a\nb\nc\n"), 5)),
            Some(written(json!("a\n```\nc\n"), 5)),
        ),
        field("/spec/new", Change::Created, None, Some(written(json!({"a": "\u{1b}[31m</details>"}), 7))),
        field(
            "/spec/items",
            Change::Reordered,
            Some(written(json!(["a", "b"]), 8)),
            Some(written(json!(["b", "a"]), 8)),
        ),
    ];
    let secret = vec![
        field("/data/password", Change::Changed, Some(hidden()), Some(hidden())),
        field("/data/token", Change::Deleted, Some(hidden()), None),
    ];
    let unrendered = |state| Unrendered {
        state,
        finding: Finding::new(&MISSING, Place::file("apps/<b>/kustomization.yaml"), "`gone.yaml` is not there")
            .with_help("correct the path, or add the file"),
    };
    Difference {
        before: "main".into(),
        after: "@everyone <x>".into(),
        compared: 9,
        trees: vec![
            TreeDifference {
                applied_by: None,
                path: String::new(),
                change: Change::Changed,
                objects: vec![
                    object("Deployment", "api\u{1b}]0;owned\u{7}", Change::Changed, fields),
                    object("Secret", "db", Change::Changed, secret),
                    object("ConfigMap", "new", Change::Created, Vec::new()),
                ],
                unrendered: Vec::new(),
            },
            TreeDifference {
                applied_by: None,
                path: "apps/<b>".into(),
                change: Change::Deleted,
                objects: vec![object("Service", "old", Change::Deleted, Vec::new())],
                unrendered: Vec::new(),
            },
            TreeDifference {
                applied_by: None,
                path: "broken".into(),
                change: Change::Changed,
                objects: Vec::new(),
                unrendered: vec![unrendered(State::After)],
            },
        ],
    }
}

fn text(format: DifferenceFormat, difference: &Difference, colour: bool) -> String {
    let context = Context {
        source: &|_| None,
        colour,
        width: 100,
        display: &|path| format!("../{path}"),
        threshold: Severity::Deny,
    };
    let mut out = Vec::new();
    write(format, difference, [&context, &context], &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn people_see_each_field_with_its_lines() {
    let shown = text(DifferenceFormat::Human, &awkward(), false);
    insta::assert_snapshot!("difference_human", shown);
    assert!(!shown.contains('\u{1b}') && text(DifferenceFormat::Human, &awkward(), true).contains("\u{1b}[33m~"));
}

#[test]
fn a_pull_request_gets_a_section_a_tree() {
    insta::assert_snapshot!("difference_markdown", text(DifferenceFormat::Markdown, &awkward(), false));
}

#[test]
fn a_comment_has_a_bounded_length() {
    let mut difference = awkward();
    let tree = difference.trees.remove(0);
    let many = |count: usize| TreeDifference {
        applied_by: None,
        path: format!("apps/{count}"),
        change: Change::Changed,
        objects: (0..count).map(|_| tree.objects[0].clone()).collect(),
        unrendered: Vec::new(),
    };
    difference.trees = (1..=400).rev().map(many).collect();
    let text = text(DifferenceFormat::Markdown, &difference, false);
    assert!(text.len() < 65_000, "{}", text.len());
    assert!(text.contains("more lines: `plimsoll diff`") && text.contains("more trees: `plimsoll diff`"), "{text}");
    assert_eq!(text.matches("<details><summary>").count(), text.matches("\n</details>\n").count());
}

#[test]
fn nothing_is_said_in_one_line() {
    let nothing = Difference { before: "a".into(), after: "b".into(), compared: 3, trees: Vec::new() };
    assert_eq!(text(DifferenceFormat::Human, &nothing, true), "no difference in 3 trees\n");
}

#[test]
fn the_committed_schema_is_up_to_date_and_real_output_fits_it() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/diff.schema.json");
    if std::env::var_os("PLIMSOLL_BLESS").is_some() {
        std::fs::write(&path, json_schema()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == json_schema(), "run the tests with PLIMSOLL_BLESS=1");
    let validator = jsonschema::validator_for(&serde_json::from_str(&committed).unwrap()).unwrap();
    let mut report: Value = serde_json::from_str(&text(DifferenceFormat::Json, &awkward(), false)).unwrap();
    assert_eq!(validator.iter_errors(&report).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(report["trees"][0]["objects"][1]["fields"][0]["after"]["hidden"], true);
    report["schema"] = 2.into();
    assert!(!validator.is_valid(&report));
}
