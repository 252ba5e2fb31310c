//! Which fields the repository's patches set, by kind.
//!
//! In: kustomizations, their patch files, and Flux Kustomizations with patches of their own. Out: whether a field that an
//! object lacks is set by a patch somewhere: then nothing can be said before the object is rendered. It never applies a
//! patch.

use std::collections::BTreeSet;

use crate::manifest::{Content, FileId, Node, Source, Value, escape_pointer_step, read_documents};

/// Patches within patches (a Flux Kustomization that patches Flux Kustomizations) are followed this deep.
const DEEPEST: usize = 4;

/// What stands in a pointer for any item of a list.
const ANY_ITEM: &str = "*";

/// Kinds and the fields that patches set in them, as JSON pointers with `*` for an item of a list. An empty kind stands
/// for any.
#[derive(Debug, Clone, Default)]
pub struct PatchedFields {
    fields: BTreeSet<(String, String)>,
}

impl PatchedFields {
    /// Whether a patch sets the field at a JSON pointer in objects of a kind.
    #[must_use]
    pub fn sets(&self, kind: &str, pointer: &str) -> bool {
        if self.fields.is_empty() {
            return false;
        }
        let field = any_item(pointer);
        [kind, ""].into_iter().any(|kind| self.fields.contains(&(kind.to_owned(), field.clone())))
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
                Value::Sequence(operations) => operations.iter().for_each(|operation| self.operation(operation, kind)),
                _ => self.keys(&node, kind, "", Items::Merged),
            }
            node.get("spec").into_iter().for_each(|spec| self.inline(spec, depth));
        }
    }

    /// An operation of a JSON patch: the field of its path, and those of the value that it puts there.
    fn operation(&mut self, operation: &Node<'_>, kind: &str) {
        let text = |key| operation.get(key).and_then(Node::as_str);
        let (Some("add" | "replace" | "copy" | "move"), Some(path)) = (text("op"), text("path")) else { return };
        let field = any_item(path);
        self.fields.insert((kind.to_owned(), field.clone()));
        operation.get("value").into_iter().for_each(|value| self.keys(value, kind, &field, Items::Whole));
    }

    fn keys(&mut self, node: &Node<'_>, kind: &str, pointer: &str, items: Items) {
        let names_the_item = |key: &str| items == Items::Merged && key == "name" && pointer.ends_with("/*");
        for entry in node.entries().iter().filter(|entry| !names_the_item(&entry.key)) {
            let field = format!("{pointer}/{}", escape_pointer_step(&entry.key));
            self.keys(&entry.value, kind, &field, items);
            self.fields.insert((kind.to_owned(), field));
        }
        for item in node.items() {
            self.keys(item, kind, &format!("{pointer}/{ANY_ITEM}"), items);
        }
    }
}

/// What the items of a patch's lists are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Items {
    /// Merged into those of the object: the `name` of one says which is meant, and sets nothing.
    Merged,
    /// Put there as they are.
    Whole,
}

/// A JSON pointer with `*` for the items of lists.
fn any_item(pointer: &str) -> String {
    let is_item = |step: &str| step == "-" || (!step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()));
    let steps: Vec<&str> = pointer.split('/').map(|step| if is_item(step) { ANY_ITEM } else { step }).collect();
    steps.join("/")
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
        assert!(patched.sets("Kustomization", "/spec/interval"));
        assert!(!patched.sets("HelmRelease", "/spec/interval"));
        assert!(!patched.sets("Kustomization", "/spec/prune"));
    }

    #[test]
    fn patches_within_patches_count() {
        let patched = patched(
            "patches:\n- patch: |\n    kind: Kustomization\n    spec:\n      patches:\n      - patch: |\n          kind: HelmRelease\n          spec: {interval: 1m}\n",
        );
        assert!(patched.sets("HelmRelease", "/spec/interval"));
    }

    #[test]
    fn a_json_patch_sets_what_its_paths_name() {
        let patched = patched(
            "patches:\n- target: {kind: Service}\n  patch: |\n    - {op: add, path: /spec/ports/0/port, value: 80}\n",
        );
        assert!(patched.sets("Service", "/spec/ports/2/port"));
        assert!(!patched.sets("Service", "/spec/port"));
    }

    #[test]
    fn the_name_in_an_item_of_a_patch_says_which_item_is_meant() {
        let patched = patched(
            "patches:\n- patch: |\n    kind: Pod\n    spec:\n      containers:\n      - {name: web, image: web:1}\n",
        );
        assert!(patched.sets("Pod", "/spec/containers/0/image"));
        assert!(!patched.sets("Pod", "/spec/containers/0/name"));
    }
}
