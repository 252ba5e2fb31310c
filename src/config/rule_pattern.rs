//! Which rules a word of the configuration means: a rule, a family, a glob or a tag.
//!
//! In: the word. Out: whether a rule is meant, and how precisely. It never looks a rule up in the catalogue, so that the
//! rules of a policy bundle are named like any other.

use std::borrow::Cow;

use globset::{Error, Glob, GlobMatcher};

/// A rule (`schema/enum`), a family or tag (`schema`), or a glob (`*/unknown-*`).
#[derive(Debug, Clone)]
pub(super) struct RulePattern {
    word: String,
    ids: GlobMatcher,
    precision: Precision,
}

/// How precisely a pattern names rules, the greater the more: a rule by its id comes after all else, then what has more
/// literal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Precision {
    is_id: bool,
    literal_characters: usize,
}

impl RulePattern {
    /// # Errors
    /// When the word is a glob that does not parse.
    pub(super) fn parse(word: &str) -> Result<Self, Error> {
        let is_glob = word.contains(['*', '?', '[', '{']);
        let is_id = !is_glob && word.contains('/');
        let glob = if is_glob || is_id { word.to_owned() } else { format!("{word}/*") };
        let precision = Precision {
            is_id,
            literal_characters: glob.chars().filter(|character| !"*?[]{}".contains(*character)).count(),
        };
        Ok(Self { word: word.to_owned(), ids: Glob::new(&glob)?.compile_matcher(), precision })
    }

    /// Whether it means a rule by its id.
    pub(super) fn means(&self, rule: &str) -> bool {
        self.ids.is_match(rule)
    }

    /// Whether it means a rule by its id or by one of its tags.
    pub(super) fn means_tagged(&self, rule: &str, tags: &[Cow<'_, str>]) -> bool {
        self.means(rule) || tags.iter().any(|tag| *tag == self.word)
    }

    /// How precisely it names rules.
    pub(super) fn precision(&self) -> Precision {
        self.precision
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_rule_a_family_or_a_glob() {
        let means = |word: &str, rule: &str| RulePattern::parse(word).unwrap().means(rule);
        assert!(means("schema/enum", "schema/enum"));
        assert!(!means("schema/enum", "schema/enum-case"));
        assert!(means("schema", "schema/enum"));
        assert!(!means("schema", "schemas/enum"));
        assert!(means("*/unknown-*", "schema/unknown-kind"));
        assert!(means("*", "schema/unknown-kind"));
        assert!(means("{crd,metadata}/*", "metadata/name"));
    }

    #[test]
    fn a_tag_means_the_rules_that_bear_it() {
        let pattern = RulePattern::parse("pod-security").unwrap();
        assert!(pattern.means_tagged("policy/privileged", &[Cow::Borrowed("pod-security")]));
        assert!(!pattern.means_tagged("policy/privileged", &[Cow::Borrowed("network")]));
    }

    #[test]
    fn the_more_precise_pattern_is_the_one_with_more_literal_characters() {
        let precision = |word: &str| RulePattern::parse(word).unwrap().precision();
        assert!(precision("crd/a") > precision("*/unknown-*"));
        assert!(precision("*/unknown-*") > precision("schema"));
        assert_eq!(precision("schema"), precision("schema/*"));
        assert!(precision("schema") > precision("*"));
    }

    #[test]
    fn a_glob_that_does_not_parse_is_refused() {
        assert!(RulePattern::parse("schema/[").is_err());
    }
}
