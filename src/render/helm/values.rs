//! The values that a chart is rendered with.
//!
//! In: values files, and values written in other files. Out: what helm is given, what it makes of all of them together,
//! and what of it does not fit the chart's own schema, at the lines where it is written. Messages never quote a value:
//! it may be a secret.

use jsonschema::error::ValidationErrorKind;

use super::chart::{Chart, join};
use crate::catalogue::render::HELM_VALUES;
use crate::manifest::{Node, Span, to_json_text, to_json_value};
use crate::render::Files;
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// How many values of a chart a finding names.
const MAX_NAMED: usize = 10;

/// Values that are laid over those of the chart.
#[derive(Debug)]
pub(in crate::render) struct Values {
    /// What helm is given.
    pub(super) bytes: Vec<u8>,
    /// The same with the places where it is written.
    pub(super) node: Option<Owned>,
}

impl Values {
    /// Those of a file of the tree.
    pub(in crate::render) fn of_file(files: &Files<'_>, path: &str) -> Fallible<Self> {
        let loaded = files.load(path).map_err(Fault::read)?;
        let node = loaded.settings().map_err(Fault::read)?;
        Ok(Self { bytes: loaded.source.text.clone().into_bytes(), node })
    }

    /// Those of a text whose places are known otherwise.
    pub(in crate::render) fn of_text(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), node: None }
    }

    /// Those that stand in another file.
    pub(in crate::render) fn of_node(node: Owned) -> Self {
        Self { bytes: to_json_text(&node).into_bytes(), node: Some(node) }
    }
}

/// Lays values over others: mappings key by key, anything else as a whole; null takes a value away.
pub(in crate::render) fn lay_over(base: &mut Owned, over: &Owned) {
    if !base.is_mapping() || !over.is_mapping() {
        *base = over.clone();
        return;
    }
    for entry in over.entries() {
        if entry.value.is_null() {
            base.remove(&entry.key);
        } else if let Some(known) = base.get_mut(&entry.key) {
            lay_over(known, &entry.value);
        } else if let Some(entries) = base.entries_mut() {
            entries.push(entry.clone());
        }
    }
}

/// The values of the chart itself; none when it has no file of them.
pub(super) fn own(files: &Files<'_>, chart: &Chart) -> Fallible<Option<Owned>> {
    let Some(file) = chart.file("values.yaml") else { return Ok(None) };
    files.load(&file.path).map_err(Fault::read)?.settings().map_err(Fault::read)
}

/// What does not fit the chart's schema. What the charts that it needs add to its values is not known here, so nothing is
/// said of their values.
pub(super) fn misfit(files: &Files<'_>, chart: &Chart, given: &[Values]) -> Fallible<Option<Fault>> {
    let Some(file) = chart.file("values.schema.json") else { return Ok(None) };
    let Ok(schema) = serde_json::from_slice(&file.bytes) else { return Ok(None) };
    // A schema that is none is helm's to refuse.
    let Ok(validator) = jsonschema::validator_for(&schema) else { return Ok(None) };
    let mut values = own(files, chart)?.unwrap_or_else(|| Node::mapping(chart.span));
    for over in given.iter().filter_map(|given| given.node.as_ref()) {
        lay_over(&mut values, over);
    }
    let is_certain = |pointer: &str| {
        let key = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
        let mut names =
            chart.dependencies.iter().map(|dependency| dependency.alias.as_ref().unwrap_or(&dependency.name));
        chart.dependencies.is_empty() || !(key.is_empty() || key == "global" || names.any(|name| name == key))
    };
    let instance = to_json_value(&values);
    let mut fault: Option<Fault> = None;
    for error in validator.iter_errors(&instance).take(MAX_NAMED) {
        let pointer = error.instance_path().as_str().to_owned();
        if !is_certain(&pointer) {
            continue;
        }
        let span = match error.kind() {
            // The key that is too much says more than the mapping around it.
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                unexpected.first().and_then(|key| values.at_pointer(&pointer)?.entry(key).map(|entry| entry.key_span))
            }
            _ => None,
        };
        let span = span.unwrap_or_else(|| span_of(&values, &pointer));
        let message = format!("{} does not fit the chart's schema: {}", shown(&pointer), error.masked_with("it"));
        fault = Some(match fault {
            None => refusal(span, message),
            Some(fault) => fault.with_related(span, message),
        });
    }
    Ok(fault)
}

/// What helm says does not fit a schema, where Plimsoll found nothing: mostly of a chart within the chart. `complaint` is
/// its list of `- at '/a/b': …`, in which values stand.
pub(super) fn refused(files: &Files<'_>, chart: &Chart, given: &[Values], complaint: &str) -> Fallible<Fault> {
    let mut values = own(files, chart)?.unwrap_or_else(|| Node::mapping(chart.span));
    for over in given.iter().filter_map(|given| given.node.as_ref()) {
        lay_over(&mut values, over);
    }
    let mut fault: Option<Fault> = None;
    let mut of = None;
    for line in complaint.lines() {
        let pointer = line.trim().strip_prefix("- at '").and_then(|rest| rest.split('\'').next());
        let Some(pointer) = pointer else {
            of = line.trim().strip_suffix(':').filter(|name| values.get(name).is_some()).or(of);
            continue;
        };
        let whole = of.map_or_else(|| pointer.to_owned(), |name| format!("/{name}{pointer}"));
        let message = format!("{} does not fit the chart's schema", shown(&whole));
        let span = span_of(&values, &whole);
        fault = Some(match fault {
            None => refusal(span, message),
            Some(fault) => fault.with_related(span, message),
        });
    }
    Ok(fault.unwrap_or_else(|| refusal(chart.span, "the values do not fit the chart's schema".to_owned())))
}

fn refusal(span: Span, message: String) -> Fault {
    Fault::new(&HELM_VALUES, span, message).with_help("correct the value, or the chart's `values.schema.json`")
}

/// The place of a value, or of the nearest one around it that is written.
fn span_of(values: &Owned, pointer: &str) -> Span {
    let mut pointer = pointer;
    loop {
        if let Some(node) = values.at_pointer(pointer) {
            return node.span;
        }
        match pointer.rsplit_once('/') {
            Some((parent, _)) => pointer = parent,
            None => return values.span,
        }
    }
}

fn shown(pointer: &str) -> String {
    match pointer.trim_start_matches('/') {
        "" => "the values as a whole".to_owned(),
        keys => format!("`{}`", keys.replace('/', ".")),
    }
}

/// The path of a chart's own values.
pub(in crate::render) fn path_of_own(folder: &str) -> String {
    join(folder, "values.yaml")
}
