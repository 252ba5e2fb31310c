//! The volumes of pods: `ValidateVolumes` of `pkg/apis/core/validation`, and what only pods make volumes of.
//!
//! In: the spec of a pod. Out: findings about names and sources of its volumes. It never asks whether the ConfigMap,
//! claim or folder that a volume names is there; where volumes are mounted is checked by `mounts`.

use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, duplicate, forbidden, invalid, items, not_empty, one_of, report, required, text,
};
use super::{csi, environment, iscsi, metadata, projected, storage, volume_sources};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::check::quantity::Quantity;
use crate::manifest::{Node, Value};
use crate::report::printable;

/// What a pod's volume can be made of. Without any, it is an empty folder.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];
/// The fields of a pod that a file can have for its text, besides single labels and annotations.
const FIELDS: &[&str] =
    &["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];
const PULL_POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
/// What the metadata of a claim that is made for a pod may not have: all but labels and annotations.
const NOT_IN_CLAIMS: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
    "finalizers",
    "managedFields",
];
const HIGHEST_MODE: i64 = 0o777;

/// Checks the volumes of a pod's spec.
pub(super) fn check(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let volumes = items(spec, "volumes");
    for (index, volume) in volumes.iter().enumerate().filter(|(_, volume)| volume.is_mapping()) {
        DNS_LABEL.check_filled(volume, "name", sink);
        if let Some(node) = volume.present("name")
            && let Some(name) = node.as_str().filter(|name| !name.is_empty())
            && volumes.iter().take(index).any(|earlier| text(earlier, "name") == Some(name))
        {
            duplicate(node, format!("`{}` is the name of another volume, too", printable(name)), sink);
        }
        if let Some((kind, node)) = single_source(volume, SOURCES, sink)
            && node.is_mapping()
        {
            source(volume, kind, node, sink);
        }
    }
}

/// The one source that a volume has, and its kind. Of a second one this tells; none at all is for the caller to judge.
pub(super) fn single_source<'n, 's>(
    volume: &'n Node<'s>,
    kinds: &[&str],
    sink: &mut Sink<'_, '_>,
) -> Option<(&'n str, &'n Node<'s>)> {
    let mut given = volume.entries().iter().filter(|entry| kinds.contains(&&*entry.key) && !entry.value.is_null());
    let first = given.next()?;
    if let Some(second) = given.next() {
        forbidden(volume, &second.key, &format!("may not stand beside `{}`", first.key), sink);
        return None;
    }
    Some((&first.key, &first.value))
}

fn source(volume: &Node<'_>, kind: &str, source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    match kind {
        "emptyDir" => empty_dir(source, sink),
        "secret" => {
            required(source, "secretName", sink);
            files(source, sink);
        }
        "configMap" => {
            required(source, "name", sink);
            files(source, sink);
        }
        "downwardAPI" => {
            mode(source, "defaultMode", sink);
            for file in items(source, "items") {
                pod_field(file, sink);
            }
        }
        "projected" => projected::check(source, sink),
        "csi" => {
            csi::driver_name(source, "driver", sink);
            if let Some(secret) = source.present("nodePublishSecretRef").filter(|secret| secret.is_mapping()) {
                required(secret, "name", sink);
                DNS_SUBDOMAIN.check_optional(secret, "name", sink);
            }
        }
        "ephemeral" => ephemeral(source, sink),
        "image" => {
            required(source, "reference", sink);
            one_of(source, "pullPolicy", PULL_POLICIES, sink);
        }
        "persistentVolumeClaim" => not_empty(source, &["claimName"], sink),
        "gitRepo" => {
            not_empty(source, &["repository"], sink);
            volume_sources::path_below(source, "directory", sink);
        }
        _ => {
            volume_sources::check(kind, source, volume_sources::Holder::Pod, sink);
            if kind == "iscsi" {
                iscsi::initiator_fits(text(volume, "name").unwrap_or_default(), source, sink);
            }
        }
    }
}

/// Its `mode` is not looked at: unless a cluster turns that feature on, the server drops it.
fn empty_dir(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(limit) = source.present("sizeLimit")
        && Quantity::of(limit).is_some_and(|quantity| quantity.is_negative())
    {
        report(&schema::RANGE, limit, "a size below zero", "write a size such as `1Gi`, or remove it", sink);
    }
}

/// The files that a ConfigMap or Secret is put into.
fn files(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    mode(source, "defaultMode", sink);
    for item in items(source, "items") {
        key_to_path(item, sink);
    }
}

/// A key of a ConfigMap or Secret, and the file that it is put into.
pub(super) fn key_to_path(item: &Node<'_>, sink: &mut Sink<'_, '_>) {
    not_empty(item, &["key"], sink);
    file_path(item, "path", sink);
    mode(item, "mode", sink);
}

/// A file and what of the pod is put into it.
pub(super) fn pod_field(file: &Node<'_>, sink: &mut Sink<'_, '_>) {
    file_path(file, "path", sink);
    mode(file, "mode", sink);
    match (file.present("fieldRef"), file.present("resourceFieldRef")) {
        (Some(_), Some(_)) => forbidden(file, "resourceFieldRef", "may not stand beside `fieldRef`", sink),
        (Some(reference), None) => environment::field(reference, FIELDS, sink),
        (None, Some(reference)) if reference.is_mapping() => {
            required(reference, "containerName", sink);
            environment::resource(reference, sink);
        }
        (None, None) if file.is_mapping() => {
            let message = "neither `fieldRef` nor `resourceFieldRef`";
            report(&schema::REQUIRED, file, message, "add `fieldRef`", sink);
        }
        _ => {}
    }
}

/// The path of a file within a volume, which has to be there; that it may not lack is for the schema to say.
pub(super) fn file_path(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    not_empty(holder, &[field], sink);
    let Some(node) = holder.present(field) else { return };
    let Some(path) = node.as_str() else { return };
    if path.starts_with("..") && !path.split('/').any(|part| part == "..") {
        // The kubelet keeps its own files under such names
        let message = format!("`{}` begins with `..`", printable(path));
        invalid(node, message, "write a path that begins otherwise", sink);
    } else {
        volume_sources::path_below(holder, field, sink);
    }
}

/// The permissions of files.
pub(super) fn mode(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    let Some(node) = holder.present(field) else { return };
    let Some(number) = node.as_i64().filter(|number| !(0..=HIGHEST_MODE).contains(number)) else { return };
    let help = match i64::from_str_radix(&number.to_string(), 8) {
        Ok(meant @ 0..=HIGHEST_MODE) => format!("write `0{number}`, or `{meant}` in JSON"),
        _ => "write a number from `0` to `0777`, or to `511` in JSON".to_owned(),
    };
    report(&schema::RANGE, node, format!("`{number}` is not between 0 and 0777 (octal)"), &help, sink);
}

/// A volume whose claim is made along with the pod.
fn ephemeral(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(template) = source.present("volumeClaimTemplate") else {
        sink.missing(source, "volumeClaimTemplate");
        return;
    };
    if let Some(metadata) = template.present("metadata") {
        if let Some(labels) = metadata.present("labels") {
            metadata::labels(labels, sink);
        }
        if let Some(annotations) = metadata.present("annotations") {
            metadata::annotations(annotations, sink);
        }
        for field in NOT_IN_CLAIMS {
            if metadata.present(field).is_some_and(is_set) {
                forbidden(metadata, field, "must not be set: labels and annotations alone may be", sink);
            }
        }
    }
    if let Some(spec) = template.present("spec") {
        storage::claim_spec(spec, sink);
    }
}

/// Whether a value is another than its type's zero value.
fn is_set(node: &Node<'_>) -> bool {
    match &node.value {
        Value::String(text) => !text.is_empty(),
        Value::Sequence(list) => !list.is_empty(),
        _ => node.as_i64() != Some(0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn volumes(volumes: &Json) -> String {
        let object = Written::new(&json!({"apiVersion": "v1", "kind": "A", "volumes": volumes}));
        summary(&object.findings(|object, sink| check(&object.node, sink)))
    }

    fn volume(kind: &str, source: &Json) -> String {
        volumes(&json!([{"name": "a", kind: source}]))
    }

    #[test]
    fn a_volume_has_a_name_of_its_own_and_one_source() {
        assert_eq!(volumes(&json!([{"name": "a"}, {"name": "b", "emptyDir": null}])), "", "an empty folder by default");
        assert!(volumes(&json!([{"name": "a"}, {"name": "a"}])).starts_with("schema/list-key /volumes/1/name: `a` is"));
        assert!(volumes(&json!([{"name": "a.b"}])).contains("`a.b` is not a DNS label"));
        assert!(volumes(&json!([{"name": ""}])).contains("`name` is empty"));
        let two = json!([{"name": "a", "emptyDir": {}, "hostPath": {"path": "/a"}}]);
        assert!(volumes(&two).contains("`hostPath` may not stand beside `emptyDir`"));
        assert_eq!(volumes(&json!([{"name": "a", "emptyDir": true}, null])), "", "the schema has told it");
    }

    #[test]
    fn files_stay_within_their_volume() {
        let item = |path: &str| volume("configMap", &json!({"name": "b", "items": [{"key": "c", "path": path}]}));
        assert_eq!(item("a/b..c") + &item("./a"), "");
        assert!(item("/a").contains("`/a` is no path within the volume"));
        assert!(item("a/../b").contains("leads out by `..`"));
        assert!(item("..a").contains("begins with `..`"));
        assert!(item("").contains("`path` is empty"));
        assert_eq!(volume("gitRepo", &json!({"repository": "b", "directory": "..c"})), "");
        assert!(volume("gitRepo", &json!({"repository": "b", "directory": "/c"})).contains("no path within"));
    }

    #[test]
    fn a_mode_is_what_octal_digits_can_say() {
        let mode = |mode: i64| volume("secret", &json!({"secretName": "b", "defaultMode": mode}));
        assert_eq!(mode(0o777) + &mode(0), "");
        assert!(mode(644).contains("`644` is not between 0 and 0777 (octal)"));
        assert!(mode(-1).starts_with("schema/range "));
        let item = json!({"secretName": "b", "items": [{"key": "c", "path": "d", "mode": 512}]});
        assert!(volume("secret", &item).starts_with("schema/range /volumes/0/secret/items/0/mode"));
        let object = Written::new(&json!({"apiVersion": "v1", "kind": "A", "mode": 644}));
        let findings = object.findings(|object, sink| super::mode(&object.node, "mode", sink));
        assert_eq!(findings[0].help.as_deref(), Some("write `0644`, or `420` in JSON"));
    }

    #[test]
    fn sources_name_what_they_are_made_of() {
        assert!(volume("secret", &json!({"optional": true})).contains("missing required field `secretName`"));
        assert!(volume("configMap", &json!({"name": ""})).contains("`name` is empty"));
        assert!(volume("persistentVolumeClaim", &json!({"claimName": ""})).contains("`claimName` is empty"));
        assert!(volume("image", &json!({"pullPolicy": "Always"})).contains("missing required field `reference`"));
        assert!(volume("image", &json!({"reference": "a", "pullPolicy": "Often"})).starts_with("schema/enum "));
        assert_eq!(volume("image", &json!({"reference": "a", "pullPolicy": ""})), "");
        assert!(volume("emptyDir", &json!({"sizeLimit": "-1Gi"})).starts_with("schema/range "));
        assert_eq!(volume("emptyDir", &json!({"sizeLimit": 0, "medium": "Memory", "mode": 9999})), "");
    }

    #[test]
    fn a_file_holds_one_field_of_the_pod() {
        let file = |file: Json| volume("downwardAPI", &json!({"items": [file]}));
        assert_eq!(file(json!({"path": "a", "fieldRef": {"fieldPath": "metadata.labels"}})), "");
        assert!(file(json!({"path": "a", "fieldRef": {"fieldPath": "spec.nodeName"}})).starts_with("schema/enum "));
        assert!(file(json!({"path": "a"})).contains("neither `fieldRef` nor `resourceFieldRef`"));
        assert_eq!(
            file(json!({"path": "a", "resourceFieldRef": {"containerName": "b", "resource": "limits.cpu"}})),
            ""
        );
        assert!(file(json!({"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}})).contains("`containerName`"));
    }

    #[test]
    fn a_claim_made_for_a_pod_has_no_name() {
        let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        let claim =
            |metadata: Json| volume("ephemeral", &json!({"volumeClaimTemplate": {"metadata": metadata, "spec": spec}}));
        assert_eq!(claim(json!({"labels": {"a": "b"}, "creationTimestamp": null, "name": ""})), "");
        assert!(claim(json!({"name": "a"})).contains("`name` must not be set"));
        assert!(claim(json!({"labels": {"a": "b c"}})).starts_with("metadata/label "));
        assert!(volume("ephemeral", &json!({})).contains("missing required field `volumeClaimTemplate`"));
        assert!(volume("ephemeral", &json!({"volumeClaimTemplate": {"spec": {}}})).contains("`accessModes`"));
    }

    #[test]
    fn a_driver_within_a_pod_may_have_a_secret() {
        assert_eq!(volume("csi", &json!({"driver": "CSI.example.com", "nodePublishSecretRef": {"name": "a"}})), "");
        assert!(volume("csi", &json!({"driver": "a_b"})).contains("`a_b` is no name of a CSI driver"));
        assert!(
            volume("csi", &json!({"driver": "a", "nodePublishSecretRef": {}}))
                .contains("missing required field `name`")
        );
    }
}
