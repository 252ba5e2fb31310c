//! Every format is what its readers take, and each says the same.

use std::path::Path;

use serde_json::Value;

use super::program::{Folder, MISTAKEN, OUTDATED, SOUND};

const FORMATS: [&str; 7] = ["human", "json", "sarif", "junit", "tap", "github", "gitlab"];

/// One finding that fails the run, one that does not, and names that formats have to escape.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND).write("a <b> & 'c' #1.yaml", MISTAKEN).write("outdated.yaml", OUTDATED);
    folder.write("plimsoll.yaml", "kubernetes: ['1.31']\n");
    folder
}

fn report(format: &str) -> String {
    let run = folder().plimsoll(&["check", "--format", format]);
    assert_eq!(run.code, 1, "{format}: {}", run.stderr);
    assert!(run.stderr.is_empty(), "{format}: {}", run.stderr);
    run.stdout
}

#[test]
fn json_is_valid_under_its_published_schema() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report: Value = serde_json::from_str(&report("json")).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut without = report.clone();
    without["summary"].as_object_mut().unwrap().remove("unchecked");
    assert!(!validator.is_valid(&without), "the schema demands the whole account");
    assert_eq!(report["findings"].as_array().unwrap().len(), 2);
}

#[test]
fn sarif_names_the_rule_and_region_of_each_result() {
    let log: Value = serde_json::from_str(&report("sarif")).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["region"]["startLine"].as_u64().unwrap() > 0);
        assert!(!place["artifactLocation"]["uri"].as_str().unwrap().contains([' ', '#', '<']), "{place}");
    }
}

#[test]
fn junit_is_well_formed_and_fails_what_fails_the_run() {
    let report = report("junit");
    let mut open = Vec::new();
    for tag in report.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("every tag is closed");
        assert!(text.chars().all(|character| !character.is_control() || character == '\n'), "{text:?}");
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap();
        match tag {
            _ if tag.starts_with('?') || tag.ends_with('/') => {}
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "{report}"),
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert_eq!((report.matches("<testcase").count(), report.matches("<failure").count()), (2, 1), "{report}");
    assert!(report.contains("a &lt;b&gt; &amp; "), "{report}");
}

#[test]
fn tap_keeps_its_plan_and_has_a_todo_for_what_fails_no_run() {
    let report = report("tap");
    assert!(report.starts_with("TAP version 14\n1..2\n"), "{report}");
    let points: Vec<&str> = report.lines().filter(|line| line.starts_with("not ok ")).collect();
    assert_eq!(points.len(), 2, "{report}");
    assert!(points[0].starts_with("not ok 1 - ") && points[0].contains("\\#1.yaml"), "{report}");
    assert!(points[1].ends_with("# TODO warn"), "{report}");
}

#[test]
fn github_gets_one_annotation_a_finding() {
    let report = report("github");
    let lines: Vec<&str> = report.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(lines.len(), 2, "{report}");
    assert!(lines[0].starts_with("::error ") && lines[0].contains("line=6"), "{report}");
    assert!(lines[1].starts_with("::warning ") && lines[1].contains("file=outdated.yaml"), "{report}");
}

#[test]
fn gitlab_gets_an_issue_a_finding_each_with_its_own_fingerprint() {
    let issues: Value = serde_json::from_str(&report("gitlab")).unwrap();
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), 2);
    assert_eq!(issues[0]["location"]["lines"]["begin"], 6);
    assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
    assert!(issues.iter().all(|issue| issue["fingerprint"].as_str().unwrap().len() == 32));
}

#[test]
fn one_run_writes_any_number_of_formats() {
    let folder = folder();
    let reports = tempfile::tempdir().unwrap();
    let file = |format: &str| reports.path().join(format);
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("{format}={}", file(format).display())).collect();
    let mut arguments = vec!["check", "--format", "tap"];
    arguments.extend(outputs.iter().flat_map(|output| ["--output", output]));
    let run = folder.plimsoll(&arguments);
    assert_eq!(run.code, 1);
    assert!(run.stdout.starts_with("TAP version 14"), "{}", run.stdout);
    for format in FORMATS {
        let written = std::fs::read_to_string(file(format)).unwrap();
        let alone = folder.plimsoll(&["check", "--format", format]).stdout;
        assert_eq!(written, alone, "{format}");
    }
}

#[test]
fn no_format_has_colours_where_nobody_looks_at_a_terminal() {
    for format in FORMATS {
        assert!(!report(format).contains('\u{1b}'), "{format}");
        let folder = folder();
        let mut command = folder.command(&["check", "--format", format]);
        let run = super::program::run(command.env("NO_COLOR", "1"), b"");
        assert!(!run.stdout.contains('\u{1b}'), "{format}");
    }
}

#[test]
fn a_value_that_became_part_of_a_key_is_in_no_format() {
    let folder = Folder::new();
    folder.write("a.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password:hunter2}\n");
    folder.write(
        "b.yaml",
        "apiVersion: v1\nkind:  # the type\n  Secret\nmetadata: {name: a}\nstringData:\n  password: hunter2: x\n",
    );
    for format in ["human", "json", "sarif", "junit", "tap", "github", "gitlab"] {
        let run = folder.plimsoll(&["check", "--format", format]);
        assert_eq!(run.code, 1);
        assert!(!run.stdout.contains("hunter2"), "{format}: {}", run.stdout);
    }
}

#[test]
fn the_value_of_a_secret_is_in_no_format() {
    let folder = Folder::new();
    folder.write(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: hunter2-is-not-base64!\n  port: 5432\n",
    );
    for format in FORMATS {
        let run = folder.plimsoll(&["check", "--format", format]);
        assert_eq!(run.code, 1, "{format}");
        assert!(!run.stdout.contains("hunter2") && !run.stdout.contains("5432"), "{format}: {}", run.stdout);
    }
}
