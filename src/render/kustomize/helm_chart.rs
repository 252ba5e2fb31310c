//! `helmCharts`, its old spelling `helmChartInflationGenerator`, and the plugin `HelmChartInflationGenerator`.
//!
//! In: an entry, and the folder of charts that it is looked for in. Out: what the chart makes, marked as Helm's: it is in
//! its namespace already. A chart that is not there is not fetched, but for one thing as kustomize has it: a release that
//! nobody names gets a name that is the same each time.

use super::build::Build;
use super::kustomization::text;
use super::load;
use super::resource::Resource;
use crate::catalogue::render::{HELM, KUSTOMIZATION, MISSING};
use crate::manifest::{Dialect, Node};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;
use crate::render::helm::{self, RELEASE, Request, Values, lay_over, path_of_own};

/// Where charts lie unless it is said.
const HOME: &str = "charts";

/// The old spellings of an entry's fields, and today's.
const OLD_FIELDS: [(&str, &str); 7] = [
    ("chartName", "name"),
    ("chartVersion", "version"),
    ("chartRepoUrl", "repo"),
    ("values", "valuesFile"),
    ("valuesLocal", "valuesInline"),
    ("valuesMerge", "valuesMerge"),
    ("releaseName", "releaseName"),
];

/// What the charts of a kustomization make.
pub(super) fn of_kustomization(build: &Build<'_, '_>) -> Fallible<Vec<Resource>> {
    let kustomization = &build.kustomization;
    let mut home = kustomization.get("helmGlobals").and_then(|globals| globals.get("chartHome"));
    let mut entries: Vec<Owned> = kustomization.items("helmCharts").cloned().collect();
    for old in kustomization.items("helmChartInflationGenerator") {
        let mut entry = Node::mapping(old.span);
        for (before, now) in OLD_FIELDS {
            if let Some(value) = old.get(before) {
                entry.set(now, value.clone());
            }
        }
        entries.push(entry);
        // The last one counts for all, if nothing else says where charts lie.
        if kustomization.get("helmGlobals").is_none() {
            home = old.get("chartHome").filter(|home| !text(home).is_empty()).or(home);
        }
    }
    let mut resources = Vec::new();
    for entry in &mut entries {
        if let Some(namespace) = build.chart_namespace().filter(|_| field(entry, "namespace").is_empty()) {
            entry.set("namespace", namespace.clone());
        }
        resources.extend(chart(entry, home, build)?);
    }
    Ok(resources)
}

/// What the chart of a plugin's configuration makes.
pub(super) fn of_plugin(configuration: &Owned, build: &Build<'_, '_>) -> Fallible<Vec<Resource>> {
    chart(configuration, configuration.get("chartHome"), build)
}

fn chart(entry: &Owned, home: Option<&Owned>, build: &Build<'_, '_>) -> Fallible<Vec<Resource>> {
    let Some(name) = entry.get("name").filter(|name| !text(name).is_empty()) else {
        return Err(Fault::new(&KUSTOMIZATION, entry.span, "a chart without a name").with_help("add `name`"));
    };
    let mut place = home.map(text).filter(|home| !home.is_empty()).unwrap_or(HOME).to_owned();
    let (repository, version) = (field(entry, "repo"), field(entry, "version"));
    if !repository.is_empty() && !version.is_empty() {
        place = format!("{place}/{}-{version}", text(name));
    }
    let path = format!("{place}/{}", text(name));
    let span = home.filter(|home| !text(home).is_empty()).map_or(name.span, |home| home.span);
    let folder = build.resolve(&Node::string(path.clone(), span))?;
    if !build.files.contains(&folder) {
        return Err(absent(name, repository, &path));
    }
    let flag = |key: &str| entry.get(key).and_then(Node::as_bool) == Some(true);
    let list = |key: &str| entry.get(key).map(Node::items).unwrap_or_default().iter();
    let mut values = vec![own_values(entry, &path, &folder, build)?];
    for named in list("additionalValuesFiles") {
        let file = build.file(text(named), named.span)?;
        values.push(Values::of_file(build.files, &file.source.path)?);
    }
    let name_template = field(entry, "nameTemplate");
    let release = match field(entry, "releaseName") {
        "" if name_template.is_empty() => RELEASE,
        release => release,
    };
    let request = Request {
        chart: &folder,
        asked: Some(name.span),
        release,
        namespace: field(entry, "namespace"),
        name_template,
        own: None,
        values,
        parameters: Vec::new(),
        api_versions: list("apiVersions").map(text).collect(),
        kubernetes: field(entry, "kubeVersion"),
        include_definitions: flag("includeCRDs"),
        skip_tests: flag("skipTests"),
        skip_hooks: flag("skipHooks"),
    };
    let documents = helm::render(build.files, &request, Dialect::Kyaml)?;
    let mut resources = load::resources(&documents, build.files)?;
    for resource in &mut resources {
        resource.is_from_helm = true;
    }
    Ok(resources)
}

fn absent(name: &Owned, repository: &str, path: &str) -> Fault {
    let shown = text(name);
    if repository.is_empty() {
        let message = format!("the chart `{shown}` is not there: `{path}` is no folder");
        return Fault::new(&MISSING, name.span, message).with_help("correct the name, or add the chart");
    }
    let message = format!("the chart `{shown}` is not in this repository, and is not fetched");
    Fault::new(&HELM, name.span, message)
        .with_help(format!("vendor it: `helm pull --untar --untardir` puts it into `{path}`"))
}

/// The values of the chart's file, or of the one that takes its place, with those of the entry.
fn own_values(entry: &Owned, path: &str, folder: &str, build: &Build<'_, '_>) -> Fallible<Values> {
    let inline = entry.get("valuesInline").filter(|values| !values.is_null_or_empty());
    let file = || match entry.get("valuesFile").filter(|file| !text(file).is_empty()) {
        Some(named) => build.file(text(named), named.span),
        None => build.file(&path_of_own(path), entry.get("name").map_or(entry.span, |name| name.span)),
    };
    let merge = entry.get("valuesMerge");
    match (inline, merge.map_or("", text)) {
        (_, word) if !matches!(word, "" | "override" | "merge" | "replace") => {
            let span = merge.map_or(entry.span, |merge| merge.span);
            Err(Fault::new(&KUSTOMIZATION, span, format!("`{word}` is no value of `valuesMerge`"))
                .with_help("write `override`, `merge` or `replace`"))
        }
        (None, _) => {
            let file = file()?;
            // What the chart itself says counts in any case, and its places are known.
            if file.source.path.as_ref() == path_of_own(folder) {
                return Ok(Values::of_text(&file.source.text));
            }
            Values::of_file(build.files, &file.source.path)
        }
        (Some(inline), "replace") => Ok(Values::of_node(inline.clone())),
        (Some(inline), word) => {
            let file = file()?;
            let documents = file.documents().map_err(Fault::read)?;
            let mut base = documents.first().cloned().unwrap_or_else(|| Node::mapping(inline.span));
            if word != "merge" {
                lay_over(&mut base, inline);
                return Ok(Values::of_node(base));
            }
            let mut merged = inline.clone();
            lay_over(&mut merged, &base);
            Ok(Values::of_node(merged))
        }
    }
}

fn field<'n>(entry: &'n Owned, key: &str) -> &'n str {
    entry.get(key).map_or("", text)
}
