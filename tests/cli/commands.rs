//! The commands beside `check`.

use serde_json::Value;

use super::program::{Folder, SOUND};

#[test]
fn a_first_configuration_can_be_used_as_it_is() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND);
    let init = folder.plimsoll(&["init", "--schema"]);
    assert_eq!(init.code, 0, "{}", init.stderr);
    assert!(folder.read("plimsoll.yaml").contains("failOn"));
    let schema: Value = serde_json::from_str(&folder.read(".plimsoll.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let checked = folder.plimsoll(&["check"]);
    assert_eq!(checked.code, 0, "{}", checked.stdout);
    assert_eq!(folder.plimsoll(&["init"]).code, 2, "it is not written over");
    assert_eq!(folder.plimsoll(&["init", "--force"]).code, 0);
}

#[test]
fn every_rule_is_listed_and_explained() {
    let folder = Folder::new();
    let rules: Value = serde_json::from_str(&folder.plimsoll(&["rules", "--format", "json"]).stdout).unwrap();
    let table = folder.plimsoll(&["rules"]).stdout;
    let rules = rules.as_array().unwrap();
    assert_eq!(table.lines().count(), rules.len());
    for rule in rules {
        let id = rule["id"].as_str().unwrap();
        assert!(table.contains(id), "{id}");
        let explained = folder.plimsoll(&["explain", id]);
        assert_eq!(explained.code, 0);
        assert!(explained.stdout.starts_with(id) && explained.stdout.contains("Instead"), "{}", explained.stdout);
    }
    assert!(folder.plimsoll(&["rules", "--format", "markdown"]).stdout.starts_with("# Rules"));
}

#[test]
fn a_misspelt_rule_is_guessed() {
    let run = Folder::new().plimsoll(&["explain", "schema/unknwon-field"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr, "plimsoll: no rule `schema/unknwon-field`; did you mean `schema/unknown-field`?\n");
}

#[test]
fn yaml_becomes_the_json_that_kubernetes_makes_of_it() {
    let folder = Folder::new();
    folder.write("a.yaml", "on: yes\nmode: 0644\nbase: &b {x: 1}\nderived:\n  <<: *b\n  z: ~\n---\nsecond: true\n");
    let json: Value = serde_json::from_str(&folder.plimsoll(&["convert", "a.yaml"]).stdout).unwrap();
    assert_eq!(json, serde_json::json!({"true": true, "mode": 420, "base": {"x": 1}, "derived": {"x": 1, "z": null}}));
    assert_eq!(folder.plimsoll_reading(b"[1, 2]", &["convert", "-"]).stdout.trim(), "[1,2]");
    let broken = folder.plimsoll_reading(b"a: 1\na: 2\n", &["convert", "-"]);
    assert_eq!(broken.code, 1);
    assert!(broken.stdout.is_empty() && broken.stderr.starts_with("-:2:1: "), "{}{}", broken.stdout, broken.stderr);
    assert_eq!(folder.plimsoll(&["convert", "nowhere.yaml"]).code, 2);
}

#[test]
fn every_shell_has_completions_that_name_the_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = Folder::new().plimsoll(&["completions", shell]);
        assert_eq!(run.code, 0, "{shell}");
        assert!(run.stdout.contains("fail-on") && run.stdout.contains("uninstall"), "{shell}");
    }
}

#[test]
fn every_command_has_help_and_a_manual_page() {
    let folder = Folder::new();
    assert!(folder.plimsoll(&["man"]).stdout.contains(".TH plimsoll 1"));
    for command in [
        &["check"][..],
        &["render"],
        &["diff"],
        &["convert"],
        &["rules"],
        &["explain"],
        &["init"],
        &["hook"],
        &["hook", "install"],
        &["hook", "uninstall"],
        &["completions"],
        &["man"],
    ] {
        let page = folder.plimsoll(&[&["man"], command].concat());
        assert_eq!(page.code, 0, "{command:?}");
        assert!(page.stdout.contains(&format!(".TH plimsoll-{} 1", command.join("-"))), "{command:?}");
        let help = folder.plimsoll(&[command, &["--help"]].concat());
        assert_eq!(help.code, 0);
        assert!(help.stdout.contains("Usage: plimsoll"), "{}", help.stdout);
    }
    assert_eq!(folder.plimsoll(&["man", "nothing"]).code, 2);
    assert!(folder.plimsoll(&["check", "--help"]).stdout.contains("Exit codes:"));
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = concat!("plimsoll ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(Folder::new().plimsoll(&["--version"]).stdout, version);
}
