//! Trees that a Flux Kustomization names: a path, and what Flux adds to the kustomization that it finds there.
//!
//! In: Flux Kustomizations, and the files. Out: the objects that Flux would apply. Flux's own settings become fields of
//! the kustomization, each with the place where it is written, so that a finding leads there. It never asks a cluster:
//! variables that only a cluster knows stay as they are written.

use std::sync::Arc;

use super::substitute::Variables;
use super::{Artifacts, Lookup};
use crate::manifest::{Node, Object, Span, Value, to_yaml_text};
use crate::render::fault::Fallible;
use crate::render::files::{Files, Owned};
use crate::render::kustomize::{Adjusted, Kustomization, LoadRestrictor, Options, Rendering, kustomize_adjusted};

/// The API group of Flux Kustomizations.
pub(super) const GROUP: &str = "kustomize.toolkit.fluxcd.io";

/// A Flux Kustomization.
#[derive(Debug, Clone)]
pub(in crate::render) struct FluxKustomization {
    /// The path of the file that it is written in.
    pub(super) file: Arc<str>,
    /// Its name.
    pub(super) name: String,
    /// Its namespace; empty if it has none.
    pub(super) namespace: String,
    /// The object.
    pub(super) node: Owned,
}

impl FluxKustomization {
    /// The Flux Kustomization that an object is.
    pub(super) fn of(object: &Owned, files: &Files<'_>) -> Option<Self> {
        let object = Object::from_node(object.clone()).ok()?;
        if object.kind.group != GROUP || object.kind.kind != "Kustomization" {
            return None;
        }
        let name = object.name()?.to_owned();
        let namespace = object.namespace().unwrap_or_default().to_owned();
        Some(Self { file: files.place(object.node.span).path, name, namespace, node: object.node })
    }

    /// What tells it from all others of the repository.
    pub(super) fn key(&self) -> (Arc<str>, String) {
        (Arc::clone(&self.file), self.name.clone())
    }

    fn spec(&self, field: &str) -> Option<&Owned> {
        self.node.path(&["spec", field])
    }

    /// The folder that it applies, from the root of the files; none if it is nowhere.
    pub(super) fn folder(&self, files: &Files<'_>, artifacts: &Artifacts) -> Option<String> {
        let source = |key: &str| self.node.path(&["spec", "sourceRef", key]).and_then(Node::as_str).unwrap_or_default();
        let path = self.spec("path").and_then(Node::as_str).unwrap_or_default();
        artifacts.folder(files, source("kind"), source("name"), path, &self.file)
    }

    /// The place of its path.
    pub(super) fn span(&self) -> Span {
        self.spec("path").map_or(self.node.span, |path| path.span)
    }

    /// What its variables come from.
    pub(super) fn sources(&self) -> &[Owned] {
        self.node.path(&["spec", "postBuild", "substituteFrom"]).map(Node::items).unwrap_or_default()
    }

    /// Its variables. `lookup` finds the data of a ConfigMap or Secret of the repository by kind, namespace and name.
    fn variables(&self, lookup: Lookup<'_>) -> Variables {
        let mut variables = Variables::default();
        let Some(build) = self.spec("postBuild") else { return variables };
        for source in self.sources() {
            let text = |key: &str| source.get(key).and_then(Node::as_str).unwrap_or_default();
            match lookup(text("kind"), &self.namespace, text("name")) {
                Some(data) => data.iter().for_each(|(name, value)| variables.set(name, value)),
                // One that may lack may just as well be there, and hold any variable.
                None => variables.is_missing_some(),
            }
        }
        for entry in build.get("substitute").map(Node::entries).unwrap_or_default() {
            variables.set(&entry.key, &entry.value);
        }
        variables
    }
}

/// Renders what Flux applies of a folder. `resources` are the files of one without a kustomization.
pub(super) fn flux(
    files: &Files<'_>,
    folder: &str,
    resources: Option<&[String]>,
    settings: &FluxKustomization,
    lookup: Lookup<'_>,
) -> Fallible<Rendering> {
    let adjusted = Adjusted {
        generated: resources.map(|resources| Kustomization::generated(settings.span(), resources)),
        adjust: &|kustomization| adjust(kustomization, settings),
    };
    // Flux lets a kustomization read all of the source.
    let options = Options { load_restrictor: LoadRestrictor::None, ..Options::default() };
    let mut rendering = kustomize_adjusted(files, folder, options, &adjusted)?;
    let variables = settings.variables(lookup);
    for object in &mut rendering.objects {
        if !variables.is_empty() {
            variables.substitute(object);
        }
        add_metadata(object, settings.spec("commonMetadata"));
    }
    Ok(rendering)
}

/// Puts the settings of a Flux Kustomization into the kustomization, as Flux itself does.
fn adjust(kustomization: &mut Kustomization, settings: &FluxKustomization) -> Fallible<()> {
    for (field, name) in [("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")]
    {
        if let Some(value) = settings.spec(field).filter(|value| value.as_str().is_some_and(|text| !text.is_empty())) {
            kustomization.set(name, value.clone());
        }
    }
    for (field, name) in [
        ("patches", "patches"),
        ("patchesStrategicMerge", "patchesStrategicMerge"),
        ("patchesJson6902", "patchesJson6902"),
        ("components", "components"),
    ] {
        for item in settings.spec(field).map(Node::items).unwrap_or_default() {
            kustomization.append(name, as_text(item));
        }
    }
    for image in settings.spec("images").map(Node::items).unwrap_or_default() {
        kustomization.replace_image(image.clone());
    }
    kustomization.fit()
}

/// Flux takes patches as values, too, where kustomize wants their text.
fn as_text(item: &Owned) -> Owned {
    let text = |node: &Owned| Node::string(to_yaml_text(node), node.span);
    let mut item = item.clone();
    if let Some(patch) = item.get("patch").filter(|patch| patch.as_str().is_none()) {
        let patch = text(patch);
        item.set("patch", patch);
    } else if item.is_mapping() && item.get("patch").is_none() && item.get("target").is_none() {
        return text(&item);
    }
    item
}

/// `commonMetadata`: labels and annotations of the objects alone.
fn add_metadata(object: &mut Owned, common: Option<&Owned>) {
    let Some(common) = common else { return };
    for field in ["labels", "annotations"] {
        for entry in common.get(field).map(Node::entries).unwrap_or_default() {
            let span = entry.value.span;
            let Some(map) = object.mapping_at("metadata", span).and_then(|metadata| metadata.mapping_at(field, span))
            else {
                continue;
            };
            let value = entry.value.scalar_text().unwrap_or_default().into_owned();
            map.set(entry.key.clone(), Node { span, value: Value::String(value.into()) });
        }
    }
}
