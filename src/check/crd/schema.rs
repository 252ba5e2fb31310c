//! `openAPIV3Schema`: the keywords and their values, part by part.
//!
//! In: the root of a version's schema. Out: findings about keywords that no schema of a custom resource may have and
//! about lists and maps that could not be merged. It hands a schema without such keywords on to the checks of structure,
//! defaults and rules.

use super::{default, flag, one_of, report, rule, structural, text};
use crate::catalogue::Rule;
use crate::catalogue::crd::{INVALID, NOT_STRUCTURAL};
use crate::check::Sink;
use crate::manifest::Node;

const TYPES: &[&str] = &["array", "boolean", "integer", "number", "object", "string"];

/// Keywords of JSON Schema that the API server has no use for, and what to write instead.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("$ref", "write the schema out in place"),
    ("$schema", "remove it"),
    ("id", "remove it"),
    ("definitions", "write the schemas out where they are used"),
    ("dependencies", "say it in a rule of `x-kubernetes-validations`"),
    ("patternProperties", "use `additionalProperties`"),
    ("additionalItems", "describe all items in `items`"),
];

/// The keywords that may stand at the root of a schema with the status subresource.
const BESIDE_STATUS: &[&str] = &[
    "description",
    "type",
    "format",
    "title",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "multipleOf",
    "required",
    "items",
    "properties",
    "externalDocs",
    "example",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// What the parts above a part of a schema say about it.
#[derive(Debug, Clone, Copy)]
struct Within {
    /// Part of `apiVersion`, `kind` or `metadata`.
    metadata: bool,
    /// Why there may be no default.
    no_default: Option<&'static str>,
    /// In a list whose items cannot be found again in the old object.
    unmatched_list: bool,
    /// Under `anyOf`, `allOf`, `oneOf` or `not`.
    junctor: bool,
}

pub(super) fn check(root: &Node<'_>, status_subresource: bool, sink: &mut Sink<'_, '_>) {
    if !root.is_mapping() {
        return;
    }
    if status_subresource {
        check_root_beside_status(root, sink);
    }
    if flag(root, "nullable")
        && let Some(nullable) = root.get("nullable")
    {
        report(sink, &INVALID, nullable, "the root of a schema is `nullable`", "remove `nullable`");
    }
    let mut walk = Walk { sink, unsupported: false, broken: false, rules: Vec::new() };
    walk.visit(root, true, Within { metadata: false, no_default: None, unmatched_list: false, junctor: false });
    let Walk { unsupported, broken, rules, .. } = walk;
    // What follows from a keyword that is not supported would only hide it.
    if unsupported {
        return;
    }
    let sound = structural::check(root, sink) && default::check(root, sink) && !broken;
    for (part, is_root, unmatched_list) in rules {
        rule::check(part, is_root, unmatched_list, sound, sink);
    }
}

/// With the status subresource, `properties.status` is validated alone: nothing at the root may depend on it.
fn check_root_beside_status(root: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for entry in root.entries() {
        if !structural::is_zero(&entry.value) && !BESIDE_STATUS.contains(&entry.key.as_ref()) {
            let message = format!("`{}` stands at the root of a schema with the status subresource", entry.key);
            sink.key(&INVALID, entry, message).help = Some("move it into `properties.spec`".to_owned());
        }
    }
}

/// Whether a keyword with a value is to the server as if it were not there: of some it looks at their length, of others
/// whether they were written at all.
fn counts_as_absent(keyword: &str, value: &Node<'_>) -> bool {
    match keyword {
        "$ref" | "dependencies" => value.is_null(),
        "definitions" | "patternProperties" => value.entries().is_empty() && value.is_mapping() || value.is_null(),
        _ => structural::is_zero(value),
    }
}

struct Walk<'w, 'o, 's, 'n, 'm> {
    sink: &'w mut Sink<'o, 's>,
    /// Whether a keyword that is not supported was found.
    unsupported: bool,
    /// Whether anything else was found.
    broken: bool,
    /// The parts with rules: whether each is the root, and whether it is in a list without keys.
    rules: Vec<(&'n Node<'m>, bool, bool)>,
}

impl<'n, 'm> Walk<'_, '_, '_, 'n, 'm> {
    fn found(&mut self, rule: &'static Rule, node: &Node<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.broken = true;
        report(self.sink, rule, node, message, help);
    }

    fn visit(&mut self, schema: &'n Node<'m>, is_root: bool, within: Within) {
        self.check_keywords(schema, within);
        self.check_map_type(schema);
        self.check_list_type(schema);
        if schema.present("x-kubernetes-validations").is_some_and(|rules| !rules.items().is_empty()) {
            // In junctors rules are not structural: one finding is enough.
            if !within.junctor {
                self.rules.push((schema, is_root, within.unmatched_list));
            }
        }
        let has_meta = is_root || flag(schema, "x-kubernetes-embedded-resource");
        for entry in schema.present("properties").map(Node::entries).unwrap_or_default() {
            let mut below = within;
            if has_meta && ["apiVersion", "kind", "metadata"].contains(&entry.key.as_ref()) {
                below.metadata = true;
                if is_root {
                    below.no_default = Some("in the `metadata`, `apiVersion` or `kind` of the root");
                }
            }
            self.visit(&entry.value, false, below);
        }
        if let Some(values) = schema.present("additionalProperties").filter(|values| values.is_mapping()) {
            let no_default = if within.metadata { Some("in a map within metadata") } else { within.no_default };
            self.visit(values, false, Within { no_default, ..within });
        }
        if let Some(items) = schema.present("items").filter(|items| items.is_mapping()) {
            let keyed = text(schema, "x-kubernetes-list-type") == Some("map");
            self.visit(items, false, Within { unmatched_list: within.unmatched_list || !keyed, ..within });
        }
        let nested = Within { junctor: true, ..within };
        for junctor in ["allOf", "anyOf", "oneOf"] {
            for branch in schema.present(junctor).map(Node::items).unwrap_or_default() {
                self.visit(branch, false, nested);
            }
        }
        if let Some(not) = schema.present("not") {
            self.visit(not, false, nested);
        }
    }

    fn check_keywords(&mut self, schema: &Node<'_>, within: Within) {
        for (keyword, help) in UNSUPPORTED {
            if let Some(entry) = schema.entry(keyword)
                && !counts_as_absent(keyword, &entry.value)
            {
                self.unsupported = true;
                let message = format!("`{keyword}` is not supported in the schema of a custom resource");
                self.sink.key(&NOT_STRUCTURAL, entry, message).help = Some((*help).to_owned());
            }
        }
        if let Some(node) = schema.present("items")
            && !node.items().is_empty()
        {
            self.unsupported = true;
            let message = "`items` is a list of schemas";
            report(self.sink, &NOT_STRUCTURAL, node, message, "write one schema for all items");
        }
        if let Some(node) = schema.present("type")
            && let Some(name) = node.as_str()
            && !name.is_empty()
            && !TYPES.contains(&name)
        {
            let help =
                if name == "null" { "write `nullable: true`".to_owned() } else { format!("write {}", one_of(TYPES)) };
            self.found(&NOT_STRUCTURAL, node, format!("unknown type `{name}`"), help);
        }
        if let Some(reason) = within.no_default
            && let Some(node) = schema.present("default")
        {
            self.found(&INVALID, node, format!("a default {reason}"), "remove the default");
        }
        if flag(schema, "uniqueItems")
            && let Some(node) = schema.get("uniqueItems")
        {
            let help = "write `x-kubernetes-list-type: set`";
            self.found(&NOT_STRUCTURAL, node, "`uniqueItems: true` is not supported", help);
        }
        if within.metadata
            && flag(schema, "x-kubernetes-embedded-resource")
            && let Some(node) = schema.get("x-kubernetes-embedded-resource")
        {
            self.found(&INVALID, node, "a resource is embedded in metadata", "remove `x-kubernetes-embedded-resource`");
        }
        if let Some(node) = schema.present("additionalProperties")
            && node.as_bool() != Some(true)
            && schema.present("properties").is_some_and(|properties| !properties.entries().is_empty())
        {
            let message = "`additionalProperties` stands beside `properties`";
            let help = if node.as_bool() == Some(false) {
                "remove `additionalProperties`: unknown fields are dropped anyway"
            } else {
                "keep `properties` for an object with known fields, or `additionalProperties` for a map"
            };
            self.found(&NOT_STRUCTURAL, node, message, help);
        }
        if let Some(node) = schema.present("x-kubernetes-preserve-unknown-fields")
            && node.as_bool() == Some(false)
        {
            self.unsupported = true;
            let message = "`x-kubernetes-preserve-unknown-fields` is `false`";
            report(self.sink, &NOT_STRUCTURAL, node, message, "remove it: unknown fields are dropped anyway");
        }
    }

    fn check_map_type(&mut self, schema: &Node<'_>) {
        let Some(node) = schema.present("x-kubernetes-map-type") else { return };
        let Some(map_type) = node.as_str() else { return };
        self.check_carrier(schema, node, "object");
        self.check_choice(node, map_type, &["atomic", "granular"]);
    }

    fn check_list_type(&mut self, schema: &Node<'_>) {
        let keys = schema.present("x-kubernetes-list-map-keys").filter(|keys| !keys.items().is_empty());
        let Some(node) = schema.present("x-kubernetes-list-type") else {
            if let Some(keys) = keys {
                let message = "`x-kubernetes-list-map-keys` stands on a list that is no map";
                self.found(&INVALID, keys, message, "add `x-kubernetes-list-type: map`");
            }
            return;
        };
        let Some(list_type) = node.as_str() else { return };
        self.check_carrier(schema, node, "array");
        self.check_choice(node, list_type, &["atomic", "set", "map"]);
        let items = schema.present("items").filter(|items| items.is_mapping());
        if let Some(items) = items
            && matches!(list_type, "set" | "map")
            && flag(items, "nullable")
            && let Some(nullable) = items.get("nullable")
        {
            let message = format!("items of a list of type `{list_type}` are `nullable`");
            self.found(&INVALID, nullable, message, "remove `nullable`");
        }
        match (list_type, keys) {
            ("set", _) => {
                if let Some(items) = items {
                    self.check_set_items(items);
                }
            }
            ("map", Some(keys)) => self.check_list_map(keys, items, schema),
            ("map", None) => {
                let message = "a list of type `map` lacks `x-kubernetes-list-map-keys`";
                self.found(&INVALID, node, message, "add the fields that tell its items apart");
            }
            _ => {}
        }
        if list_type != "map"
            && let Some(keys) = keys
        {
            let message = format!("`x-kubernetes-list-map-keys` stands on a list of type `{list_type}`");
            self.found(&INVALID, keys, message, "write `x-kubernetes-list-type: map`, or remove the keys");
        }
    }

    /// The keyword wants another type than its schema has.
    fn check_carrier(&mut self, schema: &Node<'_>, node: &Node<'_>, wanted: &str) {
        if text(schema, "type") != Some(wanted) {
            let keyword = if wanted == "object" { "x-kubernetes-map-type" } else { "x-kubernetes-list-type" };
            let message = format!("`{keyword}` stands on a schema that is not of type `{wanted}`");
            self.found(&INVALID, node, message, format!("write `type: {wanted}`, or remove it"));
        }
    }

    fn check_choice(&mut self, node: &Node<'_>, value: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            self.found(&INVALID, node, format!("unknown value `{value}`"), format!("write {}", one_of(allowed)));
        }
    }

    fn check_set_items(&mut self, items: &Node<'_>) {
        let (keyword, help) = match text(items, "type") {
            Some("array") => match text(items, "x-kubernetes-list-type") {
                None | Some("atomic") => return,
                Some(_) => ("x-kubernetes-list-type", "write `x-kubernetes-list-type: atomic` on the items"),
            },
            Some("object") => match text(items, "x-kubernetes-map-type") {
                Some("atomic") => return,
                _ => ("x-kubernetes-map-type", "write `x-kubernetes-map-type: atomic` on the items"),
            },
            _ => return,
        };
        let node = items.present(keyword).unwrap_or(items);
        self.found(&INVALID, node, "items of a list of type `set` are not atomic", help);
    }

    fn check_list_map(&mut self, keys: &Node<'_>, items: Option<&Node<'_>>, schema: &Node<'_>) {
        // Lists without `items` are found by the checks of structure.
        let Some(items) = items else { return };
        if text(items, "type") != Some("object") {
            let node = items.present("type").or_else(|| schema.present("items")).unwrap_or(schema);
            let message = "items of a list of type `map` are not of type `object`";
            self.found(&INVALID, node, message, "write `x-kubernetes-list-type: set` or `atomic`");
            return;
        }
        let required: Vec<&str> =
            items.present("required").map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect();
        let mut seen: Vec<&str> = Vec::new();
        for node in keys.items() {
            let Some(key) = node.as_str() else { continue };
            if seen.contains(&key) {
                self.found(&INVALID, node, format!("key `{key}` is listed twice"), "remove one of them");
                continue;
            }
            seen.push(key);
            let Some(property) = items.path(&["properties", key]) else {
                let message = format!("key `{key}` is no property of the items");
                self.found(&INVALID, node, message, "name a property of the items");
                continue;
            };
            if let Some("array" | "object") = text(property, "type") {
                let message = format!("key `{key}` is not of a scalar type");
                self.found(&INVALID, node, message, "name a property that is a string, a number or a boolean");
            }
            if flag(property, "nullable") {
                let nullable = property.get("nullable").unwrap_or(property);
                self.found(&INVALID, nullable, format!("key `{key}` is `nullable`"), "remove `nullable`");
            }
            if !required.contains(&key) && property.present("default").is_none() {
                let message = format!("key `{key}` is neither required nor has it a default");
                self.found(&INVALID, node, message, format!("add `{key}` to `required` of the items"));
            }
        }
    }
}
