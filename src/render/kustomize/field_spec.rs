//! Which fields Kustomize's transformers work on, as data.
//!
//! In: the default tables and what `configurations:` and `crds:` add. Out: one configuration, merged and sorted as
//! Kustomize has it. It never looks at an object.

use std::borrow::Cow;

use crate::manifest::Node;

/// A field of a kind. An empty group, version or kind stands for any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSpec {
    pub(super) group: Cow<'static, str>,
    pub(super) version: Cow<'static, str>,
    pub(super) kind: Cow<'static, str>,
    /// Steps with `/` between them; a step may end in `[]`, and `\/` is a slash within a step.
    pub(super) path: Cow<'static, str>,
    /// Whether the field is made where it is missing.
    pub(super) create: bool,
}

/// A kind, and the fields that hold names of its objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NameReference {
    pub(super) group: Cow<'static, str>,
    pub(super) version: Cow<'static, str>,
    pub(super) kind: Cow<'static, str>,
    pub(super) referrers: Vec<FieldSpec>,
}

/// The fields of every transformer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Configuration {
    pub(super) name_references: Vec<NameReference>,
    pub(super) namespace: Vec<FieldSpec>,
    pub(super) name_prefix: Vec<FieldSpec>,
    pub(super) name_suffix: Vec<FieldSpec>,
    pub(super) labels: Vec<FieldSpec>,
    pub(super) common_labels: Vec<FieldSpec>,
    pub(super) template_labels: Vec<FieldSpec>,
    pub(super) volume_claim_template_labels: Vec<FieldSpec>,
    pub(super) common_annotations: Vec<FieldSpec>,
    pub(super) images: Vec<FieldSpec>,
    pub(super) replicas: Vec<FieldSpec>,
    pub(super) variable_references: Vec<FieldSpec>,
}

/// Kinds that come before all others, in this order.
pub(super) const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come after all others.
pub(super) const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Where a group, version and kind comes in Kustomize's order: a rank of the kind, then a text.
pub(super) fn order(group: &str, version: &str, kind: &str) -> (usize, String) {
    let last = || LAST.iter().position(|name| *name == kind).map(|index| FIRST.len() + 1 + index);
    let rank = FIRST.iter().position(|name| *name == kind).or_else(last).unwrap_or(FIRST.len());
    // The stand-ins count: `~` comes behind every letter
    let group = if group.is_empty() { "~G" } else { group };
    let version = if version.is_empty() { "~V" } else { version };
    let kind = if kind.is_empty() { "~K" } else { kind };
    (rank, format!("{group}_{version}_{kind}"))
}

/// Whether `wanted` is empty, and so stands for any, or the very text.
fn is_selected(text: &str, wanted: &str) -> bool {
    wanted.is_empty() || wanted == text
}

impl FieldSpec {
    /// A field of all kinds.
    pub(super) fn of_any(path: impl Into<Cow<'static, str>>, create: bool) -> Self {
        Self { path: path.into(), create, ..Self::default() }
    }

    /// Reads a field that a kustomization or plugin names, when its types are known to be right.
    pub(super) fn read(node: &Node<'_>) -> Self {
        let text = |key: &str| Cow::Owned(node.get(key).and_then(Node::as_str).unwrap_or_default().to_owned());
        let create = node.get("create").and_then(Node::as_bool) == Some(true);
        Self { group: text("group"), version: text("version"), kind: text("kind"), path: text("path"), create }
    }

    /// Whether objects of a kind have the field.
    pub(super) fn applies_to(&self, group: &str, version: &str, kind: &str) -> bool {
        is_selected(group, &self.group) && is_selected(version, &self.version) && is_selected(kind, &self.kind)
    }

    /// Whether `other` is taken for this field again. It is also when it means more kinds: after a path of one kind,
    /// the same path of all kinds adds nothing. That is Kustomize's rule, and surprises its users.
    fn covers(&self, other: &Self) -> bool {
        self.path == other.path && other.applies_to(&self.group, &self.version, &self.kind)
    }
}

impl Configuration {
    /// Adds what another configuration says.
    ///
    /// The error is a field that is to be created by the one and not by the other. Kustomize merges the files of
    /// `configurations:` into nothing first, one by one, and then the result into the defaults: a file that disagrees
    /// with itself is an error too.
    pub(super) fn merge(self, other: Self) -> Result<Self, String> {
        let mut name_references = self.name_references;
        for reference in other.name_references {
            add_reference(&mut name_references, reference)?;
        }
        let merged = Self {
            name_references,
            namespace: merge_fields("namespace", self.namespace, other.namespace)?,
            name_prefix: merge_fields("namePrefix", self.name_prefix, other.name_prefix)?,
            name_suffix: merge_fields("nameSuffix", self.name_suffix, other.name_suffix)?,
            labels: merge_fields("labels", self.labels, other.labels)?,
            common_labels: merge_fields("commonLabels", self.common_labels, other.common_labels)?,
            template_labels: merge_fields("templateLabels", self.template_labels, other.template_labels)?,
            volume_claim_template_labels: merge_fields(
                "volumeClaimTemplateLabels",
                self.volume_claim_template_labels,
                other.volume_claim_template_labels,
            )?,
            common_annotations: merge_fields("commonAnnotations", self.common_annotations, other.common_annotations)?,
            images: merge_fields("images", self.images, other.images)?,
            replicas: merge_fields("replicas", self.replicas, other.replicas)?,
            variable_references: merge_fields("varReference", self.variable_references, other.variable_references)?,
        };
        Ok(merged.sorted())
    }

    /// Every list in Kustomize's order.
    ///
    /// What is equal in it keeps its order. Kustomize's sort does not promise that: with more than twelve fields in a
    /// list, those that a user adds may come at another place among the fields of the same kind.
    pub(super) fn sorted(mut self) -> Self {
        self.name_references.sort_by_cached_key(|target| order(&target.group, &target.version, &target.kind));
        for list in [
            &mut self.namespace,
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.labels,
            &mut self.common_labels,
            &mut self.template_labels,
            &mut self.volume_claim_template_labels,
            &mut self.common_annotations,
            &mut self.images,
            &mut self.replicas,
            &mut self.variable_references,
        ] {
            list.sort_by_cached_key(|field| order(&field.group, &field.version, &field.kind));
        }
        self
    }
}

pub(super) fn merge_fields(
    list: &str,
    mut fields: Vec<FieldSpec>,
    others: Vec<FieldSpec>,
) -> Result<Vec<FieldSpec>, String> {
    for other in others {
        add_field(list, &mut fields, other)?;
    }
    Ok(fields)
}

/// Adds a field unless it is there already.
pub(super) fn add_field(list: &str, fields: &mut Vec<FieldSpec>, other: FieldSpec) -> Result<(), String> {
    match fields.iter().find(|field| field.covers(&other)) {
        None => fields.push(other),
        Some(field) if field.create == other.create => {}
        Some(field) => {
            let (path, kind) = (&field.path, if field.kind.is_empty() { "any kind" } else { &field.kind });
            let says = |create| if create { "is" } else { "is not" };
            return Err(format!(
                "conflicting fieldspecs: in `{list}`, `{path}` of {kind} {} created where it is missing, and {}",
                says(field.create),
                says(other.create)
            ));
        }
    }
    Ok(())
}

/// Adds the referrers of a target to those it has; targets are the same only if all of group, version and kind are.
pub(super) fn add_reference(references: &mut Vec<NameReference>, other: NameReference) -> Result<(), String> {
    let is_same = |known: &&mut NameReference| {
        known.group == other.group && known.version == other.version && known.kind == other.kind
    };
    if let Some(known) = references.iter_mut().find(is_same) {
        known.referrers = merge_fields("nameReference", std::mem::take(&mut known.referrers), other.referrers)?;
    } else {
        references.push(other);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: &'static str, path: &'static str, create: bool) -> FieldSpec {
        FieldSpec { kind: kind.into(), path: path.into(), create, ..FieldSpec::default() }
    }

    fn labels(fields: &[FieldSpec]) -> Configuration {
        Configuration { labels: fields.to_vec(), ..Configuration::default() }
    }

    #[test]
    fn a_field_that_is_there_is_not_added_again() {
        let one = labels(&[field("Widget", "spec/labels", true)]);
        assert_eq!(one.clone().merge(one.clone()).unwrap(), one);
    }

    #[test]
    fn after_a_field_of_one_kind_the_same_of_all_kinds_adds_nothing_but_not_the_other_way_round() {
        let one = field("Widget", "spec/labels", false);
        let all = field("", "spec/labels", false);
        let merged = labels(std::slice::from_ref(&one)).merge(labels(std::slice::from_ref(&all))).unwrap();
        assert_eq!(merged.labels, std::slice::from_ref(&one));
        let merged = labels(std::slice::from_ref(&all)).merge(labels(std::slice::from_ref(&one))).unwrap();
        assert_eq!(merged.labels, [one, all], "no kind at all is sorted behind the kinds");
    }

    #[test]
    fn a_field_that_only_one_side_creates_is_an_error() {
        let error = Configuration::default_fields()
            .merge(Configuration { name_prefix: vec![field("", "metadata/name", true)], ..Configuration::default() })
            .unwrap_err();
        let wanted = "`metadata/name` of any kind is not created where it is missing, and is";
        assert_eq!(error, format!("conflicting fieldspecs: in `namePrefix`, {wanted}"));
    }

    #[test]
    fn referrers_are_added_to_the_target_of_the_same_group_version_and_kind() {
        let reference = |version: &'static str, path: &'static str| NameReference {
            version: version.into(),
            kind: "ConfigMap".into(),
            referrers: vec![field("Widget", path, false)],
            ..NameReference::default()
        };
        let added = Configuration {
            name_references: vec![reference("v1", "spec/config"), reference("", "spec/config")],
            ..Configuration::default()
        };
        let merged = Configuration::default_fields().merge(added).unwrap();
        let targets: Vec<_> = merged.name_references.iter().filter(|target| target.kind == "ConfigMap").collect();
        let [known, new] = targets.as_slice() else { panic!("{targets:?}") };
        assert_eq!((known.version.as_ref(), known.referrers.len()), ("v1", 53));
        assert_eq!(known.referrers.last().unwrap(), &field("Widget", "spec/config", false));
        assert_eq!((new.version.as_ref(), new.referrers.len()), ("", 1), "`~V` comes behind `v1`");
    }

    #[test]
    fn empty_parts_of_a_field_apply_to_any_object() {
        let spec = FieldSpec { group: "apps".into(), ..field("Deployment", "spec", false) };
        assert!(spec.applies_to("apps", "v1", "Deployment"));
        assert!(spec.applies_to("apps", "v1beta1", "Deployment"));
        assert!(!spec.applies_to("extensions", "v1beta1", "Deployment"));
        assert!(!spec.applies_to("apps", "v1", "StatefulSet"));
        assert!(FieldSpec::default().applies_to("", "v1", "Pod"));
    }

    #[test]
    fn ranked_kinds_come_first_and_webhooks_last_and_the_rest_by_text() {
        let mut kinds = [
            ("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration"),
            ("", "v1", "Pod"),
            ("", "", ""),
            ("apps", "v1", "DaemonSet"),
            ("apps", "v1", "Deployment"),
            ("", "v1", "Namespace"),
        ];
        kinds.sort_by_key(|(group, version, kind)| order(group, version, kind));
        let names = kinds.map(|(_, _, kind)| kind);
        assert_eq!(names, ["Namespace", "Deployment", "DaemonSet", "Pod", "", "MutatingWebhookConfiguration"]);
    }
}
