//! Security contexts of pods and containers: `ValidateSecurityContext` and `validatePodSpecSecurityContext` of
//! `pkg/apis/core/validation`.
//!
//! In: a pod, or one of its containers. Out: findings about values that the server refuses. Whether a context is wise is
//! for the policies to say.

use super::fields::{duplicate, forbidden, in_range, invalid, is_empty, is_one_of, items, text};
use super::pod_spec::Pod;
use super::windows;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const PROFILE_TYPES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];
const LONGEST_PATH: usize = 4095;
const LONGEST_SYSCTL: usize = 253;
/// Sysctls of the kernel's namespaces for IPC and for the network.
const IPC_SYSCTLS: &[&str] =
    &["kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.sem"];
const IPC_PREFIXES: &[&str] = &["kernel.msg", "fs.mqueue."];

/// Checks the context of a container.
pub(super) fn check(pod: &Pod<'_, '_>, container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(context) = container.present("securityContext").filter(|context| context.is_mapping()) else { return };
    shared(context, sink);
    if let Some(node) = context.present("procMount") {
        is_one_of(node, &["Default", "Unmasked"], sink);
        if node.as_str() == Some("Unmasked") && pod.uses_host_users() {
            let message = "`Unmasked` needs users that are not the host's";
            invalid(node, message, "write `Default`, or add `hostUsers: false` to the pod", sink);
        }
    }
    let Some(node) = context.present("allowPrivilegeEscalation").filter(|node| node.as_bool() == Some(false)) else {
        return;
    };
    if context.present("privileged").and_then(Node::as_bool) == Some(true) {
        let message = "`allowPrivilegeEscalation` cannot be false when `privileged` is true";
        invalid(node, message, "remove one of the two", sink);
    }
    let added = context.path(&["capabilities", "add"]).map(Node::items).unwrap_or_default();
    if added.iter().any(|capability| capability.as_str() == Some("CAP_SYS_ADMIN")) {
        let message = "`allowPrivilegeEscalation` cannot be false when `CAP_SYS_ADMIN` is added";
        invalid(node, message, "remove one of the two", sink);
    }
}

/// Checks the context of a pod.
pub(super) fn check_pod(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let Some(context) = pod.spec.present("securityContext").filter(|context| context.is_mapping()) else { return };
    shared(context, sink);
    for group in context.present("fsGroup").into_iter().chain(items(context, "supplementalGroups")) {
        id(group, sink);
    }
    for (field, allowed) in [
        ("fsGroupChangePolicy", &["OnRootMismatch", "Always"]),
        ("supplementalGroupsPolicy", &["Merge", "Strict"]),
        ("seLinuxChangePolicy", &["Recursive", "MountOption"]),
    ] {
        if let Some(node) = context.present(field) {
            is_one_of(node, allowed, sink);
        }
    }
    sysctls(pod, items(context, "sysctls"), sink);
}

/// What both have.
fn shared(context: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for field in ["runAsUser", "runAsGroup"] {
        if let Some(node) = context.present(field) {
            id(node, sink);
        }
    }
    if let Some(profile) = context.present("seccompProfile") {
        seccomp(profile, sink);
    }
    if let Some(profile) = context.present("appArmorProfile") {
        app_armor(profile, sink);
    }
    if let Some(options) = context.present("windowsOptions") {
        windows::options(options, sink);
    }
}

/// The number of a user or group.
fn id(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    in_range(node, 0, i64::from(i32::MAX), sink);
}

/// A profile's type; whether it needs a profile of the host.
fn profile_type(profile: &Node<'_>, sink: &mut Sink<'_, '_>) -> Option<bool> {
    let node = profile.present("type")?;
    let kind = node.as_str()?;
    if kind.is_empty() {
        is_empty(profile, "type", sink);
        return None;
    }
    is_one_of(node, PROFILE_TYPES, sink);
    PROFILE_TYPES.contains(&kind).then_some(kind == "Localhost")
}

fn seccomp(profile: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(of_host) = profile_type(profile, sink) else { return };
    let Some(node) = localhost_profile(profile, of_host, sink) else { return };
    if let Some(path) = node.as_str()
        && !is_path_below(path)
    {
        let message = format!("`{}` is no path below the kubelet's folder of profiles", printable(path));
        invalid(node, message, "write a relative path without `..`", sink);
    }
}

/// Whether a path stays in the folder that it begins in.
pub(super) fn is_path_below(path: &str) -> bool {
    !path.starts_with('/') && path.split('/').all(|part| part != "..")
}

fn app_armor(profile: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(of_host) = profile_type(profile, sink) else { return };
    let Some(node) = localhost_profile(profile, of_host, sink) else { return };
    match node.as_str() {
        Some("") => is_empty(profile, "localhostProfile", sink),
        Some(name) if name.trim() != name => {
            let help = format!("write `{}`", printable(name.trim()));
            invalid(node, format!("`{}` has blanks around it", printable(name)), &help, sink);
        }
        Some(name) if name.len() > LONGEST_PATH => {
            invalid(node, format!("a name of more than {LONGEST_PATH} characters"), "use a shorter one", sink);
        }
        _ => {}
    }
}

/// The profile of the host, which must be there for the type `Localhost` and for no other.
fn localhost_profile<'n, 's>(profile: &'n Node<'s>, of_host: bool, sink: &mut Sink<'_, '_>) -> Option<&'n Node<'s>> {
    let node = profile.present("localhostProfile");
    match (of_host, node) {
        (true, None) => {
            sink.missing(profile, "localhostProfile");
            None
        }
        (false, Some(_)) => {
            forbidden(profile, "localhostProfile", "may only be set with `type: Localhost`", sink);
            None
        }
        _ => node,
    }
}

fn sysctls(pod: &Pod<'_, '_>, sysctls: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    for (index, sysctl) in sysctls.iter().enumerate() {
        let Some(node) = sysctl.present("name") else { continue };
        let Some(name) = node.as_str() else { continue };
        if name.is_empty() {
            is_empty(sysctl, "name", sink);
        } else if !is_sysctl_name(name) {
            invalid(
                node,
                format!("`{}` is no name of a sysctl", printable(name)),
                "write one such as `net.core.somaxconn`",
                sink,
            );
        } else if sysctls.iter().take(index).any(|earlier| text(earlier, "name") == Some(name)) {
            duplicate(node, format!("`{}` stands in the list twice", printable(name)), sink);
        }
        let dotted = name.replace('/', ".");
        let of_ipc =
            IPC_SYSCTLS.contains(&dotted.as_str()) || IPC_PREFIXES.iter().any(|prefix| dotted.starts_with(prefix));
        for (flag, shared) in [("hostNetwork", dotted.starts_with("net.")), ("hostIPC", of_ipc)] {
            if shared && pod.has(flag) {
                let message = format!("`{}` would change the host, as `{flag}` is true", printable(name));
                invalid(node, message, &format!("remove it, or `{flag}`"), sink);
            }
        }
    }
}

fn is_sysctl_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= LONGEST_SYSCTL
        && name.split(['.', '/']).all(|part| {
            let bytes = part.as_bytes();
            matches!((bytes.first(), bytes.last()), (Some(first), Some(last)) if is_letter(*first) && is_letter(*last))
                && bytes.iter().all(|byte| is_letter(*byte) || matches!(byte, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    fn found(pod: &Json, container: &Json) -> String {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
            "hostNetwork": true, "securityContext": pod,
            "containers": [{"name": "a", "image": "a", "securityContext": container}]}});
        summary(&Written::new(&object).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn a_profile_of_the_host_is_named_for_its_type_alone() {
        let profile = |profile: Json| found(&json!({}), &json!({"seccompProfile": profile}));
        assert_eq!(profile(json!({"type": "RuntimeDefault"})), "");
        assert_eq!(profile(json!({"type": "Localhost", "localhostProfile": "a/b.json"})), "");
        assert!(profile(json!({"type": "Localhost"})).starts_with("schema/required "));
        assert!(profile(json!({"type": "Localhost", "localhostProfile": "../b"})).contains("no path below"));
        assert!(profile(json!({"type": "Unconfined", "localhostProfile": "b"})).contains("may only be set"));
    }

    #[test]
    fn privilege_cannot_be_given_and_kept_from_growing() {
        let escalation = |more: Json| {
            let mut context = json!({"allowPrivilegeEscalation": false});
            context.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            found(&json!({}), &context)
        };
        assert_eq!(
            escalation(json!({"capabilities": {"add": ["SYS_ADMIN"]}})),
            "",
            "the server asks for the long name"
        );
        assert!(escalation(json!({"capabilities": {"add": ["CAP_SYS_ADMIN"]}})).contains("CAP_SYS_ADMIN"));
        assert!(escalation(json!({"privileged": true})).contains("`privileged` is true"));
    }

    #[test]
    fn sysctls_of_the_host_are_not_changed() {
        let sysctl = |name: &str| found(&json!({"sysctls": [{"name": name, "value": "1"}]}), &json!({}));
        assert_eq!(sysctl("kernel.msgmax"), "");
        assert!(sysctl("net.core.somaxconn").contains("`hostNetwork` is true"));
        assert!(sysctl("Kernel").contains("no name of a sysctl"));
    }
}
