//! `Ingresses`, `IngressClasses` and addresses of Services: `pkg/apis/networking/validation`.
//!
//! In: an object of `networking.k8s.io`. Out: findings. Whether a backend or a class exists is not asked here.

use super::addresses::{canonical_cidr, is_address};
use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, PATH_SEGMENT, PORT_NAME, WILDCARD_SUBDOMAIN, filled, forbidden, invalid, is_one_of,
    is_unset, item_text, items, port_number, report, required,
};
use super::{names, network_policy};
use crate::catalogue::{object, schema};
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";
const PATH_TYPES: &[&str] = &["Exact", "ImplementationSpecific", "Prefix"];
const LONGEST_CONTROLLER: usize = 250;

/// Checks an Ingress, `IngressClass`, `NetworkPolicy`, `ServiceCIDR` or `IPAddress`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    match object.kind.kind.as_str() {
        "Ingress" => ingress(&object.node, sink),
        "IngressClass" => ingress_class(&object.node, sink),
        "NetworkPolicy" => network_policy::check(&object.node, sink),
        "ServiceCIDR" => service_cidr(&object.node, sink),
        "IPAddress" => ip_address(&object.node, sink),
        _ => {}
    }
}

fn ingress(ingress: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = ingress.present("spec") else {
        sink.missing(ingress, "spec").help = Some("add `spec` with `rules`".to_owned());
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    if is_unset(spec, "rules") && spec.present("defaultBackend").is_none() {
        report(&schema::REQUIRED, spec, "neither `defaultBackend` nor `rules`", "add `rules`", sink);
    }
    if let Some(default) = spec.present("defaultBackend") {
        backend(default, sink);
    }
    for rule in items(spec, "rules") {
        if let Some(node) = filled(rule, "host") {
            host(node, true, sink);
        }
        let Some(http) = rule.present("http").filter(|http| http.is_mapping()) else { continue };
        if http.present("paths").is_some() && is_unset(http, "paths") {
            report(&schema::REQUIRED, http, "`paths` is empty", "add a path", sink);
        }
        for item in items(http, "paths").iter().filter(|item| item.is_mapping()) {
            path(item, sink);
        }
    }
    for tls in items(spec, "tls") {
        for item in items(tls, "hosts") {
            host(item, false, sink);
        }
        DNS_SUBDOMAIN.check_optional(tls, "secretName", sink);
    }
    if let Some(class) = spec.present("ingressClassName") {
        DNS_SUBDOMAIN.check(class, sink);
        if let Some(annotations) = ingress.path(&["metadata", "annotations"])
            && let Some(entry) = annotations.entry(CLASS_ANNOTATION)
            && let (Some(annotated), Some(class)) = (entry.value.as_str(), class.as_str())
            && annotated != class
        {
            let message = format!("`{}` is not `{}`, the `ingressClassName`", printable(annotated), printable(class));
            let help = format!("remove the annotation `{CLASS_ANNOTATION}`");
            sink.value(&object::INVALID, &entry.value, message).help = Some(help);
        }
    }
}

/// A name of a host, with a wildcard in front or without.
fn host(node: &Node<'_>, in_rule: bool, sink: &mut Sink<'_, '_>) {
    let Some(name) = item_text(node) else { return };
    if in_rule && is_address(name) {
        let message = format!("`{}` is an IP address, not a DNS name", printable(name));
        invalid(node, message, "write a DNS name, or remove `host` for all of them", sink);
    } else if name.contains('*') {
        WILDCARD_SUBDOMAIN.check(node, sink);
    } else if let Some((plain, port)) = name.rsplit_once(':')
        && names::is_dns1123_subdomain(plain)
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        invalid(node, format!("`{}` has a port", printable(name)), &format!("write `{plain}`"), sink);
    } else {
        DNS_SUBDOMAIN.check(node, sink);
    }
}

fn path(item: &Node<'_>, sink: &mut Sink<'_, '_>) {
    // Without a `pathType`, which the schema reports, the server says nothing more
    let Some(kind) = item.present("pathType") else { return };
    is_one_of(kind, PATH_TYPES, sink);
    let written = item.present("path");
    let path = match written {
        None => "",
        Some(node) => node.as_str().unwrap_or("/"),
    };
    let node = written.unwrap_or(item);
    let strict = matches!(kind.as_str(), Some("Exact" | "Prefix"));
    let known = strict || kind.as_str() == Some("ImplementationSpecific");
    if known && !path.starts_with('/') && (strict || !path.is_empty()) {
        if written.is_none() {
            sink.missing(item, "path").help = Some("add `path: /`".to_owned());
        } else {
            let help = format!("write `/{}`", printable(path));
            invalid(node, format!("`{}` is not an absolute path", printable(path)), &help, sink);
        }
    }
    if strict {
        let within = ["//", "/./", "/../", "%2f", "%2F"].into_iter().find(|part| path.contains(part));
        let at_end = ["/..", "/."].into_iter().find(|part| path.ends_with(part));
        if let Some(part) = within.or(at_end) {
            let message = format!("`{}` has `{part}` in it", printable(path));
            invalid(node, message, "write the path in its shortest form", sink);
        }
    }
    if let Some(node) = item.present("backend") {
        backend(node, sink);
    }
}

fn backend(backend: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if !backend.is_mapping() {
        return;
    }
    match (backend.present("service"), backend.present("resource")) {
        (Some(_), Some(_)) => {
            invalid(backend, "`service` stands beside `resource`", "keep one of them", sink);
        }
        (None, Some(resource)) => {
            DNS_SUBDOMAIN.check_or_empty(resource, "apiGroup", sink);
            for field in ["kind", "name"] {
                required(resource, field, sink);
                PATH_SEGMENT.check_optional(resource, field, sink);
            }
        }
        (Some(service), None) if service.is_mapping() => {
            DNS_LABEL.check_filled(service, "name", sink);
            let field = |name| service.path(&["port", name]);
            let name = field("name").filter(|name| name.as_str() != Some(""));
            let number = field("number").filter(|number| number.as_i64() != Some(0));
            match (name, number) {
                (Some(_), Some(number)) => {
                    invalid(number, "`number` stands beside `name`", "keep one of them", sink);
                }
                (Some(name), None) => PORT_NAME.check(name, sink),
                (None, Some(number)) => port_number(number, sink),
                (None, None) => {
                    let node = service.present("port").unwrap_or(service);
                    report(
                        &schema::REQUIRED,
                        node,
                        "the port has no `number` and no `name`",
                        "add `port.number`",
                        sink,
                    );
                }
            }
        }
        (Some(_), None) => {}
        (None, None) => {
            report(&schema::REQUIRED, backend, "neither `service` nor `resource`", "add `service`", sink);
        }
    }
}

fn ingress_class(class: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = class.present("spec") else {
        sink.missing(class, "spec").help = Some("add `spec` with `controller`".to_owned());
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    match filled(spec, "controller") {
        None => required(spec, "controller", sink),
        Some(node) => controller(node, sink),
    }
    let Some(parameters) = spec.present("parameters").filter(|parameters| parameters.is_mapping()) else { return };
    DNS_SUBDOMAIN.check_or_empty(parameters, "apiGroup", sink);
    PATH_SEGMENT.check_filled(parameters, "kind", sink);
    PATH_SEGMENT.check_filled(parameters, "name", sink);
    let scope = parameters.present("scope");
    if let Some(scope) = scope {
        is_one_of(scope, &["Cluster", "Namespace"], sink);
    }
    match (scope.map(Node::as_str), parameters.present("namespace")) {
        (Some(Some("Namespace")), None) => {
            sink.missing(parameters, "namespace");
        }
        (Some(Some("Namespace")), Some(namespace)) => DNS_LABEL.check(namespace, sink),
        (None | Some(Some("Cluster")), Some(_)) => {
            forbidden(parameters, "namespace", "may only be set when `scope` is `Namespace`", sink);
        }
        _ => {}
    }
}

/// A DNS name, `/` and a path.
fn controller(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(name) = node.as_str() else { return };
    if name.len() > LONGEST_CONTROLLER {
        let message = format!("`controller` is longer than {LONGEST_CONTROLLER} characters");
        report(&schema::RANGE, node, message, "write a shorter one", sink);
    }
    let of_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    let sound = name
        .split_once('/')
        .is_some_and(|(host, path)| names::is_dns1123_subdomain(host) && !path.is_empty() && path.bytes().all(of_path));
    if !sound {
        let message = format!("`{}` is not a path behind a DNS name", printable(name));
        invalid(node, message, "write one such as `example.com/ingress-controller`", sink);
    }
}

fn service_cidr(object: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = object.present("spec") else {
        sink.missing(object, "spec").help = Some("add `spec` with `cidrs`".to_owned());
        return;
    };
    if !spec.is_mapping() {
        return;
    }
    let list = items(spec, "cidrs");
    if is_unset(spec, "cidrs") {
        required(spec, "cidrs", sink);
    } else if list.len() > 2 {
        invalid(spec.get("cidrs").unwrap_or(spec), "more than two blocks", "keep one of each IP family", sink);
    } else {
        let families: Vec<bool> =
            list.iter().filter_map(|item| canonical_cidr(item, sink)).map(super::addresses::Cidr::is_ipv4).collect();
        if let ([first, second], [_, item]) = (families.as_slice(), list)
            && first == second
        {
            invalid(item, "a second block of the same IP family", "keep one of each IP family", sink);
        }
    }
}

fn ip_address(object: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(parent) = object.path(&["spec", "parentRef"]).filter(|parent| parent.is_mapping()) else { return };
    DNS_SUBDOMAIN.check_optional(parent, "group", sink);
    PATH_SEGMENT.check_filled(parent, "resource", sink);
    PATH_SEGMENT.check_filled(parent, "name", sink);
    PATH_SEGMENT.check_optional(parent, "namespace", sink);
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::written::{Written, summary};
    use serde_json::{Value, json};

    fn found(json: &Value) -> String {
        summary(&Written::new(json).findings(check))
    }

    fn path(path: &Value) -> String {
        found(&json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "spec": {"rules": [{"host": "a.example.com", "http": {"paths": [path]}}]}}))
    }

    #[test]
    fn paths_are_absolute_unless_the_implementation_says_otherwise() {
        let backend = json!({"service": {"name": "a", "port": {"number": 80}}});
        assert_eq!(path(&json!({"path": "/a", "pathType": "Prefix", "backend": backend})), "");
        assert_eq!(path(&json!({"pathType": "ImplementationSpecific", "backend": backend})), "");
        assert_eq!(path(&json!({"path": "/a//b", "pathType": "ImplementationSpecific", "backend": backend})), "");
        let at = "/spec/rules/0/http/paths/0/path";
        assert_eq!(
            path(&json!({"pathType": "Prefix", "backend": backend})),
            format!("schema/required {at}: missing required field `path`\n")
        );
        assert_eq!(
            path(&json!({"path": "/a/..", "pathType": "Exact", "backend": backend})),
            format!("object/invalid {at}: `/a/..` has `/..` in it\n")
        );
    }

    #[test]
    fn a_backend_has_one_port() {
        let backend = |port: Value| {
            path(&json!({"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "a", "port": port}}}))
        };
        assert_eq!(backend(json!({"name": "http"})), "");
        assert!(backend(json!({})).contains("the port has no `number` and no `name`"));
        assert!(backend(json!({"name": "http", "number": 80})).contains("`number` stands beside `name`"));
        assert!(backend(json!({"number": 70000})).starts_with("schema/range "));
    }

    #[test]
    fn hosts_are_dns_names() {
        let host = |host: &str| {
            found(&json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
                "spec": {"defaultBackend": {"resource": {"kind": "Bucket", "name": "a"}}, "rules": [{"host": host}]}}))
        };
        assert_eq!(host("*.example.com"), "");
        assert_eq!(host(""), "");
        assert!(host("10.0.0.1").contains("is an IP address"));
        assert!(host("a.*.com").contains("is not a wildcard DNS name"));
        assert!(host("a.example.com:80").contains("has a port"));
    }
}
