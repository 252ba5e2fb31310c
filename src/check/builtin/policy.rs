//! `PodDisruptionBudget` and `PriorityClass`.
//!
//! In: an object of the groups `policy` and `scheduling.k8s.io`. Out: findings about the budget's limits and the class's
//! value. It never asks whether a budget leaves room for an eviction.

use super::bounds::{Percent, at_most, count_or_percent, one_of};
use super::selector;
use crate::catalogue::metadata::NAME;
use crate::catalogue::object::INVALID;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

/// What a user's own class may have; above it the system's two classes are.
const HIGHEST_USER_PRIORITY: i64 = 1_000_000_000;

/// The classes that the system brings, with their values.
const SYSTEM_CLASSES: &[(&str, i64)] =
    &[("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// Checks a budget or a class; nothing of any other kind.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    match (object.kind.group.as_str(), object.kind.kind.as_str()) {
        ("policy", "PodDisruptionBudget") => {
            if let Some(spec) = object.node.present("spec") {
                disruption_budget(spec, sink);
            }
        }
        ("scheduling.k8s.io", "PriorityClass") => priority_class(object, sink),
        _ => {}
    }
}

fn disruption_budget(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let (Some(_), Some(_)) = (spec.present("minAvailable"), spec.present("maxUnavailable")) {
        sink.value(&INVALID, spec, "`minAvailable` and `maxUnavailable` exclude each other").help =
            Some("remove one of them".to_owned());
    }
    count_or_percent(spec, "minAvailable", Percent::UpToHundred, sink);
    count_or_percent(spec, "maxUnavailable", Percent::UpToHundred, sink);
    if let Some(node) = spec.present("selector") {
        selector::check(node, sink);
    }
    // Unlike most strings, an empty one is not absent here.
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    if let Some(node) = spec.present("unhealthyPodEvictionPolicy")
        && node.as_str().is_some_and(|text| !policies.contains(&text))
    {
        sink.none_of(node, &policies);
    }
}

fn priority_class(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let class = &object.node;
    one_of(class, "preemptionPolicy", &["PreemptLowerPriority", "Never"], sink);
    if let Some(node) = class.present("preemptionPolicy").filter(|node| node.as_str() == Some("")) {
        sink.value(&schema::REQUIRED, node, "`preemptionPolicy` is empty").help =
            Some("remove it, or write `Never`".to_owned());
    }
    let name = class.path(&["metadata", "name"]);
    let Some((node, text)) =
        name.and_then(|node| Some((node, node.as_str()?))).filter(|(_, text)| text.starts_with("system-"))
    else {
        at_most(class, "value", HIGHEST_USER_PRIORITY, sink);
        return;
    };
    let Some((_, value)) = SYSTEM_CLASSES.iter().find(|(class, _)| *class == text) else {
        let message = format!("`{}` has the prefix `system-`, which is reserved", printable(text));
        sink.value(&NAME, node, message).help = Some("use a name without it".to_owned());
        return;
    };
    if let Some(node) = class.present("value").filter(|node| node.as_i64().is_some_and(|written| written != *value)) {
        let message = format!("the value of the class `{text}` must be `{value}`");
        sink.value(&INVALID, node, message).help = Some(format!("write `{value}`"));
    }
    if let Some(node) = class.present("globalDefault").filter(|node| node.as_bool() == Some(true)) {
        let message = format!("the class `{text}` must not be the default");
        sink.value(&INVALID, node, message).help = Some("remove `globalDefault`".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn budget(spec: &Json) -> String {
        let object = Written::new(&json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": spec}));
        summary(&object.findings(|object, sink| check(object, sink)))
    }

    fn class(name: &str, fields: &Json) -> String {
        let mut class =
            json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}});
        for (key, value) in fields.as_object().unwrap() {
            class[key] = value.clone();
        }
        summary(&Written::new(&class).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn a_budget_has_one_limit() {
        assert_eq!(budget(&json!({"minAvailable": "50%", "maxUnavailable": null})), "");
        assert_eq!(budget(&json!({"maxUnavailable": 0, "selector": {}})), "");
        assert!(budget(&json!({"minAvailable": 1, "maxUnavailable": 1})).contains("exclude each other"));
        assert!(budget(&json!({"minAvailable": "150%"})).contains("`100%` at most"));
        assert!(budget(&json!({"minAvailable": "1"})).contains("neither a number"));
        assert!(budget(&json!({"unhealthyPodEvictionPolicy": "Never"})).starts_with("schema/enum"));
    }

    #[test]
    fn high_priorities_and_names_are_the_systems() {
        assert_eq!(class("high", &json!({"value": 1_000_000_000, "preemptionPolicy": "Never"})), "");
        assert!(class("high", &json!({"value": 1_000_000_001})).starts_with("schema/range /value:"));
        assert!(class("system-own", &json!({"value": 1})).starts_with("metadata/name"));
        assert_eq!(class("system-node-critical", &json!({"value": 2_000_001_000})), "");
        assert!(class("system-node-critical", &json!({"value": 5})).contains("must be `2000001000`"));
        assert!(class("high", &json!({"value": 1, "preemptionPolicy": "Sometimes"})).starts_with("schema/enum"));
    }
}
