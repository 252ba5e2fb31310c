//! Flow schemas: `pkg/apis/flowcontrol/validation`.
//!
//! In: an object of `flowcontrol.apiserver.k8s.io`. Out: findings. It never asks whether a priority level exists, and
//! does not hold the server's own `exempt` and `catch-all` against what they must be.

use super::admission_rules::{no_null, star_alone};
use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, filled, forbidden, in_range, invalid, is_one_of, is_unset, items, required, text,
};
use super::priority_level;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const METHODS: &[&str] = &["ByNamespace", "ByUser"];
/// The kinds of subjects, and the field of each.
const SUBJECTS: &[(&str, &str)] = &[("Group", "group"), ("ServiceAccount", "serviceAccount"), ("User", "user")];
const LAST_PRECEDENCE: i64 = 10_000;

/// Checks a `FlowSchema` or a `PriorityLevelConfiguration`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = object.node.present("spec").filter(|spec| spec.is_mapping()) else { return };
    let name = object.node.path(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
    match object.kind.kind.as_str() {
        "FlowSchema" => flow_schema(spec, name, sink),
        "PriorityLevelConfiguration" => priority_level::check(spec, name, sink),
        _ => {}
    }
}

fn flow_schema(spec: &Node<'_>, name: &str, sink: &mut Sink<'_, '_>) {
    // Zero is absent
    if let Some(node) = spec.present("matchingPrecedence").filter(|node| node.as_i64() != Some(0)) {
        in_range(node, 1, LAST_PRECEDENCE, sink);
        if node.as_i64() == Some(1) && name != "exempt" {
            invalid(node, "precedence `1` is for the flow schema `exempt` alone", "write `2` or more", sink);
        }
    }
    if let Some(method) = spec.path(&["distinguisherMethod", "type"]) {
        is_one_of(method, METHODS, sink);
    }
    if let Some(level) = spec.present("priorityLevelConfiguration") {
        DNS_SUBDOMAIN.check_filled(level, "name", sink);
    }
    for rule in items(spec, "rules").iter().filter(|rule| rule.is_mapping()) {
        self::rule(rule, sink);
    }
}

fn rule(rule: &Node<'_>, sink: &mut Sink<'_, '_>) {
    not_empty(rule, "subjects", sink);
    for subject in items(rule, "subjects").iter().filter(|subject| subject.is_mapping()) {
        self::subject(subject, sink);
    }
    if is_unset(rule, "resourceRules") && is_unset(rule, "nonResourceRules") {
        invalid(rule, "the rule is about nothing", "add `resourceRules` or `nonResourceRules`", sink);
    }
    for resources in items(rule, "resourceRules").iter().filter(|rule| rule.is_mapping()) {
        verbs(resources, sink);
        for field in ["apiGroups", "resources"] {
            not_empty(resources, field, sink);
            star_alone(resources, field, sink);
        }
        namespaces(resources, sink);
    }
    for urls in items(rule, "nonResourceRules").iter().filter(|rule| rule.is_mapping()) {
        verbs(urls, sink);
        not_empty(urls, "nonResourceURLs", sink);
        if star_alone(urls, "nonResourceURLs", sink) {
            continue;
        }
        no_null(urls, "nonResourceURLs", sink);
        for url in items(urls, "nonResourceURLs") {
            if let Some(text) = url.as_str()
                && let Some(problem) = path_problem(text)
            {
                let message = format!("`{}` {problem}", printable(text));
                invalid(url, message, "write a path such as `/healthz` or `/healthz/*`", sink);
            }
        }
    }
}

/// That a list is there at all is the schema's word.
fn not_empty(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if holder.present(field).is_some() && is_unset(holder, field) {
        required(holder, field, sink);
    }
}

fn verbs(rule: &Node<'_>, sink: &mut Sink<'_, '_>) {
    not_empty(rule, "verbs", sink);
    if !star_alone(rule, "verbs", sink) {
        no_null(rule, "verbs", sink);
        for verb in items(rule, "verbs") {
            is_one_of(verb, VERBS, sink);
        }
    }
}

fn namespaces(rule: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let for_cluster = rule.present("clusterScope").is_some_and(|flag| flag.as_bool() != Some(false));
    if is_unset(rule, "namespaces") {
        if !for_cluster {
            let message = "the rule is neither for namespaces nor for the cluster";
            invalid(rule, message, "add `namespaces`, or `clusterScope: true`", sink);
        }
    } else if !star_alone(rule, "namespaces", sink) {
        no_null(rule, "namespaces", sink);
        for namespace in items(rule, "namespaces") {
            DNS_LABEL.check(namespace, sink);
        }
    }
}

fn subject(subject: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(kind) = subject.present("kind") else { return };
    let known: Vec<&str> = SUBJECTS.iter().map(|(kind, _)| *kind).collect();
    is_one_of(kind, &known, sink);
    let Some((kind, own)) = SUBJECTS.iter().find(|(name, _)| kind.as_str() == Some(name)) else { return };
    for (_, other) in SUBJECTS.iter().filter(|(_, field)| field != own) {
        if subject.present(other).is_some() {
            forbidden(subject, other, &format!("is not what the subject is, a {kind}"), sink);
        }
    }
    let Some(detail) = subject.present(own) else { return required(subject, own, sink) };
    if *kind == "ServiceAccount" {
        if text(detail, "name") != Some("*") {
            DNS_SUBDOMAIN.check_filled(detail, "name", sink);
        }
        DNS_LABEL.check_filled(detail, "namespace", sink);
    } else if detail.present("name").is_some() && filled(detail, "name").is_none() {
        required(detail, "name", sink);
    }
}

fn path_problem(path: &str) -> Option<&'static str> {
    let stars = path.matches('*').count();
    Some(if path == "/" {
        return None;
    } else if !path.starts_with('/') {
        "does not begin with `/`"
    } else if path.contains(' ') {
        "has a space in it"
    } else if path.contains("//") {
        "has two slashes in a row"
    } else if stars > 1 || stars == 1 && !path.ends_with("/*") {
        "has a `*` elsewhere than at its end"
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{check, path_problem};
    use crate::check::written::{Written, summary};

    fn found(fields: &Json) -> String {
        let mut spec = json!({"priorityLevelConfiguration": {"name": "a"}});
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let object = json!({"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema",
            "metadata": {"name": "a"}, "spec": spec});
        summary(&Written::new(&object).findings(check))
    }

    fn rule(fields: &Json) -> String {
        let mut rule = json!({"subjects": [{"kind": "Group", "group": {"name": "a"}}], "resourceRules": [
            {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}]});
        for (key, value) in fields.as_object().unwrap() {
            rule[key] = value.clone();
        }
        found(&json!({"rules": [rule]}))
    }

    #[test]
    fn precedence_one_is_for_the_server() {
        assert_eq!(found(&json!({"matchingPrecedence": 0, "distinguisherMethod": {"type": "ByUser"}})), "");
        assert!(found(&json!({"matchingPrecedence": 1})).contains("`exempt` alone"));
        assert!(found(&json!({"matchingPrecedence": 10_001})).starts_with("schema/range"));
        assert!(found(&json!({"distinguisherMethod": {"type": ""}})).starts_with("schema/enum"));
        assert!(found(&json!({"priorityLevelConfiguration": {"name": ""}})).starts_with("schema/required"));
    }

    #[test]
    fn a_subject_is_what_its_kind_says() {
        let subject = |subject: Json| rule(&json!({"subjects": [subject]}));
        assert_eq!(subject(json!({"kind": "ServiceAccount", "serviceAccount": {"name": "*", "namespace": "a"}})), "");
        assert!(subject(json!({"kind": "Robot"})).starts_with("schema/enum"));
        assert!(subject(json!({"kind": "User"})).contains("missing required field `user`"));
        assert!(subject(json!({"kind": "User", "user": {"name": "a"}, "group": {"name": "a"}})).contains("a User"));
        assert!(
            subject(json!({"kind": "ServiceAccount", "serviceAccount": {"name": "a", "namespace": "*"}}))
                .contains("`*` is not a DNS label")
        );
        assert!(rule(&json!({"subjects": []})).contains("`subjects` is empty"));
    }

    #[test]
    fn a_rule_is_about_resources_or_urls() {
        assert_eq!(rule(&json!({})), "");
        assert!(rule(&json!({"resourceRules": null})).contains("the rule is about nothing"));
        let resources = |fields: Json| {
            let mut rule = json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]});
            for (key, value) in fields.as_object().unwrap() {
                rule[key] = value.clone();
            }
            self::rule(&json!({"resourceRules": [rule]}))
        };
        assert_eq!(resources(json!({"clusterScope": true})), "");
        assert!(resources(json!({})).contains("neither for namespaces nor for the cluster"));
        assert!(resources(json!({"namespaces": ["a", "*"]})).contains("`*` stands among others"));
        assert!(resources(json!({"namespaces": ["A"]})).contains("is not a DNS label"));
        assert!(resources(json!({"clusterScope": true, "verbs": ["use"]})).starts_with("schema/enum"));
    }

    #[test]
    fn a_star_ends_a_path() {
        for sound in ["/", "/healthz", "/healthz/*", "/*", "/a\t"] {
            assert_eq!(path_problem(sound), None, "{sound}");
        }
        for broken in ["", "healthz", "/a b", "/a//b", "/a*", "/*/a", "/*/*"] {
            assert!(path_problem(broken).is_some(), "{broken}");
        }
    }
}
