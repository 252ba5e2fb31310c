//! Defaults: each must be a value that its own part of the schema allows, as it stands.
//!
//! In: the root of a structural schema. Out: findings. It never applies a default: those within the part do not help an
//! outer default that lacks their field.

use jsonschema::{Draft, PatternOptions};
use serde_json::{Map, Value as Json, json};

use super::{flag, report};
use crate::catalogue::crd::INVALID;
use crate::check::Sink;
use crate::check::schema::cel::Rules;
use crate::manifest::{Node, Value, to_json_value};

/// Checks all defaults of a schema; true when nothing was found.
pub(super) fn check(schema: &Node<'_>, sink: &mut Sink<'_, '_>) -> bool {
    let mut sound = true;
    if let Some(default) = schema.present("default") {
        sound = check_default(default, schema, sink);
    }
    // The API server looks for defaults neither in maps nor in junctors, where structural schemas have none.
    if let Some(items) = schema.present("items") {
        sound &= check(items, sink);
    }
    for property in schema.present("properties").map(Node::entries).unwrap_or_default() {
        sound &= check(&property.value, sink);
    }
    sound
}

fn check_default(default: &Node<'_>, schema: &Node<'_>, sink: &mut Sink<'_, '_>) -> bool {
    let mut unknown = Unknown { sink, found: false };
    unknown.search(default, Some(schema));
    if unknown.found {
        return false;
    }
    let options = jsonschema::options()
        .with_draft(Draft::Draft4)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(false);
    // A schema that the library does not take has faults of its own, which are for other checks.
    let part = to_json_value(schema);
    let Ok(validator) = options.build(&draft_4(&part)) else { return true };
    let value = to_json_value(default);
    let mut sound = true;
    for error in validator.iter_errors(&value) {
        sound = false;
        let node = default.at_pointer(error.instance_path().as_str()).unwrap_or(default);
        let message = format!("the default does not fit its schema: {error}");
        report(sink, &INVALID, node, message, "write a default that the schema allows, or remove it");
    }
    if sound && let Some(rules) = Rules::compile_part(&part) {
        rules.check_default(default, &INVALID, sink);
    }
    sound
}

/// The search for fields of a default that its schema does not know.
struct Unknown<'w, 'o, 's> {
    sink: &'w mut Sink<'o, 's>,
    found: bool,
}

impl Unknown<'_, '_, '_> {
    fn search(&mut self, value: &Node<'_>, schema: Option<&Node<'_>>) {
        let keeps_unknown = schema.is_some_and(|schema| flag(schema, "x-kubernetes-preserve-unknown-fields"));
        let embedded = schema.is_some_and(|schema| flag(schema, "x-kubernetes-embedded-resource"));
        match &value.value {
            Value::Mapping(entries) => {
                for entry in entries {
                    let key = entry.key.as_ref();
                    if embedded && ["apiVersion", "kind", "metadata"].contains(&key) {
                        continue;
                    }
                    let property = schema.and_then(|schema| schema.path(&["properties", key]));
                    let values = schema.and_then(|schema| schema.present("additionalProperties"));
                    if let Some(property) = property {
                        self.search(&entry.value, Some(property));
                    } else if let Some(values) = values {
                        self.search(&entry.value, Some(values).filter(|values| values.is_mapping()));
                    } else if !keeps_unknown {
                        self.found = true;
                        let message = format!("the default has a field `{key}` that its schema does not know");
                        self.sink.key(&INVALID, entry, message).help =
                            Some(format!("remove `{key}`, or describe it in `properties`"));
                    }
                }
            }
            Value::Sequence(items) => {
                let schema = schema.and_then(|schema| schema.present("items"));
                for item in items {
                    if schema.is_some() || !keeps_unknown {
                        self.search(item, schema);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The schema as JSON Schema of draft 4 has it: without Kubernetes' own keywords, their meaning spelt out.
fn draft_4(schema: &Json) -> Json {
    let Some(members) = schema.as_object() else { return json!({}) };
    let is_set = |keyword| members.get(keyword) == Some(&Json::Bool(true));
    let mut plain = Map::new();
    for (keyword, value) in members {
        let value = match keyword.as_str() {
            "properties" => {
                let fields = value.as_object().into_iter().flatten();
                Json::Object(fields.map(|(name, part)| (name.clone(), draft_4(part))).collect())
            }
            "items" | "not" => draft_4(value),
            "additionalProperties" if value.is_object() => draft_4(value),
            "allOf" | "anyOf" | "oneOf" => Json::Array(value.as_array().into_iter().flatten().map(draft_4).collect()),
            "default" | "description" | "title" | "example" | "externalDocs" | "format" | "nullable" => continue,
            extension if extension.starts_with("x-kubernetes-") => continue,
            // Draft 4 wants at least one item in these; to the API server an empty list says nothing.
            "required" | "enum" if value.as_array().is_none_or(Vec::is_empty) => continue,
            _ => value.clone(),
        };
        plain.insert(keyword.clone(), value);
    }
    // The server asks no type of a default of `x-kubernetes-int-or-string`.
    if is_set("nullable") {
        if let Some(kind @ Json::String(_)) = plain.get("type") {
            let kind = json!([kind, "null"]);
            plain.insert("type".to_owned(), kind);
        }
        if let Some(Json::Array(values)) = plain.get_mut("enum") {
            values.push(Json::Null);
        }
    }
    Json::Object(plain)
}
