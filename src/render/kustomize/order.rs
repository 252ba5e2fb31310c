//! The order of the output.
//!
//! In: objects, and what the kustomization or the command line asks for. Out: objects in that order. `legacy` puts
//! namespaces and definitions first and webhooks last, and within a kind sorts by name.

use super::field_spec::{FIRST, LAST};
use super::kustomization::{Kustomization, text};
use super::resource::{Id, Resource};
use super::resources::Resources;
use crate::catalogue::render::KUSTOMIZATION;
use crate::manifest::Node;
use crate::render::fault::{Fallible, Fault};

/// In which order objects are printed, unless the kustomization says so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Order {
    /// Namespaces and definitions first, webhooks last, the others by kind and name
    #[default]
    Legacy,
    /// As the kustomizations name them
    None,
}

/// Sorts the objects.
pub(super) fn sort(resources: &mut Resources, kustomization: &Kustomization, order: Order) -> Fallible<()> {
    let Some(options) = kustomization.get("sortOptions") else {
        if order == Order::Legacy {
            sort_by(resources, &FIRST, &LAST);
        }
        return Ok(());
    };
    let legacy = options.get("legacySortOptions");
    match options.get("order").map_or("", text) {
        "legacy" => {
            let kinds = |legacy: &'_ Node<'static>, key: &str| -> Vec<String> {
                legacy.get(key).map(Node::items).unwrap_or_default().iter().map(|kind| text(kind).to_owned()).collect()
            };
            match legacy {
                Some(legacy) => sort_by(resources, &kinds(legacy, "orderFirst"), &kinds(legacy, "orderLast")),
                None => sort_by(resources, &FIRST, &LAST),
            }
            Ok(())
        }
        "fifo" => match legacy {
            Some(legacy) => {
                Err(Fault::new(&KUSTOMIZATION, legacy.span, "`legacySortOptions` with an order that is not `legacy`")
                    .with_help("write `order: legacy`, or leave the options out"))
            }
            None => Ok(()),
        },
        other => {
            let span = options.get("order").map_or(options.span, |order| order.span);
            Err(Fault::new(&KUSTOMIZATION, span, format!("`{other}` is no order of objects"))
                .with_help("write `legacy` or `fifo`"))
        }
    }
}

fn sort_by<T: AsRef<str>>(resources: &mut Resources, first: &[T], last: &[T]) {
    let position = |kinds: &[T], kind: &str| kinds.iter().rposition(|one| one.as_ref() == kind);
    let rank = |kind: &str| match (position(last, kind), position(first, kind)) {
        (Some(at), _) => (2, at),
        (None, Some(at)) => (0, at),
        (None, None) => (1, 0),
    };
    let key = |resource: &Resource| {
        let id = resource.id();
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let kind = [or(&id.group, "~G"), or(&id.version, "~V"), or(&id.kind, "~K")].join("_");
        (rank(&id.kind), kind, identity(&id))
    };
    resources.list.sort_by_cached_key(key);
}

/// What objects of a kind are sorted by.
fn identity(id: &Id<'_>) -> String {
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let kind = [or(&id.kind, "[noKind]"), or(&id.version, "[noVer]"), or(&id.group, "[noGrp]")].join(".");
    [kind, or(&id.namespace, "~X"), or(&id.name, "~N")].join("|")
}
