//! The repositories of `fixtures/repos`: one that is right, and the same with the mistakes that people make.
//!
//! What must be found stands in the broken one, at the lines where it must be found.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

#[path = "support/go_program.rs"]
mod go_program;
#[path = "support/helm.rs"]
mod helm;
#[path = "support/marks.rs"]
mod marks;
#[path = "cli/program.rs"]
#[expect(dead_code, reason = "this test needs a part of it")]
mod program;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use program::{Checked, Folder};

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/repos").join(name)
}

/// A check of a copy: what lies around the fixtures, this project's own Git repository above all, has no part in it.
fn check(name: &str) -> Checked {
    let folder = Folder::new();
    for (path, text) in files(&repository(name)) {
        folder.write(&path, text);
    }
    folder.check_with_helm(&helm::program(), &[])
}

/// All files, with their paths from the root.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read(path).unwrap()));
            }
        }
    }
    files
}

/// `path:line rule` of every mistake that the repository says it has.
fn expected(root: &Path) -> BTreeSet<String> {
    let listed = fs::read_to_string(root.join("expected.txt")).unwrap();
    let marked = files(root).into_iter().flat_map(|(path, text)| {
        marks::marks(&text).into_iter().map(move |(line, rule)| format!("{path}:{line} {rule}"))
    });
    listed.lines().map(str::to_owned).chain(marked).collect()
}

#[test]
fn a_repository_that_a_real_api_server_accepts_passes_without_a_finding() {
    let checked = check("gitops");
    assert_eq!(checked.found(), [""; 0]);
    assert_eq!((checked.code, checked.count("unchecked")), (0, 0));
    assert_eq!(checked.count("valid"), checked.count("objects"));
    assert!(checked.count("objects") > 50);
}

#[test]
fn every_mistake_of_the_broken_repository_is_found_at_its_line_and_nothing_else() {
    let checked = check("gitops-broken");
    let found: BTreeSet<String> = checked.found().into_iter().collect();
    let expected = expected(&repository("gitops-broken"));
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && more.is_empty(), "missing: {missing:#?}\nnot expected: {more:#?}");
    assert_eq!(checked.code, 1);
}

#[test]
fn every_mistake_of_the_broken_repository_says_what_is_wrong_in_one_sentence() {
    for finding in check("gitops-broken").findings() {
        let message = finding["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.ends_with('.') && !message.contains('\n'), "{finding}");
    }
}
