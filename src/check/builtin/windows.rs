//! What belongs to one operating system alone: `validateWindows`, `validateLinux` and the rules of host processes in
//! `pkg/apis/core/validation`.
//!
//! In: a pod, or the Windows options of a security context. Out: findings about fields that the named system has no use
//! for. A pod that names no system is taken as it is.

use super::fields::{DNS_SUBDOMAIN, forbidden, invalid, is_empty, is_one_of};
use super::pod_spec::Pod;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const SYSTEMS: &[&str] = &["linux", "windows"];
const POD_FIELDS: &[&str] = &["hostUsers", "shareProcessNamespace"];
const POD_FLAGS: &[&str] = &["hostPID", "hostIPC"];
const POD_CONTEXT: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];
const CONTAINER_CONTEXT: &[&str] = &[
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];
const LARGEST_CREDENTIALS: usize = 64 * 1024;
const LONGEST_DOMAIN: usize = 255;
const LONGEST_USER: usize = 104;

/// Checks a pod against the system that it names.
pub(super) fn check(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    host_processes(pod, sink);
    if let Some(node) = pod.spec.path(&["os", "name"]) {
        is_one_of(node, SYSTEMS, sink);
    }
    let context = |node: &Node<'_>, sink: &mut Sink<'_, '_>, fields: &[&str], system: &str| {
        let Some(context) = node.present("securityContext") else { return };
        for field in fields {
            if context.present(field).is_some_and(|node| *field != "sysctls" || !node.items().is_empty()) {
                forbidden(context, field, &format!("must not be set for a {system} pod"), sink);
            }
        }
    };
    match pod.operating_system() {
        Some("linux") => {
            context(pod.spec, sink, &["windowsOptions"], "Linux");
            pod.containers().for_each(|container| context(container, sink, &["windowsOptions"], "Linux"));
        }
        Some("windows") => {
            for field in POD_FIELDS.iter().filter(|field| pod.spec.present(field).is_some()) {
                forbidden(pod.spec, field, "must not be set for a Windows pod", sink);
            }
            for flag in POD_FLAGS.iter().filter(|flag| pod.has(flag)) {
                forbidden(pod.spec, flag, "must not be true for a Windows pod", sink);
            }
            context(pod.spec, sink, POD_CONTEXT, "Windows");
            pod.containers().for_each(|container| context(container, sink, CONTAINER_CONTEXT, "Windows"));
        }
        _ => {}
    }
}

/// All containers of a pod run as processes of the host, or none does.
fn host_processes(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let flag = |node: &Node<'_>| node.path(&["securityContext", "windowsOptions", "hostProcess"])?.as_bool();
    let of_pod = flag(pod.spec);
    let mut count = 0;
    let mut others = 0;
    for container in pod.containers() {
        let own = flag(container);
        if let (Some(of_pod), Some(own)) = (of_pod, own)
            && of_pod != own
            && let Some(node) = container.path(&["securityContext", "windowsOptions", "hostProcess"])
        {
            invalid(node, format!("the pod says `hostProcess: {of_pod}`"), "say the same, or remove it", sink);
        }
        if own.or(of_pod) == Some(true) {
            count += 1;
        } else {
            others += 1;
        }
    }
    if count == 0 {
        return;
    }
    if others > 0 {
        let message = "some containers are processes of the host, and others are not";
        invalid(pod.spec, message, "set `hostProcess` for the whole pod", sink);
    }
    if !pod.has("hostNetwork") {
        let node = pod.spec.present("hostNetwork").unwrap_or(pod.spec);
        invalid(node, "processes of the host need `hostNetwork: true`", "add `hostNetwork: true`", sink);
    }
}

/// Checks the Windows options of a security context.
pub(super) fn options(options: &Node<'_>, sink: &mut Sink<'_, '_>) {
    DNS_SUBDOMAIN.check_or_empty(options, "gmsaCredentialSpecName", sink);
    if let Some(node) = options.present("gmsaCredentialSpec") {
        match node.as_str().map(str::len) {
            Some(0) => is_empty(options, "gmsaCredentialSpec", sink),
            Some(length) if length > LARGEST_CREDENTIALS => {
                invalid(node, "more than 64 KiB", "name a `gmsaCredentialSpecName` instead", sink);
            }
            _ => {}
        }
    }
    if let Some(node) = options.present("runAsUserName")
        && let Some(name) = node.as_str()
    {
        if name.is_empty() {
            is_empty(options, "runAsUserName", sink);
        } else if !is_user_name(name) {
            let message = format!("`{}` is no name of a Windows user", printable(name));
            invalid(node, message, "write `user` or `DOMAIN\\user`", sink);
        }
    }
}

/// `user`, or `DOMAIN\user` with a domain of `NetBIOS` or DNS.
fn is_user_name(name: &str) -> bool {
    let (domain, user) = match name.split_once('\\') {
        Some((domain, user)) => (Some(domain), user),
        None => (None, name),
    };
    let is_domain = |domain: &str| {
        let net_bios = !domain.starts_with('.') && domain.chars().count() <= 15;
        let net_bios =
            net_bios && !domain.is_empty() && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|']);
        domain.len() <= LONGEST_DOMAIN && (net_bios || super::names::is_dns1123_subdomain(&domain.to_ascii_lowercase()))
    };
    !name.bytes().any(|byte| byte.is_ascii_control())
        && domain.is_none_or(is_domain)
        && !user.is_empty()
        && user.len() <= LONGEST_USER
        && !user.chars().all(|letter| matches!(letter, '.' | ' '))
        && !user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']'])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::is_user_name;
    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    fn found(spec: &Json) -> String {
        let mut spec = spec.clone();
        spec["containers"] = json!([{"name": "a", "image": "a"}]);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec});
        summary(&Written::new(&pod).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn a_pod_has_no_options_of_another_system() {
        let spec = |system: &str| found(&json!({"os": {"name": system}, "securityContext": {"fsGroup": 1}}));
        assert_eq!(spec("linux"), "");
        assert!(spec("windows").contains("`fsGroup` must not be set for a Windows pod"));
        assert!(spec("plan9").starts_with("schema/enum /spec/os/name:"));
    }

    #[test]
    fn processes_of_the_host_are_on_its_network() {
        let spec = |network: bool| {
            found(&json!({"hostNetwork": network, "securityContext": {"windowsOptions": {"hostProcess": true}}}))
        };
        assert_eq!(spec(true), "");
        assert!(spec(false).contains("need `hostNetwork: true`"));
    }

    #[test]
    fn users_of_windows_may_have_a_domain() {
        assert!(
            is_user_name("NT AUTHORITY\\SYSTEM") && is_user_name("ContainerUser") && is_user_name("ab.example.com\\u")
        );
        assert!(!is_user_name("a\\b\\c") && !is_user_name("\\a") && !is_user_name("a@b") && !is_user_name(". ."));
    }
}
