//! A Kubernetes object: a node with `apiVersion` and `kind`, and how it is called.
//!
//! In: a node. Out: its identity. It never checks a field: a wrong `metadata` gives an object without a name.

use std::fmt;

use super::node::Node;
use crate::finding::ObjectReference;

/// Group, version and kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupVersionKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version within the group.
    pub version: String,
    /// The kind.
    pub kind: String,
}

impl GroupVersionKind {
    /// From an `apiVersion` (`apps/v1`, `v1`) and a kind.
    #[must_use]
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// `group/version`, or the version alone for the core group.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

impl fmt::Display for GroupVersionKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.api_version(), self.kind)
    }
}

/// An object of a document or of a List in one.
#[derive(Debug, Clone)]
pub struct Object<'s> {
    /// The value; a mapping with the strings `apiVersion` and `kind`.
    pub node: Node<'s>,
    /// Its group, version and kind.
    pub kind: GroupVersionKind,
}

impl<'s> Object<'s> {
    /// The object that a node is, when it has a non-empty `apiVersion` and `kind`; the node itself otherwise.
    ///
    /// # Errors
    /// The node, when it is no object.
    pub fn from_node(node: Node<'s>) -> Result<Self, Node<'s>> {
        let text = |key| node.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        match (text("apiVersion"), text("kind")) {
            (Some(api_version), Some(kind)) => {
                let kind = GroupVersionKind::new(api_version, kind);
                Ok(Self { node, kind })
            }
            _ => Err(node),
        }
    }

    /// `metadata.name`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.node.path(&["metadata", "name"]).and_then(Node::as_str)
    }

    /// `metadata.namespace`.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.node.path(&["metadata", "namespace"]).and_then(Node::as_str)
    }

    /// How reports call it.
    #[must_use]
    pub fn reference(&self) -> ObjectReference {
        let generated = || {
            let prefix = self.node.path(&["metadata", "generateName"])?.as_str()?;
            Some(format!("{prefix}*"))
        };
        ObjectReference {
            api_version: self.kind.api_version(),
            kind: self.kind.kind.clone(),
            namespace: self.namespace().map(str::to_owned),
            name: self.name().map(str::to_owned).or_else(generated),
        }
    }
}
