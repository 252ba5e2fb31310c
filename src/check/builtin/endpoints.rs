//! Endpoints and `EndpointSlices`: `ValidateEndpoints` of `pkg/apis/core/validation`, and `pkg/apis/discovery/validation`.
//!
//! In: an object of one of the kinds. Out: findings. It never asks whether an address is in use.

use super::addresses::{address, canonical_address, reachable};
use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, PROTOCOLS, QUALIFIED_NAME, duplicate, filled, invalid, is_one_of, is_unset,
    items, one_of, port_number, report, required, text,
};
use super::names;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const MOST_ENDPOINTS: usize = 1000;
const MOST_PORTS: usize = 20_000;
const MOST_ADDRESSES: usize = 100;
const MOST_HINTS: usize = 8;

/// Checks Endpoints.
pub(super) fn check(endpoints: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for subset in items(endpoints, "subsets") {
        if !subset.is_mapping() {
            continue;
        }
        if is_unset(subset, "addresses") && is_unset(subset, "notReadyAddresses") {
            let message = "a subset without `addresses` and `notReadyAddresses`";
            report(&schema::REQUIRED, subset, message, "add `addresses`", sink);
        }
        for item in items(subset, "addresses").iter().chain(items(subset, "notReadyAddresses")) {
            if let Some(ip) = item.present("ip")
                && let Some(address) = address(ip, sink)
            {
                reachable(ip, address, sink);
            }
            DNS_LABEL.check_optional(item, "hostname", sink);
            if let Some(node) = item.present("nodeName") {
                DNS_SUBDOMAIN.check(node, sink);
            }
        }
        let ports = items(subset, "ports");
        for port in ports.iter().filter(|port| port.is_mapping()) {
            match filled(port, "name") {
                Some(name) => DNS_LABEL.check(name, sink),
                None if ports.len() > 1 => required(port, "name", sink),
                None => {}
            }
            if let Some(number) = port.present("port") {
                port_number(number, sink);
            }
            one_of(port, "protocol", PROTOCOLS, sink);
            if let Some(protocol) = port.present("appProtocol") {
                QUALIFIED_NAME.check(protocol, sink);
            }
        }
    }
}

/// Checks an `EndpointSlice`.
pub(super) fn check_slice(slice: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(kind) = slice.present("addressType") {
        is_one_of(kind, &["FQDN", "IPv4", "IPv6"], sink);
    }
    let ports = items(slice, "ports");
    if too_many(slice, "ports", MOST_PORTS, sink) {
        return;
    }
    for (index, port) in ports.iter().enumerate() {
        slice_port(port, ports.get(..index).unwrap_or_default(), sink);
    }
    if too_many(slice, "endpoints", MOST_ENDPOINTS, sink) {
        return;
    }
    let kind = text(slice, "addressType").unwrap_or_default();
    for endpoint in items(slice, "endpoints").iter().filter(|endpoint| endpoint.is_mapping()) {
        if endpoint.get("addresses").is_some() && is_unset(endpoint, "addresses") {
            report(&schema::REQUIRED, endpoint, "`addresses` is empty", "add an address", sink);
        }
        too_many(endpoint, "addresses", MOST_ADDRESSES, sink);
        for item in items(endpoint, "addresses") {
            slice_address(item, kind, sink);
        }
        if let Some(node) = endpoint.present("nodeName") {
            DNS_SUBDOMAIN.check(node, sink);
        }
        if let Some(hostname) = endpoint.present("hostname") {
            DNS_LABEL.check(hostname, sink);
        }
        if let Some(hints) = endpoint.present("hints") {
            check_hints(hints, "forZones", |name| LABEL_VALUE.check(name, sink));
            check_hints(hints, "forNodes", |name| DNS_SUBDOMAIN.check(name, sink));
            for field in ["forZones", "forNodes"] {
                if !too_many(hints, field, MOST_HINTS, sink) {
                    distinct_names(items(hints, field), sink);
                }
            }
        }
    }
}

fn slice_port(port: &Node<'_>, earlier: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    if !port.is_mapping() {
        return;
    }
    // A port without a name has the empty one
    let name = |port: &Node<'_>| match port.present("name") {
        None => Some(String::new()),
        Some(name) => name.as_str().map(str::to_owned),
    };
    DNS_LABEL.check_optional(port, "name", sink);
    let own = name(port);
    if own.is_some() && earlier.iter().any(|other| name(other) == own) {
        let message = format!("`{}` is the name of another port, too", printable(own.as_deref().unwrap_or_default()));
        duplicate(port.present("name").unwrap_or(port), message, sink);
    }
    if let Some(protocol) = port.present("protocol") {
        is_one_of(protocol, PROTOCOLS, sink);
    }
    if let Some(protocol) = port.present("appProtocol") {
        QUALIFIED_NAME.check(protocol, sink);
    }
}

fn slice_address(item: &Node<'_>, kind: &str, sink: &mut Sink<'_, '_>) {
    let found = match kind {
        "IPv4" => address(item, sink),
        "IPv6" => canonical_address(item, sink),
        "FQDN" => {
            fully_qualified(item, sink);
            None
        }
        _ => None,
    };
    if let Some(address) = found {
        if address.is_ipv4() == (kind == "IPv4") {
            reachable(item, address, sink);
        } else {
            invalid(item, format!("`{address}` is not an {kind} address"), "change it, or `addressType`", sink);
        }
    }
}

/// Labels joined by dots, two at least, perhaps with a dot at the end.
fn fully_qualified(item: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(name) = item.as_str() else { return };
    let plain = name.strip_suffix('.').unwrap_or(name);
    if !names::is_dns1123_subdomain(plain) || !plain.contains('.') || !plain.split('.').all(names::is_dns1123_label) {
        let message = format!("`{}` is not a fully qualified domain name", printable(name));
        invalid(item, message, "write one such as `db.example.com`", sink);
    }
}

fn check_hints(hints: &Node<'_>, field: &str, mut check: impl FnMut(&Node<'_>)) {
    items(hints, field).iter().filter_map(|hint| hint.present("name")).for_each(&mut check);
}

fn distinct_names(list: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    for (index, item) in list.iter().enumerate() {
        let name = item.get("name").and_then(Node::as_str);
        if let Some(text) = name
            && list.iter().take(index).any(|earlier| earlier.get("name").and_then(Node::as_str) == name)
        {
            duplicate(item, format!("`{}` stands in the list twice", printable(text)), sink);
        }
    }
}

fn too_many(holder: &Node<'_>, field: &str, most: usize, sink: &mut Sink<'_, '_>) -> bool {
    let Some(node) = holder.present(field) else { return false };
    let count = node.items().len().max(node.entries().len());
    if count > most {
        let message = format!("`{field}` has {count} entries, more than {most}");
        report(&schema::RANGE, node, message, &format!("keep {most} at most"), sink);
    }
    count > most
}
