//! Values that are not what a cluster will see: encrypted with SOPS, filled in by Flux when it applies them, or set by a
//! kustomization.
//!
//! In: an object, and what was found in it. Out: the object without what is encrypted, and findings without those about
//! values that are not there yet. It never guesses such a value.

use super::sops::MARK;
use crate::catalogue;
use crate::finding::Finding;
use crate::manifest::{Node, Object, Value, escape_pointer_step};

/// Hides `sops` and every encrypted value from the checks, and gives the JSON pointers of these values.
///
/// A hidden value is `null`, which the checks read as absent. Only what SOPS has signed counts: a mapping `sops` without a
/// `mac` is a field like any other.
pub(super) fn hide_encrypted(object: &mut Object<'_>) -> Vec<String> {
    let mut hidden = Vec::new();
    if object.node.path(&["sops", "mac"]).and_then(Node::as_str).is_none() {
        return hidden;
    }
    let Value::Mapping(entries) = &mut object.node.value else { return hidden };
    entries.retain(|entry| entry.key != "sops");
    hide(&mut object.node, "", &mut hidden);
    hidden
}

fn hide(node: &mut Node<'_>, pointer: &str, hidden: &mut Vec<String>) {
    match &mut node.value {
        Value::String(text) if text.starts_with(MARK) => {
            node.value = Value::Null;
            hidden.push(pointer.to_owned());
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                hide(item, &format!("{pointer}/{index}"), hidden);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                hide(&mut entry.value, &format!("{pointer}/{}", escape_pointer_step(&entry.key)), hidden);
            }
        }
        _ => {}
    }
}

/// The entry of a Secret that, when it is empty, is told at the Secret's type.
const SSH_KEY: &str = "/ssh-privatekey";

/// Removes findings about encrypted values, and those of rules over collections that hold one. Whether there were any:
/// such an object was not checked in full.
pub(super) fn forgive_encrypted(hidden: &[String], findings: &mut Vec<Finding>) -> bool {
    if hidden.is_empty() {
        return false;
    }
    let looks_within = [catalogue::schema::CEL.id, catalogue::schema::CEL_FAILED.id, catalogue::object::SECRET_DATA.id];
    forgive(findings, |finding| {
        let pointer = finding.pointer.as_deref().unwrap_or_default();
        hidden.iter().any(|hidden| {
            hidden == pointer
                || (pointer == "/type" && hidden.ends_with(SSH_KEY))
                || (looks_within.contains(&&*finding.rule)
                    && hidden.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/')))
        })
    })
}

/// Removes findings about values with a `${variable}` that Flux substitutes. Whether there were any: such an object was
/// not checked in full.
pub(super) fn forgive_substituted(object: &Object<'_>, findings: &mut Vec<Finding>) -> bool {
    let about_keys = [catalogue::schema::UNKNOWN_FIELD.id, catalogue::schema::UNKNOWN_KIND.id];
    forgive(findings, |finding| {
        let node = finding.pointer.as_deref().and_then(|pointer| object.node.at_pointer(pointer));
        !about_keys.contains(&&*finding.rule) && node.and_then(Node::as_str).is_some_and(has_variable)
    })
}

/// Removes findings about missing fields that `is_set` elsewhere, by a kustomization. Whether there were any: such an
/// object is not complete before it is rendered.
pub(super) fn forgive_patched(is_set: impl Fn(&str) -> bool, findings: &mut Vec<Finding>) -> bool {
    forgive(findings, |finding| {
        finding.rule == catalogue::schema::REQUIRED.id && is_set(finding.pointer.as_deref().unwrap_or_default())
    })
}

fn forgive(findings: &mut Vec<Finding>, is_forgiven: impl Fn(&Finding) -> bool) -> bool {
    let before = findings.len();
    findings.retain(|finding| !is_forgiven(finding));
    findings.len() < before
}

/// What may stand behind the name of a variable: a default, a substring, another case, a replacement.
const SUBSTITUTIONS: &[char] = &['}', ':', '=', '-', '+', '?', '^', ',', '#', '%', '/'];

/// `${name}`, `${name:=default}` and whatever else Flux' substitution knows. Shell and Kubernetes write `$(name)`, which
/// is not substituted.
fn has_variable(text: &str) -> bool {
    text.match_indices("${").any(|(start, _)| {
        let rest = &text[start + 2..];
        let rest = rest.strip_prefix('#').unwrap_or(rest);
        let behind = rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
        rest.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && behind.starts_with(SUBSTITUTIONS)
            && behind.contains('}')
    })
}

#[cfg(test)]
mod tests {
    use super::has_variable;

    #[test]
    fn a_variable_has_a_name_and_perhaps_a_default() {
        for text in ["${A}", "a.${DOMAIN}", "${A:=1}", "${A:-b c}", "${#A}", "${A/b/c}", "${a_1^^}"] {
            assert!(has_variable(text), "{text}");
        }
        for text in ["$A", "$(A)", "${not a name}", "${1}", "${A", "${}", "{A}"] {
            assert!(!has_variable(text), "{text}");
        }
    }
}
