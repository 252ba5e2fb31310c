//! `HorizontalPodAutoscaler`, versions 1 and 2.
//!
//! In: an autoscaler. Out: findings about its bounds, target, metrics and behavior. It never looks for the target.

use super::bounds::{at_least, at_most, non_negative, number};
use super::names::{is_dns1123_label, is_path_segment, is_qualified_name};
use crate::catalogue::object::INVALID;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::check::quantity::Quantity;
use crate::manifest::{Node, Object};
use crate::report::printable;

/// Where version 1 keeps the metrics that it has no fields for.
const METRICS_ANNOTATION: &str = "autoscaling.alpha.kubernetes.io/metrics";

/// The types of a metric with the field of each, in the order in which the server looks for them.
const SOURCES: &[(&str, &str)] = &[
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];

/// Checks an autoscaler; nothing of any other kind.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.kind != "HorizontalPodAutoscaler" {
        return;
    }
    let Some(spec) = object.node.present("spec") else { return };
    bounds(spec, sink);
    if let Some(target) = spec.present("scaleTargetRef") {
        let core = target.present("kind").and_then(Node::as_str) == Some("ReplicationController");
        reference(target, if core { CoreGroup::Allowed } else { CoreGroup::Refused }, sink);
    }
    match object.kind.version.as_str() {
        "v1" => {
            at_least(spec, "targetCPUUtilizationPercentage", 1, sink);
            if object.node.path(&["metadata", "annotations", METRICS_ANNOTATION]).is_none() {
                scale_to_zero(spec, sink);
            }
        }
        "v2" => {
            for metric in spec.present("metrics").into_iter().flat_map(Node::items) {
                check_metric(metric, sink);
            }
            scale_to_zero(spec, sink);
            for direction in ["scaleUp", "scaleDown"] {
                if let Some(rules) = spec.path(&["behavior", direction]) {
                    scaling_rules(rules, sink);
                }
            }
        }
        _ => {}
    }
}

fn bounds(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    non_negative(spec, "minReplicas", sink);
    at_least(spec, "maxReplicas", 1, sink);
    let (Some(node), Some(minimum), Some(maximum)) =
        (spec.present("maxReplicas"), number(spec, "minReplicas"), number(spec, "maxReplicas"))
    else {
        return;
    };
    if maximum < minimum && maximum >= 1 {
        let message = format!("`maxReplicas` is `{maximum}`, below `minReplicas`, `{minimum}`");
        sink.value(&INVALID, node, message).help = Some(format!("write `{minimum}` or more, or lower `minReplicas`"));
    }
}

/// Without a metric from outside, nothing would ever start the first pod again.
fn scale_to_zero(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = spec.present("minReplicas").filter(|node| node.as_i64() == Some(0)) else { return };
    let mut metrics = spec.present("metrics").into_iter().flat_map(Node::items);
    let from_outside =
        |metric: &Node<'_>| matches!(metric.present("type").and_then(Node::as_str), Some("Object" | "External"));
    if !metrics.any(from_outside) {
        sink.value(&INVALID, node, "`minReplicas` is `0` without a metric of type `Object` or `External`").help =
            Some("write `1` or more, or add such a metric".to_owned());
    }
}

/// Whether a reference may be to a kind of the core group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CoreGroup {
    Allowed,
    Refused,
}

fn reference(reference: &Node<'_>, core: CoreGroup, sink: &mut Sink<'_, '_>) {
    for field in ["kind", "name"] {
        not_empty(reference, field, sink);
        path_segment(reference, field, sink);
    }
    let version = reference.present("apiVersion");
    let text = match version.map(Node::as_str) {
        None => "",
        Some(Some(text)) => text,
        Some(None) => return,
    };
    if text.matches('/').count() > 1 {
        let message = format!("`{}` is no API version", printable(text));
        sink.value(&INVALID, version.unwrap_or(reference), message).help = Some("write `<group>/<version>`".to_owned());
    } else if core == CoreGroup::Refused && (text.starts_with('/') || !text.contains('/')) {
        let help = Some("write the kind's API version with its group, such as `apps/v1`".to_owned());
        match version.filter(|_| !text.is_empty()) {
            Some(node) => {
                let message = format!("`{}` names no API group", printable(text));
                sink.value(&INVALID, node, message).help = help;
            }
            None => sink.missing(reference, "apiVersion").help = help,
        }
    }
}

fn not_empty(parent: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = parent.present(field).filter(|node| node.as_str() == Some("")) {
        sink.value(&schema::REQUIRED, node, format!("`{field}` is empty")).help = Some(format!("write the `{field}`"));
    }
}

fn path_segment(parent: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = parent.present(field)
        && let Some(text) = node.as_str().filter(|text| !is_path_segment(text))
    {
        let message =
            format!("`{}` is not `{field}`: it must not be `.` or `..`, nor hold `/` or `%`", printable(text));
        sink.value(&INVALID, node, message);
    }
}

fn check_metric(metric: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(type_node) = metric.present("type") else { return };
    let Some(kind) = type_node.as_str() else { return };
    let Some((_, expected)) = SOURCES.iter().find(|(name, _)| *name == kind) else {
        sink.none_of(type_node, &["ContainerResource", "External", "Object", "Pods", "Resource"]);
        return;
    };
    if metric.present(expected).is_none() {
        let finding = sink.missing(metric, expected);
        finding.message = format!("a metric of type `{kind}` needs `{expected}`");
    }
    let mut present = SOURCES.iter().filter(|(_, field)| metric.present(field).is_some());
    if let Some((_, field)) = present.next()
        && let Some(source) = metric.present(field)
    {
        check_source(source, field, sink);
    }
    for entry in metric.entries() {
        let other = SOURCES.iter().any(|(_, field)| *field == entry.key) && entry.key != *expected;
        if other && !entry.value.is_null() && metric.present(expected).is_some() {
            let message = format!("a metric of type `{kind}` takes no `{}`", entry.key);
            sink.key(&INVALID, entry, message).help = Some("make it a metric of its own".to_owned());
        }
    }
}

fn check_source(source: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(metric) = source.present("metric") {
        not_empty(metric, "name", sink);
        path_segment(metric, "name", sink);
    }
    let Some(target) = source.present("target") else { return };
    check_target(target, sink);
    let has = |key| target.present(key).is_some();
    let (needed, excluded): (&[&str], Option<&str>) = match field {
        "object" => (&["value", "averageValue"], None),
        "external" => (&["value", "averageValue"], Some("value")),
        "pods" => (&["averageValue"], None),
        _ => (&["averageUtilization", "averageValue"], Some("averageValue")),
    };
    if !needed.iter().any(|key| has(key)) {
        let listed = needed.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
        sink.missing(target, needed[0]).message = format!("the target of a metric under `{field}` needs {listed}");
    } else if let Some(excluded) = excluded.filter(|_| needed.iter().all(|key| has(key)))
        && let Some(entry) = target.entry(excluded)
    {
        let message = format!("`{}` and `{}` exclude each other", needed[0], needed[1]);
        sink.key(&INVALID, entry, message).help = Some("remove one of them".to_owned());
    }
    match field {
        "object" => {
            if let Some(described) = source.present("describedObject") {
                reference(described, CoreGroup::Allowed, sink);
            }
        }
        "resource" => not_empty(source, "name", sink),
        "containerResource" => container_resource(source, sink),
        _ => {}
    }
}

fn container_resource(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    not_empty(source, "name", sink);
    not_empty(source, "container", sink);
    let text =
        |field| source.present(field).and_then(|node| Some((node, node.as_str().filter(|text| !text.is_empty())?)));
    if let Some((node, name)) = text("name") {
        let standard = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
        if !is_qualified_name(name) || !name.contains('/') && !standard {
            let message = format!("`{}` is no resource of containers", printable(name));
            sink.value(&INVALID, node, message).help = Some("use `cpu` or `memory`".to_owned());
        }
    }
    if let Some((node, container)) = text("container").filter(|(_, container)| !is_dns1123_label(container)) {
        let message = format!("`{}` is no name of a container", printable(container));
        sink.value(&INVALID, node, message);
    }
}

fn check_target(target: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(node) = target.present("type") {
        let types = ["Utilization", "Value", "AverageValue"];
        if node.as_str().is_some_and(|text| !types.contains(&text)) {
            sink.none_of(node, &types);
        }
    }
    for field in ["value", "averageValue"] {
        if let Some(node) = target.present(field)
            && Quantity::of(node).is_some_and(|quantity| !quantity.is_positive())
        {
            sink.value(&schema::RANGE, node, format!("`{field}` must be over zero"));
        }
    }
    at_least(target, "averageUtilization", 1, sink);
}

fn scaling_rules(rules: &Node<'_>, sink: &mut Sink<'_, '_>) {
    non_negative(rules, "stabilizationWindowSeconds", sink);
    at_most(rules, "stabilizationWindowSeconds", 3600, sink);
    // An empty string is none of these, and not absent.
    let selections = ["Disabled", "Max", "Min"];
    if let Some(node) = rules.present("selectPolicy")
        && node.as_str().is_some_and(|text| !selections.contains(&text))
    {
        sink.none_of(node, &selections);
    }
    if let Some(node) = rules.present("tolerance")
        && Quantity::of(node).is_some_and(|tolerance| tolerance.is_negative())
    {
        sink.value(&schema::RANGE, node, "`tolerance` must not be negative");
    }
    let Some(policies) = rules.present("policies") else { return };
    if policies.items().is_empty() && policies.type_name() == "array" {
        sink.value(&INVALID, policies, "`policies` is empty").help = Some(
            "add a policy, or remove `policies` for the default ones; `selectPolicy: Disabled` stops scaling"
                .to_owned(),
        );
    }
    for policy in policies.items() {
        let types = ["Percent", "Pods"];
        if let Some(node) = policy.present("type")
            && node.as_str().is_some_and(|text| !types.contains(&text))
        {
            sink.none_of(node, &types);
        }
        at_least(policy, "value", 1, sink);
        at_least(policy, "periodSeconds", 1, sink);
        at_most(policy, "periodSeconds", 1800, sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    /// What is found in an autoscaler that is sound but for some fields of its spec.
    fn found(version: &str, fields: &Json) -> String {
        let mut spec =
            json!({"maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}});
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let object =
            json!({"apiVersion": format!("autoscaling/{version}"), "kind": "HorizontalPodAutoscaler", "spec": spec});
        summary(&Written::new(&object).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn bounds_are_in_order() {
        assert_eq!(found("v2", &json!({"minReplicas": 5})), "");
        assert!(found("v2", &json!({"minReplicas": 6})).contains("/spec/maxReplicas: `maxReplicas` is `5`, below"));
        assert!(found("v1", &json!({"maxReplicas": 0})).starts_with("schema/range"));
        assert!(found("v1", &json!({"targetCPUUtilizationPercentage": 0})).starts_with("schema/range"));
    }

    #[test]
    fn a_target_names_its_group() {
        let target = |target: Json| found("v2", &json!({"scaleTargetRef": target}));
        assert!(target(json!({"kind": "Deployment", "name": "web"})).contains("/spec/scaleTargetRef/apiVersion"));
        assert!(
            target(json!({"apiVersion": "v1", "kind": "Deployment", "name": "web"})).contains("names no API group")
        );
        assert_eq!(target(json!({"apiVersion": "v1", "kind": "ReplicationController", "name": "web"})), "");
        assert!(target(json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "a/b"})).contains("/name: `a/b`"));
    }

    #[test]
    fn a_metric_has_the_source_of_its_type_and_no_other() {
        let metric = |metric: Json| found("v2", &json!({"metrics": [metric]}));
        let cpu = json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}});
        assert_eq!(metric(json!({"type": "Resource", "resource": cpu})), "");
        assert!(metric(json!({"type": "Pods", "resource": cpu})).contains("needs `pods`"));
        assert!(metric(json!({"type": "Custom", "resource": cpu})).starts_with("schema/enum"));
        let pods = json!({"metric": {"name": "hits"}, "target": {"type": "AverageValue", "averageValue": "10"}});
        assert!(metric(json!({"type": "Resource", "resource": cpu, "pods": pods})).contains("takes no `pods`"));
    }

    #[test]
    fn a_target_value_is_given_and_positive() {
        let target = |target: Json| {
            found("v2", &json!({"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]}))
        };
        assert!(target(json!({"type": "Utilization"})).contains("needs `averageUtilization` or `averageValue`"));
        assert!(target(json!({"type": "Utilization", "averageUtilization": 0})).starts_with("schema/range"));
        assert!(target(json!({"type": "AverageValue", "averageValue": "0"})).contains("over zero"));
        assert!(
            target(json!({"type": "Utilization", "averageUtilization": 1, "averageValue": 1}))
                .contains("exclude each other")
        );
    }

    #[test]
    fn zero_pods_need_a_metric_from_outside() {
        assert!(found("v2", &json!({"minReplicas": 0})).contains("without a metric"));
        let metric = json!({"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "Value", "value": 1}}});
        assert_eq!(found("v2", &json!({"minReplicas": 0, "metrics": [metric]})), "");
    }

    #[test]
    fn behavior_has_policies_within_bounds() {
        let down = |rules: Json| found("v2", &json!({"behavior": {"scaleDown": rules}}));
        assert_eq!(down(json!({"policies": null, "stabilizationWindowSeconds": 3600})), "");
        assert!(down(json!({"policies": []})).contains("`policies` is empty"));
        assert!(down(json!({"stabilizationWindowSeconds": 3601})).starts_with("schema/range"));
        assert!(
            down(json!({"policies": [{"type": "Pods", "value": 1, "periodSeconds": 1801}]}))
                .starts_with("schema/range")
        );
        assert!(down(json!({"tolerance": "-0.1"})).contains("must not be negative"));
    }
}
