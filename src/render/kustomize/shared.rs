//! Labels and annotations that are one value in several fields of an object.
//!
//! In: the fields of an object in which a transformer made a label, and what is written to one of them later. Out: the
//! same value in all of them. Kustomize puts one node of its tree into all the fields that it makes for a pair; what an
//! overlay or patch does to one it does to all, until something writes the object anew.

use super::kustomization::text;
use super::resource::Resource;
use crate::manifest::{Node, Value};
use crate::render::files::Owned;

/// Fields that hold one value.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    /// Their paths, in order.
    members: Vec<Vec<String>>,
    value: String,
}

impl Resource {
    /// Notes that the fields at some paths were made with one value.
    pub(super) fn share(&mut self, mut members: Vec<Vec<String>>, value: &str) {
        if members.len() > 1 {
            members.sort();
            self.shared.push(Shared { members, value: value.to_owned() });
        }
    }

    /// After a change of some field: what changed in one of the fields that share a value changes in all.
    pub(super) fn spread_changes(&mut self) {
        self.spread(|object, member, value| at(object, member).filter(|field| text(field) != value).cloned());
    }

    /// After a patch was merged: its last word on one of the fields that share a value is its word on all.
    pub(super) fn spread_patch(&mut self, patch: &Owned) {
        self.spread(|_, member, _| at(patch, member).filter(|field| field.as_str().is_some()).cloned());
    }

    fn spread(&mut self, changed: impl Fn(&Owned, &[String], &str) -> Option<Owned>) {
        let Self { node, shared, .. } = self;
        for group in shared.iter_mut() {
            group
                .members
                .retain(|member| at(node, member).is_some_and(|field| matches!(field.value, Value::String(_))));
            let new = group.members.iter().rev().find_map(|member| changed(node, member, &group.value));
            let Some(new) = new else { continue };
            text(&new).clone_into(&mut group.value);
            for member in &group.members {
                let keys: Vec<&str> = member.iter().map(String::as_str).collect();
                if let Some(field) = node.path_mut(&keys) {
                    *field = new.clone();
                }
            }
        }
    }

    /// Kustomize writes the annotations of an object anew when it notes something there.
    pub(super) fn part_annotations(&mut self) {
        for group in &mut self.shared {
            group.members.retain(|member| !matches!(member.as_slice(), [first, second, _] if first == "metadata" && second == "annotations"));
        }
    }
}

fn at<'n>(object: &'n Owned, member: &[String]) -> Option<&'n Owned> {
    member.iter().try_fold(object, |node, key| node.get(key)).filter(|node| !Node::is_null(node))
}
