//! The keywords that the API server has and JSON Schema has not, as custom keywords of the jsonschema crate.
//!
//! In: what [`super::prepare`] wrote into a schema. Out: validators, and for each value they refuse a [`Problem`]. The
//! crate carries a custom error as text; a problem travels in it as JSON and is read back by [`super::explain`].

use jsonschema::{Keyword, ValidationError, ValidationOptions};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::foreign::NodeJson;
use super::{cel, formats};
use crate::check::quantity;
use crate::manifest::{Node, Value, to_json_value};
use crate::suggest::nearest;

/// The fields that an object may have: a sorted list.
pub(crate) const CLOSED: &str = "x-plimsoll-closed";
/// The fields that an object must have.
pub(crate) const REQUIRED: &str = "x-plimsoll-required";
/// The name of a format.
pub(crate) const FORMAT: &str = "x-plimsoll-format";
/// A regular expression, searched for as RE2 does.
pub(crate) const PATTERN: &str = "x-plimsoll-pattern";
/// A Kubernetes quantity.
pub(crate) const QUANTITY: &str = "x-plimsoll-quantity";
/// A list whose items differ.
pub(crate) const LIST_SET: &str = "x-plimsoll-list-set";
/// A list whose items differ in these keys.
pub(crate) const LIST_MAP: &str = "x-plimsoll-list-map";

/// What one of these keywords has against a value.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Problem {
    /// An object has a field that its schema does not name; `meant` is the known field that it most resembles.
    UnknownField { name: String, meant: Option<String> },
    /// An object lacks a field.
    Missing { name: String },
    /// A string is not of a format.
    Format { format: String },
    /// A string does not match.
    Pattern { pattern: String },
    /// A regular expression that cannot be compiled, so that nothing can be said of the value.
    BadPattern { pattern: String },
    /// A value is not a quantity.
    Quantity,
    /// An item of a list repeats an earlier one.
    Repeated { first: usize, index: usize, keys: Vec<String> },
}

impl Problem {
    fn error(&self) -> ValidationError<'static> {
        ValidationError::custom(serde_json::to_string(self).unwrap_or_default())
    }
}

/// A validator that lists its problems with a node; no problem means valid.
trait Check: Send + Sync {
    fn problems(&self, node: &Node<'_>, found: &mut dyn FnMut(Problem) -> Continue);
}

/// Whether to look for more.
#[derive(PartialEq, Eq)]
enum Continue {
    Yes,
    No,
}

struct Checked<C>(C);

impl<'i, C: Check, const NULL_IS_ABSENT: bool> Keyword<'i, NodeJson<NULL_IS_ABSENT>> for Checked<C> {
    fn validate(&self, node: &'i Node<'i>) -> Result<(), ValidationError<'i>> {
        let mut first = Ok(());
        self.0.problems(node, &mut |problem| {
            first = Err(problem.error());
            Continue::No
        });
        first
    }

    fn is_valid(&self, node: &'i Node<'i>) -> bool {
        let mut valid = true;
        self.0.problems(node, &mut |_| {
            valid = false;
            Continue::No
        });
        valid
    }

    fn iter_errors(&self, node: &'i Node<'i>) -> Box<dyn Iterator<Item = ValidationError<'i>> + 'i> {
        let mut errors = Vec::new();
        self.0.problems(node, &mut |problem| {
            errors.push(problem.error());
            Continue::Yes
        });
        Box::new(errors.into_iter())
    }
}

/// Adds all of these keywords to a validator's options.
pub(crate) fn register<R, const NULL_IS_ABSENT: bool>(
    options: ValidationOptions<'_, R, NodeJson<NULL_IS_ABSENT>>,
) -> ValidationOptions<'_, R, NodeJson<NULL_IS_ABSENT>> {
    options
        .with_keyword(CLOSED, |_, value, _| boxed(Closed::new(value)))
        .with_keyword(REQUIRED, |_, value, _| boxed(Required::new(value, NULL_IS_ABSENT)))
        .with_keyword(FORMAT, |_, value, _| boxed(Format::new(value)))
        .with_keyword(PATTERN, |_, value, _| boxed(Pattern::new(value)))
        .with_keyword(QUANTITY, |_, _, _| boxed(Quantity))
        .with_keyword(LIST_SET, |_, _, _| boxed(ListSet))
        .with_keyword(LIST_MAP, |_, value, _| boxed(ListMap::new(value)))
}

type Built<'a, const NULL_IS_ABSENT: bool> =
    Result<Box<dyn for<'i> Keyword<'i, NodeJson<NULL_IS_ABSENT>>>, ValidationError<'a>>;

#[expect(clippy::unnecessary_wraps, reason = "the crate's factories may fail")]
fn boxed<'a, C: Check + 'static, const NULL_IS_ABSENT: bool>(check: C) -> Built<'a, NULL_IS_ABSENT> {
    Ok(Box::new(Checked(check)))
}

struct Closed {
    names: FxHashSet<Box<str>>,
}

impl Closed {
    fn new(names: &Json) -> Self {
        let names = names.as_array().into_iter().flatten().filter_map(Json::as_str);
        Self { names: names.map(Box::from).collect() }
    }
}

impl Check for Closed {
    fn problems(&self, node: &Node<'_>, found: &mut dyn FnMut(Problem) -> Continue) {
        for entry in node.entries().iter().filter(|entry| !self.names.contains(entry.key.as_ref())) {
            let meant = nearest(&entry.key, self.names.iter().map(AsRef::as_ref));
            if found(Problem::UnknownField { name: entry.key.to_string(), meant }) == Continue::No {
                return;
            }
        }
    }
}

struct Required {
    fields: Vec<String>,
    null_is_absent: bool,
}

impl Required {
    fn new(fields: &Json, null_is_absent: bool) -> Self {
        Self { fields: serde_json::from_value(fields.clone()).unwrap_or_default(), null_is_absent }
    }
}

impl Check for Required {
    fn problems(&self, node: &Node<'_>, found: &mut dyn FnMut(Problem) -> Continue) {
        if !node.is_mapping() {
            return;
        }
        for name in &self.fields {
            // A null of a built-in type is absent; one that a settled custom resource still has is a value.
            let there = if self.null_is_absent { node.present(name) } else { node.get(name) };
            if there.is_none() && found(Problem::Missing { name: name.clone() }) == Continue::No {
                return;
            }
        }
    }
}

struct Format {
    name: String,
    check: fn(&str) -> bool,
}

impl Format {
    fn new(name: &Json) -> Self {
        let name = name.as_str().unwrap_or_default().to_owned();
        Self { check: formats::checker(&name).unwrap_or(|_| true), name }
    }
}

impl Check for Format {
    fn problems(&self, node: &Node<'_>, found: &mut dyn FnMut(Problem) -> Continue) {
        if node.as_str().is_some_and(|text| !(self.check)(text)) {
            found(Problem::Format { format: self.name.clone() });
        }
    }
}

struct Pattern {
    pattern: String,
    /// Compiled when the first value comes: CRDs have hundreds of patterns, an object meets a few.
    compiled: std::sync::OnceLock<Option<regex::Regex>>,
}

impl Pattern {
    fn new(pattern: &Json) -> Self {
        Self { pattern: pattern.as_str().unwrap_or_default().to_owned(), compiled: std::sync::OnceLock::new() }
    }
}

impl Check for Pattern {
    fn problems(&self, node: &Node<'_>, found: &mut dyn FnMut(Problem) -> Continue) {
        let Some(text) = node.as_str() else { return };
        match self.compiled.get_or_init(|| cel::re2::compile(&self.pattern).ok()) {
            Some(regex) if regex.is_match(text) => {}
            Some(_) => {
                found(Problem::Pattern { pattern: self.pattern.clone() });
            }
            None => {
                found(Problem::BadPattern { pattern: self.pattern.clone() });
            }
        }
    }
}

struct Quantity;

impl Check for Quantity {
    fn problems(&self, node: &Node<'_>, found: &mut dyn FnMut(Problem) -> Continue) {
        if quantity::Quantity::of(node).is_none() {
            found(Problem::Quantity);
        }
    }
}

struct ListSet;

impl Check for ListSet {
    fn problems(&self, node: &Node<'_>, found: &mut dyn FnMut(Problem) -> Continue) {
        repeated(node.items().iter().map(|item| Some(canonical(item))), &[], found);
    }
}

struct ListMap {
    keys: Vec<String>,
}

impl ListMap {
    fn new(keys: &Json) -> Self {
        Self { keys: serde_json::from_value(keys.clone()).unwrap_or_default() }
    }
}

impl Check for ListMap {
    fn problems(&self, node: &Node<'_>, found: &mut dyn FnMut(Problem) -> Continue) {
        let identity = |item: &Node<'_>| {
            item.is_mapping().then(|| {
                let parts = self.keys.iter().map(|key| item.get(key).map(canonical).unwrap_or_default());
                parts.collect::<Vec<_>>().join("\u{0}")
            })
        };
        repeated(node.items().iter().map(identity), &self.keys, found);
    }
}

/// One text for equal values, whatever the order of their keys.
fn canonical(node: &Node<'_>) -> String {
    match &node.value {
        Value::String(text) => format!("\"{text}"),
        _ => sorted(&to_json_value(node)).to_string(),
    }
}

fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let mut pairs: Vec<_> = members.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            pairs.sort_by(|left, right| left.0.cmp(&right.0));
            Json::Object(pairs.into_iter().collect::<Map<_, _>>())
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        Json::String(text) => Json::String(text.clone()),
        scalar => scalar.clone(),
    }
}

fn repeated(
    identities: impl Iterator<Item = Option<String>>,
    keys: &[String],
    found: &mut dyn FnMut(Problem) -> Continue,
) {
    let mut seen = rustc_hash::FxHashMap::default();
    for (index, identity) in identities.enumerate() {
        let Some(identity) = identity else { continue };
        let first = *seen.entry(identity).or_insert(index);
        if first != index && found(Problem::Repeated { first, index, keys: keys.to_vec() }) == Continue::No {
            return;
        }
    }
}
