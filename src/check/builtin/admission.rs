//! `admissionregistration.k8s.io`: configurations of webhooks, and what they have in common with policies.
//!
//! In: an object of the group. Out: findings. It never asks whether a webhook can be reached, or whether the kind of its
//! requests exists.

use super::admission_rules::{conditions, no_null, rule, selectors};
use super::expressions::Names;
use super::fields::{
    DNS_SUBDOMAIN, duplicate, filled, in_range, invalid, is_one_of, is_unset, items, report, required,
};
use super::{admission_binding, admission_policy, names, webhook_client};
use crate::catalogue::metadata::NAME;
use crate::catalogue::object;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

/// Names with it are for configurations that come from files of the server.
const STATIC_SUFFIX: &str = ".static.k8s.io";
/// What becomes of a request when the webhook or policy fails.
pub(super) const FAILURE_POLICIES: &[&str] = &["Fail", "Ignore"];
/// Whether a webhook or policy is asked again.
pub(super) const REINVOCATION_POLICIES: &[&str] = &["IfNeeded", "Never"];
const REVIEWS: &[&str] = &["v1", "v1beta1"];

/// Checks a configuration of webhooks, a policy, or the binding of one.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    match object.kind.kind.as_str() {
        // `v1beta1` is long gone, and was laxer.
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" if object.kind.version == "v1" => {
            static_suffix(object, sink);
            webhooks(items(&object.node, "webhooks"), sink);
        }
        "ValidatingAdmissionPolicy" => {
            static_suffix(object, sink);
            admission_policy::validating(object, sink);
        }
        "MutatingAdmissionPolicy" => {
            static_suffix(object, sink);
            admission_policy::mutating(object, sink);
        }
        "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding" => {
            admission_binding::check(object, sink);
        }
        _ => {}
    }
}

fn static_suffix(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(name) = object.node.path(&["metadata", "name"])
        && let Some(stem) = name.as_str().and_then(|text| text.strip_suffix(STATIC_SUFFIX))
    {
        let message = format!("names with `{STATIC_SUFFIX}` at their end are reserved for files of the server");
        report(&NAME, name, message, &format!("rename it, to `{}` for one", printable(stem)), sink);
    }
}

fn webhooks(webhooks: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    for (index, webhook) in webhooks.iter().enumerate().filter(|(_, webhook)| webhook.is_mapping()) {
        name(webhook, webhooks.get(..index).unwrap_or_default(), sink);
        for item in items(webhook, "rules") {
            rule(item, sink);
        }
        for (field, allowed) in [
            ("failurePolicy", FAILURE_POLICIES),
            ("matchPolicy", &["Equivalent", "Exact"]),
            ("sideEffects", &["None", "NoneOnDryRun"]),
            ("reinvocationPolicy", REINVOCATION_POLICIES),
        ] {
            if let Some(node) = webhook.present(field) {
                is_one_of(node, allowed, sink);
            }
        }
        if let Some(timeout) = webhook.present("timeoutSeconds") {
            in_range(timeout, 1, 30, sink);
        }
        selectors(webhook, sink);
        if let Some(client) = webhook.present("clientConfig") {
            webhook_client::check(client, sink);
        }
        review_versions(webhook, sink);
        conditions(webhook, &Names { authorizer: true, ..Names::default() }, sink);
    }
}

/// A webhook's name: a DNS name of three parts at least, and its own.
fn name(webhook: &Node<'_>, earlier: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    DNS_SUBDOMAIN.check_filled(webhook, "name", sink);
    let Some(node) = filled(webhook, "name") else { return };
    let Some(text) = node.as_str() else { return };
    if DNS_SUBDOMAIN.matches(text) && text.split('.').count() < 3 {
        let message = format!("`{}` has fewer than three parts", printable(text));
        invalid(node, message, "write a name such as `check.hooks.example.com`", sink);
    }
    if earlier.iter().any(|webhook| super::fields::text(webhook, "name") == Some(text)) {
        duplicate(node, format!("`{}` is the name of another webhook, too", printable(text)), sink);
    }
}

fn review_versions(webhook: &Node<'_>, sink: &mut Sink<'_, '_>) {
    const FIELD: &str = "admissionReviewVersions";
    let Some(node) = webhook.present(FIELD) else { return };
    if is_unset(webhook, FIELD) {
        return required(webhook, FIELD, sink);
    }
    no_null(webhook, FIELD, sink);
    let mut seen = Vec::new();
    for item in node.items() {
        // Of a value of another type the schema has spoken.
        let Some(version) = item.as_str() else { return };
        if seen.contains(&version) {
            duplicate(item, format!("`{}` stands in the list twice", printable(version)), sink);
        } else if !names::is_dns1035_label(version) {
            invalid(item, format!("`{}` is no version", printable(version)), "write `v1`", sink);
        }
        seen.push(version);
    }
    if !seen.is_empty() && !seen.iter().any(|version| REVIEWS.contains(version)) {
        report(&object::INVALID, node, format!("`{FIELD}` has neither `v1` nor `v1beta1`"), "add `v1`", sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn webhook(fields: &Json) -> Json {
        let mut webhook = json!({"name": "check.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"url": "https://a.b"}});
        for (key, value) in fields.as_object().unwrap() {
            webhook[key] = value.clone();
        }
        webhook
    }

    fn found(webhooks: &[Json]) -> String {
        let object = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "a"}, "webhooks": webhooks});
        summary(&Written::new(&object).findings(check))
    }

    fn found_in(fields: &Json) -> String {
        found(&[webhook(fields)])
    }

    #[test]
    fn a_webhook_has_a_name_of_three_parts_and_its_own() {
        assert_eq!(found_in(&json!({"reinvocationPolicy": "Never", "timeoutSeconds": 30})), "");
        assert!(found_in(&json!({"name": "example.com"})).contains("fewer than three parts"));
        assert!(found_in(&json!({"name": ""})).starts_with("schema/required /webhooks/0/name:"));
        assert!(found_in(&json!({"name": "A.b.c"})).contains("is not a DNS name"));
        assert!(
            found(&[webhook(&json!({})), webhook(&json!({}))])
                .starts_with("schema/list-key /webhooks/1/name: `check.example.com` is the name of another webhook")
        );
    }

    #[test]
    fn an_empty_word_is_not_the_default() {
        for field in ["failurePolicy", "matchPolicy", "sideEffects", "reinvocationPolicy"] {
            assert!(found_in(&json!({field: ""})).starts_with(&format!("schema/enum /webhooks/0/{field}:")), "{field}");
            assert_eq!(found_in(&json!({field: null})), "", "{field}");
        }
        assert!(found_in(&json!({"timeoutSeconds": 0})).starts_with("schema/range"));
    }

    #[test]
    fn the_server_must_know_a_version_of_the_review() {
        let versions = |list: Json| found_in(&json!({"admissionReviewVersions": list}));
        assert_eq!(versions(json!(["v3", "v1beta1"])), "");
        assert!(versions(json!(["v2"])).contains("neither `v1` nor `v1beta1`"));
        assert!(versions(json!([])).contains("is empty"));
        assert!(versions(json!(["v1", "v1"])).contains("twice"));
        assert!(versions(json!(["v1", "1"])).contains("is no version"));
    }

    #[test]
    fn conditions_of_a_webhook_know_no_parameters() {
        let condition =
            |expression: &str| found_in(&json!({"matchConditions": [{"name": "a", "expression": expression}]}));
        assert_eq!(condition("!authorizer.group('').resource('pods').check('get').allowed()"), "");
        assert!(condition("params.a == 1").contains("undeclared reference to `params`"));
    }

    #[test]
    fn names_for_files_of_the_server_are_reserved() {
        let object = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "a.static.k8s.io"}});
        assert!(summary(&Written::new(&object).findings(check)).starts_with("metadata/name /metadata/name:"));
    }
}
