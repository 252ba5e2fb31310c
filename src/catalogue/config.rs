//! Mistakes in Plimsoll's own configuration.

use super::{Rule, tags};
use crate::finding::Severity;

/// The family, sorted by id.
pub(super) const RULES: &[&Rule] = &[&INVALID, &UNKNOWN_FIELD, &UNKNOWN_RULE];

/// A value that `plimsoll.yaml` does not take.
pub const INVALID: Rule = Rule {
    id: "config/invalid",
    severity: Severity::Deny,
    tags: tags!["config"],
    title: "a value that `plimsoll.yaml` does not take",
    what: "A key of `plimsoll.yaml` has a value of the wrong type, or one that is none of those it takes.",
    why: "A setting that is not understood would be a check that silently does not happen, so the run stops being \
           trusted.",
    example: "\
rules:
  schema/unknown-kind: fatal
",
    instead: "\
rules:
  schema/unknown-kind: deny
",
};

/// A key that `plimsoll.yaml` does not know.
pub const UNKNOWN_FIELD: Rule = Rule {
    id: "config/unknown-field",
    severity: Severity::Deny,
    tags: tags!["config"],
    title: "a key that `plimsoll.yaml` does not know",
    what: "`plimsoll.yaml` has a key that Plimsoll does not know, at the top or further in.",
    why: "A misspelt key changes nothing, and whoever wrote it believes that it does.",
    example: "\
rule:
  schema/unknown-kind: deny
",
    instead: "\
rules:
  schema/unknown-kind: deny
",
};

/// A rule, family or glob in `plimsoll.yaml` that matches no rule.
pub const UNKNOWN_RULE: Rule = Rule {
    id: "config/unknown-rule",
    severity: Severity::Deny,
    tags: tags!["config"],
    title: "a rule, family or glob in `plimsoll.yaml` that matches no rule",
    what: "`plimsoll.yaml` names a rule, a family or a glob that no rule of this run matches.",
    why: "The rule it means keeps its default, and one that was renamed goes on as if it had never been \
           configured.",
    example: "\
rules:
  schema/unknown-knid: deny
",
    instead: "\
rules:
  schema/unknown-kind: deny
",
};
