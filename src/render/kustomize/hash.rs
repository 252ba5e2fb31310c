//! The hash behind the name of a generated object.
//!
//! In: a `ConfigMap` or Secret. Out: ten letters that change with its content, the very ones that kustomize and kubectl
//! make.

use sha2::{Digest, Sha256};

use super::resource::Resource;
use super::resources::Resources;
use crate::finding::hexadecimal;
use crate::manifest::{Node, to_json_text};
use crate::render::files::Owned;

/// Appends the hash to the names of all objects that want one.
pub(super) fn append(resources: &mut Resources) {
    for resource in resources.list.iter_mut().filter(|resource| resource.needs_hash) {
        let hash = hash(resource);
        resource.remember_id();
        let name = format!("{}-{hash}", resource.name());
        let span = resource.name_span();
        resource.set_metadata("name", Node::string(name, span));
    }
}

fn hash(resource: &Resource) -> String {
    let node = &resource.node;
    let content = match resource.kind().as_ref() {
        "ConfigMap" => content(node, &["data"], &["binaryData"]),
        "Secret" => content(node, &["type", "data"], &["stringData"]),
        _ => node.clone(),
    };
    let text = to_json_text(&content);
    hexadecimal(&Sha256::digest(text.as_bytes())).chars().take(10).map(letter).collect()
}

/// The fields that are hashed: a required one that lacks is the empty string.
fn content(node: &Owned, required: &[&'static str], optional: &[&'static str]) -> Owned {
    let mut content = Node::mapping(node.span);
    let empty = || Node::string("", node.span);
    let kind = node.get("kind").cloned().unwrap_or_else(empty);
    content.set("kind", kind);
    // Upstream looks for a field of this very name, with the slash in it, and never finds it.
    content.set("name", empty());
    for field in required {
        content.set(*field, node.get(field).cloned().unwrap_or_else(empty));
    }
    for field in optional {
        if let Some(value) = node.get(field).filter(|value| value.is_mapping()) {
            content.set(*field, value.clone());
        }
    }
    content
}

/// The alphabet of hashes leaves out what could be misread, or make a word.
fn letter(digit: char) -> char {
    match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    }
}
