//! `replicas`: how many of a workload.
//!
//! In: an entry of `replicas`, and the fields that hold the number. Out: objects with the number.

use super::field_spec::FieldSpec;
use super::fields::{self, Make};
use super::kustomization::text;
use super::resources::Resources;
use crate::catalogue::render::TRANSFORMER;
use crate::manifest::{Node, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// Sets the number in the objects that are or were called so.
pub(super) fn set(resources: &mut Resources, entry: &Owned, specs: &[FieldSpec]) -> Fallible<()> {
    let name = entry.get("name").map_or("", text);
    let nought = Node { span: entry.span, value: Value::Int(0) };
    let count = entry.get("count").unwrap_or(&nought);
    let mut is_found = false;
    for spec in specs {
        let found =
            resources.by_any_id(|id| id.name == name && id.is_selected_by(&spec.group, &spec.version, &spec.kind));
        for index in found {
            is_found = true;
            let Some(resource) = resources.list.get_mut(index) else { continue };
            fields::change(spec, &mut resource.node, Make::Scalar, count.span, &mut |field| {
                fields::set_scalar(field, count.clone(), "the number of replicas")
            })?;
        }
    }
    if is_found {
        return Ok(());
    }
    let span = entry.get("name").map_or(entry.span, |name| name.span);
    Err(Fault::new(&TRANSFORMER, span, format!("there is no workload `{name}` to set the replicas of"))
        .with_help("write the name as the resource has it, before prefix and suffix"))
}
