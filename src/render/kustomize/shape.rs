//! What a kustomization may hold: its fields and their types.
//!
//! In: a node and the shape that it should have. Out: nothing, or the first thing that is wrong, at its line. The fields
//! are those of kustomize's own types; like Go's JSON decoder it takes a field name in any case.

use crate::catalogue::render::KUSTOMIZATION;
use crate::manifest::{Entry, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;
use crate::suggest::nearest;

/// The type of a value.
pub(super) enum Shape {
    /// A string.
    Text,
    /// A boolean.
    Flag,
    /// An integer.
    Integer,
    /// Anything.
    Any,
    /// A list.
    List(&'static Shape),
    /// A mapping with any keys.
    Map(&'static Shape),
    /// A mapping with these keys.
    Record(&'static [(&'static str, Shape)]),
}

use Shape::{Any, Flag, Integer, List, Map, Record, Text};

const TEXTS: Shape = List(&Text);
const TEXT_MAP: Shape = Map(&Text);

const METADATA: Shape = Record(&[("name", Text), ("namespace", Text), ("labels", TEXT_MAP), ("annotations", TEXT_MAP)]);

const FIELD_SPEC: Shape =
    Record(&[("group", Text), ("version", Text), ("kind", Text), ("path", Text), ("create", Flag)]);

const SELECTOR: Shape = Record(&[
    ("group", Text),
    ("version", Text),
    ("kind", Text),
    ("name", Text),
    ("namespace", Text),
    ("annotationSelector", Text),
    ("labelSelector", Text),
]);

const PATCH: Shape = Record(&[
    ("path", Text),
    ("patch", Text),
    ("target", SELECTOR),
    ("options", Record(&[("allowNameChange", Flag), ("allowKindChange", Flag)])),
]);

const IMAGE: Shape =
    Record(&[("name", Text), ("newName", Text), ("tagSuffix", Text), ("newTag", Text), ("digest", Text)]);

const GENERATOR_OPTIONS: Shape =
    Record(&[("labels", TEXT_MAP), ("annotations", TEXT_MAP), ("disableNameSuffixHash", Flag), ("immutable", Flag)]);

const FIELD_OPTIONS: Shape = Record(&[("delimiter", Text), ("index", Integer), ("encoding", Text), ("create", Flag)]);

const SOURCE: Shape = Record(&[
    ("group", Text),
    ("version", Text),
    ("kind", Text),
    ("name", Text),
    ("namespace", Text),
    ("fieldPath", Text),
    ("options", FIELD_OPTIONS),
]);

const TARGET: Shape =
    Record(&[("select", SELECTOR), ("reject", List(&SELECTOR)), ("fieldPaths", TEXTS), ("options", FIELD_OPTIONS)]);

/// An entry of `replacements`.
pub(super) const REPLACEMENT: Shape =
    Record(&[("path", Text), ("source", SOURCE), ("targets", List(&TARGET)), ("sourceValue", Text)]);

const CONFIG_MAP: Shape = Record(&[
    ("namespace", Text),
    ("name", Text),
    ("behavior", Text),
    ("literals", TEXTS),
    ("files", TEXTS),
    ("envs", TEXTS),
    ("env", Text),
    ("options", GENERATOR_OPTIONS),
]);

const SECRET: Shape = Record(&[
    ("namespace", Text),
    ("name", Text),
    ("behavior", Text),
    ("literals", TEXTS),
    ("files", TEXTS),
    ("envs", TEXTS),
    ("env", Text),
    ("options", GENERATOR_OPTIONS),
    ("type", Text),
]);

const LABEL: Shape = Record(&[
    ("pairs", TEXT_MAP),
    ("includeSelectors", Flag),
    ("includeTemplates", Flag),
    ("includeVolumeClaimTemplates", Flag),
    ("fields", List(&FIELD_SPEC)),
]);

const VARIABLE: Shape = Record(&[
    ("name", Text),
    (
        "objref",
        Record(&[
            ("apiVersion", Text),
            ("group", Text),
            ("version", Text),
            ("kind", Text),
            ("name", Text),
            ("namespace", Text),
        ]),
    ),
    ("fieldref", Record(&[("fieldPath", Text)])),
]);

/// An entry of `helmCharts`.
const HELM_CHART: Shape = Record(&[
    ("name", Text),
    ("version", Text),
    ("repo", Text),
    ("releaseName", Text),
    ("namespace", Text),
    ("additionalValuesFiles", TEXTS),
    ("valuesFile", Text),
    ("valuesInline", Map(&Any)),
    ("valuesMerge", Text),
    ("includeCRDs", Flag),
    ("skipHooks", Flag),
    ("apiVersions", TEXTS),
    ("kubeVersion", Text),
    ("nameTemplate", Text),
    ("skipTests", Flag),
    ("debug", Flag),
    ("devel", Flag),
]);

const OLD_HELM_CHART: Shape = Record(&[
    ("chartName", Text),
    ("chartVersion", Text),
    ("chartRepoUrl", Text),
    ("chartHome", Text),
    ("chartRepoName", Text),
    ("helmBin", Text),
    ("helmHome", Text),
    ("values", Text),
    ("valuesLocal", Map(&Any)),
    ("valuesMerge", Text),
    ("releaseName", Text),
    ("releaseNamespace", Text),
    ("extraArgs", TEXTS),
]);

/// A kustomization or a Component.
pub(super) const KUSTOMIZATION_FILE: Shape = Record(&[
    ("apiVersion", Text),
    ("kind", Text),
    ("metadata", METADATA),
    ("openapi", TEXT_MAP),
    ("namePrefix", Text),
    ("nameSuffix", Text),
    ("namespace", Text),
    ("commonLabels", TEXT_MAP),
    ("labels", List(&LABEL)),
    ("commonAnnotations", TEXT_MAP),
    ("patchesStrategicMerge", TEXTS),
    ("patchesJson6902", List(&PATCH)),
    ("patches", List(&PATCH)),
    ("images", List(&IMAGE)),
    ("imageTags", List(&IMAGE)),
    ("replacements", List(&REPLACEMENT)),
    ("replicas", List(&Record(&[("name", Text), ("count", Integer)]))),
    ("vars", List(&VARIABLE)),
    (
        "sortOptions",
        Record(&[("order", Text), ("legacySortOptions", Record(&[("orderFirst", TEXTS), ("orderLast", TEXTS)]))]),
    ),
    ("resources", TEXTS),
    ("components", TEXTS),
    ("crds", TEXTS),
    ("bases", TEXTS),
    ("configMapGenerator", List(&CONFIG_MAP)),
    ("secretGenerator", List(&SECRET)),
    ("helmGlobals", Record(&[("chartHome", Text), ("configHome", Text)])),
    ("helmCharts", List(&HELM_CHART)),
    ("helmChartInflationGenerator", List(&OLD_HELM_CHART)),
    ("generatorOptions", GENERATOR_OPTIONS),
    ("configurations", TEXTS),
    ("generators", TEXTS),
    ("transformers", TEXTS),
    ("validators", TEXTS),
    ("buildMetadata", TEXTS),
]);

impl Shape {
    /// Holds a value to this shape. Field names in another case become the right ones; null is dropped, as it means
    /// nothing to Go.
    pub(super) fn fit(&self, node: &mut Owned) -> Fallible<()> {
        self.fit_below(node, "")
    }

    fn fit_below(&self, node: &mut Owned, path: &str) -> Fallible<()> {
        if node.is_null() {
            return Ok(());
        }
        match (self, &mut node.value) {
            (Any, _) | (Text, Value::String(_)) | (Flag, Value::Bool(_)) | (Integer, Value::Int(_)) => Ok(()),
            (List(item), Value::Sequence(items)) => {
                for (index, value) in items.iter_mut().enumerate() {
                    item.fit_below(value, &format!("{path}[{index}]"))?;
                }
                Ok(())
            }
            (Map(value), Value::Mapping(entries)) => {
                for entry in entries {
                    value.fit_below(&mut entry.value, &join(path, &entry.key))?;
                }
                Ok(())
            }
            (Record(fields), Value::Mapping(entries)) => {
                for entry in &mut *entries {
                    let (name, shape) = field(fields, entry, path)?;
                    shape.fit_below(&mut entry.value, &join(path, name))?;
                    entry.key = name.into();
                }
                entries.retain(|entry| !entry.value.is_null());
                Ok(())
            }
            (wanted, _) => {
                let (wanted, found) = (wanted.name(), node.type_name());
                let name = if path.is_empty() { "a kustomization" } else { path };
                let mut fault = Fault::new(&KUSTOMIZATION, node.span, format!("`{name}` is {found}, not {wanted}"));
                if matches!(self, Text) && !matches!(node.value, Value::Sequence(_) | Value::Mapping(_)) {
                    fault = fault.with_help("put it in quotes");
                }
                Err(fault)
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Text => "string",
            Flag => "boolean",
            Integer => "integer",
            Any => "anything",
            List(_) => "array",
            Map(_) | Record(_) => "object",
        }
    }
}

/// The field that an entry of a record sets.
fn field<'f>(
    fields: &'f [(&'static str, Shape)],
    entry: &Entry<'_>,
    path: &str,
) -> Fallible<(&'static str, &'f Shape)> {
    let exact = fields.iter().find(|(name, _)| *name == entry.key);
    let known = exact.or_else(|| fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(&entry.key)));
    if let Some((name, shape)) = known {
        return Ok((name, shape));
    }
    let message = format!("unknown field `{}`", join(path, &entry.key));
    let fault = Fault::new(&KUSTOMIZATION, entry.key_span, message);
    Err(match nearest(&entry.key, fields.iter().map(|(name, _)| *name)) {
        Some(name) => fault.with_help(format!("did you mean `{name}`?")),
        None => fault.with_help("remove it: kustomize refuses fields that it does not know"),
    })
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
