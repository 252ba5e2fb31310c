//! Nodes: `pkg/apis/core/validation`.
//!
//! In: an object of the core group. Out: findings about its taints, its addresses for pods, and what it has to give. It
//! never asks whether a machine stands behind it.

use super::addresses::cidr;
use super::fields::{
    LABEL_VALUE, QUALIFIED_NAME, duplicate, entries, filled, invalid, is_empty, is_one_of, items, text,
};
use super::resource_names::check_amount;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

const EFFECTS: &[&str] = &["NoExecute", "NoSchedule", "PreferNoSchedule"];

/// Checks a Node.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.kind != "Node" {
        return;
    }
    if let Some(spec) = object.node.present("spec") {
        taints(items(spec, "taints"), sink);
        pod_addresses(spec, sink);
    }
    if let Some(status) = object.node.present("status") {
        for entry in entries(status, "capacity").iter().chain(entries(status, "allocatable")) {
            check_amount(entry, sink);
        }
    }
}

fn taints(taints: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    for (index, taint) in taints.iter().enumerate().filter(|(_, taint)| taint.is_mapping()) {
        QUALIFIED_NAME.check_filled(taint, "key", sink);
        LABEL_VALUE.check_optional(taint, "value", sink);
        match text(taint, "effect") {
            Some("") => is_empty(taint, "effect", sink),
            Some(_) => {
                if let Some(effect) = taint.get("effect") {
                    is_one_of(effect, EFFECTS, sink);
                }
            }
            None => {}
        }
        let (Some(key), Some(effect)) = (text(taint, "key"), text(taint, "effect")) else { continue };
        let same = |other: &Node<'_>| text(other, "key") == Some(key) && text(other, "effect") == Some(effect);
        if taints.iter().take(index).any(same) {
            let message =
                format!("`{}` with the effect `{}` stands in the list twice", printable(key), printable(effect));
            duplicate(taint, message, sink);
        }
    }
}

/// `podCIDRs`, unless `podCIDR` says otherwise.
fn pod_addresses(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let list = items(spec, "podCIDRs");
    let first = list.first().and_then(Node::as_str);
    let list = match filled(spec, "podCIDR") {
        Some(single) if single.as_str() != first => std::slice::from_ref(single),
        _ => list,
    };
    let blocks: Vec<_> = list.iter().filter_map(|item| cidr(item, sink)).collect();
    if list.len() < 2 || blocks.len() < list.len() {
        return;
    }
    let of_both_families = matches!(blocks.as_slice(), [one, other] if one.is_ipv4() != other.is_ipv4());
    if !of_both_families && let Some(node) = spec.get("podCIDRs") {
        invalid(node, "more than one block of an IP family", "keep one for IPv4 and one for IPv6", sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn found(spec: &Json) -> String {
        let status = json!({"capacity": {"cpu": "1500m", "pods": 110}});
        let object = json!({"apiVersion": "v1", "kind": "Node", "spec": spec, "status": status});
        summary(&Written::new(&object).findings(check))
    }

    #[test]
    fn taints_are_one_of_a_kind() {
        let taints = |list: Json| found(&json!({"taints": list}));
        let taint = |effect: &str| json!({"key": "a.b/c", "value": "d", "effect": effect});
        assert_eq!(taints(json!([taint("NoSchedule"), taint("NoExecute")])), "");
        assert!(taints(json!([taint("NoSchedule"), taint("NoSchedule")])).contains("twice"));
        assert!(taints(json!([taint("Never")])).starts_with("schema/enum"));
        assert!(taints(json!([taint("")])).contains("`effect` is empty"));
        assert!(taints(json!([{"key": "a b", "effect": "NoExecute"}])).contains("is not a qualified name"));
    }

    #[test]
    fn pods_have_a_block_of_each_family_at_most() {
        assert_eq!(found(&json!({"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24", "fd00::/64"]})), "");
        assert!(found(&json!({"podCIDRs": ["10.0.0.0/24", "10.1.0.0/24"]})).contains("more than one block"));
        assert_eq!(found(&json!({"podCIDR": "10.2.0.0/24", "podCIDRs": ["10.0.0.0/24", "10.1.0.0/24"]})), "");
        assert!(found(&json!({"podCIDR": "10.0.0.0"})).contains("is not a CIDR block"));
    }

    #[test]
    fn a_node_has_whole_pods_to_give() {
        let object = json!({"apiVersion": "v1", "kind": "Node", "status": {"allocatable": {"pods": "0.5", "cpu": -1}}});
        let found = summary(&Written::new(&object).findings(check));
        assert!(found.contains("`pods` is counted in whole numbers") && found.contains("`cpu` is negative"));
    }
}
