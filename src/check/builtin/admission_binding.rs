//! Bindings of admission policies to parameters and requests.
//!
//! In: a binding of `admissionregistration.k8s.io`. Out: findings. It never asks whether the policy or the parameters
//! exist.

use super::admission_rules::{match_resources, no_deletion, no_null};
use super::fields::{DNS_SUBDOMAIN, PATH_SEGMENT, distinct, filled, invalid, is_one_of, is_unset, items, required};
use super::selector;
use crate::check::Sink;
use crate::manifest::{Node, Object};

const ACTIONS: &[&str] = &["Audit", "Deny", "Warn"];

/// Checks the binding of a policy, validating or mutating.
pub(super) fn check(binding: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let is_mutating = binding.kind.kind == "MutatingAdmissionPolicyBinding";
    let Some(spec) = binding.node.present("spec") else {
        if is_mutating {
            sink.missing(&binding.node, "spec");
        }
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    // For validating ones that a field lacks is the schema's word.
    if is_mutating && spec.present("policyName").is_none() {
        required(spec, "policyName", sink);
    }
    DNS_SUBDOMAIN.check_filled(spec, "policyName", sink);
    if let Some(parameters) = spec.present("paramRef").filter(|parameters| parameters.is_mapping()) {
        parameter_reference(parameters, binding.kind.version == "v1alpha1", sink);
    }
    if let Some(resources) = spec.present("matchResources") {
        match_resources(resources, sink);
        if is_mutating {
            no_deletion(resources, sink);
        }
    }
    if is_mutating {
        return;
    }
    if spec.present("validationActions").is_some() && is_unset(spec, "validationActions") {
        required(spec, "validationActions", sink);
    }
    let actions = items(spec, "validationActions");
    no_null(spec, "validationActions", sink);
    for action in actions {
        is_one_of(action, ACTIONS, sink);
    }
    distinct(actions, sink);
    let find = |wanted: &str| actions.iter().find(|action| action.as_str() == Some(wanted));
    if let (Some(_), Some(warn)) = (find("Deny"), find("Warn")) {
        invalid(warn, "`Warn` stands beside `Deny`, which says the same", "remove `Warn`", sink);
    }
}

fn parameter_reference(reference: &Node<'_>, denies_by_default: bool, sink: &mut Sink<'_, '_>) {
    PATH_SEGMENT.check_optional(reference, "name", sink);
    let name = filled(reference, "name");
    match (name, reference.present("selector")) {
        (None, None) => invalid(reference, "neither `name` nor `selector`", "add one of them", sink),
        (Some(_), Some(_)) => invalid(reference, "both `name` and `selector`", "remove one of them", sink),
        _ => {}
    }
    if let Some(node) = reference.present("selector") {
        selector::check(node, sink);
    }
    match filled(reference, "parameterNotFoundAction") {
        Some(action) => is_one_of(action, &["Allow", "Deny"], sink),
        None if denies_by_default && reference.present("parameterNotFoundAction").is_none() => {}
        None => required(reference, "parameterNotFoundAction", sink),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn found(kind: &str, spec: &Json) -> String {
        let object = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "spec": spec});
        summary(&Written::new(&object).findings(check))
    }

    #[test]
    fn a_binding_names_its_policy_and_parameters() {
        let binding = |fields: Json| found("ValidatingAdmissionPolicyBinding", &fields);
        let actions = |list: &[&str]| binding(json!({"policyName": "a", "validationActions": list}));
        assert_eq!(actions(&["Deny", "Audit"]), "");
        assert!(actions(&["Deny", "Warn"]).contains("says the same"));
        assert!(actions(&["Audit", "Audit"]).contains("twice"));
        assert!(actions(&["Block"]).starts_with("schema/enum"));
        assert!(actions(&[]).contains("is empty"));
        let reference =
            |reference: Json| binding(json!({"policyName": "a", "validationActions": ["Deny"], "paramRef": reference}));
        assert_eq!(reference(json!({"name": "a", "parameterNotFoundAction": "Allow"})), "");
        assert!(reference(json!({"name": "a"})).contains("missing required field `parameterNotFoundAction`"));
        assert!(reference(json!({"parameterNotFoundAction": "Deny"})).contains("neither `name` nor `selector`"));
        assert!(
            reference(json!({"name": "a", "selector": {}, "parameterNotFoundAction": "Deny"}))
                .contains("both `name` and `selector`")
        );
        assert!(found("MutatingAdmissionPolicyBinding", &json!({})).contains("missing required field `policyName`"));
    }
}
