//! The files under `configurations:`, which add fields to Kustomize's transformers.
//!
//! In: the first document of such a file. Out: a configuration as the file says it, sorted, and merged with nothing; or
//! the first thing in it that Kustomize refuses, at its place. It never says whether a field exists.
//!
//! The reading is that of Go's encoding/json behind sigs.k8s.io/yaml, strictly: a key that is not known is refused,
//! letters of a key may be upper or lower case, `null` is nothing at all, and of two spellings of one key the last by
//! bytes counts.

use std::borrow::Cow;

use super::field_spec::{Configuration, FieldSpec, NameReference};
use crate::manifest::{Entry, Node, Span, to_json_text};

/// Where a file is refused, and why.
type Refusal = (Span, String);

const LISTS: [&str; 12] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "volumeClaimTemplateLabels",
    "commonAnnotations",
    "nameReference",
    "varReference",
    "images",
    "replicas",
];

impl Configuration {
    /// Reads a document of `configurations:`. An empty file is an empty configuration: there is no document to read.
    pub(super) fn read(document: &Node<'_>) -> Result<Self, Refusal> {
        let mut configuration = Self::default();
        for (key, value) in members(document, &LISTS, "a transformer configuration")? {
            let list = match key {
                "nameReference" => {
                    configuration.name_references = list_of(value, key, read_reference)?;
                    continue;
                }
                "namePrefix" => &mut configuration.name_prefix,
                "nameSuffix" => &mut configuration.name_suffix,
                "namespace" => &mut configuration.namespace,
                "commonLabels" => &mut configuration.common_labels,
                "labels" => &mut configuration.labels,
                "templateLabels" => &mut configuration.template_labels,
                "volumeClaimTemplateLabels" => &mut configuration.volume_claim_template_labels,
                "commonAnnotations" => &mut configuration.common_annotations,
                "varReference" => &mut configuration.variable_references,
                "images" => &mut configuration.images,
                _ => &mut configuration.replicas,
            };
            *list = list_of(value, key, read_field)?;
        }
        Ok(configuration.sorted())
    }
}

fn read_reference(node: &Node<'_>) -> Result<NameReference, Refusal> {
    let mut reference = NameReference::default();
    for (key, value) in members(node, &["group", "version", "kind", "fieldSpecs"], "a name reference")? {
        match key {
            "group" => reference.group = string(value, key)?,
            "version" => reference.version = string(value, key)?,
            "kind" => reference.kind = string(value, key)?,
            _ => reference.referrers = list_of(value, key, read_field)?,
        }
    }
    Ok(reference)
}

fn read_field(node: &Node<'_>) -> Result<FieldSpec, Refusal> {
    let mut field = FieldSpec::default();
    for (key, value) in members(node, &["group", "version", "kind", "path", "create"], "a field")? {
        match key {
            "group" => field.group = string(value, key)?,
            "version" => field.version = string(value, key)?,
            "kind" => field.kind = string(value, key)?,
            "path" => field.path = text(value, key)?,
            _ => field.create = boolean(value, key)?,
        }
    }
    Ok(field)
}

/// The entries of an object under the names that are known, without those that are `null`.
fn members<'n, 's>(
    node: &'n Node<'s>,
    known: &[&'static str],
    what: &str,
) -> Result<Vec<(&'static str, &'n Node<'s>)>, Refusal> {
    if !node.is_mapping() && !node.is_null() {
        return Err((node.span, format!("{what} must be an object, and is of type {}", node.type_name())));
    }
    let mut entries: Vec<&Entry<'s>> = node.entries().iter().collect();
    entries.sort_by(|left, right| left.key.cmp(&right.key));
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(name) = known.iter().find(|name| name.eq_ignore_ascii_case(&entry.key)) else {
            return Err((entry.key_span, format!("`{}` is not known: {what} has {}", entry.key, listed(known))));
        };
        if !entry.value.is_null() {
            found.push((*name, &entry.value));
        }
    }
    Ok(found)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The items of a list; one that is `null` is an item with nothing in it.
fn list_of<T>(
    node: &Node<'_>,
    key: &str,
    read: impl FnMut(&Node<'_>) -> Result<T, Refusal>,
) -> Result<Vec<T>, Refusal> {
    use crate::manifest::Value::Sequence;
    if !matches!(node.value, Sequence(_)) {
        return Err((node.span, format!("`{key}` must be a list, and is of type {}", node.type_name())));
    }
    node.items().iter().map(read).collect()
}

fn string(node: &Node<'_>, key: &str) -> Result<Cow<'static, str>, Refusal> {
    match node.as_str() {
        Some(text) => Ok(Cow::Owned(text.to_owned())),
        None => Err((node.span, format!("`{key}` must be a string, and is of type {}", node.type_name()))),
    }
}

/// A string, or a scalar that sigs.k8s.io/yaml makes one of. It does so for `path` and not for what is embedded from
/// another struct: group, version and kind.
fn text(node: &Node<'_>, key: &str) -> Result<Cow<'static, str>, Refusal> {
    match node.type_name() {
        "boolean" | "integer" | "number" => Ok(Cow::Owned(to_json_text(node))),
        _ => string(node, key),
    }
}

fn boolean(node: &Node<'_>, key: &str) -> Result<bool, Refusal> {
    node.as_bool()
        .ok_or_else(|| (node.span, format!("`{key}` must be true or false, and is of type {}", node.type_name())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::kustomize::testing::with_node;

    fn read(text: &str) -> Result<Configuration, Refusal> {
        with_node(text, Configuration::read)
    }

    #[test]
    fn every_list_is_read_and_sorted() {
        let configuration = read(
            "
nameReference:
- kind: ConfigMap
  version: v1
  fieldSpecs:
  - {path: spec/config, kind: Widget, group: example.com}
namePrefix: [{path: a}]
nameSuffix: [{path: b}]
namespace: [{path: c}]
commonLabels: [{path: d, create: true}]
labels: [{path: e, kind: Widget}, {path: f, kind: Deployment}]
templateLabels: [{path: g}]
commonAnnotations: [{path: h}]
varReference: [{path: i}]
images: [{path: j}]
replicas: [{path: k}]
",
        )
        .unwrap();
        let paths = |fields: &[FieldSpec]| fields.iter().map(|field| field.path.to_string()).collect::<String>();
        let found: String = [
            &configuration.name_prefix,
            &configuration.name_suffix,
            &configuration.namespace,
            &configuration.common_labels,
            &configuration.labels,
            &configuration.template_labels,
            &configuration.common_annotations,
            &configuration.variable_references,
            &configuration.images,
            &configuration.replicas,
        ]
        .map(|fields| paths(fields))
        .concat();
        assert_eq!(found, "abcdfeghijk");
        assert!(configuration.common_labels[0].create);
        let reference = &configuration.name_references[0];
        assert_eq!((reference.version.as_ref(), reference.kind.as_ref()), ("v1", "ConfigMap"));
        assert_eq!(reference.referrers[0].group, "example.com");
    }

    #[test]
    fn letters_of_keys_may_be_upper_or_lower_case_and_null_is_nothing() {
        let configuration = read("nameprefix: [{PATH: a, create: null}, null]\nlabels: null").unwrap();
        let wanted = [FieldSpec { path: "a".into(), ..FieldSpec::default() }, FieldSpec::default()];
        assert_eq!(configuration.name_prefix, wanted);
        assert_eq!(read("null").unwrap(), Configuration::default());
        assert_eq!(read("Labels: [{path: a}]\nlabels: [{path: b}]").unwrap().labels[0].path, "b");
    }

    #[test]
    fn a_path_may_be_any_scalar_but_a_version_must_be_a_string() {
        assert_eq!(read("images: [{path: true}]").unwrap().images[0].path, "true");
        assert_eq!(read("images: [{path: 1.50}]").unwrap().images[0].path, "1.5");
        let (_, message) = read("images: [{version: 1}]").unwrap_err();
        assert_eq!(message, "`version` must be a string, and is of type integer");
    }

    #[test]
    fn what_kustomize_refuses_is_refused_at_its_place() {
        for (text, at, message) in [
            ("namoPrefix: []", "namoPrefix", "`namoPrefix` is not known"),
            ("metadataLabels: []", "metadataLabels", "`metadataLabels` is not known"),
            ("labels: {}", "{}", "`labels` must be a list"),
            ("labels: [3]", "3", "a field must be an object"),
            ("labels: [{path: a, bogus: 1}]", "bogus", "`bogus` is not known"),
            ("labels: [{path: [a]}]", "[a]", "`path` must be a string"),
            ("labels: [{create: 'true'}]", "'true'", "`create` must be true or false"),
            ("labels: [{create: 1}]", "1", "`create` must be true or false"),
            ("nameReference: [{referrers: []}]", "referrers", "`referrers` is not known"),
            ("nameReference: [{kind: 7}]", "7", "`kind` must be a string"),
            ("[]", "[]", "a transformer configuration must be an object"),
        ] {
            let (span, found) = read(text).unwrap_err();
            assert_eq!(&text[span.start as usize..span.end as usize], at, "{text}");
            assert!(found.starts_with(message), "{text}: {found}");
        }
    }
}
