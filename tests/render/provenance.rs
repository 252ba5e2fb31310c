//! Every value of a rendering leads back to the line where a person wrote it.
//!
//! In: kustomizations made at random, in each one leaf of one file replaced by a word that stands nowhere else. Out:
//! nothing, or the place in the rendering that holds the word and claims another line.

use plimsoll::manifest::{Node, Value};
use plimsoll::render::Files;

use crate::made::Repository;
use crate::made::kustomizations::repository;
use crate::made::random::Random;
use crate::made::yaml::Yaml;
use crate::rendering::render_with;

const WORD: &str = "unmistakable";
const CASES: u64 = 600;

/// The line of the word in the files: path and line.
fn written(repository: &Repository) -> Option<(String, usize)> {
    let question = repository.question();
    question.files.iter().find_map(|(path, bytes)| {
        let text = String::from_utf8_lossy(bytes);
        let line = text.lines().position(|line| line.contains(WORD))?;
        Some((path.clone(), line + 1))
    })
}

/// Replaces a leaf of a file, which may be a line of a patch within a kustomization.
fn mark(repository: &mut Repository, random: &mut Random) {
    let paths: Vec<_> = repository.files.keys().cloned().collect();
    // What is hit may be no leaf
    for _ in 0..8 {
        let path = random.pick(&paths);
        mark_in(repository.files.get_mut(path).unwrap(), random);
        if written(repository).is_some() {
            return;
        }
    }
}

fn mark_in(documents: &mut [Yaml], random: &mut Random) {
    if documents.is_empty() {
        return;
    }
    let index = random.below(documents.len());
    let document = &mut documents[index];
    let chosen = random.below(document.size());
    let line = random.below(20);
    document.change_at(chosen, |value| match value {
        Yaml::Plain(plain) => WORD.clone_into(plain),
        Yaml::Block(_, lines) => {
            let count = lines.len();
            let line = &mut lines[line % count];
            if let Some((key, _)) = line.rsplit_once(": ") {
                *line = format!("{key}: {WORD}");
            }
        }
        _ => {}
    });
}

/// The places that the values with the word claim.
fn claimed(node: &Node<'_>, files: &Files<'_>, found: &mut Vec<(String, usize, String)>) {
    match &node.value {
        // A name with a prefix is made of two lines, and leads to the prefix
        Value::String(text) if text == WORD || text.contains('\n') && text.contains(WORD) => {
            let place = files.place(node.span);
            let lines = place.range.map(|range| (range.start.line as usize, range.end.line as usize));
            let (start, end) = lines.unwrap_or_default();
            // A text of several lines leads to them all
            for line in start..=if text.contains('\n') { end } else { start } {
                found.push((place.path.to_string(), line, text.to_string()));
            }
        }
        Value::Sequence(items) => {
            for item in items {
                claimed(item, files, found);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                claimed(&entry.value, files, found);
            }
        }
        _ => {}
    }
}

#[test]
fn what_is_changed_in_one_line_of_a_source_has_that_line_wherever_it_is_rendered() {
    let (mut reached, mut wrong) = (0, Vec::new());
    for seed in 0..CASES {
        let mut repository = repository(seed);
        mark(&mut repository, &mut Random::new(seed ^ 0xABCD));
        let Some(place) = written(&repository) else { continue };
        let rendered = render_with(&repository.question(), |objects, files| {
            let mut found = Vec::new();
            for object in objects {
                claimed(object, files, &mut found);
            }
            found
        });
        let Ok(found) = rendered else { continue };
        let values: std::collections::BTreeSet<_> = found.iter().map(|(_, _, text)| text.clone()).collect();
        reached += usize::from(!values.is_empty());
        for value in values {
            if !found.iter().any(|(path, line, text)| *text == value && (path, *line) == (&place.0, place.1)) {
                let claims: Vec<_> = found.iter().filter(|(_, _, text)| *text == value).collect();
                wrong.push(format!("seed {seed}: written at {place:?}, rendered as {claims:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {reached}:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(reached > 60, "only {reached} words reached a rendering");
}
