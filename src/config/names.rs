//! The names that there are, and the one that was meant.
//!
//! In: a word. Out: whether it names something, and what comes nearest to it. It never reports.

use super::rule_pattern::RulePattern;
use crate::catalogue::rules;

/// By what a word may name rules.
#[derive(Debug, Clone, Copy)]
pub(super) enum Names {
    /// Ids, families and globs of these.
    Ids,
    /// The same, and tags.
    IdsAndTags,
}

/// Whether a pattern means any rule of the catalogue.
pub(super) fn exists(pattern: &RulePattern, names: Names) -> bool {
    rules().any(|rule| match names {
        Names::Ids => pattern.means(rule.id),
        Names::IdsAndTags => pattern.means_tagged(rule.id, rule.tags),
    })
}

/// The rule or family that someone who wrote `word` may have meant.
pub(super) fn nearest_rule(word: &str) -> Option<&'static str> {
    let families = rules().filter_map(|rule| rule.id.split_once('/')).map(|(family, _)| family);
    nearest(word, rules().map(|rule| rule.id).chain(families))
}

/// The name that someone who wrote `word` may have meant: none when all are too far from it.
pub(super) fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    names
        .map(|name| (strsim::damerau_levenshtein(&word, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}
