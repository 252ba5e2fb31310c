//! Claims and classes: `ValidatePersistentVolumeClaimSpec` of `pkg/apis/core/validation`, and the classes of
//! `pkg/apis/storage/validation`.
//!
//! In: an object of the core group or of `storage.k8s.io`. Out: findings; those about volumes and drivers come from
//! `persistent_volume` and `csi`. It never asks whether a class or a source of data is there.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, QUALIFIED_NAME, distinct, duplicate, entries, filled, forbidden, invalid, is_one_of,
    is_unset, items, not_empty, one_of, report, required, text, text_or,
};
use super::{csi, names, persistent_volume, selector};
use crate::catalogue::{object, schema};
use crate::check::Sink;
use crate::check::quantity::Quantity;
use crate::manifest::{Node, Object};
use crate::report::printable;

const ACCESS_MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
/// What a volume can be for those who use it.
pub(super) const VOLUME_MODES: &[&str] = &["Block", "Filesystem"];
const CLAIM: &str = "PersistentVolumeClaim";
const MOST_PARAMETERS: usize = 512;
const MOST_PARAMETER_BYTES: usize = 256 * 1024;

/// Checks an object of storage; nothing of any other kind.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let node = &object.node;
    match (object.kind.group.as_str(), object.kind.kind.as_str()) {
        ("", "PersistentVolume") => persistent_volume::check(node, sink),
        ("", CLAIM) => claim(node, sink),
        ("storage.k8s.io", "StorageClass") => storage_class(node, sink),
        ("storage.k8s.io", "VolumeAttributesClass") => attributes_class(node, sink),
        ("storage.k8s.io", "CSIDriver") => csi::driver(node, sink),
        ("storage.k8s.io", "CSINode") => csi::node(node, sink),
        ("storage.k8s.io", "VolumeAttachment") => csi::attachment(node, sink),
        ("storage.k8s.io", "CSIStorageCapacity") => csi::capacity(node, sink),
        _ => {}
    }
}

fn claim(claim: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = claim.present("spec") else {
        sink.missing(claim, "spec");
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    claim_but_for_data(spec, sink);
    // A reference into another namespace is dropped, and so are sources of old that are of other kinds
    let reference = spec.present("dataSourceRef").filter(|reference| filled(reference, "namespace").is_none());
    let source = spec.present("dataSource").filter(|source| reference.is_some() || is_claim_or_snapshot(source));
    data(source, reference, sink);
}

/// Checks the spec of a claim within another object, where the server drops nothing.
pub(super) fn claim_spec(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if !spec.is_mapping() {
        return;
    }
    claim_but_for_data(spec, sink);
    data(spec.present("dataSource"), spec.present("dataSourceRef"), sink);
}

fn claim_but_for_data(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    access_modes(spec, sink);
    if let Some(labels) = spec.present("selector") {
        selector::check(labels, sink);
    }
    requested_storage(spec, sink);
    DNS_SUBDOMAIN.check_optional(spec, "storageClassName", sink);
    DNS_SUBDOMAIN.check_optional(spec, "volumeAttributesClassName", sink);
    if let Some(mode) = spec.present("volumeMode") {
        is_one_of(mode, VOLUME_MODES, sink);
    }
}

/// Checks the ways to access a volume: one at least, and the one that excludes all others alone.
pub(super) fn access_modes(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if is_unset(spec, "accessModes") {
        required(spec, "accessModes", sink);
    }
    let modes = items(spec, "accessModes");
    for mode in modes {
        is_one_of(mode, ACCESS_MODES, sink);
    }
    let of_one_pod = |mode: &&Node<'_>| mode.as_str() == Some("ReadWriteOncePod");
    let other = |mode: &&Node<'_>| mode.as_str().is_some_and(|text| ACCESS_MODES.contains(&text)) && !of_one_pod(mode);
    if let (Some(single), Some(_)) = (modes.iter().find(of_one_pod), modes.iter().find(other)) {
        invalid(single, "`ReadWriteOncePod` excludes all other access modes", "remove it, or the others", sink);
    }
}

fn requested_storage(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let mut holder = spec;
    for field in ["resources", "requests"] {
        match holder.present(field) {
            Some(node) if node.is_mapping() => holder = node,
            Some(_) => return,
            None => break,
        }
    }
    if let Some(node) = spec.path(&["resources", "requests"]).and_then(|requests| requests.get("storage")) {
        positive(node, sink);
    } else {
        let message = "nothing says how much storage is requested";
        report(&schema::REQUIRED, holder, message, "add `resources: {requests: {storage: 1Gi}}`", sink);
    }
}

/// Checks an amount that has to be above zero; `null` is zero.
pub(super) fn positive(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let is_positive =
        if node.is_null() { Some(false) } else { Quantity::of(node).map(|quantity| quantity.is_positive()) };
    if is_positive == Some(false) {
        let shown = match (node.as_str(), node.as_i64()) {
            (Some(text), _) => printable(text).to_string(),
            (None, Some(number)) => number.to_string(),
            (None, None) => "null".to_owned(),
        };
        report(&schema::RANGE, node, format!("`{shown}` is not above zero"), "write a size such as `1Gi`", sink);
    }
}

fn is_claim_or_snapshot(source: &Node<'_>) -> bool {
    match (text_or(source, "apiGroup", ""), text(source, "kind")) {
        ("", Some(kind)) => kind == CLAIM,
        ("snapshot.storage.k8s.io", Some(kind)) => kind == "VolumeSnapshot",
        _ => false,
    }
}

/// What a volume is filled with at first.
fn data(source: Option<&Node<'_>>, reference: Option<&Node<'_>>, sink: &mut Sink<'_, '_>) {
    for node in source.into_iter().chain(reference) {
        required(node, "name", sink);
        required(node, "kind", sink);
        DNS_SUBDOMAIN.check_optional(node, "apiGroup", sink);
        if filled(node, "apiGroup").is_none()
            && let Some(kind) = filled(node, "kind")
            && kind.as_str().is_some_and(|kind| kind != CLAIM)
        {
            let message = format!("`{}` is no kind without an API group", printable(kind.as_str().unwrap_or_default()));
            invalid(kind, message, &format!("add `apiGroup`, or write `{CLAIM}`"), sink);
        }
    }
    let Some(reference) = reference else { return };
    DNS_LABEL.check_optional(reference, "namespace", sink);
    let Some(source) = source else { return };
    if filled(reference, "namespace").is_some() {
        invalid(source, "`dataSource` stands beside a `dataSourceRef` with a namespace", "remove `dataSource`", sink);
    } else if ["apiGroup", "kind", "name"].iter().any(|field| text(source, field) != text(reference, field)) {
        invalid(source, "`dataSource` is not what `dataSourceRef` says", "remove `dataSource`", sink);
    }
}

fn storage_class(class: &Node<'_>, sink: &mut Sink<'_, '_>) {
    provisioner(class, "provisioner", sink);
    parameters(class, sink);
    one_of(class, "reclaimPolicy", &["Delete", "Retain"], sink);
    if let Some(mode) = class.present("volumeBindingMode") {
        is_one_of(mode, &["Immediate", "WaitForFirstConsumer"], sink);
    }
    topologies(items(class, "allowedTopologies"), sink);
}

fn attributes_class(class: &Node<'_>, sink: &mut Sink<'_, '_>) {
    provisioner(class, "driverName", sink);
    if is_unset(class, "parameters") {
        required(class, "parameters", sink);
    }
    parameters(class, sink);
}

/// A qualified name in either case, which may not be empty.
fn provisioner(class: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    not_empty(class, &[field], sink);
    if let Some(node) = filled(class, field)
        && node.as_str().is_some_and(|name| !names::is_qualified_name(&name.to_lowercase()))
    {
        QUALIFIED_NAME.check(node, sink);
    }
}

fn parameters(class: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let parameters = entries(class, "parameters");
    let Some(node) = class.present("parameters") else { return };
    if parameters.len() > MOST_PARAMETERS {
        let message = format!("{} parameters, more than {MOST_PARAMETERS}", parameters.len());
        return report(&schema::RANGE, node, message, "keep those that matter", sink);
    }
    if parameters.iter().any(|entry| entry.key.is_empty()) {
        forbidden(node, "", "is no name of a parameter", sink);
    }
    let bytes: usize = parameters.iter().map(|entry| entry.key.len() + entry.value.as_str().map_or(0, str::len)).sum();
    if bytes > MOST_PARAMETER_BYTES {
        let message = format!("{bytes} bytes of parameters, more than {MOST_PARAMETER_BYTES}");
        report(&object::TOO_LARGE, node, message, "keep those that matter", sink);
    }
}

/// Where volumes of a class may be: terms that differ, each of keys that differ.
fn topologies(terms: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    let mut seen = Vec::new();
    for term in terms.iter().filter(|term| term.is_mapping()) {
        let mut keys = BTreeMap::new();
        for requirement in items(term, "matchLabelExpressions").iter().filter(|node| node.is_mapping()) {
            QUALIFIED_NAME.check_filled(requirement, "key", sink);
            not_empty(requirement, &["values"], sink);
            let values = items(requirement, "values");
            distinct(values, sink);
            let values: BTreeSet<_> = values.iter().filter_map(Node::as_str).collect();
            let Some(key) = text(requirement, "key") else { continue };
            if keys.insert(key, values).is_some()
                && let Some(node) = requirement.present("key")
            {
                duplicate(node, format!("`{}` is the key of another requirement, too", printable(key)), sink);
            }
        }
        if is_unset(term, "matchLabelExpressions") {
            report(&schema::REQUIRED, term, "a term without requirements", "add `matchLabelExpressions`", sink);
        } else if seen.contains(&keys) {
            duplicate(term, "this term says what an earlier one says", sink);
        }
        seen.push(keys);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::check::written::{Written, summary};

    /// A sound claim with some fields replaced.
    fn changed(changes: &Json) -> Written {
        let mut spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        for (field, value) in changes.as_object().unwrap() {
            spec[field] = value.clone();
        }
        Written::new(&json!({"apiVersion": "v1", "kind": CLAIM, "metadata": {"name": "a"}, "spec": spec}))
    }

    fn claimed(changes: &Json) -> String {
        summary(&changed(changes).findings(check))
    }

    fn in_template(changes: &Json) -> String {
        summary(&changed(changes).findings(|object, sink| claim_spec(object.node.get("spec").unwrap(), sink)))
    }

    fn class(kind: &str, fields: &Json) -> String {
        let mut class = fields.clone();
        class["apiVersion"] = json!("storage.k8s.io/v1");
        class["kind"] = json!(kind);
        summary(&Written::new(&class).findings(check))
    }

    #[test]
    fn a_claim_asks_for_some_storage() {
        assert_eq!(
            claimed(&json!({"resources": {"requests": {"storage": 1, "cpu": -1}, "limits": {"storage": 0}}})),
            ""
        );
        assert!(claimed(&json!({"resources": null})).starts_with("schema/required /spec:"));
        assert!(
            claimed(&json!({"resources": {"requests": {}}})).starts_with("schema/required /spec/resources/requests:")
        );
        let sized = |size: Json| claimed(&json!({"resources": {"requests": {"storage": size}}}));
        assert!(sized(json!("-1Gi")).contains("`-1Gi` is not above zero"));
        assert!(sized(Json::Null).contains("`null` is not above zero"));
        assert_eq!(sized(json!("1GB")) + &sized(json!([])), "", "the schema has told it");
    }

    #[test]
    fn a_claim_has_access_modes_that_go_together() {
        assert!(claimed(&json!({"accessModes": null})).contains("missing required field `accessModes`"));
        assert!(claimed(&json!({"accessModes": []})).contains("`accessModes` is empty"));
        assert_eq!(claimed(&json!({"accessModes": "ReadWriteOnce"})), "", "the schema has told it");
        assert_eq!(claimed(&json!({"accessModes": ["ReadWriteOncePod", "ReadWriteOncePod"]})), "");
        assert!(claimed(&json!({"accessModes": ["ReadWriteOncePod", "ReadWriteMany"]})).contains("excludes"));
        assert!(claimed(&json!({"accessModes": ["RWO"]})).starts_with("schema/enum "));
    }

    #[test]
    fn names_of_classes_may_be_empty_and_modes_may_not() {
        assert_eq!(claimed(&json!({"storageClassName": "", "volumeAttributesClassName": "", "volumeMode": null})), "");
        assert!(claimed(&json!({"storageClassName": "A"})).contains("`A` is not a DNS name"));
        assert!(claimed(&json!({"volumeMode": ""})).starts_with("schema/enum "));
    }

    #[test]
    fn a_claim_drops_what_it_cannot_be_filled_from() {
        let pod = json!({"dataSource": {"kind": "Pod", "name": "a"}});
        assert_eq!(claimed(&pod), "");
        assert!(in_template(&pod).contains("`Pod` is no kind without an API group"));
        let elsewhere = json!({"dataSourceRef": {"kind": "Pod", "name": "a", "namespace": "B"}});
        assert_eq!(claimed(&elsewhere), "");
        assert!(in_template(&elsewhere).contains("`B` is not a DNS label"));
    }

    #[test]
    fn two_sources_of_data_are_one() {
        let both = |group: Json| {
            let source = json!({"kind": CLAIM, "name": "a"});
            claimed(&json!({"dataSource": source, "dataSourceRef": {"apiGroup": group, "kind": CLAIM, "name": "a"}}))
        };
        assert_eq!(both(Json::Null), "");
        assert!(both(json!("")).contains("is not what `dataSourceRef` says"), "the server tells empty from absent");
        let group = claimed(&json!({"dataSourceRef": {"apiGroup": "A.b", "kind": "C", "name": ""}}));
        assert!(group.contains("`A.b` is not a DNS name") && group.contains("`name` is empty"));
    }

    #[test]
    fn a_class_names_who_makes_its_volumes() {
        let sound = json!({"provisioner": "Example.com/Disk", "reclaimPolicy": "", "volumeBindingMode": null});
        assert_eq!(class("StorageClass", &sound), "");
        assert!(class("StorageClass", &json!({"provisioner": ""})).contains("`provisioner` is empty"));
        assert!(class("StorageClass", &json!({"provisioner": "a b"})).contains("not a qualified name"));
        let mode = json!({"provisioner": "a", "volumeBindingMode": ""});
        assert!(class("StorageClass", &mode).starts_with("schema/enum "));
    }

    #[test]
    fn parameters_have_names_and_are_not_too_large() {
        let parameters =
            |parameters: Json| class("StorageClass", &json!({"provisioner": "a", "parameters": parameters}));
        assert_eq!(parameters(json!({"a": "x".repeat(256 * 1024 - 1)})), "");
        assert!(parameters(json!({"a": "x".repeat(256 * 1024)})).starts_with("object/too-large "));
        assert!(parameters(json!({"": "a"})).contains("is no name of a parameter"));
        let attributes = json!({"driverName": "a.example.com", "parameters": {}});
        assert!(class("VolumeAttributesClass", &attributes).contains("`parameters` is empty"));
        assert!(class("VolumeAttributesClass", &json!({"driverName": "a"})).contains("missing required field"));
    }

    #[test]
    fn topologies_differ() {
        let term = |key: &str, values: &[&str]| json!({"matchLabelExpressions": [{"key": key, "values": values}]});
        let allowed = |terms: Json| class("StorageClass", &json!({"provisioner": "a", "allowedTopologies": terms}));
        assert_eq!(allowed(json!([term("zone", &["a"]), term("zone", &["b"])])), "");
        assert!(allowed(json!([term("zone", &["a", "b"]), term("zone", &["b", "a"])])).contains("an earlier one says"));
        assert!(allowed(json!([term("zone", &["a", "a"])])).contains("stands in the list twice"));
        assert!(allowed(json!([term("zone", &[])])).contains("`values` is empty"));
        assert!(allowed(json!([{}])).contains("a term without requirements"));
        let twice = json!([{"matchLabelExpressions": [{"key": "a", "values": ["b"]}, {"key": "a", "values": ["c"]}]}]);
        assert!(allowed(twice).contains("`a` is the key of another requirement"));
    }
}
