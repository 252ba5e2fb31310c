//! Where a pod may run: affinity, tolerations, spread constraints and gates, as `pkg/apis/core/validation` checks them.
//!
//! In: a pod. Out: findings about terms that the scheduler could not read. It never asks which nodes there are.

use super::bounds::at_least;
use super::fields::{
    DNS_LABEL, LABEL_VALUE, QUALIFIED_NAME, duplicate, filled, forbidden, in_range, invalid, is_empty, is_one_of,
    items, text,
};
use super::pod_spec::{Owner, Pod};
use super::{metadata, node_selector, selector};
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// Checks what decides on a pod's node.
pub(super) fn check(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let spec = pod.spec;
    if let Some(labels) = spec.present("nodeSelector") {
        metadata::labels(labels, sink);
    }
    if let Some(affinity) = spec.path(&["affinity", "nodeAffinity"]) {
        node_affinity(affinity, sink);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = spec.path(&["affinity", kind]) else { continue };
        for term in items(affinity, REQUIRED) {
            pod_affinity_term(pod, term, sink);
        }
        for preference in items(affinity, PREFERRED) {
            weight(preference, sink);
            if let Some(term) = preference.present("podAffinityTerm") {
                pod_affinity_term(pod, term, sink);
            }
        }
    }
    tolerations(items(spec, "tolerations"), sink);
    spread(pod, items(spec, "topologySpreadConstraints"), sink);
    gates(pod, sink);
}

fn node_affinity(affinity: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(required) = affinity.present(REQUIRED) {
        node_selector::check(required, sink);
    }
    for preference in items(affinity, PREFERRED) {
        weight(preference, sink);
        if let Some(term) = preference.present("preference") {
            node_selector::term(term, node_selector::Values::Any, sink);
        }
    }
}

fn weight(preference: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(node) = preference.present("weight") {
        in_range(node, 1, 100, sink);
    }
}

fn pod_affinity_term(pod: &Pod<'_, '_>, term: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for field in ["labelSelector", "namespaceSelector"] {
        if let Some(node) = term.present(field) {
            selector::check(node, sink);
        }
    }
    for name in items(term, "namespaces") {
        DNS_LABEL.check(name, sink);
    }
    QUALIFIED_NAME.check_filled(term, "topologyKey", sink);
    label_keys(pod, term, sink);
    for node in items(term, "matchLabelKeys") {
        let key = node.as_str();
        if key.is_some() && items(term, "mismatchLabelKeys").iter().any(|other| other.as_str() == key) {
            invalid(node, "the key stands under `mismatchLabelKeys`, too", "remove one of them", sink);
        }
    }
}

/// Keys whose values the server takes from the pod's labels and adds to the selector.
fn label_keys(pod: &Pod<'_, '_>, holder: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let selector = holder.present("labelSelector");
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        let keys = items(holder, field);
        if !keys.is_empty() && selector.is_none() {
            forbidden(holder, field, "needs a `labelSelector` beside it", sink);
            continue;
        }
        for key in keys {
            QUALIFIED_NAME.check(key, sink);
        }
    }
    let Some(selector) = selector else { return };
    for node in items(holder, "matchLabelKeys") {
        let Some(key) = node.as_str() else { continue };
        let labelled = selector.path(&["matchLabels", key]).is_some();
        let expressed =
            items(selector, "matchExpressions").iter().filter(|item| text(item, "key") == Some(key)).count();
        // Of a pod the server has made one more expression of the key, when the pod has the label.
        let added =
            pod.owner == Owner::Pod && pod.metadata.and_then(|metadata| metadata.path(&["labels", key])).is_some();
        if usize::from(labelled) + expressed + usize::from(added) > 1 && (expressed > 0 || added) {
            let message = format!("`{}` is in the `labelSelector`, too", printable(key));
            invalid(node, message, "remove one of them", sink);
        }
    }
}

/// Checks tolerations, of a pod or of a `RuntimeClass`.
pub(super) fn tolerations(tolerations: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    for toleration in tolerations.iter().filter(|toleration| toleration.is_mapping()) {
        let operator = text(toleration, "operator").unwrap_or_default();
        if let Some(node) = filled(toleration, "key") {
            QUALIFIED_NAME.check(node, sink);
        } else if operator != "Exists" {
            let node = toleration.present("operator").unwrap_or(toleration);
            invalid(node, "a toleration without a key", "add `key`, or write `operator: Exists`", sink);
        }
        let effect = text(toleration, "effect").unwrap_or_default();
        if toleration.present("tolerationSeconds").is_some() && effect != "NoExecute" {
            forbidden(toleration, "tolerationSeconds", "is only for `effect: NoExecute`", sink);
        }
        let value = filled(toleration, "value");
        match (operator, value) {
            ("" | "Equal", Some(value)) => LABEL_VALUE.check(value, sink),
            ("Exists", Some(_)) => forbidden(toleration, "value", "must not be set with `operator: Exists`", sink),
            ("" | "Equal" | "Exists", None) => {}
            (_, _) => {
                if let Some(node) = toleration.present("operator") {
                    is_one_of(node, &["Equal", "Exists"], sink);
                }
            }
        }
        if let Some(node) = filled(toleration, "effect") {
            is_one_of(node, EFFECTS, sink);
        }
    }
}

fn spread(pod: &Pod<'_, '_>, constraints: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    for (index, constraint) in constraints.iter().enumerate() {
        at_least(constraint, "maxSkew", 1, sink);
        at_least(constraint, "minDomains", 1, sink);
        if text(constraint, "topologyKey") == Some("") {
            is_empty(constraint, "topologyKey", sink);
        }
        let action = text(constraint, "whenUnsatisfiable");
        if let Some(node) = constraint.present("whenUnsatisfiable") {
            is_one_of(node, &["DoNotSchedule", "ScheduleAnyway"], sink);
        }
        if constraint.present("minDomains").is_some() && action == Some("ScheduleAnyway") {
            forbidden(constraint, "minDomains", "is only for `whenUnsatisfiable: DoNotSchedule`", sink);
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            if let Some(node) = constraint.present(field) {
                is_one_of(node, &["Honor", "Ignore"], sink);
            }
        }
        label_keys(pod, constraint, sink);
        if let Some(node) = constraint.present("labelSelector") {
            selector::check(node, sink);
        }
        let key = text(constraint, "topologyKey");
        let repeats = constraints
            .iter()
            .take(index)
            .any(|earlier| text(earlier, "topologyKey") == key && text(earlier, "whenUnsatisfiable") == action);
        if repeats && let Some(key) = key {
            duplicate(constraint, format!("two constraints of this sort for `{}`", printable(key)), sink);
        }
    }
}

fn gates(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let gates = items(pod.spec, "schedulingGates");
    for (index, gate) in gates.iter().enumerate() {
        QUALIFIED_NAME.check_filled(gate, "name", sink);
        let name = text(gate, "name");
        if name.is_some() && gates.iter().take(index).any(|earlier| text(earlier, "name") == name) {
            duplicate(gate, format!("two gates are called `{}`", printable(name.unwrap_or_default())), sink);
        }
    }
    if pod.owner == Owner::Pod && !gates.is_empty() {
        let message = "`nodeName` must not be set while there are `schedulingGates`";
        if let Some(node) = filled(pod.spec, "nodeName") {
            invalid(node, message, "remove one of the two", sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    fn found(fields: &Json) -> String {
        let mut spec = fields.clone();
        spec["containers"] = json!([{"name": "a", "image": "a"}]);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"app": "web"}}, "spec": spec});
        summary(&Written::new(&pod).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn a_toleration_is_of_a_key_or_of_all() {
        let toleration = |toleration: Json| found(&json!({"tolerations": [toleration]}));
        assert_eq!(toleration(json!({"operator": "Exists"})), "");
        assert_eq!(toleration(json!({"key": "a", "value": "b"})), "");
        assert!(toleration(json!({"value": "b"})).contains("without a key"));
        assert!(toleration(json!({"key": "a", "operator": "Exists", "value": "b"})).contains("must not be set"));
        assert!(toleration(json!({"key": "a", "tolerationSeconds": 1})).contains("is only for `effect: NoExecute`"));
    }

    #[test]
    fn constraints_of_one_sort_stand_once() {
        let constraint = |action: &str| json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": action});
        let two = |second: &str| {
            found(&json!({"topologySpreadConstraints": [constraint("DoNotSchedule"), constraint(second)]}))
        };
        assert_eq!(two("ScheduleAnyway"), "");
        assert!(two("DoNotSchedule").contains("two constraints of this sort for `zone`"));
    }

    #[test]
    fn a_key_of_the_pod_is_not_selected_by_value_too() {
        let term = |labels: Json| {
            let term =
                json!({"topologyKey": "zone", "labelSelector": {"matchLabels": labels}, "matchLabelKeys": ["app"]});
            found(&json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}))
        };
        assert_eq!(term(json!({"tier": "front"})), "");
        assert!(term(json!({"app": "web"})).contains("`app` is in the `labelSelector`, too"));
    }
}
