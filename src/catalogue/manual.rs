//! The catalogue as text: for the terminal, for `docs/rules.md`, for SARIF's help, for programs.
//!
//! In: rules. Out: text that is made of nothing but the rules' own. It never wraps: a terminal does that itself.

use std::fmt::Write;

use serde::Serialize;

use super::{Rule, rules};
use crate::finding::Severity;

/// A rule's manual for a terminal.
#[must_use]
pub fn explain(rule: &Rule) -> String {
    let mut text = format!("{} ({})\n{}\n", rule.id, rule.severity, rule.title);
    for (heading, paragraph) in [("What", rule.what), ("Why", rule.why)] {
        append(&mut text, format_args!("\n{heading}\n{}", indented(paragraph)));
    }
    for (heading, manifest) in [("Example", rule.example), ("Instead", rule.instead)] {
        append(&mut text, format_args!("\n{heading}\n{}", indented(manifest)));
    }
    text
}

/// A rule's manual in Markdown, without a heading of its own.
#[must_use]
pub fn rule_markdown(rule: &Rule) -> String {
    let mut text = format!("{}\n\n**Why.** {}\n", rule.what.trim(), rule.why.trim());
    for (heading, manifest) in [("Example", rule.example), ("Instead", rule.instead)] {
        let language = if manifest.starts_with("$ ") { "console" } else { "yaml" };
        append(&mut text, format_args!("\n**{heading}.**\n\n```{language}\n{}\n```\n", manifest.trim()));
    }
    text
}

/// `docs/rules.md`: all rules, with a table of contents by family.
#[must_use]
pub fn markdown() -> String {
    let rules: Vec<&Rule> = rules().collect();
    let mut text = String::from(
        "# Rules\n\n\
         Every finding names one of these rules. `plimsoll rules` lists them, `plimsoll explain RULE` prints one.\n\
         `deny` fails a run, `warn` and `info` do not, unless the configuration says otherwise.\n\n\
         This page is made from the catalogue in `src/catalogue/`: change it there.\n",
    );
    for family in rules.chunk_by(|one, other| one.family() == other.family()) {
        let Some(first) = family.first() else { continue };
        append(
            &mut text,
            format_args!("\n**{}**\n\n| rule | severity | finds |\n| --- | --- | --- |\n", first.family()),
        );
        for rule in family {
            append(
                &mut text,
                format_args!("| [`{}`](#{}) | {} | {} |\n", rule.id, anchor(rule.id), rule.severity, rule.title),
            );
        }
    }
    for rule in rules {
        append(&mut text, format_args!("\n## {}\n\n", rule.id));
        append(&mut text, format_args!("*{}* · {}\n\n{}", rule.severity, rule.title, rule_markdown(rule)));
    }
    text
}

/// Rules as a table for a terminal: id, severity, title, aligned.
pub fn table<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> String {
    let rules: Vec<&Rule> = rules.into_iter().collect();
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in rules {
        append(&mut text, format_args!("{:width$}  {:8}  {}\n", rule.id, rule.severity.to_string(), rule.title));
    }
    text
}

/// Rules as a JSON list, with all their texts.
pub fn json<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> String {
    let records: Vec<Record<'_>> = rules.into_iter().map(Record::new).collect();
    // `{:#}` prints a JSON value indented, and cannot fail as a serialiser can
    format!("{:#}\n", serde_json::json!(records))
}

/// A rule as a program sees it.
#[derive(Serialize)]
struct Record<'r> {
    id: &'r str,
    family: &'r str,
    severity: Severity,
    tags: Vec<&'r str>,
    title: &'r str,
    what: &'r str,
    why: &'r str,
    example: &'r str,
    instead: &'r str,
}

impl<'r> Record<'r> {
    fn new(rule: &'r Rule) -> Self {
        Self {
            id: rule.id,
            family: rule.family(),
            severity: rule.severity,
            tags: rule.tags.iter().map(AsRef::as_ref).collect(),
            title: rule.title,
            what: rule.what,
            why: rule.why,
            example: rule.example,
            instead: rule.instead,
        }
    }
}

/// The anchor that Markdown renderers make of a heading.
fn anchor(id: &str) -> String {
    id.replace('/', "")
}

fn indented(text: &str) -> String {
    text.trim().lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}

fn append(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail
    let _ = text.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{env, fs};

    use super::*;
    use crate::catalogue::FAMILIES;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn ids_are_sorted_and_unique_and_stand_in_the_file_of_their_family() {
        for family in FAMILIES {
            let name = family[0].family();
            let file = fs::read_to_string(root().join(format!("src/catalogue/{name}.rs"))).unwrap();
            for rule in *family {
                assert_eq!(rule.family(), name, "{}", rule.id);
                assert!(file.contains(&format!("id: \"{}\"", rule.id)), "{} is not in {name}.rs", rule.id);
            }
            assert!(family.is_sorted_by(|one, other| one.id < other.id), "{name} is not sorted");
            assert_eq!(file.matches("    id: \"").count(), family.len(), "a rule of {name}.rs is not in its table");
        }
        assert!(FAMILIES.is_sorted_by(|one, other| one[0].family() < other[0].family()));
    }

    #[test]
    fn every_rule_has_its_texts() {
        for rule in rules() {
            for (name, text) in
                [("what", rule.what), ("why", rule.why), ("example", rule.example), ("instead", rule.instead)]
            {
                assert!(!text.trim().is_empty(), "{} lacks `{name}`", rule.id);
                assert!(!text.contains("```"), "{}: `{name}` holds a fence", rule.id);
            }
            assert!(!rule.title.ends_with('.') && !rule.title.contains('|'), "{}", rule.id);
            assert!(rule.what.ends_with('.') && rule.why.ends_with('.'), "{}: sentences end in a full stop", rule.id);
            assert_ne!(rule.example, rule.instead, "{}", rule.id);
            let family = rule.family();
            assert!(rule.tags.iter().any(|tag| tag == family), "{} is not tagged `{family}`", rule.id);
        }
    }

    #[test]
    fn the_committed_page_is_up_to_date() {
        let path = root().join("docs/rules.md");
        if env::var_os("PLIMSOLL_BLESS").is_some() {
            fs::create_dir_all(root().join("docs")).unwrap();
            fs::write(&path, markdown()).unwrap();
        }
        assert!(fs::read_to_string(&path).unwrap() == markdown(), "run the tests with PLIMSOLL_BLESS=1");
    }

    #[test]
    fn explain_prints_all_texts_indented() {
        let rule = Rule {
            id: "read/syntax",
            severity: Severity::Deny,
            tags: &[],
            title: "a title",
            what: "What it is.",
            why: "Why it is.",
            example: "a: [",
            instead: "a: []\n\nb: 1\n",
        };
        assert_eq!(
            explain(&rule),
            "read/syntax (deny)\na title\n\nWhat\n  What it is.\n\nWhy\n  Why it is.\n\nExample\n  a: [\n\nInstead\n  a: []\n\n  b: 1\n"
        );
    }

    #[test]
    fn the_table_is_aligned_and_the_json_complete() {
        let table = table(rules());
        let titles: Vec<usize> = rules().zip(table.lines()).map(|(rule, line)| line.len() - rule.title.len()).collect();
        assert!(titles.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
        let json: serde_json::Value = serde_json::from_str(&json(rules())).unwrap();
        assert_eq!(json.as_array().unwrap().len(), rules().count());
        assert_eq!(json[0]["family"], "config");
    }
}
