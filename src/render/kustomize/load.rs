//! From documents to objects: what a resource file, a patch or a generated text holds.
//!
//! In: documents as kustomize reads them. Out: objects with a kind and a name, those of lists one by one. It applies
//! nothing.

use std::collections::VecDeque;

use super::resource::Resource;
use crate::catalogue::render::RESOURCE;
use crate::manifest::{Node, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::{Files, Owned};

/// The objects of documents. The items of lists come last, as kustomize has it.
pub(super) fn resources(documents: &[Owned], files: &Files<'_>) -> Fallible<Vec<Resource>> {
    let mut waiting: VecDeque<Owned> = VecDeque::new();
    for document in documents.iter().filter(|document| !document.is_null_or_empty()) {
        check(document)?;
        waiting.push_back(document.clone());
    }
    let mut resources = Vec::new();
    while let Some(mut node) = waiting.pop_front() {
        let is_list = node.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
        match node.get_mut("items").filter(|_| is_list).map(|items| (items.span, &mut items.value)) {
            None => resources.push(resource(node, files)),
            Some((_, Value::Null)) => {}
            Some((_, Value::Sequence(items))) => {
                for item in std::mem::take(items).into_iter().filter(|item| !item.is_null_or_empty()) {
                    check(&item)?;
                    waiting.push_back(item);
                }
            }
            Some((span, _)) => return Err(Fault::new(&RESOURCE, span, "the `items` of a list are not an array")),
        }
    }
    Ok(resources)
}

fn check(node: &Owned) -> Fallible<()> {
    let text = |keys: &[&str]| node.path(keys).and_then(Node::scalar_text).filter(|text| !text.is_empty());
    let Some(kind) = text(&["kind"]) else {
        return Err(Fault::new(&RESOURCE, node.span, "an object without a `kind`")
            .with_help("add `apiVersion` and `kind`, or take the file out of the kustomization"));
    };
    if !kind.ends_with("List") && text(&["metadata", "name"]).is_none() {
        let message = format!("a {kind} without `metadata.name`");
        return Err(Fault::new(&RESOURCE, node.span, message).with_help("kustomize knows objects by name: add one"));
    }
    Ok(())
}

/// An object. Kustomize writes every annotation as a string in the end, and as the text that was read: `1.10` stays so.
fn resource(mut node: Owned, files: &Files<'_>) -> Resource {
    let annotations = node.path_mut(&["metadata", "annotations"]).and_then(Node::entries_mut);
    for entry in annotations.into_iter().flatten() {
        let value = &mut entry.value;
        if !matches!(value.value, Value::Null | Value::String(_) | Value::Sequence(_) | Value::Mapping(_)) {
            let text = files.written(value);
            value.value = Value::String(text.into());
        }
    }
    Resource::new(node)
}

/// Makes texts of annotations that are null; in a patch null takes an annotation away.
pub(super) fn spell_null_annotations(resource: &mut Resource, files: &Files<'_>) {
    spell(resource, "annotations", files);
}

/// Makes texts of the labels and annotations of a patch with a target, as Kustomize does: null takes nothing away there.
pub(super) fn spell_metadata(patch: &mut Resource, files: &Files<'_>) {
    spell(patch, "labels", files);
    spell(patch, "annotations", files);
}

fn spell(resource: &mut Resource, field: &str, files: &Files<'_>) {
    let entries = resource.node.path_mut(&["metadata", field]).and_then(Node::entries_mut);
    for entry in entries.into_iter().flatten() {
        if !matches!(entry.value.value, Value::String(_) | Value::Sequence(_) | Value::Mapping(_)) {
            let text = files.written(&entry.value);
            entry.value.value = Value::String(text.into());
        }
    }
}
