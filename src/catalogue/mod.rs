//! The table of rules: what each one finds, why it matters and how to mend it.
//!
//! Every finding names a rule of this table; `plimsoll rules`, `plimsoll explain`, the rule help in SARIF and
//! `docs/rules.md` are printed from it. It never checks anything.

use std::borrow::Cow;

use crate::finding::Severity;

pub mod config;
pub mod crd;
mod manual;
pub mod metadata;
pub mod object;
pub mod read;
pub mod render;
pub mod schema;

pub use manual::{explain, json, markdown, rule_markdown, table};

/// A rule: its id, what it is by default, and its manual.
#[derive(Debug)]
pub struct Rule {
    /// `family/name`.
    pub id: &'static str,
    /// The severity unless the configuration says otherwise.
    pub severity: Severity,
    /// Words to select by.
    pub tags: &'static [Cow<'static, str>],
    /// One line: what it finds.
    pub title: &'static str,
    /// What is looked at and what is found.
    pub what: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// A manifest, or part of one, that it finds something in.
    pub example: &'static str,
    /// The same, mended.
    pub instead: &'static str,
}

impl Rule {
    /// What stands before the `/` of the id.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.id.split_once('/').map_or(self.id, |(family, _)| family)
    }
}

/// A rule's tags from string literals.
macro_rules! tags {
    ($($tag:literal),* $(,)?) => { &[$(std::borrow::Cow::Borrowed($tag)),*] };
}
pub(crate) use tags;

/// Every family's rules; one line a family.
const FAMILIES: &[&[&Rule]] =
    &[config::RULES, crd::RULES, metadata::RULES, object::RULES, read::RULES, render::RULES, schema::RULES];

/// All rules, family by family.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// The rule of an id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}
