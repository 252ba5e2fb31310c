//! Volumes in containers: `ValidateVolumeMounts` and `ValidateVolumeDevices` of `pkg/apis/core/validation`.
//!
//! In: a pod and one of its containers. Out: findings about mounts and devices, and about volumes that they name and the
//! pod does not have. What a volume is made of is checked by `volumes`.

use super::fields::{duplicate, forbidden, invalid, is_empty, is_one_of, items, text};
use super::pod_spec::{Pod, VolumeSource};
use crate::catalogue::object::INVALID;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const PROPAGATIONS: &[&str] = &["Bidirectional", "HostToContainer", "None"];

/// Checks a container's mounts and devices.
pub(super) fn check(pod: &Pod<'_, '_>, container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let (mounts, devices) = (items(container, "volumeMounts"), items(container, "volumeDevices"));
    for (index, mount) in mounts.iter().enumerate() {
        volume(pod, mount, sink);
        if text(mount, "mountPath") == Some("") {
            is_empty(mount, "mountPath", sink);
        }
        unique(mounts, index, "mountPath", sink);
        path_below(mount, "subPath", sink);
        path_below(mount, "subPathExpr", sink);
        if text(mount, "subPath").is_some_and(|path| !path.is_empty())
            && text(mount, "subPathExpr").is_some_and(|path| !path.is_empty())
        {
            forbidden(mount, "subPathExpr", "may not stand beside `subPath`", sink);
        }
        propagation(container, mount, sink);
        read_only(mount, sink);
    }
    for (index, device) in devices.iter().enumerate() {
        let source = volume(pod, device, sink);
        if let (Some(VolumeSource::EmptyDir | VolumeSource::Other), Some(node)) = (source, device.present("name")) {
            let message =
                format!("`{}` is no claim, as a block device must be", printable(node.as_str().unwrap_or_default()));
            invalid(node, message, "use a `persistentVolumeClaim` or an `ephemeral` volume", sink);
        }
        if text(device, "devicePath") == Some("") {
            is_empty(device, "devicePath", sink);
        }
        unique(devices, index, "name", sink);
        unique(devices, index, "devicePath", sink);
        no_steps_back(device, "devicePath", sink);
        for (field, other) in [("name", "name"), ("devicePath", "mountPath")] {
            let written = text(device, field).filter(|text| !text.is_empty());
            if written.is_some() && mounts.iter().any(|mount| text(mount, other) == written) {
                forbidden(device, field, "is that of a mount, too", sink);
            }
        }
    }
}

/// What the volume that a mount names is; a finding when the pod has none of that name.
fn volume(pod: &Pod<'_, '_>, mount: &Node<'_>, sink: &mut Sink<'_, '_>) -> Option<VolumeSource> {
    let node = mount.present("name")?;
    let name = node.as_str()?;
    let source = pod.volume(name);
    if source.is_none() && !pod.has_unreadable_volumes() {
        let message = format!("the pod has no volume `{}`", printable(name));
        let known = items(pod.spec, "volumes").iter().filter_map(|volume| text(volume, "name"));
        let help = match crate::suggest::nearest(name, known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "add it under `volumes`, or remove this entry".to_owned(),
        };
        sink.value(&INVALID, node, message).help = Some(help);
    }
    source
}

/// An entry whose field repeats that of an earlier one.
fn unique(list: &[Node<'_>], index: usize, field: &str, sink: &mut Sink<'_, '_>) {
    let Some(node) = list.get(index).and_then(|entry| entry.present(field)) else { return };
    let Some(written) = node.as_str() else { return };
    if list.iter().take(index).any(|earlier| text(earlier, field) == Some(written)) {
        duplicate(node, format!("`{}` is the `{field}` of another entry, too", printable(written)), sink);
    }
}

fn path_below(mount: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = mount.present(field)
        && let Some(path) = node.as_str().filter(|path| path.starts_with('/'))
    {
        let help = format!("write `{}`", printable(path.trim_start_matches('/')));
        invalid(node, format!("`{}` is no path within the volume", printable(path)), &help, sink);
    }
    no_steps_back(mount, field, sink);
}

fn no_steps_back(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = holder.present(field)
        && let Some(path) = node.as_str().filter(|path| path.split('/').any(|part| part == ".."))
    {
        invalid(node, format!("`{}` leads out by `..`", printable(path)), "write the path without `..`", sink);
    }
}

fn propagation(container: &Node<'_>, mount: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = mount.present("mountPropagation") else { return };
    is_one_of(node, PROPAGATIONS, sink);
    let privileged = container.path(&["securityContext", "privileged"]).and_then(Node::as_bool) == Some(true);
    if node.as_str() == Some("Bidirectional") && !privileged {
        let message = "`Bidirectional` is only for privileged containers";
        invalid(node, message, "write `HostToContainer`, or make the container privileged", sink);
    }
}

fn read_only(mount: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = mount.present("recursiveReadOnly") else { return };
    is_one_of(node, &["Disabled", "IfPossible", "Enabled"], sink);
    if matches!(node.as_str(), Some("IfPossible" | "Enabled")) {
        if mount.present("readOnly").and_then(Node::as_bool) != Some(true) {
            invalid(node, "only a mount that is read-only can be so recursively", "add `readOnly: true`", sink);
        }
        if text(mount, "mountPropagation").is_some_and(|propagation| propagation != "None") {
            forbidden(mount, "mountPropagation", "must be `None` beside `recursiveReadOnly`", sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    fn found(mounts: &Json, volumes: &Json) -> String {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
            "containers": [{"name": "a", "image": "a", "volumeMounts": mounts}], "volumes": volumes}});
        summary(&Written::new(&pod).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn a_mount_needs_a_volume_of_its_pod() {
        let mounts = json!([{"name": "dta", "mountPath": "/data"}]);
        assert!(found(&mounts, &json!([{"name": "data"}])).contains("the pod has no volume `dta`"));
        assert_eq!(found(&mounts, &json!([{"name": "dta"}])), "");
        assert_eq!(found(&mounts, &json!({"name": "data"})), "", "the schema has spoken of the list");
    }

    #[test]
    fn the_claims_of_a_stateful_set_are_volumes() {
        let set = |claim: &str| {
            let object = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {
                "volumeClaimTemplates": [{"metadata": {"name": claim}}],
                "template": {"spec": {"containers": [{"name": "a", "image": "a",
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]}}}});
            summary(&Written::new(&object).findings(|object, sink| check(object, sink)))
        };
        assert_eq!(set("data"), "");
        assert!(set("other").contains("no volume `data`"));
    }

    #[test]
    fn paths_within_a_volume_stay_there() {
        let below = |path: &str| {
            found(&json!([{"name": "data", "mountPath": "/data", "subPath": path}]), &json!([{"name": "data"}]))
        };
        assert_eq!(below("a/..b"), "");
        assert!(below("a/../..").contains("leads out by `..`"));
        assert!(below("/a").contains("no path within the volume"));
    }
}
