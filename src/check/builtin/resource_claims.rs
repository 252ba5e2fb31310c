//! Claims of devices and their classes: `validateDeviceClaim`, `ValidateDeviceClass` and their siblings in
//! `pkg/apis/resource/validation`.
//!
//! In: a `ResourceClaim`, a `ResourceClaimTemplate` or a `DeviceClass` of `resource.k8s.io`, from `v1beta2` on. Out: findings.
//! It never asks whether a class or a driver is there, and never estimates the cost of an expression.

use super::csi::driver_name;
use super::expressions::{Names, Site, Wanted};
use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, LABEL_VALUE, QUALIFIED_NAME, distinct, duplicate, filled, forbidden, invalid, is_empty,
    is_one_of, items, report, text, text_or,
};
use super::resources::is_extended;
use super::{metadata, names, resource_slices};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

const ALLOCATION_MODES: &[&str] = &["All", "ExactCount"];
const OPERATORS: &[&str] = &["Equal", "Exists"];
/// What a taint does to what does not tolerate it.
pub(super) const EFFECTS: &[&str] = &["NoExecute", "NoSchedule", "None"];
/// Requests, constraints, configurations and selectors.
const MOST: usize = 32;
const MOST_ALTERNATIVES: usize = 8;
const MOST_TOLERATIONS: usize = 16;
const LONGEST_EXPRESSION: usize = 10 * 1024;

/// Checks an object of `resource.k8s.io`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    // In `v1beta1` the fields of a request and of a device stand elsewhere.
    if object.kind.version == "v1beta1" || object.kind.version.contains("alpha") {
        return;
    }
    let Some(spec) = object.node.present("spec").filter(|spec| spec.is_mapping()) else { return };
    match object.kind.kind.as_str() {
        "ResourceClaim" => claim(spec, sink),
        "ResourceClaimTemplate" => {
            if let Some(labels) = spec.path(&["metadata", "labels"]) {
                metadata::labels(labels, sink);
            }
            if let Some(annotations) = spec.path(&["metadata", "annotations"]) {
                metadata::annotations(annotations, sink);
            }
            for entry in spec.present("metadata").map(Node::entries).unwrap_or_default() {
                if !matches!(&*entry.key, "labels" | "annotations")
                    && let Some(holder) = spec.get("metadata")
                    && filled(holder, &entry.key).is_some()
                {
                    forbidden(holder, &entry.key, "cannot be set for a claim that is made of a template", sink);
                }
            }
            if let Some(spec) = spec.present("spec") {
                claim(spec, sink);
            }
        }
        "DeviceClass" => class(spec, sink),
        "ResourceSlice" => resource_slices::check(spec, sink),
        _ => {}
    }
}

fn class(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    selectors(spec, sink);
    for config in limited(spec, "config", MOST, sink) {
        configuration(config, sink);
    }
    if let Some(node) = spec.present("extendedResourceName")
        && let Some(name) = node.as_str().filter(|name| !is_extended(name))
    {
        let message = format!("`{}` is no name of an extended resource", printable(name));
        invalid(node, message, "write one such as `example.com/gpu`", sink);
    }
}

fn claim(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(devices) = spec.present("devices") else { return };
    let requests = limited(devices, "requests", MOST, sink);
    for item in requests {
        request(item, sink);
    }
    distinct_names(requests, "name", sink);
    for item in limited(devices, "constraints", MOST, sink) {
        references(item, requests, sink);
        constraint(item, sink);
    }
    for item in limited(devices, "config", MOST, sink) {
        references(item, requests, sink);
        configuration(item, sink);
    }
}

/// The items of a list that has not too many of them: otherwise nothing is said of them, as the server does.
pub(super) fn limited<'n, 's>(
    holder: &'n Node<'s>,
    field: &str,
    most: usize,
    sink: &mut Sink<'_, '_>,
) -> &'n [Node<'s>] {
    let list = items(holder, field);
    if list.len() <= most {
        return list;
    }
    if let Some(node) = holder.get(field) {
        let message = format!("`{field}` has {} items, more than {most}", list.len());
        report(&schema::RANGE, node, message, &format!("keep {most} at most"), sink);
    }
    &[]
}

/// Items that have the name of an earlier one.
pub(super) fn distinct_names(list: &[Node<'_>], field: &str, sink: &mut Sink<'_, '_>) {
    for (index, item) in list.iter().enumerate() {
        let Some(name) = text(item, field).filter(|name| !name.is_empty()) else { continue };
        if list.iter().take(index).any(|earlier| text(earlier, field) == Some(name)) {
            duplicate(item, format!("`{}` stands in the list twice", printable(name)), sink);
        }
    }
}

fn request(request: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if !request.is_mapping() {
        return;
    }
    DNS_LABEL.check_filled(request, "name", sink);
    let alternatives = items(request, "firstAvailable");
    match request.present("exactly") {
        None if alternatives.is_empty() => {
            let message = "a request with neither `exactly` nor `firstAvailable`";
            report(&schema::REQUIRED, request, message, "add `exactly` with a `deviceClassName`", sink);
        }
        Some(_) if !alternatives.is_empty() => {
            forbidden(request, "firstAvailable", "may not stand beside `exactly`", sink);
        }
        Some(exactly) => devices(exactly, sink),
        None => {
            for alternative in limited(request, "firstAvailable", MOST_ALTERNATIVES, sink) {
                DNS_LABEL.check_filled(alternative, "name", sink);
                devices(alternative, sink);
            }
            distinct_names(alternatives, "name", sink);
        }
    }
}

/// Which devices a request, or one of its alternatives, asks for.
fn devices(request: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if !request.is_mapping() {
        return;
    }
    DNS_SUBDOMAIN.check_filled(request, "deviceClassName", sink);
    selectors(request, sink);
    let mode = text_or(request, "allocationMode", "ExactCount");
    if let Some(node) = filled(request, "allocationMode") {
        is_one_of(node, ALLOCATION_MODES, sink);
    }
    // A count of 0 is none: the default, 1, stands in for it.
    if let Some(node) = request.present("count")
        && let Some(count) = node.as_i64().filter(|count| *count != 0)
    {
        if mode == "All" {
            forbidden(request, "count", "may not stand beside `allocationMode: All`", sink);
        } else if count < 0 {
            report(&schema::RANGE, node, format!("`{count}` is less than 1"), "use 1 or more", sink);
        }
    }
    for item in limited(request, "tolerations", MOST_TOLERATIONS, sink) {
        toleration(item, sink);
    }
}

fn selectors(holder: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for selector in limited(holder, "selectors", MOST, sink) {
        let Some(cel) = selector.present("cel") else {
            if selector.is_mapping() {
                sink.missing(selector, "cel");
            }
            continue;
        };
        let Some(node) = cel.present("expression") else { continue };
        match node.as_str() {
            Some("") => is_empty(cel, "expression", sink),
            Some(expression) if expression.len() > LONGEST_EXPRESSION => {
                let message = format!("an expression of {} bytes, more than {LONGEST_EXPRESSION}", expression.len());
                report(&schema::RANGE, node, message, "shorten it, or make two selectors of it", sink);
            }
            _ => Names { site: Site::Device, ..Names::default() }.check(node, Wanted::Bool, sink),
        }
    }
}

fn toleration(toleration: &Node<'_>, sink: &mut Sink<'_, '_>) {
    QUALIFIED_NAME.check_optional(toleration, "key", sink);
    if let Some(node) = filled(toleration, "operator") {
        is_one_of(node, OPERATORS, sink);
    }
    if let Some(value) = filled(toleration, "value") {
        if text(toleration, "operator") == Some("Exists") {
            forbidden(toleration, "value", "may not stand beside the operator `Exists`", sink);
        } else {
            LABEL_VALUE.check(value, sink);
        }
    }
    if let Some(node) = filled(toleration, "effect") {
        is_one_of(node, EFFECTS, sink);
    }
}

fn constraint(constraint: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let attribute = ["matchAttribute", "distinctAttribute"].iter().find_map(|field| constraint.present(field));
    match attribute {
        Some(node) => fully_qualified(node, sink),
        None if constraint.is_mapping() => {
            let message = "a constraint without `matchAttribute` and `distinctAttribute`";
            report(&schema::REQUIRED, constraint, message, "add one of them, or remove the constraint", sink);
        }
        None => {}
    }
}

/// The requests that a constraint or a configuration is for.
fn references(holder: &Node<'_>, requests: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    let list = limited(holder, "requests", MOST, sink);
    for node in list {
        // A null item is the empty text.
        let Some(name) = node.as_str().or(node.is_null().then_some("")) else { continue };
        let (first, second) = name.split_once('/').map_or((name, None), |(first, second)| (first, Some(second)));
        let named = |list: &[Node<'_>], name: &str| list.iter().any(|item| text(item, "name") == Some(name));
        let found = requests.iter().any(|request| {
            text(request, "name") == Some(first)
                && second.is_none_or(|second| named(items(request, "firstAvailable"), second))
        });
        if !found || name.is_empty() {
            let message = format!("the claim has no request `{}`", printable(name));
            let known = requests.iter().filter_map(|request| text(request, "name"));
            let help = crate::suggest::nearest(name, known).map_or_else(
                || "name a request, or `<request>/<one of its alternatives>`".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            invalid(node, message, &help, sink);
        }
    }
    distinct(list, sink);
}

fn configuration(config: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(opaque) = config.present("opaque") else {
        if config.is_mapping() {
            sink.missing(config, "opaque");
        }
        return;
    };
    driver_name(opaque, "driver", sink);
}

/// The name of an attribute with its domain.
fn fully_qualified(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(name) = node.as_str() else { return };
    // Unlike that of a device's own attribute the domain must be in lower case.
    let has_domain = name.split_once('/').is_some_and(|(domain, _)| names::is_dns1123_subdomain(domain));
    if !has_domain || !is_attribute_name(name) {
        let message = format!("`{}` is no name of an attribute with its domain", printable(name));
        invalid(node, message, "write one such as `gpu.example.com/model`", sink);
    }
}

/// Whether a text can be the name of an attribute or a capacity: an identifier of C, perhaps behind a domain and `/`.
pub(super) fn is_attribute_name(name: &str) -> bool {
    const LONGEST_DOMAIN: usize = 63;
    const LONGEST_IDENTIFIER: usize = 32;
    let is_identifier = |text: &str| {
        text.len() <= LONGEST_IDENTIFIER
            && text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let is_domain =
        |text: &str| text.len() <= LONGEST_DOMAIN && names::is_dns1123_subdomain(&text.to_ascii_lowercase());
    match name.split('/').collect::<Vec<_>>()[..] {
        [identifier] => is_identifier(identifier),
        [domain, identifier] => is_domain(domain) && is_identifier(identifier),
        // The server looks no further at more parts.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::written::{Written, summary};
    use serde_json::{Value as Json, json};

    fn claim(devices: &Json) -> String {
        let claim = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "spec": {"devices": devices}});
        summary(&Written::new(&claim).findings(|object, sink| check(object, sink)))
    }

    fn exactly(request: &Json) -> String {
        claim(&json!({"requests": [{"name": "gpu", "exactly": request}]}))
    }

    #[test]
    fn a_request_is_of_one_sort() {
        assert_eq!(exactly(&json!({"deviceClassName": "gpu.example.com"})), "");
        assert!(claim(&json!({"requests": [{"name": "gpu"}]})).contains("neither `exactly` nor"));
        let both = json!({"requests": [{"name": "gpu", "exactly": {"deviceClassName": "a"},
            "firstAvailable": [{"name": "b", "deviceClassName": "c"}]}]});
        assert!(claim(&both).contains("may not stand beside `exactly`"));
    }

    #[test]
    fn counts_belong_to_one_mode() {
        assert_eq!(exactly(&json!({"deviceClassName": "a", "count": 2})), "");
        assert!(
            exactly(&json!({"deviceClassName": "a", "count": 2, "allocationMode": "All"})).contains("may not stand")
        );
        assert!(exactly(&json!({"deviceClassName": "a", "allocationMode": "Some"})).starts_with("schema/enum"));
        assert!(exactly(&json!({"deviceClassName": "a", "count": -1})).contains("less than 1"));
    }

    #[test]
    fn selectors_name_the_device_alone() {
        let expression =
            |text: &str| exactly(&json!({"deviceClassName": "a", "selectors": [{"cel": {"expression": text}}]}));
        for sound in [
            "device.driver == 'gpu.example.com'",
            "device.attributes['gpu.example.com'].model == 'a'",
            "device.attributes['gpu.example.com'].flag",
            "device.capacity['gpu.example.com'].memory.compareTo(quantity('10Gi')) >= 0",
            "device.attributes['a.b'].version.isGreaterThan(semver('1.0.0')) && 'x' in device.attributes['a.b']",
        ] {
            assert_eq!(expression(sound), "", "{sound}");
        }
        assert!(expression("object.spec == 1").contains("does not compile"));
        assert!(expression("device.driver").contains("does not compile"));
        assert!(expression("").contains("is empty"));
    }

    #[test]
    fn constraints_name_requests_and_attributes() {
        let constraint = |constraint: Json| {
            claim(&json!({"requests": [{"name": "gpu", "firstAvailable": [{"name": "big", "deviceClassName": "a"}]}],
                "constraints": [constraint]}))
        };
        assert_eq!(constraint(json!({"requests": ["gpu", "gpu/big"], "matchAttribute": "a.b/c"})), "");
        assert_eq!(constraint(json!({"matchAttribute": "a.b/c"})), "");
        assert!(constraint(json!({"requests": ["gpi"], "matchAttribute": "a.b/c"})).contains("no request `gpi`"));
        assert!(constraint(json!({"requests": ["gpu/small"], "matchAttribute": "a.b/c"})).contains("no request"));
        assert!(constraint(json!({"matchAttribute": "c"})).contains("with its domain"));
        assert!(constraint(json!({})).contains("without `matchAttribute`"));
    }
}
