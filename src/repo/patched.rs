//! Which fields the repository's patches set, by kind.
//!
//! In: kustomizations, their patch files, and Flux Kustomizations with patches of their own. Out: whether a field that an
//! object lacks is set by a patch somewhere: then nothing can be said before the object is rendered. It never applies a
//! patch.

use std::collections::BTreeSet;

use crate::manifest::{Content, FileId, Node, Source, Value, read_documents};

/// Patches within patches (a Flux Kustomization that patches Flux Kustomizations) are followed this deep.
const DEEPEST: usize = 4;

/// Kinds and the fields that patches set in them; an empty kind stands for any.
#[derive(Debug, Clone, Default)]
pub struct PatchedFields {
    fields: BTreeSet<(String, String)>,
}

impl PatchedFields {
    /// Whether a patch sets a field of objects of a kind.
    #[must_use]
    pub fn sets(&self, kind: &str, field: &str) -> bool {
        let set = |kind: &str| self.fields.contains(&(kind.to_owned(), field.to_owned()));
        !self.fields.is_empty() && (set(kind) || set(""))
    }

    /// Adds those of others.
    pub fn extend(&mut self, other: Self) {
        self.fields.extend(other.fields);
    }

    /// The inline patches of a kustomization, or of a Flux Kustomization's `spec`.
    pub fn add_inline(&mut self, node: &Node<'_>) {
        self.inline(node, DEEPEST);
    }

    /// A patch file, for objects of a kind where the kustomization says so.
    pub fn add_text(&mut self, text: &str, kind: &str) {
        self.text(text, kind, DEEPEST);
    }

    fn inline(&mut self, node: &Node<'_>, depth: usize) {
        let named = ["patches", "patchesJson6902"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
        for patch in named {
            let kind = patch.path(&["target", "kind"]).and_then(Node::as_str).unwrap_or_default();
            if let Some(text) = patch.get("patch").and_then(Node::as_str) {
                self.text(text, kind, depth);
            }
        }
        for patch in node.get("patchesStrategicMerge").into_iter().flat_map(Node::items).filter_map(Node::as_str) {
            if patch.contains('\n') {
                self.text(patch, "", depth);
            }
        }
    }

    fn text(&mut self, text: &str, kind: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let source = Source::new("", text);
        for document in read_documents(FileId(0), &source) {
            let Content::Value(node) = document.content else { continue };
            let kind = node.get("kind").and_then(Node::as_str).filter(|_| kind.is_empty()).unwrap_or(kind);
            match &node.value {
                // A JSON patch: the fields are in its paths, and in the values that it puts there.
                Value::Sequence(operations) => {
                    for operation in operations {
                        let steps =
                            operation.get("path").and_then(Node::as_str).into_iter().flat_map(|path| path.split('/'));
                        self.fields.extend(steps.map(|step| (kind.to_owned(), step.to_owned())));
                        operation.get("value").into_iter().for_each(|value| self.keys(value, kind));
                    }
                }
                _ => self.keys(&node, kind),
            }
            node.get("spec").into_iter().for_each(|spec| self.inline(spec, depth));
        }
    }

    fn keys(&mut self, node: &Node<'_>, kind: &str) {
        for entry in node.entries() {
            self.fields.insert((kind.to_owned(), entry.key.to_string()));
            self.keys(&entry.value, kind);
        }
        node.items().iter().for_each(|item| self.keys(item, kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(text: &str) -> PatchedFields {
        let source = Source::new("kustomization.yaml", text);
        let mut patched = PatchedFields::default();
        for document in read_documents(FileId(0), &source) {
            if let Content::Value(node) = document.content {
                patched.add_inline(&node);
            }
        }
        patched
    }

    #[test]
    fn a_patch_sets_the_fields_of_its_own_kind_only() {
        let patched = patched(
            "patches:\n- patch: |\n    kind: Kustomization\n    spec:\n      interval: 1m\n  target: {kind: Kustomization}\n",
        );
        assert!(patched.sets("Kustomization", "interval"));
        assert!(!patched.sets("HelmRelease", "interval"));
        assert!(!patched.sets("Kustomization", "prune"));
    }

    #[test]
    fn patches_within_patches_count() {
        let patched = patched(
            "patches:\n- patch: |\n    kind: Kustomization\n    spec:\n      patches:\n      - patch: |\n          kind: HelmRelease\n          spec: {interval: 1m}\n",
        );
        assert!(patched.sets("HelmRelease", "interval"));
    }

    #[test]
    fn a_json_patch_sets_what_its_paths_name() {
        let patched = patched(
            "patches:\n- target: {kind: Service}\n  patch: |\n    - {op: add, path: /spec/ports/0/port, value: 80}\n",
        );
        assert!(patched.sets("Service", "port"));
    }
}
