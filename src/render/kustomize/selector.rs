//! Which objects a patch or a replacement is for.
//!
//! In: a target of a kustomization. Out: whether it takes an object. Group, version, kind, name and namespace are regular
//! expressions that have to match as a whole; labels and annotations are selected as Kubernetes selects labels.

use regex::Regex;

use super::label_selector::LabelSelector;
use super::resource::{Id, Resource};
use crate::catalogue::render::SELECTOR;
use crate::manifest::Node;
use crate::render::fault::{Fallible, Fault};

/// A target.
#[derive(Debug, Default)]
pub(super) struct Selector {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl Selector {
    /// Reads the target of a kustomization.
    pub(super) fn read(node: &Node<'_>) -> Fallible<Self> {
        let pattern = |key: &str| {
            let Some(value) = node.get(key) else { return Ok(None) };
            let text = value.as_str().unwrap_or_default();
            if text.is_empty() {
                return Ok(None);
            }
            Regex::new(&format!("^(?:{text})$")).map(Some).map_err(|_| {
                let message = format!("`{text}` is not a regular expression");
                Fault::new(&SELECTOR, value.span, message).with_help("escape what is meant literally with `\\`")
            })
        };
        let labels = |key: &str| node.get(key).map_or_else(|| Ok(LabelSelector::default()), LabelSelector::read);
        Ok(Self {
            group: pattern("group")?,
            version: pattern("version")?,
            kind: pattern("kind")?,
            name: pattern("name")?,
            namespace: pattern("namespace")?,
            labels: labels("labelSelector")?,
            annotations: labels("annotationSelector")?,
        })
    }

    /// Whether it takes an object, by the name and namespace that it has or had at first.
    pub(super) fn selects(&self, resource: &Resource) -> bool {
        let (now, original) = (resource.id(), resource.original_id());
        let named = |pattern: &Option<Regex>, one: &str, other: &str| {
            matches(pattern.as_ref(), one) || matches(pattern.as_ref(), other)
        };
        named(&self.namespace, original.effective_namespace(), now.effective_namespace())
            && named(&self.name, &original.name, &now.name)
            && self.takes_kind(&now)
            && self.takes_metadata(resource)
    }

    /// Whether it takes an id as it stands; a namespace that is not set is the empty text.
    pub(super) fn takes_id(&self, id: &Id<'_>) -> bool {
        self.takes_kind(id) && matches(self.name.as_ref(), &id.name) && matches(self.namespace.as_ref(), &id.namespace)
    }

    /// Whether it takes an object's labels and annotations.
    pub(super) fn takes_metadata(&self, resource: &Resource) -> bool {
        self.labels.matches(&resource.metadata_texts("labels"))
            && self.annotations.matches(&resource.metadata_texts("annotations"))
    }

    /// Whether it asks for an id at all.
    pub(super) fn names_an_id(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].into_iter().any(Option::is_some)
    }

    /// Whether it asks for labels or annotations.
    pub(super) fn names_metadata(&self) -> bool {
        !self.labels.is_empty() || !self.annotations.is_empty()
    }

    fn takes_kind(&self, id: &Id<'_>) -> bool {
        matches(self.group.as_ref(), &id.group)
            && matches(self.version.as_ref(), &id.version)
            && matches(self.kind.as_ref(), &id.kind)
    }
}

fn matches(pattern: Option<&Regex>, text: &str) -> bool {
    pattern.is_none_or(|pattern| pattern.is_match(text))
}
