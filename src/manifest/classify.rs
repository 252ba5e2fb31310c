//! What a document is: an object, a list of objects, or something else that lies in a config repository.
//!
//! In: a document's value. Out: its objects, or the reason why it holds none. What is not an object is skipped with its
//! reason and counted, never silently. It knows nothing of other files: what a file's place in the repository says of
//! it is decided by `repo::Layout`.

use std::fmt;

use super::documents::{Content, read_documents};
use super::node::{FileId, Node, Value};
use super::object::Object;
use super::source::Source;
use super::tools;

/// Why a document, or a whole file, holds no object to check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Nothing, or comments alone.
    Empty,
    /// A List without items.
    EmptyList,
    /// A kustomization or a Component: what it makes is what is checked.
    Kustomization,
    /// A patch that a kustomization names.
    Patch,
    /// A patch that no kustomization names.
    UnusedPatch,
    /// Another file that a kustomization names: a generator's source, a transformer, a configuration.
    KustomizeInput,
    /// `Chart.yaml`, `values.yaml` and the like.
    ChartPart,
    /// A template of a Helm chart, or a file that it hands to one: often no YAML before it is rendered.
    HelmTemplate,
    /// A configuration file of a tool that is written like an object but never sent to an API server.
    ToolConfiguration(&'static str),
    /// A file of an editor.
    EditorConfiguration,
    /// JSON with comments, as only tools read it.
    JsonWithComments,
    /// Encrypted as a whole.
    Encrypted,
    /// YAML or JSON without `apiVersion` and `kind`.
    NotAnObject,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("empty"),
            Self::EmptyList => formatter.write_str("empty list"),
            Self::Kustomization => formatter.write_str("kustomization"),
            Self::Patch => formatter.write_str("patch of a kustomization"),
            Self::UnusedPatch => formatter.write_str("patch that no kustomization names"),
            Self::EditorConfiguration => formatter.write_str("configuration of an editor"),
            Self::JsonWithComments => formatter.write_str("JSON with comments, for a tool"),
            Self::KustomizeInput => formatter.write_str("input of a kustomization"),
            Self::ChartPart => formatter.write_str("part of a Helm chart"),
            Self::HelmTemplate => formatter.write_str("template or file of a Helm chart"),
            Self::ToolConfiguration(tool) => write!(formatter, "configuration of {tool}"),
            Self::Encrypted => formatter.write_str("encrypted with SOPS"),
            Self::NotAnObject => formatter.write_str("not a Kubernetes object"),
        }
    }
}

/// What a document is.
#[derive(Debug)]
pub enum Class<'s> {
    /// One object, or those of a List in order, and the List's items that are none.
    Objects(Vec<Object<'s>>, Vec<Incomplete<'s>>),
    /// Nothing to check.
    Skipped(SkipReason),
    /// Nearly an object.
    Incomplete(Incomplete<'s>),
}

/// Nearly an object: what is missing, and the node to point at.
#[derive(Debug)]
pub struct Incomplete<'s> {
    /// What is wrong.
    pub message: String,
    /// The smallest edit that mends it.
    pub help: &'static str,
    /// The document, or the item of a List.
    pub node: Node<'s>,
}

impl<'s> Class<'s> {
    /// The class of a document.
    #[must_use]
    pub fn of(node: Node<'s>) -> Self {
        match Object::from_node(node) {
            Ok(object) => Self::of_object(object),
            Err(node) => Self::without_identity(node),
        }
    }

    fn of_object(object: Object<'s>) -> Self {
        let group = object.kind.group.as_str();
        if group == "kustomize.config.k8s.io" {
            return Self::Skipped(SkipReason::Kustomization);
        }
        if let Some(tool) = tools::tool_of(&object) {
            return Self::Skipped(SkipReason::ToolConfiguration(tool));
        }
        if object.node.get("apiVersion").and_then(Node::as_str).is_some_and(|version| version.starts_with("ENC[")) {
            return Self::Skipped(SkipReason::Encrypted);
        }
        expand(object)
    }

    fn without_identity(node: Node<'s>) -> Self {
        let Value::Mapping(entries) = &node.value else {
            return Self::Skipped(if node.is_null() { SkipReason::Empty } else { SkipReason::NotAnObject });
        };
        if entries.is_empty() {
            return Self::Skipped(SkipReason::Empty);
        }
        let encrypted = node.path(&["sops", "mac"]).is_some();
        let wrong_type = |key| node.present(key).filter(|value| value.as_str().is_none());
        let named = node.get("metadata").is_some_and(Node::is_mapping);
        if named && let Some(incomplete) = misspelt_identity(&node) {
            let (message, help) = incomplete;
            return Self::Incomplete(Incomplete { message, help, node });
        }
        let (message, help) = match (node.present("apiVersion"), node.present("kind")) {
            _ if encrypted => return Self::Skipped(SkipReason::Encrypted),
            (Some(_), Some(_)) if wrong_type("apiVersion").is_some() => {
                ("`apiVersion` is not a string".to_owned(), "write it as text, such as `apps/v1`")
            }
            (Some(_), Some(_)) if wrong_type("kind").is_some() => {
                ("`kind` is not a string".to_owned(), "write it as text, such as `Deployment`")
            }
            (Some(_), Some(_)) => ("`apiVersion` or `kind` is empty".to_owned(), "fill it in"),
            (Some(_), None) if named => ("an object without `kind`".to_owned(), "add `kind`"),
            (None, Some(_)) if named => ("an object without `apiVersion`".to_owned(), "add `apiVersion`"),
            _ => return Self::Skipped(SkipReason::NotAnObject),
        };
        Self::Incomplete(Incomplete { message, help, node })
    }
}

/// What is wrong with a document that has `apiVersion` or `kind` with capitals in the wrong places.
fn misspelt_identity(node: &Node<'_>) -> Option<(String, &'static str)> {
    let written = |key: &str| {
        let entry = node.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(key))?;
        (entry.value.as_str().is_some_and(|text| !text.is_empty())).then_some(entry.key.as_ref())
    };
    let (version, kind) = (written("apiVersion")?, written("kind")?);
    match (version == "apiVersion", kind == "kind") {
        (true, true) => None,
        (false, true) => Some((format!("an object with `{version}` for `apiVersion`"), "write `apiVersion`")),
        (true, false) => Some((format!("an object with `{kind}` for `kind`"), "write `kind`")),
        (false, false) => {
            let message = format!("an object with `{version}` for `apiVersion` and `{kind}` for `kind`");
            Some((message, "write `apiVersion` and `kind`"))
        }
    }
}

/// The objects of a text; what is not one, or cannot be read, is passed over.
pub fn objects(source: &Source) -> impl Iterator<Item = Object<'_>> {
    let nodes = read_documents(FileId(0), source).into_iter().filter_map(|document| match document.content {
        Content::Value(node) => Some(node),
        _ => None,
    });
    nodes.flat_map(|node| match Class::of(node) {
        Class::Objects(objects, _) => objects,
        _ => Vec::new(),
    })
}

/// A List's items, nested Lists' too, each with its own lines; any other object alone.
///
/// A typed list (`DeploymentList`) gives its items the `apiVersion` and `kind` that they may leave out, as the API
/// server's decoder reads them; the items of `v1` `List` must have their own.
fn expand(object: Object<'_>) -> Class<'_> {
    let is_list = object.kind.kind.strip_suffix("List").is_some_and(|element| {
        let items = object.node.get("items");
        let is_listed = items.is_some_and(|items| matches!(items.value, Value::Sequence(_) | Value::Null));
        if element.is_empty() {
            object.kind.group.is_empty() && (is_listed || items.is_none())
        } else {
            // A kind of someone's own may end in `List`, too: then it is an object with a name
            is_listed && object.node.get("metadata").is_none_or(|metadata| metadata.get("name").is_none())
        }
    });
    if !is_list {
        return Class::Objects(vec![object], Vec::new());
    }
    let element = object.kind.kind.trim_end_matches("List").to_owned();
    let api_version = object.kind.api_version();
    let entries = if let Value::Mapping(entries) = object.node.value { entries } else { Vec::new() };
    let items = entries.into_iter().find(|entry| entry.key == "items").map(|entry| entry.value.value);
    let items = if let Some(Value::Sequence(items)) = items { items } else { Vec::new() };
    let mut objects = Vec::with_capacity(items.len());
    let mut incomplete = Vec::new();
    for mut item in items {
        if !element.is_empty() {
            identify(&mut item, &api_version, &element);
        }
        let span = item.span;
        match Class::of(item) {
            Class::Objects(found, missing) => {
                objects.extend(found);
                incomplete.extend(missing);
            }
            Class::Incomplete(Incomplete { message, help, node }) => {
                let message = format!("an item of a list is {message}");
                incomplete.push(Incomplete { message, help, node });
            }
            Class::Skipped(SkipReason::EmptyList) => {}
            Class::Skipped(_) => {
                let message = "an item of a list is not an object".to_owned();
                let node = Node { span, value: Value::Null };
                incomplete.push(Incomplete { message, help: "give it `apiVersion` and `kind`", node });
            }
        }
    }
    if objects.is_empty() && incomplete.is_empty() {
        return Class::Skipped(SkipReason::EmptyList);
    }
    Class::Objects(objects, incomplete)
}

/// Gives an item of a typed list the identity that it leaves out.
fn identify(item: &mut Node<'_>, api_version: &str, kind: &str) {
    let span = item.span;
    let Value::Mapping(entries) = &mut item.value else { return };
    for (key, text) in [("kind", kind), ("apiVersion", api_version)] {
        if entries.iter().all(|entry| entry.key != key) {
            let start = super::Span { end: span.start, ..span };
            let value = Node { span: start, value: Value::String(text.to_owned().into()) };
            entries.insert(0, super::Entry { key: key.into(), key_span: start, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a document is classed, in a few words.
    fn class(text: &str) -> String {
        let source = Source::new("a.yaml", text);
        let Some(document) = read_documents(FileId(0), &source).pop() else { return String::new() };
        let Content::Value(node) = document.content else { return "unreadable".to_owned() };
        match Class::of(node) {
            Class::Objects(objects, _) => format!("{} objects", objects.len()),
            Class::Skipped(reason) => reason.to_string(),
            Class::Incomplete(Incomplete { message, help, .. }) => format!("{message}: {help}"),
        }
    }

    #[test]
    fn files_of_tools_are_no_objects() {
        for (text, tool) in [
            ("{apiVersion: cli.kyverno.io/v1alpha1, kind: Test, metadata: {name: a}}", "the Kyverno command line"),
            ("{apiVersion: v1alpha1, kind: HostnameConfig, hostname: a}", "Talos"),
            ("{apiVersion: argoproj.io/v1alpha1, kind: ConfigManagementPlugin}", "a plugin of Argo CD"),
            ("{apiVersion: kpt.dev/v1, kind: Kptfile, metadata: {name: a}}", "kpt"),
            ("{apiVersion: kubelet.config.k8s.io/v1beta1, kind: KubeletConfiguration}", "the kubelet"),
            ("{apiVersion: pod-security.admission.config.k8s.io/v1, kind: A}", "a component of Kubernetes"),
            ("{apiVersion: v1, kind: Policy, extenders: []}", "the scheduler"),
            ("{apiVersion: release-notes/v2, kind: feature, area: a}", "a tool"),
        ] {
            assert_eq!(class(text), format!("configuration of {tool}"), "{text}");
        }
    }

    #[test]
    fn objects_that_resemble_them_are_objects() {
        for text in [
            "{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}}",
            "{apiVersion: kpt.dev/v1alpha1, kind: ResourceGroup, metadata: {name: a}}",
            "{apiVersion: v1alpha1, kind: Pod, metadata: {name: a}}",
            "{apiVersion: kyverno.io/v1, kind: Policy, metadata: {name: a}}",
            "{apiVersion: apps/v1, kind: Deployment}",
            "{apiVersion: v1, kind: Policy, metadata: {name: a}}",
        ] {
            assert_eq!(class(text), "1 objects", "{text}");
        }
    }

    #[test]
    fn keys_with_wrong_capitals_are_told() {
        let told = class("{ApiVersion: v1, Kind: Pod, metadata: {name: a}}");
        assert_eq!(
            told,
            "an object with `ApiVersion` for `apiVersion` and `Kind` for `kind`: write `apiVersion` and `kind`"
        );
        assert!(class("{apiversion: v1, kind: Pod, metadata: {name: a}}").ends_with("write `apiVersion`"));
        assert!(class("{apiVersion: v1, KIND: Pod, metadata: {name: a}}").ends_with("write `kind`"));
        assert_eq!(class("{ApiVersion: v1, Kind: Pod, spec: {}}"), "not a Kubernetes object", "it has no `metadata`");
        assert!(class("{apiVersion: v1, kind: '', metadata: {}}").contains("is empty"));
    }
}
