//! An object on its way through a rendering, with what kustomize remembers of it.
//!
//! In: a document of a resource file, or what a generator made. Out: the object, and all the names it had. Kustomize
//! keeps these in annotations of its own that it takes away in the end; here they are fields.

use std::borrow::Cow;
use std::sync::Arc;

use super::origin::Origin;
use super::scope;
use super::shared::Shared;
use crate::manifest::{Node, Span};
use crate::render::files::Owned;

/// The namespace of what lives in the cluster; no namespace may be called so.
const NO_NAMESPACE: &str = "_non_namespaceable_";

/// What an object without a namespace counts to.
const DEFAULT_NAMESPACE: &str = "default";

/// How an object is called: kustomize's `ResId`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id<'r> {
    pub(super) group: Cow<'r, str>,
    pub(super) version: Cow<'r, str>,
    pub(super) kind: Cow<'r, str>,
    pub(super) name: Cow<'r, str>,
    pub(super) namespace: Cow<'r, str>,
    pub(super) is_cluster_scoped: bool,
}

impl Id<'_> {
    /// The namespace that counts when ids are compared.
    pub(super) fn effective_namespace(&self) -> &str {
        match self.namespace.as_ref() {
            _ if self.is_cluster_scoped => NO_NAMESPACE,
            "" => DEFAULT_NAMESPACE,
            namespace => namespace,
        }
    }

    /// Whether two ids name one object.
    pub(super) fn is_same(&self, other: &Id<'_>) -> bool {
        self.is_same_but_for_namespace(other) && self.effective_namespace() == other.effective_namespace()
    }

    /// Whether group, version, kind and name are the same.
    pub(super) fn is_same_but_for_namespace(&self, other: &Id<'_>) -> bool {
        self.name == other.name && self.kind == other.kind && self.group == other.group && self.version == other.version
    }

    /// Whether a group, version and kind select this one; an empty part selects any.
    pub(super) fn is_selected_by(&self, group: &str, version: &str, kind: &str) -> bool {
        (kind.is_empty() || kind == self.kind)
            && (group.is_empty() || group == self.group)
            && (version.is_empty() || version == self.version)
    }
}

impl std::fmt::Display for Id<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.kind)?;
        match self.namespace.as_ref() {
            "" | NO_NAMESPACE => write!(formatter, " {}", self.name),
            namespace => write!(formatter, " {namespace}/{}", self.name),
        }
    }
}

/// What a generated object does to one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Behavior {
    /// There is none: it is added.
    #[default]
    Create,
    /// It takes the other's place.
    Replace,
    /// It adds its data to the other's.
    Merge,
}

/// An id that an object had: group and version are always those of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PreviousId {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) kind: String,
}

/// An object, or a patch for one.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) node: Owned,
    /// The ids that it had, the oldest first.
    pub(super) previous: Vec<PreviousId>,
    pub(super) prefixes: Vec<Arc<str>>,
    pub(super) suffixes: Vec<Arc<str>>,
    pub(super) behavior: Behavior,
    /// Whether a hash of its content is appended to its name.
    pub(super) needs_hash: bool,
    /// The variables that read a field of it.
    pub(super) variables: Vec<String>,
    /// Where it comes from, when the annotations that say so are asked for.
    pub(super) origin: Option<Origin>,
    /// What changed it, when the annotations that say so are asked for.
    pub(super) transformations: Vec<Origin>,
    /// The labels and annotations that are one value in several fields.
    pub(super) shared: Vec<Shared>,
    /// Whether Helm made it.
    pub(super) is_from_helm: bool,
}

impl Resource {
    /// An object as it was read.
    pub(super) fn new(node: Owned) -> Self {
        Self {
            node,
            previous: Vec::new(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behavior: Behavior::default(),
            needs_hash: false,
            variables: Vec::new(),
            origin: None,
            transformations: Vec::new(),
            shared: Vec::new(),
            is_from_helm: false,
        }
    }

    /// The place of the object.
    pub(super) fn span(&self) -> Span {
        self.node.span
    }

    /// The place of its name, or of the object.
    pub(super) fn name_span(&self) -> Span {
        self.node.path(&["metadata", "name"]).map_or(self.node.span, |name| name.span)
    }

    pub(super) fn api_version(&self) -> Cow<'_, str> {
        text(self.node.get("apiVersion"))
    }

    pub(super) fn kind(&self) -> Cow<'_, str> {
        text(self.node.get("kind"))
    }

    pub(super) fn name(&self) -> Cow<'_, str> {
        text(self.node.path(&["metadata", "name"]))
    }

    pub(super) fn namespace(&self) -> Cow<'_, str> {
        text(self.node.path(&["metadata", "namespace"]))
    }

    /// How it is called now.
    pub(super) fn id(&self) -> Id<'_> {
        let (kind, is_cluster_scoped) = (self.kind(), scope::is_cluster_scoped(&self.api_version(), &self.kind()));
        let (group, version) = split(self.api_version());
        Id { group, version, kind, name: self.name(), namespace: self.namespace(), is_cluster_scoped }
    }

    /// The ids that it had, the oldest first. That one of them was cluster-scoped shows in its namespace.
    pub(super) fn previous_ids(&self) -> impl DoubleEndedIterator<Item = Id<'_>> {
        self.previous.iter().map(|previous| {
            let (group, version) = split(self.api_version());
            Id {
                group,
                version,
                kind: Cow::Borrowed(&previous.kind),
                name: Cow::Borrowed(&previous.name),
                namespace: Cow::Borrowed(&previous.namespace),
                is_cluster_scoped: false,
            }
        })
    }

    /// How it was called first.
    pub(super) fn original_id(&self) -> Id<'_> {
        let first = self.previous_ids().next();
        first.unwrap_or_else(|| self.id())
    }

    /// Remembers how it is called before that changes.
    pub(super) fn remember_id(&mut self) {
        self.part_annotations();
        let id = self.id();
        let previous = PreviousId {
            name: id.name.to_string(),
            namespace: id.effective_namespace().to_owned(),
            kind: id.kind.to_string(),
        };
        self.previous.push(previous);
    }

    /// Sets a field of `metadata`, which is made if it lacks.
    pub(super) fn set_metadata(&mut self, key: &'static str, value: Owned) {
        let span = value.span;
        if let Some(metadata) = self.node.mapping_at("metadata", span) {
            metadata.set(key, value);
        }
    }

    /// A label or annotation, as text.
    pub(super) fn metadata_texts(&self, field: &str) -> Vec<(&str, Cow<'_, str>)> {
        let entries = self.node.path(&["metadata", field]).map(Node::entries).unwrap_or_default();
        entries.iter().map(|entry| (entry.key.as_ref(), text(Some(&entry.value)))).collect()
    }
}

fn text<'n>(node: Option<&'n Node<'_>>) -> Cow<'n, str> {
    node.and_then(Node::scalar_text).unwrap_or_default()
}

fn split(api_version: Cow<'_, str>) -> (Cow<'_, str>, Cow<'_, str>) {
    match api_version {
        Cow::Borrowed(text) => {
            let (group, version) = text.split_once('/').unwrap_or(("", text));
            (Cow::Borrowed(group), Cow::Borrowed(version))
        }
        Cow::Owned(text) => {
            let (group, version) = text.split_once('/').unwrap_or(("", &text));
            (Cow::Owned(group.to_owned()), Cow::Owned(version.to_owned()))
        }
    }
}
