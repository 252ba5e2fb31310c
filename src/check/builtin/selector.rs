//! Label selectors: `ValidateLabelSelector` of apimachinery, and whether a selector matches labels.
//!
//! In: a selector, and the labels that it should match. Out: findings about the selector, or about labels that it does
//! not match. It never asks which objects of a repository a selector finds.

use super::metadata;
use super::names::is_qualified_name;
use crate::catalogue::metadata::LABEL;
use crate::catalogue::object::INVALID;
use crate::check::Sink;
use crate::finding::Related;
use crate::manifest::{Node, Span};
use crate::report::printable;

/// The operators of a requirement.
const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist"];

/// Checks a selector of `matchLabels` and `matchExpressions`.
pub(super) fn check(selector: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(labels) = selector.present("matchLabels") {
        metadata::labels(labels, sink);
    }
    for requirement in selector.present("matchExpressions").into_iter().flat_map(Node::items) {
        check_requirement(requirement, sink);
    }
}

fn check_requirement(requirement: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let values = requirement.present("values");
    let count = values.map_or(0, |values| values.items().len());
    if let Some(operator) = requirement.present("operator") {
        match (operator.as_str(), values) {
            (Some("In" | "NotIn"), _) if count == 0 => {
                let message = format!("`{}` without values", operator.as_str().unwrap_or_default());
                sink.value(&INVALID, values.unwrap_or(operator), message).help =
                    Some("add `values`, with one at least".to_owned());
            }
            (Some("Exists" | "DoesNotExist"), Some(values)) if count > 0 => {
                let message = format!("`{}` takes no values", operator.as_str().unwrap_or_default());
                sink.value(&INVALID, values, message).help = Some("remove `values`, or use `In` or `NotIn`".to_owned());
            }
            (Some(text), _) if !OPERATORS.contains(&text) => {
                sink.none_of(operator, OPERATORS);
            }
            _ => {}
        }
    }
    if let Some(key) = requirement.present("key")
        && let Some(text) = key.as_str().filter(|text| !is_qualified_name(text))
    {
        let message = format!("`{}` is no key of a label", printable(text));
        sink.value(&LABEL, key, message).help = Some(metadata::qualified_name_help(text));
    }
    for value in values.into_iter().flat_map(Node::items) {
        metadata::label_value(value, sink);
    }
}

/// Whether a selector of `matchLabels` and `matchExpressions` has neither: it selects everything.
pub(super) fn is_empty(selector: &Node<'_>) -> bool {
    let empty = |key| selector.present(key).is_none_or(|node| node.entries().is_empty() && node.items().is_empty());
    empty("matchLabels") && empty("matchExpressions")
}

/// Checks that the labels of a pod template are what a selector of `matchLabels` and `matchExpressions` asks for.
/// `owner` is what holds the template.
pub(super) fn check_template(selector: &Node<'_>, owner: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(labels) = selector.present("matchLabels") {
        check_template_labels(labels, owner, sink);
    }
    let Some(labels) = TemplateLabels::of(owner) else { return };
    for requirement in selector.present("matchExpressions").into_iter().flat_map(Node::items) {
        let Some(wanted) = labels.unmet(requirement) else { continue };
        let message = format!("the selector asks for {wanted}, but the template's labels do not have it so");
        tell(&labels, requirement.span, message, format!("make the template's labels fit {wanted}"), sink);
    }
}

/// Checks that the labels of a pod template hold all those of a map of labels.
pub(super) fn check_template_labels(wanted: &Node<'_>, owner: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(labels) = TemplateLabels::of(owner) else { return };
    for entry in wanted.entries() {
        let Some(value) = text(&entry.value) else { continue };
        let (key, shown) = (printable(&entry.key), printable(value));
        if let Some(node) = labels.node.and_then(|labels| labels.get(&entry.key)) {
            if let Some(actual) = text(node).filter(|actual| *actual != value) {
                let message =
                    format!("the selector asks for `{key}: {shown}`, but the template has `{}`", printable(actual));
                let first = sink.place(entry.key_span);
                let finding = sink.value(&INVALID, node, message);
                finding.help = Some(format!("write `{shown}`, or select `{}`", printable(actual)));
                finding.related.push(Related { place: first, message: "asked for here".to_owned() });
            }
        } else {
            let message = format!("the selector asks for `{key}: {shown}`, but the template has no label `{key}`");
            tell(&labels, entry.key_span, message, format!("add `{key}: {shown}` to the template's labels"), sink);
        }
    }
}

fn tell(labels: &TemplateLabels<'_, '_>, asked: Span, message: String, help: String, sink: &mut Sink<'_, '_>) {
    let place = sink.place(asked);
    let finding = sink.value(&INVALID, labels.place, message);
    finding.help = Some(help);
    finding.related.push(Related { place, message: "asked for here".to_owned() });
}

/// The labels of a pod template, or the next thing around them that is there.
struct TemplateLabels<'n, 's> {
    node: Option<&'n Node<'s>>,
    place: &'n Node<'s>,
}

impl<'n, 's> TemplateLabels<'n, 's> {
    /// None when something around them has a wrong type.
    fn of(owner: &'n Node<'s>) -> Option<Self> {
        let mut place = owner;
        for key in ["template", "metadata", "labels"] {
            match place.present(key) {
                Some(node) if node.is_mapping() => place = node,
                Some(_) => return None,
                None => return Some(Self { node: None, place }),
            }
        }
        Some(Self { node: Some(place), place })
    }

    /// What a requirement asks for, when the labels do not meet it.
    fn unmet(&self, requirement: &Node<'_>) -> Option<String> {
        let key = requirement.present("key").and_then(Node::as_str)?;
        let operator = requirement.present("operator").and_then(Node::as_str)?;
        let values = requirement.present("values").map_or(&[][..], Node::items);
        let label = self.node.and_then(|labels| labels.get(key));
        let actual = match label {
            Some(node) => Some(text(node)?),
            None => None,
        };
        let is_listed = || values.iter().any(|value| text(value) == actual);
        let met = match operator {
            "In" => values.is_empty() || actual.is_some() && is_listed(),
            "NotIn" => values.is_empty() || actual.is_none() || !is_listed(),
            "Exists" => !values.is_empty() || actual.is_some(),
            "DoesNotExist" => !values.is_empty() || actual.is_none(),
            _ => true,
        };
        if met {
            return None;
        }
        let listed: Vec<_> = values.iter().filter_map(text).map(printable).collect();
        let listed = if listed.is_empty() { String::new() } else { format!(" [{}]", listed.join(", ")) };
        Some(format!("`{} {operator}{listed}`", printable(key)))
    }
}

/// The value of a label as the server decodes it; none for a value of a wrong type.
fn text<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    if node.is_null() { Some("") } else { node.as_str() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::check::written::{Written, summary};

    fn found(selector: &Json, labels: &Json) -> String {
        let object = Written::new(&json!({
            "apiVersion": "v1", "kind": "A", "selector": selector, "template": {"metadata": {"labels": labels}}
        }));
        summary(&object.findings(|object, sink| {
            let selector = object.node.get("selector").unwrap();
            check(selector, sink);
            check_template(selector, &object.node, sink);
        }))
    }

    #[test]
    fn a_selector_must_match_the_labels_of_the_template() {
        let web = json!({"matchLabels": {"app": "web"}});
        assert_eq!(found(&web, &json!({"app": "web", "tier": "front"})), "");
        assert!(
            found(&web, &json!({"app": "api"}))
                .starts_with("object/invalid /template/metadata/labels/app: the selector asks for `app: web`")
        );
        assert!(found(&web, &Json::Null).starts_with(
            "object/invalid /template/metadata: the selector asks for `app: web`, but the template has no label"
        ));
        assert_eq!(found(&web, &json!({"app": 5})), "", "the schema has told it");
    }

    #[test]
    fn expressions_match_as_the_api_server_matches_them() {
        let expression = |operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": "app", "operator": operator, "values": values}]});
        let web = json!({"app": "web"});
        for (selector, matches) in [
            (expression("In", &["api", "web"]), true),
            (expression("In", &["api"]), false),
            (expression("NotIn", &["api"]), true),
            (expression("NotIn", &["web"]), false),
            (expression("Exists", &[]), true),
            (expression("DoesNotExist", &[]), false),
        ] {
            assert_eq!(found(&selector, &web).is_empty(), matches, "{selector}");
        }
        assert_eq!(found(&expression("NotIn", &["web"]), &json!({"tier": "front"})), "");
    }

    #[test]
    fn requirements_have_an_operator_and_the_values_it_takes() {
        let expression = |json: Json| found(&json!({"matchExpressions": [json]}), &json!({"app": "web"}));
        assert!(
            expression(json!({"key": "app", "operator": "Is", "values": ["web"]}))
                .contains("schema/enum /selector/matchExpressions/0/operator")
        );
        assert!(expression(json!({"key": "app", "operator": "In"})).contains("`In` without values"));
        assert!(
            expression(json!({"key": "app", "operator": "Exists", "values": ["web"]}))
                .contains("`Exists` takes no values")
        );
        assert!(expression(json!({"key": "a b", "operator": "DoesNotExist"})).contains("no key of a label"));
        assert!(
            expression(json!({"key": "app", "operator": "NotIn", "values": ["a b"]})).contains("no value of a label")
        );
    }
}
