//! Roles and bindings: `pkg/apis/rbac/validation`.
//!
//! In: an object of `rbac.authorization.k8s.io`. Out: findings. Whether a role, a subject or a resource exists, and
//! whether somebody may grant it, is not asked here.

use super::fields::{
    DNS_SUBDOMAIN, PATH_SEGMENT, filled, forbidden, invalid, is_empty, is_one_of, is_unset, items, required, text,
};
use super::selector;
use crate::check::Sink;
use crate::manifest::{Node, Object};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Checks a Role, `ClusterRole`, `RoleBinding` or `ClusterRoleBinding`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let node = &object.node;
    match object.kind.kind.as_str() {
        "Role" => rules(node, true, sink),
        "ClusterRole" => {
            rules(node, false, sink);
            if let Some(aggregation) = node.present("aggregationRule") {
                if is_unset(aggregation, "clusterRoleSelectors") {
                    required(aggregation, "clusterRoleSelectors", sink);
                }
                for found in items(aggregation, "clusterRoleSelectors") {
                    selector::check(found, sink);
                }
            }
        }
        "RoleBinding" => binding(node, true, sink),
        "ClusterRoleBinding" => binding(node, false, sink),
        _ => {}
    }
}

fn rules(role: &Node<'_>, namespaced: bool, sink: &mut Sink<'_, '_>) {
    for rule in items(role, "rules").iter().filter(|rule| rule.is_mapping()) {
        // That `verbs` is there is the schema's word
        if rule.present("verbs").is_some() && is_unset(rule, "verbs") {
            required(rule, "verbs", sink);
        }
        if is_unset(rule, "nonResourceURLs") {
            for field in ["apiGroups", "resources"] {
                if is_unset(rule, field) {
                    required(rule, field, sink);
                }
            }
        } else if namespaced {
            forbidden(rule, "nonResourceURLs", "may stand in a ClusterRole alone", sink);
        } else if let Some(beside) =
            ["apiGroups", "resources", "resourceNames"].into_iter().find(|field| !is_unset(rule, field))
        {
            let message = format!("`nonResourceURLs` stands beside `{beside}`");
            let node = rule.get("nonResourceURLs").unwrap_or(rule);
            invalid(node, message, "make two rules of it: one for resources, one for URLs", sink);
        }
    }
}

fn binding(binding: &Node<'_>, namespaced: bool, sink: &mut Sink<'_, '_>) {
    if let Some(role) = binding.present("roleRef").filter(|role| role.is_mapping()) {
        if let Some(group) = filled(role, "apiGroup") {
            is_one_of(group, &[GROUP], sink);
        }
        if let Some(kind) = role.present("kind") {
            is_one_of(kind, if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] }, sink);
        }
        PATH_SEGMENT.check_filled(role, "name", sink);
    }
    for subject in items(binding, "subjects").iter().filter(|subject| subject.is_mapping()) {
        if text(subject, "name") == Some("") {
            is_empty(subject, "name", sink);
        }
        match text(subject, "kind") {
            Some("ServiceAccount") => {
                DNS_SUBDOMAIN.check_optional(subject, "name", sink);
                if filled(subject, "apiGroup").is_some() {
                    forbidden(subject, "apiGroup", "must be empty for a ServiceAccount", sink);
                }
                if !namespaced && filled(subject, "namespace").is_none() {
                    required(subject, "namespace", sink);
                }
            }
            Some("User" | "Group") => {
                if let Some(group) = filled(subject, "apiGroup") {
                    is_one_of(group, &[GROUP], sink);
                }
            }
            Some(_) => {
                if let Some(kind) = subject.get("kind") {
                    is_one_of(kind, &["ServiceAccount", "User", "Group"], sink);
                }
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::written::{Written, summary};
    use serde_json::{Value, json};

    fn found(json: &Value) -> String {
        summary(&Written::new(json).findings(check))
    }

    fn role(kind: &str, rule: &Value) -> String {
        found(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "rules": [rule]}))
    }

    #[test]
    fn a_rule_is_for_resources_or_for_urls() {
        assert_eq!(role("Role", &json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]})), "");
        assert_eq!(role("ClusterRole", &json!({"nonResourceURLs": ["/healthz"], "verbs": ["get"]})), "");
        assert_eq!(
            role("Role", &json!({"nonResourceURLs": ["/healthz"], "verbs": ["get"]})),
            "object/invalid /rules/0/nonResourceURLs: `nonResourceURLs` may stand in a ClusterRole alone\n"
        );
        assert_eq!(
            role("ClusterRole", &json!({"nonResourceURLs": ["/healthz"], "resources": ["pods"], "verbs": ["get"]})),
            "object/invalid /rules/0/nonResourceURLs: `nonResourceURLs` stands beside `resources`\n"
        );
        assert_eq!(
            role("Role", &json!({"resources": ["pods"], "verbs": []})),
            "schema/required /rules/0/verbs: `verbs` is empty\n\
             schema/required /rules/0/apiGroups: missing required field `apiGroups`\n"
        );
    }

    #[test]
    fn a_service_account_of_a_cluster_role_binding_needs_its_namespace() {
        let binding = |kind: &str| {
            found(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
                "roleRef": {"kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "ServiceAccount", "name": "builder"}, {"kind": "User", "name": "system:x"}]}))
        };
        assert_eq!(binding("RoleBinding"), "");
        assert_eq!(
            binding("ClusterRoleBinding"),
            "schema/required /subjects/0/namespace: missing required field `namespace`\n"
        );
    }
}
