//! Values that are not what a cluster will see: encrypted with SOPS, filled in by Flux when it applies them, or set by a
//! patch.
//!
//! In: an object, and what was found in it. Out: the object without what is encrypted, and findings without those about
//! values that are not there yet. It never guesses such a value.

use crate::catalogue;
use crate::finding::Finding;
use crate::manifest::{Node, Object, Value};
use crate::repo::PatchedFields;

/// Hides `sops` and every encrypted value from the checks. Whether there were any.
///
/// A hidden value is `null`, which the checks read as absent.
pub(super) fn hide_encrypted(object: &mut Object<'_>) -> bool {
    let Value::Mapping(entries) = &mut object.node.value else { return false };
    let Some(position) = entries.iter().position(|entry| entry.key == "sops" && entry.value.is_mapping()) else {
        return false;
    };
    entries.remove(position);
    for entry in entries {
        hide(&mut entry.value);
    }
    true
}

fn hide(node: &mut Node<'_>) {
    match &mut node.value {
        Value::String(text) if text.starts_with("ENC[AES256_GCM,") => node.value = Value::Null,
        Value::Sequence(items) => items.iter_mut().for_each(hide),
        Value::Mapping(entries) => entries.iter_mut().for_each(|entry| hide(&mut entry.value)),
        _ => {}
    }
}

/// Removes what only says that something encrypted is missing.
pub(super) fn forgive_encrypted(findings: &mut Vec<Finding>) {
    findings
        .retain(|finding| finding.rule != catalogue::schema::REQUIRED.id && finding.rule != catalogue::schema::TYPE.id);
}

/// Removes findings about values with a `${variable}` that Flux substitutes. Whether there were any: such an object was
/// not checked in full.
pub(super) fn forgive_substituted(object: &Object<'_>, findings: &mut Vec<Finding>) -> bool {
    let before = findings.len();
    findings.retain(|finding| {
        let node = finding.pointer.as_deref().and_then(|pointer| object.node.at_pointer(pointer));
        let unknown = finding.rule == catalogue::schema::UNKNOWN_FIELD.id;
        unknown || !node.and_then(Node::as_str).is_some_and(has_variable)
    });
    findings.len() < before
}

/// Removes findings about missing fields that a patch somewhere sets. Whether there were any: such an object is not
/// complete before it is rendered.
pub(super) fn forgive_patched(object: &Object<'_>, patched: &PatchedFields, findings: &mut Vec<Finding>) -> bool {
    let before = findings.len();
    findings.retain(|finding| {
        let field = finding.pointer.as_deref().unwrap_or_default();
        finding.rule != catalogue::schema::REQUIRED.id || !patched.sets(&object.kind.kind, field)
    });
    findings.len() < before
}

/// `${name}`, `${name:=default}` and the like. Shell and Kubernetes write `$(name)`, which is not substituted.
fn has_variable(text: &str) -> bool {
    text.match_indices("${").any(|(start, _)| {
        let rest = &text[start + 2..];
        rest.contains('}') && rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
    })
}
