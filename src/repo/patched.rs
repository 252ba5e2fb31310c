//! Which fields kustomizations set in their resources: by patches, by labels, by a namespace.
//!
//! In: a kustomization, its patch files, or a Flux Kustomization with patches of its own. Out: whether a field that an
//! object lacks is set by it: then nothing can be said before the object is rendered. It never applies anything.

use std::collections::BTreeMap;

use crate::manifest::{Content, FileId, Node, Source, Value, escape_pointer_step, read_documents};

/// Patches within patches (a Flux Kustomization that patches Flux Kustomizations) are followed this deep.
const DEEPEST: usize = 4;

/// What stands in a pointer for any item of a list.
const ANY_ITEM: &str = "*";

/// Where labels of a kustomization go beside `metadata.labels`, when it puts them into selectors or templates.
const LABELLED: &[&str] = &[
    "/spec/selector",
    "/spec/selector/matchLabels",
    "/spec/template/metadata",
    "/spec/template/metadata/labels",
    "/spec/jobTemplate/spec/template/metadata/labels",
];

/// Where the namespace of a kustomization goes beside `metadata.namespace`.
const NAMESPACED: &[&str] = &[
    "/subjects/*/namespace",
    "/webhooks/*/clientConfig/service/namespace",
    "/spec/service/namespace",
    "/spec/conversion/webhook/clientConfig/service/namespace",
];

/// Kinds and the fields that are set in them, as JSON pointers with `*` for an item of a list; an empty kind stands for
/// any. For each the names of the objects that are meant; an empty name stands for any.
#[derive(Debug, Clone, Default)]
pub struct PatchedFields {
    fields: BTreeMap<(String, String), Vec<String>>,
}

/// What a patch is for, as far as it is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct PatchTarget<'t> {
    kind: &'t str,
    /// A regular expression stands for any name.
    name: &'t str,
}

impl<'t> PatchTarget<'t> {
    /// The target of an entry of `patches` or `patchesJson6902`.
    #[must_use]
    pub fn of(patch: &'t Node<'_>) -> Self {
        let text = |key| patch.path(&["target", key]).and_then(Node::as_str).unwrap_or_default();
        let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        Self { kind: text("kind"), name: Some(text("name")).filter(|name| is_plain(name)).unwrap_or_default() }
    }
}

impl PatchedFields {
    /// Whether the field at a JSON pointer is set in an object of this kind and name.
    ///
    /// A patch may mean an object by the name that prefixes and suffixes have given it.
    #[must_use]
    pub fn sets(&self, kind: &str, name: &str, pointer: &str) -> bool {
        if self.fields.is_empty() {
            return false;
        }
        let field = any_item(pointer);
        let names = [kind, ""].into_iter().filter_map(|kind| self.fields.get(&(kind.to_owned(), field.clone())));
        names.flatten().any(|patched| patched.is_empty() || patched.contains(name))
    }

    /// Adds those of others.
    pub fn extend(&mut self, other: Self) {
        for (field, names) in other.fields {
            self.fields.entry(field).or_default().extend(names);
        }
    }

    /// What a kustomization sets, or a Flux Kustomization by its `spec`: inline patches, labels, the namespace.
    pub fn add_inline(&mut self, node: &Node<'_>) {
        let includes = |entry: &Node<'_>| {
            let is_true = |key| matches!(entry.get(key).map(|value| &value.value), Some(Value::Bool(true)));
            is_true("includeSelectors") || is_true("includeTemplates")
        };
        if node.present("commonLabels").is_some()
            || node.get("labels").is_some_and(|labels| labels.items().iter().any(includes))
        {
            for field in LABELLED {
                self.add(PatchTarget::default(), (*field).to_owned());
            }
        }
        if node.present("namespace").or_else(|| node.present("targetNamespace")).is_some() {
            for field in NAMESPACED {
                self.add(PatchTarget::default(), (*field).to_owned());
            }
        }
        self.inline(node, DEEPEST);
    }

    /// A patch file, for what the kustomization says.
    pub fn add_text(&mut self, text: &str, target: PatchTarget<'_>) {
        self.text(text, target, DEEPEST);
    }

    fn inline(&mut self, node: &Node<'_>, depth: usize) {
        let named = ["patches", "patchesJson6902"].into_iter().filter_map(|key| node.get(key)).flat_map(Node::items);
        for patch in named {
            if let Some(text) = patch.get("patch").and_then(Node::as_str) {
                self.text(text, PatchTarget::of(patch), depth);
            }
        }
        for patch in node.get("patchesStrategicMerge").into_iter().flat_map(Node::items).filter_map(Node::as_str) {
            if patch.contains('\n') {
                self.text(patch, PatchTarget::default(), depth);
            }
        }
    }

    fn text(&mut self, text: &str, target: PatchTarget<'_>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let source = Source::new("", text);
        for document in read_documents(FileId(0), &source) {
            let Content::Value(node) = document.content else { continue };
            if let Value::Sequence(operations) = &node.value {
                for operation in operations {
                    self.operation(operation, target);
                }
            } else {
                let text = |path: &[&str]| node.path(path).and_then(Node::as_str).unwrap_or_default();
                let own = PatchTarget { kind: text(&["kind"]), name: text(&["metadata", "name"]) };
                // What the kustomization says of the target counts, and what the patch says only without it.
                let is_said = !target.kind.is_empty() || !target.name.is_empty();
                self.keys(&node, if is_said { target } else { own }, "", Items::Merged);
            }
            node.get("spec").into_iter().for_each(|spec| self.inline(spec, depth));
        }
    }

    /// An operation of a JSON patch: the field of its path, and those of the value that it puts there.
    fn operation(&mut self, operation: &Node<'_>, target: PatchTarget<'_>) {
        let text = |key| operation.get(key).and_then(Node::as_str);
        let (Some("add" | "replace" | "copy" | "move"), Some(path)) = (text("op"), text("path")) else { return };
        let field = any_item(path);
        operation.get("value").into_iter().for_each(|value| self.keys(value, target, &field, Items::Whole));
        self.add(target, field);
    }

    fn keys(&mut self, node: &Node<'_>, target: PatchTarget<'_>, pointer: &str, items: Items) {
        let identifies = |key: &str| items == Items::Merged && says_what_is_meant(pointer, key);
        for entry in node.entries().iter().filter(|entry| !identifies(&entry.key)) {
            let field = format!("{pointer}/{}", escape_pointer_step(&entry.key));
            self.keys(&entry.value, target, &field, items);
            self.add(target, field);
        }
        for item in node.items() {
            self.keys(item, target, &format!("{pointer}/{ANY_ITEM}"), items);
        }
    }

    fn add(&mut self, target: PatchTarget<'_>, field: String) {
        let names = self.fields.entry((target.kind.to_owned(), field)).or_default();
        if !names.iter().any(|name| name == target.name) {
            names.push(target.name.to_owned());
        }
    }
}

/// What the items of a patch's lists are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Items {
    /// Merged into those of the object.
    Merged,
    /// Put there as they are.
    Whole,
}

/// Whether a key of a merge patch says which object, or which item of a list, is meant, and so sets nothing.
fn says_what_is_meant(pointer: &str, key: &str) -> bool {
    match pointer {
        "" => matches!(key, "apiVersion" | "kind"),
        "/metadata" => matches!(key, "name" | "namespace"),
        _ => key == "name" && pointer.ends_with("/*"),
    }
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
        assert!(patched.sets("Kustomization", "it", "/spec/interval"));
        assert!(!patched.sets("HelmRelease", "it", "/spec/interval"));
        assert!(!patched.sets("Kustomization", "it", "/spec/prune"));
    }

    #[test]
    fn a_patch_sets_the_fields_of_the_object_that_it_names_only() {
        let patched = patched(
            "patches:\n- patch: |\n    kind: Deployment\n    metadata: {name: web}\n    spec: {selector: {}}\n- target: {kind: Job, name: 'a.*'}\n  patch: |\n    - {op: add, path: /spec/template, value: {}}\n",
        );
        assert!(patched.sets("Deployment", "web", "/spec/selector"));
        assert!(!patched.sets("Deployment", "database", "/spec/selector"));
        assert!(!patched.sets("Deployment", "web", "/metadata/name"));
        assert!(patched.sets("Job", "backup", "/spec/template"));
    }

    #[test]
    fn labels_and_a_namespace_are_set_where_kustomize_sets_them() {
        let patched = patched("namespace: shop\nlabels: [{pairs: {app: web}, includeSelectors: true}]\n");
        assert!(patched.sets("Deployment", "web", "/spec/selector"));
        assert!(patched.sets("RoleBinding", "web", "/subjects/0/namespace"));
        assert!(!patched.sets("Deployment", "web", "/spec/template/spec/containers"));
    }

    #[test]
    fn patches_within_patches_count() {
        let patched = patched(
            "patches:\n- patch: |\n    kind: Kustomization\n    spec:\n      patches:\n      - patch: |\n          kind: HelmRelease\n          spec: {interval: 1m}\n",
        );
        assert!(patched.sets("HelmRelease", "it", "/spec/interval"));
    }

    #[test]
    fn a_json_patch_sets_what_its_paths_name() {
        let patched = patched(
            "patches:\n- target: {kind: Service}\n  patch: |\n    - {op: add, path: /spec/ports/0/port, value: 80}\n",
        );
        assert!(patched.sets("Service", "it", "/spec/ports/2/port"));
        assert!(!patched.sets("Service", "it", "/spec/port"));
    }

    #[test]
    fn the_name_in_an_item_of_a_patch_says_which_item_is_meant() {
        let patched = patched(
            "patches:\n- patch: |\n    kind: Pod\n    spec:\n      containers:\n      - {name: web, image: web:1}\n",
        );
        assert!(patched.sets("Pod", "it", "/spec/containers/0/image"));
        assert!(!patched.sets("Pod", "it", "/spec/containers/0/name"));
    }
}
