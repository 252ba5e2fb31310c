//! `plimsoll.yaml` → what it says, with a finding for every mistake.
//!
//! In: the file's text, its value, and the Kubernetes minors that schemas are at hand for. Out: [`Raw`] without what is
//! wrong, and the findings, each at its key or value. It never stops at the first mistake.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::names::{self, Names};
use super::raw::{Helm, Level, Override, Raw, Schemas, UnknownKind};
use super::rule_pattern::RulePattern;
use super::settings::{Paths, minor_of};
use crate::catalogue::{Rule, config, schema};
use crate::finding::{Finding, Severity};
use crate::manifest::{Entry, Node, Source, Span, Value};
use crate::suggest::nearest;

const SEVERITIES: [(&str, Severity); 3] =
    [("deny", Severity::Deny), ("warn", Severity::Warn), ("info", Severity::Info)];

/// How much of a wrong value a message repeats.
const QUOTED_CHARACTERS: usize = 60;

/// Reads the configuration. `node` is the value of the file, none when it holds nothing but comments; `minors` are the
/// Kubernetes versions that schemas are at hand for, oldest first.
#[must_use]
pub fn load(source: &Source, node: Option<&Node<'_>>, minors: &[&str]) -> (Raw, Vec<Finding>) {
    let mut reading = Reading { source, minors, findings: Vec::new() };
    let raw = node.map(|node| reading.configuration(node)).unwrap_or_default();
    (raw, reading.findings)
}

struct Reading<'r> {
    source: &'r Source,
    minors: &'r [&'r str],
    findings: Vec<Finding>,
}

impl Reading<'_> {
    fn configuration(&mut self, node: &Node<'_>) -> Raw {
        let mut raw = Raw::default();
        for Entry { key, value, .. } in self.fields("the configuration", node, &Raw::KEYS) {
            match key.as_ref() {
                "kubernetes" => raw.kubernetes = self.kubernetes(key, value),
                "exclude" => raw.exclude = self.paths(key, value),
                "schemas" => raw.schemas = self.schemas(value),
                "helm" => raw.helm = self.helm(value),
                "failOn" => raw.fail_on = self.choice(value, &SEVERITIES).unwrap_or(raw.fail_on),
                "rules" => raw.rules = self.levels(key, value),
                "select" => raw.select = self.selection(key, value),
                "ignore" => raw.ignore = self.selection(key, value),
                _ => raw.overrides = self.overrides(key, value),
            }
        }
        self.refuse_two_words_on_unknown_kinds(node);
        raw
    }

    fn schemas(&mut self, node: &Node<'_>) -> Schemas {
        let mut schemas = Schemas::default();
        for Entry { key, value, .. } in self.fields("`schemas`", node, &Schemas::KEYS) {
            match key.as_ref() {
                "crds" => schemas.crds = self.strings(key, value).into_iter().map(|(text, _)| text).collect(),
                _ => schemas.unknown_kind = self.choice(value, &UnknownKind::ALL),
            }
        }
        schemas
    }

    fn helm(&mut self, node: &Node<'_>) -> Helm {
        let mut helm = Helm::default();
        for Entry { key, value, .. } in self.fields("`helm`", node, &Helm::KEYS) {
            match key.as_ref() {
                "path" => helm.path = self.program(value),
                _ => helm.timeout = self.seconds(value),
            }
        }
        helm
    }

    /// An absolute path: what a repository brings along must not run on the machine that checks it.
    fn program(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.string(node)?.to_owned();
        let is_absolute = Path::new(&text).is_absolute();
        if !is_absolute {
            let message = format!("`{text}` is not an absolute path");
            self.report(&config::INVALID, node.span, message, "write the whole path, or leave it to the PATH");
        }
        is_absolute.then_some(text)
    }

    fn seconds(&mut self, node: &Node<'_>) -> Option<u32> {
        let seconds = node.as_i64().and_then(|seconds| u32::try_from(seconds).ok());
        let seconds = seconds.filter(|seconds| (1..=Helm::MAX_TIMEOUT).contains(seconds));
        if seconds.is_none() {
            let message =
                format!("`{}` is not a number of seconds from 1 to {}", self.written(node), Helm::MAX_TIMEOUT);
            self.report(&config::INVALID, node.span, message, "write a whole number, such as `30`");
        }
        seconds
    }

    fn overrides(&mut self, key: &str, node: &Node<'_>) -> Vec<Override> {
        self.items(key, node).iter().filter_map(|item| self.path_override(item)).collect()
    }

    fn path_override(&mut self, node: &Node<'_>) -> Option<Override> {
        let before = self.findings.len();
        let fields = self.fields("an override", node, &Override::KEYS);
        let mut read = Override { paths: Vec::new(), kubernetes: Vec::new(), rules: BTreeMap::new() };
        for Entry { key, value, .. } in fields {
            match key.as_ref() {
                "paths" => read.paths = self.paths(key, value),
                "kubernetes" => read.kubernetes = self.kubernetes(key, value),
                _ => read.rules = self.levels(key, value),
            }
        }
        if read.paths.is_empty() && self.findings.len() == before {
            let span = node.entries().first().map_or(node.span, |entry| entry.key_span);
            let help = "add `paths: [\"clusters/staging/**\"]`, or move its keys to the top";
            self.report(&config::INVALID, span, "an override without `paths` matches nothing", help);
        }
        (!read.paths.is_empty()).then_some(read)
    }

    fn kubernetes(&mut self, key: &str, node: &Node<'_>) -> Vec<String> {
        let mut versions = Vec::new();
        for item in self.items(key, node) {
            // 1.30 without quotes is the number 1.3
            if matches!(item.value, Value::Float(_) | Value::Int(_)) {
                let written = self.written(item);
                let message = format!("`{written}` is a number here, and YAML drops the zeros at its end");
                self.report(&config::INVALID, item.span, message, format!("put it in quotes: `\"{written}\"`"));
                continue;
            }
            let Some(text) = self.string(item) else { continue };
            match minor_of(text, self.minors) {
                Some(minor) => versions.push(minor),
                None => self.report(
                    &config::INVALID,
                    item.span,
                    format!("there are no schemas for Kubernetes `{text}`"),
                    format!("use {}", list(self.minors.iter().copied())),
                ),
            }
        }
        versions
    }

    fn paths(&mut self, key: &str, node: &Node<'_>) -> Vec<String> {
        let mut paths = Vec::new();
        for (text, item) in self.strings(key, node) {
            match Paths::parse(std::slice::from_ref(&text)) {
                Ok(_) => paths.push(text),
                Err(reason) => {
                    let message = format!("`{text}` is not a pattern of paths: {reason}");
                    self.report(&config::INVALID, item.span, message, "write it as `.gitignore` would have it");
                }
            }
        }
        paths
    }

    fn levels(&mut self, key: &str, node: &Node<'_>) -> BTreeMap<String, Level> {
        let mut levels = BTreeMap::new();
        if !node.is_mapping() && !node.is_null() {
            self.refuse_type(&format!("`{key}`"), node, "a mapping of rules to levels");
        }
        for entry in node.entries() {
            let known = self.rule_pattern(&entry.key, entry.key_span, Names::Ids);
            let level = self.choice(&entry.value, &Level::ALL);
            if let (true, Some(level)) = (known, level) {
                levels.insert(entry.key.to_string(), level);
            }
        }
        levels
    }

    fn selection(&mut self, key: &str, node: &Node<'_>) -> Vec<String> {
        let mut words = self.strings(key, node);
        words.retain(|(word, item)| self.rule_pattern(word, item.span, Names::IdsAndTags));
        words.into_iter().map(|(word, _)| word).collect()
    }

    /// Whether a word means a rule of the catalogue.
    fn rule_pattern(&mut self, word: &str, span: Span, names: Names) -> bool {
        let pattern = match RulePattern::parse(word) {
            Ok(pattern) => pattern,
            Err(error) => {
                let message = format!("`{word}` is not a glob: {}", error.kind());
                self.report(&config::INVALID, span, message, "name a rule, a family, or a glob such as `schema/*`");
                return false;
            }
        };
        let known = names::exists(&pattern, names);
        if !known {
            let help = names::nearest_rule(word)
                .map_or_else(|| "`plimsoll rules` lists them all".to_owned(), |near| format!("did you mean `{near}`?"));
            self.report(&config::UNKNOWN_RULE, span, format!("`{word}` matches no rule"), help);
        }
        known
    }

    /// `schemas.unknownKind` is short for a rule: given both, one would be overruled in silence.
    fn refuse_two_words_on_unknown_kinds(&mut self, node: &Node<'_>) {
        let short = node.path(&["schemas", "unknownKind"]);
        let rule = node.path(&["rules"]).and_then(|rules| rules.entry(schema::UNKNOWN_KIND.id));
        if let (Some(short), Some(rule)) = (short, rule) {
            let message = format!("`{}` is set twice, here and by `schemas.unknownKind`", rule.key);
            self.report(&config::INVALID, rule.key_span, message, "remove one of them");
            let place = self.source.place(short.span.start, short.span.end);
            if let Some(finding) = self.findings.pop() {
                self.findings.push(finding.with_related(place, "set here too"));
            }
        }
    }

    /// The entries of a mapping whose keys are known and have a value.
    fn fields<'n, 's>(&mut self, what: &str, node: &'n Node<'s>, known: &[&str]) -> Vec<&'n Entry<'s>> {
        if !node.is_mapping() {
            if !node.is_null() {
                self.refuse_type(what, node, "a mapping");
            }
            return Vec::new();
        }
        let (fields, unknown): (Vec<_>, Vec<_>) =
            node.entries().iter().partition(|entry| known.contains(&entry.key.as_ref()));
        for entry in unknown {
            let help = nearest(&entry.key, known.iter().copied()).map_or_else(
                || format!("remove it; known are {}", list(known.iter().copied())),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("`{}` is not a key of {what}", entry.key);
            self.report(&config::UNKNOWN_FIELD, entry.key_span, message, help);
        }
        fields.into_iter().filter(|entry| !entry.value.is_null()).collect()
    }

    fn items<'n, 's>(&mut self, key: &str, node: &'n Node<'s>) -> &'n [Node<'s>] {
        if !matches!(node.value, Value::Sequence(_)) && !node.is_null() {
            self.refuse_type(&format!("`{key}`"), node, "a list");
        }
        node.items()
    }

    fn strings<'n, 's>(&mut self, key: &str, node: &'n Node<'s>) -> Vec<(String, &'n Node<'s>)> {
        let items = self.items(key, node);
        items.iter().filter_map(|item| Some((self.string(item)?.to_owned(), item))).collect()
    }

    fn string<'n>(&mut self, node: &'n Node<'_>) -> Option<&'n str> {
        let text = node.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            let written = self.written(node);
            let (message, help) = match node.value {
                Value::Sequence(_) | Value::Mapping(_) => (
                    format!("a string belongs here, not {}", with_article(node.type_name())),
                    "write a string".to_owned(),
                ),
                Value::String(_) | Value::Null => ("an empty item means nothing".to_owned(), "remove it".to_owned()),
                _ => (
                    format!("`{written}` is read as {}, not as a string", with_article(node.type_name())),
                    format!("put it in quotes: `\"{written}\"`"),
                ),
            };
            self.report(&config::INVALID, node.span, message, help);
        }
        text
    }

    fn choice<T: Copy>(&mut self, node: &Node<'_>, choices: &[(&str, T)]) -> Option<T> {
        // YAML 1.1 reads `off` without quotes as false
        let is_off = node.as_bool() == Some(false) && self.written(node).eq_ignore_ascii_case("off");
        let word = if is_off { Some("off") } else { node.as_str() };
        let chosen = word.and_then(|word| choices.iter().find(|(name, _)| *name == word));
        if chosen.is_none() {
            let message = match &node.value {
                Value::Null => "a value is missing".to_owned(),
                Value::Sequence(_) | Value::Mapping(_) => {
                    format!("a single word belongs here, not {}", with_article(node.type_name()))
                }
                _ => format!("`{}` is not a value of this key", self.written(node)),
            };
            let near = word.and_then(|word| nearest(word, choices.iter().map(|(name, _)| *name)));
            let help = near.map_or_else(
                || format!("use one of {}", list(choices.iter().map(|(name, _)| *name))),
                |near| format!("did you mean `{near}`?"),
            );
            self.report(&config::INVALID, node.span, message, help);
        }
        chosen.map(|(_, value)| *value)
    }

    fn refuse_type(&mut self, what: &str, node: &Node<'_>, wanted: &str) {
        let message = match node.value {
            Value::Sequence(_) | Value::Mapping(_) => {
                format!("{what} must be {wanted}, not {}", with_article(node.type_name()))
            }
            _ => format!("{what} must be {wanted}, not `{}`", self.written(node)),
        };
        let help = match (wanted, &node.value) {
            ("a list", Value::Mapping(_)) => "write `- ` before each item".to_owned(),
            ("a list", _) => format!("write `[{}]`", self.written(node)),
            _ => "write one key a line, as `key: value`".to_owned(),
        };
        self.report(&config::INVALID, node.span, message, help);
    }

    /// A scalar as it stands in the file, on one line, and not too much of it.
    fn written(&self, node: &Node<'_>) -> String {
        let text = self.source.text.get(node.span.start as usize..node.span.end as usize).unwrap_or_default();
        text.lines().next().unwrap_or_default().trim().chars().take(QUOTED_CHARACTERS).collect()
    }

    fn report(&mut self, rule: &'static Rule, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let place = self.source.place(span.start, span.end);
        self.findings.push(Finding::new(rule, place, message).with_help(help));
    }
}

fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// The names in backticks, with commas.
fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut text = String::new();
    for name in names {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}`{name}`");
    }
    text
}
