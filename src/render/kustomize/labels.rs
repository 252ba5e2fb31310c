//! `labels`, `commonLabels` and `commonAnnotations`.
//!
//! In: pairs, and the fields that take them. Out: objects with them.

use super::field_spec::FieldSpec;
use super::fields::{self, Make};
use super::resources::Resources;
use crate::catalogue::render::TRANSFORMER;
use crate::manifest::{Node, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// Sets pairs in every field that a specification names.
pub(super) fn set(resources: &mut Resources, pairs: &Owned, specs: &[FieldSpec]) -> Fallible<()> {
    for resource in &mut resources.list {
        for pair in pairs.entries() {
            let mut made = Vec::new();
            for spec in specs {
                let mut is_made = false;
                fields::change(spec, &mut resource.node, Make::Mapping, pair.value.span, &mut |field| {
                    if field.is_null() {
                        return Ok(());
                    }
                    let Value::Mapping(entries) = &mut field.value else {
                        let message = format!(
                            "labels and annotations cannot be set here: expected an object, found a {}",
                            field.type_name()
                        );
                        return Err(Fault::new(&TRANSFORMER, field.span, message)
                            .with_related(pair.value.span, "set from here"));
                    };
                    let value =
                        Node::string(pair.value.scalar_text().unwrap_or_default().into_owned(), pair.value.span);
                    if let Some(entry) = entries.iter_mut().find(|entry| entry.key == pair.key) {
                        entry.value = value;
                    } else {
                        is_made = true;
                        entries.push(crate::manifest::Entry { value, ..pair.clone() });
                    }
                    Ok(())
                })?;
                resource.spread_changes();
                if is_made {
                    made.push(fields::split(&spec.path, '/').into_iter().chain([pair.key.to_string()]).collect());
                }
            }
            resource.share(made, &pair.value.scalar_text().unwrap_or_default());
        }
    }
    Ok(())
}
