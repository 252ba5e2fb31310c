//! The environment of containers: `ValidateEnv` and `ValidateEnvFrom` of `pkg/apis/core/validation`.
//!
//! In: a pod and one of its containers. Out: findings about names and sources of variables. It never asks whether a
//! ConfigMap or Secret that is named is there, and never shows a value.

use super::fields::{
    CONFIG_KEY, DNS_LABEL, DNS_SUBDOMAIN, Grammar, QUALIFIED_NAME, forbidden, invalid, is_empty, items, report,
    required, text, text_or,
};
use super::object_name::NameRule;
use super::pod_spec::{Pod, VolumeSource};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::check::quantity::Quantity;
use crate::manifest::Node;
use crate::report::printable;

const SOURCES: &[&str] = &["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
/// The fields of a pod that a variable can take its value from, besides single labels and annotations.
const FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// The quantities of a container that a variable or a file can take its value from, besides those of huge pages.
const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];
const BYTE_DIVISORS: &[&str] = &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// The name of a ConfigMap or Secret in `envFrom`: the server takes it for one that a name is generated from, which may
/// end in a hyphen.
const SOURCE_NAME: Grammar = DNS_SUBDOMAIN.with(|name| NameRule::Subdomain.accepts_prefix(name));

/// Checks a container's `env` and `envFrom`.
pub(super) fn check(pod: &Pod<'_, '_>, container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for variable in items(container, "env") {
        if let Some(node) = variable.present("name") {
            name(node, sink);
        }
        if let Some(source) = variable.present("valueFrom").filter(|source| source.is_mapping()) {
            value_from(pod, variable, source, sink);
        }
    }
    for source in items(container, "envFrom").iter().filter(|source| source.is_mapping()) {
        if let Some(prefix) = source.present("prefix").filter(|prefix| prefix.as_str() != Some("")) {
            name(prefix, sink);
        }
        exactly_one(source, &["configMapRef", "secretRef"], sink);
        for field in ["configMapRef", "secretRef"] {
            let Some(reference) = source.present(field).filter(|reference| reference.is_mapping()) else { continue };
            required(reference, "name", sink);
            SOURCE_NAME.check_optional(reference, "name", sink);
        }
    }
}

/// The name of a variable: printable ASCII without `=`.
fn name(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(name) = node.as_str() else { return };
    if name.is_empty() {
        report(&schema::REQUIRED, node, "`name` is empty", "fill it in", sink);
    } else if !is_variable_name(name) {
        let message = format!("`{}` is no name of a variable", printable(name));
        invalid(node, message, "use printable ASCII characters without `=`", sink);
    }
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
}

/// One of several fields has to be there, and no second one.
fn exactly_one(holder: &Node<'_>, names: &[&str], sink: &mut Sink<'_, '_>) {
    let mut given = names.iter().filter(|name| holder.present(name).is_some());
    match (given.next(), given.next()) {
        (None, _) => {
            let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            report(&schema::REQUIRED, holder, format!("none of {listed} is set"), "add one of them", sink);
        }
        (Some(first), Some(second)) => {
            forbidden(holder, second, &format!("may not stand beside `{first}`"), sink);
        }
        (Some(_), None) => {}
    }
}

fn value_from(pod: &Pod<'_, '_>, variable: &Node<'_>, source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    exactly_one(source, SOURCES, sink);
    if text(variable, "value").is_some_and(|value| !value.is_empty()) {
        forbidden(variable, "valueFrom", "may not stand beside a `value`", sink);
    }
    if let Some(reference) = source.present("fieldRef") {
        field(reference, FIELDS, sink);
    }
    if let Some(reference) = source.present("resourceFieldRef") {
        resource(reference, sink);
    }
    for kind in ["configMapKeyRef", "secretKeyRef"] {
        let Some(reference) = source.present(kind).filter(|reference| reference.is_mapping()) else { continue };
        required(reference, "name", sink);
        DNS_SUBDOMAIN.check_optional(reference, "name", sink);
        CONFIG_KEY.check_filled(reference, "key", sink);
    }
    if let Some(reference) = source.present("fileKeyRef") {
        file_key(pod, reference, sink);
    }
}

/// A field of the pod, by the path that `fieldRef` has; one of those in the list, or a single label or annotation.
pub(super) fn field(reference: &Node<'_>, fields: &[&str], sink: &mut Sink<'_, '_>) {
    let version = text_or(reference, "apiVersion", "v1");
    if let Some(node) = reference.present("apiVersion").filter(|_| version != "v1") {
        return invalid(node, format!("`{}` is no version of a pod", printable(version)), "write `v1`", sink);
    }
    let Some(node) = reference.present("fieldPath") else { return };
    let Some(path) = node.as_str() else { return };
    if path.is_empty() {
        return is_empty(reference, "fieldPath", sink);
    }
    match path.strip_suffix("']").and_then(|rest| rest.split_once("['")).filter(|(path, _)| !path.is_empty()) {
        Some(("metadata.annotations", key)) => subscript(node, &key.to_lowercase(), sink),
        Some(("metadata.labels", key)) => subscript(node, key, sink),
        Some((path, _)) => {
            invalid(node, format!("`{}` has no parts to choose from", printable(path)), "remove the `[…]`", sink);
        }
        // What the field was called in the first days of the API.
        None if path == "spec.host" && fields.contains(&"spec.nodeName") => {}
        None if !fields.contains(&path) => {
            sink.none_of(node, fields);
        }
        None => {}
    }
}

fn subscript(node: &Node<'_>, key: &str, sink: &mut Sink<'_, '_>) {
    if !QUALIFIED_NAME.matches(key) {
        let (message, help) = QUALIFIED_NAME.complaint(key);
        invalid(node, message, &help, sink);
    }
}

/// A quantity of a container, by the name that `resourceFieldRef` has.
pub(super) fn resource(reference: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = reference.present("resource") else { return };
    let Some(name) = node.as_str() else { return };
    let of_huge_pages = name.starts_with("limits.hugepages-") || name.starts_with("requests.hugepages-");
    if name.is_empty() {
        return is_empty(reference, "resource", sink);
    }
    if !RESOURCES.contains(&name) && !of_huge_pages {
        sink.none_of(node, RESOURCES);
        return;
    }
    let Some(divisor) = reference.present("divisor") else { return };
    let Some(quantity) = Quantity::of(divisor).filter(|quantity| !quantity.is_zero()) else { return };
    let allowed: &[&str] = if matches!(name, "limits.cpu" | "requests.cpu") { &["1m", "1"] } else { BYTE_DIVISORS };
    if !allowed.iter().filter_map(|text| Quantity::parse(text)).any(|allowed| allowed == quantity) {
        let listed = allowed.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ");
        invalid(divisor, format!("`{name}` cannot be divided by this"), &format!("use one of {listed}"), sink);
    }
}

fn file_key(pod: &Pod<'_, '_>, reference: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(node) = reference.present("key") {
        name(node, sink);
    }
    if let Some(node) = reference.present("path") {
        match node.as_str() {
            Some("") => is_empty(reference, "path", sink),
            Some(path) if path.split('/').any(|part| part == "..") => {
                invalid(node, format!("`{}` leads out by `..`", printable(path)), "write the path without `..`", sink);
            }
            _ => {}
        }
    }
    DNS_LABEL.check_filled(reference, "volumeName", sink);
    let Some(node) = reference.present("volumeName") else { return };
    let Some(volume) = node.as_str().filter(|name| !name.is_empty()) else { return };
    match pod.volume(volume) {
        Some(VolumeSource::EmptyDir) => {}
        None if pod.has_unreadable_volumes() => {}
        None => invalid(node, format!("the pod has no volume `{}`", printable(volume)), "add it under `volumes`", sink),
        Some(_) => invalid(node, format!("`{}` is no `emptyDir`", printable(volume)), "use an `emptyDir` volume", sink),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    fn found(variable: &Json) -> String {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
            "containers": [{"name": "a", "image": "a", "env": [variable]}]}});
        summary(&Written::new(&pod).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn a_variable_has_a_value_or_one_source() {
        assert_eq!(found(&json!({"name": "A B", "value": "c"})), "");
        assert!(found(&json!({"name": "A=B"})).contains("`A=B` is no name of a variable"));
        let from = |source: Json| found(&json!({"name": "A", "valueFrom": source}));
        assert!(from(json!({})).contains("none of `fieldRef`"));
        assert_eq!(from(json!({"secretKeyRef": {"name": "a", "key": "b"}})), "");
        assert!(from(json!({"secretKeyRef": {"key": "b"}})).starts_with("schema/required "));
        let two = json!({"secretKeyRef": {"name": "a", "key": "b"}, "configMapKeyRef": {"name": "a", "key": "b"}});
        assert!(from(two).contains("may not stand beside `configMapKeyRef`"));
    }

    #[test]
    fn fields_of_the_pod_are_named_by_path() {
        let field = |path: &str| found(&json!({"name": "A", "valueFrom": {"fieldRef": {"fieldPath": path}}}));
        assert_eq!(field("status.podIP"), "");
        assert_eq!(field("metadata.labels['app.kubernetes.io/name']"), "");
        assert!(field("metadata.labels").starts_with("schema/enum "));
        assert!(field("metadata.labels['a b']").starts_with("object/invalid "));
        assert!(field("spec.nodeName['a']").contains("no parts to choose from"));
    }

    #[test]
    fn quantities_are_divided_by_round_numbers() {
        let divided = |resource: &str, divisor: Json| {
            let reference = json!({"resource": resource, "divisor": divisor});
            found(&json!({"name": "A", "valueFrom": {"resourceFieldRef": reference}}))
        };
        assert_eq!(divided("limits.cpu", json!("1m")), "");
        assert_eq!(divided("limits.memory", json!("1Mi")), "");
        assert!(divided("limits.cpu", json!("2m")).contains("cannot be divided"));
        assert!(divided("limits.disk", json!(1)).starts_with("schema/enum "));
    }
}
