//! One object defined twice among files that are applied together.
//!
//! In: how every object is called and where it stands. Out: a finding for each repetition, with the first place. Only
//! siblings are compared, the resources of one kustomization or the manifests of one folder: two overlays may well make
//! the same object, and what kustomizations rename is not known before they are rendered.

use std::collections::HashMap;

use crate::catalogue;
use crate::finding::{Finding, ObjectReference, Place, Severity};
use crate::manifest::Object;
use crate::repo::{Layout, TreeKind};

/// What makes an object the same as another: the version of its API does not count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    group: String,
    reference: ObjectReference,
}

impl Identity {
    /// The identity of an object with a name.
    pub(super) fn of(object: &Object<'_>) -> Option<Self> {
        object.name()?;
        let reference = ObjectReference { api_version: String::new(), ..object.reference() };
        Some(Self { group: object.kind.group.clone(), reference })
    }
}

/// The repetitions among the objects of a run.
pub(super) fn check(layout: &Layout, mut objects: Vec<(Identity, Place)>) -> Vec<Finding> {
    objects.sort_by(|left, right| left.1.cmp(&right.1));
    let mut first: HashMap<(TreeKind, String, &Identity), &Place> = HashMap::with_capacity(objects.len());
    let mut findings = Vec::new();
    for (identity, place) in &objects {
        let (kind, folder) = layout.siblings(&place.path);
        match first.entry((kind, folder.to_owned(), identity)) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(place);
            }
            std::collections::hash_map::Entry::Occupied(entry) => {
                let earlier = *entry.get();
                let message = format!("{} is defined twice", identity.reference);
                let mut finding = Finding::new(&catalogue::object::DUPLICATE, place.clone(), message)
                    .with_help("remove one of them, or rename it")
                    .with_related(earlier.clone(), "first defined here");
                // Files of a plain folder may be alternatives that nobody applies together.
                if kind == TreeKind::Plain && earlier.path != place.path {
                    finding.severity = Severity::Warn;
                }
                finding.object = Some(identity.reference.clone());
                finding.pointer = Some("/metadata/name".to_owned());
                findings.push(finding);
            }
        }
    }
    findings
}
