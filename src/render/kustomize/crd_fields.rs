//! The files under `crds:`, which say of custom resources where names, labels and annotations are.
//!
//! In: the document of such a file: OpenAPI definitions by type name, each `{Schema: …, Dependencies: …}`. Out: the
//! fields that its `x-kubernetes-*` keywords mark. It is no CustomResourceDefinition, despite the name, and nothing is
//! ever validated by it.

use std::borrow::Cow;

use super::field_spec::{Configuration, FieldSpec, NameReference, add_field, add_reference};
use crate::manifest::Node;

impl Configuration {
    /// The fields that a document of `crds:` marks, of the types that look like a kind's.
    ///
    /// What is not of the expected type marks nothing. Kustomize walks types and properties in random order; here it is
    /// the order written.
    pub(super) fn from_crds(document: &Node<'_>) -> Self {
        let mut configuration = Self::default();
        for entry in document.entries() {
            if !properties_of(&entry.value).is_some_and(looks_like_a_kind) {
                continue;
            }
            // The type's name is all that Kustomize asks for the kind: of any group and version
            let kind = entry.key.rsplit('.').next().unwrap_or_default();
            let mut walk = Walk { document, kind, path: Vec::new(), types: Vec::new(), found: &mut configuration };
            walk.descend(&entry.key);
        }
        configuration.sorted()
    }
}

/// The way from a kind down its types.
struct Walk<'w, 'n, 's> {
    document: &'n Node<'s>,
    kind: &'n str,
    path: Vec<&'n str>,
    /// The types that the way leads through. One that holds itself ends it, where Kustomize never ends.
    types: Vec<&'n str>,
    found: &'w mut Configuration,
}

impl<'n> Walk<'_, 'n, '_> {
    fn descend(&mut self, type_name: &str) {
        let Some(entry) = self.document.entry(type_name) else { return };
        let type_name = entry.key.as_ref();
        if self.types.contains(&type_name) {
            return;
        }
        let Some(properties) = properties_of(&entry.value) else { return };
        self.types.push(type_name);
        for property in properties.entries() {
            self.path.push(&property.key);
            self.mark(&property.value);
            if let Some(reference) = property.value.get("$ref").and_then(Node::as_str) {
                self.descend(reference);
            }
            self.path.pop();
        }
        self.types.pop();
    }

    fn mark(&mut self, property: &'n Node<'_>) {
        let keyword = |name: &str| property.get(name).and_then(Node::as_str);
        let field = self.field();
        if keyword("x-kubernetes-annotation").is_some() {
            add(&mut self.found.common_annotations, field.clone());
        }
        if keyword("x-kubernetes-label-selector").is_some() {
            add(&mut self.found.common_labels, field.clone());
        }
        // A prefix only: Kustomize adds no suffix to an identity
        if keyword("x-kubernetes-identity").is_some() {
            add(&mut self.found.name_prefix, field);
        }
        if let Some(version) = keyword("x-kubernetes-object-ref-api-version")
            && let Some(kind) = keyword("x-kubernetes-object-ref-kind")
        {
            self.path.push(keyword("x-kubernetes-object-ref-name-key").unwrap_or("name"));
            let referrers = vec![self.field()];
            self.path.pop();
            let (version, kind) = (owned(version), owned(kind));
            let reference = NameReference { version, kind, referrers, ..NameReference::default() };
            // No field is created, so none conflicts with another
            let _ = add_reference(&mut self.found.name_references, reference);
        }
    }

    fn field(&self) -> FieldSpec {
        FieldSpec { kind: owned(self.kind), path: Cow::Owned(self.path.join("/")), ..FieldSpec::default() }
    }
}

fn add(fields: &mut Vec<FieldSpec>, field: FieldSpec) {
    // No field is created, so none conflicts with another
    let _ = add_field("crds", fields, field);
}

/// The properties of a type. Go finds `Schema` in any case.
fn properties_of<'n, 's>(definition: &'n Node<'s>) -> Option<&'n Node<'s>> {
    let schema = definition.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case("Schema"))?;
    schema.value.get("properties")
}

fn looks_like_a_kind(properties: &Node<'_>) -> bool {
    ["apiVersion", "kind", "metadata"].iter().all(|name| properties.get(name).is_some())
}

fn owned(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::kustomize::testing::with_node;

    const BEE: &str = "
example.com/v1.Bee:
  Schema:
    properties:
      apiVersion: {type: string}
      kind: {type: string}
      metadata: {$ref: k8s.io/ObjectMeta}
      spec: {$ref: example.com/v1.BeeSpec}
      hive:
        x-kubernetes-object-ref-api-version: v1beta1
        x-kubernetes-object-ref-kind: Hive
        x-kubernetes-object-ref-name-key: title
  Dependencies: [example.com/v1.BeeSpec]
example.com/v1.BeeSpec:
  schema:
    properties:
      title: {x-kubernetes-identity: ''}
      sister: {$ref: example.com/v1.BeeSpec}
      selector: {x-kubernetes-label-selector: ''}
      notes: {x-kubernetes-annotation: ''}
      flag: {x-kubernetes-annotation: true}
      config:
        $ref: example.com/v1.Missing
        x-kubernetes-object-ref-api-version: v1
        x-kubernetes-object-ref-kind: ConfigMap
      half: {x-kubernetes-object-ref-kind: Secret}
";

    fn field(path: &'static str) -> FieldSpec {
        FieldSpec { kind: "Bee".into(), path: path.into(), ..FieldSpec::default() }
    }

    #[test]
    fn keywords_of_a_kind_and_of_the_types_below_it_add_fields() {
        let found = with_node(BEE, Configuration::from_crds);
        assert_eq!(found.name_prefix, [field("spec/title")]);
        assert_eq!(found.common_labels, [field("spec/selector")]);
        assert_eq!(found.common_annotations, [field("spec/notes")]);
        let references = [("v1", "ConfigMap", "spec/config/name"), ("v1beta1", "Hive", "hive/title")];
        let references = references.map(|(version, kind, path)| NameReference {
            version: version.into(),
            kind: kind.into(),
            referrers: vec![field(path)],
            ..NameReference::default()
        });
        assert_eq!(found.name_references, references);
        assert!(found.name_suffix.is_empty());
    }

    #[test]
    fn what_is_no_kind_and_what_is_no_definition_adds_nothing() {
        for text in ["[]", "a: b", "A: {Schema: {properties: {kind: {x-kubernetes-identity: ''}}}}"] {
            assert_eq!(with_node(text, Configuration::from_crds), Configuration::default(), "{text}");
        }
    }

    #[test]
    fn what_is_found_can_be_merged_into_the_defaults() {
        let merged = Configuration::default_fields().merge(with_node(BEE, Configuration::from_crds)).unwrap();
        let config_map = merged.name_references.iter().find(|target| target.kind == "ConfigMap").unwrap();
        assert_eq!(config_map.referrers.last().unwrap(), &field("spec/config/name"));
    }
}
