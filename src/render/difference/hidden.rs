//! Which values must not be shown.
//!
//! In: an object. Out: where its secret and encrypted values are, and its other values as JSON. It would rather hide too
//! much: a difference is copied into pull requests that more people read than the cluster's Secrets.

use serde_json::Value as Json;

use super::{Shown, plain};
use crate::manifest::{Node, Value, escape_pointer_step};

/// What stands in a collection for a value that is hidden.
const HIDDEN: &str = "(hidden)";

/// What `kubectl apply` leaves in an object: all of it, once more.
const LAST_APPLIED: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";

/// Where the hidden values of an object are.
pub(super) struct Hidden {
    /// JSON pointers: all below them is hidden.
    roots: Vec<&'static str>,
}

impl Hidden {
    /// What is hidden in one object, in either of its states.
    pub(super) fn of(states: [&Node<'_>; 2]) -> Self {
        let mut roots = Vec::new();
        for state in states {
            match state.get("kind").and_then(Node::as_str) {
                Some("Secret") => roots.extend(["/data", "/stringData", LAST_APPLIED]),
                Some("SealedSecret") => roots.extend(["/spec/encryptedData", LAST_APPLIED]),
                _ => {}
            }
            // What SOPS has signed
            if state.path(&["sops", "mac"]).is_some() {
                roots.extend(["/sops", LAST_APPLIED]);
            }
        }
        Self { roots }
    }

    /// Whether the keys of a mapping are shown one by one, but none of their values.
    pub(super) fn is_root(&self, pointer: &str) -> bool {
        self.roots.contains(&pointer)
    }

    /// Whether a value is hidden by its place.
    pub(super) fn covers(&self, pointer: &str) -> bool {
        self.roots
            .iter()
            .any(|root| pointer.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// A value, as far as it may be shown.
    pub(super) fn show(&self, node: &Node<'_>, pointer: &str) -> Shown {
        let child =
            |node: &Node<'_>, step: &str| match self.show(node, &format!("{pointer}/{}", escape_pointer_step(step))) {
                Shown::Value(value) => value,
                Shown::Hidden => Json::from(HIDDEN),
            };
        match &node.value {
            Value::Mapping(entries) if self.is_root(pointer) || !self.covers(pointer) => {
                let entries = entries.iter().map(|entry| (entry.key.to_string(), child(&entry.value, &entry.key)));
                Shown::Value(Json::Object(entries.collect()))
            }
            _ if self.covers(pointer) || is_encrypted(node) => Shown::Hidden,
            Value::Sequence(items) => {
                let items = items.iter().enumerate().map(|(index, item)| child(item, &index.to_string()));
                Shown::Value(Json::Array(items.collect()))
            }
            _ => Shown::Value(plain(node)),
        }
    }
}

/// Whether a value, or any value in it, is one that SOPS has encrypted.
pub(super) fn is_encrypted(node: &Node<'_>) -> bool {
    node.as_str().is_some_and(|text| text.starts_with("ENC["))
}
