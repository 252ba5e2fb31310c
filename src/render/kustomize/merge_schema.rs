//! Which lists a strategic merge patch merges, and by which keys.
//!
//! In: the document that Kustomize carries (`schemas/kustomize/merge.json`; the format is in `schemas/README.md`), or
//! the OpenAPI document that a kustomization names with `openapi: {path: …}`. Out: for a kind, a schema that is followed
//! along an object's fields. It never asks the schema bundle, which is newer than what Kustomize merges by, and never
//! says whether a value is right.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::manifest::Node;

const BUILT_IN: &str = include_str!("../../../schemas/kustomize/merge.json");

static SCHEMAS: LazyLock<MergeSchemas> =
    LazyLock::new(|| serde_json::from_str(BUILT_IN).expect("the embedded schemas are read by a test"));

const DEFINITIONS: &str = "#/definitions/";

/// The schemas of kinds, as far as merging needs them.
#[derive(Debug, Default, Deserialize)]
pub(in crate::render) struct MergeSchemas {
    /// From apiVersion to kind to the definition that the kind starts at.
    kinds: FxHashMap<String, FxHashMap<String, String>>,
    definitions: FxHashMap<String, Shape>,
}

/// A place in the schema of a kind.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) struct Schema<'m> {
    schemas: &'m MergeSchemas,
    shape: &'m Shape,
}

/// What is left of a schema when only merging counts.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    /// What stands behind `#/definitions/`; with it, nothing else counts.
    #[serde(rename = "ref")]
    reference: Option<String>,
    #[serde(default)]
    fields: FxHashMap<String, Shape>,
    /// The schema of every property that has none of its own.
    values: Option<Box<Shape>>,
    items: Option<Box<Shape>>,
    /// The patch strategy, if `merge` is part of it.
    strategy: Option<String>,
    #[serde(default)]
    keys: Vec<String>,
}

impl MergeSchemas {
    /// What Kustomize merges by unless it is told otherwise.
    pub(in crate::render) fn builtin() -> &'static Self {
        &SCHEMAS
    }

    /// What a user's OpenAPI document says: it takes the place of the built-in one, for every kind.
    ///
    /// The error says what is wrong with the document, and where in it.
    pub(super) fn from_openapi(document: &Node<'_>) -> Result<Self, String> {
        let mut schemas = Self::default();
        expect_mapping(document, "the document")?;
        let Some(definitions) = document.present("definitions") else { return Ok(schemas) };
        expect_mapping(definitions, "`definitions`")?;
        for entry in definitions.entries() {
            let name = entry.key.as_ref();
            expect_mapping(&entry.value, &format!("definition `{name}`"))?;
            let shape = Shape::read(&entry.value).map_err(|error| format!("definition `{name}`: {error}"))?;
            for (api_version, kind) in kinds_of(&entry.value) {
                schemas.kinds.entry(api_version).or_default().insert(kind, name.to_owned());
            }
            schemas.definitions.insert(name.to_owned(), shape);
        }
        Ok(schemas)
    }

    /// Where a kind starts; none for a kind that is not known, or has no list that is merged.
    pub(in crate::render) fn kind(&self, api_version: &str, kind: &str) -> Option<Schema<'_>> {
        let name = self.kinds.get(api_version)?.get(kind)?;
        Some(Schema { schemas: self, shape: self.definitions.get(name)? })
    }

    /// Follows references to a shape that is none.
    fn resolve<'m>(&'m self, mut shape: &'m Shape) -> Option<&'m Shape> {
        // A chain that is longer than there are definitions leads in a circle
        for _ in 0..=self.definitions.len() {
            let Some(reference) = &shape.reference else { return Some(shape) };
            shape = self.referenced(reference)?;
        }
        None
    }

    /// A definition, or a place in one: `Widget/properties/spec`.
    fn referenced(&self, reference: &str) -> Option<&Shape> {
        let mut steps = reference.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
        let mut shape = self.definitions.get(&steps.next()?)?;
        while let Some(step) = steps.next() {
            shape = match step.as_str() {
                "properties" => shape.fields.get(&steps.next()?)?,
                "additionalProperties" => shape.values.as_deref()?,
                "items" => shape.items.as_deref()?,
                _ => return None,
            };
        }
        Some(shape)
    }
}

impl<'m> Schema<'m> {
    /// The schema of a field, or of a map's value.
    pub(in crate::render) fn field(&self, name: &str) -> Option<Schema<'m>> {
        self.at(self.shape.fields.get(name).or(self.shape.values.as_deref()))
    }

    /// The schema of a list's elements.
    pub(in crate::render) fn element(&self) -> Option<Schema<'m>> {
        self.at(self.shape.items.as_deref())
    }

    /// The keys that tell a list's elements apart, none of them for scalars; `None` for a list that is replaced.
    pub(in crate::render) fn merge(&self) -> Option<&'m [String]> {
        self.shape.strategy.is_some().then_some(self.shape.keys.as_slice())
    }

    fn at(&self, shape: Option<&'m Shape>) -> Option<Schema<'m>> {
        let shape = self.schemas.resolve(shape?)?;
        Some(Schema { schemas: self.schemas, shape })
    }
}

impl Shape {
    /// Reads a schema object. The tree's depth was bounded when it was parsed.
    fn read(schema: &Node<'_>) -> Result<Self, String> {
        if let Some(reference) = text(schema, "$ref")? {
            // What leads elsewhere names no definition, and so leads nowhere: that is how Kustomize has it too
            let name = reference.strip_prefix(DEFINITIONS).unwrap_or(&reference).to_owned();
            return Ok(Self { reference: Some(name), ..Self::default() });
        }
        let mut shape = Self::default();
        if let Some(properties) = schema.present("properties") {
            expect_mapping(properties, "`properties`")?;
            for entry in properties.entries() {
                let field = Self::read(&entry.value).map_err(|error| format!("`{}`: {error}", entry.key))?;
                shape.fields.insert(entry.key.to_string(), field);
            }
        }
        // `additionalProperties: true` says nothing of the values
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_mapping()) {
            shape.values = Some(Box::new(Self::read(values)?));
        }
        if let Some(items) = schema.get("items").filter(|items| items.is_mapping() && is_array(schema)) {
            shape.items = Some(Box::new(Self::read(items)?));
        }
        shape.strategy = text(schema, "x-kubernetes-patch-strategy")?
            .filter(|strategy| strategy.split(',').any(|part| part == "merge"));
        if shape.strategy.is_some() {
            shape.keys = merge_keys(schema)?;
        }
        Ok(shape)
    }
}

/// Whether a schema's only type is `array`. Kustomize finds no elements otherwise.
fn is_array(schema: &Node<'_>) -> bool {
    let Some(named) = schema.get("type") else { return false };
    let only = if let [only] = named.items() { only } else { named };
    only.as_str() == Some("array")
}

/// The list of keys, or else the one key, or else none: a list of scalars.
fn merge_keys(schema: &Node<'_>) -> Result<Vec<String>, String> {
    const LIST: &str = "x-kubernetes-list-map-keys";
    if let Some(keys) = schema.present(LIST) {
        let keys: Option<Vec<String>> = keys.items().iter().map(|key| key.as_str().map(str::to_owned)).collect();
        return keys.ok_or_else(|| format!("`{LIST}` must be a list of strings"));
    }
    Ok(text(schema, "x-kubernetes-patch-merge-key")?.into_iter().collect())
}

/// The apiVersions and kinds that a definition says it is of. An entry without a version or a kind is passed over.
fn kinds_of(definition: &Node<'_>) -> Vec<(String, String)> {
    let listed = definition.get("x-kubernetes-group-version-kind").map(Node::items).unwrap_or_default();
    let text = |entry: &Node<'_>, key: &str| entry.get(key).and_then(Node::as_str).map(str::to_owned);
    listed
        .iter()
        .filter_map(|entry| {
            let version = text(entry, "version")?;
            let api_version = match text(entry, "group") {
                Some(group) if !group.is_empty() => format!("{group}/{version}"),
                _ => version,
            };
            Some((api_version, text(entry, "kind")?))
        })
        .collect()
}

fn text(schema: &Node<'_>, key: &str) -> Result<Option<String>, String> {
    let Some(value) = schema.present(key) else { return Ok(None) };
    match value.as_str() {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(format!("`{key}` must be a string, and is of type {}", value.type_name())),
    }
}

fn expect_mapping(node: &Node<'_>, what: &str) -> Result<(), String> {
    if node.is_mapping() {
        Ok(())
    } else {
        Err(format!("{what} must be an object, and is of type {}", node.type_name()))
    }
}

#[cfg(test)]
mod tests;
