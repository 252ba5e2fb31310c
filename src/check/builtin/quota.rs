//! `ResourceQuota`: `pkg/apis/core/validation`.
//!
//! In: an object of the core group. Out: findings about the names and amounts of a quota, and the scopes that it is for.
//! It never asks what a namespace uses.

use super::admission_rules::no_null;
use super::fields::{entries, invalid, is_one_of, is_unset, items, text};
use super::resource_names::{For, check_amount};
use crate::check::Sink;
use crate::manifest::{Entry, Node, Object};
use crate::report::printable;

const SCOPES: &[&str] = &[
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
    "VolumeAttributesClass",
];
/// Scopes that an object is in or not, whatever its values.
const WITHOUT_VALUES: &[&str] =
    &["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "Terminating"];
const OPPOSITES: &[(&str, &str)] = &[("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")];
const OPERATORS: &[&str] = &["DoesNotExist", "Exists", "In", "NotIn"];
const OF_PODS: &[&str] = &["cpu", "limits.cpu", "limits.memory", "memory", "pods", "requests.cpu", "requests.memory"];

/// Checks a quota.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.kind != "ResourceQuota" {
        return;
    }
    let Some(spec) = object.node.present("spec") else { return };
    let hard = entries(spec, "hard");
    for entry in hard {
        if For::Quota.check_name(entry, sink) {
            check_amount(entry, sink);
        }
    }
    let scopes: Vec<_> = items(spec, "scopes").iter().filter_map(|node| Some((node, node.as_str()?))).collect();
    no_null(spec, "scopes", sink);
    check_scopes(&scopes, hard, sink);
    let Some(selector) = spec.present("scopeSelector") else { return };
    let requirements = items(selector, "matchExpressions");
    let scope = |requirement| {
        let node = Node::present(requirement, "scopeName")?;
        Some((node, node.as_str()?))
    };
    check_scopes(&requirements.iter().filter_map(scope).collect::<Vec<_>>(), hard, sink);
    for requirement in requirements {
        check_requirement(requirement, sink);
    }
}

fn check_scopes(scopes: &[(&Node<'_>, &str)], hard: &[Entry<'_>], sink: &mut Sink<'_, '_>) {
    for (node, scope) in scopes {
        is_one_of(node, SCOPES, sink);
        let other = hard.iter().find(|entry| For::Quota.knows(&entry.key) && !is_counted(scope, &entry.key));
        if let Some(other) = other {
            let message = format!("the scope `{scope}` does not count `{}`", printable(&other.key));
            invalid(node, message, "make a quota of its own for it", sink);
        }
    }
    for (one, opposite) in OPPOSITES {
        let find = |wanted| scopes.iter().find(|(_, scope)| scope == wanted);
        if let (Some(_), Some((node, _))) = (find(one), find(opposite)) {
            invalid(node, format!("`{opposite}` stands beside `{one}`"), "remove one of them", sink);
        }
    }
}

/// Whether a resource is one of those that a scope counts.
fn is_counted(scope: &str, resource: &str) -> bool {
    match scope {
        "BestEffort" => resource == "pods",
        "VolumeAttributesClass" => matches!(resource, "persistentvolumeclaims" | "requests.storage"),
        _ => !SCOPES.contains(&scope) || OF_PODS.contains(&resource),
    }
}

fn check_requirement(requirement: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = requirement.present("operator") else { return };
    let Some(operator) = node.as_str() else { return };
    let scope = text(requirement, "scopeName").unwrap_or_default();
    if !OPERATORS.contains(&operator) {
        return is_one_of(node, OPERATORS, sink);
    }
    if operator != "Exists" && WITHOUT_VALUES.contains(&scope) {
        invalid(node, format!("the scope `{scope}` has no values"), "write `operator: Exists`", sink);
    }
    let has_values = !is_unset(requirement, "values");
    if matches!(operator, "In" | "NotIn") && !has_values {
        invalid(node, format!("`{operator}` without values"), "add `values`, with one at least", sink);
    } else if matches!(operator, "Exists" | "DoesNotExist") && has_values {
        let node = requirement.present("values").unwrap_or(node);
        invalid(node, format!("`{operator}` takes no values"), "remove `values`, or use `In` or `NotIn`", sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn found(spec: &Json) -> String {
        let object = json!({"apiVersion": "v1", "kind": "ResourceQuota", "spec": spec});
        summary(&Written::new(&object).findings(check))
    }

    #[test]
    fn a_quota_is_of_known_resources_in_sound_amounts() {
        assert_eq!(found(&json!({"hard": {"cpu": "1500m", "count/jobs.batch": "5", "pods": "2000m"}})), "");
        assert!(found(&json!({"hard": {"processors": 4}})).starts_with("object/invalid /spec/hard/processors:"));
        assert!(found(&json!({"hard": {"pods": "0.5"}})).contains("whole numbers"));
        assert!(found(&json!({"hard": {"requests.cpu": "-1"}})).contains("is negative"));
    }

    #[test]
    fn a_scope_counts_what_pods_have() {
        let scoped = |hard: Json, scopes: Json| found(&json!({"hard": hard, "scopes": scopes}));
        assert_eq!(scoped(json!({"pods": 1, "example.com/gpu": 1}), json!(["BestEffort", "Terminating"])), "");
        assert_eq!(scoped(json!({"requests.storage": "1Gi"}), json!(["VolumeAttributesClass"])), "");
        assert!(scoped(json!({"requests.cpu": 1}), json!(["BestEffort"])).contains("does not count `requests.cpu`"));
        assert!(scoped(json!({"secrets": 1}), json!(["PriorityClass"])).contains("does not count `secrets`"));
        assert!(scoped(json!({}), json!(["BestEffort", "NotBestEffort"])).contains("stands beside"));
        assert!(scoped(json!({"secrets": 1}), json!(["Cheap"])).starts_with("schema/enum /spec/scopes/0:"));
    }

    #[test]
    fn requirements_have_the_values_that_their_operator_takes() {
        let requirement = |requirement: Json| found(&json!({"scopeSelector": {"matchExpressions": [requirement]}}));
        assert_eq!(requirement(json!({"scopeName": "PriorityClass", "operator": "In", "values": ["high"]})), "");
        assert!(requirement(json!({"scopeName": "PriorityClass", "operator": "In"})).contains("without values"));
        assert!(requirement(json!({"scopeName": "Terminating", "operator": "DoesNotExist"})).contains("has no values"));
        assert!(
            requirement(json!({"scopeName": "PriorityClass", "operator": "Exists", "values": ["a"]}))
                .contains("takes no values")
        );
        assert!(requirement(json!({"scopeName": "PriorityClass", "operator": "Is"})).starts_with("schema/enum"));
    }
}
