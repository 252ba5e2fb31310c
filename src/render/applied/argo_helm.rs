//! Charts that an Argo CD Application names, with the values and parameters that it gives them.
//!
//! In: a source with its `helm` settings, and the files. Out: the objects that Argo CD would apply. What it knows of the
//! cluster alone is no matter of this.

use super::argo::values_file;
use super::{ArgoSource, Surroundings};
use crate::catalogue::render::{HELM, MISSING};
use crate::manifest::{Dialect, Node};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::{Files, Owned};
use crate::render::helm::{self, Parameter, Request, Values};
use crate::render::kustomize::Rendering;

/// Renders what Argo CD applies of a chart.
pub(super) fn argo_helm(
    files: &Files<'_>,
    folder: &str,
    source: &ArgoSource,
    surroundings: &Surroundings<'_>,
) -> Fallible<Rendering> {
    let settings = source.node.get("helm");
    let field = |key: &str| settings.and_then(|settings| settings.get(key));
    let text = |key: &str| field(key).and_then(Node::as_str).unwrap_or_default();
    let flag = |key: &str| field(key).and_then(Node::as_bool) == Some(true);
    let list = |key: &str| field(key).map(Node::items).unwrap_or_default();
    let mut values = Vec::new();
    for file in list("valueFiles") {
        if let Some(path) = checked_values_file(files, folder, source, file, flag("ignoreMissingValueFiles"))? {
            let read = Values::of_file(files, &path);
            values.push(read.map_err(|fault| fault.with_related(file.span, "named here"))?);
        }
    }
    // Of the two, Argo CD takes the object.
    if let Some(object) = field("valuesObject").filter(|object| !object.is_null_or_empty()) {
        values.push(Values::of_node(object.clone()));
    } else if let Some(inline) = field("values").filter(|inline| inline.as_str().is_some()) {
        values.extend(files.inline(inline, Dialect::Lenient)?.into_iter().next().map(Values::of_node));
    }
    let mut parameters: Vec<Parameter> = Vec::new();
    for parameter in list("parameters") {
        let part = |key: &str| parameter.get(key).and_then(Node::scalar_text).unwrap_or_default().into_owned();
        let is_text = parameter.get("forceString").and_then(Node::as_bool) == Some(true);
        let node = parameter.get("value").unwrap_or(parameter).clone();
        parameters.push(Parameter { name: part("name"), value: escaped(&part("value")), is_text, node });
    }
    if let Some(parameter) = list("fileParameters").first() {
        return Err(Fault::new(&HELM, parameter.span, "a parameter from a file, which is not rendered")
            .with_help("put its content into a values file"));
    }
    let named = text("releaseName");
    let namespace = text("namespace");
    let request = Request {
        chart: folder,
        asked: source.node.get("path").map(|path| path.span),
        release: if named.is_empty() { &source.name } else { named },
        namespace: if namespace.is_empty() { source.destination_namespace() } else { namespace },
        values,
        parameters,
        api_versions: list("apiVersions").iter().filter_map(Node::as_str).collect(),
        kubernetes: if text("kubeVersion").is_empty() { surroundings.kubernetes } else { text("kubeVersion") },
        include_definitions: !flag("skipCrds"),
        skip_tests: flag("skipTests"),
        ..Request::default()
    };
    helm::rendering(files, &request)
}

/// Commas separate parameters for helm, but not for Argo CD, unless they stand in a list.
fn escaped(value: &str) -> String {
    if value.starts_with('{') && value.ends_with('}') {
        return value.to_owned();
    }
    value.replace("\\,", ",").replace(',', "\\,")
}

/// The path of a values file; none for one that may be missing. `$name/…` is a path of another source.
fn checked_values_file(
    files: &Files<'_>,
    folder: &str,
    source: &ArgoSource,
    file: &Owned,
    may_be_missing: bool,
) -> Fallible<Option<String>> {
    let named = file.as_str().unwrap_or_default();
    if named.contains("://") {
        return Err(Fault::new(&HELM, file.span, format!("the values file `{named}` is not in this repository"))
            .with_help("nothing is fetched while checking: commit the values, and name them here"));
    }
    if let Some((reference, _)) = named.strip_prefix('$').and_then(|rest| rest.split_once('/'))
        && !source.has_reference(reference)
    {
        return Err(Fault::new(&HELM, file.span, format!("no source of the Application has `ref: {reference}`"))
            .with_help("correct the name behind `$`, or add the source"));
    }
    match values_file(folder, named).filter(|path| files.contains(path)) {
        Some(path) => Ok(Some(path)),
        None if may_be_missing => Ok(None),
        // Another repository may well have it.
        None if named.starts_with('$') => {
            Err(Fault::new(&HELM, file.span, format!("the values file `{named}` is not in this repository"))
                .with_help("what the chart makes with it is not known here; nothing of it is checked"))
        }
        None => Err(Fault::new(&MISSING, file.span, format!("there is no values file `{named}`"))
            .with_help("correct the path, which begins at the chart, or set `ignoreMissingValueFiles`")),
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn commas_of_a_value_separate_nothing() {
        for (value, given) in [("a,b", "a\\,b"), ("a\\,b", "a\\,b"), ("{a,b}", "{a,b}"), ("plain", "plain")] {
            assert_eq!(escaped(value), given);
        }
    }
}
