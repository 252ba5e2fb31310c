//! The JSON Schema of `plimsoll.yaml`, for editors.
//!
//! In: the types of [`super::raw`]. Out: text. It never validates: the reading does, and points at lines.

use schemars::generate::SchemaSettings;

use super::raw::Raw;

/// The JSON Schema, as `schemas/plimsoll.schema.json` holds it.
#[must_use]
pub fn json_schema() -> String {
    let schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<Raw>();
    // `{:#}` prints a JSON value indented, and cannot fail as a serialiser can
    format!("{:#}\n", schema.to_value())
}
