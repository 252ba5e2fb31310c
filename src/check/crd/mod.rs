//! What the API server demands of a CustomResourceDefinition before it serves it.
//!
//! In: a CustomResourceDefinition. Out: findings at the lines that the API server refuses, and what the definition
//! defines as plain data. It never asks for what the OpenAPI schema of CustomResourceDefinition already asks for (types
//! of fields, required fields, unknown fields), and judges `apiextensions.k8s.io/v1` only: `v1beta1` is gone from every
//! supported release.
//!
//! Order of work: names → versions (columns, subresources, selectable fields) → conversion → each version's schema:
//! keywords that no structural schema has, then structure, then defaults, then rules in CEL.
//!
//! Not checked: the estimated cost of rules, and formats and embedded metadata in defaults.

use crate::catalogue::Rule;
use crate::check::Sink;
use crate::finding::{Finding, Severity};
use crate::manifest::{Node, Object, Sources};

mod conversion;
mod custom;
mod default;
mod names;
mod rule;
mod schema;
mod structural;
mod version;

pub use custom::{CustomDefinition, CustomVersion, definition};

/// Checks a CustomResourceDefinition as the API server does; any other object is left alone.
pub fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.api_version() != "apiextensions.k8s.io/v1" || object.kind.kind != "CustomResourceDefinition" {
        return;
    }
    let Some(spec) = object.node.present("spec") else { return };
    names::check(object, spec, sink);
    version::check(spec, sink);
    conversion::check(spec, sink);
}

/// What there is against a CustomResourceDefinition, and what it defines; nothing of either for any other object.
#[must_use]
pub fn judge(object: &Object<'_>, sources: &Sources) -> (Vec<Finding>, Option<CustomDefinition>) {
    let mut sink = Sink::new(object, sources);
    check(object, &mut sink);
    let findings = sink.into_findings();
    let is_refused = findings.iter().any(|finding| finding.severity == Severity::Deny);
    let judged =
        |definition: CustomDefinition| CustomDefinition { is_sound: definition.is_sound && !is_refused, ..definition };
    let definition = definition(object).map(judged);
    (findings, definition)
}

/// A finding about a value, with the edit that mends it.
fn report(
    sink: &mut Sink<'_, '_>,
    rule: &'static Rule,
    node: &Node<'_>,
    message: impl Into<String>,
    help: impl Into<String>,
) {
    sink.value(rule, node, message).help = Some(help.into());
}

/// The string of a key, when there is one and it is not empty.
fn text<'n>(node: &'n Node<'_>, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty())
}

/// Whether a key is `true`.
fn flag(node: &Node<'_>, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) == Some(true)
}

/// Values as a sentence names them: `` `a`, `b` or `c` ``.
fn one_of(values: &[&str]) -> String {
    match values {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first @ .., last] => format!("`{}` or `{last}`", first.join("`, `")),
    }
}

#[cfg(test)]
mod tests;
