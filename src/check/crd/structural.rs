//! Whether a schema is structural: every part has a type, and junctors only restrict what is described outside of them.
//!
//! In: the root of a version's schema, without keywords that are not supported. Out: findings. It never looks at lists'
//! and maps' merge types, defaults or rules.

use super::{flag, report, text};
use crate::catalogue::crd::{INVALID, NOT_STRUCTURAL};
use crate::check::Sink;
use crate::check::schema::cel::re2;
use crate::manifest::{Node, Value};

/// Where a part of a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// Checks the structure; true when nothing was found.
pub(super) fn check(root: &Node<'_>, sink: &mut Sink<'_, '_>) -> bool {
    let mut walk = Walk { sink, sound: true };
    walk.part(root, Level::Root);
    // A quirk of the API server: only the junctors at the root are held against the properties outside of them.
    walk.junctors_describe_nothing_new(root, root);
    walk.sound
}

/// Whether a value is Go's zero value, with which a keyword counts as absent.
pub(super) fn is_zero(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Sequence(items) => items.is_empty(),
        _ => false,
    }
}

struct Walk<'w, 'o, 's> {
    sink: &'w mut Sink<'o, 's>,
    sound: bool,
}

impl Walk<'_, '_, '_> {
    fn found(&mut self, node: &Node<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.sound = false;
        report(self.sink, &NOT_STRUCTURAL, node, message, help);
    }

    fn part(&mut self, schema: &Node<'_>, level: Level) {
        let kind = text(schema, "type");
        let embedded = flag(schema, "x-kubernetes-embedded-resource");
        let properties = schema.present("properties").map(Node::entries).unwrap_or_default();
        match schema.present("items") {
            Some(items) => self.part(items, Level::Item),
            None if kind == Some("array") => {
                self.found(schema, "a list has no `items`", "describe its items: `items: {type: string}`");
            }
            None => {}
        }
        for property in properties {
            self.part(&property.value, Level::Field);
        }
        if let Some(values) = schema.present("additionalProperties") {
            if level == Level::Root {
                self.found(values, "`additionalProperties` stands at the root", "name the fields in `properties`");
            }
            if embedded {
                let message = "`additionalProperties` stands on an embedded resource";
                self.found(values, message, "use `properties`, or `x-kubernetes-preserve-unknown-fields: true`");
            }
            if values.is_mapping() {
                self.part(values, Level::Field);
            }
        }
        self.extensions(schema);
        let skip = if is_int_or_string_any_of(schema) { Skip::AnyOf } else { Skip::Nothing };
        let skip = if first_all_of_is_int_or_string(schema) { Skip::FirstAllOf } else { skip };
        self.restrictions(schema, skip);
        self.kind(schema, kind, level);
        self.resource(schema, level, embedded);
    }

    fn extensions(&mut self, schema: &Node<'_>) {
        if !flag(schema, "x-kubernetes-int-or-string") {
            return;
        }
        for keyword in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
            if let Some(node) = schema.get(keyword)
                && flag(schema, keyword)
            {
                let message = format!("`{keyword}` stands beside `x-kubernetes-int-or-string`");
                self.found(node, message, "remove one of them");
            }
        }
    }

    fn kind(&mut self, schema: &Node<'_>, kind: Option<&str>, level: Level) {
        let open = flag(schema, "x-kubernetes-int-or-string") || flag(schema, "x-kubernetes-preserve-unknown-fields");
        let embedded = flag(schema, "x-kubernetes-embedded-resource");
        match kind {
            Some("object") => {}
            Some(_) if level == Level::Root => {
                let node = schema.get("type").unwrap_or(schema);
                self.found(node, "the root of a schema is not of type `object`", "write `type: object`");
            }
            Some(_) if embedded => {
                let node = schema.get("type").unwrap_or(schema);
                self.found(node, "an embedded resource is not of type `object`", "write `type: object`");
            }
            None if embedded => self.found(schema, "an embedded resource has no type", "add `type: object`"),
            None if !open => {
                let (message, help) = match level {
                    Level::Root => ("the root of a schema has no type", "add `type: object`".to_owned()),
                    Level::Item => ("the items of a list have no type", guess(schema)),
                    Level::Field => ("a field has no type", guess(schema)),
                };
                self.found(schema, message, help);
            }
            _ => {}
        }
    }

    /// What a resource, the root or an embedded one, may say about `apiVersion`, `kind` and `metadata`.
    fn resource(&mut self, schema: &Node<'_>, level: Level, embedded: bool) {
        let properties = schema.present("properties");
        if let Some(properties) = properties
            && (level == Level::Root || embedded)
        {
            for (name, wanted) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
                if let Some(property) = properties.get(name)
                    && text(property, "type").is_some_and(|kind| kind != wanted)
                {
                    let node = property.get("type").unwrap_or(property);
                    let message = format!("`{name}` is not of type `{wanted}`");
                    self.found(node, message, format!("write `type: {wanted}`"));
                }
            }
        }
        if level == Level::Root
            && let Some(metadata) = properties.and_then(|properties| properties.get("metadata"))
        {
            self.metadata(metadata);
        }
        if embedded
            && !flag(schema, "x-kubernetes-preserve-unknown-fields")
            && properties.is_none_or(|properties| properties.entries().is_empty())
        {
            let message = "an embedded resource has neither `properties` nor `x-kubernetes-preserve-unknown-fields`";
            self.found(schema, message, "add `x-kubernetes-preserve-unknown-fields: true`");
        }
    }

    /// At the root `metadata` is described already; only the two names can be restricted.
    fn metadata(&mut self, metadata: &Node<'_>) {
        let mut foreign = metadata
            .entries()
            .iter()
            .find(|entry| !["type", "default", "properties"].contains(&entry.key.as_ref()) && !is_zero(&entry.value));
        for property in metadata.present("properties").map(Node::entries).unwrap_or_default() {
            if !["name", "generateName"].contains(&property.key.as_ref()) {
                foreign = foreign.or(Some(property));
            }
        }
        if let Some(entry) = foreign {
            self.sound = false;
            let message = format!("`{}` in the schema of `metadata`, which may restrict the names only", entry.key);
            self.sink.key(&NOT_STRUCTURAL, entry, message).help = Some("write `metadata: {type: object}`".to_owned());
        }
    }

    /// The restrictions of values: junctors and patterns.
    fn restrictions(&mut self, schema: &Node<'_>, skip: Skip) {
        for junctor in ["anyOf", "allOf", "oneOf"] {
            if junctor == "anyOf" && skip == Skip::AnyOf {
                continue;
            }
            for (index, branch) in schema.present(junctor).map(Node::items).unwrap_or_default().iter().enumerate() {
                let first = junctor == "allOf" && index == 0 && skip == Skip::FirstAllOf;
                self.branch(branch, junctor, if first { Skip::AnyOf } else { Skip::Nothing });
            }
        }
        if let Some(not) = schema.present("not") {
            self.branch(not, "not", Skip::Nothing);
        }
        if let Some(node) = schema.present("pattern")
            && let Some(pattern) = node.as_str()
            && let Err(reason) = re2::compile(pattern)
        {
            self.sound = false;
            let message = format!("pattern `{pattern}` is no regular expression: {reason}");
            let help = "use RE2's syntax: no look-around, no back-references";
            report(self.sink, &INVALID, node, message, help);
        }
    }

    /// A part of a schema under a junctor.
    fn branch(&mut self, schema: &Node<'_>, junctor: &str, skip: Skip) {
        self.restrictions(schema, skip);
        if let Some(items) = schema.present("items") {
            self.branch(items, junctor, Skip::Nothing);
        }
        for property in schema.present("properties").map(Node::entries).unwrap_or_default() {
            self.branch(&property.value, junctor, Skip::Nothing);
        }
        for entry in schema.entries() {
            let keyword = entry.key.as_ref();
            let forbidden = matches!(
                keyword,
                "type"
                    | "additionalProperties"
                    | "default"
                    | "title"
                    | "description"
                    | "nullable"
                    | "x-kubernetes-preserve-unknown-fields"
                    | "x-kubernetes-embedded-resource"
                    | "x-kubernetes-int-or-string"
                    | "x-kubernetes-list-map-keys"
                    | "x-kubernetes-list-type"
                    | "x-kubernetes-map-type"
                    | "x-kubernetes-validations"
            );
            // A default of `false` or `""` is one; with any other keyword they say nothing.
            let says_nothing = if keyword == "default" { entry.value.is_null() } else { is_zero(&entry.value) };
            if forbidden && !says_nothing {
                self.sound = false;
                self.sink.key(&NOT_STRUCTURAL, entry, format!("`{keyword}` stands within `{junctor}`")).help =
                    Some(format!("move `{keyword}` out of `{junctor}`, to where the field is described"));
            }
        }
        if let Some(entry) = schema.present("properties").and_then(|properties| properties.entry("metadata")) {
            self.sound = false;
            self.sink.key(&NOT_STRUCTURAL, entry, format!("`metadata` is restricted within `{junctor}`")).help =
                Some("remove it".to_owned());
        }
    }

    fn junctors_describe_nothing_new(&mut self, restricting: &Node<'_>, described: &Node<'_>) {
        for junctor in ["not", "allOf", "anyOf", "oneOf"] {
            let Some(node) = restricting.present(junctor) else { continue };
            let branches = if junctor == "not" { std::slice::from_ref(node) } else { node.items() };
            for branch in branches {
                self.branch_describes_nothing_new(branch, described, junctor);
            }
        }
    }

    fn branch_describes_nothing_new(&mut self, branch: &Node<'_>, described: &Node<'_>, junctor: &str) {
        self.junctors_describe_nothing_new(branch, described);
        if let Some(items) = branch.present("items") {
            match described.present("items") {
                Some(described) => self.branch_describes_nothing_new(items, described, junctor),
                None => {
                    self.found(items, format!("`items` occurs within `{junctor}` only"), "describe the items outside");
                }
            }
        }
        for property in branch.present("properties").map(Node::entries).unwrap_or_default() {
            if let Some(described) = described.path(&["properties", property.key.as_ref()]) {
                self.branch_describes_nothing_new(&property.value, described, junctor);
            } else {
                self.sound = false;
                let message = format!("field `{}` occurs within `{junctor}` only", property.key);
                self.sink.key(&NOT_STRUCTURAL, property, message).help =
                    Some(format!("describe `{}` in `properties` outside of `{junctor}`", property.key));
            }
        }
    }
}

/// Which junctor is the pattern that says once more what `x-kubernetes-int-or-string` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    Nothing,
    AnyOf,
    FirstAllOf,
}

/// `anyOf: [{type: integer}, {type: string}]`, in this order and with nothing else.
fn is_int_or_string_any_of(schema: &Node<'_>) -> bool {
    let branches = schema.present("anyOf").map(Node::items).unwrap_or_default();
    let types = branches.iter().map(|branch| match branch.entries() {
        [entry] if entry.key == "type" => entry.value.as_str(),
        _ => None,
    });
    types.eq([Some("integer"), Some("string")])
}

fn first_all_of_is_int_or_string(schema: &Node<'_>) -> bool {
    schema.present("allOf").map(Node::items).unwrap_or_default().first().is_some_and(is_int_or_string_any_of)
}

/// The type that the other keywords of a schema betray.
fn guess(schema: &Node<'_>) -> String {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.present(keyword).is_some());
    let kind = if has(&["properties", "additionalProperties", "required"]) {
        "object"
    } else if has(&["items", "minItems", "maxItems", "x-kubernetes-list-type"]) {
        "array"
    } else if has(&["pattern", "minLength", "maxLength", "format"]) {
        "string"
    } else if has(&["minimum", "maximum"]) {
        "integer"
    } else {
        return "add a `type`, or `x-kubernetes-preserve-unknown-fields: true` for anything".to_owned();
    };
    format!("add `type: {kind}`")
}
