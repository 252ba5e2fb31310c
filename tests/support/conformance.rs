//! The conformance cases: manifests, and what a real API server says about each.
//!
//! In: `tests/conformance/<family>/*.yaml`, whose documents each begin with `# case: <name>`, what
//! has to exist before they are judged (`tests/conformance/setup`), and `expected.json`.
//! Out: the cases and the recorded verdicts; or, with a control plane, fresh verdicts to compare or
//! to record.
//! Never: no verdict is written by hand. `expected.json` is only ever what a server answered.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::control_plane::{ControlPlane, Verdict};

/// One document of one file.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// A sentence in kebab case, unique among all cases.
    pub(crate) name: String,
    /// Relative to `tests/conformance`.
    pub(crate) file: PathBuf,
    /// The line of the file on which the manifest begins, counted from one.
    pub(crate) line: usize,
    pub(crate) manifest: String,
}

/// What the server said about a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) accepted: bool,
    /// Empty when accepted.
    pub(crate) message: String,
    pub(crate) warnings: Vec<String>,
}

/// All cases, in the order of their files.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for family in sorted_entries(&folder()) {
        if family.is_dir() && !family.ends_with("setup") {
            for file in sorted_entries(&family) {
                cases.extend(cases_of(&file));
            }
        }
    }
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    let unique = names.windows(2).all(|pair| pair[0] != pair[1]);
    assert!(unique, "two conformance cases have the same name: {names:#?}");
    cases
}

/// Definitions, namespaces and other objects that the cases build on.
pub(crate) fn setup() -> Vec<String> {
    sorted_entries(&folder().join("setup")).iter().map(|file| read(file)).collect()
}

/// The recorded verdicts, by the names of the cases.
pub(crate) fn expected() -> BTreeMap<String, Expected> {
    let recorded: Value = serde_json::from_str(&read(&record_file())).expect("expected.json is JSON");
    let cases = recorded["cases"].as_object().expect("expected.json has cases");
    cases.iter().map(|(name, verdict)| (name.clone(), read_expected(verdict))).collect()
}

/// Asks a server about every case, as if nothing had been recorded.
pub(crate) fn ask(control_plane: &ControlPlane) -> BTreeMap<String, Expected> {
    control_plane.set_up(&setup());
    let cases = cases();
    let objects: Vec<(&str, &str)> = cases.iter().map(|case| (case.name.as_str(), case.manifest.as_str())).collect();
    let verdicts = control_plane.server_dry_run(&objects);
    verdicts
        .into_iter()
        .map(|given| {
            let (accepted, message) = match given.verdict {
                Verdict::Accepted => (true, String::new()),
                Verdict::Rejected(message) => (false, without_generated_name(&without_unique_ids(&message))),
            };
            let warnings = given.warnings;
            (given.name, Expected { accepted, message, warnings })
        })
        .collect()
}

/// Writes what the server says to `expected.json`, a line a case.
pub(crate) fn record(control_plane: &ControlPlane) {
    let version = control_plane.kubectl(&["version", "--output=json"], None);
    let version: Value = serde_json::from_str(&version.stdout).expect("kubectl prints JSON");
    let server = &version["serverVersion"]["gitVersion"];
    let mut text = format!("{{\n\"server\": {server},\n\"cases\": {{\n");
    let verdicts = ask(control_plane);
    for (index, (name, expected)) in verdicts.iter().enumerate() {
        let mut verdict = json!({ "accepted": expected.accepted });
        if !expected.message.is_empty() {
            verdict["message"] = json!(expected.message);
        }
        if !expected.warnings.is_empty() {
            verdict["warnings"] = json!(expected.warnings);
        }
        let comma = if index + 1 < verdicts.len() { "," } else { "" };
        writeln!(text, "{}: {verdict}{comma}", json!(name)).expect("a string takes any text");
    }
    text.push_str("}\n}\n");
    fs::write(record_file(), text).expect("expected.json can be written");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn record_file() -> PathBuf {
    folder().join("expected.json")
}

fn sorted_entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.sort();
    paths
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Only the document marker and the comment that names a case mean anything here, so that a case
/// may be as broken as it likes.
fn cases_of(file: &Path) -> Vec<Case> {
    let relative = file.strip_prefix(folder()).expect("the file is in the folder");
    let mut cases: Vec<Case> = Vec::new();
    let mut inside = false;
    for (index, line) in read(file).split_inclusive('\n').enumerate() {
        if let Some(name) = line.strip_prefix("# case: ") {
            cases.push(Case {
                name: name.trim().to_owned(),
                file: relative.to_owned(),
                line: index + 2,
                manifest: String::new(),
            });
            inside = true;
        } else if line.trim_end() == "---" {
            inside = false;
        } else if let Some(case) = cases.last_mut().filter(|_| inside) {
            case.manifest.push_str(line);
        }
    }
    cases
}

fn read_expected(verdict: &Value) -> Expected {
    let warnings = verdict["warnings"].as_array().into_iter().flatten();
    Expected {
        accepted: verdict["accepted"] == Value::Bool(true),
        message: verdict["message"].as_str().unwrap_or_default().to_owned(),
        warnings: warnings.filter_map(|warning| warning.as_str().map(str::to_owned)).collect(),
    }
}

/// Some messages quote an id that the server has just made, other than the last time.
fn without_unique_ids(message: &str) -> String {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    const LENGTH: usize = 36;
    let is_unique_id = |text: &[u8]| {
        text.iter().enumerate().all(|(index, byte)| match byte {
            b'-' => DASHES.contains(&index),
            _ => byte.is_ascii_hexdigit() && !DASHES.contains(&index),
        })
    };
    let mut kept = String::new();
    let mut rest = message;
    while let Some(character) = rest.chars().next() {
        match rest.as_bytes().get(..LENGTH) {
            Some(start) if is_unique_id(start) => {
                kept.push_str("<unique id>");
                rest = &rest[LENGTH..];
            }
            _ => {
                kept.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    kept
}

/// The server completes `generateName` at random, and names the object so at the head of a message.
fn without_generated_name(message: &str) -> String {
    match message.split('"').nth(1) {
        Some(name) if message.contains("metadata.generateName") => message.replace(name, "<generated name>"),
        _ => message.to_owned(),
    }
}
