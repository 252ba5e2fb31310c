//! The containers of a pod: `validateContainers` and its siblings in `pkg/apis/core/validation`.
//!
//! In: a pod. Out: findings about names, images, ports, mounts and policies of its containers; environment, probes,
//! resources and security have modules of their own, which are called from here. It never looks at an image.

use super::fields::{
    DNS_LABEL, PORT_NAME, PROTOCOLS, duplicate, filled, forbidden, invalid, is_empty, is_one_of, items, one_of,
    port_number, report, text, text_or,
};
use super::pod_spec::{Owner, Pod};
use super::{environment, mounts, probes, resources, security_context};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const PULL_POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
const RESTART_POLICIES: &[&str] = &["Always", "Never", "OnFailure"];
const MOST_RESTART_RULES: usize = 20;

/// Checks all containers of a pod.
pub(super) fn check(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let spec = pod.spec;
    let (regular, init) = (items(spec, "containers"), items(spec, "initContainers"));
    if let Some(node) = spec.present("containers")
        && matches!(&node.value, crate::manifest::Value::Sequence(list) if list.is_empty())
    {
        report(&schema::REQUIRED, node, "a pod without containers", "add a container", sink);
    }
    for container in regular {
        common(pod, container, sink);
        running(pod, container, sink);
        restart_policy(container, sink);
    }
    for container in init {
        common(pod, container, sink);
        restart_policy(container, sink);
        if text(container, "restartPolicy") == Some("Always") {
            running(pod, container, sink);
        } else {
            ends_by_itself(container, sink);
        }
        host_ports(pod, std::slice::from_ref(container), sink);
    }
    host_ports(pod, regular, sink);
    let ephemeral = items(spec, "ephemeralContainers");
    if pod.owner == Owner::Pod && !ephemeral.is_empty() {
        forbidden(spec, "ephemeralContainers", "can only be added to a pod that runs", sink);
    } else {
        for container in ephemeral {
            common(pod, container, sink);
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for container in regular.iter().chain(init).chain(ephemeral) {
        let Some(node) = container.present("name") else { continue };
        let Some(name) = node.as_str() else { continue };
        if seen.contains(&name) {
            duplicate(node, format!("two containers are called `{}`", printable(name)), sink);
        }
        seen.push(name);
    }
    if pod.has("hostNetwork") {
        for container in regular {
            ports_of_host_network(container, sink);
        }
    }
}

/// What holds for containers of every sort.
fn common(pod: &Pod<'_, '_>, container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    DNS_LABEL.check_filled(container, "name", sink);
    image(pod, container, sink);
    one_of(container, "terminationMessagePolicy", &["File", "FallbackToLogsOnError"], sink);
    one_of(container, "imagePullPolicy", PULL_POLICIES, sink);
    ports(container, sink);
    environment::check(pod, container, sink);
    mounts::check(pod, container, sink);
    if let Some(requirements) = container.present("resources") {
        resources::check(pod, requirements, sink);
    }
    resize_policy(pod, container, sink);
    security_context::check(pod, container, sink);
}

fn image(pod: &Pod<'_, '_>, container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = container.present("image") else {
        // The schema lets it lack, for tools that fill it in later.
        if container.is_mapping() {
            sink.missing(container, "image");
        }
        return;
    };
    match node.as_str() {
        Some("") => is_empty(container, "image", sink),
        Some(image) if pod.owner == Owner::Pod && image.trim() != image => {
            let message = format!("`{}` has blanks around it", printable(image));
            invalid(node, message, &format!("write `{}`", printable(image.trim())), sink);
        }
        _ => {}
    }
}

/// What only containers have that keep running beside others.
fn running(pod: &Pod<'_, '_>, container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    probes::check(container, sink);
    if let Some(lifecycle) = container.present("lifecycle") {
        probes::lifecycle(pod, lifecycle, sink);
    }
}

/// An init container that has to end before the next one starts.
fn ends_by_itself(container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        // The server drops `stopSignal`, a feature that is off by default, and a `lifecycle` with nothing else in it.
        let is_dropped = |node: &Node<'_>| {
            field == "lifecycle"
                && node.present("stopSignal").is_some()
                && ["postStart", "preStop"].iter().all(|hook| node.present(hook).is_none())
        };
        if container.present(field).is_some_and(|node| !is_dropped(node)) {
            let reason = "is only for init containers with `restartPolicy: Always`";
            forbidden(container, field, reason, sink);
        }
    }
    for policy in items(container, "resizePolicy") {
        if let Some(node) = policy.present("restartPolicy").filter(|node| node.as_str() == Some("RestartContainer")) {
            let message = "an init container that ends cannot be restarted to be resized";
            invalid(node, message, "write `NotRequired`", sink);
        }
    }
}

fn restart_policy(container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let rules = items(container, "restartPolicyRules");
    match container.present("restartPolicy") {
        Some(node) => is_one_of(node, RESTART_POLICIES, sink),
        None if !rules.is_empty() => {
            sink.missing(container, "restartPolicy").help = Some("add it, or remove `restartPolicyRules`".to_owned());
        }
        None => {}
    }
    if let Some(node) = rules.get(MOST_RESTART_RULES) {
        report(&schema::RANGE, node, format!("more than {MOST_RESTART_RULES} rules"), "join some of them", sink);
    }
    for rule in rules {
        one_of(rule, "action", &["Restart", "RestartAllContainers"], sink);
        match rule.present("exitCodes") {
            Some(codes) => one_of(codes, "operator", &["In", "NotIn"], sink),
            None => {
                sink.missing(rule, "exitCodes");
            }
        }
    }
}

fn resize_policy(pod: &Pod<'_, '_>, container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let policies = items(container, "resizePolicy");
    for (index, policy) in policies.iter().enumerate() {
        one_of(policy, "resourceName", &["cpu", "memory"], sink);
        one_of(policy, "restartPolicy", &["NotRequired", "RestartContainer"], sink);
        let name = text(policy, "resourceName");
        if name.is_some() && policies.iter().take(index).any(|earlier| text(earlier, "resourceName") == name) {
            duplicate(policy, format!("two policies for `{}`", printable(name.unwrap_or_default())), sink);
        }
        if let Some(node) = policy.present("restartPolicy")
            && pod.restart_policy() == "Never"
            && node.as_str() == Some("RestartContainer")
        {
            let message = "`RestartContainer` in a pod whose `restartPolicy` is `Never`";
            invalid(node, message, "write `NotRequired`", sink);
        }
    }
}

fn ports(container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let ports = items(container, "ports");
    for (index, port) in ports.iter().enumerate() {
        if let Some(node) = port.present("containerPort") {
            port_number(node, sink);
        }
        if let Some(node) = port.present("hostPort").filter(|node| node.as_i64() != Some(0)) {
            port_number(node, sink);
        }
        one_of(port, "protocol", PROTOCOLS, sink);
        let Some(node) = filled(port, "name") else { continue };
        let name = node.as_str().unwrap_or_default();
        if ports.iter().take(index).any(|earlier| text(earlier, "name") == Some(name)) {
            duplicate(node, format!("two ports are called `{}`", printable(name)), sink);
        } else {
            PORT_NAME.check(node, sink);
        }
    }
}

/// The same port of the host twice.
fn host_ports(pod: &Pod<'_, '_>, containers: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    // On the host's network a pod's ports are the host's, whether it says so or not.
    let of_host = pod.owner == Owner::Pod && pod.has("hostNetwork");
    let mut seen = Vec::new();
    for port in containers.iter().flat_map(|container| items(container, "ports")) {
        let given = port.present("hostPort").filter(|node| node.as_i64() != Some(0));
        let Some(node) = given.or_else(|| port.present("containerPort").filter(|_| of_host)) else { continue };
        let Some(number) = node.as_i64() else { continue };
        let key = (text_or(port, "protocol", "TCP"), text_or(port, "hostIP", ""), number);
        if seen.contains(&key) {
            duplicate(node, format!("two ports are `{number}` of the host"), sink);
        }
        seen.push(key);
    }
}

fn ports_of_host_network(container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for port in items(container, "ports") {
        let number = port.present("containerPort").and_then(Node::as_i64);
        if let Some(node) = port.present("hostPort")
            && let (Some(of_host), Some(number)) = (node.as_i64(), number)
            && of_host != 0
            && of_host != number
        {
            let message = format!("`{of_host}` is not the `containerPort`, as it must be on the host's network");
            invalid(node, message, &format!("write `{number}`, or remove `hostPort`"), sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    fn found(spec: &Json) -> String {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec});
        summary(&Written::new(&pod).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn one_port_of_the_host_serves_one_container() {
        let spec = |network: bool| {
            found(&json!({"hostNetwork": network, "containers": [
                {"name": "a", "image": "a", "ports": [{"containerPort": 80}]},
                {"name": "b", "image": "b", "ports": [{"containerPort": 80}]}]}))
        };
        assert_eq!(spec(false), "");
        assert!(spec(true).starts_with("schema/list-key /spec/containers/1/ports/0/containerPort: two ports are `80`"));
    }

    #[test]
    fn an_init_container_has_probes_only_when_it_keeps_running() {
        let spec = |policy: Json| {
            found(&json!({"containers": [{"name": "a", "image": "a"}], "initContainers": [
                {"name": "b", "image": "b", "restartPolicy": policy, "livenessProbe": {"exec": {"command": ["true"]}}}]}))
        };
        assert_eq!(spec(json!("Always")), "");
        assert!(spec(Json::Null).contains("/spec/initContainers/0/livenessProbe: `livenessProbe` is only for"));
    }

    #[test]
    fn an_image_must_be_there_and_have_no_blanks_around_it() {
        let image = |image: Json| found(&json!({"containers": [{"name": "a", "image": image}]}));
        assert!(image(Json::Null).starts_with("schema/required /spec/containers/0/image: missing"));
        assert!(image(json!("")).starts_with("schema/required /spec/containers/0/image: `image` is empty"));
        assert!(image(json!(" nginx")).contains("has blanks around it"));
        assert_eq!(image(json!("nginx")), "");
    }
}
