//! Requests and limits: `validateResourceRequirements` of `pkg/apis/core/validation`.
//!
//! In: the `resources` of a container or pod. Out: findings about names and amounts, and about requests that do not fit
//! their limits. It never asks what a node or a quota has to give.

use super::fields::{DNS_LABEL, duplicate, entries, forbidden, invalid, items, report, text};
use super::names::is_qualified_name;
use super::pod_spec::Pod;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::check::quantity::Quantity;
use crate::finding::Related;
use crate::manifest::{Entry, Node};
use crate::report::printable;

const HUGE_PAGES: &str = "hugepages-";
const STANDARD: &[&str] = &["cpu", "memory", "ephemeral-storage"];

/// Checks the requirements of a container.
pub(super) fn check(pod: &Pod<'_, '_>, requirements: &Node<'_>, sink: &mut Sink<'_, '_>) {
    amounts(requirements, container_name, sink);
    claims(pod, requirements, sink);
}

/// Checks the requirements of a pod as a whole.
pub(super) fn check_pod(pod: &Pod<'_, '_>, requirements: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if pod.operating_system() == Some("windows") {
        return forbidden(pod.spec, "resources", "must not be set for a Windows pod", sink);
    }
    if requirements.present("claims").is_some() {
        forbidden(requirements, "claims", "must not be set for the pod as a whole", sink);
    }
    amounts(requirements, pod_name, sink);
    for (field, lists) in [("limits", &["containers"][..]), ("requests", &["containers", "initContainers"])] {
        for container in lists.iter().flat_map(|list| items(pod.spec, list)) {
            let Some(own) = container.path(&["resources", field]) else { continue };
            for entry in own.entries() {
                let whole = requirements.path(&[field, &entry.key]).and_then(Quantity::of);
                if let (Some(part), Some(whole)) = (Quantity::of(&entry.value), whole)
                    && part > whole
                {
                    let message = format!("more `{}` than the whole pod has under `{field}`", printable(&entry.key));
                    report(&schema::RANGE, &entry.value, message, "lower it, or raise that of the pod", sink);
                }
            }
        }
    }
}

/// Checks a list of amounts by name: those of `overhead`.
pub(super) fn check_list(list: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for entry in list.entries() {
        amount(entry, container_name, sink);
    }
}

/// What is wrong with the name of a resource.
type NameRule = fn(&str) -> Option<&'static str>;

fn container_name(name: &str) -> Option<&'static str> {
    if !is_qualified_name(name) {
        Some("is not a qualified name")
    } else if name.contains('/') {
        (!is_native(name) && !is_extended(name)).then_some("is not the name of a device")
    } else {
        (!STANDARD.contains(&name) && !is_huge_pages(name)).then_some("is no resource of containers")
    }
}

fn pod_name(name: &str) -> Option<&'static str> {
    (!matches!(name, "cpu" | "memory") && !is_huge_pages(name)).then_some("is no resource of whole pods")
}

fn is_huge_pages(name: &str) -> bool {
    name.starts_with(HUGE_PAGES)
}

/// Of Kubernetes itself.
pub(super) fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Of a vendor: counted in whole numbers, and never given out twice.
pub(super) fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && is_qualified_name(&format!("requests.{name}"))
}

fn amounts(requirements: &Node<'_>, name_rule: NameRule, sink: &mut Sink<'_, '_>) {
    let (limits, requests) = (entries(requirements, "limits"), entries(requirements, "requests"));
    for entry in limits.iter().chain(requests) {
        amount(entry, name_rule, sink);
    }
    for request in requests {
        let shared = is_native(&request.key) && !is_huge_pages(&request.key);
        let Some(limit) = limits.iter().find(|limit| limit.key == request.key) else {
            if !shared {
                let message = format!("`{}` is requested without a limit", printable(&request.key));
                invalid(&request.value, message, "add the same amount under `limits`", sink);
            }
            continue;
        };
        let (Some(requested), Some(limited)) = (Quantity::of(&request.value), Quantity::of(&limit.value)) else {
            continue;
        };
        if requested > limited {
            let message = format!("more `{}` is requested than the limit allows", printable(&request.key));
            unlike(request, limit, message, "lower the request, or raise the limit", sink);
        } else if requested != limited && !shared {
            let message = format!("the request of `{}` must equal its limit", printable(&request.key));
            unlike(request, limit, message, "write the same amount twice", sink);
        }
    }
    let mut names = limits.iter().chain(requests).map(|entry| &*entry.key);
    let ordinary = names.clone().any(|name| matches!(name, "cpu" | "memory"));
    if !ordinary && names.any(is_huge_pages) {
        let message = "huge pages are requested without `cpu` or `memory`";
        invalid(requirements, message, "add `cpu` or `memory`", sink);
    }
}

fn amount(entry: &Entry<'_>, name_rule: NameRule, sink: &mut Sink<'_, '_>) {
    let name = &*entry.key;
    if let Some(problem) = name_rule(name) {
        let help = match crate::suggest::nearest(name, STANDARD.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                "use `cpu`, `memory`, `ephemeral-storage`, or a vendor's name such as `example.com/device`".to_owned()
            }
        };
        let message = format!("`{}` {problem}", printable(name));
        sink.key(&crate::catalogue::object::INVALID, entry, message).help = Some(help);
        return;
    }
    let Some(quantity) = Quantity::of(&entry.value) else { return };
    if quantity.is_negative() {
        report(&schema::RANGE, &entry.value, format!("`{name}` is negative"), "write `0` or more", sink);
    } else if is_extended(name) && !quantity.is_whole() {
        let message = format!("`{}` is counted in whole numbers", printable(name));
        report(&schema::RANGE, &entry.value, message, "write a whole number", sink);
    } else if let Some(size) = name.strip_prefix(HUGE_PAGES) {
        let page = Quantity::parse(size).filter(|page| page.is_positive() && page.is_whole());
        if !page.is_some_and(|page| quantity.is_multiple_of(&page)) {
            let message = format!("the amount is no multiple of the page size `{}`", printable(size));
            invalid(&entry.value, message, "write whole pages", sink);
        }
    }
}

fn claims(pod: &Pod<'_, '_>, requirements: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let claims = items(requirements, "claims");
    for (index, claim) in claims.iter().enumerate() {
        let Some(name) = text(claim, "name") else { continue };
        DNS_LABEL.check_optional(claim, "request", sink);
        if !items(pod.spec, "resourceClaims").iter().any(|known| text(known, "name") == Some(name)) {
            let node = claim.get("name").unwrap_or(claim);
            let message = format!("the pod has no claim `{}`", printable(name));
            invalid(node, message, "add it under the pod's `resourceClaims`", sink);
        }
        let request = text(claim, "request").unwrap_or_default();
        let repeats = claims.iter().take(index).any(|earlier| {
            let earlier_request = text(earlier, "request").unwrap_or_default();
            text(earlier, "name") == Some(name)
                && (earlier_request.is_empty() || request.is_empty() || earlier_request == request)
        });
        if repeats {
            duplicate(claim, format!("the claim `{}` stands in the list already", printable(name)), sink);
        }
    }
}

/// A request that does not fit its limit.
fn unlike(request: &Entry<'_>, limit: &Entry<'_>, message: String, help: &str, sink: &mut Sink<'_, '_>) {
    let place = sink.place(limit.value.span);
    let finding = sink.value(&schema::RANGE, &request.value, message);
    finding.help = Some(help.to_owned());
    finding.related.push(Related { place, message: "the limit".to_owned() });
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    fn found(resources: &Json) -> String {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
            "containers": [{"name": "a", "image": "a", "resources": resources}]}});
        summary(&Written::new(&pod).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn a_request_fits_its_limit() {
        assert_eq!(found(&json!({"requests": {"cpu": "500m"}, "limits": {"cpu": 1}})), "");
        let finding = found(&json!({"requests": {"cpu": "1500m"}, "limits": {"cpu": 1}}));
        assert!(finding.starts_with("schema/range /spec/containers/0/resources/requests/cpu: more `cpu`"), "{finding}");
    }

    #[test]
    fn devices_are_whole_and_given_out_once() {
        assert_eq!(found(&json!({"limits": {"example.com/gpu": 1}})), "");
        assert!(found(&json!({"requests": {"example.com/gpu": 1}})).contains("requested without a limit"));
        assert!(found(&json!({"limits": {"example.com/gpu": "500m"}})).contains("whole numbers"));
        let unequal = json!({"requests": {"example.com/gpu": 1}, "limits": {"example.com/gpu": 2}});
        assert!(found(&unequal).contains("must equal its limit"));
    }

    #[test]
    fn huge_pages_come_whole_and_beside_memory() {
        assert_eq!(found(&json!({"limits": {"hugepages-2Mi": "4Mi", "memory": "1Gi"}})), "");
        assert!(found(&json!({"limits": {"hugepages-2Mi": "3Mi", "memory": "1Gi"}})).contains("no multiple"));
        assert!(found(&json!({"limits": {"hugepages-2Mi": "4Mi"}})).contains("without `cpu` or `memory`"));
    }

    #[test]
    fn names_are_those_of_containers() {
        assert!(found(&json!({"limits": {"mem": 1}})).starts_with("object/invalid "));
        assert!(found(&json!({"limits": {"storage": 1}})).contains("`storage` is no resource of containers"));
        assert!(found(&json!({"limits": {"cpu": -1}})).contains("`cpu` is negative"));
    }
}
