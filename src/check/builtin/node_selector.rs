//! Node selectors: `ValidateNodeSelector` of `pkg/apis/core/validation`, for pods and for volumes.
//!
//! In: a selector of terms. Out: findings about terms that no scheduler could read. It never asks which nodes there are.

use super::fields::{DNS_SUBDOMAIN, LABEL_VALUE, QUALIFIED_NAME, forbidden, is_one_of, items, report, text};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::Node;

const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

/// Which values a requirement may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Those that a label can have.
    OfLabels,
    /// Any: a preference that never matches does no harm.
    Any,
}

/// Checks a selector that nodes must match.
pub(super) fn check(selector: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(terms) = selector.present("nodeSelectorTerms") else { return };
    if matches!(&terms.value, crate::manifest::Value::Sequence(list) if list.is_empty()) {
        report(&schema::REQUIRED, terms, "a selector without a term selects no node", "add a term", sink);
    }
    terms.items().iter().for_each(|node| term(node, Values::OfLabels, sink));
}

/// Checks one term of a selector.
pub(super) fn term(term: &Node<'_>, values: Values, sink: &mut Sink<'_, '_>) {
    for requirement in items(term, "matchExpressions") {
        expression(requirement, sink);
        QUALIFIED_NAME.check_filled(requirement, "key", sink);
        if values == Values::OfLabels {
            for value in items(requirement, "values") {
                LABEL_VALUE.check(value, sink);
            }
        }
    }
    for requirement in items(term, "matchFields") {
        if let Some(node) = requirement.present("operator") {
            is_one_of(node, &["In", "NotIn"], sink);
        }
        if let Some(node) = requirement.present("key") {
            is_one_of(node, &["metadata.name"], sink);
        }
        exactly_one_value(requirement, sink);
        for value in items(requirement, "values") {
            DNS_SUBDOMAIN.check(value, sink);
        }
    }
}

fn expression(requirement: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = requirement.present("operator") else { return };
    let empty = items(requirement, "values").is_empty();
    match text(requirement, "operator") {
        Some("In" | "NotIn") if empty => no_values(requirement, sink),
        Some("Exists" | "DoesNotExist") if !empty => {
            forbidden(requirement, "values", "must not be set with `Exists` or `DoesNotExist`", sink);
        }
        Some("Gt" | "Lt") => exactly_one_value(requirement, sink),
        _ => is_one_of(node, OPERATORS, sink),
    }
}

fn exactly_one_value(requirement: &Node<'_>, sink: &mut Sink<'_, '_>) {
    match items(requirement, "values") {
        [] => no_values(requirement, sink),
        [_] => {}
        [_, second, ..] => report(&schema::RANGE, second, "more than one value", "keep one of them", sink),
    }
}

fn no_values(requirement: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let node = requirement.present("values").unwrap_or(requirement);
    report(&schema::REQUIRED, node, "a requirement without values", "add `values`", sink);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn found(terms: &Json) -> String {
        let object = Written::new(&json!({"apiVersion": "v1", "kind": "A", "nodeSelectorTerms": terms}));
        summary(&object.findings(|object, sink| check(&object.node, sink)))
    }

    #[test]
    fn operators_decide_on_the_number_of_values() {
        let term = |operator: &str, values: Json| {
            found(&json!([{"matchExpressions": [{"key": "zone", "operator": operator, "values": values}]}]))
        };
        assert_eq!(term("In", json!(["a", "b"])) + &term("Gt", json!(["1"])) + &term("Exists", Json::Null), "");
        assert!(term("In", json!([])).contains("without values"));
        assert!(term("Lt", json!(["1", "2"])).contains("more than one value"));
        assert!(term("Exists", json!(["a"])).contains("must not be set"));
        assert!(term("Is", json!(["a"])).starts_with("schema/enum "));
    }

    #[test]
    fn a_selector_has_terms_and_fields_are_the_name_alone() {
        assert!(found(&json!([])).contains("without a term"));
        let fields =
            |key: &str| found(&json!([{"matchFields": [{"key": key, "operator": "In", "values": ["node-1"]}]}]));
        assert_eq!(fields("metadata.name"), "");
        assert!(fields("metadata.uid").starts_with("schema/enum "));
    }
}
