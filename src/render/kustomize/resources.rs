//! The objects of a rendering, in their order.
//!
//! In: objects as they are read and generated. Out: the list, in which no two have one id, and the objects that an id or
//! a selector names. It never changes an object.

use std::collections::HashMap;

use super::generate;
use super::resource::{Behavior, Id, Resource};
use super::selector::Selector;
use crate::catalogue::object::DUPLICATE;
use crate::catalogue::render::GENERATOR;
use crate::manifest::{Node, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// The objects of a rendering.
#[derive(Debug, Default, Clone)]
pub(super) struct Resources {
    pub(super) list: Vec<Resource>,
}

impl Resources {
    /// Adds an object.
    pub(super) fn append(&mut self, resource: Resource) -> Fallible<()> {
        if let Some(other) = self.same(&resource) {
            return Err(duplicate(&resource, other));
        }
        self.list.push(resource);
        Ok(())
    }

    /// Adds objects, in their order.
    pub(super) fn append_all(&mut self, resources: impl IntoIterator<Item = Resource>) -> Fallible<()> {
        resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// Adds a generated object as its behavior says.
    pub(super) fn absorb(&mut self, mut resource: Resource) -> Fallible<()> {
        let matches = self.by_any_id(|id| id.is_same(&resource.id()));
        let span = resource.name_span();
        let other = match (matches.as_slice(), resource.behavior) {
            ([], Behavior::Create) => return self.append(resource),
            ([], behavior) => {
                let behavior = if behavior == Behavior::Merge { "merge" } else { "replace" };
                let message = format!("there is no {} to {behavior}", resource.id());
                let help = "generate it in a base, or leave `behavior` out";
                return Err(Fault::new(&GENERATOR, span, message).with_help(help));
            }
            ([other], Behavior::Create) => {
                let message = format!("{} is generated, but there is one already", resource.id());
                let help = "rename it, or add `behavior: merge` or `behavior: replace`";
                let place = self.list.get(*other).map_or(span, Resource::name_span);
                return Err(Fault::new(&GENERATOR, span, message).with_help(help).with_related(place, "the other one"));
            }
            ([other], _) => *other,
            _ => {
                let message = format!("several objects are or were called {}", resource.id());
                return Err(Fault::new(&GENERATOR, span, message).with_help("give each a name of its own"));
            }
        };
        let Some(old) = self.list.get_mut(other) else { return Ok(()) };
        if resource.behavior == Behavior::Merge {
            let mut from = old.node.clone();
            if old.kind() == "Secret" && old.api_version() == "v1" {
                generate::encode_string_data(&mut from);
            }
            for field in ["data", "binaryData"] {
                merge_texts(&mut resource.node, &from, field);
            }
            resource.origin.clone_from(&old.origin);
        }
        resource.inherit(old);
        *old = resource;
        Ok(())
    }

    /// The objects that have or had an id.
    pub(super) fn by_any_id(&self, matches: impl Fn(&Id<'_>) -> bool) -> Vec<usize> {
        let any = |resource: &Resource| {
            !resource.node.is_null_or_empty()
                && (resource.previous_ids().any(|id| matches(&id)) || matches(&resource.id()))
        };
        self.list.iter().enumerate().filter(|(_, resource)| any(resource)).map(|(index, _)| index).collect()
    }

    /// The objects that a selector takes.
    pub(super) fn select(&self, selector: &Selector) -> Vec<usize> {
        let taken = |resource: &Resource| selector.selects(resource);
        self.list.iter().enumerate().filter(|(_, resource)| taken(resource)).map(|(index, _)| index).collect()
    }

    /// Drops what has become empty.
    pub(super) fn drop_empty(&mut self) {
        self.list.retain(|resource| !resource.node.is_null_or_empty());
    }

    /// Another object with the id of this one. Names are compared first: they differ mostly, and ids cost more to make.
    pub(super) fn same(&self, resource: &Resource) -> Option<&Resource> {
        let (name, id) = (resource.name(), resource.id());
        let is_same =
            |other: &&Resource| !std::ptr::eq(*other, resource) && other.name() == name && other.id().is_same(&id);
        self.list.iter().find(is_same)
    }

    /// Finds two objects that have come to have one id.
    pub(super) fn find_duplicate(&self) -> Fallible<()> {
        let mut known: HashMap<String, Vec<&Resource>> = HashMap::with_capacity(self.list.len());
        for resource in &self.list {
            let named = known.entry(resource.name().into_owned()).or_default();
            if let Some(other) = named.iter().find(|other| other.id().is_same(&resource.id())) {
                return Err(duplicate(resource, other));
            }
            named.push(resource);
        }
        Ok(())
    }
}

impl Resource {
    /// Takes over how another one is called and was called: this one takes its place.
    fn inherit(&mut self, old: &Resource) {
        merge_texts_of_metadata(&mut self.node, &old.node, "labels");
        merge_texts_of_metadata(&mut self.node, &old.node, "annotations");
        for field in ["name", "namespace"] {
            match old.node.path(&["metadata", field]) {
                Some(value) => self.set_metadata(field, value.clone()),
                None => {
                    if let Some(metadata) = self.node.get_mut("metadata") {
                        metadata.remove(field);
                    }
                }
            }
        }
        self.previous.clone_from(&old.previous);
        self.prefixes.clone_from(&old.prefixes);
        self.suffixes.clone_from(&old.suffixes);
        self.variables.clone_from(&old.variables);
        self.transformations.clone_from(&old.transformations);
        self.behavior = old.behavior;
        self.needs_hash &= old.needs_hash;
    }
}

fn duplicate(resource: &Resource, other: &Resource) -> Fault {
    let message = format!("{} is there twice", resource.id());
    Fault::new(&DUPLICATE, resource.name_span(), message)
        .with_help("take one of the two out of the resources, or give it another name or namespace")
        .with_related(other.name_span(), "the first one")
}

/// Adds what a map of strings of another object has more to the one of `node`.
fn merge_texts(node: &mut Owned, other: &Owned, field: &'static str) {
    let Some(old) = other.get(field).filter(|old| !old.is_null()) else { return };
    let Some(map) = node.mapping_at(field, old.span) else { return };
    for entry in old.entries() {
        if map.get(&entry.key).is_none()
            && let Some(entries) = map.entries_mut()
        {
            let mut entry = entry.clone();
            if let Some(text) = entry.value.scalar_text().map(std::borrow::Cow::into_owned) {
                entry.value.value = Value::String(text.into());
            }
            entries.push(entry);
        }
    }
    let is_empty = map.is_null_or_empty();
    if is_empty {
        node.remove(field);
    }
}

fn merge_texts_of_metadata(node: &mut Owned, other: &Owned, field: &'static str) {
    let Some(old) = other.path(&["metadata", field]) else { return };
    let Some(metadata) = node.mapping_at("metadata", old.span) else { return };
    let mut holder = Node { span: old.span, value: Value::Mapping(Vec::new()) };
    holder.set(field, old.clone());
    merge_texts(metadata, &holder, field);
}
