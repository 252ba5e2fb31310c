//! What drivers publish of their devices: `validateResourceSliceSpec` of `pkg/apis/resource/validation`.
//!
//! In: the `spec` of a `ResourceSlice`. Out: findings about its pool, its nodes, and the names and values of its devices. It
//! says nothing of request policies, and never asks whether a node is there.

use std::sync::LazyLock;

use regex::Regex;

use super::csi::driver_name;
use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, QUALIFIED_NAME, at_least, entries, filled, forbidden, invalid, is_one_of,
    items, report, required, text,
};
use super::node_selector;
use super::resource_claims::{EFFECTS, distinct_names, is_attribute_name, limited};
use crate::catalogue::{object, schema};
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

/// The ways to say which nodes have a device.
const NODES: &[&str] = &["nodeName", "nodeSelector", "allNodes"];
/// The sorts of values that an attribute can have.
const VALUES: &[&str] = &["int", "bool", "string", "version"];
/// Lists of values, a feature that is off by default: the server drops them before it looks at a device.
const LISTS: &[&str] = &["ints", "bools", "strings", "versions"];
const LONGEST_POOL_NAME: usize = 253;
const LONGEST_VALUE: usize = 64;
const MOST_DEVICES: usize = 128;
const MOST_ATTRIBUTES: usize = 32;
const MOST_TAINTS: usize = 16;

/// Checks the `spec` of a `ResourceSlice`.
pub(super) fn check(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    driver_name(spec, "driver", sink);
    if let Some(holder) = spec.present("pool") {
        pool(holder, sink);
    }
    let per_device = spec.present("perDeviceNodeSelection").and_then(Node::as_bool) == Some(true);
    let chosen = nodes(spec, sink) + usize::from(per_device);
    if chosen != 1 {
        let ways = "`nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection`";
        one_way(spec, chosen, ways, sink);
    }
    if let Some(terms) = spec.path(&["nodeSelector", "nodeSelectorTerms"]).filter(|terms| terms.items().len() > 1) {
        invalid(terms, "the selector has more than one term", "keep one term", sink);
    }
    for field in ["allNodes", "perDeviceNodeSelection"] {
        only_true(spec, field, sink);
    }
    let devices = limited(spec, "devices", MOST_DEVICES, sink);
    devices.iter().filter(|device| device.is_mapping()).for_each(|item| device(item, per_device, sink));
    distinct_names(devices, "name", sink);
    let counters = items(spec, "sharedCounters");
    for set in counters {
        DNS_LABEL.check_filled(set, "name", sink);
    }
    distinct_names(counters, "name", sink);
}

fn pool(pool: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(node) = pool.present("name")
        && let Some(name) = node.as_str()
    {
        if name.is_empty() {
            required(pool, "name", sink);
        } else if name.len() > LONGEST_POOL_NAME || !name.split('/').all(|part| DNS_SUBDOMAIN.matches(part)) {
            let message = format!("`{}` is no name of a pool", printable(name));
            invalid(node, message, "write DNS names, joined by `/`, 253 characters at most", sink);
        }
    }
    if let Some(count) = pool.present("resourceSliceCount") {
        at_least(count, 1, sink);
    }
    if let Some(generation) = pool.present("generation") {
        at_least(generation, 0, sink);
    }
}

/// Checks the nodes of a slice or a device, and counts the ways in which they are named.
fn nodes(holder: &Node<'_>, sink: &mut Sink<'_, '_>) -> usize {
    match text(holder, "nodeName") {
        Some("") => required(holder, "nodeName", sink),
        _ => DNS_SUBDOMAIN.check_optional(holder, "nodeName", sink),
    }
    if let Some(selector) = holder.present("nodeSelector") {
        node_selector::check(selector, sink);
    }
    let is_given = |field: &&&str| filled(holder, field).is_some_and(|node| node.as_bool() != Some(false));
    NODES.iter().filter(is_given).count()
}

fn one_way(holder: &Node<'_>, found: usize, ways: &str, sink: &mut Sink<'_, '_>) {
    if found == 0 {
        report(&schema::REQUIRED, holder, format!("none of {ways} is set"), "set one of them", sink);
    } else {
        invalid(holder, format!("more than one of {ways} is set"), "keep one of them", sink);
    }
}

fn only_true(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = holder.present(field).filter(|node| node.as_bool() == Some(false)) {
        invalid(node, format!("`{field}` may only be `true`"), &format!("remove `{field}`"), sink);
    }
}

fn device(device: &Node<'_>, per_device: bool, sink: &mut Sink<'_, '_>) {
    DNS_LABEL.check_filled(device, "name", sink);
    let (attributes, capacity) = (entries(device, "attributes"), entries(device, "capacity"));
    let count = attributes.len() + capacity.len();
    if count > MOST_ATTRIBUTES {
        let message = format!("a device with {count} attributes and capacities, more than {MOST_ATTRIBUTES}");
        report(&schema::RANGE, device, message, &format!("keep {MOST_ATTRIBUTES} at most"), sink);
    }
    for entry in attributes.iter().chain(capacity) {
        if !is_attribute_name(&entry.key) {
            let message = format!("`{}` is no name of an attribute or a capacity", printable(&entry.key));
            sink.key(&object::INVALID, entry, message).help = Some(
                "use letters, digits and `_`, at most 32, beginning with no digit, perhaps behind a domain and `/`"
                    .to_owned(),
            );
        }
    }
    for entry in attributes.iter().filter(|entry| entry.value.is_mapping()) {
        attribute(&entry.value, sink);
    }
    for taint in limited(device, "taints", MOST_TAINTS, sink) {
        QUALIFIED_NAME.check_filled(taint, "key", sink);
        if let Some(value) = filled(taint, "value") {
            LABEL_VALUE.check(value, sink);
        }
        match filled(taint, "effect") {
            Some(effect) => is_one_of(effect, EFFECTS, sink),
            None if taint.is_mapping() && taint.present("effect").is_some() => required(taint, "effect", sink),
            None => {}
        }
    }
    let chosen = NODES.iter().filter(|field| device.present(field).is_some());
    if !per_device {
        if let Some(field) = chosen.into_iter().next() {
            forbidden(device, field, "needs `perDeviceNodeSelection: true` in the `spec`", sink);
        }
        return;
    }
    only_true(device, "allNodes", sink);
    let found = nodes(device, sink);
    if found != 1 {
        one_way(device, found, "`nodeName`, `nodeSelector`, `allNodes`", sink);
    }
}

/// One value, of one sort.
fn attribute(attribute: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let mut given = VALUES.iter().filter(|field| attribute.present(field).is_some());
    match (given.next(), given.next()) {
        (None, _) if LISTS.iter().all(|field| attribute.present(field).is_none()) => {
            let message = "an attribute without a value";
            report(&schema::REQUIRED, attribute, message, "add `string`, `int`, `bool` or `version`", sink);
        }
        (Some(first), Some(second)) => {
            forbidden(attribute, second, &format!("may not stand beside `{first}`"), sink);
        }
        _ => {}
    }
    for field in ["string", "version"] {
        attribute.present(field).into_iter().for_each(|node| value(node, field == "version", sink));
    }
}

fn value(node: &Node<'_>, is_version: bool, sink: &mut Sink<'_, '_>) {
    let Some(text) = node.as_str() else { return };
    if text.len() > LONGEST_VALUE {
        let message = format!("a value of {} bytes, more than {LONGEST_VALUE}", text.len());
        report(&schema::RANGE, node, message, "shorten it", sink);
    }
    if is_version && !is_semantic_version(text) {
        invalid(node, format!("`{}` is no semantic version", printable(text)), "write one such as `1.2.3`", sink);
    }
}

/// semver.org, 2.0.0.
fn is_semantic_version(text: &str) -> bool {
    static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let number = "(0|[1-9][0-9]*)";
        let before = "(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)";
        let build = "[0-9a-zA-Z-]+";
        let text = format!(r"^{number}\.{number}\.{number}(-{before}(\.{before})*)?(\+{build}(\.{build})*)?$");
        Regex::new(&text).ok()
    });
    VERSION.as_ref().is_none_or(|version| version.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::written::{Written, summary};
    use serde_json::{Value as Json, json};

    fn found(mut spec: Json) -> String {
        for (field, value) in [("driver", json!("gpu.example.com")), ("pool", json!({"name": "node-1"}))] {
            if spec.get(field).is_none() {
                spec[field] = value;
            }
        }
        let slice = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "spec": spec});
        let slice = Written::new(&slice);
        summary(&slice.findings(|object, sink| check(object.node.get("spec").unwrap(), sink)))
    }

    #[test]
    fn a_slice_is_for_nodes_in_one_way() {
        assert_eq!(found(json!({"nodeName": "node-1"})), "");
        assert!(found(json!({})).contains("none of `nodeName`"));
        assert!(found(json!({"nodeName": "node-1", "allNodes": true})).contains("more than one of"));
        assert!(found(json!({"nodeName": "node-1", "allNodes": false})).contains("may only be `true`"));
        assert!(found(json!({"nodeName": ""})).contains("is empty"));
    }

    #[test]
    fn devices_have_names_and_attributes() {
        let device = |device: Json| found(json!({"allNodes": true, "devices": [device]}));
        assert_eq!(device(json!({"name": "gpu-0", "attributes": {"model": {"string": "a"}, "a.b/c": {"int": 1}}})), "");
        assert!(device(json!({"name": "GPU"})).contains("is not a DNS label"));
        assert!(device(json!({"name": "a", "attributes": {"a-b": {"int": 1}}})).contains("no name of an attribute"));
        assert!(device(json!({"name": "a", "attributes": {"b": {}}})).contains("without a value"));
        assert!(device(json!({"name": "a", "attributes": {"b": {"int": 1, "bool": true}}})).contains("may not stand"));
        assert!(device(json!({"name": "a", "attributes": {"b": {"version": "1"}}})).contains("no semantic version"));
        assert!(device(json!({"name": "a", "nodeName": "n"})).contains("needs `perDeviceNodeSelection"));
    }

    #[test]
    fn devices_name_their_nodes_where_the_slice_says_so() {
        let device = |device: Json| found(json!({"perDeviceNodeSelection": true, "devices": [device]}));
        assert_eq!(device(json!({"name": "a", "nodeName": "n"})), "");
        assert!(device(json!({"name": "a"})).contains("none of `nodeName`, `nodeSelector`, `allNodes`"));
    }
}
