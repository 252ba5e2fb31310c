//! The names of resources that quotas, limit ranges and nodes know: `pkg/apis/core/helper`.
//!
//! In: a name, perhaps with an amount. Out: whether it is known, or a finding about the amount. What a container may ask
//! for is a matter of `resources`.

use super::fields::report;
use super::names::is_qualified_name;
use super::resources::{is_extended, is_native};
use crate::catalogue::{object, schema};
use crate::check::Sink;
use crate::check::quantity::Quantity;
use crate::manifest::Entry;
use crate::report::printable;
use crate::suggest::nearest;

/// Objects, which are counted in whole numbers.
const COUNTED: &[&str] = &[
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];
/// What is shared out in parts.
const SHARED: &[&str] = &[
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
];
const CONTAINERS: &[&str] = &["cpu", "ephemeral-storage", "memory"];
const STORAGE: &[&str] = &["storage"];

/// For what a resource is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// A quota.
    Quota,
    /// The limits of pods or containers.
    Containers,
    /// Other limits.
    Anything,
}

impl For {
    fn known(self) -> [&'static [&'static str]; 3] {
        match self {
            Self::Quota => [COUNTED, SHARED, &[]],
            Self::Containers => [CONTAINERS, &[], &[]],
            Self::Anything => [COUNTED, SHARED, STORAGE],
        }
    }

    /// Whether a name without a domain is one.
    pub(super) fn knows(self, name: &str) -> bool {
        let huge_pages = is_huge_pages(name) || self != Self::Containers && name.starts_with("requests.hugepages-");
        huge_pages || self.known().iter().any(|names| names.contains(&name))
    }

    fn accepts(self, name: &str) -> bool {
        is_qualified_name(name)
            && if name.contains('/') {
                self != Self::Containers || is_native(name) || is_extended(name)
            } else {
                self.knows(name)
            }
    }

    /// Checks the name of a resource; whether it is one.
    pub(super) fn check_name(self, entry: &Entry<'_>, sink: &mut Sink<'_, '_>) -> bool {
        let name = &*entry.key;
        if self.accepts(name) {
            return true;
        }
        let help = match nearest(name, self.known().into_iter().flatten().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name a resource of Kubernetes, or a vendor's such as `example.com/device`".to_owned(),
        };
        sink.key(&object::INVALID, entry, format!("`{}` is no resource here", printable(name))).help = Some(help);
        false
    }
}

/// Whether a resource is huge pages of some size.
pub(super) fn is_huge_pages(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Checks an amount: not negative, and whole where it counts something.
pub(super) fn check_amount(entry: &Entry<'_>, sink: &mut Sink<'_, '_>) {
    let name = &*entry.key;
    let Some(quantity) = Quantity::of(&entry.value) else { return };
    if quantity.is_negative() {
        report(&schema::RANGE, &entry.value, format!("`{}` is negative", printable(name)), "write `0` or more", sink);
    } else if (COUNTED.contains(&name) || is_extended(name)) && !quantity.is_whole() {
        let message = format!("`{}` is counted in whole numbers", printable(name));
        report(&schema::RANGE, &entry.value, message, "write a whole number", sink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_by_what_they_are_for() {
        for (name, quota, containers, anything) in [
            ("cpu", true, true, true),
            ("requests.cpu", true, false, true),
            ("storage", false, false, true),
            ("pods", true, false, true),
            ("hugepages-2Mi", true, true, true),
            ("requests.hugepages-2Mi", true, false, true),
            ("count/deployments.apps", true, true, true),
            ("requests.nvidia.com/gpu", true, false, true),
            ("fast.storageclass.storage.k8s.io/requests.storage", true, true, true),
            ("a.kubernetes.io/b", true, true, true),
            ("processors", false, false, false),
            ("a b", false, false, false),
            ("a/b/c", false, false, false),
        ] {
            let accepted = [For::Quota, For::Containers, For::Anything].map(|purpose| purpose.accepts(name));
            assert_eq!(accepted, [quota, containers, anything], "{name}");
        }
    }
}
