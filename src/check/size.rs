//! Objects that are larger than what etcd takes.
//!
//! In: an object. Out: a finding when its texts alone are more than etcd takes in one request. How an API server encodes
//! the rest is not counted, so that nothing is refused that would fit.

use super::Sink;
use crate::catalogue::object::TOO_LARGE;
use crate::manifest::{Node, Object, Value};

/// `--max-request-bytes` of etcd, by default.
const MOST_BYTES: usize = 1_572_864;

/// Checks an object.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let span = object.node.span;
    // What is written in fewer bytes is not larger, and most objects need no closer look.
    if ((span.end - span.start) as usize) <= MOST_BYTES {
        return;
    }
    let bytes = texts(&object.node);
    if bytes > MOST_BYTES {
        let message = format!("{bytes} bytes of text, more than the {MOST_BYTES} that etcd takes");
        sink.value(&TOO_LARGE, &object.node, message).help = Some("split it, or keep large parts elsewhere".to_owned());
    }
}

fn texts(node: &Node<'_>) -> usize {
    match &node.value {
        Value::String(text) => text.len(),
        Value::Sequence(items) => items.iter().map(texts).sum(),
        Value::Mapping(entries) => entries.iter().map(|entry| texts(&entry.value)).sum(),
        _ => 0,
    }
}
