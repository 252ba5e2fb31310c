//! How a custom resource is called: group, scope, names, and the name of the definition that follows from them.
//!
//! In: a definition and its `spec`. Out: findings. It never looks at versions.

use super::{one_of, report, text};
use crate::catalogue::crd::INVALID;
use crate::check::Sink;
use crate::manifest::{Node, Object};

/// The annotation that groups of the Kubernetes project need.
const APPROVAL: &str = "api-approved.kubernetes.io";

pub(super) fn check(object: &Object<'_>, spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let group = spec.present("group").and_then(Node::as_str);
    if let Some(node) = spec.present("group")
        && let Some(group) = group
    {
        check_group(node, group, sink);
        check_approval(object, group, sink);
    }
    if let Some(node) = spec.present("scope")
        && let Some(scope) = node.as_str()
        && !["Namespaced", "Cluster"].contains(&scope)
    {
        let allowed = one_of(&["Namespaced", "Cluster"]);
        report(sink, &INVALID, node, format!("unknown scope `{scope}`"), format!("write {allowed}"));
    }
    if let Some(node) = spec.present("preserveUnknownFields")
        && node.as_bool() == Some(true)
    {
        let help =
            "remove it, and set `x-kubernetes-preserve-unknown-fields: true` in the schema where fields are unknown";
        report(sink, &INVALID, node, "`preserveUnknownFields: true` ended with `v1beta1`", help);
    }
    let Some(names) = spec.present("names") else { return };
    check_names(names, sink);
    if let (Some(group), Some(plural)) = (group, text(names, "plural"))
        && let Some(node) = object.node.path(&["metadata", "name"])
        && let Some(name) = node.as_str()
        && name != format!("{plural}.{group}")
    {
        let message = format!("name `{name}` is not the plural name and the group, `{plural}.{group}`");
        report(sink, &INVALID, node, message, format!("rename it to `{plural}.{group}`"));
    }
}

fn check_group(node: &Node<'_>, group: &str, sink: &mut Sink<'_, '_>) {
    if !is_dns_subdomain(group) || !group.contains('.') {
        let message = format!("group `{group}` is not a domain name with a dot");
        report(sink, &INVALID, node, message, "write a domain of your own, like `example.com`");
    }
}

/// Groups of the Kubernetes project need the approval of its API reviewers.
fn check_approval(object: &Object<'_>, group: &str, sink: &mut Sink<'_, '_>) {
    let protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|domain| group.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    if !protected {
        return;
    }
    let annotation = object.node.path(&["metadata", "annotations", APPROVAL]);
    let approval = annotation.and_then(Node::as_str).unwrap_or_default();
    let is_url = approval.split_once("://").is_some_and(|(scheme, rest)| {
        !scheme.is_empty() && !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace)
    });
    if is_url || approval.starts_with("unapproved") {
        return;
    }
    let node = annotation.or_else(|| object.node.get("metadata")).unwrap_or(&object.node);
    let message = format!("group `{group}` belongs to the Kubernetes project and needs the annotation `{APPROVAL}`");
    report(sink, &INVALID, node, message, "use a group of your own, or annotate it with the URL of the approval");
}

fn check_names(names: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for (key, case) in
        [("plural", Case::Lower), ("singular", Case::Lower), ("kind", Case::Any), ("listKind", Case::Any)]
    {
        let Some(node) = names.present(key) else { continue };
        match node.as_str() {
            Some("") if key == "plural" || key == "kind" => {
                report(sink, &INVALID, node, format!("`{key}` is empty"), format!("give the resource a `{key}`"));
            }
            Some("") | None => {}
            Some(name) => check_label(node, key, name, case, sink),
        }
    }
    for key in ["shortNames", "categories"] {
        for node in names.present(key).map(Node::items).unwrap_or_default() {
            // A null item is the empty text.
            if let Some(name) = node.as_str().or(node.is_null().then_some("")) {
                check_label(node, key, name, Case::Lower, sink);
            }
        }
    }
    if let Some(node) = names.present("listKind")
        && let Some(kind) = text(names, "kind")
        && node.as_str() == Some(kind)
    {
        report(sink, &INVALID, node, format!("`{kind}` is both `kind` and `listKind`"), format!("write `{kind}List`"));
    }
}

/// Whether capitals are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Lower,
    Any,
}

fn check_label(node: &Node<'_>, key: &str, name: &str, case: Case, sink: &mut Sink<'_, '_>) {
    let label = if case == Case::Any { name.to_lowercase() } else { name.to_owned() };
    if is_dns_label(&label) {
        return;
    }
    let lower = name.to_lowercase();
    let message = format!("`{name}` in `{key}` is not a DNS label");
    if is_dns_label(&lower) {
        report(sink, &INVALID, node, message, format!("write `{lower}`"));
    } else {
        let letters = if case == Case::Any { "letters" } else { "lower-case letters" };
        let help = format!("use up to 63 {letters}, digits and `-`, a letter first and no `-` last");
        report(sink, &INVALID, node, message, help);
    }
}

/// A label as RFC 1035 has it: like RFC 1123's, but a letter comes first.
pub(super) fn is_dns_label(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase()) && is_dns_1123_label(text)
}

fn is_dns_1123_label(text: &str) -> bool {
    text.len() <= 63
        && !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_dns_subdomain(text: &str) -> bool {
    // The API server bounds the whole name only, not its labels.
    text.len() <= 253
        && text.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        })
}
