//! The last steps of a rendering, once for the kustomization that is rendered.
//!
//! In: the objects that its build has accumulated. Out: the objects as kustomize prints them: hashes in their names,
//! references fixed, variables replaced, local ones dropped, in order, without kustomize's own annotations.

use super::build::Accumulated;
use super::kustomization::Kustomization;
use super::order::{self, Order};
use super::origin::transformations_text;
use super::resource::Resource;
use super::{hash, labels, name_reference};
use crate::manifest::{Node, Value};
use crate::render::fault::Fallible;

const ORIGIN: &str = "config.kubernetes.io/origin";
const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
const LOCAL: &str = "config.kubernetes.io/local-config";

/// What the label of `buildMetadata: [managedByLabel]` says: the kustomize that is followed.
const MANAGED_BY: &str = "kustomize-v5.8.1";

/// Annotations that kustomize takes away from every object.
const INTERNAL: [&str; 20] = [
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    "helm.config.kubernetes.io/generated",
    "internal.config.kubernetes.io/helm-generated",
];

/// Finishes a rendering.
pub(super) fn finish(accumulated: Accumulated, kustomization: &Kustomization, order: Order) -> Fallible<Vec<Resource>> {
    let configuration = accumulated.configuration().clone();
    let Accumulated { mut resources, variables, .. } = accumulated;
    hash::append(&mut resources);
    name_reference::fix(&mut resources, &configuration.name_references)?;
    variables.resolve(&mut resources, &configuration.variable_references)?;
    resources.list.retain(|resource| !is_local(resource));
    order::sort(&mut resources, kustomization, order)?;
    if kustomization.wants("managedByLabel") {
        let mut pairs = Node::mapping(kustomization.span());
        pairs.set("app.kubernetes.io/managed-by", Node::string(MANAGED_BY, kustomization.span()));
        labels::set(&mut resources, &pairs, &[super::field_spec::FieldSpec::of_any("metadata/labels", true)])?;
    }
    let (wants_origin, wants_transformations) =
        (kustomization.wants("originAnnotations"), kustomization.wants("transformerAnnotations"));
    for resource in &mut resources.list {
        annotate(resource, wants_origin, wants_transformations);
    }
    Ok(resources.list)
}

fn is_local(resource: &Resource) -> bool {
    resource.metadata_texts("annotations").iter().any(|(key, value)| *key == LOCAL && value != "false")
}

/// Puts in the annotations that are asked for, and leaves out kustomize's own.
fn annotate(resource: &mut Resource, wants_origin: bool, wants_transformations: bool) {
    let span = resource.node.span;
    let texts = [
        (ORIGIN, wants_origin, resource.origin.as_ref().map(super::origin::Origin::text)),
        (TRANSFORMATIONS, wants_transformations, Some(transformations_text(&resource.transformations))),
    ];
    let Some(metadata) = resource.node.mapping_at("metadata", span) else { return };
    let Some(annotations) = metadata.mapping_at("annotations", span) else { return };
    if let Some(entries) = annotations.entries_mut() {
        entries.retain(|entry| !INTERNAL.contains(&entry.key.as_ref()));
        for entry in entries {
            // Of what is no text kustomize keeps nothing
            let text = match entry.value.value {
                Value::Null => "null".to_owned(),
                _ => entry.value.scalar_text().unwrap_or_default().into_owned(),
            };
            entry.value.value = Value::String(text.into());
        }
    }
    for (key, is_wanted, text) in texts {
        match text.filter(|text| is_wanted && !text.is_empty()) {
            Some(text) => annotations.set(key, Node::string(text, span)),
            None => drop(annotations.remove(key)),
        }
    }
    resource.drop_empty_annotations();
}

impl Resource {
    /// An object has no annotations rather than empty ones.
    pub(super) fn drop_empty_annotations(&mut self) {
        let Some(metadata) = self.node.get_mut("metadata") else { return };
        if metadata.get("annotations").is_some_and(Node::is_null_or_empty) {
            metadata.remove("annotations");
        }
    }
}
