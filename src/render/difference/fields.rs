//! The fields in which two states of an object differ.
//!
//! In: both states. Out: the fields, each at the deepest place where they part. The items of a list are told apart by the
//! keys that a strategic merge patch knows them by, and by their position where it knows none, where an item lacks them,
//! or where two items have the same.

use std::collections::BTreeSet;

use super::hidden::{Hidden, is_encrypted};
use super::{Change, FieldDifference, Rendered, Shown, Written, is_same};
use crate::manifest::{Entry, Node, Span, Value, escape_pointer_step, to_json_text};
use crate::render::kustomize::{MergeSchema, MergeSchemas};

/// Compares two states of an object.
pub(super) fn compare(
    before: Rendered<'_>,
    old: &Node<'static>,
    after: Rendered<'_>,
    new: &Node<'static>,
) -> Vec<FieldDifference> {
    let text = |key| new.get(key).and_then(Node::as_str).unwrap_or_default();
    let schema = MergeSchemas::builtin().kind(text("apiVersion"), text("kind"));
    let mut walk = Walk { before, after, hidden: Hidden::of([old, new]), found: Vec::new() };
    walk.values(&Side::at(old, ""), &Side::at(new, ""), schema);
    walk.found
}

struct Walk<'w> {
    before: Rendered<'w>,
    after: Rendered<'w>,
    hidden: Hidden,
    found: Vec<FieldDifference>,
}

/// A value of one of the states.
#[derive(Clone)]
struct Side<'n> {
    node: &'n Node<'static>,
    pointer: String,
    /// The line that stands for it.
    span: Span,
}

impl<'n> Side<'n> {
    fn at(node: &'n Node<'static>, pointer: &str) -> Self {
        Self { node, pointer: pointer.to_owned(), span: node.span }
    }

    fn entry(&self, entry: &'n Entry<'static>) -> Self {
        // A collection begins where its key stands
        let is_collection = matches!(entry.value.value, Value::Mapping(_) | Value::Sequence(_));
        let span = if is_collection { entry.key_span } else { entry.value.span };
        Self { node: &entry.value, pointer: format!("{}/{}", self.pointer, escape_pointer_step(&entry.key)), span }
    }

    fn item(&self, index: usize, item: &'n Node<'static>) -> Self {
        Self::at(item, &format!("{}/{index}", self.pointer))
    }
}

impl Walk<'_> {
    fn values(&mut self, old: &Side<'_>, new: &Side<'_>, schema: Option<MergeSchema<'_>>) {
        match (&old.node.value, &new.node.value) {
            (Value::Mapping(was), Value::Mapping(is)) => {
                let keys: BTreeSet<&str> = was.iter().chain(is).map(|entry| entry.key.as_ref()).collect();
                for key in keys {
                    match (old.node.entry(key), new.node.entry(key)) {
                        (Some(was), Some(is)) => {
                            let schema = schema.and_then(|schema| schema.field(key));
                            self.values(&old.entry(was), &new.entry(is), schema);
                        }
                        (Some(was), None) => self.alone(&old.entry(was), Change::Deleted),
                        (None, Some(is)) => self.alone(&new.entry(is), Change::Created),
                        (None, None) => {}
                    }
                }
            }
            (Value::Sequence(was), Value::Sequence(is)) => {
                let keys = schema.and_then(|schema| schema.merge());
                let element = schema.and_then(|schema| schema.element());
                match keys.and_then(|keys| Some((identities(was, keys)?, identities(is, keys)?))) {
                    Some((was, is)) => self.matched((old, &was), (new, &is), element),
                    None => self.by_position((old, was), (new, is), element),
                }
            }
            _ if is_same(old.node, new.node) => {}
            _ => self.differ(old, new),
        }
    }

    /// The items of lists that are told apart by what they hold.
    fn matched(
        &mut self,
        (old, was): (&Side<'_>, &[String]),
        (new, is): (&Side<'_>, &[String]),
        element: Option<MergeSchema<'_>>,
    ) {
        for (index, (identity, item)) in is.iter().zip(new.node.items()).enumerate() {
            let before = was.iter().position(|known| known == identity);
            match before.and_then(|before| Some((before, old.node.items().get(before)?))) {
                Some((before, known)) => self.values(&old.item(before, known), &new.item(index, item), element),
                None => self.alone(&new.item(index, item), Change::Created),
            }
        }
        for (index, (identity, item)) in was.iter().zip(old.node.items()).enumerate() {
            if !is.contains(identity) {
                self.alone(&old.item(index, item), Change::Deleted);
            }
        }
        let kept = |list: &[String], other: &[String]| -> Vec<String> {
            list.iter().filter(|identity| other.contains(identity)).cloned().collect()
        };
        let (was, is) = (kept(was, is), kept(is, was));
        if was != is && !self.hidden.covers(&new.pointer) {
            let order = |identities: Vec<String>| Shown::Value(identities.into());
            self.found.push(FieldDifference {
                pointer: new.pointer.clone(),
                change: Change::Reordered,
                before: Some(Written { value: order(was), place: (self.before.place)(old.span) }),
                after: Some(Written { value: order(is), place: (self.after.place)(new.span) }),
            });
        }
    }

    fn by_position(
        &mut self,
        (old, was): (&Side<'_>, &[Node<'static>]),
        (new, is): (&Side<'_>, &[Node<'static>]),
        element: Option<MergeSchema<'_>>,
    ) {
        for (index, (was, is)) in was.iter().zip(is).enumerate() {
            self.values(&old.item(index, was), &new.item(index, is), element);
        }
        for (index, item) in is.iter().enumerate().skip(was.len()) {
            self.alone(&new.item(index, item), Change::Created);
        }
        for (index, item) in was.iter().enumerate().skip(is.len()) {
            self.alone(&old.item(index, item), Change::Deleted);
        }
    }

    fn differ(&mut self, old: &Side<'_>, new: &Side<'_>) {
        // What is encrypted now was a secret before
        let is_encrypted = is_encrypted(old.node) || is_encrypted(new.node);
        let show = |side: &Side<'_>| {
            if is_encrypted { Shown::Hidden } else { self.hidden.show(side.node, &side.pointer) }
        };
        let before = Written { value: show(old), place: (self.before.place)(old.span) };
        let after = Written { value: show(new), place: (self.after.place)(new.span) };
        self.found.push(FieldDifference {
            pointer: new.pointer.clone(),
            change: Change::Changed,
            before: Some(before),
            after: Some(after),
        });
    }

    /// A value that only one of the states has.
    fn alone(&mut self, side: &Side<'_>, change: Change) {
        if self.hidden.is_root(&side.pointer) && side.node.is_mapping() {
            for entry in side.node.entries() {
                self.alone(&side.entry(entry), change);
            }
            return;
        }
        let rendered = if change == Change::Deleted { self.before } else { self.after };
        let value = self.hidden.show(side.node, &side.pointer);
        let written = Some(Written { value, place: (rendered.place)(side.span) });
        let (before, after) = if change == Change::Deleted { (written, None) } else { (None, written) };
        self.found.push(FieldDifference { pointer: side.pointer.clone(), change, before, after });
    }
}

/// What tells each item of a list apart; none when something of it cannot be told apart so.
fn identities(items: &[Node<'_>], keys: &[String]) -> Option<Vec<String>> {
    let identity = |item: &Node<'_>| {
        if keys.is_empty() {
            return (item.scalar_text().is_some() && !is_encrypted(item)).then(|| to_json_text(item));
        }
        let texts: Vec<_> = keys.iter().map(|key| item.get(key).and_then(Node::scalar_text)).collect();
        // The keys behind the first may have a default
        texts.first()?.as_ref()?;
        if keys.iter().filter_map(|key| item.get(key)).any(is_encrypted) {
            return None;
        }
        Some(texts.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ").trim_end().to_owned())
    };
    let identities: Vec<String> = items.iter().map(identity).collect::<Option<_>>()?;
    let distinct: BTreeSet<&String> = identities.iter().collect();
    (distinct.len() == identities.len()).then_some(identities)
}
