//! What a CustomResourceDefinition defines, as plain data.
//!
//! In: a CustomResourceDefinition of any version. Out: its kind, versions and schemas. It never judges: what is missing
//! is left out, and only a definition without a group, a kind or a version is none.

use serde_json::Value as Json;

use super::{flag, text};
use crate::check::schema::Scope;
use crate::manifest::{Node, Object, to_json_value};

/// A custom kind with its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomDefinition {
    /// `spec.group`.
    pub group: String,
    /// `spec.names.kind`.
    pub kind: String,
    /// `spec.names.listKind`, where it is written; the kind with `List` behind it otherwise.
    pub list_kind: Option<String>,
    /// `spec.scope`.
    pub scope: Scope,
    /// `spec.versions`, in the order written.
    pub versions: Vec<CustomVersion>,
    /// Whether a server would take it, as far as it was judged.
    pub is_sound: bool,
}

/// A version of a custom kind.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomVersion {
    /// The version's name.
    pub name: String,
    /// Whether the API server serves it.
    pub served: bool,
    /// The warning of a deprecated version; empty where the definition brings none.
    pub deprecated: Option<String>,
    /// `openAPIV3Schema`.
    pub schema: Option<Json>,
    /// Whether unknown fields are kept everywhere, as `v1beta1` does unless told otherwise.
    pub preserve_unknown_fields: bool,
    /// Whether it has the status subresource.
    pub has_status: bool,
}

/// What a CustomResourceDefinition defines; nothing for any other object and for one that defines nothing.
#[must_use]
pub fn definition(object: &Object<'_>) -> Option<CustomDefinition> {
    if object.kind.group != "apiextensions.k8s.io" || object.kind.kind != "CustomResourceDefinition" {
        return None;
    }
    let spec = object.node.present("spec")?;
    let names = spec.present("names")?;
    let group = text(spec, "group")?.to_owned();
    let kind = text(names, "kind")?.to_owned();
    let before_v1 = object.kind.version == "v1beta1";
    let defaults = Defaults {
        schema: before_v1.then(|| schema(spec, "validation")).flatten(),
        has_status: before_v1 && spec.path(&["subresources", "status"]).is_some(),
        preserve_unknown_fields: match spec.get("preserveUnknownFields").and_then(Node::as_bool) {
            Some(preserve) => preserve,
            None => before_v1,
        },
    };
    let mut versions: Vec<CustomVersion> = spec
        .present("versions")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|version| defaults.version(version))
        .collect();
    if versions.is_empty() && before_v1 {
        versions.extend(text(spec, "version").map(|name| CustomVersion {
            name: name.to_owned(),
            served: true,
            deprecated: None,
            schema: defaults.schema.clone(),
            preserve_unknown_fields: defaults.preserve_unknown_fields,
            has_status: defaults.has_status,
        }));
    }
    if versions.is_empty() {
        return None;
    }
    let scope = match spec.get("scope").and_then(Node::as_str) {
        Some("Cluster") => Scope::Cluster,
        _ => Scope::Namespaced,
    };
    let list_kind = text(names, "listKind").map(str::to_owned);
    Some(CustomDefinition { group, kind, list_kind, scope, versions, is_sound: !before_v1 })
}

/// What holds for all versions.
struct Defaults {
    schema: Option<Json>,
    preserve_unknown_fields: bool,
    has_status: bool,
}

impl Defaults {
    fn version(&self, version: &Node<'_>) -> Option<CustomVersion> {
        let name = text(version, "name")?;
        let warning = || text(version, "deprecationWarning").unwrap_or_default().to_owned();
        let deprecated = flag(version, "deprecated").then(warning);
        Some(CustomVersion {
            name: name.to_owned(),
            served: version.get("served").and_then(Node::as_bool).unwrap_or(false),
            deprecated,
            schema: schema(version, "schema").or_else(|| self.schema.clone()),
            preserve_unknown_fields: self.preserve_unknown_fields,
            has_status: self.has_status || version.path(&["subresources", "status"]).is_some(),
        })
    }
}

fn schema(node: &Node<'_>, key: &str) -> Option<Json> {
    node.path(&[key, "openAPIV3Schema"]).map(to_json_value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::written::Written;

    fn defined(version: &str, spec: &Json) -> Option<CustomDefinition> {
        let object = json!({
            "apiVersion": format!("apiextensions.k8s.io/{version}"), "kind": "CustomResourceDefinition", "spec": spec,
        });
        definition(Written::new(&object).object())
    }

    #[test]
    fn a_definition_has_its_versions_with_their_schemas() {
        let spec = json!({
            "group": "example.com", "scope": "Cluster", "names": {"plural": "gadgets", "kind": "Gadget"},
            "versions": [
                {"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}},
                {"name": "v1beta1", "served": false, "storage": false, "deprecated": true},
            ],
        });
        let defined = defined("v1", &spec).unwrap();
        assert_eq!(
            (defined.group.as_str(), defined.kind.as_str(), defined.scope),
            ("example.com", "Gadget", Scope::Cluster)
        );
        assert_eq!(defined.versions[0].schema, Some(json!({"type": "object"})));
        assert!(!defined.versions[0].preserve_unknown_fields);
        assert!(!defined.versions[1].served);
        assert_eq!(defined.versions[1].deprecated.as_deref(), Some(""));
    }

    #[test]
    fn before_v1_the_schema_and_the_version_stand_at_the_top_and_unknown_fields_are_kept() {
        let spec = json!({
            "group": "example.com", "version": "v1alpha1", "names": {"plural": "gadgets", "kind": "Gadget"},
            "validation": {"openAPIV3Schema": {"type": "object"}},
        });
        let defined = defined("v1beta1", &spec).unwrap();
        assert_eq!(defined.versions.len(), 1);
        assert_eq!(defined.versions[0].name, "v1alpha1");
        assert_eq!(defined.versions[0].schema, Some(json!({"type": "object"})));
        assert!(defined.versions[0].preserve_unknown_fields);
        assert_eq!(defined.scope, Scope::Namespaced);
    }

    #[test]
    fn a_definition_without_a_kind_or_version_defines_nothing() {
        assert_eq!(defined("v1", &json!({"group": "example.com", "names": {"plural": "gadgets"}})), None);
        assert_eq!(defined("v1", &json!({"group": "example.com", "names": {"kind": "Gadget"}, "versions": []})), None);
    }
}
