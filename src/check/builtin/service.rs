//! Services: `ValidateServiceCreate` of `pkg/apis/core/validation`, and what the allocators of addresses ask first.
//!
//! In: an object of the core group, or of `discovery.k8s.io`. Out: findings. Whether a cluster has an address, a port or
//! an IP family to give is not known here, and nothing is said of it.

use super::addresses::{address, cidr_of_text, reachable};
use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, PROTOCOLS, QUALIFIED_NAME, duplicate, filled, forbidden, in_range, invalid,
    is_one_of, is_unset, item_text, items, one_of, port, port_number, report, required, text, text_or,
};
use super::{endpoints, names};
use crate::catalogue::{object, schema};
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const FAMILY_POLICIES: &[&str] = &["PreferDualStack", "RequireDualStack", "SingleStack"];
const DISTRIBUTIONS: &[&str] = &["PreferClose", "PreferSameZone", "PreferSameNode"];
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
/// A day, in seconds.
const LONGEST_AFFINITY: i64 = 86_400;

/// Checks a Service, Endpoints or `EndpointSlice`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    match object.kind.kind.as_str() {
        "Service" => service(&object.node, sink),
        "Endpoints" => endpoints::check(&object.node, sink),
        "EndpointSlice" => endpoints::check_slice(&object.node, sink),
        _ => {}
    }
}

fn service(object: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(annotations) = object.path(&["metadata", "annotations"])
        && let (Some(mode), Some(hints)) = (annotations.get(TOPOLOGY_MODE), text(annotations, TOPOLOGY_HINTS))
        && mode.as_str().is_some_and(|mode| mode != hints)
    {
        let message = format!("`{TOPOLOGY_MODE}` is not what `{TOPOLOGY_HINTS}` says");
        invalid(mode, message, &format!("remove `{TOPOLOGY_HINTS}`"), sink);
    }
    let Some(spec) = object.present("spec") else {
        sink.missing(object, "spec").help = Some("add `spec` with `ports`".to_owned());
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    let kind = text_or(spec, "type", "ClusterIP");
    one_of(spec, "type", TYPES, sink);
    ports(spec, kind, sink);
    if kind == "ExternalName" {
        external_name(spec, sink);
    } else {
        cluster_ips(spec, kind, sink);
    }
    for entry in spec.present("selector").map(Node::entries).unwrap_or_default() {
        if !names::is_qualified_name(&entry.key) {
            let (message, help) = QUALIFIED_NAME.complaint(&entry.key);
            sink.key(&object::INVALID, entry, message).help = Some(help);
        }
        LABEL_VALUE.check(&entry.value, sink);
    }
    session_affinity(spec, sink);
    for item in items(spec, "externalIPs") {
        if let Some(address) = address(item, sink) {
            reachable(item, address, sink);
        }
    }
    source_ranges(object, spec, kind, sink);
    load_balancer(spec, kind, sink);
    traffic(spec, kind, sink);
}

fn is_headless(spec: &Node<'_>) -> bool {
    matches!(addresses_of(spec), [only] if only.as_str() == Some("None"))
}

/// `clusterIPs`, or `clusterIP` alone, from which the server makes the list.
fn addresses_of<'n, 's>(spec: &'n Node<'s>) -> &'n [Node<'s>] {
    match (items(spec, "clusterIPs"), filled(spec, "clusterIP")) {
        ([], Some(single)) => std::slice::from_ref(single),
        (list, _) => list,
    }
}

fn ports(spec: &Node<'_>, kind: &str, sink: &mut Sink<'_, '_>) {
    if is_unset(spec, "ports") && kind != "ExternalName" && !is_headless(spec) {
        required(spec, "ports", sink);
    }
    let list = items(spec, "ports");
    for (index, item) in list.iter().enumerate() {
        if !item.is_mapping() {
            continue;
        }
        let earlier = list.get(..index).unwrap_or_default();
        match filled(item, "name") {
            Some(name) => {
                DNS_LABEL.check(name, sink);
                if let Some(text) = name.as_str()
                    && earlier.iter().any(|port| port.get("name").and_then(Node::as_str) == Some(text))
                {
                    duplicate(name, format!("`{}` is the name of another port, too", printable(text)), sink);
                }
            }
            None if list.len() > 1 => required(item, "name", sink),
            None => {}
        }
        if let Some(number) = item.present("port") {
            port_number(number, sink);
        }
        one_of(item, "protocol", PROTOCOLS, sink);
        if let Some(target) = item.present("targetPort")
            && target.as_i64() != Some(0)
            && target.as_str() != Some("")
        {
            port(target, sink);
        }
        if let Some(protocol) = item.present("appProtocol") {
            QUALIFIED_NAME.check(protocol, sink);
        }
        repeated_port(item, earlier, sink);
        let node_port = item.present("nodePort").filter(|port| port.as_i64() != Some(0));
        if let Some(node_port) = node_port {
            if kind == "ClusterIP" {
                forbidden(item, "nodePort", "may not be used when `type` is `ClusterIP`", sink);
            }
            let same = |other: &&Node<'_>| {
                other.get("nodePort").and_then(Node::as_i64) == node_port.as_i64() && protocol(other) == protocol(item)
            };
            if let Some(number) = node_port.as_i64()
                && earlier.iter().any(|other| same(&other))
            {
                duplicate(node_port, format!("`{number}` is the node port of another port, too"), sink);
            }
        }
    }
}

fn protocol<'n>(port: &'n Node<'_>) -> &'n str {
    text_or(port, "protocol", "TCP")
}

/// The same port and protocol twice.
fn repeated_port(item: &Node<'_>, earlier: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    let number = item.get("port").and_then(Node::as_i64);
    let same =
        |other: &Node<'_>| other.get("port").and_then(Node::as_i64) == number && protocol(other) == protocol(item);
    if let Some(number) = number
        && earlier.iter().any(same)
    {
        duplicate(item, format!("port `{number}` of protocol `{}` stands in the list twice", protocol(item)), sink);
    }
}

fn external_name(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    const REASON: &str = "may not be set when `type` is `ExternalName`";
    for field in ["clusterIP", "clusterIPs", "ipFamilies"] {
        if filled(spec, field).is_some() && (field == "clusterIP" || !is_unset(spec, field)) {
            forbidden(spec, field, REASON, sink);
        }
    }
    if spec.present("ipFamilyPolicy").is_some() {
        forbidden(spec, "ipFamilyPolicy", REASON, sink);
    }
    match filled(spec, "externalName") {
        None => required(spec, "externalName", sink),
        Some(node) => {
            let Some(name) = node.as_str() else { return };
            // A dot at the end marks the name as absolute
            match name.strip_suffix('.').unwrap_or(name) {
                "" => report(&schema::REQUIRED, node, "`externalName` is empty", "write a DNS name", sink),
                name if names::is_dns1123_subdomain(name) => {}
                _ => DNS_SUBDOMAIN.check(node, sink),
            }
        }
    }
}

fn cluster_ips(spec: &Node<'_>, kind: &str, sink: &mut Sink<'_, '_>) {
    let families = items(spec, "ipFamilies");
    for (index, family) in families.iter().enumerate() {
        is_one_of(family, &["IPv4", "IPv6"], sink);
        if let Some(text) = family.as_str()
            && families.iter().take(index).any(|earlier| earlier.as_str() == Some(text))
        {
            duplicate(family, format!("`{}` stands in the list twice", printable(text)), sink);
        }
    }
    if let Some(policy) = spec.present("ipFamilyPolicy") {
        is_one_of(policy, FAMILY_POLICIES, sink);
    }
    let list = addresses_of(spec);
    if let Some(first) = list.first()
        && is_headless(spec)
        && matches!(kind, "LoadBalancer" | "NodePort")
    {
        let message = format!("`None` may not be the address of a Service of type `{kind}`");
        invalid(first, message, "remove it, or use type `ClusterIP`", sink);
    }
    in_step(spec, sink);
    if list.len() > 2 {
        let holder = spec.get("clusterIPs").unwrap_or(spec);
        invalid(holder, "more than two cluster IPs", "keep one of each IP family", sink);
    }
    let mut valid = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        if item.as_str() == Some("None") && index == 0 {
            if list.len() > 1 {
                invalid(item, "`None` stands beside other addresses", "remove the others", sink);
            }
        } else if let Some(address) = address(item, sink) {
            valid.push((item, address));
        }
    }
    if valid.len() != list.len() {
        return;
    }
    if let [(_, first), (second, other)] = valid.as_slice()
        && first.is_ipv4() == other.is_ipv4()
    {
        invalid(second, format!("`{other}` is of the same IP family as `{first}`"), "keep one of each IP family", sink);
    }
    for ((item, address), family) in valid.iter().zip(families) {
        let wanted = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        if let Some(family @ ("IPv4" | "IPv6")) = family.as_str()
            && family != wanted
        {
            let message = format!("`{address}` is not of the IP family `{family}` that `ipFamilies` names here");
            invalid(item, message, &format!("write an {family} address"), sink);
        }
    }
    single_stack(spec, list.len(), families.len(), sink);
}

/// `clusterIP` and the first of `clusterIPs`.
fn in_step(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(first) = items(spec, "clusterIPs").first() else { return };
    match filled(spec, "clusterIP") {
        None => {
            let message = "`clusterIPs` without `clusterIP`";
            let help = format!("add `clusterIP: {}`", printable(first.as_str().unwrap_or_default()));
            invalid(spec.get("clusterIPs").unwrap_or(spec), message, &help, sink);
        }
        Some(single) => {
            if let (Some(single), Some(text)) = (single.as_str(), first.as_str())
                && single != text
            {
                let message = format!("`{}` is not `{}`, the `clusterIP`", printable(text), printable(single));
                invalid(first, message, "make the first of `clusterIPs` the same as `clusterIP`", sink);
            }
        }
    }
}

/// Two addresses or families need a policy that allows two.
fn single_stack(spec: &Node<'_>, addresses: usize, families: usize, sink: &mut Sink<'_, '_>) {
    let headless_without_selector = text(spec, "clusterIP") == Some("None") && is_unset(spec, "selector");
    let policy = match spec.present("ipFamilyPolicy") {
        Some(policy) => policy.as_str(),
        None if headless_without_selector => Some("RequireDualStack"),
        None => Some("SingleStack"),
    };
    if policy == Some("SingleStack") && (addresses == 2 || families == 2) {
        let field = if families == 2 { "ipFamilies" } else { "clusterIPs" };
        let node = spec.get("ipFamilyPolicy").or_else(|| spec.get(field)).unwrap_or(spec);
        let message = format!("`{field}` has two entries, and `ipFamilyPolicy` is `SingleStack`");
        invalid(node, message, "write `ipFamilyPolicy: PreferDualStack`", sink);
    }
}

fn session_affinity(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    one_of(spec, "sessionAffinity", &["ClientIP", "None"], sink);
    // Without ClientIP the server drops the timeout, and where one lacks it fills it in.
    if text(spec, "sessionAffinity") == Some("ClientIP")
        && let Some(timeout) = spec.path(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"])
    {
        in_range(timeout, 1, LONGEST_AFFINITY, sink);
    }
}

fn source_ranges(object: &Node<'_>, spec: &Node<'_>, kind: &str, sink: &mut Sink<'_, '_>) {
    const REASON: &str = "may only be used when `type` is `LoadBalancer`";
    let ranges = items(spec, "loadBalancerSourceRanges");
    if !ranges.is_empty() {
        if kind != "LoadBalancer" {
            forbidden(spec, "loadBalancerSourceRanges", REASON, sink);
        }
        for range in ranges {
            if let Some(text) = item_text(range) {
                cidr_of_text(range, text.trim(), sink);
            }
        }
        return;
    }
    let Some(annotations) = object.path(&["metadata", "annotations"]) else { return };
    let Some(node) = annotations.present(SOURCE_RANGES) else { return };
    if kind != "LoadBalancer" {
        forbidden(annotations, SOURCE_RANGES, REASON, sink);
    }
    let text = node.as_str().unwrap_or_default().trim();
    if !text.is_empty() {
        for range in text.split(',') {
            cidr_of_text(node, range.trim(), sink);
        }
    }
}

fn load_balancer(spec: &Node<'_>, kind: &str, sink: &mut Sink<'_, '_>) {
    const REASON: &str = "may only be used when `type` is `LoadBalancer`";
    if kind != "LoadBalancer" {
        for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] {
            if spec.present(field).is_some() {
                forbidden(spec, field, REASON, sink);
            }
        }
    } else if let Some(class) = spec.present("loadBalancerClass") {
        QUALIFIED_NAME.check(class, sink);
    }
}

fn traffic(spec: &Node<'_>, kind: &str, sink: &mut Sink<'_, '_>) {
    let external =
        matches!(kind, "LoadBalancer" | "NodePort") || (kind == "ClusterIP" && !items(spec, "externalIPs").is_empty());
    if external {
        one_of(spec, "externalTrafficPolicy", &["Cluster", "Local"], sink);
    } else if filled(spec, "externalTrafficPolicy").is_some() {
        let reason =
            format!("may not be set on a Service of type `{}`, which nothing outside reaches", printable(kind));
        forbidden(spec, "externalTrafficPolicy", &reason, sink);
    }
    let local = kind == "LoadBalancer" && text(spec, "externalTrafficPolicy") == Some("Local");
    if let Some(port) = spec.present("healthCheckNodePort").filter(|port| port.as_i64() != Some(0)) {
        if local {
            port_number(port, sink);
        } else {
            let reason = "may only be set when `type` is `LoadBalancer` and `externalTrafficPolicy` is `Local`";
            forbidden(spec, "healthCheckNodePort", reason, sink);
        }
    }
    if let Some(policy) = spec.present("internalTrafficPolicy") {
        is_one_of(policy, &["Cluster", "Local"], sink);
    }
    if let Some(distribution) = spec.present("trafficDistribution") {
        is_one_of(distribution, DISTRIBUTIONS, sink);
    }
}
