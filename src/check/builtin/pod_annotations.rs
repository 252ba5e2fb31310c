//! Annotations of pods that mean something to the server: `ValidatePodSpecificAnnotations` of
//! `pkg/apis/core/validation`.
//!
//! In: a pod. Out: findings about annotations that the server could not read, or that contradict the spec. Other
//! annotations are nobody's business here.

use super::fields::{invalid, text};
use super::pod_spec::{Owner, Pod};
use super::security_context::is_path_below;
use crate::check::Sink;
use crate::manifest::{Entry, Node};
use crate::report::printable;

const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Checks the annotations of a pod or pod template.
pub(super) fn check(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let annotations = pod.metadata.and_then(|metadata| metadata.present("annotations"));
    for entry in annotations.map(Node::entries).unwrap_or_default() {
        let Some(value) = entry.value.as_str() else { continue };
        let node = &entry.value;
        match &*entry.key {
            MIRROR if text(pod.spec, "nodeName").unwrap_or_default().is_empty() => {
                invalid(node, "a mirror of a static pod without `nodeName`", "remove the annotation", sink);
            }
            DELETION_COST if !is_cost(value) => {
                let message = format!("`{}` is no whole number of 32 bits", printable(value));
                invalid(node, message, "write one such as `\"100\"`", sink);
            }
            SECCOMP_POD => seccomp(pod, entry, value, pod.spec, sink),
            key => {
                if let Some(name) = key.strip_prefix(SECCOMP_CONTAINER) {
                    let container = pod.containers().find(|container| text(container, "name") == Some(name));
                    seccomp(pod, entry, value, container.unwrap_or(node), sink);
                } else if let Some(name) = key.strip_prefix(APP_ARMOR) {
                    app_armor(pod, entry, value, name, sink);
                }
            }
        }
    }
}

/// A number as the server reads it: no `+`, and no zero in front.
fn is_cost(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let first = digits.as_bytes().first().copied().unwrap_or_default();
    text == "0" || (matches!(first, b'1'..=b'9') && text.parse::<i32>().is_ok())
}

/// The old form of a seccomp profile, which must agree with the field of `holder`, a pod spec or a container.
fn seccomp(pod: &Pod<'_, '_>, entry: &Entry<'_>, value: &str, holder: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let (kind, path) = match value {
        "runtime/default" | "docker/default" => ("RuntimeDefault", ""),
        "unconfined" => ("Unconfined", ""),
        _ => {
            if let Some(path) = value.strip_prefix("localhost/").filter(|path| is_path_below(path)) {
                ("Localhost", path)
            } else {
                let message = format!("`{}` is no seccomp profile", printable(value));
                return invalid(&entry.value, message, "use `securityContext.seccompProfile` instead", sink);
            }
        }
    };
    let profile = holder.path(&["securityContext", "seccompProfile"]);
    if let Some(profile) = profile.filter(|_| pod.owner == Owner::Pod) {
        agrees(entry, profile, kind, path, sink);
    }
}

/// The old form of an `AppArmor` profile, which must be of a container and agree with its field.
fn app_armor(pod: &Pod<'_, '_>, entry: &Entry<'_>, value: &str, name: &str, sink: &mut Sink<'_, '_>) {
    let Some(container) = pod.containers().find(|container| text(container, "name") == Some(name)) else {
        let message = format!("the pod has no container `{}`", printable(name));
        return invalid(&entry.value, message, "remove the annotation, or name a container of the pod", sink);
    };
    let (kind, profile_name) = match value {
        "" => return,
        "runtime/default" => ("RuntimeDefault", ""),
        "unconfined" => ("Unconfined", ""),
        _ => {
            if let Some(profile_name) = value.strip_prefix("localhost/") {
                ("Localhost", profile_name)
            } else {
                let message = format!("`{}` is no AppArmor profile", printable(value));
                return invalid(&entry.value, message, "use `securityContext.appArmorProfile` instead", sink);
            }
        }
    };
    let field = |holder: &Node<'_>| holder.path(&["securityContext", "appArmorProfile"]).is_some();
    let holder = if field(container) { container } else { pod.spec };
    let profile = holder.path(&["securityContext", "appArmorProfile"]);
    if let Some(profile) = profile.filter(|_| pod.owner == Owner::Pod && pod.operating_system() != Some("windows")) {
        agrees(entry, profile, kind, profile_name, sink);
    }
}

fn agrees(entry: &Entry<'_>, profile: &Node<'_>, kind: &str, path: &str, sink: &mut Sink<'_, '_>) {
    let same = text(profile, "type") == Some(kind)
        && (kind != "Localhost" || text(profile, "localhostProfile").unwrap_or_default() == path);
    if !same {
        let message = format!("the annotation says `{kind}`, and the security context does not");
        invalid(&entry.value, message, "remove the annotation", sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::is_cost;
    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    #[test]
    fn costs_are_plain_numbers() {
        assert!(is_cost("0") && is_cost("-5") && is_cost("2147483647"));
        assert!(!is_cost("") && !is_cost("+1") && !is_cost("01") && !is_cost("-0") && !is_cost("2147483648"));
    }

    #[test]
    fn old_profiles_are_readable_and_agree_with_the_fields() {
        let found = |key: &str, value: &str| {
            let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "annotations": {key: value}},
                "spec": {"containers": [{"name": "a", "image": "a",
                    "securityContext": {"appArmorProfile": {"type": "Unconfined"}}}]}});
            summary(&Written::new(&pod).findings(|object, sink| check(object, sink)))
        };
        assert_eq!(found("container.apparmor.security.beta.kubernetes.io/a", "unconfined"), "");
        assert!(
            found("container.apparmor.security.beta.kubernetes.io/a", "runtime/default")
                .contains("says `RuntimeDefault`")
        );
        assert!(found("container.apparmor.security.beta.kubernetes.io/b", "unconfined").contains("no container `b`"));
        assert!(found("seccomp.security.alpha.kubernetes.io/pod", "strict").contains("no seccomp profile"));
    }
}
