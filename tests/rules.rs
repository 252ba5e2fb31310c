//! Every rule of the catalogue finds what it says and nothing else: in the fixtures, and in its own manual.
//!
//! `fixtures/rules/<family>/<name>/fail.yaml` marks each line that a finding must point at with `# expect: <rule>`;
//! `pass.yaml` holds what comes close and is right.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

#[path = "support/marks.rs"]
mod marks;
#[path = "cli/program.rs"]
#[expect(dead_code, reason = "this test needs a part of it")]
mod program;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::catalogue::{self, Rule};
use program::{Folder, SOUND};

/// Rules that no text of a file can show, and where they are tested.
const NOT_IN_A_TEXT: [(&str, &str); 6] = [
    ("object/too-large", "src/check/builtin: a file over a mebibyte"),
    ("read/crash", "a bug of Plimsoll itself"),
    ("read/nested-repository", "tests/repo.rs: a folder"),
    ("read/special-file", "tests/cli/hostile_input.rs: a FIFO"),
    ("read/symlink", "tests/cli/hostile_input.rs: a link"),
    ("read/unreadable", "tests/cli/hostile_input.rs: a name, a permission"),
];

fn rules() -> impl Iterator<Item = &'static Rule> {
    // What stops a rendering takes several files to show: tests/render.rs holds those.
    let one_file = catalogue::rules().filter(|rule| rule.family() != "render");
    one_file.filter(|rule| NOT_IN_A_TEXT.iter().all(|(id, _)| *id != rule.id))
}

fn fixture(rule: &Rule, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules").join(rule.id).join(name)
}

/// `line rule` of what is found at `warn` or above in a text, alone in a folder.
fn found(rule: &Rule, text: &[u8]) -> BTreeSet<String> {
    let folder = Folder::new();
    if rule.family() == "config" {
        folder.write("sound.yaml", SOUND).write("plimsoll.yaml", text);
    } else {
        folder.write("manifest.yaml", text);
    }
    let checked = folder.check(&[]);
    let findings = checked.findings().iter().filter(|finding| finding["severity"] != "info");
    findings.map(|finding| format!("{} {}", finding["line"], finding["rule"].as_str().unwrap())).collect()
}

#[test]
fn every_rule_finds_exactly_what_its_fixture_marks() {
    let mut wrong = String::new();
    for rule in rules() {
        let text = fs::read(fixture(rule, "fail.yaml")).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        let expected: BTreeSet<String> =
            marks::marks(&text).into_iter().map(|(line, rule)| format!("{line} {rule}")).collect();
        let own = format!(" {}", rule.id);
        assert!(expected.iter().any(|mark| mark.ends_with(&own)), "{}: {expected:?}", rule.id);
        let found = found(rule, &text);
        if found != expected {
            let missing: Vec<_> = expected.difference(&found).collect();
            let more: Vec<_> = found.difference(&expected).collect();
            let _ = writeln!(wrong, "{}: missing {missing:?}, found instead {more:?}", rule.id);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_rule_finds_anything_in_what_comes_close_and_is_right() {
    let mut wrong = String::new();
    for rule in rules() {
        let text = fs::read(fixture(rule, "pass.yaml")).unwrap_or_else(|error| panic!("{}: {error}", rule.id));
        let found = found(rule, &text);
        if !found.is_empty() {
            let _ = writeln!(wrong, "{}: {found:?}", rule.id);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_examples_of_the_manual_show_their_rule_and_are_mended_by_what_it_says() {
    let mut wrong = String::new();
    for rule in rules().filter(|rule| !rule.example.starts_with("$ ")) {
        let example = found(rule, rule.example.as_bytes());
        if !example.iter().any(|found| found.ends_with(&format!(" {}", rule.id))) {
            let _ = writeln!(wrong, "{}: its example gives {example:?}", rule.id);
        }
        let instead = found(rule, rule.instead.as_bytes());
        if !instead.is_empty() {
            let _ = writeln!(wrong, "{}: what to write instead gives {instead:?}", rule.id);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_fixture_is_that_of_a_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    let entries = |folder: &Path| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    for folder in entries(&root).iter().flat_map(|family| entries(family)) {
        let id = folder.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        assert!(rules().any(|rule| rule.id == id), "{id} is no rule that a text can show");
        assert_eq!(entries(&folder).len(), 2, "{id}: pass.yaml and fail.yaml, and nothing else");
    }
}
