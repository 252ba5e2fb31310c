//! What `kustomize build` makes of a folder, without Kustomize.
//!
//! In: a kustomization and the files it names. Out: the objects that Kustomize would print. It never fetches anything,
//! and never makes up a field that Kustomize would not set.

#[cfg_attr(not(test), expect(dead_code, reason = "the renderer that reads it is being written"))]
mod crd_fields;
#[cfg_attr(not(test), expect(dead_code, reason = "the renderer that reads it is being written"))]
mod default_fields;
#[cfg_attr(not(test), expect(dead_code, reason = "the renderer that reads it is being written"))]
mod field_spec;
#[cfg_attr(not(test), expect(dead_code, reason = "the renderer that reads it is being written"))]
mod merge_schema;
#[cfg_attr(not(test), expect(dead_code, reason = "the renderer that reads it is being written"))]
mod read_configuration;
#[cfg_attr(not(test), expect(dead_code, reason = "the renderer that reads it is being written"))]
mod scope;

#[cfg(test)]
mod testing;
