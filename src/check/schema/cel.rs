//! `x-kubernetes-validations`: the rules in CEL that a schema carries.
//!
//! In: a schema once, then objects of it, each perhaps with its old version. Out: a finding for each rule that an object
//! breaks, at the value that the rule is about. It never type-checks a rule (that is for the definition that brings it)
//! and never reports what another check of the schema reports: rules over a value that does not fit its schema do not
//! run, as on the API server.
//!
//! The functions and the evaluation are the `kube_cel` crate's. The walk is our own, for the API server does more than
//! that crate's: nulls fall before defaults apply, defaults apply inside of defaults, items of a list of type `map` are
//! compared by their keys, `optionalOldSelf` is an optional, and fields are known by the API server's names.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::catalogue;
use crate::catalogue::schema::{CEL, CEL_FAILED};
use crate::check::Sink;
use crate::manifest::{Node, to_json_value};

mod adapt;
mod budget;
pub(crate) mod field_path;
mod functions;
pub(crate) mod program;
pub(crate) mod re2;
mod rule;
mod shape;
pub(crate) mod types;
mod value;

use rule::{Rule, Verdict};
use shape::{Kind, Shape};

/// The rules of a schema.
#[derive(Debug)]
pub(crate) struct Rules {
    shape: Shape,
}

/// A step from a value to one inside of it.
#[derive(Debug, Clone)]
enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

impl Rules {
    /// The rules of the schema of a custom resource; none when it has none.
    pub(crate) fn compile(schema: &Json) -> Option<Self> {
        let shape = mentions_rules(schema).then(|| Shape::of_resource(schema))?;
        shape.ruled.then_some(Self { shape })
    }

    /// Holds the rules against an object, and those about a change against the object and its old version.
    ///
    /// `object` must be a node of the sink's object. Both objects are settled: nulls dropped, defaults applied.
    pub(crate) fn check(&self, object: &Node<'_>, old: Option<&Node<'_>>, sink: &mut Sink<'_, '_>) {
        let value = to_json_value(object);
        let old = old.map(to_json_value);
        self.walk(&CEL, object, &value, old.as_ref(), sink);
    }

    /// The rules of a part of a schema that has a default; none when it has none.
    pub(crate) fn compile_part(schema: &Json) -> Option<Self> {
        let shape = mentions_rules(schema).then(|| Shape::of_part(schema))?;
        shape.ruled.then_some(Self { shape })
    }

    /// Holds the rules against a default, as it stands, and reports those that it breaks as findings of `rule`.
    pub(crate) fn check_default(&self, default: &Node<'_>, rule: &'static catalogue::Rule, sink: &mut Sink<'_, '_>) {
        let value = to_json_value(default);
        // The API server takes a default for its own old version.
        self.walk(rule, default, &value, Some(&value), sink);
    }

    fn walk(
        &self,
        refused: &'static catalogue::Rule,
        object: &Node<'_>,
        value: &Json,
        old: Option<&Json>,
        sink: &mut Sink<'_, '_>,
    ) {
        let mut walk = Walk { refused, object, sink, steps: Vec::new(), failed: HashSet::new() };
        walk.visit(&self.shape, value, old);
    }
}

/// Whether the word occurs where a schema has it: most schemas have no rules, and this must cost them nothing.
fn mentions_rules(schema: &Json) -> bool {
    match schema {
        Json::Object(members) => {
            members.contains_key("x-kubernetes-validations") || members.values().any(mentions_rules)
        }
        Json::Array(items) => items.iter().any(mentions_rules),
        _ => false,
    }
}

struct Walk<'w, 'o, 's, 'n, 'v> {
    /// The rule of the catalogue that a refused value breaks.
    refused: &'static catalogue::Rule,
    object: &'w Node<'n>,
    sink: &'w mut Sink<'o, 's>,
    steps: Vec<Step<'v>>,
    /// The rules that were reported as beyond the engine: once each.
    failed: HashSet<*const Rule>,
}

impl<'w, 'n, 'v> Walk<'w, '_, '_, 'n, 'v> {
    fn visit(&mut self, shape: &Shape, value: &'v Json, old: Option<&Json>) {
        // A rule is about a value that is there; nulls are for the rules further up.
        if !shape.ruled || value.is_null() {
            return;
        }
        let old = old.filter(|old| !old.is_null());
        if !shape.rules.is_empty() {
            self.evaluate(shape, value, old);
        }
        match (&shape.kind, value) {
            (Kind::Object(fields), Json::Object(members)) => {
                for (name, member) in members {
                    if let Some(field) = fields.get(name) {
                        self.descend(Step::Key(name), &field.shape, member, old.and_then(|old| old.get(name)));
                    }
                }
            }
            (Kind::Map(values), Json::Object(members)) => {
                for (name, member) in members {
                    self.descend(Step::Key(name), values, member, old.and_then(|old| old.get(name)));
                }
            }
            (Kind::List(shape, keys), Json::Array(items)) => {
                let old_items = old.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
                for (index, item) in items.iter().enumerate() {
                    let same = |old: &&Json| {
                        keys.as_ref().is_some_and(|keys| keys.iter().all(|key| old.get(key) == item.get(key)))
                    };
                    self.descend(Step::Index(index), shape, item, old_items.iter().find(same));
                }
            }
            _ => {}
        }
    }

    fn descend(&mut self, step: Step<'v>, shape: &Shape, value: &'v Json, old: Option<&Json>) {
        self.steps.push(step);
        self.visit(shape, value, old);
        self.steps.pop();
    }

    fn evaluate(&mut self, shape: &Shape, value: &Json, old: Option<&Json>) {
        let Some(value) = value::to_cel(value, shape) else { return };
        let old = old.and_then(|old| value::to_cel(old, shape));
        for rule in &shape.rules {
            match rule.check(&value, old.as_ref()) {
                Some(Verdict::Refused(message)) => {
                    let node = self.node(&rule.field_path);
                    let finding = self.sink.value(self.refused, node, message);
                    finding.help = Some(format!("must satisfy `{}`", rule.one_line()));
                }
                Some(Verdict::Unknown(reason)) if self.failed.insert(std::ptr::from_ref(rule)) => {
                    let node = self.node(&[]);
                    let message = format!("cannot evaluate the rule `{}`: {reason}", rule.one_line());
                    let finding = self.sink.value(&CEL_FAILED, node, message);
                    finding.help = Some("check the value against the rule by hand".to_owned());
                }
                Some(Verdict::Unknown(_)) | None => {}
            }
        }
    }

    /// The node that the walk is at, or one below it by further keys; where a default or nothing stands there, the
    /// nearest one above that a person wrote.
    fn node(&self, further: &[String]) -> &'w Node<'n> {
        let mut node = self.object;
        let steps = self.steps.iter().cloned().chain(further.iter().map(|key| Step::Key(key)));
        for step in steps {
            let next = match step {
                Step::Key(key) => node.get(key),
                Step::Index(index) => node.items().get(index),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }
}

#[cfg(test)]
mod tests;
