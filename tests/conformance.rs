//! Plimsoll's verdict against a real API server's, manifest by manifest.
//!
//! `expected.json` records what the server said; one test holds Plimsoll to the record, the other the record to a server
//! that runs now, or writes the record with `PLIMSOLL_RECORD=1`. Where the two differ on purpose, `differences.txt` names the case and the reason.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use plimsoll::check::schema::bundle;
use plimsoll::check::{self, Request};
use plimsoll::config::{CommandLine, Raw, Settings};
use plimsoll::finding::Severity;
use plimsoll::repo::MemoryTree;
use support::conformance;
use support::control_plane::ControlPlane;

/// What Plimsoll has against each case; nothing means accepted.
fn verdicts() -> BTreeMap<String, Vec<String>> {
    let cases = conformance::cases();
    let files = cases.iter().map(|case| (format!("{0}/{0}.yaml", case.name), case.manifest.clone()));
    let setup = conformance::setup().into_iter().enumerate().map(|(index, text)| (format!("setup/{index}.yaml"), text));
    let tree: MemoryTree = files.chain(setup).collect();
    let settings = Settings::new(Raw::default(), Vec::new(), &CommandLine::default(), bundle().minors(), "")
        .expect("defaults settle");
    let request = Request {
        tree: &tree,
        settings: &settings,
        against: None,
        only: None,
        whole: None,
        definitions: Vec::new(),
        progress: &|| {},
    };
    let report = check::run(request).expect("a tree in memory can be listed");
    let mut verdicts: BTreeMap<String, Vec<String>> =
        cases.iter().map(|case| (case.name.clone(), Vec::new())).collect();
    for finding in report.findings.iter().filter(|finding| finding.severity == Severity::Deny) {
        let folder = finding.place.path.split('/').next().unwrap_or_default();
        let Some(found) = verdicts.get_mut(folder) else { continue };
        found.push(format!("{} {} {}", finding.rule, finding.pointer.as_deref().unwrap_or("-"), finding.message));
    }
    verdicts
}

/// The cases on which the two differ on purpose, with the reason.
fn differences() -> BTreeMap<String, String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/differences.txt");
    let text = std::fs::read_to_string(file).expect("differences.txt is there");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (name, reason) = line.split_once(": ").unwrap_or_else(|| panic!("`{line}` gives no reason"));
            (name.to_owned(), reason.to_owned())
        })
        .collect()
}

#[test]
fn plimsoll_says_what_the_api_server_said() {
    let verdicts = verdicts();
    let differences = differences();
    let mut report = String::new();
    let mut differing = BTreeSet::new();
    for (name, expected) in conformance::expected() {
        let found = &verdicts[&name];
        if found.is_empty() == expected.accepted {
            continue;
        }
        differing.insert(name.clone());
        if !differences.contains_key(&name) {
            let said = if expected.accepted { "accepted" } else { expected.message.as_str() };
            let _ = writeln!(report, "{name}\n  server: {}\n  plimsoll: {}", said, found.join("\n            "));
        }
    }
    for name in differences.keys().filter(|name| !differing.contains(*name)) {
        let _ = writeln!(report, "{name}: is listed as a difference, and is none");
    }
    assert!(
        report.is_empty(),
        "{} of {} cases differ\n{report}",
        report.matches("\n  server: ").count(),
        verdicts.len()
    );
}

#[test]
fn the_record_is_what_a_real_api_server_says() {
    if std::env::var_os("PLIMSOLL_RECORD").is_some() {
        return conformance::record(ControlPlane::shared());
    }
    let now = conformance::ask(ControlPlane::shared());
    let recorded = conformance::expected();
    let changed: Vec<_> = recorded.iter().filter(|(name, expected)| now.get(*name) != Some(*expected)).collect();
    assert!(changed.is_empty(), "the server says otherwise now: {changed:#?}");
    assert_eq!(now.len(), recorded.len(), "cases were added: record them");
}
