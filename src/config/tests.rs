//! The configuration from its text to its answers.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::written::{MINORS, load};
use super::*;
use crate::finding::Severity;

/// Each finding as `line:column rule: message; help`.
fn mistakes(text: &str) -> Vec<String> {
    let (_, findings) = load(text);
    let show = |finding: &crate::finding::Finding| {
        let start = finding.place.range.unwrap().start;
        let help = finding.help.as_deref().unwrap_or_default();
        format!("{}:{} {}: {}; {help}", start.line, start.column, finding.rule, finding.message)
    };
    findings.iter().map(show).collect()
}

fn settings(text: &str, command_line: &CommandLine) -> Settings {
    let (raw, findings) = load(text);
    Settings::new(raw, findings, command_line, &MINORS, "").unwrap()
}

fn from_file(text: &str) -> Settings {
    settings(text, &CommandLine::default())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn an_absent_or_empty_configuration_is_the_default() {
    for text in ["", "# nothing yet\n", "{}\n", "rules:\noverrides:\nschemas:\n"] {
        let (raw, findings) = load(text);
        assert_eq!((raw, findings.len()), (Raw::default(), 0), "{text:?}");
    }
    let settings = from_file("");
    assert_eq!(settings.kubernetes, ["1.37"]);
    assert_eq!(settings.fail_on, Severity::Deny);
    assert_eq!(settings.severity("schema/enum", "a.yaml", Severity::Deny), Some(Severity::Deny));
    assert!(settings.selects("schema/enum", &[]));
}

#[test]
fn a_tree_has_one_configuration_under_either_name() {
    let found = |names: &'static [&str]| file_name(|name| names.contains(&name));
    assert_eq!(found(&["plimsoll.yaml"]).unwrap(), Some("plimsoll.yaml"));
    assert_eq!(found(&[".plimsoll.yaml"]).unwrap(), Some(".plimsoll.yaml"));
    assert_eq!(found(&[]).unwrap(), None);
    assert!(matches!(found(&["plimsoll.yaml", ".plimsoll.yaml"]), Err(ConfigError::TwoFiles)));
}

#[test]
fn every_key_is_read() {
    let (raw, findings) = load(
        "kubernetes: [\"1.30\", v1.36.2]\nexclude: [vendor/, '!vendor/ours/']\n\
         schemas:\n  crds: [crds]\n  unknownKind: deny\nhelm: {path: /opt/helm, timeout: 5}\nfailOn: warn\n\
         rules:\n  metadata: warn\n  schema/enum: off\nselect: [schema, metadata]\nignore: [schema/cel]\n\
         overrides:\n  - paths: [staging/]\n    kubernetes: ['1.37']\n    rules: {'*': info}\n",
    );
    assert!(findings.is_empty(), "{findings:?}");
    let expected = Raw {
        kubernetes: words(&["1.30", "1.36"]),
        exclude: words(&["vendor/", "!vendor/ours/"]),
        schemas: Schemas { crds: words(&["crds"]), unknown_kind: Some(UnknownKind::Deny) },
        helm: Helm { path: Some("/opt/helm".to_owned()), timeout: Some(5) },
        fail_on: Severity::Warn,
        rules: [("metadata".to_owned(), Level::Warn), ("schema/enum".to_owned(), Level::Off)].into(),
        select: words(&["schema", "metadata"]),
        ignore: words(&["schema/cel"]),
        overrides: vec![Override {
            paths: words(&["staging/"]),
            kubernetes: words(&["1.37"]),
            rules: [("*".to_owned(), Level::Info)].into(),
        }],
    };
    assert_eq!(raw, expected);
}

#[test]
fn an_unknown_key_is_pointed_at_with_the_one_that_was_meant() {
    let text = "failon: warn\nschemas:\n  crd: [a]\n  cache: b\noverrides:\n  - paths: [a]\n    exclude: [b]\n";
    assert_eq!(
        mistakes(text),
        [
            "1:1 config/unknown-field: `failon` is not a key of the configuration; did you mean `failOn`?",
            "3:3 config/unknown-field: `crd` is not a key of `schemas`; did you mean `crds`?",
            "4:3 config/unknown-field: `cache` is not a key of `schemas`; remove it; known are `crds`, `unknownKind`",
            "7:5 config/unknown-field: `exclude` is not a key of an override; remove it; known are `paths`, \
             `kubernetes`, `rules`",
        ]
    );
}

#[test]
fn a_value_that_is_none_of_those_allowed_is_pointed_at() {
    let text = "failOn: error\nrules:\n  schema/enum: wran\n  schema/cel: false\n  schema/type: ~\nschemas:\n  \
                unknownKind: [deny]\n";
    assert_eq!(
        mistakes(text),
        [
            "1:9 config/invalid: `error` is not a value of this key; use one of `deny`, `warn`, `info`",
            "3:16 config/invalid: `wran` is not a value of this key; did you mean `warn`?",
            "4:15 config/invalid: `false` is not a value of this key; use one of `off`, `info`, `warn`, `deny`",
            "5:16 config/invalid: a value is missing; use one of `off`, `info`, `warn`, `deny`",
            "7:16 config/invalid: a single word belongs here, not an array; use one of `ignore`, `info`, `warn`, `deny`",
        ]
    );
}

#[test]
fn a_rule_that_is_off_may_be_written_without_quotes() {
    for off in ["off", "OFF", "'off'"] {
        let text = format!("rules:\n  schema/enum: {off}\n");
        assert_eq!(mistakes(&text), Vec::<String>::new());
        assert_eq!(from_file(&text).severity("schema/enum", "a.yaml", Severity::Deny), None);
    }
}

#[test]
fn a_value_of_another_type_is_pointed_at() {
    let text = "kubernetes: '1.36'\nexclude: {a: b}\nrules: [schema]\nselect: [[a], '', 3]\n";
    assert_eq!(
        mistakes(text),
        [
            "1:13 config/invalid: `kubernetes` must be a list, not `'1.36'`; write `['1.36']`",
            "2:10 config/invalid: `exclude` must be a list, not an object; write `- ` before each item",
            "3:8 config/invalid: `rules` must be a mapping of rules to levels, not an array; write one key a line, as \
             `key: value`",
            "4:10 config/invalid: a string belongs here, not an array; write a string",
            "4:15 config/invalid: an empty item means nothing; remove it",
            "4:19 config/invalid: `3` is read as an integer, not as a string; put it in quotes: `\"3\"`",
        ]
    );
    assert_eq!(
        mistakes("- rules\n"),
        [
            "1:1 config/invalid: the configuration must be a mapping, not an array; write one key a line, as `key: value`"
        ]
    );
}

#[test]
fn a_version_without_quotes_loses_its_zeros_and_is_refused() {
    assert_eq!(
        mistakes("kubernetes: [1.30]\n"),
        [
            "1:14 config/invalid: `1.30` is a number here, and YAML drops the zeros at its end; put it in quotes: `\"1.30\"`"
        ]
    );
}

#[test]
fn a_version_without_schemas_is_refused_with_those_that_are_there() {
    for version in ["1.12", "latest", "1.36.", "1", "1.36.2.1"] {
        assert_eq!(
            mistakes(&format!("kubernetes: ['{version}']\n")),
            [format!(
                "1:14 config/invalid: there are no schemas for Kubernetes `{version}`; use `1.30`, `1.36`, `1.37`"
            )]
        );
    }
}

#[test]
fn a_word_that_means_no_rule_is_refused() {
    let text =
        "rules:\n  schema/unknown-knid: deny\n  shema: deny\n  policy-*: warn\n  'schema/[': warn\nignore: [secrets]\n";
    assert_eq!(
        mistakes(text),
        [
            "2:3 config/unknown-rule: `schema/unknown-knid` matches no rule; did you mean `schema/unknown-kind`?",
            "3:3 config/unknown-rule: `shema` matches no rule; did you mean `schema`?",
            "4:3 config/unknown-rule: `policy-*` matches no rule; `plimsoll rules` lists them all",
            "5:3 config/invalid: `schema/[` is not a glob: unclosed character class; missing ']'; name a rule, a \
             family, or a glob such as `schema/*`",
            "6:10 config/unknown-rule: `secrets` matches no rule; `plimsoll rules` lists them all",
        ]
    );
}

#[test]
fn an_override_without_paths_is_refused() {
    assert_eq!(
        mistakes("overrides:\n  - rules: {metadata: warn}\n"),
        [
            "2:5 config/invalid: an override without `paths` matches nothing; add `paths: [\"clusters/staging/**\"]`, or \
          move its keys to the top"
        ]
    );
}

#[test]
fn a_pattern_of_paths_that_does_not_parse_is_refused() {
    let found = mistakes("exclude: ['a/**/{b']\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("1:11 config/invalid: `a/**/{b` is not a pattern of paths"), "{found:?}");
}

#[test]
fn a_pattern_that_git_would_take_for_a_comment_is_refused() {
    let found = mistakes("exclude: ['#old/']\n");
    assert!(found.len() == 1 && found[0].contains("is written `\\#`"), "{found:?}");
    assert_eq!(mistakes("exclude: ['\\#old/']\n"), Vec::<String>::new());
}

#[test]
fn two_words_on_unknown_kinds_contradict() {
    let (_, findings) = load("schemas:\n  unknownKind: deny\nrules:\n  schema/unknown-kind: warn\n");
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(finding.place.range.unwrap().start.line, 4);
    assert_eq!(finding.related[0].place.range.unwrap().start.line, 2);
}

#[test]
fn no_settings_come_of_a_configuration_with_a_mistake() {
    let (raw, findings) = load("failon: warn\nrules: {nothing: off}\n");
    let error = Settings::new(raw, findings, &CommandLine::default(), &MINORS, "").unwrap_err();
    assert_eq!(error.to_string(), "the configuration has 2 mistakes");
}

#[test]
fn the_most_precise_word_on_a_rule_wins_in_any_order() {
    for text in [
        "rules:\n  schema: info\n  '*/unknown-*': warn\n  schema/unknown-field: off\n",
        "rules:\n  schema/unknown-field: off\n  '*/unknown-*': warn\n  schema: info\n",
    ] {
        let settings = from_file(text);
        let severity = |rule| settings.severity(rule, "a.yaml", Severity::Deny);
        assert_eq!(severity("schema/enum"), Some(Severity::Info));
        assert_eq!(severity("schema/unknown-kind"), Some(Severity::Warn));
        assert_eq!(severity("schema/unknown-field"), None);
        assert_eq!(severity("metadata/name"), Some(Severity::Deny));
    }
}

#[test]
fn the_short_word_on_unknown_kinds_is_as_precise_as_the_rule() {
    let settings = from_file("schemas: {unknownKind: deny}\nrules: {schema: info}\n");
    assert_eq!(settings.severity("schema/unknown-kind", "a.yaml", Severity::Warn), Some(Severity::Deny));
    let settings = from_file("rules: {schema: info}\n");
    assert_eq!(settings.severity("schema/unknown-kind", "a.yaml", Severity::Warn), Some(Severity::Info));
}

#[test]
fn the_last_override_of_a_path_that_has_a_word_wins() {
    let settings = from_file(
        "kubernetes: ['1.36']\nrules: {metadata/name: warn}\noverrides:\n  \
         - paths: [clusters/]\n    kubernetes: ['1.30', '1.37']\n    rules: {metadata/name: info}\n  \
         - paths: [clusters/staging/, '!clusters/staging/keep.yaml']\n    rules: {'*': off}\n  \
         - paths: ['*.json']\n    rules: {schema/enum: warn}\n",
    );
    let name = |path| settings.severity("metadata/name", path, Severity::Deny);
    assert_eq!(name("base/a.yaml"), Some(Severity::Warn));
    assert_eq!(name("clusters/production/a.yaml"), Some(Severity::Info));
    assert_eq!(name("clusters/staging/a.yaml"), None);
    assert_eq!(name("clusters/staging/a.json"), None);
    assert_eq!(settings.severity("schema/enum", "clusters/staging/a.json", Severity::Deny), Some(Severity::Warn));
    assert_eq!(settings.targets("base/a.yaml"), ["1.36"]);
    assert_eq!(settings.targets("clusters/staging/a.yaml"), ["1.30", "1.37"]);
    assert_eq!(settings.all_targets(), ["1.36", "1.30", "1.37"]);
    // Not a path of the tree
    assert_eq!(name("/etc/a.yaml"), Some(Severity::Warn));
    assert_eq!(name("-"), Some(Severity::Warn));
}

#[test]
fn the_command_line_beats_the_file() {
    let text = "kubernetes: ['1.36']\nexclude: [a]\nfailOn: warn\nselect: [metadata]\nignore: [schema]\n\
                overrides: [{paths: [b], kubernetes: ['1.37']}]\n";
    let settings = settings(
        text,
        &CommandLine {
            kubernetes: words(&["v1.30.4", "1.30"]),
            exclude: words(&["!a"]),
            select: words(&["schema/cel"]),
            ignore: Vec::new(),
            fail_on: Some(Severity::Info),
            ..CommandLine::default()
        },
    );
    assert_eq!(settings.targets("b"), ["1.30"]);
    assert_eq!(settings.exclude, ["a", "!a"]);
    assert_eq!(settings.fail_on, Severity::Info);
    assert!(settings.selects("schema/cel", &[]));
    assert!(!settings.selects("metadata/name", &[]));
}

#[test]
fn a_command_line_that_only_ignores_leaves_the_rest_to_the_file() {
    let command_line = CommandLine { ignore: words(&["metadata/name"]), ..CommandLine::default() };
    let settings = settings("select: [metadata]\n", &command_line);
    assert!(settings.selects("metadata/label", &[]));
    assert!(!settings.selects("metadata/name", &[]));
    assert!(!settings.selects("schema/enum", &[]));
}

#[test]
fn of_select_and_ignore_the_more_precise_wins_and_else_ignore() {
    let settings = from_file("select: [schema, schema/cel, 'metadata/*']\nignore: ['schema/c*', metadata]\n");
    assert!(settings.selects("schema/cel", &[]));
    assert!(!settings.selects("schema/cel-failed", &[]));
    assert!(settings.selects("schema/enum", &[]));
    assert!(!settings.selects("metadata/name", &[]));
    assert!(!settings.selects("crd/invalid", &[]));
}

#[test]
fn rules_are_selected_by_tag() {
    let command_line = CommandLine { select: words(&["metadata"]), ..CommandLine::default() };
    let settings = settings("", &command_line);
    assert!(settings.selects("policy/owner-label", &[Cow::Borrowed("metadata")]));
    assert!(!settings.selects("policy/latest-tag", &[Cow::Borrowed("images")]));
}

#[test]
fn a_command_line_with_a_mistake_is_refused() {
    let refused = |command_line: CommandLine| {
        Settings::new(Raw::default(), Vec::new(), &command_line, &MINORS, "").unwrap_err().to_string()
    };
    let version = CommandLine { kubernetes: words(&["1.12"]), ..CommandLine::default() };
    assert_eq!(refused(version), "there are no schemas for Kubernetes 1.12: use 1.30, 1.36, 1.37");
    let glob = CommandLine { select: words(&["schema/["]), ..CommandLine::default() };
    assert!(refused(glob).starts_with("`schema/[` is not a pattern"));
    let rule = CommandLine { ignore: words(&["shcema/cel"]), ..CommandLine::default() };
    assert_eq!(refused(rule), "`shcema/cel` matches no rule: did you mean `schema/cel`?");
}

#[test]
fn the_keys_that_are_read_are_those_of_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let keys = |part: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<String> = part["properties"].as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let sorted = |keys: &[&str]| {
        let mut keys = words(keys);
        keys.sort();
        keys
    };
    assert_eq!(keys(&schema), sorted(&Raw::KEYS));
    assert_eq!(keys(&schema["$defs"]["Schemas"]), sorted(&Schemas::KEYS));
    assert_eq!(keys(&schema["$defs"]["Helm"]), sorted(&Helm::KEYS));
    assert_eq!(keys(&schema["$defs"]["Override"]), sorted(&Override::KEYS));
}

/// The table of `docs/configuration.md`: a row a key, from the schema.
fn reference_table() -> String {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let mut table = String::from("| key | takes | default | meaning |\n|---|---|---|---|\n");
    rows(&schema, &schema, "", &mut table);
    table
}

fn rows(schema: &serde_json::Value, part: &serde_json::Value, prefix: &str, table: &mut String) {
    for (key, property) in part["properties"].as_object().unwrap() {
        let definition = resolved(schema, property);
        let nested = resolved(schema, &definition["items"]);
        let default = match &property["default"] {
            serde_json::Value::Null | serde_json::Value::Object(_) => String::new(),
            value => format!("`{}`", value.to_string().trim_matches('"')),
        };
        let description = property["description"].as_str().or(definition["description"].as_str()).unwrap();
        let description = description.replace('\n', " ").replace('|', "\\|");
        let takes = taken(schema, definition);
        writeln!(table, "| `{prefix}{key}` | {takes} | {default} | {description} |").unwrap();
        if definition["properties"].is_object() {
            rows(schema, definition, &format!("{prefix}{key}."), table);
        }
        if nested["properties"].is_object() {
            rows(schema, nested, &format!("{prefix}{key}[]."), table);
        }
    }
}

fn resolved<'s>(schema: &'s serde_json::Value, part: &'s serde_json::Value) -> &'s serde_json::Value {
    part["$ref"].as_str().map_or(part, |reference| schema.pointer(reference.trim_start_matches('#')).unwrap())
}

fn taken(schema: &serde_json::Value, part: &serde_json::Value) -> String {
    if let Some(choices) = part["oneOf"].as_array() {
        let words = choices.iter().map(|choice| format!("`{}`", choice["const"].as_str().unwrap()));
        return words.collect::<Vec<_>>().join(", ");
    }
    match part["type"].as_str().unwrap() {
        "array" => match resolved(schema, &part["items"])["type"].as_str() {
            Some("string") => "list of strings".to_owned(),
            _ => "list of mappings".to_owned(),
        },
        "object" if part["additionalProperties"].is_object() => {
            format!("mapping to {}", taken(schema, resolved(schema, &part["additionalProperties"])))
        }
        "object" => "mapping".to_owned(),
        other => other.to_owned(),
    }
}

/// Compares a committed file with what it should be, or writes it when `PLIMSOLL_BLESS` is set.
fn assert_committed(file: &str, expected: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("PLIMSOLL_BLESS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "{file} is out of date: run the tests with PLIMSOLL_BLESS=1");
}

#[test]
fn the_committed_schema_is_up_to_date() {
    assert_committed("schemas/plimsoll.schema.json", &json_schema());
}

#[test]
fn the_reference_in_the_documentation_is_up_to_date() {
    const FILE: &str = "docs/configuration.md";
    const START: &str = "<!-- keys:start -->\n";
    const END: &str = "<!-- keys:end -->\n";
    let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)).unwrap();
    let (before, rest) = text.split_once(START).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    assert_committed(FILE, &format!("{before}{START}\n{}\n{END}{after}", reference_table()));
}

#[test]
fn the_configurations_in_documentation_and_fixtures_are_valid() {
    let text = include_str!("../../docs/configuration.md");
    let examples: Vec<&str> = text.split("```yaml\n").skip(1).map(|block| block.split_once("```").unwrap().0).collect();
    assert!(!examples.is_empty());
    let fixtures = [
        include_str!("../../fixtures/repos/gitops/plimsoll.yaml"),
        include_str!("../../fixtures/repos/gitops-broken/plimsoll.yaml"),
    ];
    for example in examples.into_iter().chain(fixtures) {
        let (_, findings) = load(example);
        assert!(findings.is_empty(), "{example}: {findings:?}");
    }
}
