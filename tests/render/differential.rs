//! Plimsoll against Kustomize on kustomizations made at random.
//!
//! In: seeds; `PLIMSOLL_RENDER_CASES` asks for more than CI has time for, `PLIMSOLL_RENDER_SEED` for others. Out: nothing,
//! or the first differences, each cut down to what makes it. Same bytes, or both refuse: nothing else passes.

use std::env;

use crate::fixtures::difference;
use crate::made::Repository;
use crate::made::kustomizations::repository;
use crate::made::yaml::Yaml;
use crate::rendering::render;
use crate::support::kustomize_reference::KustomizeReference;

const CASES: u64 = 400;

/// How many differences are told, since each takes a while to cut down.
const TOLD: usize = 4;

fn number(variable: &str, unasked: u64) -> u64 {
    env::var(variable).ok().map_or(unasked, |value| value.parse().unwrap())
}

/// What differs, if anything does.
fn differs(repository: &Repository, theirs: Result<String, String>) -> Option<String> {
    match (render(&repository.question()), theirs) {
        (Ok(ours), Ok(theirs)) if ours == theirs => None,
        (Ok(ours), Ok(theirs)) => Some(difference(&theirs, &ours)),
        (Err(_), Err(_)) => None,
        (Ok(_), Err(why)) => Some(format!("only Kustomize refuses it: {why}")),
        (Err(finding), Ok(_)) => Some(format!("only Plimsoll refuses it: {}: {}", finding.rule, finding.message)),
    }
}

fn kind_of(difference: &str) -> &str {
    difference.split(':').next().unwrap_or_default().split(' ').next().unwrap_or_default()
}

/// Takes away what the difference does not need, value by value.
fn cut_down(mut repository: Repository, mut found: String, reference: &mut KustomizeReference) -> (Repository, String) {
    loop {
        let mut is_smaller = false;
        for path in repository.files.keys().cloned().collect::<Vec<_>>() {
            let mut document = 0;
            while document < repository.files[&path].len() {
                let mut index = 0;
                while index < repository.files[&path][document].size() {
                    let mut smaller = repository.clone();
                    let documents = smaller.files.get_mut(&path).unwrap();
                    if index == 0 {
                        documents.remove(document);
                    } else {
                        documents[document] = documents[document].without(index);
                    }
                    // What makes an object one stays
                    if smaller.files == repository.files {
                        index += 1;
                        continue;
                    }
                    let answer = reference.render(&smaller.question());
                    match differs(&smaller, answer).filter(|still| kind_of(still) == kind_of(&found)) {
                        Some(still) => {
                            (repository, found, is_smaller) = (smaller, still, true);
                            if index == 0 {
                                break;
                            }
                        }
                        None => index += 1,
                    }
                }
                document += 1;
            }
        }
        if !is_smaller {
            return (repository, found);
        }
    }
}

fn shown(repository: &Repository) -> String {
    let files = repository.files.iter().filter(|(_, documents)| !documents.is_empty());
    let files = files.map(|(path, documents)| {
        format!("== {path}\n{}", documents.iter().map(Yaml::document).collect::<Vec<_>>().join("---\n"))
    });
    files.collect()
}

#[test]
fn kustomizations_made_at_random_render_to_the_same_bytes_or_are_refused_by_both() {
    let (seed, cases) = (number("PLIMSOLL_RENDER_SEED", 1), number("PLIMSOLL_RENDER_CASES", CASES));
    let mut reference = KustomizeReference::start();
    let (mut refused, mut differences) = (0, Vec::new());
    for seed in seed..seed + cases {
        let repository = repository(seed);
        let theirs = reference.render(&repository.question());
        refused += u64::from(theirs.is_err());
        if let Some(found) = differs(&repository, theirs) {
            differences.push((seed, repository, found));
        }
    }
    let count = differences.len();
    let told: Vec<String> = differences
        .into_iter()
        .take(TOLD)
        .map(|(seed, repository, found)| {
            let (repository, found) = cut_down(repository, found, &mut reference);
            format!("\n\n#### seed {seed}: {found}\n{}", shown(&repository))
        })
        .collect();
    assert!(count == 0, "{count} of {cases} differ{}", told.concat());
    // What is refused says little
    assert!(refused * 2 < cases, "{refused} of {cases} are refused");
}
