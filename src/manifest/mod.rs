//! From bytes to documents to objects, every value with the place it was written at.
//!
//! The YAML is Kubernetes' YAML: what sigs.k8s.io/yaml makes of it in strict mode, or, where it is asked for, what kustomize
//! makes of it.

mod characters;
mod classify;
mod convert;
mod dialect;
mod documents;
mod duplicates;
mod edit;
mod fast;
mod json_reader;
mod kyaml;
mod masked_colons;
mod node;
mod number;
mod object;
mod problem;
mod reader;
mod scalar;
mod source;
mod stream;
mod syntax;
mod tabs;
mod timestamp;
mod tools;
mod tree;
mod yaml_writer;

pub use characters::decode;
pub use classify::{Class, Incomplete, SkipReason, objects};
pub use convert::{to_json_text, to_json_value};
pub use documents::{Content, Document, MAX_FILE_BYTES, read_documents, read_documents_as, read_documents_slowly};
pub use kyaml::{Dialect, plain_scalar};
pub use node::{Entry, FileId, Mapping, Node, Span, Value, escape_pointer_step};
pub use object::{GroupVersionKind, Object};
pub use source::{Source, Sources};
pub use yaml_writer::{to_yaml_text, to_yaml_text_with};
