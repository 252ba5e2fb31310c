//! What a structural schema lets rules see: types, and the rules themselves.
//!
//! In: the JSON of a schema. Out: a tree with one node for each part that a value can have, with the names that CEL
//! knows its fields by. It never looks at a value.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::rule::Rule;

/// Deeper schemas than the API server's own limits allow are cut here: what is below is not evaluated.
const DEEPEST: usize = 128;

/// The part of a schema that one value is held against.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    /// The `x-kubernetes-validations` that hang here.
    pub(super) rules: Vec<Rule>,
    /// Whether there are rules here or further down.
    pub(super) ruled: bool,
}

/// What CEL takes a value for.
#[derive(Debug)]
pub(super) enum Kind {
    /// An object with fields; unknown fields are invisible, with and without `x-kubernetes-preserve-unknown-fields`.
    Object(HashMap<String, Field>),
    /// An object whose keys are data.
    Map(Box<Shape>),
    /// A list; only the items of a list of type `map` can be found again in the old object, by these keys.
    List(Box<Shape>, Option<Vec<String>>),
    Text(Format),
    Integer,
    Number,
    Boolean,
    IntOrString,
    /// Data without a type: rules cannot reach it.
    Opaque,
}

/// A field of an object.
#[derive(Debug)]
pub(super) struct Field {
    /// The names in rules; none when no rule can reach the field.
    pub(super) identifiers: Vec<String>,
    pub(super) shape: Shape,
}

/// The formats of strings that are more than strings in CEL.
#[derive(Debug, Clone, Copy)]
pub(super) enum Format {
    Plain,
    Bytes,
    Duration,
    Date,
    DateTime,
}

/// Whether a schema is that of an object with `apiVersion`, `kind` and `metadata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    Yes,
    No,
}

impl Shape {
    /// The shape of a custom resource.
    pub(super) fn of_resource(schema: &Json) -> Self {
        Self::new(schema, Resource::Yes, 0)
    }

    /// The shape of a part of a custom resource, with rules for it alone.
    pub(super) fn of_part(schema: &Json) -> Self {
        Self::new(schema, embedded(schema), 0)
    }

    fn new(schema: &Json, resource: Resource, depth: usize) -> Self {
        let kind = if depth > DEEPEST { Kind::Opaque } else { Kind::new(schema, resource, depth + 1) };
        let rules: Vec<Rule> = match schema.get("x-kubernetes-validations") {
            Some(Json::Array(rules)) => rules.iter().filter_map(Rule::new).collect(),
            _ => Vec::new(),
        };
        let has_rules = !rules.is_empty()
            || match &kind {
                Kind::Object(fields) => fields.values().any(|field| field.shape.ruled),
                Kind::Map(values) => values.ruled,
                Kind::List(items, _) => items.ruled,
                _ => false,
            };
        Self { kind, nullable: flag(schema, "nullable"), rules, ruled: has_rules }
    }

    fn text() -> Self {
        Self { kind: Kind::Text(Format::Plain), nullable: false, rules: Vec::new(), ruled: false }
    }

    /// Whether rules can name values of this shape at all.
    pub(super) fn is_visible(&self) -> bool {
        match &self.kind {
            Kind::Opaque => false,
            Kind::Map(inner) | Kind::List(inner, _) => inner.is_visible(),
            _ => true,
        }
    }
}

impl Kind {
    fn new(schema: &Json, resource: Resource, depth: usize) -> Self {
        if flag(schema, "x-kubernetes-int-or-string") {
            return Self::IntOrString;
        }
        let text = |key| schema.get(key).and_then(Json::as_str);
        match text("type") {
            Some("object") => Self::object(schema, resource, depth),
            Some("array") => match schema.get("items") {
                Some(items) => {
                    let keys = (text("x-kubernetes-list-type") == Some("map")).then(|| {
                        let keys = schema.get("x-kubernetes-list-map-keys").and_then(Json::as_array);
                        keys.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
                    });
                    Self::List(Box::new(Shape::new(items, embedded(items), depth)), keys)
                }
                None => Self::Opaque,
            },
            Some("string") => Self::Text(match text("format") {
                Some("byte") => Format::Bytes,
                Some("duration") => Format::Duration,
                Some("date") => Format::Date,
                Some("date-time") => Format::DateTime,
                _ => Format::Plain,
            }),
            Some("integer") => Self::Integer,
            Some("number") => Self::Number,
            Some("boolean") => Self::Boolean,
            _ if resource == Resource::Yes => Self::object(schema, resource, depth),
            _ => Self::Opaque,
        }
    }

    fn object(schema: &Json, resource: Resource, depth: usize) -> Self {
        if let Some(values @ Json::Object(_)) = schema.get("additionalProperties") {
            return Self::Map(Box::new(Shape::new(values, embedded(values), depth)));
        }
        let mut fields = HashMap::new();
        for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            fields.insert(name.clone(), Field::new(name, Shape::new(property, embedded(property), depth)));
        }
        if resource == Resource::Yes && !describes_metadata(schema) {
            for name in ["apiVersion", "kind"] {
                fields.insert(name.to_owned(), Field::new(name, Shape::text()));
            }
            let names = ["name", "generateName"].map(|name| (name.to_owned(), Field::new(name, Shape::text())));
            let metadata = Shape { kind: Self::Object(HashMap::from(names)), ..Shape::text() };
            fields.insert("metadata".to_owned(), Field::new("metadata", metadata));
        }
        Self::Object(fields)
    }
}

impl Field {
    fn new(name: &str, shape: Shape) -> Self {
        let identifiers = if shape.is_visible() { identifiers(name) } else { Vec::new() };
        Self { identifiers, shape }
    }
}

/// Whether a resource's schema says enough about its metadata to be used as it is; all others show rules `apiVersion`,
/// `kind`, `metadata.name` and `metadata.generateName` only.
fn describes_metadata(schema: &Json) -> bool {
    let kind_of = |pointer: &str| schema.pointer(pointer).and_then(Json::as_str);
    kind_of("/properties/apiVersion/type") == Some("string")
        && kind_of("/properties/kind/type") == Some("string")
        && kind_of("/properties/metadata/type") == Some("object")
        && kind_of("/properties/metadata/properties/name/type") == Some("string")
        && kind_of("/properties/metadata/properties/generateName/type") == Some("string")
}

fn embedded(schema: &Json) -> Resource {
    if flag(schema, "x-kubernetes-embedded-resource") { Resource::Yes } else { Resource::No }
}

fn flag(schema: &Json, key: &str) -> bool {
    schema.get(key) == Some(&Json::Bool(true))
}

/// The words that CEL reserves; as field names they are written `__word__`.
const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The names of a field in CEL; none for a name that cannot be written there at all.
///
/// A single underscore stands for itself (the crate's own escaping doubles it, which the API server does not). A reserved
/// word goes by its escaped name and, where the grammar allows it, by itself.
fn identifiers(name: &str) -> Vec<String> {
    if RESERVED.contains(&name) {
        return vec![format!("__{name}__"), name.to_owned()];
    }
    let unwritable = name.is_empty()
        || name.starts_with(|first: char| first.is_ascii_digit())
        || !name.chars().all(|character| character.is_ascii_alphanumeric() || "_.-/".contains(character));
    if unwritable {
        return Vec::new();
    }
    let escaped = name.replace("__", "__underscores__").replace('.', "__dot__").replace('-', "__dash__");
    vec![escaped.replace('/', "__slash__")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_are_escaped_as_the_api_server_does() {
        let cases = [
            ("replicas", &["replicas"][..]),
            ("my_field", &["my_field"]),
            ("my__field", &["my__underscores__field"]),
            ("namespace", &["__namespace__", "namespace"]),
            ("app.kubernetes.io/name", &["app__dot__kubernetes__dot__io__slash__name"]),
            ("not-here", &["not__dash__here"]),
            ("3scale", &[]),
            ("$ref", &[]),
            ("", &[]),
        ];
        for (name, expected) in cases {
            assert_eq!(identifiers(name), expected, "{name}");
        }
    }

    #[test]
    fn metadata_is_restricted_to_the_names() {
        let schema = serde_json::json!({"type": "object", "properties": {"metadata": {"type": "object"}}});
        let Kind::Object(fields) = Shape::of_resource(&schema).kind else { panic!("not an object") };
        let Some(Field { shape: Shape { kind: Kind::Object(metadata), .. }, .. }) = fields.get("metadata") else {
            panic!("no metadata")
        };
        let mut names: Vec<_> = metadata.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["generateName", "name"]);
    }
}
