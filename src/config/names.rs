//! The names that there are, and the one that was meant.
//!
//! In: a word. Out: whether it names something, and what comes nearest to it. It never reports.

use super::rule_pattern::RulePattern;
use crate::catalogue::rules;
use crate::suggest::nearest;

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
pub(super) fn nearest_rule(word: &str) -> Option<String> {
    let families = rules().filter_map(|rule| rule.id.split_once('/')).map(|(family, _)| family);
    nearest(word, rules().map(|rule| rule.id).chain(families))
}
