//! The kustomizations of `fixtures/render-broken`, which are refused: by Plimsoll at the line that is wrong, and by the
//! real Kustomize.
//!
//! In: a folder a rule of the family `render/` (and `syntax` for what no reader takes), in it a folder a case. The mark
//! `# expect: <rule>` stands on the line that the fault must name; where no comment can stand, `expected.txt` says
//! `<path>:<line> <rule>`. What is rendered is the case itself, or the folder of its `overlays`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use plimsoll::catalogue;

use crate::fixtures::folders;
use crate::marks::marks;
use crate::program::Folder;
use crate::rendering::{files_of, question, render};
use crate::support::kustomize_reference::{KustomizeReference, Question};

const EXPECTED: &str = "expected.txt";

/// What Kustomize renders all the same, and why Plimsoll does not.
const RENDERED_BY_KUSTOMIZE: [(&str, &str); 1] = [(
    "patch/pointer-without-a-slash",
    "`spec/nodeName` is no JSON pointer; Kustomize drops all before the first slash and sets `nodeName` at the top",
)];

/// A kustomization that is refused.
struct Refused {
    name: String,
    question: Question,
    /// `<path>:<line> <rule>`; the line is `-` for a file as a whole.
    expected: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/render-broken")
}

fn all() -> Vec<Refused> {
    folders(&root()).iter().flat_map(|rule| folders(rule)).map(|case| refused(&case)).collect()
}

fn refused(case: &Path) -> Refused {
    let name = case.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    let mut files = files_of(case);
    let listed = files.remove(EXPECTED).map(|text| String::from_utf8(text).unwrap().trim().to_owned());
    let marked = files
        .iter()
        .flat_map(|(path, text)| marks(text).into_iter().map(move |(line, rule)| format!("{path}:{line} {rule}")));
    let expected: Vec<String> = marked.chain(listed).collect();
    let [expected] = expected.as_slice() else { panic!("{name}: one line is wrong, marked are {expected:?}") };
    let folder = match folders(case).iter().find(|folder| folder.ends_with("overlays")) {
        Some(overlays) => folders(overlays)[0].strip_prefix(case).unwrap().to_str().unwrap().to_owned(),
        None => String::new(),
    };
    Refused { name, expected: expected.clone(), question: question(&files, &folder) }
}

#[test]
fn every_broken_kustomization_is_refused_at_the_line_that_is_wrong() {
    let mut differences = Vec::new();
    for Refused { name, question, expected } in all() {
        let found = match render(&question) {
            Ok(text) => format!("rendered:\n{text}"),
            Err(finding) => {
                let line = finding.place.range.map_or("-".to_owned(), |range| range.start.line.to_string());
                format!("{}:{line} {} ({})", finding.place.path, finding.rule, finding.message)
            }
        };
        if !found.starts_with(&format!("{expected} (")) {
            differences.push(format!("{name}\n  expected: {expected}\n  found:    {found}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_broken_kustomization_is_refused_by_kustomize_too() {
    // What is remote it would fetch, and fails for want of a network: that proves nothing
    let all: Vec<_> = all().into_iter().filter(|refused| !refused.expected.ends_with(" render/remote")).collect();
    let questions: Vec<_> = all.iter().map(|refused| refused.question.clone()).collect();
    let answers = KustomizeReference::start().render_all(&questions);
    let rendered = all.iter().zip(answers).filter(|(_, answer)| answer.is_ok());
    let rendered: Vec<_> = rendered.map(|(refused, _)| refused.name.as_str()).collect();
    assert_eq!(rendered, RENDERED_BY_KUSTOMIZE.map(|(name, _)| name));
}

#[test]
fn the_program_names_file_and_line_and_ends_with_one() {
    for Refused { name, question, expected } in all() {
        let folder = Folder::repository();
        for (path, bytes) in &question.files {
            folder.write(path, bytes);
        }
        let argument = if question.folder.is_empty() { "." } else { &question.folder };
        let run = folder.plimsoll(&["render", argument]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {}", run.stderr);
        let (place, rule) = expected.split_once(' ').unwrap();
        let place = place.strip_suffix('-').unwrap_or(place).strip_suffix(':').unwrap_or(place);
        assert!(run.stderr.contains(place) && run.stderr.contains(rule), "{name}: {}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{name}: {}", run.stderr);
    }
}

#[test]
fn every_rule_of_the_family_has_a_kustomization_that_breaks_it() {
    let broken: BTreeSet<String> =
        all().iter().filter_map(|refused| refused.expected.split_once(' ').map(|(_, rule)| rule.to_owned())).collect();
    let rules = catalogue::rules().filter(|rule| rule.family() == "render").map(|rule| rule.id);
    // What is wrong with charts is known by helm alone.
    let rules = rules.filter(|id| !id.starts_with("render/helm-"));
    let missing: Vec<_> = rules.filter(|id| !broken.contains(*id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_mistyped_field_is_refused_with_the_field_that_was_meant() {
    let files = [("kustomization.yaml".to_owned(), b"resource: [web.yaml]\n".to_vec())].into();
    let finding = render(&Question { files, ..Question::default() }).unwrap_err();
    assert_eq!(finding.help.as_deref(), Some("did you mean `resources`?"));
}

#[test]
fn a_fan_out_of_replacements_ends_in_bounded_time() {
    let objects: String = (0..400)
        .map(|index| format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{index}}}\ndata: {{a: b}}\n"))
        .collect();
    let paths = "    - data.a\n".repeat(400);
    let target = format!("  - select: {{kind: ConfigMap}}\n    fieldPaths:\n{paths}");
    let text = format!("resources: [objects.yaml]\nreplacements:\n- sourceValue: x\n  targets:\n{}", target.repeat(20));
    let files =
        [("kustomization.yaml".to_owned(), text.into_bytes()), ("objects.yaml".to_owned(), objects.into_bytes())];
    let start = std::time::Instant::now();
    let finding = render(&Question { files: files.into(), ..Question::default() }).unwrap_err();
    assert_eq!(finding.rule.to_string(), "render/replacement");
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
#[cfg(unix)]
fn what_is_no_regular_file_is_refused_and_not_waited_for() {
    let folder = Folder::repository();
    folder.write("kustomization.yaml", "resources:\n- web.yaml\n");
    let made = std::process::Command::new("mkfifo").arg(folder.at("web.yaml")).status().unwrap();
    assert!(made.success());
    let run = folder.plimsoll(&["render", "."]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    assert!(run.stderr.contains("web.yaml"), "{}", run.stderr);
    fs::remove_file(folder.at("web.yaml")).unwrap();
}
