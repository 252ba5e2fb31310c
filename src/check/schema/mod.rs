//! What the schemas say of an object, for every Kubernetes version asked for.
//!
//! In: an object, the schemas, the target versions, and the same object of another revision where there is one. Out:
//! findings, and whether there was a schema at all: what could not be checked is never valid.

mod bundle;
pub(crate) mod cel;
mod explain;
mod foreign;
mod formats;
mod keywords;
mod lifecycle;
mod prepare;
mod registry;
mod required;
mod settle;

use std::sync::Arc;

pub use bundle::{Bundle, Minor, Scope, bundle};
use foreign::NodeJson;
use jsonschema::{ValidationError, Validator};
pub use registry::Schemas;
use registry::{Compiled, Known, Usable};

use crate::catalogue;
use crate::finding::{Finding, Related};
use crate::manifest::{Node, Object, Sources, Value};

use super::Sink;
use super::builtin::embedded;

/// Whether an object was held to a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// A schema was there.
    Checked,
    /// None was, or it could not be used; a finding says so.
    Unchecked,
}

/// Checks an object against the schemas of its kind.
pub fn check(
    object: &Object<'_>,
    sources: &Sources,
    schemas: &Schemas,
    targets: &[Minor],
    old: Option<&Node<'_>>,
) -> (Vec<Finding>, Coverage) {
    match schemas.known(&object.kind, &sources.get(object.node.span.file).path) {
        Known::Builtin(kind) => {
            let mut findings = lifecycle::check(object, sources, schemas.bundle(), targets);
            let mut groups: Vec<(Usable, Vec<Minor>)> = Vec::new();
            for &minor in targets.iter().filter(|minor| kind.served_in(schemas.bundle(), **minor)) {
                let usable = schemas.builtin(kind, minor);
                match groups.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &usable)) {
                    Some((_, minors)) => minors.push(minor),
                    None => groups.push((usable, vec![minor])),
                }
            }
            if groups.is_empty() {
                return (findings, Coverage::Unchecked);
            }
            let mut coverage = Coverage::Checked;
            let runs = groups.iter().map(|(usable, minors)| {
                let (found, covered) = validate(object, sources, usable, old);
                if covered == Coverage::Unchecked {
                    coverage = Coverage::Unchecked;
                }
                (found, minors.clone())
            });
            findings.extend(merge(runs.collect(), targets, schemas.bundle()));
            (findings, coverage)
        }
        Known::Bundled(kind) => {
            let mut findings = lifecycle::check_bundled(object, sources, &kind);
            let (found, coverage) = validate(object, sources, &schemas.bundled_custom(&object.kind, &kind), old);
            findings.extend(found);
            (findings, coverage)
        }
        Known::Repository(kind, Some(version)) => {
            let mut findings = lifecycle::check_repository(object, sources, kind, version);
            let usable = schemas.repository_custom(&object.kind, kind, version);
            let (mut found, coverage) = validate(object, sources, &usable, old);
            for finding in found.iter_mut().filter(|finding| finding.rule == catalogue::schema::UNKNOWN_FIELD.id) {
                finding.related.push(Related { place: kind.place.clone(), message: "the definition".to_owned() });
            }
            findings.extend(found);
            (findings, coverage)
        }
        Known::Repository(kind, None) => (lifecycle::unknown_version(object, sources, kind), Coverage::Unchecked),
        Known::Nothing => (lifecycle::unknown(object, sources, schemas, targets), Coverage::Unchecked),
    }
}

fn validate(
    object: &Object<'_>,
    sources: &Sources,
    usable: &Usable,
    old: Option<&Node<'_>>,
) -> (Vec<Finding>, Coverage) {
    match usable.as_ref() {
        Ok(Compiled::Builtin(validator)) => {
            let mut sink = Sink::new(object, sources);
            validate_node(validator, object, &|_| true, &mut sink);
            (sink.into_findings(), Coverage::Checked)
        }
        Ok(Compiled::Custom(compiled)) => {
            let node = compiled.settling.settle(&object.node).into_owned();
            let mut object = Object { node, kind: object.kind.clone() };
            let mut old = old.map(|old| compiled.settling.settle(old).into_owned());
            let mut findings = Vec::new();
            if compiled.has_status {
                // The server decodes the status strictly, and drops it before it looks at the object.
                if object.node.get("status").is_some() {
                    let mut sink = Sink::new(&object, sources);
                    validate_node(&compiled.validator, &object, &explain::is_unknown_field_of_status, &mut sink);
                    findings = sink.into_findings();
                }
                drop_status(&mut object.node);
                old.iter_mut().for_each(drop_status);
            }
            let mut sink = Sink::new(&object, sources);
            validate_node(&compiled.validator, &object, &|_| true, &mut sink);
            compiled.settling.embedded(&object.node, &mut |node| embedded::check(node, &mut sink));
            if let Some(rules) = &compiled.rules {
                rules.check(&object.node, old.as_ref(), &mut sink);
            }
            findings.extend(sink.into_findings());
            (findings, Coverage::Checked)
        }
        Err(reason) => {
            let mut sink = Sink::new(object, sources);
            let message = format!("the schema of {} cannot be used: {reason}", object.kind);
            sink.value(&catalogue::schema::UNUSABLE, &object.node, message);
            (sink.into_findings(), Coverage::Unchecked)
        }
    }
}

fn drop_status(node: &mut Node<'_>) {
    if let Value::Mapping(entries) = &mut node.value {
        entries.retain(|entry| entry.key != "status");
    }
}

/// Reports the errors that count.
fn validate_node<const NULL_IS_ABSENT: bool>(
    validator: &Validator<NodeJson<NULL_IS_ABSENT>>,
    object: &Object<'_>,
    counts: &dyn Fn(&ValidationError<'_>) -> bool,
    sink: &mut Sink<'_, '_>,
) {
    let node = &object.node;
    // The cheap question first: the words are only for what is wrong.
    if validator.is_valid(node) {
        return;
    }
    let mut errors = validator.iter_errors(node).filter(|error| counts(error));
    while !sink.is_full()
        && let Some(error) = errors.next()
    {
        explain::report(object, &error, sink);
    }
    sink.count(errors.count());
}

/// Findings of several versions: one that holds for all targets names none, another names its versions.
fn merge(runs: Vec<(Vec<Finding>, Vec<Minor>)>, targets: &[Minor], bundle: &Bundle) -> Vec<Finding> {
    if runs.len() == 1 && runs[0].1.len() == targets.len() {
        return runs.into_iter().flat_map(|(findings, _)| findings).collect();
    }
    let mut merged: Vec<(Finding, Vec<Minor>)> = Vec::new();
    for (findings, minors) in runs {
        for finding in findings {
            match merged.iter_mut().find(|(known, _)| *known == finding) {
                Some((_, holds)) => holds.extend(&minors),
                None => merged.push((finding, minors.clone())),
            }
        }
    }
    let named = |(mut finding, mut minors): (Finding, Vec<Minor>)| {
        minors.sort_unstable();
        if minors.len() < targets.len() {
            finding.kubernetes =
                minors.iter().filter_map(|minor| bundle.minors().get(minor.0)).map(|&minor| minor.to_owned()).collect();
        }
        finding
    };
    merged.into_iter().map(named).collect()
}
