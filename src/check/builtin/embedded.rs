//! Objects within custom resources: `validateEmbeddedResource` of
//! `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta`.
//!
//! In: what stands where a schema says `x-kubernetes-embedded-resource`. Out: findings about its version, its kind and its
//! metadata. That it has both, and the rest of it, is for its schema to say; its kind's own schema is never looked up.

use super::fields::{PATH_SEGMENT, at_least, invalid, is_empty, text};
use super::{metadata, names};
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

/// Checks an embedded object.
pub(in crate::check) fn check(resource: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for field in ["apiVersion", "kind"] {
        if text(resource, field) == Some("") {
            is_empty(resource, field, sink);
        }
    }
    if let Some(node) = resource.present("apiVersion")
        && let Some(version) = node.as_str().filter(|version| version.matches('/').count() > 1)
    {
        let message = format!("`{}` is no API version", printable(version));
        invalid(node, message, "write `<group>/<version>`, or `<version>` for the core group", sink);
    }
    if let Some(node) = resource.present("kind")
        && let Some(kind) = node.as_str().filter(|kind| !kind.is_empty())
        && !names::is_dns1035_label(&kind.to_lowercase())
    {
        let message = format!("`{}` is no name of a kind", printable(kind));
        invalid(node, message, "use letters, digits and `-`, at most 63, beginning with a letter", sink);
    }
    let Some(metadata) = resource.present("metadata") else { return };
    PATH_SEGMENT.check_optional(metadata, "name", sink);
    metadata::embedded(metadata, sink);
    if let Some(generation) = metadata.present("generation") {
        at_least(generation, 0, sink);
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::written::{Written, summary};
    use serde_json::{Value as Json, json};

    fn found(embedded: &Json) -> String {
        let object = json!({"apiVersion": "a.b/v1", "kind": "Box", "spec": embedded});
        summary(&Written::new(&object).findings(|object, sink| check(object.node.get("spec").unwrap(), sink)))
    }

    #[test]
    fn an_embedded_object_has_an_identity() {
        assert_eq!(found(&json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "A b"}})), "");
        assert!(found(&json!({"apiVersion": "a/b/c", "kind": "A"})).contains("no API version"));
        assert!(found(&json!({"apiVersion": "v1", "kind": "A B"})).contains("no name of a kind"));
        assert!(found(&json!({"apiVersion": "v1", "kind": ""})).contains("`kind` is empty"));
    }

    #[test]
    fn its_metadata_is_that_of_an_object() {
        let metadata = |metadata: Json| found(&json!({"apiVersion": "v1", "kind": "A", "metadata": metadata}));
        assert!(metadata(json!({"name": "a/b"})).contains("can stand in a URL"));
        assert!(metadata(json!({"labels": {"a": "b c"}})).starts_with("metadata/label"));
        assert!(metadata(json!({"namespace": "A"})).starts_with("metadata/namespace"));
        assert!(metadata(json!({"generation": -1})).contains("less than 0"));
        assert_eq!(metadata(json!({"labels": {"a": "b"}, "namespace": "", "generation": 0})), "");
    }
}
