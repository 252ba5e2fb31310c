//! Flux `HelmReleases` whose chart is in the repository.
//!
//! In: `HelmReleases`, and the files. Out: the objects that the helm-controller would install. Values that only a cluster
//! knows leave the release unrendered: what a chart makes without them, nobody applies.

use std::sync::Arc;

use super::{Artifacts, Surroundings};
use crate::catalogue::render::HELM;
use crate::manifest::{Dialect, Node, Object, Span, Value, plain_scalar};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::{Files, Owned};
use crate::render::helm::{self, Request, Values};
use crate::render::kustomize::Rendering;
use crate::repo::path;

/// The API group of `HelmReleases`.
pub(super) const GROUP: &str = "helm.toolkit.fluxcd.io";

/// A Flux `HelmRelease`.
#[derive(Debug, Clone)]
pub(in crate::render) struct HelmRelease {
    /// The path of the file that it is written in.
    pub(in crate::render) file: Arc<str>,
    pub(super) name: String,
    pub(super) namespace: String,
    /// The object.
    pub(super) node: Owned,
}

impl HelmRelease {
    /// The `HelmRelease` that an object is.
    pub(in crate::render) fn of(object: &Owned, files: &Files<'_>) -> Option<Self> {
        let object = Object::from_node(object.clone()).ok()?;
        if object.kind.group != GROUP || object.kind.kind != "HelmRelease" {
            return None;
        }
        let name = object.name()?.to_owned();
        let namespace = object.namespace().unwrap_or_default().to_owned();
        Some(Self { file: files.place(object.node.span).path, name, namespace, node: object.node })
    }

    /// What tells it from all others of the repository: a base may give many of one file.
    pub(super) fn key(&self) -> (Arc<str>, String) {
        (Arc::clone(&self.file), format!("{}/{}", self.namespace, self.name))
    }

    fn spec(&self, path: &[&str]) -> Option<&Owned> {
        self.node.get("spec")?.path(path)
    }

    fn text(&self, path: &[&str]) -> &str {
        self.spec(path).and_then(Node::as_str).unwrap_or_default()
    }

    /// The folder of its chart; none if that is not in the repository.
    pub(in crate::render) fn folder(&self, files: &Files<'_>, artifacts: &Artifacts) -> Option<String> {
        let folder = if self.text(&["chartRef", "kind"]) == "HelmChart" {
            let (kind, source, path) = artifacts.chart(self.text(&["chartRef", "name"]), &self.file)?;
            artifacts.folder(files, kind, source, path, &self.file)
        } else {
            let source = |key: &str| self.text(&["chart", "spec", "sourceRef", key]);
            artifacts.folder(files, source("kind"), source("name"), self.text(&["chart", "spec", "chart"]), &self.file)
        };
        folder.filter(|folder| files.contains(&format!("{folder}/Chart.yaml")))
    }

    /// The place of what names the chart.
    fn span(&self) -> Span {
        let chart = self.spec(&["chart", "spec", "chart"]).or_else(|| self.spec(&["chartRef", "name"]));
        chart.map_or(self.node.span, |chart| chart.span)
    }

    /// `releaseName`, or the name with the target namespace before it; longer than Helm takes, a digest cuts it short.
    fn release_name(&self) -> String {
        let named = self.text(&["releaseName"]);
        if !named.is_empty() {
            return named.to_owned();
        }
        match self.text(&["targetNamespace"]) {
            "" => self.name.clone(),
            namespace => format!("{namespace}-{}", self.name),
        }
    }

    fn target_namespace(&self) -> &str {
        let target = self.text(&["targetNamespace"]);
        if target.is_empty() { &self.namespace } else { target }
    }

    /// What its values come from.
    pub(super) fn sources(&self) -> &[Owned] {
        self.spec(&["valuesFrom"]).map(Node::items).unwrap_or_default()
    }

    /// The files that take the place of the chart's own values, and where they are named.
    pub(super) fn values_files(&self, files: &Files<'_>, folder: &str) -> Vec<(String, Span)> {
        let named = self.spec(&["chart", "spec", "valuesFiles"]).map(Node::items).unwrap_or_default();
        let is_optional =
            self.spec(&["chart", "spec", "ignoreMissingValuesFiles"]).and_then(Node::as_bool) == Some(true);
        let path = |file: &Owned| {
            let named = file.as_str().unwrap_or_default();
            // The source's root is where its paths begin, but a chart's own files are named from the chart, too.
            let from_root = path::named("", named).filter(|path| files.contains(path));
            (from_root.or_else(|| path::named(folder, named)).unwrap_or_default(), file.span)
        };
        named.iter().map(path).filter(|(path, _)| !is_optional || files.contains(path)).collect()
    }

    /// The values of the release, those that count most last.
    fn values(&self, files: &Files<'_>, surroundings: &Surroundings<'_>) -> Fallible<Vec<Values>> {
        let mut values = Vec::new();
        for source in self.sources() {
            values.extend(self.values_from(source, files, surroundings)?);
        }
        if let Some(own) = self.spec(&["values"]).filter(|own| own.is_mapping()) {
            values.push(Values::of_node(own.clone()));
        }
        Ok(values)
    }

    fn values_from(
        &self,
        source: &Owned,
        files: &Files<'_>,
        surroundings: &Surroundings<'_>,
    ) -> Fallible<Option<Values>> {
        let text = |key: &str| source.get(key).and_then(Node::as_str).unwrap_or_default();
        let key = Some(text("valuesKey")).filter(|key| !key.is_empty()).unwrap_or("values.yaml");
        let data = (surroundings.lookup)(text("kind"), &self.namespace, text("name"));
        let value = data.and_then(|data| data.into_iter().find(|(name, _)| name == key));
        // One that may be missing, and is: the release has to make sense without it.
        let is_optional = source.get("optional").and_then(Node::as_bool) == Some(true);
        let Some((_, value)) = value else {
            if is_optional {
                return Ok(None);
            }
            let span = source.get("name").map_or(source.span, |name| name.span);
            let message = format!(
                "values come from `{key}` of {} `{}`, which is not in this repository",
                text("kind"),
                text("name")
            );
            return Err(Fault::new(&HELM, span, message)
                .with_help("what the chart makes with them is known in the cluster alone; nothing of it is checked"));
        };
        let target = text("targetPath");
        if target.is_empty() {
            return Ok(files.inline(&value, Dialect::Lenient)?.into_iter().next().map(Values::of_node));
        }
        let value = Node { span: value.span, value: typed(&value) };
        let nested = target.rsplit('.').fold(value, |inner, key| {
            let mut outer = Node::mapping(inner.span);
            outer.set(key.to_owned(), inner);
            outer
        });
        Ok(Some(Values::of_node(nested)))
    }
}

/// A text as `helm --set` takes it: quoted it stays text.
fn typed(node: &Owned) -> Value<'static> {
    let text = node.as_str().unwrap_or_default();
    let quoted = ['"', '\''].iter().find_map(|mark| text.strip_prefix(*mark)?.strip_suffix(*mark));
    quoted.map_or_else(|| plain_scalar(Dialect::Kubernetes, text), |text| Value::String(text.to_owned().into()))
}

/// Renders what a `HelmRelease` installs of a chart.
pub(super) fn release(
    files: &Files<'_>,
    folder: &str,
    release: &HelmRelease,
    surroundings: &Surroundings<'_>,
) -> Fallible<Rendering> {
    if let Some(renderers) = release.spec(&["postRenderers"]).filter(|renderers| !renderers.items().is_empty()) {
        return Err(Fault::new(&HELM, renderers.span, "post-renderers change what the chart makes, and are not run")
            .with_help("what comes out of them goes unchecked; values of the chart are checked"));
    }
    let name = release.release_name();
    let mut replaced = Vec::new();
    for (path, span) in release.values_files(files, folder) {
        replaced.push(Values::of_file(files, &path).map_err(|fault| fault.with_related(span, "named here"))?);
    }
    let request = Request {
        chart: folder,
        asked: Some(release.span()),
        release: &name,
        namespace: release.target_namespace(),
        own: helm::merged(replaced),
        values: release.values(files, surroundings)?,
        kubernetes: surroundings.kubernetes,
        include_definitions: release.text(&["install", "crds"]) != "Skip",
        ..Request::default()
    };
    helm::rendering(files, &request)
}
