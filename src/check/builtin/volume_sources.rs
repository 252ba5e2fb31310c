//! What volumes are made of, in pods and in persistent volumes alike: the `validate…VolumeSource` functions of
//! `pkg/apis/core/validation`.
//!
//! In: the kind of a source, and the source. Out: findings about what it lacks and what nothing could mount. It never
//! asks a disk, a server or a cloud, and never reads the Secrets that sources name.

use super::fields::{
    DNS_LABEL, in_range, invalid, is_one_of, is_unset, items, not_empty, one_of, report, required, text,
};
use super::iscsi;
use crate::catalogue::{object, schema};
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const HOST_PATH_TYPES: &[&str] =
    &["BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
/// Longer a tenant of Quobyte may not be.
const LONGEST_TENANT: usize = 64;

/// What holds a source: the Secret of a persistent volume is in a namespace that has to be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// A volume of a pod.
    Pod,
    /// A persistent volume.
    PersistentVolume,
}

/// Checks a source of a kind that pods and persistent volumes share; nothing of any other kind.
pub(super) fn check(kind: &str, source: &Node<'_>, holder: Holder, sink: &mut Sink<'_, '_>) {
    not_empty(source, demanded(kind), sink);
    match kind {
        "hostPath" => {
            no_steps_back(source, "path", sink);
            one_of(source, "type", HOST_PATH_TYPES, sink);
        }
        "local" => no_steps_back(source, "path", sink),
        "awsElasticBlockStore" | "gcePersistentDisk" => byte(source, "partition", sink),
        "nfs" => {
            if let Some(node) = source.present("path")
                && let Some(path) = node.as_str().filter(|path| !path.is_empty() && !path.starts_with('/'))
            {
                let shown = printable(path);
                invalid(node, format!("`{shown}` is not an absolute path"), &format!("write `/{shown}`"), sink);
            }
        }
        "iscsi" => iscsi::check(source, holder, sink),
        "glusterfs" if holder == Holder::PersistentVolume => {
            DNS_LABEL.check_or_empty(source, "endpointsNamespace", sink);
        }
        "flocker" => flocker(source, sink),
        "cinder" => secret(source, holder, sink),
        "quobyte" => quobyte(source, sink),
        "fc" => fibre_channel(source, sink),
        "flexVolume" => flex_options(source, sink),
        "azureFile" if holder == Holder::PersistentVolume => not_empty(source, &["secretNamespace"], sink),
        "azureDisk" => azure_disk(source, sink),
        "storageos" => {
            required(source, "volumeName", sink);
            DNS_LABEL.check_optional(source, "volumeName", sink);
            DNS_LABEL.check_optional(source, "volumeNamespace", sink);
            secret(source, holder, sink);
        }
        "scaleIO" => required(source, "volumeName", sink),
        _ => {}
    }
}

/// What a source has to have, and may not have empty, of what its schema demands.
fn demanded(kind: &str) -> &'static [&'static str] {
    match kind {
        "awsElasticBlockStore" | "cinder" | "portworxVolume" => &["volumeID"],
        "azureDisk" => &["diskName", "diskURI"],
        "azureFile" => &["secretName", "shareName"],
        "cephfs" => &["monitors"],
        "flexVolume" => &["driver"],
        "gcePersistentDisk" => &["pdName"],
        "glusterfs" => &["endpoints", "path"],
        "hostPath" | "local" => &["path"],
        "iscsi" => &["targetPortal", "iqn"],
        "nfs" => &["server", "path"],
        "photonPersistentDisk" => &["pdID"],
        "quobyte" => &["registry", "volume"],
        "rbd" => &["monitors", "image"],
        "scaleIO" => &["gateway", "system"],
        "vsphereVolume" => &["volumePath"],
        _ => &[],
    }
}

/// A path that leads out of where it begins.
fn no_steps_back(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = holder.present(field)
        && let Some(path) = node.as_str().filter(|path| path.split('/').any(|part| part == ".."))
    {
        invalid(node, format!("`{}` leads out by `..`", printable(path)), "write the path without `..`", sink);
    }
}

/// A path that is to be below a volume's root.
pub(super) fn path_below(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = holder.present(field)
        && let Some(path) = node.as_str().filter(|path| path.starts_with('/'))
    {
        let help = format!("write `{}`", printable(path.trim_start_matches('/')));
        invalid(node, format!("`{}` is no path within the volume", printable(path)), &help, sink);
    }
    no_steps_back(holder, field, sink);
}

/// A number of a disk's part or unit.
pub(super) fn byte(source: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = source.present(field) {
        in_range(node, 0, 255, sink);
    }
}

/// A `secretRef` that names a Secret, and of a persistent volume its namespace, too.
fn secret(source: &Node<'_>, holder: Holder, sink: &mut Sink<'_, '_>) {
    let Some(secret) = source.present("secretRef").filter(|secret| secret.is_mapping()) else { return };
    required(secret, "name", sink);
    if holder == Holder::PersistentVolume {
        required(secret, "namespace", sink);
    }
}

fn flocker(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let name = text(source, "datasetName").filter(|name| !name.is_empty());
    let identifier = super::fields::filled(source, "datasetUUID");
    match (name, identifier) {
        (Some(_), Some(node)) => invalid(node, "`datasetUUID` stands beside `datasetName`", "keep one of them", sink),
        (None, None) if text(source, "datasetName").is_some() || source.present("datasetName").is_none() => {
            let message = "neither `datasetName` nor `datasetUUID`";
            report(&schema::REQUIRED, source, message, "add `datasetName`", sink);
        }
        _ => {}
    }
    if let Some(node) = source.present("datasetName")
        && let Some(name) = name.filter(|name| name.contains('/'))
    {
        invalid(node, format!("`{}` has a `/` in it", printable(name)), "write a name without `/`", sink);
    }
}

fn quobyte(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(registry) = source.present("registry") else { return };
    let Some(pairs) = registry.as_str().filter(|pairs| !pairs.is_empty()) else { return };
    if let Some(node) = source.present("tenant")
        && node.as_str().is_some_and(|tenant| tenant.len() > LONGEST_TENANT)
    {
        invalid(node, format!("a tenant of more than {LONGEST_TENANT} bytes"), "write the tenant's UUID", sink);
    } else if !pairs.split(',').all(is_host_and_port) {
        let message = format!("`{}` is no list of hosts with ports", printable(pairs));
        invalid(registry, message, "write one such as `registry.example.com:7861`, or several with commas", sink);
    }
}

/// Whether Go's `net.SplitHostPort` takes a text.
fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host_is_fine = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_suffix(']').is_some_and(|inner| !inner.contains(['[', ']'])),
        None => !host.contains([':', '[', ']']),
    };
    host_is_fine && !port.contains(['[', ']'])
}

fn fibre_channel(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let (no_targets, no_ids) = (is_unset(source, "targetWWNs"), is_unset(source, "wwids"));
    if no_targets && no_ids {
        report(&schema::REQUIRED, source, "neither `targetWWNs` nor `wwids`", "add one of them", sink);
    }
    if items(source, "targetWWNs").is_empty() {
        return;
    }
    if let Some(node) = source.present("wwids").filter(|_| !no_ids) {
        invalid(node, "`wwids` stands beside `targetWWNs`", "keep one of them", sink);
    }
    match source.present("lun") {
        None => {
            sink.missing(source, "lun");
        }
        Some(_) => byte(source, "lun", sink),
    }
}

/// Options of drivers may not look like those of Kubernetes.
fn flex_options(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for entry in super::fields::entries(source, "options") {
        let domain = entry.key.split_once('/').map_or(&*entry.key, |(domain, _)| domain).to_lowercase();
        if ["kubernetes.io", "k8s.io"]
            .iter()
            .any(|own| domain.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        {
            let message = format!("the option `{}` is in a domain of Kubernetes", printable(&entry.key));
            sink.key(&object::INVALID, entry, message).help = Some("use the driver's own domain".to_owned());
        }
    }
}

fn azure_disk(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for (field, allowed) in
        [("cachingMode", ["None", "ReadOnly", "ReadWrite"]), ("kind", ["Dedicated", "Managed", "Shared"])]
    {
        if let Some(node) = source.present(field) {
            is_one_of(node, &allowed, sink);
        }
    }
    let start = match source.present("kind").map(Node::as_str) {
        Some(Some("Managed")) => "/subscriptions/",
        // A disk is shared unless something else is said
        None | Some(Some("Shared" | "Dedicated")) => "https://",
        Some(_) => return,
    };
    if let Some(node) = source.present("diskURI")
        && let Some(uri) = node.as_str().filter(|uri| !uri.is_empty() && !uri.starts_with(start))
    {
        let message = format!("`{}` does not begin with `{start}`", printable(uri));
        let help = match start {
            "https://" if uri.starts_with("/subscriptions/") => "add `kind: Managed`",
            "https://" => "write the URL of the blob, or add `kind: Managed`",
            _ => "write the disk's resource ID, or remove `kind: Managed`",
        };
        invalid(node, message, help, sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::check::written::{Written, summary};

    fn found(kind: &str, source: &Json, holder: Holder) -> String {
        let object = Written::new(&json!({"apiVersion": "v1", "kind": "A", "source": source}));
        summary(&object.findings(|object, sink| check(kind, object.node.get("source").unwrap(), holder, sink)))
    }

    fn in_pod(kind: &str, source: &Json) -> String {
        found(kind, source, Holder::Pod)
    }

    #[test]
    fn what_a_source_demands_may_not_be_empty() {
        assert!(in_pod("hostPath", &json!({"path": ""})).contains("`path` is empty"));
        assert!(in_pod("rbd", &json!({"monitors": [], "image": "a"})).contains("`monitors` is empty"));
        assert!(in_pod("scaleIO", &json!({"gateway": "a", "system": "b", "secretRef": {}})).contains("`volumeName`"));
        assert!(in_pod("gcePersistentDisk", &json!({"pdName": "a", "partition": 256})).starts_with("schema/range "));
        assert!(in_pod("nfs", &json!({"server": "a", "path": "b"})).contains("`b` is not an absolute path"));
        assert_eq!(in_pod("nfs", &json!({"server": "a", "path": "/b/../c"})), "");
    }

    #[test]
    fn a_secret_of_a_persistent_volume_has_a_namespace() {
        let cinder = json!({"volumeID": "a", "secretRef": {"name": "b"}});
        assert_eq!(in_pod("cinder", &cinder), "");
        assert!(found("cinder", &cinder, Holder::PersistentVolume).contains("missing required field `namespace`"));
        let file = json!({"secretName": "a", "shareName": "b", "secretNamespace": ""});
        assert!(found("azureFile", &file, Holder::PersistentVolume).contains("`secretNamespace` is empty"));
    }

    #[test]
    fn registries_are_hosts_with_ports() {
        for pair in ["a:1", "a:", ":1", "[::1]:1"] {
            assert!(is_host_and_port(pair), "{pair}");
        }
        for pair in ["a", "", "::1:1", "[::1]", "[::1:1", "a]:1", "[a]b:1", "a:1]"] {
            assert!(!is_host_and_port(pair), "{pair}");
        }
    }

    #[test]
    fn alternatives_exclude_each_other() {
        assert!(in_pod("flocker", &json!({})).contains("neither `datasetName` nor `datasetUUID`"));
        assert!(in_pod("flocker", &json!({"datasetName": "a", "datasetUUID": "b"})).contains("beside `datasetName`"));
        assert!(in_pod("fc", &json!({"targetWWNs": ["a"]})).contains("missing required field `lun`"));
        assert!(in_pod("fc", &json!({"targetWWNs": ["a"], "lun": 0, "wwids": ["b"]})).contains("beside `targetWWNs`"));
        assert_eq!(in_pod("fc", &json!({"wwids": ["b"], "lun": 300})), "", "the number is for targets alone");
    }

    #[test]
    fn an_azure_disk_is_shared_by_default() {
        let disk = |uri: &str, kind: Json| in_pod("azureDisk", &json!({"diskName": "a", "diskURI": uri, "kind": kind}));
        assert_eq!(disk("https://a.example.com/b.vhd", Json::Null), "");
        assert!(disk("/subscriptions/a", Json::Null).contains("does not begin with `https://`"));
        assert_eq!(disk("/subscriptions/a", json!("Managed")), "");
        assert!(disk("/subscriptions/a", json!("managed")).starts_with("schema/enum "));
    }

    #[test]
    fn options_of_a_driver_are_not_those_of_kubernetes() {
        let options = |key: &str| in_pod("flexVolume", &json!({"driver": "a", "options": {key: "b"}}));
        assert_eq!(options("mykubernetes.io/a"), "");
        assert!(options("a.Kubernetes.io/a").contains("in a domain of Kubernetes"));
        assert!(options("k8s.io").contains("in a domain of Kubernetes"));
    }
}
