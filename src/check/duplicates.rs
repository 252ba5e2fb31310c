//! One object defined twice among files that are applied together.
//!
//! In: how every object is called and where it stands. Out: a finding for each repetition, with the first place. Only
//! siblings are compared, the resources of one kustomization or the manifests of one folder: two overlays may well make
//! the same object, and what kustomizations rename is not known before they are rendered.

use std::collections::{HashMap, HashSet};

use crate::catalogue;
use crate::finding::{Finding, ObjectReference, Place, Severity};
use crate::manifest::Object;
use crate::repo::{Layout, TreeKind};

/// What makes an object the same as another: the version of its API does not count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    group: String,
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl Identity {
    /// The identity of an object with a name.
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        Some(Self {
            group: object.kind.group.clone(),
            kind: object.kind.kind.clone(),
            namespace: object.namespace().map(str::to_owned),
            name: object.name()?.to_owned(),
        })
    }
}

/// An object of the run, as far as duplicates go. There is one for every object, so it holds nothing twice.
#[derive(Debug)]
pub(super) struct Definition {
    /// How it is called; it has a name.
    pub(super) reference: ObjectReference,
    /// Where its name is written.
    pub(super) place: Place,
    /// Whether nothing else fails it.
    pub(super) is_valid: bool,
}

impl Definition {
    /// What [`Identity`] holds, borrowed.
    fn identity(&self) -> (&str, &str, Option<&str>, Option<&str>) {
        let ObjectReference { api_version, kind, namespace, name } = &self.reference;
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        (group, kind, namespace.as_deref(), name.as_deref())
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
pub(super) fn check(layout: &Layout, mut definitions: Vec<Definition>) -> Vec<Duplicate> {
    definitions.sort_by(|left, right| left.place.cmp(&right.place));
    let mut first: HashMap<_, &Place> = HashMap::with_capacity(definitions.len());
    let mut told: HashSet<&Place> = HashSet::new();
    let mut duplicates = Vec::new();
    for definition in &definitions {
        let Definition { reference, place, is_valid } = definition;
        for (kind, folder) in layout.siblings(&place.path) {
            let earlier = *first.entry((kind, folder, definition.identity())).or_insert(place);
            if earlier == place || !told.insert(place) {
                continue;
            }
            let message = format!("{reference} is defined twice");
            let mut finding = Finding::new(&catalogue::object::DUPLICATE, place.clone(), message)
                .with_help("remove one of them, or rename it")
                .with_related(earlier.clone(), "first defined here");
            // Files of a plain folder may be alternatives that nobody applies together.
            if kind == TreeKind::Plain && earlier.path != place.path {
                finding.severity = Severity::Warn;
            }
            finding.object = Some(reference.clone());
            finding.pointer = Some("/metadata/name".to_owned());
            duplicates.push(Duplicate { finding, is_valid: *is_valid });
        }
    }
    duplicates
}
