//! Values within strings that hold JSON or YAML: a `ConfigMap`'s `config.json`.
//!
//! In: an object, a path that goes on within a string of it, and the text to put there. Out: whether that was done. JSON
//! is written anew, as kustomize does, compact or indented as it was; in YAML only the value is changed.

use std::ops::Range;

use super::field_path;
use crate::manifest::{
    Content, Dialect, FileId, Node, Source, Span, Value, plain_scalar, read_documents_as, to_json_text,
};
use crate::render::files::Owned;

/// Sets a value within the string that the first steps lead to.
pub(super) fn set(object: &mut Owned, steps: &[String], text: &str, span: Span) -> bool {
    for length in 1..steps.len() {
        let (outer, inner) = steps.split_at(length);
        if field_path::find(object, outer).is_none_or(|field| field.scalar_text().is_none() || field.is_null()) {
            continue;
        }
        let Ok(mut fields) = field_path::fields(object, outer, None, span) else { continue };
        let [field] = fields.as_mut_slice() else { continue };
        let Some(old) = field.node.as_str().map(str::to_owned) else { continue };
        let Some(new) = changed(&old, inner, text) else { return false };
        *field.node = Node::string(new, span);
        return true;
    }
    false
}

fn changed(old: &str, steps: &[String], text: &str) -> Option<String> {
    let source = Source::new("embedded.yaml", old);
    let document = read_documents_as(Dialect::Kyaml, FileId(0), &source).into_iter().next()?;
    let Content::Value(node) = document.content else { return None };
    let mut node = node.into_owned();
    let is_json = old.trim_start().starts_with(['{', '[']);
    let mut fields = field_path::fields(&mut node, steps, None, Span { file: FileId(0), start: 0, end: 0 }).ok()?;
    if fields.is_empty() {
        return None;
    }
    let mut places: Vec<Range<usize>> = Vec::new();
    for field in &mut fields {
        places.push(field.node.span.start as usize..field.node.span.end as usize);
        field.node.value = match field.node.value {
            Value::String(_) => Value::String(text.to_owned().into()),
            _ => plain_scalar(Dialect::Kyaml, text),
        };
    }
    if !is_json {
        return in_place(old, places, text);
    }
    let compact = to_json_text(&node);
    if old.contains('\n') && old.contains("  ") {
        let value: serde_json::Value = serde_json::from_str(&compact).ok()?;
        return serde_json::to_string_pretty(&value).ok();
    }
    Some(compact)
}

/// Puts a text in the place of others, from the last on.
fn in_place(old: &str, mut places: Vec<Range<usize>>, text: &str) -> Option<String> {
    let mut new = old.to_owned();
    places.sort_by_key(|place| place.start);
    for place in places.into_iter().rev() {
        let quote = old.get(place.clone())?.chars().next().filter(|letter| matches!(letter, '"' | '\''));
        let quote = quote.map(String::from).unwrap_or_default();
        new.replace_range(place, &format!("{quote}{text}{quote}"));
    }
    Some(new.trim().to_owned())
}
