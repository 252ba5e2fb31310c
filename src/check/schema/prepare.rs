//! From a schema as Kubernetes publishes it to one that the jsonschema crate runs with the API server's semantics.
//!
//! In: OpenAPI v3 schemas of the bundle or of a CustomResourceDefinition. Out: a JSON Schema in which Kubernetes' own
//! keywords, and those that the API server reads differently from JSON Schema, are replaced by the keywords of
//! [`super::keywords`]. It never looks at an object.
//!
//! The API server decodes built-in types with Go code and custom resources with their structural schema; both refuse
//! fields that they do not know, both read `null` as absent. What differs is told apart by [`Dialect`].

use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};

use super::bundle::{Bundle, Minor};
use super::{formats, keywords, required};

/// Whose reading of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The Go types of Kubernetes itself.
    Builtin,
    /// The same in an object's `status`, of which the server asks for no field: it does not look at most, for it resets
    /// them, and of a Node's it validates what is there.
    Status,
    /// The same below `items` and `additionalProperties` of a CustomResourceDefinition's schema, which are decoded by code
    /// of their own: it drops fields that it does not know.
    Lax,
    /// The structural schema of a CustomResourceDefinition.
    Structural,
    /// The branches of `allOf`, `anyOf`, `oneOf` and `not` in a structural schema: they only restrict values.
    Branch,
}

/// Stands before the name of a definition as a `status` has it.
const OF_STATUS: &str = "status.";
/// Stands before the name of a definition that is decoded leniently.
const LAX: &str = "lax.";
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// A schema ready to be compiled, and the lines of the bundle that it is made of: two minor versions with the same lines
/// share one validator.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) schema: Json,
    pub(crate) lines: Vec<usize>,
}

/// The schema of a definition of Kubernetes itself, with all that it refers to.
pub(crate) fn builtin(bundle: &Bundle, definition: &str, minor: Minor) -> Prepared {
    let mut definitions = Definitions::new(bundle, minor);
    definitions.add(definition);
    definitions.finish(json!({ "$ref": reference(definition) }))
}

/// The schema of a custom resource: its own, and the `apiVersion`, `kind` and `metadata` that every object has.
pub(crate) fn custom(bundle: &Bundle, schema: &Json) -> Prepared {
    let mut definitions = Definitions::new(bundle, bundle.newest());
    definitions.add(OBJECT_META);
    let mut prepared = transform(schema.clone(), Dialect::Structural);
    if let Json::Object(root) = &mut prepared {
        let own_metadata = root
            .get_mut("properties")
            .and_then(Json::as_object_mut)
            .and_then(|properties| properties.remove("metadata"))
            .map(|_| transform(schema["properties"]["metadata"].clone(), Dialect::Branch));
        add_type_meta(root, own_metadata);
    }
    definitions.finish(prepared)
}

/// `apiVersion`, `kind` and `metadata`, as every object and every embedded resource has them.
fn add_type_meta(schema: &mut Map<String, Json>, own_metadata: Option<Json>) {
    let metadata = match own_metadata {
        Some(own) => json!({ "allOf": [{ "$ref": reference(OBJECT_META) }, own] }),
        None => json!({ "$ref": reference(OBJECT_META) }),
    };
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    if let Json::Object(properties) = properties {
        properties.insert("apiVersion".into(), json!({ "type": "string" }));
        properties.insert("kind".into(), json!({ "type": "string" }));
        properties.insert("metadata".into(), metadata);
    }
    if let Some(Json::Array(names)) = schema.get_mut(keywords::CLOSED) {
        names.extend(["apiVersion", "kind", "metadata"].map(Json::from));
    }
}

impl Dialect {
    fn is_builtin(self) -> bool {
        matches!(self, Self::Builtin | Self::Status | Self::Lax)
    }

    /// What stands before the names of definitions that are read so.
    fn prefix(self) -> &'static str {
        match self {
            Self::Status => OF_STATUS,
            Self::Lax => LAX,
            Self::Builtin | Self::Structural | Self::Branch => "",
        }
    }
}

fn reference(definition: &str) -> String {
    format!("#/$defs/{definition}")
}

struct Definitions<'b> {
    bundle: &'b Bundle,
    minor: Minor,
    prepared: FxHashMap<String, (usize, Json)>,
}

impl<'b> Definitions<'b> {
    fn new(bundle: &'b Bundle, minor: Minor) -> Self {
        Self { bundle, minor, prepared: FxHashMap::default() }
    }

    /// Adds a definition and all that it refers to. An explicit stack: definitions refer to each other in cycles.
    fn add(&mut self, definition: &str) {
        let mut wanted = vec![definition.to_owned()];
        while let Some(name) = wanted.pop() {
            if self.prepared.contains_key(&name) {
                continue;
            }
            let read_as = |dialect: Dialect| Some((name.strip_prefix(dialect.prefix())?, dialect));
            let (published, dialect) =
                read_as(Dialect::Status).or_else(|| read_as(Dialect::Lax)).unwrap_or((name.as_str(), Dialect::Builtin));
            let line = self.bundle.definition_line(published, self.minor);
            let mut raw = line.map_or(Json::Bool(true), |line| self.bundle.definition(line));
            required::correct(published, &mut raw);
            let mut schema = well_known(published).unwrap_or_else(|| transform(raw, dialect));
            // A null member is absent in any case: this is for items of lists.
            if required::may_be_null_in_a_list(published) && schema.get("type") == Some(&json!("object")) {
                schema["type"] = json!(["object", "null"]);
            }
            collect_references(&schema, &mut wanted);
            self.prepared.insert(name, (line.unwrap_or(usize::MAX), schema));
        }
    }

    fn finish(self, mut root: Json) -> Prepared {
        let mut lines: Vec<usize> = self.prepared.values().map(|(line, _)| *line).collect();
        lines.sort_unstable();
        let definitions: Map<String, Json> =
            self.prepared.into_iter().map(|(name, (_, schema))| (name, schema)).collect();
        if let Json::Object(root) = &mut root {
            root.insert("$defs".into(), Json::Object(definitions));
        }
        Prepared { schema: root, lines }
    }
}

fn collect_references(schema: &Json, names: &mut Vec<String>) {
    match schema {
        Json::Object(members) => {
            for (key, value) in members {
                match value {
                    Json::String(target) if key == "$ref" => {
                        names.extend(target.strip_prefix("#/$defs/").map(str::to_owned));
                    }
                    _ => collect_references(value, names),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect_references(item, names)),
        _ => {}
    }
}

/// The definitions whose Go types read their values by code of their own.
fn well_known(definition: &str) -> Option<Json> {
    const JSON_SCHEMA_OR_ARRAY: &str =
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray";
    const JSON_SCHEMA_OR_BOOL: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool";
    const JSON_SCHEMA: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
    let lax_json_schema = reference(&format!("{LAX}{JSON_SCHEMA}"));
    Some(match definition {
        "io.k8s.apimachinery.pkg.api.resource.Quantity" => json!({ keywords::QUANTITY: true }),
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => {
            json!({ "type": ["integer", "string"], "minimum": i32::MIN, "maximum": i32::MAX })
        }
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time" | "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime" => {
            json!({ "type": "string", keywords::FORMAT: formats::KUBERNETES_TIME })
        }
        // Free-form JSON: `RawExtension` holds any object, the schema of a CRD is judged by `check::crd`.
        "io.k8s.apimachinery.pkg.runtime.RawExtension" | "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1" => {
            json!({ "type": "object" })
        }
        // A list of schemas, or anything else but a schema, is told by `check::crd`.
        JSON_SCHEMA_OR_ARRAY => json!({ "if": { "type": "object" }, "then": { "$ref": lax_json_schema } }),
        JSON_SCHEMA_OR_BOOL => json!({
            "type": ["boolean", "object"],
            "if": { "type": "object" }, "then": { "$ref": lax_json_schema },
        }),
        _ => return None,
    })
}

/// A schema in the keywords that validators run.
fn transform(schema: Json, dialect: Dialect) -> Json {
    let Json::Object(members) = schema else { return schema };
    let int_or_string =
        flag(&members, "x-kubernetes-int-or-string") || members.get("format") == Some(&json!("int-or-string"));
    let preserve = flag(&members, "x-kubernetes-preserve-unknown-fields");
    let nullable = flag(&members, "nullable");
    let mut out = Map::new();
    close(&members, preserve, dialect, &mut out);
    number_bounds(&members, &mut out);
    if dialect == Dialect::Structural {
        list_keys(&members, &mut out);
    }
    for (key, value) in &members {
        match key.as_str() {
            "$ref" => {
                let definition = format!("{}{}", dialect.prefix(), value.as_str().unwrap_or_default());
                out.insert("$ref".into(), Json::String(reference(&definition)));
            }
            "type" if int_or_string => {}
            "type" if nullable => {
                out.insert("type".into(), json!([value, "null"]));
            }
            "enum" | "type" | "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties"
            | "maxProperties" | "multipleOf" | "uniqueItems" => {
                out.insert(key.clone(), value.clone());
            }
            "format" => {
                let name = value.as_str().unwrap_or_default();
                let name = if dialect.is_builtin() && name == "byte" { formats::KUBERNETES_BYTES } else { name };
                if formats::checker(name).is_some() {
                    out.insert(keywords::FORMAT.into(), name.into());
                }
            }
            "pattern" => {
                out.insert(keywords::PATTERN.into(), value.clone());
            }
            "required" if dialect == Dialect::Branch => {
                out.insert("required".into(), value.clone());
            }
            "required" if dialect == Dialect::Status => {}
            "required" => {
                out.insert(keywords::REQUIRED.into(), value.clone());
            }
            "properties" => {
                if let Json::Object(properties) = value {
                    let properties = properties.iter().map(|(name, schema)| {
                        let is_status = dialect == Dialect::Builtin && name == "status" && is_kind(&members);
                        let dialect = if is_status { Dialect::Status } else { dialect };
                        (name.clone(), transform(schema.clone(), dialect))
                    });
                    out.insert("properties".into(), Json::Object(properties.collect()));
                }
            }
            "items" => {
                let mut items = transform(value.clone(), dialect);
                // Go reads a null in a list of text as the empty text, in one of integers as 0.
                if dialect.is_builtin()
                    && let Some(kind @ ("string" | "integer")) = items.get("type").and_then(Json::as_str)
                {
                    items["type"] = json!([kind, "null"]);
                }
                out.insert("items".into(), items);
            }
            "additionalProperties" if value.is_object() => {
                out.insert(key.clone(), transform(value.clone(), dialect));
            }
            "allOf" | "anyOf" | "oneOf" => {
                // `anyOf: [{type: integer}, {type: string}]` beside int-or-string says the same once more.
                if let (Json::Array(branches), false) = (value, int_or_string && key == "anyOf") {
                    let branches = branches.iter().map(|branch| transform(branch.clone(), Dialect::Branch)).collect();
                    out.insert(key.clone(), Json::Array(branches));
                }
            }
            "not" => {
                out.insert("not".into(), transform(value.clone(), Dialect::Branch));
            }
            _ => {}
        }
    }
    if int_or_string {
        let types = if nullable { json!(["integer", "string", "null"]) } else { json!(["integer", "string"]) };
        out.insert("type".into(), types);
    }
    if flag(&members, "x-kubernetes-embedded-resource") {
        out.insert(keywords::REQUIRED.into(), json!(["apiVersion", "kind"]));
        add_type_meta(&mut out, None);
    }
    Json::Object(out)
}

/// Whether a definition is that of a kind.
fn is_kind(definition: &Map<String, Json>) -> bool {
    definition.contains_key("x-kubernetes-group-version-kind")
}

fn flag(schema: &Map<String, Json>, key: &str) -> bool {
    schema.get(key) == Some(&Json::Bool(true))
}

/// Closes a schema to fields that it does not name, as strict decoding does.
fn close(schema: &Map<String, Json>, preserve: bool, dialect: Dialect, out: &mut Map<String, Json>) {
    let open = preserve || schema.contains_key("additionalProperties") || schema.contains_key("$ref");
    let closed = match dialect {
        // A Go type without fields in its schema is free-form, or decodes by code of its own.
        Dialect::Builtin | Dialect::Status => !open && schema.contains_key("properties"),
        // A structural schema prunes what it does not name, even where it names nothing.
        Dialect::Structural => !open && schema.get("type") == Some(&json!("object")),
        Dialect::Branch | Dialect::Lax => false,
    };
    if closed {
        let properties = schema.get("properties").and_then(Json::as_object);
        let names: Vec<&String> = properties.into_iter().flat_map(Map::keys).collect();
        out.insert(keywords::CLOSED.into(), json!(names));
    }
}

/// Bounds, with OpenAPI's boolean `exclusiveMinimum`, and the range that an integer format implies.
fn number_bounds(schema: &Map<String, Json>, out: &mut Map<String, Json>) {
    let bound = |limit: &str, exclusive: &str, out: &mut Map<String, Json>| {
        if let Some(value) = schema.get(limit) {
            let key = if flag(schema, exclusive) { exclusive } else { limit };
            out.insert(key.into(), value.clone());
        }
        if let Some(value) = schema.get(exclusive).filter(|value| value.is_number()) {
            out.insert(exclusive.into(), value.clone());
        }
    };
    bound("minimum", "exclusiveMinimum", out);
    bound("maximum", "exclusiveMaximum", out);
    let (lowest, highest) = match schema.get("format").and_then(Json::as_str) {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        Some("float") => (json!(f32::MIN), json!(f32::MAX)),
        _ => return,
    };
    if schema.get("type").is_some_and(|kind| kind == "integer" || kind == "number") {
        out.entry("minimum").or_insert(lowest);
        out.entry("maximum").or_insert(highest);
    }
}

/// `x-kubernetes-list-type` of `map` and `set`; the keys of a map.
fn list_keys(schema: &Map<String, Json>, out: &mut Map<String, Json>) {
    match schema.get("x-kubernetes-list-type").and_then(Json::as_str) {
        Some("set") => {
            out.insert(keywords::LIST_SET.into(), Json::Bool(true));
        }
        Some("map") => {
            let keys = schema.get("x-kubernetes-list-map-keys").cloned().unwrap_or_default();
            out.insert(keywords::LIST_MAP.into(), keys);
        }
        _ => {}
    }
}
