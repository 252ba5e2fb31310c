//! Persistent volumes: `ValidatePersistentVolumeSpec` of `pkg/apis/core/validation`, and `pkg/volume/validation`.
//!
//! In: a `PersistentVolume`, or the spec of one within a `VolumeAttachment`. Out: findings. It never asks whether there
//! is a class, a claim or a disk of the name that a volume gives.

use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, entries, filled, forbidden, invalid, is_one_of, is_unset, not_empty, report, required,
    text, text_or,
};
use super::storage::{VOLUME_MODES, access_modes, positive};
use super::volume_sources::Holder;
use super::volumes::single_source;
use super::{csi, iscsi, node_selector, volume_sources};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

/// What a persistent volume can be made of, but for `flexVolume`.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];
const FLEX_VOLUME: &str = "flexVolume";
const RECLAIM_POLICIES: &[&str] = &["Delete", "Recycle", "Retain"];
const MOUNT_OPTIONS: &str = "volume.beta.kubernetes.io/mount-options";
/// The sources beside which the old annotation may stand.
const WITH_MOUNT_OPTIONS: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "gcePersistentDisk",
    "glusterfs",
    "iscsi",
    "nfs",
    "photonPersistentDisk",
    "quobyte",
    "rbd",
    "vsphereVolume",
];
/// The Secrets of a driver that the server looks at; `nodeStageSecretRef` it does not.
const SECRETS: &[&str] =
    &["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"];

/// Checks a `PersistentVolume`.
pub(super) fn check(volume: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = volume.present("spec") else {
        sink.missing(volume, "spec");
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    access_modes(spec, sink);
    capacity(spec, sink);
    super::fields::one_of(spec, "persistentVolumeReclaimPolicy", RECLAIM_POLICIES, sink);
    if let Some(affinity) = spec.present("nodeAffinity").filter(|affinity| affinity.is_mapping()) {
        match affinity.present("required") {
            Some(selector) => node_selector::check(selector, sink),
            None => {
                sink.missing(affinity, "required");
            }
        }
    }
    sources(spec, sink);
    local_and_host(spec, sink);
    if let (Some(name), Some(source)) = (volume.path(&["metadata", "name"]), spec.present("iscsi")) {
        iscsi::initiator_fits(name.as_str().unwrap_or_default(), source, sink);
    }
    DNS_SUBDOMAIN.check_optional(spec, "storageClassName", sink);
    if let Some(mode) = spec.present("volumeMode") {
        is_one_of(mode, VOLUME_MODES, sink);
    }
    if spec.present("volumeAttributesClassName").is_some() {
        DNS_SUBDOMAIN.check_filled(spec, "volumeAttributesClassName", sink);
        if spec.present("csi").is_none() {
            forbidden(spec, "volumeAttributesClassName", "may only be set on a volume of `csi`", sink);
        }
    }
    if let Some(annotations) = volume.path(&["metadata", "annotations"])
        && annotations.get(MOUNT_OPTIONS).is_some()
        && !WITH_MOUNT_OPTIONS.iter().any(|kind| spec.present(kind).is_some())
    {
        forbidden(annotations, MOUNT_OPTIONS, "may not be set for this type of volume", sink);
    }
}

/// Checks the spec of a volume that no `PersistentVolume` is made for.
pub(super) fn inline_spec(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    const REASON: &str = "must not be set in an inline volume";
    if !spec.is_mapping() {
        return;
    }
    access_modes(spec, sink);
    for field in ["claimRef", "nodeAffinity"] {
        if spec.present(field).is_some() {
            forbidden(spec, field, REASON, sink);
        }
    }
    if !is_unset(spec, "capacity") {
        forbidden(spec, "capacity", REASON, sink);
    }
    if filled(spec, "storageClassName").is_some() {
        forbidden(spec, "storageClassName", REASON, sink);
    }
    super::fields::one_of(spec, "persistentVolumeReclaimPolicy", &["Retain"], sink);
    if let Some(mode) = spec.present("volumeMode") {
        is_one_of(mode, &["Filesystem"], sink);
    }
    sources(spec, sink);
    if spec.present("csi").is_none() {
        sink.missing(spec, "csi");
    }
}

/// Storage, and that alone.
fn capacity(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if is_unset(spec, "capacity") {
        return match spec.present("capacity") {
            Some(_) => required(spec, "capacity", sink),
            None => {
                sink.missing(spec, "capacity").help = Some("add `capacity: {storage: 1Gi}`".to_owned());
            }
        };
    }
    let Some(capacity) = spec.present("capacity").filter(|capacity| capacity.is_mapping()) else { return };
    for entry in entries(spec, "capacity") {
        if entry.key == "storage" {
            positive(&entry.value, sink);
        } else {
            forbidden(capacity, &entry.key, "is no capacity of a volume: `storage` alone is", sink);
        }
    }
    if capacity.get("storage").is_none() {
        sink.missing(capacity, "storage");
    }
}

fn sources(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    // The server does not mind a `flexVolume` behind most of the others
    let flex = spec.present(FLEX_VOLUME);
    if let Some(flex) = flex.filter(|flex| flex.is_mapping()) {
        volume_sources::check(FLEX_VOLUME, flex, Holder::PersistentVolume, sink);
    }
    match single_source(spec, SOURCES, sink) {
        Some(("csi", source)) => csi_source(source, sink),
        Some((kind, source)) if source.is_mapping() => {
            volume_sources::check(kind, source, Holder::PersistentVolume, sink);
        }
        None if flex.is_none() && SOURCES.iter().all(|kind| spec.present(kind).is_none()) => {
            let help = "add one, such as `csi` or `nfs`";
            report(&schema::REQUIRED, spec, "nothing says what the volume is made of", help, sink);
        }
        _ => {}
    }
}

fn csi_source(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    csi::driver_name(source, "driver", sink);
    not_empty(source, &["volumeHandle"], sink);
    for secret in SECRETS.iter().filter_map(|field| source.present(field)).filter(|secret| secret.is_mapping()) {
        required(secret, "name", sink);
        DNS_SUBDOMAIN.check_optional(secret, "name", sink);
        required(secret, "namespace", sink);
        DNS_LABEL.check_optional(secret, "namespace", sink);
    }
}

/// Volumes on one node: which it is has to be said, and a host is not to be wiped.
fn local_and_host(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if spec.present("local").is_some() && spec.present("nodeAffinity").is_none() {
        sink.missing(spec, "nodeAffinity").help = Some("add `nodeAffinity` with the node that has the disk".to_owned());
    }
    if text_or(spec, "persistentVolumeReclaimPolicy", "Retain") == "Recycle"
        && let Some(host) = spec.present("hostPath")
        && let Some(path) = text(host, "path").filter(|path| is_root(path))
        && let Some(policy) = spec.present("persistentVolumeReclaimPolicy")
    {
        let message = format!("`Recycle` would wipe `{}`, all of the host", printable(path));
        invalid(policy, message, "write `Retain`, or the path of a folder", sink);
    }
}

fn is_root(path: &str) -> bool {
    path.starts_with('/') && path.split('/').all(|part| matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::storage::check;
    use crate::check::written::{Written, summary};

    /// A sound volume in a folder of the host, with some fields replaced.
    fn volume(changes: &Json) -> String {
        let mut spec =
            json!({"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/data"}});
        for (field, value) in changes.as_object().unwrap() {
            spec[field] = value.clone();
        }
        let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "a"}, "spec": spec});
        summary(&Written::new(&volume).findings(check))
    }

    #[test]
    fn a_volume_is_made_of_one_thing() {
        assert_eq!(volume(&json!({})), "");
        assert!(volume(&json!({"hostPath": null})).contains("nothing says what the volume is made of"));
        let two = volume(&json!({"nfs": {"server": "a", "path": "/b"}}));
        assert_eq!(two, "object/invalid /spec/nfs: `nfs` may not stand beside `hostPath`\n");
        assert_eq!(volume(&json!({"flexVolume": {"driver": "a"}})), "", "the server lets it pass");
        assert_eq!(volume(&json!({"flexVolume": {"driver": "a"}, "hostPath": null})), "");
        let bare = json!({"apiVersion": "v1", "kind": "PersistentVolume"});
        assert!(summary(&Written::new(&bare).findings(check)).contains("missing required field `spec`"));
    }

    #[test]
    fn a_volume_has_storage_and_nothing_else() {
        assert!(volume(&json!({"capacity": null})).contains("missing required field `capacity`"));
        assert!(volume(&json!({"capacity": {}})).contains("`capacity` is empty"));
        assert!(volume(&json!({"capacity": {"storage": 0}})).contains("`0` is not above zero"));
        assert!(volume(&json!({"capacity": {"storage": 1, "cpu": 1}})).contains("`cpu` is no capacity of a volume"));
        assert!(volume(&json!({"capacity": {"cpu": 1}})).contains("missing required field `storage`"));
    }

    #[test]
    fn a_local_volume_says_where_it_is() {
        let local =
            |affinity: Json| volume(&json!({"hostPath": null, "local": {"path": "/a"}, "nodeAffinity": affinity}));
        assert!(local(Json::Null).contains("missing required field `nodeAffinity`"));
        assert!(local(json!({})).contains("missing required field `required`"));
        assert!(local(json!({"required": {"nodeSelectorTerms": []}})).contains("without a term"));
        let term = json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]});
        assert_eq!(local(json!({"required": {"nodeSelectorTerms": [term]}})), "");
    }

    #[test]
    fn no_host_is_recycled_whole() {
        let recycled =
            |path: &str| volume(&json!({"persistentVolumeReclaimPolicy": "Recycle", "hostPath": {"path": path}}));
        assert_eq!(recycled("/data"), "");
        assert!(recycled("/").contains("would wipe `/`") && recycled("//./").contains("would wipe"));
    }

    #[test]
    fn secrets_of_a_driver_have_a_namespace() {
        let secret = |field: &str, secret: Json| {
            volume(&json!({"hostPath": null, "csi": {"driver": "a", "volumeHandle": "b", field: secret}}))
        };
        assert_eq!(secret("nodePublishSecretRef", json!({"name": "a", "namespace": "b"})), "");
        assert!(secret("nodePublishSecretRef", json!({"name": "a"})).contains("missing required field `namespace`"));
        assert!(secret("nodeExpandSecretRef", json!({"name": "a_b", "namespace": "c"})).contains("not a DNS name"));
        assert_eq!(secret("nodeStageSecretRef", json!({})), "", "the server does not look at it");
    }

    #[test]
    fn mount_options_were_an_annotation_once() {
        let annotated = |source: &str, value: Json| {
            let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume",
                "metadata": {"name": "a", "annotations": {"volume.beta.kubernetes.io/mount-options": "ro"}},
                "spec": {"capacity": {"storage": 1}, "accessModes": ["ReadWriteOnce"], source: value}});
            summary(&Written::new(&volume).findings(check))
        };
        assert_eq!(annotated("nfs", json!({"server": "a", "path": "/b"})), "");
        assert!(annotated("hostPath", json!({"path": "/b"})).contains("may not be set for this type of volume"));
    }

    #[test]
    fn attributes_are_for_drivers() {
        assert!(volume(&json!({"volumeAttributesClassName": "a"})).contains("may only be set on a volume of `csi`"));
        let class = |name: &str| {
            let csi = json!({"driver": "a", "volumeHandle": "b"});
            volume(&json!({"hostPath": null, "csi": csi, "volumeAttributesClassName": name}))
        };
        assert_eq!(class("a"), "");
        assert!(class("").contains("is empty"));
    }

    #[test]
    fn modes_and_policies_are_known_ones() {
        assert!(volume(&json!({"volumeMode": "Raw"})).starts_with("schema/enum "));
        assert!(volume(&json!({"volumeMode": ""})).starts_with("schema/enum "));
        assert!(volume(&json!({"persistentVolumeReclaimPolicy": "Keep"})).starts_with("schema/enum "));
        assert_eq!(volume(&json!({"persistentVolumeReclaimPolicy": "", "storageClassName": ""})), "");
        assert!(volume(&json!({"accessModes": ["ReadWriteOncePod", "ReadOnlyMany"]})).contains("excludes"));
    }
}
