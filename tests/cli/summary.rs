//! The account of a run adds up: nothing that was found in the tree is missing from it.

use super::program::{Checked, Folder, MISTAKEN, SOUND};

/// What holds of every report: each object and each broken document or file has one verdict, and the verdicts in the
/// report are those of the findings.
fn assert_adds_up(checked: &Checked) {
    let count = |what| checked.count(what);
    let judged = count("valid") + count("invalid") + count("unchecked");
    assert!(judged >= count("objects"), "{}", checked.report["summary"]);
    assert!(count("documents") >= count("skipped"), "{}", checked.report["summary"]);
    let denied = checked.findings().iter().any(|finding| finding["severity"] == "deny");
    assert_eq!(checked.code, i32::from(denied), "{}", checked.report["summary"]);
}

#[test]
fn every_document_is_an_object_or_skipped_or_broken() {
    let folder = Folder::new();
    folder
        .write("many.yaml", format!("{SOUND}---\n{MISTAKEN}---\n# empty\n---\na: [\n---\nkey: value\n"))
        .write("list.yaml", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: b}\n")
        .write("unknown.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\n")
        .write("kustomization.yaml", "resources: [many.yaml]\n")
        .write("almost.yaml", "kind: ConfigMap\nmetadata:\n  name: no-version\n")
        .write("encoded.yaml", b"a: \xff\n");
    let checked = folder.check(&[]);
    assert_adds_up(&checked);
    let summary = |what| checked.count(what);
    assert_eq!(summary("files"), 6);
    // 5 in many.yaml, one in each other file that can be read
    assert_eq!(summary("documents"), 9);
    assert_eq!(summary("objects"), 5, "a List counts as its items");
    assert_eq!(summary("valid"), 3);
    assert_eq!(summary("unchecked"), 1);
    assert_eq!(summary("skipped"), 3, "empty, not an object, a kustomization");
    assert_eq!(summary("invalid"), 5, "an object, a broken document and its kustomization, what is no object, a file");
    // Documents are objects (less what Lists add), skipped, or broken; a file that is not text has no documents
    assert_eq!(summary("documents"), (summary("objects") - 1) + summary("skipped") + 2);
    assert_eq!(summary("valid") + summary("invalid") + summary("unchecked"), summary("objects") + 3 + 1);
}

#[test]
fn the_repositories_of_the_fixtures_add_up() {
    let root = env!("CARGO_MANIFEST_DIR");
    for repository in ["gitops", "gitops-broken"] {
        let checked = Folder::new().check(&[&format!("{root}/fixtures/repos/{repository}")]);
        assert_adds_up(&checked);
        assert!(checked.count("objects") > 50);
    }
}

#[test]
fn an_object_without_a_schema_is_never_called_valid() {
    let folder = Folder::new();
    folder.write("unknown.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\n");
    let checked = folder.check(&[]);
    assert_eq!((checked.code, checked.count("valid"), checked.count("unchecked")), (0, 0, 1));
    assert_eq!(checked.found(), ["unknown.yaml:2 schema/unknown-kind"]);
    assert_eq!(folder.check(&["--fail-on", "warn"]).code, 1);
}

#[test]
fn a_tree_fails_with_what_is_found_across_its_files() {
    let folder = Folder::new();
    folder.write("twice/a.yaml", SOUND).write("twice/b.yaml", SOUND);
    folder.write("twice/kustomization.yaml", "resources: [a.yaml, b.yaml]\n");
    folder.write("part/a.yaml", SOUND).write("part/kustomization.yaml", "resources: [a.yaml, ../nowhere]\n");
    let checked = folder.check(&[]);
    let trees = checked.report["trees"].as_array().unwrap();
    let verdicts: Vec<_> =
        trees.iter().map(|tree| (tree["path"].as_str().unwrap(), tree["verdict"].as_str().unwrap())).collect();
    assert_eq!(verdicts, [("part", "fail"), ("twice", "fail")]);
    assert_eq!(checked.found(), ["part/kustomization.yaml:1 render/missing", "twice/b.yaml:4 object/duplicate"]);
    assert_eq!((checked.count("valid"), checked.count("invalid")), (3, 2), "the objects as written, and two trees");
}

#[test]
fn a_tree_fails_with_the_worst_that_it_holds() {
    let folder = Folder::new();
    folder.write("good/sound.yaml", SOUND).write("good/kustomization.yaml", "resources: [sound.yaml]\n");
    folder.write("bad/mistaken.yaml", MISTAKEN).write("bad/kustomization.yaml", "resources: [mistaken.yaml]\n");
    let checked = folder.check(&[]);
    let trees = checked.report["trees"].as_array().unwrap();
    let verdicts: Vec<_> =
        trees.iter().map(|tree| (tree["path"].as_str().unwrap(), tree["verdict"].as_str().unwrap())).collect();
    assert_eq!(verdicts, [("bad", "fail"), ("good", "pass")]);
}

#[test]
fn every_item_of_a_list_counts_whatever_the_others_are() {
    let folder = Folder::new();
    let item = |name: &str, value: &str| {
        format!("- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: {name}}}\n  data: {{a: {value}}}\n")
    };
    let list =
        format!("{}- just text\n{}- kind: ConfigMap\n  metadata: {{name: c}}\n-\n", item("a", "x"), item("b", "5"));
    folder.write("list.yaml", format!("apiVersion: v1\nkind: List\nitems:\n{list}"));
    let checked = folder.check(&[]);
    assert_adds_up(&checked);
    assert_eq!(
        checked.found(),
        [
            "list.yaml:8 read/not-an-object",
            "list.yaml:12 schema/type",
            "list.yaml:13 read/not-an-object",
            "list.yaml:15 read/not-an-object"
        ]
    );
    assert_eq!((checked.count("objects"), checked.count("valid"), checked.count("invalid")), (2, 1, 4));
}

#[test]
fn an_empty_list_is_skipped_and_counted() {
    let folder = Folder::new();
    let empty = ["items: []", "items:", "metadata: {}", "items:\n- {apiVersion: v1, kind: List, items: []}"];
    for (index, items) in empty.iter().enumerate() {
        folder.write(&format!("{index}.yaml"), format!("apiVersion: v1\nkind: List\n{items}\n"));
    }
    folder.write("typed.yaml", "apiVersion: v1\nkind: ConfigMapList\nitems: null\n").write("sound.yaml", SOUND);
    let checked = folder.check(&[]);
    assert_adds_up(&checked);
    assert_eq!(checked.found(), [""; 0]);
    assert_eq!((checked.count("documents"), checked.count("valid"), checked.count("skipped")), (6, 1, 5));
    assert!(folder.plimsoll(&["check"]).stdout.contains("skipped 5: empty list"));
}
