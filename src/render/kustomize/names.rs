//! `namePrefix` and `nameSuffix`.
//!
//! In: the text to add, where it is written, and the fields that hold names. Out: renamed objects that remember how they
//! were called, and with which prefixes and suffixes: references find them by that.

use std::sync::Arc;

use super::field_spec::FieldSpec;
use super::fields::{self, Make};
use super::kustomization::text;
use super::resource::Id;
use super::resources::Resources;
use crate::manifest::Node;
use crate::render::fault::Fallible;
use crate::render::files::Owned;

/// Which end of a name is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `namePrefix`
    Prefix,
    /// `nameSuffix`
    Suffix,
}

/// Adds a prefix or suffix to the names of all objects that may be renamed.
pub(super) fn rename(resources: &mut Resources, affix: &Owned, end: End, specs: &[FieldSpec]) -> Fallible<()> {
    let added: Arc<str> = Arc::from(text(affix));
    for resource in &mut resources.list {
        let id = resource.original_id();
        if keeps_its_name(&id) {
            continue;
        }
        let selected: Vec<&FieldSpec> =
            specs.iter().filter(|spec| id.is_selected_by(&spec.group, &spec.version, &spec.kind)).collect();
        for spec in selected {
            if spec.path == "metadata/name" {
                let affixes = if end == End::Prefix { &mut resource.prefixes } else { &mut resource.suffixes };
                affixes.push(Arc::clone(&added));
                resource.remember_id();
            }
            fields::change(spec, &mut resource.node, Make::Scalar, affix.span, &mut |field| {
                let name = field.scalar_text().unwrap_or_default();
                let renamed = if end == End::Prefix { format!("{added}{name}") } else { format!("{name}{added}") };
                fields::set_scalar(field, Node::string(renamed, affix.span), "a name")
            })?;
        }
    }
    Ok(())
}

/// Whether a kind's names mean something by themselves.
fn keeps_its_name(id: &Id<'_>) -> bool {
    matches!(id.kind.as_ref(), "CustomResourceDefinition" | "Namespace")
        || id.kind == "APIService" && id.group == "apiregistration.k8s.io"
}
