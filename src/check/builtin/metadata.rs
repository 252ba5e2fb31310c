//! `metadata`: what apimachinery's `ValidateObjectMeta` demands of every object, custom resources too.
//!
//! In: an object. Out: findings about its name, namespace, labels, annotations, finalizers and owners. Nothing here
//! depends on the kind but the rule for names and the one for short finalizers. What the server sets itself and drops
//! when it is given (`uid`, `generation`, `managedFields`, …) is not looked at.

use super::names::{is_dns1123_label, is_label_value, is_qualified_name};
use super::object_name::NameRule;
use crate::catalogue::metadata::{ANNOTATION, FIELD, LABEL, NAME, NAMESPACE};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::check::schema::{Scope, bundle};
use crate::manifest::{Entry, Node, Object, to_json_value};
use crate::report::printable;

/// What all annotations of an object may take together, keys and values.
const MAX_ANNOTATION_BYTES: usize = 256 * 1024;

/// Finalizers without a prefix that Kubernetes' own kinds take.
const STANDARD_FINALIZERS: &[&str] = &["kubernetes", "orphan", "foregroundDeletion"];

/// Checks the metadata of an object.
pub(super) fn check(object: &Object<'_>, scope: Option<Scope>, sink: &mut Sink<'_, '_>) {
    if !is_served(&object.kind.group) {
        return;
    }
    let metadata = object.node.present("metadata");
    if let Some(rule) = NameRule::of(&object.kind) {
        match metadata {
            // The server makes up a name for these.
            _ if object.kind.group.is_empty() && object.kind.kind == "LimitRange" && is_nameless(metadata) => {}
            Some(metadata) if !metadata.is_mapping() => {}
            Some(metadata) => name(object, metadata, rule, sink),
            // Files of tools without `metadata` are written like objects of a kind that nothing is known of.
            None if scope.is_some() => missing_name(&object.node, sink),
            None => {}
        }
    }
    let Some(metadata) = metadata else { return };
    // The server drops the namespace of an object that lives in none.
    if scope != Some(Scope::Cluster) {
        namespace(metadata, sink);
    }
    for entry in metadata.entries() {
        match &*entry.key {
            "labels" => labels(&entry.value, sink),
            "annotations" => annotations(&entry.value, sink),
            "finalizers" => finalizers(object, &entry.value, sink),
            "ownerReferences" => owners(&entry.value, sink),
            _ => {}
        }
    }
}

/// Checks the metadata of an object within another, but for its name and its finalizers.
pub(super) fn embedded(metadata: &Node<'_>, sink: &mut Sink<'_, '_>) {
    namespace(metadata, sink);
    for entry in metadata.entries() {
        match &*entry.key {
            "labels" => labels(&entry.value, sink),
            "annotations" => annotations(&entry.value, sink),
            "ownerReferences" => owners(&entry.value, sink),
            _ => {}
        }
    }
}

/// Whether an API server can serve a group: those of custom resources have a dot. Without one, a file that is written
/// like an object belongs to some tool.
fn is_served(group: &str) -> bool {
    group.contains('.') || matches!(group, "" | "apps" | "autoscaling" | "batch" | "extensions" | "policy")
}

fn is_nameless(metadata: Option<&Node<'_>>) -> bool {
    let filled = |field| {
        metadata
            .and_then(|metadata| metadata.present(field))
            .is_some_and(|node| node.as_str().is_none_or(|text| !text.is_empty()))
    };
    !filled("name") && !filled("generateName")
}

fn name(object: &Object<'_>, metadata: &Node<'_>, rule: NameRule, sink: &mut Sink<'_, '_>) {
    let written = metadata.present("name");
    let name = written.map(Node::as_str);
    let prefix = metadata.present("generateName").filter(|node| node.as_str() != Some(""));
    if let Some(prefix) = prefix
        && let Some(text) = prefix.as_str()
    {
        let named = matches!(name, Some(Some(name)) if !name.is_empty());
        if !rule.accepts_prefix(text) || !named && !rule.accepts_generated(text) {
            let message = format!("no name of {} can be made of `{}`", object.kind.kind, printable(text));
            sink.value(&NAME, prefix, message).help = Some(format!("a name must be {}", rule.wanted()));
        }
    }
    match (written, name) {
        (Some(node), Some(Some(""))) if prefix.is_none() => {
            sink.value(&NAME, node, "the name is empty").help = Some("write a name".to_owned());
        }
        (Some(node), Some(Some(text))) if !text.is_empty() && !rule.accepts(text) => {
            let message =
                format!("`{}` is no name for a {}: it must be {}", printable(text), object.kind.kind, rule.wanted());
            sink.value(&NAME, node, message).help =
                rule.mended(text).map(|mended| format!("rename it, to `{mended}` for one"));
        }
        (None, _) if prefix.is_none() => missing_name(metadata, sink),
        _ => {}
    }
}

fn missing_name(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let finding = sink.value(&NAME, node, "the object has neither `metadata.name` nor `metadata.generateName`");
    finding.help = Some("add `metadata.name`".to_owned());
}

fn namespace(metadata: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = metadata.present("namespace") else { return };
    let Some(text) = node.as_str().filter(|text| !text.is_empty()) else { return };
    if is_dns1123_label(text) {
        return;
    }
    let message = format!("`{}` is no name of a namespace: it must be {}", printable(text), NameRule::Label.wanted());
    sink.value(&NAMESPACE, node, message).help =
        NameRule::Label.mended(text).map(|mended| format!("did you mean `{mended}`?"));
}

/// Checks a map of labels: keys are qualified names, values are short words.
pub(super) fn labels(labels: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for entry in labels.entries() {
        label_key(entry, sink);
        label_value(&entry.value, sink);
    }
}

fn label_key(entry: &Entry<'_>, sink: &mut Sink<'_, '_>) {
    if !is_qualified_name(&entry.key) {
        let message = format!("`{}` is no key of a label", printable(&entry.key));
        sink.key(&LABEL, entry, message).help = Some(qualified_name_help(&entry.key));
    }
}

/// Checks the value of a label, wherever one is written.
pub(super) fn label_value(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(text) = node.as_str().filter(|text| !is_label_value(text)) else { return };
    let message = format!("`{}` is no value of a label", printable(text));
    sink.value(&LABEL, node, message).help = Some(if text.len() > 63 {
        format!("shorten it from {} to 63 bytes at most, or make it an annotation", text.len())
    } else {
        "use letters, digits, `-`, `_` and `.` alone, with a letter or digit at both ends, or make it an annotation"
            .to_owned()
    });
}

/// What makes a qualified name of what is none.
pub(super) fn qualified_name_help(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    if key.matches('/').count() > 1 {
        "use one `/` at most, between a DNS name and the name proper".to_owned()
    } else if name.is_empty() {
        "write a name".to_owned()
    } else if name.len() > 63 {
        format!("shorten the name from {} to 63 bytes at most", name.len())
    } else if !is_qualified_name(name) {
        "use letters, digits, `-`, `_` and `.` alone, with a letter or digit at both ends".to_owned()
    } else {
        "make what stands before the `/` a DNS name in lower case".to_owned()
    }
}

/// Checks a map of annotations: keys are qualified names but for their case, and the whole is not too large.
pub(super) fn annotations(annotations: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let mut bytes = 0;
    for entry in annotations.entries() {
        bytes += entry.key.len() + entry.value.as_str().map_or(0, str::len);
        if !is_qualified_name(&entry.key) && !is_qualified_name(&entry.key.to_lowercase()) {
            let message = format!("`{}` is no key of an annotation", printable(&entry.key));
            sink.key(&ANNOTATION, entry, message).help = Some(qualified_name_help(&entry.key.to_lowercase()));
        }
    }
    if bytes > MAX_ANNOTATION_BYTES {
        let message = format!("the annotations take {bytes} bytes, of {MAX_ANNOTATION_BYTES} at most");
        sink.value(&ANNOTATION, annotations, message).help = Some("move what is large into a ConfigMap".to_owned());
    }
}

fn finalizers(object: &Object<'_>, finalizers: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let (mut orphan, mut foreground) = (false, false);
    for node in finalizers.items() {
        // A null item is the empty string.
        let text = if node.is_null() {
            ""
        } else if let Some(text) = node.as_str() {
            text
        } else {
            continue;
        };
        orphan |= text == "orphan";
        foreground |= text == "foregroundDeletion";
        if !is_qualified_name(text) {
            let message = format!("`{}` is no name of a finalizer", printable(text));
            sink.value(&FIELD, node, message).help = Some(qualified_name_help(text));
        } else if !text.contains('/') && needs_prefixed_finalizers(object) && !STANDARD_FINALIZERS.contains(&text) {
            let message = format!("the finalizer `{text}` has no prefix and is none of Kubernetes' own");
            sink.value(&FIELD, node, message).help =
                Some(format!("put a domain before it, as in `example.com/{text}`"));
        }
    }
    if orphan && foreground {
        let message = "the finalizers `orphan` and `foregroundDeletion` exclude each other";
        sink.value(&FIELD, finalizers, message).help = Some("remove one of them".to_owned());
    }
}

/// Whether the server holds a kind's finalizers to a rule that apimachinery does not have: it does for its own kinds but
/// in a few groups.
fn needs_prefixed_finalizers(object: &Object<'_>) -> bool {
    let group = object.kind.group.as_str();
    let lenient = matches!(
        group,
        "admissionregistration.k8s.io"
            | "apiextensions.k8s.io"
            | "apiregistration.k8s.io"
            | "coordination.k8s.io"
            | "node.k8s.io"
    );
    let event = group.is_empty() && object.kind.kind == "Event";
    !lenient && !event && group != "policy" && bundle().builtin_kind(&object.kind).is_some()
}

fn owners(owners: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let mut controller: Option<&Node<'_>> = None;
    let list = owners.items();
    for (index, owner) in list.iter().enumerate() {
        // The server drops those that repeat another, with a warning.
        let is_same = |other: &&Node<'_>| to_json_value(other) == to_json_value(owner);
        if list.iter().take(index).find(is_same).is_some() {
            continue;
        }
        for field in ["apiVersion", "kind", "name", "uid"] {
            match owner.present(field) {
                None if owner.is_mapping() => {
                    sink.missing(owner, field);
                }
                Some(node) if node.as_str() == Some("") => {
                    let message = format!("`{field}` of an owner is empty");
                    sink.value(&schema::REQUIRED, node, message).help = Some(format!("write the owner's `{field}`"));
                }
                _ => {}
            }
        }
        if let Some(node) = owner.present("apiVersion")
            && let Some(text) = node.as_str()
            && (text.matches('/').count() > 1 || text.ends_with('/'))
        {
            let message = format!("`{}` is no API version", printable(text));
            sink.value(&FIELD, node, message).help =
                Some("write `<group>/<version>`, or `<version>` for the core group".to_owned());
        }
        let text = |field| owner.present(field).and_then(Node::as_str);
        if (text("apiVersion"), text("kind")) == (Some("v1"), Some("Event")) {
            sink.value(&FIELD, owner, "an `Event` cannot own an object").help = Some("remove this owner".to_owned());
        }
        if let Some(flag) = owner.present("controller").filter(|flag| flag.as_bool() == Some(true)) {
            if let Some(first) = controller {
                let first = sink.place(first.span);
                let finding = sink.value(&FIELD, flag, "two owners cannot both be the controller");
                finding.help = Some("set `controller` for one owner alone".to_owned());
                finding
                    .related
                    .push(crate::finding::Related { place: first, message: "the first controller".to_owned() });
            } else {
                controller = Some(flag);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::schema::bundle;
    use crate::check::written::{Written, summary};

    fn found(api_version: &str, kind: &str, metadata: &Json) -> String {
        let object = Written::new(&json!({"apiVersion": api_version, "kind": kind, "metadata": metadata}));
        let scope = bundle().builtin_kind(&object.object().kind).map(|kind| kind.scope);
        summary(&object.findings(|object, sink| check(object, scope, sink)))
    }

    #[test]
    fn a_name_must_be_one_of_its_kind() {
        assert_eq!(found("v1", "ConfigMap", &json!({"name": "app.config"})), "");
        assert!(found("v1", "Namespace", &json!({"name": "app.config"})).starts_with("metadata/name /metadata/name:"));
        assert_eq!(found("rbac.authorization.k8s.io/v1", "Role", &json!({"name": "system:Reader"})), "");
        assert_eq!(found("policy/v1", "PodDisruptionBudget", &json!({"name": "Any_Name"})), "");
        assert!(found("example.com/v1", "Widget", &json!({"name": "Widget"})).contains("must be lower-case"));
        assert_eq!(found("skaffold/v4", "Config", &json!({"name": "My App"})), "", "a tool's own file");
    }

    #[test]
    fn an_object_without_a_name_is_told() {
        assert!(found("v1", "ConfigMap", &json!({})).contains("neither `metadata.name` nor"));
        assert!(found("v1", "ConfigMap", &Json::Null).contains("neither `metadata.name` nor"));
        assert!(found("v1", "ConfigMap", &json!({"name": ""})).contains("empty"));
        assert_eq!(found("v1", "ConfigMap", &json!({"generateName": "run-"})), "");
        assert_eq!(found("v1", "ConfigMap", &json!({"name": 5})), "", "the schema has told it");
        assert_eq!(found("authentication.k8s.io/v1", "TokenReview", &json!({})), "");
    }

    #[test]
    fn labels_and_annotations_are_held_to_their_grammars() {
        assert_eq!(found("v1", "ConfigMap", &json!({"name": "a", "labels": {"a.b/C": "", "d": null}})), "");
        assert!(
            found("v1", "ConfigMap", &json!({"name": "a", "labels": {"a.b/c": "d e"}}))
                .contains("/metadata/labels/a.b~1c:")
        );
        assert!(
            found("v1", "ConfigMap", &json!({"name": "a", "labels": {"A.b/c": "d"}})).contains("no key of a label")
        );
        assert_eq!(found("v1", "ConfigMap", &json!({"name": "a", "annotations": {"A.b/c": "any text"}})), "");
        assert!(
            found("v1", "ConfigMap", &json!({"name": "a", "annotations": {"a/b/c": ""}}))
                .contains("metadata/annotation")
        );
        let large = "x".repeat(256 * 1024 - 1);
        assert_eq!(found("v1", "ConfigMap", &json!({"name": "a", "annotations": {"b": large}})), "");
        assert!(found("v1", "ConfigMap", &json!({"name": "a", "annotations": {"bc": large}})).contains("262145 bytes"));
    }

    #[test]
    fn a_finalizer_without_a_prefix_is_for_custom_resources() {
        assert!(found("v1", "ConfigMap", &json!({"name": "a", "finalizers": ["clean"]})).contains("has no prefix"));
        assert_eq!(found("v1", "ConfigMap", &json!({"name": "a", "finalizers": ["kubernetes", "a.b/c"]})), "");
        assert_eq!(found("example.com/v1", "Widget", &json!({"name": "a", "finalizers": ["clean"]})), "");
        assert!(
            found("example.com/v1", "Widget", &json!({"name": "a", "finalizers": ["orphan", "foregroundDeletion"]}))
                .contains("exclude")
        );
    }

    #[test]
    fn one_owner_controls_and_no_event_owns() {
        let owner = |kind: &str| json!({"apiVersion": "v1", "kind": kind, "name": "a", "uid": "b", "controller": true});
        assert_eq!(
            found("v1", "ConfigMap", &json!({"name": "a", "ownerReferences": [owner("Pod"), owner("Pod")]})),
            ""
        );
        assert!(
            found("v1", "ConfigMap", &json!({"name": "a", "ownerReferences": [owner("Pod"), owner("Node")]}))
                .contains("/ownerReferences/1/controller")
        );
        assert!(
            found("v1", "ConfigMap", &json!({"name": "a", "ownerReferences": [owner("Event")]})).contains("cannot own")
        );
    }

    #[test]
    fn a_namespace_is_a_label_unless_the_kind_has_none() {
        assert!(
            found("v1", "ConfigMap", &json!({"name": "a", "namespace": "team.web"})).starts_with("metadata/namespace")
        );
        assert_eq!(found("v1", "Node", &json!({"name": "a", "namespace": "team.web"})), "");
    }
}
