//! The kustomizations of `fixtures/render`, each about one word of the language or one trap in it.
//!
//! In: a folder a case. What is rendered is the case's own folder, or every folder of its `overlays`. Beside each lies
//! `expected.yaml`, what the real Kustomize prints; `PLIMSOLL_BLESS=1` writes it anew. It is never written by hand.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::program::Folder;
use crate::rendering::{files_of, question, render};
use crate::support::kustomize_reference::{KustomizeReference, Question};

const EXPECTED: &str = "expected.yaml";

/// A folder that is rendered.
struct Rendered {
    /// The case, and the folder in it.
    name: String,
    expected: PathBuf,
    question: Question,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/render")
}

pub(crate) fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn all() -> Vec<Rendered> {
    let mut all = Vec::new();
    for case in folders(&root()) {
        let mut files = files_of(&case);
        files.retain(|path, _| !path.ends_with(EXPECTED));
        let rendered = if case.join("kustomization.yaml").is_file() {
            vec![case.clone()]
        } else {
            folders(&case.join("overlays"))
        };
        assert!(!rendered.is_empty(), "{}: nothing is rendered", case.display());
        for folder in rendered {
            let path = folder.strip_prefix(&case).unwrap().to_str().unwrap();
            all.push(Rendered {
                name: folder.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(),
                expected: folder.join(EXPECTED),
                question: question(&files, path),
            });
        }
    }
    all
}

fn expected(rendered: &Rendered) -> String {
    fs::read_to_string(&rendered.expected)
        .unwrap_or_else(|error| panic!("{}: {error}: write it with PLIMSOLL_BLESS=1", rendered.expected.display()))
}

/// Where two texts differ first.
pub(crate) fn difference(left: &str, right: &str) -> String {
    let mut lines = left.lines().zip(right.lines()).enumerate();
    match lines.find(|(_, (left, right))| left != right) {
        Some((index, (left, right))) => format!("line {}\n  expected: {left}\n  got:      {right}", index + 1),
        None => format!("{} lines are expected, there are {}", left.lines().count(), right.lines().count()),
    }
}

#[test]
fn every_fixture_is_what_the_real_kustomize_prints() {
    let all = all();
    let questions: Vec<_> = all.iter().map(|rendered| rendered.question.clone()).collect();
    let answers = KustomizeReference::start().render_all(&questions);
    let mut differences = Vec::new();
    for (rendered, answer) in all.iter().zip(answers) {
        match answer {
            Err(why) => differences.push(format!("{}: refused: {why}", rendered.name)),
            Ok(text) if env::var_os("PLIMSOLL_BLESS").is_some() => fs::write(&rendered.expected, text).unwrap(),
            Ok(text) if text == expected(rendered) => {}
            Ok(text) => differences.push(format!("{}: {}", rendered.name, difference(&expected(rendered), &text))),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_fixture_is_rendered_to_the_bytes_that_kustomize_prints() {
    let mut differences = Vec::new();
    for rendered in all() {
        match render(&rendered.question) {
            Err(finding) => differences.push(format!("{}: refused: {finding:#?}", rendered.name)),
            Ok(text) if text == expected(&rendered) => {}
            Ok(text) => differences.push(format!("{}: {}", rendered.name, difference(&expected(&rendered), &text))),
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_program_prints_what_the_library_renders() {
    for rendered in
        all().iter().filter(|rendered| rendered.name.contains("order") || rendered.name.contains("overlays"))
    {
        let folder = Folder::new();
        for (path, bytes) in &rendered.question.files {
            folder.write(path, bytes);
        }
        let mut arguments = vec!["render", rendered.question.folder.as_str()];
        if rendered.question.folder.is_empty() {
            arguments.pop();
        }
        if rendered.question.keeps_order {
            arguments.extend(["--reorder", "none"]);
        }
        if rendered.question.is_unrestricted {
            arguments.extend(["--load-restrictor", "none"]);
        }
        let run = folder.plimsoll(&arguments);
        assert_eq!((run.code, run.stdout), (0, expected(rendered)), "{}: {}", rendered.name, run.stderr);
    }
}

#[test]
fn there_are_some_forty_fixtures() {
    assert!(all().len() >= 40, "{}", all().len());
}
