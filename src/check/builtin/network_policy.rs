//! `NetworkPolicies`: `ValidateNetworkPolicySpec` of `pkg/apis/networking/validation`.
//!
//! In: a `NetworkPolicy`. Out: findings. Whether a network plugin enforces it is not asked here.

use super::addresses::cidr;
use super::fields::{forbidden, invalid, is_empty, is_one_of, items, port, port_number, report, text};
use super::selector;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::Node;

const PROTOCOLS: &[&str] = &["TCP", "UDP", "SCTP"];
const TYPES: &[&str] = &["Ingress", "Egress"];

/// Checks a `NetworkPolicy`.
pub(super) fn check(policy: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = policy.present("spec") else { return };
    if let Some(pods) = spec.present("podSelector") {
        selector::check(pods, sink);
    }
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in items(spec, direction) {
            for item in items(rule, "ports").iter().filter(|item| item.is_mapping()) {
                check_port(item, sink);
            }
            for item in items(rule, peers).iter().filter(|item| item.is_mapping()) {
                peer(item, sink);
            }
        }
    }
    let types = items(spec, "policyTypes");
    if types.len() > TYPES.len() {
        let node = spec.get("policyTypes").unwrap_or(spec);
        report(&schema::RANGE, node, "more than two policy types", "name each of them once", sink);
        return;
    }
    for kind in types {
        is_one_of(kind, TYPES, sink);
    }
}

fn check_port(item: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(protocol) = item.present("protocol") {
        is_one_of(protocol, PROTOCOLS, sink);
    }
    let end = item.present("endPort");
    let Some(first) = item.present("port") else {
        if end.is_some() {
            forbidden(item, "endPort", "may only be set beside `port`", sink);
        }
        return;
    };
    port(first, sink);
    let Some(end) = end else { return };
    match (first.as_i64(), end.as_i64()) {
        (Some(first), Some(last)) if last < first => {
            invalid(end, format!("`{last}` is less than `{first}`, the `port`"), "make `endPort` the larger one", sink);
        }
        (Some(_), _) => port_number(end, sink),
        (None, _) if first.as_str().is_some() => {
            forbidden(item, "endPort", "may only be set when `port` is a number", sink);
        }
        _ => {}
    }
}

fn peer(peer: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let selectors = ["podSelector", "namespaceSelector"].iter().filter_map(|field| peer.present(field));
    let selectors = selectors.inspect(|found| selector::check(found, sink)).count();
    match peer.present("ipBlock") {
        None if selectors == 0 => {
            let message = "a peer without `podSelector`, `namespaceSelector` and `ipBlock`";
            report(&schema::REQUIRED, peer, message, "add one of them, or remove the peer", sink);
        }
        Some(block) => {
            if selectors > 0 {
                forbidden(peer, "ipBlock", "may not stand beside a selector", sink);
            }
            ip_block(block, sink);
        }
        None => {}
    }
}

fn ip_block(block: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if text(block, "cidr") == Some("") {
        is_empty(block, "cidr", sink);
        return;
    }
    let outer = block.present("cidr").and_then(|node| cidr(node, sink));
    for item in items(block, "except") {
        let inner = cidr(item, sink);
        if let (Some(inner), Some(outer)) = (inner, outer)
            && !inner.is_strictly_within(outer)
        {
            let message = format!("`{}` is not a smaller part of `cidr`", item.as_str().unwrap_or_default());
            invalid(item, message, "write a block within `cidr`, or remove it", sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::written::{Written, summary};
    use serde_json::{Value, json};

    fn egress(rule: &Value) -> String {
        let policy = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "spec": {"podSelector": {}, "egress": [rule]}});
        summary(&Written::new(&policy).findings(|object, sink| check(&object.node, sink)))
    }

    #[test]
    fn ranges_of_ports_are_numbers_in_order() {
        assert_eq!(egress(&json!({"ports": [{"port": 80, "endPort": 90}, {"port": "http"}]})), "");
        assert!(egress(&json!({"ports": [{"port": 90, "endPort": 80}]})).contains("`80` is less than `90`"));
        assert!(egress(&json!({"ports": [{"port": "http", "endPort": 80}]})).contains("when `port` is a number"));
        assert!(egress(&json!({"ports": [{"endPort": 80}]})).contains("beside `port`"));
    }

    #[test]
    fn exceptions_are_smaller_than_their_block() {
        let block = |except: &str| egress(&json!({"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": [except]}}]}));
        assert_eq!(block("10.1.0.0/16"), "");
        assert!(block("10.0.0.0/8").contains("is not a smaller part"));
        assert!(block("10.0.0.1/16").contains("has bits set"));
        assert!(egress(&json!({"to": [{}]})).starts_with("schema/required /spec/egress/0/to/0: a peer without"));
    }
}
