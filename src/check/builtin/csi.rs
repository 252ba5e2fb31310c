//! Drivers of storage and what is said of them: the CSI kinds of `pkg/apis/storage/validation`.
//!
//! In: an object of `storage.k8s.io`, or something that names a driver. Out: findings. It never asks whether a driver
//! runs anywhere, and does not look at `status`, which the server drops on a create.

use super::fields::{
    DNS_SUBDOMAIN, QUALIFIED_NAME, at_least, duplicate, filled, in_range, invalid, is_one_of, items, not_empty, report,
    text, text_or,
};
use super::{bounds, names, persistent_volume, selector};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::check::quantity::Quantity;
use crate::manifest::Node;
use crate::report::printable;

const GROUP_POLICIES: &[&str] = &["File", "None", "ReadWriteOnceWithFSType"];
const LIFECYCLES: &[&str] = &["Ephemeral", "Persistent"];
const LONGEST_DRIVER: usize = 63;
const LONGEST_NODE_ID: usize = 256;
const SHORTEST_UPDATE_PERIOD: i64 = 10;
const SHORTEST_TOKEN: i64 = 10 * 60;
const LONGEST_TOKEN: i64 = 1 << 32;

/// Checks the name of a driver, in either case, which may not be empty. That it may not lack is for the schema to say.
pub(super) fn driver_name(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    not_empty(holder, &[field], sink);
    if let Some(node) = filled(holder, field)
        && let Some(name) = node.as_str()
        && (name.len() > LONGEST_DRIVER || !names::is_dns1123_subdomain(&name.to_lowercase()))
    {
        let message = format!("`{}` is no name of a CSI driver", printable(name));
        invalid(node, message, "write a DNS name of 63 characters at most, such as `csi.example.com`", sink);
    }
}

/// Checks a `CSIDriver`.
pub(super) fn driver(driver: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = driver.present("spec") else { return };
    if let Some(policy) = spec.present("fsGroupPolicy") {
        is_one_of(policy, GROUP_POLICIES, sink);
    }
    for mode in items(spec, "volumeLifecycleModes") {
        is_one_of(mode, LIFECYCLES, sink);
    }
    if let Some(period) = spec.present("nodeAllocatableUpdatePeriodSeconds") {
        at_least(period, SHORTEST_UPDATE_PERIOD, sink);
    }
    let tokens = items(spec, "tokenRequests");
    for (index, token) in tokens.iter().enumerate().filter(|(_, token)| token.is_mapping()) {
        let audience = text_or(token, "audience", "");
        if tokens.iter().take(index).any(|earlier| earlier.is_mapping() && text_or(earlier, "audience", "") == audience)
        {
            let message = match audience {
                "" => "two tokens for the API server itself".to_owned(),
                _ => format!("two tokens for the audience `{}`", printable(audience)),
            };
            duplicate(token.present("audience").unwrap_or(token), message, sink);
        }
        if let Some(seconds) = token.present("expirationSeconds") {
            in_range(seconds, SHORTEST_TOKEN, LONGEST_TOKEN, sink);
        }
    }
    if let Some(flag) = spec.present("serviceAccountTokenInSecrets")
        && super::fields::is_unset(spec, "tokenRequests")
    {
        invalid(flag, "`serviceAccountTokenInSecrets` without `tokenRequests`", "remove it, or ask for a token", sink);
    }
}

/// Checks a `CSINode`.
pub(super) fn node(object: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let drivers = object.present("spec").map(|spec| items(spec, "drivers")).unwrap_or_default();
    for (index, driver) in drivers.iter().enumerate() {
        driver_name(driver, "name", sink);
        if let Some(node) = filled(driver, "name")
            && let Some(name) = node.as_str()
            && drivers.iter().take(index).any(|earlier| text(earlier, "name") == Some(name))
        {
            duplicate(node, format!("`{}` is the name of another driver, too", printable(name)), sink);
        }
        not_empty(driver, &["nodeID"], sink);
        if let Some(node) = driver.present("nodeID")
            && let Some(length) = node.as_str().map(str::len).filter(|length| *length > LONGEST_NODE_ID)
        {
            let message = format!("an identifier of {length} bytes, more than {LONGEST_NODE_ID}");
            report(&schema::RANGE, node, message, "use a shorter one", sink);
        }
        if let Some(allocatable) = driver.present("allocatable") {
            bounds::non_negative(allocatable, "count", sink);
        }
        let keys = items(driver, "topologyKeys");
        for key in keys {
            QUALIFIED_NAME.check(key, sink);
        }
        super::fields::distinct(keys, sink);
    }
}

/// Checks a `VolumeAttachment`.
pub(super) fn attachment(attachment: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = attachment.present("spec") else { return };
    driver_name(spec, "attacher", sink);
    DNS_SUBDOMAIN.check_filled(spec, "nodeName", sink);
    let Some(source) = spec.present("source").filter(|source| source.is_mapping()) else { return };
    match (source.present("persistentVolumeName"), source.present("inlineVolumeSpec")) {
        (None, None) => {
            let message = "neither `persistentVolumeName` nor `inlineVolumeSpec`";
            report(&schema::REQUIRED, source, message, "add `persistentVolumeName`", sink);
        }
        (Some(_), Some(inline)) => {
            invalid(inline, "`inlineVolumeSpec` stands beside `persistentVolumeName`", "keep one of them", sink);
        }
        (Some(_), None) => DNS_SUBDOMAIN.check_filled(source, "persistentVolumeName", sink),
        (None, Some(inline)) => persistent_volume::inline_spec(inline, sink),
    }
}

/// Checks a `CSIStorageCapacity`.
pub(super) fn capacity(capacity: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(topology) = capacity.present("nodeTopology") {
        selector::check(topology, sink);
    }
    DNS_SUBDOMAIN.check_filled(capacity, "storageClassName", sink);
    if let Some(node) = capacity.present("capacity")
        && Quantity::of(node).is_some_and(|quantity| quantity.is_negative())
    {
        report(&schema::RANGE, node, "a capacity below zero", "write `0` or more", sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::storage::check;
    use crate::check::written::{Written, summary};

    fn found(kind: &str, mut fields: Json) -> String {
        fields["apiVersion"] = json!("storage.k8s.io/v1");
        fields["kind"] = json!(kind);
        summary(&Written::new(&fields).findings(check))
    }

    fn driver(spec: &Json) -> String {
        found("CSIDriver", json!({"spec": spec}))
    }

    #[test]
    fn a_driver_asks_for_one_token_of_an_audience() {
        assert_eq!(driver(&json!({"tokenRequests": [{"audience": "a"}, {"audience": ""}]})), "");
        let twice = driver(&json!({"tokenRequests": [{"audience": "a"}, {"audience": "a"}]}));
        assert_eq!(twice, "schema/list-key /spec/tokenRequests/1/audience: two tokens for the audience `a`\n");
        assert!(driver(&json!({"tokenRequests": [{"audience": ""}, {}]})).contains("for the API server itself"));
        assert!(
            driver(&json!({"tokenRequests": [{"audience": "a", "expirationSeconds": 60}]}))
                .starts_with("schema/range ")
        );
        assert!(driver(&json!({"serviceAccountTokenInSecrets": false})).contains("without `tokenRequests`"));
    }

    #[test]
    fn a_driver_has_known_policies() {
        assert_eq!(driver(&json!({"fsGroupPolicy": null, "volumeLifecycleModes": ["Persistent", "Persistent"]})), "");
        assert!(driver(&json!({"fsGroupPolicy": ""})).starts_with("schema/enum "));
        assert!(driver(&json!({"volumeLifecycleModes": ["Sometimes"]})).starts_with("schema/enum "));
        assert!(driver(&json!({"nodeAllocatableUpdatePeriodSeconds": 9})).starts_with("schema/range "));
    }

    #[test]
    fn a_node_lists_each_driver_once() {
        let node = |drivers: Json| found("CSINode", json!({"spec": {"drivers": drivers}}));
        let sound = json!({"name": "a", "nodeID": "b", "topologyKeys": ["a.b/c"], "allocatable": {"count": 0}});
        assert_eq!(node(json!([sound])), "");
        assert!(node(json!([sound, sound])).contains("`a` is the name of another driver"));
        assert!(node(json!([{"name": "a_b", "nodeID": ""}])).contains("`nodeID` is empty"));
        assert!(
            node(json!([{"name": "a", "nodeID": "b", "topologyKeys": ["c", "c"]}])).starts_with("schema/list-key ")
        );
        assert!(node(json!([{"name": "a", "nodeID": "b", "allocatable": {"count": -1}}])).starts_with("schema/range "));
        assert!(node(json!([{"name": "a", "nodeID": "b".repeat(257)}])).contains("257 bytes"));
    }

    #[test]
    fn an_attachment_names_a_volume_or_describes_one() {
        let attach = |source: Json| {
            found(
                "VolumeAttachment",
                json!({"spec": {"attacher": "Csi.example.com", "nodeName": "a", "source": source}}),
            )
        };
        assert_eq!(attach(json!({"persistentVolumeName": "a"})), "");
        assert!(attach(json!({"persistentVolumeName": ""})).contains("is empty"));
        assert!(attach(json!({})).contains("neither `persistentVolumeName` nor `inlineVolumeSpec`"));
        assert!(attach(json!({"persistentVolumeName": "a", "inlineVolumeSpec": {}})).contains("stands beside"));
        let inline = json!({"accessModes": ["ReadWriteOnce"], "csi": {"driver": "a", "volumeHandle": "b"}});
        assert_eq!(attach(json!({"inlineVolumeSpec": inline})), "");
        let inline = json!({"accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"}, "capacity": {"storage": 1}});
        let inline = attach(json!({"inlineVolumeSpec": inline}));
        assert!(inline.contains("`capacity` must not be set") && inline.contains("missing required field `csi`"));
    }

    #[test]
    fn a_capacity_is_of_a_class() {
        assert_eq!(
            found("CSIStorageCapacity", json!({"storageClassName": "a", "nodeTopology": {}, "capacity": 0})),
            ""
        );
        assert!(found("CSIStorageCapacity", json!({"storageClassName": ""})).contains("`storageClassName` is empty"));
        assert!(found("CSIStorageCapacity", json!({"storageClassName": "a", "capacity": -1})).contains("below zero"));
    }
}
