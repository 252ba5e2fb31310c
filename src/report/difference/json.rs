//! For programs: everything that a difference holds, under a schema that is versioned and published.
//!
//! In: a difference. Out: one JSON document. It never leaves a key out: what is absent is `null` or an empty list. Paths are
//! those from the root of the repository.

use std::io::{self, Write};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::super::safe_json;
use super::{Counts, Difference, State, TreeDifference, value};
use crate::finding::{Finding, Place, Severity};
use crate::render::{Change, FieldDifference, ObjectDifference, Shown, Written};

/// The number of the format: raised when a key changes its meaning or goes; new keys do not raise it.
const SCHEMA: u32 = 1;

pub(super) fn write(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        before: &difference.before,
        after: &difference.after,
        summary: Summary {
            compared: difference.compared,
            different: difference.trees.len(),
            unrendered: difference.trees.iter().filter(|tree| !tree.unrendered.is_empty()).count(),
            objects: Counts::of(&difference.trees),
        },
        trees: difference.trees.iter().map(TreeRecord::new).collect(),
    };
    safe_json::write(&document, out)
}

/// The JSON Schema of this format, as `schemas/diff.schema.json` holds it.
#[must_use]
pub fn json_schema() -> String {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Document<'_>>();
    format!("{:#}\n", schema.to_value())
}

/// A difference that Plimsoll found between two states of a repository.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Plimsoll difference")]
struct Document<'d> {
    /// The number of the format.
    #[schemars(extend("const" = SCHEMA))]
    schema: u32,
    /// The earlier state: a revision.
    before: &'d str,
    /// The later state: a revision, or `the work tree`.
    after: &'d str,
    /// How much differs.
    summary: Summary,
    /// The trees that differ and those that could not be compared, sorted by path.
    trees: Vec<TreeRecord<'d>>,
}

/// How much differs.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Trees that were compared.
    compared: usize,
    /// Trees that differ, or could not be compared.
    different: usize,
    /// Trees that could not be rendered in one of the states, or in both.
    unrendered: usize,
    /// Objects of all trees.
    objects: Counts,
}

/// A tree.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tree")]
struct TreeRecord<'d> {
    /// Path of its folder from the root of the repository.
    path: &'d str,
    /// What has it applied, if that is in the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_by: Option<&'d str>,
    /// What became of it.
    change: Change,
    /// Why it could not be rendered; then its objects are not compared.
    unrendered: Vec<UnrenderedRecord<'d>>,
    /// The objects that differ, sorted by namespace, kind and name.
    objects: Vec<ObjectRecord<'d>>,
}

/// The first thing that is wrong in a tree that cannot be rendered.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Unrendered")]
struct UnrenderedRecord<'d> {
    /// The state in which it cannot be rendered.
    state: State,
    /// `family/name` of the rule.
    rule: &'d str,
    /// How bad it is.
    severity: Severity,
    /// What is wrong.
    message: &'d str,
    /// Where it is.
    place: PlaceRecord<'d>,
    /// The smallest edit that mends it.
    help: Option<&'d str>,
}

/// A file and a line of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Place")]
struct PlaceRecord<'d> {
    /// The file, from the root of the repository.
    path: &'d str,
    /// The line, from 1; none for a file as a whole.
    line: Option<u32>,
}

/// An object that is not the same.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Object")]
struct ObjectRecord<'d> {
    /// Group and version.
    api_version: &'d str,
    /// The kind.
    kind: &'d str,
    /// `metadata.namespace`, if set.
    namespace: Option<&'d str>,
    /// `metadata.name`.
    name: Option<&'d str>,
    /// What became of it.
    change: Change,
    /// Where it was written; none of what is created.
    before: Option<PlaceRecord<'d>>,
    /// Where it is written; none of what is deleted.
    after: Option<PlaceRecord<'d>>,
    /// The fields that differ; none of an object that is created or deleted.
    fields: Vec<FieldRecord<'d>>,
}

/// A field that differs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Field")]
struct FieldRecord<'d> {
    /// JSON pointer in the object as it is, or, of what is deleted, as it was.
    pointer: &'d str,
    /// What became of it.
    change: Change,
    /// What it was; none of what is created.
    before: Option<ValueRecord<'d>>,
    /// What it is; none of what is deleted.
    after: Option<ValueRecord<'d>>,
}

/// A value and where it was written.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Value")]
struct ValueRecord<'d> {
    /// Whether it is not shown: a value of a Secret, or an encrypted one. Within a collection, `(hidden)` stands for one.
    hidden: bool,
    /// The value; `null` as well when it is hidden. Of a list in another order, what tells its items apart.
    value: Option<&'d serde_json::Value>,
    /// The file, from the root of the repository.
    path: &'d str,
    /// The line, from 1; none for a file as a whole.
    line: Option<u32>,
}

impl<'d> TreeRecord<'d> {
    fn new(tree: &'d TreeDifference) -> Self {
        let unrendered = tree.unrendered.iter().map(|unrendered| {
            let Finding { rule, severity, message, place, help, .. } = &unrendered.finding;
            UnrenderedRecord {
                state: unrendered.state,
                rule,
                severity: *severity,
                message,
                place: PlaceRecord::new(place),
                help: help.as_deref(),
            }
        });
        Self {
            path: &tree.path,
            applied_by: tree.applied_by.as_deref(),
            change: tree.change,
            unrendered: unrendered.collect(),
            objects: tree.objects.iter().map(ObjectRecord::new).collect(),
        }
    }
}

impl<'d> ObjectRecord<'d> {
    fn new(difference: &'d ObjectDifference) -> Self {
        let ObjectDifference { object, change, before, after, fields } = difference;
        Self {
            api_version: &object.api_version,
            kind: &object.kind,
            namespace: object.namespace.as_deref(),
            name: object.name.as_deref(),
            change: *change,
            before: before.as_ref().map(PlaceRecord::new),
            after: after.as_ref().map(PlaceRecord::new),
            fields: fields.iter().map(FieldRecord::new).collect(),
        }
    }
}

impl<'d> FieldRecord<'d> {
    fn new(field: &'d FieldDifference) -> Self {
        let FieldDifference { pointer, change, before, after } = field;
        let value = |written: &'d Option<Written>| written.as_ref().map(ValueRecord::new);
        Self { pointer, change: *change, before: value(before), after: value(after) }
    }
}

impl<'d> ValueRecord<'d> {
    fn new(Written { value, place }: &'d Written) -> Self {
        let shown = match value {
            Shown::Value(value) => Some(value),
            Shown::Hidden => None,
        };
        Self { hidden: shown.is_none(), value: shown, path: &place.path, line: value::line(place) }
    }
}

impl<'d> PlaceRecord<'d> {
    fn new(place: &'d Place) -> Self {
        Self { path: &place.path, line: value::line(place) }
    }
}
