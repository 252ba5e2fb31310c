//! A custom resource as the API server holds it before it looks at it: without the nulls that stand for nothing, and with
//! the schema's defaults.
//!
//! In: the structural schema of a kind, then objects of it. Out: the same objects, settled; what a default put there has
//! the place of the object that it was put into. It never judges a value. Source:
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{defaulting,objectmeta}`.

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use crate::manifest::{Entry, Node, Span, Value};

/// Deeper schemas than the API server's own limits allow are cut here: what is below gets no defaults.
const DEEPEST: usize = 128;

/// The part of a schema that matters here.
#[expect(clippy::struct_excessive_bools, reason = "each is a keyword, or whether one is further down")]
#[derive(Debug)]
pub(crate) struct Settling {
    nullable: bool,
    default: Option<Json>,
    fields: FxHashMap<String, Settling>,
    /// The items of a list, or the values of a map.
    inner: Option<Box<Settling>>,
    /// Whether there is a default here or further down.
    defaults: bool,
    /// Whether this is the resource itself or one embedded in it: its `metadata` is of Kubernetes' own type.
    is_resource: bool,
    /// Whether a resource is embedded here or further down.
    embeds: bool,
}

impl Settling {
    /// Of a structural schema.
    pub(crate) fn new(schema: &Json) -> Self {
        Self { is_resource: true, ..Self::below(schema, DEEPEST) }
    }

    fn below(schema: &Json, depth: usize) -> Self {
        let part = |schema: &Json| depth.checked_sub(1).map(|depth| Self::below(schema, depth));
        let properties = schema.get("properties").and_then(Json::as_object).into_iter().flatten();
        let fields: FxHashMap<String, Self> =
            properties.filter_map(|(name, schema)| Some((name.clone(), part(schema)?))).collect();
        let values = schema.get("additionalProperties").filter(|values| values.is_object());
        let inner = schema.get("items").or(values).and_then(part).map(Box::new);
        let is_resource = schema.get("x-kubernetes-embedded-resource") == Some(&Json::Bool(true));
        let default = schema.get("default").filter(|default| !default.is_null()).cloned();
        Self {
            nullable: schema.get("nullable") == Some(&Json::Bool(true)),
            defaults: default.is_some()
                || fields.values().any(|field| field.defaults)
                || inner.as_ref().is_some_and(|inner| inner.defaults),
            embeds: is_resource
                || fields.values().any(|field| field.embeds)
                || inner.as_ref().is_some_and(|inner| inner.embeds),
            default,
            fields,
            inner,
            is_resource,
        }
    }

    /// Hands on the resources that are embedded in a node, in the order that they stand in it; not the node itself.
    pub(crate) fn embedded<'n, 's>(&self, node: &'n Node<'s>, found: &mut dyn FnMut(&'n Node<'s>)) {
        if !self.embeds {
            return;
        }
        let mut look = |part: Option<&Self>, node: &'n Node<'s>| {
            let Some(part) = part.filter(|part| part.embeds) else { return };
            if part.is_resource && node.is_mapping() {
                found(node);
            }
            part.embedded(node, found);
        };
        for entry in node.entries() {
            look(self.fields.get(entry.key.as_ref()).or(self.inner.as_deref()), &entry.value);
        }
        for item in node.items() {
            look(self.inner.as_deref(), item);
        }
    }

    /// The node, settled; itself where there is nothing to do.
    pub(crate) fn settle<'n, 's>(&self, node: &'n Node<'s>) -> Cow<'n, Node<'s>> {
        if !self.defaults && !has_null(node) {
            return Cow::Borrowed(node);
        }
        let mut node = node.clone();
        self.settle_in_place(&mut node);
        Cow::Owned(node)
    }

    fn settle_in_place(&self, node: &mut Node<'_>) {
        let span = node.span;
        match &mut node.value {
            Value::Mapping(entries) => {
                if self.is_resource
                    && let Some(metadata) = entries.iter_mut().find(|entry| entry.key == "metadata")
                {
                    settle_metadata(&mut metadata.value);
                }
                // Fields first, and values of a map for the keys that are no fields.
                entries.retain(|entry| match (self.fields.get(entry.key.as_ref()), &self.inner) {
                    (Some(field), _) => !entry.value.is_null() || field.nullable,
                    (None, Some(values)) => !entry.value.is_null() || values.nullable || values.default.is_some(),
                    (None, None) => true,
                });
                for (name, field) in &self.fields {
                    if let Some(default) = &field.default
                        && entries.iter().all(|entry| entry.key != *name)
                    {
                        let at = Span { end: span.start, ..span };
                        entries.push(Entry {
                            key: Cow::Owned(name.clone()),
                            key_span: at,
                            value: from_json(default, at),
                        });
                    }
                }
                for entry in entries {
                    match (self.fields.get(entry.key.as_ref()), &self.inner) {
                        (Some(field), _) => field.settle_in_place(&mut entry.value),
                        (None, Some(values)) => values.settle_item(&mut entry.value),
                        (None, None) => {}
                    }
                }
            }
            Value::Sequence(items) => {
                if let Some(inner) = &self.inner {
                    for item in items {
                        inner.settle_item(item);
                    }
                }
            }
            _ => {}
        }
    }

    /// In maps and lists a null is replaced by the default; in objects it is as if the field were absent.
    fn settle_item(&self, item: &mut Node<'_>) {
        if let (true, false, Some(default)) = (item.is_null(), self.nullable, &self.default) {
            *item = from_json(default, item.span);
        }
        self.settle_in_place(item);
    }
}

/// Metadata passes through Kubernetes' own type, whatever the schema says: a null field of it is absent, and a null label
/// or annotation is the empty text. Fields that the type has not stay, for strict decoding to refuse them.
fn settle_metadata(metadata: &mut Node<'_>) {
    if metadata.is_null() {
        metadata.value = Value::Mapping(Vec::new());
    }
    drop_null_fields(metadata, METADATA);
    let Value::Mapping(fields) = &mut metadata.value else { return };
    for field in fields {
        match (field.key.as_ref(), &mut field.value.value) {
            ("labels" | "annotations", Value::Mapping(texts)) => {
                for text in texts.iter_mut().filter(|text| text.value.is_null()) {
                    text.value.value = Value::String(Cow::Borrowed(""));
                }
            }
            ("ownerReferences", Value::Sequence(owners)) => {
                for owner in owners {
                    drop_null_fields(owner, OWNER_REFERENCE);
                }
            }
            ("managedFields", Value::Sequence(managers)) => {
                for manager in managers {
                    drop_null_fields(manager, MANAGED_FIELDS);
                }
            }
            _ => {}
        }
    }
}

const METADATA: &[&str] = &[
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];
const OWNER_REFERENCE: &[&str] = &["apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid"];
const MANAGED_FIELDS: &[&str] =
    &["apiVersion", "fieldsType", "fieldsV1", "manager", "operation", "subresource", "time"];

fn drop_null_fields(node: &mut Node<'_>, known: &[&str]) {
    if let Value::Mapping(entries) = &mut node.value {
        entries.retain(|entry| !entry.value.is_null() || !known.contains(&entry.key.as_ref()));
    }
}

fn has_null(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Sequence(items) => items.iter().any(has_null),
        Value::Mapping(entries) => entries.iter().any(|entry| has_null(&entry.value)),
        _ => false,
    }
}

fn from_json<'s>(json: &Json, span: Span) -> Node<'s> {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::Int(number),
            (None, Some(number)) => Value::UInt(number),
            (None, None) => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::String(Cow::Owned(text.clone())),
        Json::Array(items) => Value::Sequence(items.iter().map(|item| from_json(item, span)).collect()),
        Json::Object(members) => Value::Mapping(
            (members.iter())
                .map(|(key, value)| Entry {
                    key: Cow::Owned(key.clone()),
                    key_span: span,
                    value: from_json(value, span),
                })
                .collect(),
        ),
    };
    Node { span, value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{FileId, Source, objects, to_json_value};
    use serde_json::json;

    #[track_caller]
    fn settled(schema: &Json, spec: &str, expected: &Json) {
        let schema = json!({ "type": "object", "properties": { "spec": schema } });
        let source = Source::new("a.yaml", format!("apiVersion: a.b/v1\nkind: C\nspec: {spec}\n"));
        let object = objects(&source).next().unwrap();
        let node = Settling::new(&schema).settle(&object.node).into_owned();
        assert_eq!(node.get("spec").map(to_json_value).as_ref(), Some(expected));
        assert_eq!(node.span.file, FileId(0));
    }

    #[test]
    fn a_null_is_dropped_and_gives_way_to_the_default() {
        let schema = json!({ "type": "object", "properties": {
            "a": { "type": "string", "default": "x" }, "b": { "type": "string", "nullable": true, "default": "y" },
            "c": { "type": "string" } } });
        settled(
            &schema,
            "{a: null, b: null, c: null, unknown: null}",
            &json!({ "b": null, "unknown": null, "a": "x" }),
        );
    }

    #[test]
    fn metadata_is_settled_as_kubernetes_own_type_at_the_root_and_in_embedded_resources() {
        let schema = json!({ "type": "object", "properties": {
            "spec": { "type": "object", "properties": {
                "template": { "type": "object", "x-kubernetes-embedded-resource": true },
                "plain": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } } } } });
        let metadata = "{creationTimestamp: null, labels: {a: null}, ownerReferences: [{uid: null, name: x}], x: null}";
        let source = Source::new(
            "a.yaml",
            format!(
                "apiVersion: a.b/v1\nkind: C\nmetadata: {metadata}\nspec: {{template: {{metadata: {metadata}}}, \
                 plain: {{metadata: {{labels: null}}}}}}\n"
            ),
        );
        let object = objects(&source).next().unwrap();
        let node = Settling::new(&schema).settle(&object.node).into_owned();
        let settled = json!({ "labels": { "a": "" }, "ownerReferences": [{ "name": "x" }], "x": null });
        assert_eq!(node.get("metadata").map(to_json_value).as_ref(), Some(&settled));
        assert_eq!(node.path(&["spec", "template", "metadata"]).map(to_json_value).as_ref(), Some(&settled));
        let plain = node.path(&["spec", "plain", "metadata"]).map(to_json_value);
        assert_eq!(plain, Some(json!({ "labels": null })));
    }

    #[test]
    fn defaults_within_defaults_and_within_items_apply() {
        let schema = json!({ "type": "object", "properties": {
            "nested": { "type": "object", "default": {}, "properties": { "mode": { "type": "string", "default": "on" } } },
            "ports": { "type": "array", "items": { "type": "object", "properties": { "protocol": { "default": "TCP" } } } } } });
        settled(
            &schema,
            "{ports: [{}, {protocol: UDP}]}",
            &json!({
            "ports": [{ "protocol": "TCP" }, { "protocol": "UDP" }], "nested": { "mode": "on" } }),
        );
        let values =
            json!({ "type": "object", "additionalProperties": { "properties": { "port": { "default": 80 } } } });
        settled(&values, "{a: {}, b: null}", &json!({ "a": { "port": 80 } }));
    }
}
