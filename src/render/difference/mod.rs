//! What differs between two renderings of a tree, object by object and field by field.
//!
//! In: the objects of both, and the places of their values. Out: the objects that one of them lacks, and the fields in
//! which the others differ, with the lines that set them. It never holds the value of a Secret, nor one that is encrypted:
//! only that it differs.

mod fields;
mod hidden;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::{ObjectReference, Place};
use crate::manifest::{Node, Span, to_json_value};

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was not there before.
    Created,
    /// It is not there any more.
    Deleted,
    /// It is another one.
    Changed,
    /// Of a list: it has the same items in another order.
    Reordered,
}

/// A value, as far as it may be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// As it is; what must not be shown within it is replaced by `(hidden)`.
    Value(serde_json::Value),
    /// It is secret or encrypted.
    Hidden,
}

/// A value of one of the renderings, and the place that set it.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The value.
    pub value: Shown,
    /// Where a person wrote it.
    pub place: Place,
}

/// A field in which two objects differ.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDifference {
    /// Its JSON pointer: in the object as it is now, or, of what is deleted, as it was.
    pub pointer: String,
    /// What became of it.
    pub change: Change,
    /// What it was.
    pub before: Option<Written>,
    /// What it is.
    pub after: Option<Written>,
}

/// An object that is not the same in both renderings.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectDifference {
    /// How it is called; of what is deleted, how it was.
    pub object: ObjectReference,
    /// What became of it.
    pub change: Change,
    /// Where it was written.
    pub before: Option<Place>,
    /// Where it is written.
    pub after: Option<Place>,
    /// The fields that differ, in the order of their pointers; none of an object that is created or deleted.
    pub fields: Vec<FieldDifference>,
}

/// The objects of a rendering, and where their values were written.
#[derive(Clone, Copy)]
pub struct Rendered<'r> {
    /// The objects.
    pub objects: &'r [Node<'static>],
    /// The place of a span.
    pub place: &'r dyn Fn(Span) -> Place,
}

/// Compares two renderings of a tree. Objects are matched by group, kind, namespace and name.
#[must_use]
pub fn compare(before: Rendered<'_>, after: Rendered<'_>) -> Vec<ObjectDifference> {
    let mut pairs: BTreeMap<Key, (Vec<&Node<'static>>, Vec<&Node<'static>>)> = BTreeMap::new();
    for object in before.objects {
        pairs.entry(Key::of(object)).or_default().0.push(object);
    }
    for object in after.objects {
        pairs.entry(Key::of(object)).or_default().1.push(object);
    }
    let mut differences = Vec::new();
    for (mut old, mut new) in pairs.into_values() {
        // Several versions of one object are rare; those of the same version belong together
        old.sort_by_key(|object| api_version(object));
        new.sort_by_key(|object| api_version(object));
        let mut unmatched = Vec::new();
        for object in old {
            let same = new.iter().position(|other| api_version(other) == api_version(object));
            match same.map(|index| new.remove(index)) {
                Some(other) => differences.extend(changed(before, object, after, other)),
                None => unmatched.push(object),
            }
        }
        let mut new = new.into_iter();
        for object in unmatched {
            match new.next() {
                Some(other) => differences.extend(changed(before, object, after, other)),
                None => differences.push(alone(object, Change::Deleted, Some((before.place)(object.span)), None)),
            }
        }
        differences.extend(new.map(|object| alone(object, Change::Created, None, Some((after.place)(object.span)))));
    }
    differences
}

/// What tells the objects of a tree apart; the order in which they are reported.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    namespace: String,
    kind: String,
    name: String,
    group: String,
}

impl Key {
    fn of(object: &Node<'_>) -> Self {
        let ObjectReference { api_version, kind, namespace, name } = reference(object);
        let group = api_version.rsplit_once('/').map_or("", |(group, _)| group).to_owned();
        Self { namespace: namespace.unwrap_or_default(), kind, name: name.unwrap_or_default(), group }
    }
}

fn alone(object: &Node<'_>, change: Change, before: Option<Place>, after: Option<Place>) -> ObjectDifference {
    ObjectDifference { object: reference(object), change, before, after, fields: Vec::new() }
}

fn changed(
    before: Rendered<'_>,
    old: &Node<'static>,
    after: Rendered<'_>,
    new: &Node<'static>,
) -> Option<ObjectDifference> {
    let fields = fields::compare(before, old, after, new);
    (!fields.is_empty()).then(|| ObjectDifference {
        object: reference(new),
        change: Change::Changed,
        before: Some((before.place)(old.span)),
        after: Some((after.place)(new.span)),
        fields,
    })
}

fn api_version<'n>(object: &'n Node<'_>) -> &'n str {
    object.get("apiVersion").and_then(Node::as_str).unwrap_or_default()
}

/// How an object is called. What a rendering gives has a kind and a name, and may lack an `apiVersion`.
fn reference(object: &Node<'_>) -> ObjectReference {
    let text = |keys: &[&str]| object.path(keys).and_then(Node::scalar_text).map(std::borrow::Cow::into_owned);
    ObjectReference {
        api_version: api_version(object).to_owned(),
        kind: text(&["kind"]).unwrap_or_default(),
        namespace: text(&["metadata", "namespace"]).filter(|namespace| !namespace.is_empty()),
        name: text(&["metadata", "name"]),
    }
}

/// Whether two values are the same to an API server: `1` and `1.0` are, and the order of keys is nothing.
fn is_same(one: &Node<'_>, other: &Node<'_>) -> bool {
    // Text has its keys sorted, and numbers as JSON writes them
    crate::manifest::to_json_text(one) == crate::manifest::to_json_text(other)
}

/// A value with nothing hidden in it.
fn plain(node: &Node<'_>) -> serde_json::Value {
    to_json_value(node)
}
