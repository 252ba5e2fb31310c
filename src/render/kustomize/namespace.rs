//! `namespace`: puts every object that lives in one into it.
//!
//! In: the namespace, where it is written, and the fields that hold namespaces. Out: moved objects that remember where
//! they were. Subjects of role bindings follow only when they are called `default`, or as a `NamespaceTransformer` says.

use super::field_spec::FieldSpec;
use super::fields::{self, Make};
use super::kustomization::text;
use super::resources::Resources;
use crate::catalogue::object::DUPLICATE;
use crate::catalogue::render::TRANSFORMER;
use crate::manifest::{Node, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// Which subjects of role bindings are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Subjects {
    /// Those called `default`.
    #[default]
    Default,
    /// All service accounts.
    ServiceAccounts,
    /// None.
    None,
}

impl Subjects {
    /// The value of `setRoleBindingSubjects`.
    pub(super) fn read(node: Option<&Owned>) -> Fallible<Self> {
        let Some(node) = node else { return Ok(Self::default()) };
        match text(node) {
            "" | "defaultOnly" => Ok(Self::Default),
            "allServiceAccounts" => Ok(Self::ServiceAccounts),
            "none" => Ok(Self::None),
            other => {
                let message = format!("`{other}` is no value of `setRoleBindingSubjects`");
                Err(Fault::new(&TRANSFORMER, node.span, message)
                    .with_help("write `defaultOnly`, `allServiceAccounts` or `none`"))
            }
        }
    }
}

/// How objects are moved.
pub(super) struct Move<'m> {
    /// The namespace.
    pub(super) namespace: &'m Owned,
    /// The fields, beside `metadata.namespace`.
    pub(super) specs: &'m [FieldSpec],
    /// Which subjects follow.
    pub(super) subjects: Subjects,
    /// Whether only what has no namespace is moved.
    pub(super) unset_only: bool,
}

impl Move<'_> {
    /// Moves all objects.
    pub(super) fn apply(&self, resources: &mut Resources) -> Fallible<()> {
        for index in 0..resources.list.len() {
            let Some(resource) = resources.list.get_mut(index) else { break };
            if resource.node.is_null_or_empty() || resource.is_from_helm {
                continue;
            }
            resource.remember_id();
            let is_cluster_scoped = resource.id().is_cluster_scoped;
            self.object(&mut resource.node, is_cluster_scoped)?;
            let Some(resource) = resources.list.get(index) else { break };
            if let Some(other) = resources.same(resource) {
                let message = format!("with this namespace there are two objects {}", resource.id());
                return Err(Fault::new(&DUPLICATE, self.namespace.span, message)
                    .with_help("rename one of them")
                    .with_related(resource.name_span(), "one")
                    .with_related(other.name_span(), "the other"));
            }
        }
        Ok(())
    }

    fn object(&self, object: &mut Owned, is_cluster_scoped: bool) -> Fallible<()> {
        let span = self.namespace.span;
        if !is_cluster_scoped {
            let spec = FieldSpec::of_any("metadata/namespace", true);
            fields::change(&spec, object, Make::Scalar, span, &mut |field| self.set(field))?;
        }
        let is_binding =
            matches!(object.get("kind").map_or("", |kind| text(kind)), "RoleBinding" | "ClusterRoleBinding");
        if is_binding {
            self.subjects(object)?;
        }
        let api_version = object.get("apiVersion").map_or("", |version| text(version)).to_owned();
        let by_itself = |spec: &FieldSpec| {
            spec.path == "metadata/namespace"
                || spec.path == "metadata/name" && api_version != "v1"
                || is_binding
                    && spec.path == "subjects/namespace"
                    && matches!(spec.kind.as_ref(), "RoleBinding" | "ClusterRoleBinding")
        };
        for spec in self.specs.iter().filter(|spec| !by_itself(spec)) {
            fields::change(spec, object, Make::Scalar, span, &mut |field| self.set(field))?;
        }
        Ok(())
    }

    fn subjects(&self, object: &mut Owned) -> Fallible<()> {
        let wanted = |subject: &Owned| match self.subjects {
            Subjects::None => false,
            Subjects::Default => subject.get("name").map(text) == Some("default"),
            Subjects::ServiceAccounts => subject.get("kind").map(text) == Some("ServiceAccount"),
        };
        let subjects = object.get_mut("subjects").filter(|subjects| !subjects.is_null());
        if let Some(other) = subjects.as_ref().filter(|subjects| !matches!(subjects.value, Value::Sequence(_))) {
            let message = format!("the subjects of a binding are {}, not an array", other.type_name());
            return Err(
                Fault::new(&TRANSFORMER, other.span, message).with_related(self.namespace.span, "moved from here")
            );
        }
        let subjects = subjects.and_then(Node::items_mut).map(Vec::as_mut_slice).unwrap_or_default();
        for subject in subjects.iter_mut().filter(|subject| wanted(subject)) {
            if subject.get("namespace").is_none() {
                subject.set("namespace", Node::string("", self.namespace.span));
            }
            if let Some(field) = subject.get_mut("namespace") {
                self.set(field)?;
            }
        }
        Ok(())
    }

    fn set(&self, field: &mut Owned) -> Fallible<()> {
        if self.unset_only && field.scalar_text().is_some_and(|text| !text.is_empty()) {
            return Ok(());
        }
        fields::set_scalar(field, self.namespace.clone(), "the namespace")
    }
}
