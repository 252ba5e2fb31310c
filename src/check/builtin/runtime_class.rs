//! `RuntimeClass`: `pkg/apis/node/validation`.
//!
//! In: an object of `node.k8s.io`. Out: findings. It never asks whether a node has the handler.

use super::fields::{DNS_LABEL, duplicate, items, text_or};
use super::{metadata, resources, scheduling};
use crate::check::Sink;
use crate::manifest::{Node, Object};

/// Checks a `RuntimeClass`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let class = &object.node;
    // `v1alpha1` had all of it in a `spec`.
    if object.kind.kind != "RuntimeClass" || object.kind.version == "v1alpha1" {
        return;
    }
    DNS_LABEL.check_filled(class, "handler", sink);
    if let Some(overhead) = class.path(&["overhead", "podFixed"]) {
        resources::check_list(overhead, sink);
    }
    let Some(scheduling) = class.present("scheduling") else { return };
    if let Some(labels) = scheduling.present("nodeSelector") {
        metadata::labels(labels, sink);
    }
    let tolerations = items(scheduling, "tolerations");
    scheduling::tolerations(tolerations, sink);
    for (index, toleration) in tolerations.iter().enumerate() {
        let same = |earlier: &Node<'_>| {
            let equal = |field: &&str| text_or(earlier, field, "") == text_or(toleration, field, "");
            earlier.is_mapping() && ["key", "operator", "value", "effect"].iter().all(equal)
        };
        if toleration.is_mapping() && tolerations.iter().take(index).any(same) {
            duplicate(toleration, "the toleration stands in the list twice", sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn found(fields: &Json) -> String {
        let mut class = json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "handler": "runsc"});
        for (key, value) in fields.as_object().unwrap() {
            class[key] = value.clone();
        }
        summary(&Written::new(&class).findings(check))
    }

    #[test]
    fn a_handler_is_a_dns_label() {
        assert_eq!(found(&json!({})), "");
        assert!(
            found(&json!({"handler": "Run_SC"})).starts_with("object/invalid /handler: `Run_SC` is not a DNS label")
        );
        assert!(found(&json!({"handler": ""})).starts_with("schema/required /handler:"));
    }

    #[test]
    fn overhead_is_held_to_the_names_of_containers() {
        assert_eq!(found(&json!({"overhead": {"podFixed": {"cpu": "250m", "memory": "64Mi"}}})), "");
        assert!(found(&json!({"overhead": {"podFixed": {"processors": 1}}})).contains("no resource of containers"));
        assert!(found(&json!({"overhead": {"podFixed": {"cpu": "-1"}}})).contains("negative"));
    }

    #[test]
    fn tolerations_stand_in_the_list_once() {
        let tolerations = |list: Json| found(&json!({"scheduling": {"tolerations": list}}));
        let one = json!({"key": "a", "operator": "Exists"});
        assert_eq!(tolerations(json!([one, {"key": "a", "operator": "Exists", "effect": "NoSchedule"}])), "");
        assert!(tolerations(json!([one, one])).starts_with("schema/list-key /scheduling/tolerations/1:"));
        assert!(tolerations(json!([{"key": "a b"}])).contains("is not a qualified name"));
        assert!(found(&json!({"scheduling": {"nodeSelector": {"a": "b c"}}})).starts_with("metadata/label"));
    }
}
