//! Strategic merge patches, as kyaml's `merge2` applies them.
//!
//! In: an object, a patch, and the schemas that say which lists are merged and by which keys. Out: the object, or nothing
//! when the patch deletes it. Values keep the places of where they were written: in the object or in the patch.
//!
//! What upstream does is followed even where it surprises, because people have built on it: what a patch brings comes
//! first in a merged list, every list with a merge key loses its duplicates though the patch does not touch it, and a
//! key without a value is dropped from a patched object while `null` stays.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::merge_schema::{MergeSchemas, Schema};
use crate::catalogue::render::PATCH;
use crate::manifest::{Dialect, Entry, Node, Span, Value, plain_scalar};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::{Files, Owned};

const DIRECTIVE: &str = "$patch";

/// Applies a patch to an object; nothing is left of one that it deletes.
pub(super) fn merge(
    object: Owned,
    patch: &Owned,
    schemas: &MergeSchemas,
    files: &Files<'_>,
) -> Fallible<Option<Owned>> {
    Merge { schemas, files }.walk(Some(object), Some(patch.clone()), None)
}

/// What a patch says of a mapping or list as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Nothing,
    Scalar,
    Sequence,
    Mapping,
}

struct Merge<'m> {
    schemas: &'m MergeSchemas,
    files: &'m Files<'m>,
}

/// The values of an element's merge keys; a key that lacks is empty.
type Values = Vec<String>;

impl<'m> Merge<'m> {
    fn walk(&self, target: Option<Owned>, patch: Option<Owned>, schema: Option<Schema<'m>>) -> Fallible<Option<Owned>> {
        let schema = schema.or_else(|| self.schema_of(target.as_ref())).or_else(|| self.schema_of(patch.as_ref()));
        let (left, right) = (shape(target.as_ref()), shape(patch.as_ref()));
        if let (Some(target), Some(patch)) = (&target, &patch)
            && left != right
            && left != Shape::Nothing
            && right != Shape::Nothing
        {
            let message =
                format!("the patch has an {} where the object has an {}", patch.type_name(), target.type_name());
            return Err(Fault::new(&PATCH, patch.span, message).with_related(target.span, "in the object"));
        }
        match if left == Shape::Nothing { right } else { left } {
            Shape::Mapping | Shape::Nothing => self.walk_mapping(target, patch, schema),
            Shape::Scalar => Ok(match (patch, target) {
                (Some(patch), Some(target)) => Some(self.in_style_of(&target, patch)),
                (patch, target) => patch.or(target),
            }),
            Shape::Sequence => match schema.as_ref().and_then(Schema::merge) {
                Some(keys) => self.walk_associative(target, patch, keys, schema.as_ref().and_then(Schema::element)),
                None => Ok(patch.or(target)),
            },
        }
    }

    /// A scalar of a patch in the style of the one that it replaces: what stood in quotes stays a text, `3` becomes `"3"`.
    fn in_style_of(&self, target: &Owned, mut patch: Owned) -> Owned {
        let Value::String(old) = &target.value else { return patch };
        if patch.is_null() {
            return patch;
        }
        let is_quoted = self.files.text_of(target.span).is_some_and(|text| text.starts_with(['"', '\'', '|', '>']))
            || !matches!(plain_scalar(Dialect::Kyaml, old), Value::String(_));
        let written = self.files.text_of(patch.span).filter(|text| !text.starts_with(['"', '\'', '|', '>', '!']));
        let is_resolved = |written: &String| match (plain_scalar(Dialect::Kyaml, written), &patch.value) {
            // A date is a text, but not the one that was written
            (Value::String(text), Value::String(value)) => text == *value && written != value,
            (_, value) => !matches!(value, Value::String(_)),
        };
        if let Some(written) = written.filter(is_resolved).filter(|_| is_quoted) {
            patch.value = Value::String(written.into());
        }
        patch
    }

    fn schema_of(&self, node: Option<&Owned>) -> Option<Schema<'m>> {
        let text = |key| node?.get(key)?.as_str().filter(|text| !text.is_empty());
        self.schemas.kind(text("apiVersion")?, text("kind")?)
    }

    fn walk_mapping(
        &self,
        target: Option<Owned>,
        mut patch: Option<Owned>,
        schema: Option<Schema<'m>>,
    ) -> Fallible<Option<Owned>> {
        let is_absent = target.as_ref().is_none_or(Node::is_null);
        let mut result = if is_absent {
            if mapping_directive(patch.as_mut())? == Directive::Delete {
                return Ok(None);
            }
            match (&patch, target) {
                // A null that is written out stays; a key without a value goes.
                (None, Some(null)) if null.span.start < null.span.end => return Ok(Some(null)),
                (None, _) => return Ok(None),
                (Some(patch), _) => patch.clone(),
            }
        } else {
            if patch.as_ref().is_some_and(Node::is_null) {
                return Ok(None);
            }
            match (mapping_directive(patch.as_mut())?, &patch) {
                (Directive::Delete, _) => return Ok(None),
                (Directive::Replace, Some(patch)) => patch.clone(),
                _ => match target {
                    Some(mut target) => {
                        target.remove(DIRECTIVE);
                        target
                    }
                    None => return Ok(None),
                },
            }
        };
        let fields = |node: Option<&Owned>| -> Vec<String> {
            node.map(Node::entries).unwrap_or_default().iter().map(|entry| entry.key.to_string()).collect()
        };
        let names: BTreeSet<String> = fields(Some(&result)).into_iter().chain(fields(patch.as_ref())).collect();
        for name in names {
            let below = schema.as_ref().and_then(|schema| schema.field(&name));
            let old = result.entries_mut().and_then(|entries| entries.iter_mut().find(|entry| entry.key == name));
            let old =
                old.map(|entry| std::mem::replace(&mut entry.value, Node { span: entry.key_span, value: Value::Null }));
            let new = patch.as_mut().and_then(|patch| patch.remove(&name));
            let (key_span, new) = new.map_or((None, None), |entry| (Some(entry.key_span), Some(entry.value)));
            let had_patch = new.is_some();
            match self.walk(old, new, below)? {
                Some(value) if value.is_null() && had_patch => drop(result.remove(&name)),
                Some(value) => put(&mut result, name, key_span, value),
                None => drop(result.remove(&name)),
            }
        }
        Ok(Some(result))
    }

    fn walk_associative(
        &self,
        target: Option<Owned>,
        mut patch: Option<Owned>,
        keys: &[String],
        schema: Option<Schema<'m>>,
    ) -> Fallible<Option<Owned>> {
        let mut list = if target.as_ref().is_none_or(Node::is_null) {
            match &patch {
                Some(patch) => patch.clone(),
                None => return Ok(None),
            }
        } else {
            if patch.as_ref().is_some_and(Node::is_null) {
                return Ok(None);
            }
            match (sequence_directive(patch.as_mut())?, &patch, target) {
                (Directive::Delete, ..) | (_, _, None) => return Ok(None),
                (Directive::Replace, Some(patch), _) => patch.clone(),
                (_, _, Some(mut target)) => {
                    sequence_directive(Some(&mut target))?;
                    target
                }
            }
        };
        let patch = patch.map(items).unwrap_or_default();
        let span = list.span;
        let elements = list.items_mut().map(std::mem::take).unwrap_or_default();
        let merged = self.merge_elements(elements, &patch, keys, schema, span)?;
        if let Some(items) = list.items_mut() {
            *items = merged;
        }
        Ok(Some(list))
    }

    fn merge_elements(
        &self,
        mut elements: Vec<Owned>,
        patch: &[Owned],
        keys: &[String],
        schema: Option<Schema<'m>>,
        span: Span,
    ) -> Fallible<Vec<Owned>> {
        let primitive = [String::new()];
        let keys = if keys.is_empty() { &primitive } else { keys };
        let mut wanted: Vec<Values> = Vec::new();
        for element in patch.iter().chain(&elements) {
            let values = values_of(element, keys);
            if !wanted.contains(&values) {
                wanted.push(values);
            }
        }
        if keys.len() > 1 {
            unify(&mut wanted);
        }
        let mut added: Vec<Owned> = Vec::new();
        let mut last_keys: Vec<String> = keys.to_vec();
        for values in &wanted {
            let (valid_keys, valid_values) = valid(&wanted, values, keys);
            last_keys.clone_from(&valid_keys);
            let (match_keys, match_values) = valid(std::slice::from_ref(&valid_values), &valid_values, &valid_keys);
            let at = elements.iter().position(|element| is_element(element, &match_keys, &match_values));
            let old = at.and_then(|at| elements.get(at).cloned());
            let new = patch.iter().find(|element| is_element(element, &match_keys, &match_values)).cloned();
            let merged = self.walk(old, new.clone(), schema)?;
            let Some(mut merged) = merged.filter(|merged| !is_empty(merged)) else {
                set_element(&mut elements, &valid_keys, &valid_values, None);
                continue;
            };
            for (key, value) in
                valid_keys.iter().zip(&valid_values).filter(|(key, value)| !key.is_empty() && !value.is_empty())
            {
                if merged.get(key).is_none() {
                    merged.set(key.clone(), Node::string(value.clone(), span));
                }
            }
            // Upstream changes the element in place, unless the patch replaces it: what is appended below is this one.
            let is_replaced = new.as_ref().is_some_and(|new| has_directive(new, "replace"));
            if let Some(element) = at.and_then(|at| elements.get_mut(at)).filter(|_| !is_replaced) {
                element.clone_from(&merged);
            }
            set_element(&mut added, &valid_keys, &valid_values, Some(merged));
        }
        if wanted.is_empty() {
            return Ok(elements);
        }
        for element in elements {
            append(&mut added, element, &last_keys);
        }
        Ok(added)
    }
}

fn shape(node: Option<&Owned>) -> Shape {
    match node.map(|node| &node.value) {
        None | Some(Value::Null) => Shape::Nothing,
        Some(Value::Mapping(_)) => Shape::Mapping,
        Some(Value::Sequence(_)) => Shape::Sequence,
        Some(_) => Shape::Scalar,
    }
}

fn items(node: Owned) -> Vec<Owned> {
    match node.value {
        Value::Sequence(items) => items,
        _ => Vec::new(),
    }
}

fn is_empty(node: &Owned) -> bool {
    node.is_null() || node.is_mapping() && node.entries().is_empty()
}

/// Sets a field; a new one has the place of its key in the patch.
fn put(node: &mut Owned, name: String, key_span: Option<Span>, value: Owned) {
    let Some(entries) = node.entries_mut() else { return };
    if let Some(entry) = entries.iter_mut().find(|entry| entry.key == name) {
        entry.value = value;
    } else {
        let key_span = key_span.unwrap_or(value.span);
        entries.push(Entry { key: Cow::Owned(name), key_span, value });
    }
}

fn directive(text: &Node<'_>) -> Fallible<Directive> {
    match text.as_str() {
        Some("delete") => Ok(Directive::Delete),
        Some("replace") => Ok(Directive::Replace),
        Some("merge") => Ok(Directive::Merge),
        _ => {
            let shown = text.scalar_text().unwrap_or_default().into_owned();
            let message = format!("`{shown}` is not a directive of a strategic merge patch");
            Err(Fault::new(&PATCH, text.span, message).with_help("write `delete`, `replace` or `merge`"))
        }
    }
}

fn has_directive(node: &Owned, wanted: &str) -> bool {
    node.get(DIRECTIVE).and_then(Node::as_str) == Some(wanted)
}

/// Takes the directive out of a patch's mapping.
fn mapping_directive(patch: Option<&mut Owned>) -> Fallible<Directive> {
    match patch.and_then(|patch| patch.remove(DIRECTIVE)) {
        Some(entry) => directive(&entry.value),
        None => Ok(Directive::Merge),
    }
}

/// Takes the directive out of a patch's list: an element of its own.
fn sequence_directive(patch: Option<&mut Owned>) -> Fallible<Directive> {
    let Some(items) = patch.and_then(Node::items_mut) else { return Ok(Directive::Merge) };
    let found = items.iter().find(|item| item.get(DIRECTIVE).is_some());
    let Some(found) = found.filter(|item| item.entries().len() == 1).and_then(|item| item.get(DIRECTIVE)) else {
        return Ok(Directive::Merge);
    };
    let directive = directive(found)?;
    let word = found.as_str().unwrap_or_default().to_owned();
    set_element(items, &[DIRECTIVE.to_owned()], &[word], None);
    Ok(directive)
}

/// The values of an element's merge keys, or its own when it is a scalar of a list of those.
fn values_of(element: &Owned, keys: &[String]) -> Values {
    let text = |node: &Owned| node.scalar_text().unwrap_or_default().into_owned();
    let value = |key: &String| match key.as_str() {
        "" => text(element),
        key => element.get(key).filter(|value| !value.is_null_or_empty()).map(text).unwrap_or_default(),
    };
    keys.iter().map(value).collect()
}

/// Makes values that are the same where both are given the same everywhere: a port without a protocol is the port.
fn unify(wanted: &mut [Values]) {
    for one in 0..wanted.len() {
        for other in 0..wanted.len() {
            if let Some(values) = wanted.get(one).zip(wanted.get(other)).and_then(|(one, other)| union(one, other)) {
                for index in [one, other] {
                    if let Some(place) = wanted.get_mut(index) {
                        place.clone_from(&values);
                    }
                }
            }
        }
    }
}

fn union(one: &Values, other: &Values) -> Option<Values> {
    let mut shared = false;
    let mut values = Values::new();
    for (one, other) in one.iter().zip(other) {
        shared |= one == other;
        if one != other && !one.is_empty() && !other.is_empty() {
            return None;
        }
        values.push(if one.is_empty() { other.clone() } else { one.clone() });
    }
    shared.then_some(values)
}

/// The keys that any element has, with this element's values of them.
fn valid(all: &[Values], values: &Values, keys: &[String]) -> (Vec<String>, Values) {
    let used = |index: usize| all.iter().any(|values| values.get(index).is_some_and(|value| !value.is_empty()));
    if !(0..keys.len()).any(used) {
        return (keys.to_vec(), values.clone());
    }
    let kept = |index: &usize| used(*index);
    let valid_keys = (0..keys.len()).filter(kept).filter_map(|index| keys.get(index).cloned()).collect();
    let valid_values = (0..values.len()).filter(kept).filter_map(|index| values.get(index).cloned()).collect();
    (valid_keys, valid_values)
}

/// Whether an element has these values.
fn is_element(element: &Owned, keys: &[String], values: &[String]) -> bool {
    keys.iter().zip(values).all(|(key, value)| match key.as_str() {
        "" => element.scalar_text().is_some_and(|text| text == value.as_str()),
        key => element.get(key).and_then(Node::scalar_text).is_some_and(|text| text == value.as_str()),
    })
}

/// Replaces the elements with these values, removes them, or appends a new one. Empty elements go.
fn set_element(elements: &mut Vec<Owned>, keys: &[String], values: &[String], element: Option<Owned>) {
    let for_mappings =
        keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|value| !value.is_empty());
    let mut is_found = false;
    let mut kept = Vec::with_capacity(elements.len() + 1);
    for old in std::mem::take(elements) {
        if is_empty(&old) {
            continue;
        }
        if !old.is_mapping() && for_mappings {
            kept.push(old);
            continue;
        }
        if matches_element(&old, keys, values) {
            is_found = true;
            kept.extend(element.clone());
        } else if !values.is_empty() {
            kept.push(old);
        }
    }
    *elements = kept;
    if let Some(element) = element.filter(|element| !is_found && !element.is_null()) {
        elements.push(element);
    }
}

/// As [`is_element`], but an empty value stands for any.
fn matches_element(element: &Owned, keys: &[String], values: &[String]) -> bool {
    let matches = |(key, value): (&String, &String)| match key.as_str() {
        "" => element.scalar_text().is_some_and(|text| text == value.as_str()),
        key => element
            .get(key)
            .is_some_and(|found| value.is_empty() || found.scalar_text().is_some_and(|text| text == value.as_str())),
    };
    !values.is_empty() && keys.iter().zip(values).all(matches)
}

/// Puts an element of the old list behind those that the patch has brought, or in its place among them.
fn append(added: &mut Vec<Owned>, element: Owned, keys: &[String]) {
    if keys.first().is_none_or(String::is_empty) {
        let value = element.scalar_text().unwrap_or_default().into_owned();
        set_element(added, &[String::new()], &[value], Some(element));
        return;
    }
    let mut values = Values::new();
    for key in keys {
        match element.get(key) {
            Some(value) => values.push(value.scalar_text().unwrap_or_default().into_owned()),
            None => added.push(element.clone()),
        }
    }
    if keys.len() > 1 {
        set_element(added, keys, &values, None);
    }
    set_element(added, keys, &values, Some(element));
}
