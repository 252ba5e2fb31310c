//! `APIService`: `k8s.io/kube-aggregator/pkg/apis/apiregistration/validation`.
//!
//! In: an object of `apiregistration.k8s.io`. Out: findings. It never asks whether the service behind it answers.

use super::fields::{
    DNS_SUBDOMAIN, filled, forbidden, in_range, invalid, port_number, report, required, text, text_or,
};
use super::names;
use crate::catalogue::metadata::NAME;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

/// Checks an `APIService`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.kind != "APIService" {
        return;
    }
    let Some(spec) = object.node.present("spec") else {
        sink.missing(&object.node, "spec");
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    version(&object.node, spec, sink);
    for (field, highest) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        if let Some(priority) = spec.present(field) {
            in_range(priority, 1, highest, sink);
        }
    }
    let unverified = spec.present("insecureSkipTLSVerify").and_then(Node::as_bool) == Some(true);
    let bundle = filled(spec, "caBundle").is_some();
    match spec.present("service") {
        None => {
            for (set, field) in [(bundle, "caBundle"), (unverified, "insecureSkipTLSVerify")] {
                if set {
                    forbidden(spec, field, "is for a `service`, and there is none", sink);
                }
            }
        }
        Some(service) if service.is_mapping() => {
            for field in ["namespace", "name"] {
                if filled(service, field).is_none() {
                    required(service, field, sink);
                }
            }
            if let Some(port) = service.present("port") {
                port_number(port, sink);
            }
            if unverified && bundle {
                forbidden(spec, "insecureSkipTLSVerify", "stands beside a `caBundle`", sink);
            }
        }
        Some(_) => {}
    }
}

/// Group, version, and the name that they make.
fn version(object: &Node<'_>, spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if ["group", "version"].iter().any(|field| spec.present(field).is_some_and(|node| node.as_str().is_none())) {
        return;
    }
    let (group, version) = (text_or(spec, "group", ""), text_or(spec, "version", ""));
    if version.is_empty() {
        return required(spec, "version", sink);
    }
    if group.is_empty() && version != "v1" {
        required(spec, "group", sink);
    }
    DNS_SUBDOMAIN.check_optional(spec, "group", sink);
    if let Some(node) = spec.get("version").filter(|_| !names::is_dns1035_label(version)) {
        let help = "use lower-case letters, digits and `-`, at most 63, with a letter first, such as `v1`";
        invalid(node, format!("`{}` is no version", printable(version)), help, sink);
    }
    let wanted = format!("{version}.{group}");
    if let Some(metadata) = object.present("metadata")
        && let Some(name) = text(metadata, "name").filter(|name| !name.is_empty() && *name != wanted)
        && let Some(node) = metadata.get("name")
    {
        let message = format!("`{}` is not version and group, `{}`", printable(name), printable(&wanted));
        report(&NAME, node, message, &format!("write `{}`", printable(&wanted)), sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn found(name: &str, fields: &Json) -> String {
        let mut spec = json!({"group": "a.b", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10,
            "service": {"name": "c", "namespace": "d"}});
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let object = json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name},
            "spec": spec});
        summary(&Written::new(&object).findings(check))
    }

    #[test]
    fn the_name_is_made_of_version_and_group() {
        assert_eq!(found("v1.a.b", &json!({})), "");
        assert_eq!(found("v1.", &json!({"group": null, "service": null})), "");
        assert!(found("v2.a.b", &json!({})).starts_with("metadata/name /metadata/name: `v2.a.b` is not version"));
        assert!(found("v2.", &json!({"group": "", "version": "v2"})).starts_with("schema/required /spec/group:"));
        assert!(found("1.a.b", &json!({"version": "1"})).contains("is no version"));
        assert_eq!(found("v1.a.b", &json!({"version": 1})), "", "the schema has told it");
    }

    #[test]
    fn priorities_are_positive() {
        assert_eq!(found("v1.a.b", &json!({"groupPriorityMinimum": 20_000, "versionPriority": 1000})), "");
        assert!(found("v1.a.b", &json!({"groupPriorityMinimum": 0})).starts_with("schema/range"));
        assert!(found("v1.a.b", &json!({"versionPriority": 1001})).starts_with("schema/range"));
    }

    #[test]
    fn a_service_is_verified_or_not() {
        let bundle = json!({"caBundle": "aGVsbG8=", "insecureSkipTLSVerify": true});
        assert!(found("v1.a.b", &bundle).contains("`insecureSkipTLSVerify` stands beside a `caBundle`"));
        assert!(
            found("v1.a.b", &json!({"service": null, "insecureSkipTLSVerify": true})).contains("is for a `service`")
        );
        assert_eq!(found("v1.a.b", &json!({"service": null, "insecureSkipTLSVerify": false, "caBundle": ""})), "");
        assert!(found("v1.a.b", &json!({"service": {"name": "c"}})).contains("missing required field `namespace`"));
        assert!(
            found("v1.a.b", &json!({"service": {"name": "c", "namespace": "d", "port": 0}}))
                .starts_with("schema/range")
        );
    }
}
