//! One object defined twice among files that are applied together.
//!
//! In: how every object is called and where it stands. Out: a finding for each repetition, with the first place. Only
//! siblings are compared, the resources of one kustomization or the manifests of one folder: two overlays may well make
//! the same object, and what kustomizations rename is not known before they are rendered.

use std::collections::{HashMap, HashSet};

use crate::catalogue;
use crate::finding::{Finding, ObjectReference, Place, Severity};
use crate::manifest::{GroupVersionKind, Object, Sources};
use crate::repo::{Layout, TreeKind};

/// What makes an object the same as another: the version of its API does not count.
///
/// A run keeps one for every object, so it is a single text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    /// Group, kind, name and namespace, one behind the other.
    text: Box<str>,
    /// Where the first three of them end.
    ends: [usize; 3],
    has_namespace: bool,
}

impl Identity {
    /// The identity of an object with a name.
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        let name = object.name()?;
        let GroupVersionKind { group, kind, version: _ } = &object.kind;
        let namespace = object.namespace();
        let text = [group, kind, name, namespace.unwrap_or_default()].concat().into_boxed_str();
        let ends = [group.len(), group.len() + kind.len(), group.len() + kind.len() + name.len()];
        Some(Self { text, ends, has_namespace: namespace.is_some() })
    }

    /// How reports call an object of this identity and a version of its API.
    fn reference(&self, version: &str) -> ObjectReference {
        let [group, kind, name] = self.ends;
        let kind_of_version = GroupVersionKind {
            group: self.text[..group].to_owned(),
            version: version.to_owned(),
            kind: self.text[group..kind].to_owned(),
        };
        ObjectReference {
            api_version: kind_of_version.api_version(),
            kind: kind_of_version.kind,
            namespace: self.has_namespace.then(|| self.text[name..].to_owned()),
            name: Some(self.text[kind..name].to_owned()),
        }
    }
}

/// The objects of a run, boxed: while the list grows and is sorted, pointers are moved and not the objects, whose old and
/// new lists would take several times the memory.
pub(super) type Definitions = Vec<Box<Definition>>;

/// An object of the run, as far as duplicates go. There is one for every object, so it holds nothing twice.
#[derive(Debug)]
pub(super) struct Definition {
    identity: Identity,
    /// The version of its API.
    version: Box<str>,
    /// Where its name is written.
    place: Place,
    /// Whether nothing else fails it.
    is_valid: bool,
}

impl Definition {
    /// The definition of an object with a name.
    pub(super) fn of(object: &Object<'_>, sources: &Sources, is_valid: bool) -> Option<Box<Self>> {
        let name = object.node.path(&["metadata", "name"])?;
        Some(Box::new(Self {
            identity: Identity::of(object)?,
            version: object.kind.version.as_str().into(),
            place: sources.place(name.span),
            is_valid,
        }))
    }
}

/// A definition that is not the first of its object.
#[derive(Debug)]
pub(super) struct Duplicate {
    pub(super) finding: Finding,
    /// Whether nothing else fails the object.
    pub(super) is_valid: bool,
}

/// The repetitions among the objects of a run.
pub(super) fn check(layout: &Layout, mut definitions: Definitions) -> Vec<Duplicate> {
    definitions.sort_by(|left, right| left.place.cmp(&right.place));
    let mut first: HashMap<_, &Place> = HashMap::with_capacity(definitions.len());
    let mut told: HashSet<&Place> = HashSet::new();
    let mut duplicates = Vec::new();
    for definition in &definitions {
        let Definition { identity, version, place, is_valid } = &**definition;
        for (kind, folder) in layout.siblings(&place.path) {
            // Two in one kustomization stop its rendering, which says so.
            if kind == TreeKind::Kustomization {
                continue;
            }
            let earlier = *first.entry((kind, folder, identity)).or_insert(place);
            if earlier == place || !told.insert(place) {
                continue;
            }
            let reference = identity.reference(version);
            let message = format!("{reference} is defined twice");
            let mut finding = Finding::new(&catalogue::object::DUPLICATE, place.clone(), message)
                .with_help("remove one of them, or rename it")
                .with_related(earlier.clone(), "first defined here");
            // Files of a plain folder may be alternatives that nobody applies together.
            if earlier.path != place.path {
                finding.severity = Severity::Warn;
            }
            finding.object = Some(reference);
            finding.pointer = Some("/metadata/name".to_owned());
            duplicates.push(Duplicate { finding, is_valid: *is_valid });
        }
    }
    duplicates
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Identity;
    use crate::check::written::Written;

    #[test]
    fn an_identity_knows_its_parts_and_not_the_version() {
        let written = |api_version: &str, metadata| {
            Written::new(&json!({"apiVersion": api_version, "kind": "Deployment", "metadata": metadata}))
        };
        let identity = |api_version: &str, metadata| Identity::of(written(api_version, metadata).object());
        assert_eq!(identity("apps/v1", json!({"name": "a"})), identity("apps/v2", json!({"name": "a"})));
        for (left, right) in [
            (json!({"name": "ab"}), json!({"name": "a", "namespace": "b"})),
            (json!({"name": "a"}), json!({"name": "a", "namespace": ""})),
        ] {
            assert_ne!(identity("apps/v1", left), identity("apps/v1", right));
        }
        assert_eq!(identity("apps/v1", json!({"generateName": "a"})), None);
        for metadata in [json!({"name": "a"}), json!({"name": "", "namespace": "é"})] {
            for (api_version, version) in [("apps/v1", "v1"), ("v2", "v2")] {
                let object = written(api_version, metadata.clone());
                let identity = Identity::of(object.object()).unwrap();
                assert_eq!(identity.reference(version), object.object().reference());
            }
        }
    }
}
