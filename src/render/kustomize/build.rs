//! Building a kustomization: its resources, then its generators, components, transformers and variables, in the order
//! that kustomize has them.
//!
//! In: the folder of a kustomization. Out: its objects, and what the kustomizations that use them need to know of them.
//! Names are not yet hashed and references not yet fixed: that is done once, in the end, in `finish`.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use super::field_spec::{Configuration, FieldSpec, add_field};
use super::generate::{self, Kind};
use super::kustomization::{Kustomization, text};
use super::merge_schema::MergeSchemas;
use super::names::End;
use super::namespace::{Move, Subjects};
use super::origin::Origin;
use super::patch::Patch;
use super::plugin;
use super::resource::Resource;
use super::resources::Resources;
use super::variable::Variables;
use super::{Adjusted, helm_chart, images, labels, load, names, replacement, replicas};
use crate::catalogue::render::{KUSTOMIZATION, MISSING, OUTSIDE, REMOTE};
use crate::manifest::{Dialect, Node, Span};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::{Files, Loaded, Owned};
use crate::repo::{Target, path};

/// How deep kustomizations may use each other.
const MAX_DEPTH: usize = 100;

/// How many objects a rendering may hold.
const MAX_OBJECTS: usize = 100_000;

/// The one version of the Kubernetes API that `openapi: {version: …}` may name.
const OPENAPI_VERSION: &str = "v1.21.2";

/// Which files a kustomization may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LoadRestrictor {
    /// Those in its own folder and below
    #[default]
    RootOnly,
    /// All of the repository
    None,
}

/// What the build of a kustomization gives to those that use it.
#[derive(Debug, Default, Clone)]
pub(super) struct Accumulated {
    pub(super) resources: Resources,
    /// The fields that transformers change; none before a kustomization was read.
    configuration: Option<Arc<Configuration>>,
    pub(super) variables: Variables,
}

impl Accumulated {
    /// The fields that transformers change.
    pub(super) fn configuration(&self) -> &Configuration {
        self.configuration.as_deref().unwrap_or(&DEFAULT)
    }

    fn configure(&mut self, other: &Arc<Configuration>, span: Span) -> Fallible<()> {
        let merged = match self.configuration.take() {
            // Whatever is configured already has the defaults in it.
            Some(known) if Arc::ptr_eq(other, &DEFAULT) || Arc::ptr_eq(&known, other) => known,
            Some(known) => {
                let known = Arc::unwrap_or_clone(known);
                let merged = known.merge(Configuration::clone(other));
                Arc::new(merged.map_err(|reason| Fault::new(&KUSTOMIZATION, span, reason))?)
            }
            None if Arc::ptr_eq(other, &DEFAULT) => Arc::clone(other),
            // Merged into nothing, a field of all kinds is lost behind the same of one kind: that is how upstream lets a
            // configuration narrow the defaults.
            None => {
                let merged = Configuration::default().merge(Configuration::clone(other));
                Arc::new(merged.map_err(|reason| Fault::new(&KUSTOMIZATION, span, reason))?)
            }
        };
        self.configuration = Some(merged);
        Ok(())
    }
}

static DEFAULT: LazyLock<Arc<Configuration>> = LazyLock::new(|| Arc::new(Configuration::default_fields()));

/// The build of one kustomization.
pub(super) struct Build<'b, 'f> {
    pub(super) files: &'b Files<'f>,
    shared: &'b Shared,
    /// Its folder, from the root of the tree.
    pub(super) folder: String,
    /// The builds that it is a part of.
    parent: Option<&'b Build<'b, 'f>>,
    pub(super) kustomization: Kustomization,
    /// The path from the folder that is rendered, when origins are asked for.
    origin: Option<String>,
}

/// What all the builds of a rendering share.
#[derive(Default)]
pub(super) struct Shared {
    load_restrictor: LoadRestrictor,
    /// The first `openapi` that is met counts for all.
    schemas: OnceCell<MergeSchemas>,
    is_schema_chosen: Cell<bool>,
    /// The files that were read as resources.
    resources: RefCell<BTreeSet<String>>,
}

impl Shared {
    /// For a rendering.
    pub(super) fn new(load_restrictor: LoadRestrictor) -> Self {
        Self { load_restrictor, ..Self::default() }
    }

    /// The files that were read as resources.
    pub(super) fn into_resources(self) -> BTreeSet<String> {
        self.resources.into_inner()
    }
}

impl<'b, 'f> Build<'b, 'f> {
    /// The kustomization that is rendered.
    pub(super) fn root(
        files: &'b Files<'f>,
        shared: &'b Shared,
        folder: &str,
        adjusted: &Adjusted<'_>,
    ) -> Fallible<Self> {
        let mut kustomization = match &adjusted.generated {
            Some(generated) => generated.clone(),
            None => Kustomization::read(files, folder, None)?,
        };
        (adjusted.adjust)(&mut kustomization)?;
        let wants_origins = kustomization.items("buildMetadata").next().is_some();
        let origin = wants_origins.then(String::new);
        let build = Self { files, shared, folder: folder.to_owned(), parent: None, kustomization, origin };
        build.choose_schemas()?;
        Ok(build)
    }

    /// A kustomization that this one uses.
    fn child(&'b self, named: &Owned) -> Fallible<Self> {
        let folder = self.resolve(named)?;
        let mut ancestor = Some(self);
        let mut depth = 0;
        while let Some(build) = ancestor {
            if is_in(&build.folder, &folder) {
                let message = format!("`{}` uses itself by way of `{}`", shown(&build.folder), text(named));
                return Err(Fault::new(&KUSTOMIZATION, named.span, message)
                    .with_help("a kustomization cannot use itself, or a folder that it lies in"));
            }
            depth += 1;
            ancestor = build.parent;
        }
        if depth > MAX_DEPTH {
            return Err(Fault::new(
                &KUSTOMIZATION,
                named.span,
                format!("more than {MAX_DEPTH} kustomizations use each other"),
            ));
        }
        let kustomization = Kustomization::read(self.files, &folder, Some(named.span))?;
        let origin = self.origin.as_ref().map(|origin| joined(origin, text(named)));
        let build = Self { files: self.files, shared: self.shared, folder, parent: Some(self), kustomization, origin };
        build.choose_schemas()?;
        Ok(build)
    }

    /// Builds it onto what a Component finds, or from nothing.
    pub(super) fn accumulate(&self, mut accumulated: Accumulated) -> Fallible<Accumulated> {
        let kustomization = &self.kustomization;
        for resource in kustomization.items("resources") {
            self.resource(resource, &mut accumulated)?;
        }
        self.configure(&mut accumulated)?;
        self.generate(&mut accumulated)?;
        for component in kustomization.items("components") {
            let child = self.child(component)?;
            if !child.kustomization.is_component {
                return Err(Fault::new(&KUSTOMIZATION, component.span, "this is a kustomization, not a Component")
                    .with_help("move it to `resources`"));
            }
            accumulated = child.accumulate(accumulated)?;
            accumulated.resources.find_duplicate()?;
        }
        self.transform(&mut accumulated)?;
        plugin::validate(self, &mut accumulated)?;
        for variable in kustomization.items("vars") {
            accumulated.variables.declare(variable, &mut accumulated.resources)?;
        }
        if accumulated.resources.list.len() > MAX_OBJECTS {
            let message = format!("more than {MAX_OBJECTS} objects");
            return Err(Fault::new(&KUSTOMIZATION, kustomization.span(), message));
        }
        Ok(accumulated)
    }

    /// A file, or another kustomization.
    pub(super) fn resource(&self, named: &Owned, accumulated: &mut Accumulated) -> Fallible<()> {
        if !self.is_folder(named)? {
            let path = text(named);
            let documents = self.documents(named, Dialect::Kyaml)?;
            self.shared.resources.borrow_mut().insert(self.resolve(named)?);
            let mut resources = load::resources(&documents, self.files)?;
            for resource in &mut resources {
                load::spell_null_annotations(resource, self.files);
                resource.origin = self.origin.as_ref().map(|origin| Origin::of_file(joined(origin, path)));
            }
            return accumulated.resources.append_all(resources);
        }
        let child = self.child(named)?;
        if child.kustomization.is_component {
            return Err(Fault::new(&KUSTOMIZATION, named.span, "this is a Component, not a resource")
                .with_help("move it to `components`"));
        }
        let built = child.accumulate(Accumulated::default())?;
        accumulated.resources.append_all(built.resources.list)?;
        if let Some(configuration) = &built.configuration {
            accumulated.configure(configuration, named.span)?;
        }
        accumulated.variables.merge(built.variables)
    }

    /// The fields of `configurations` and `crds`.
    fn configure(&self, accumulated: &mut Accumulated) -> Fallible<()> {
        let span = self.kustomization.span();
        let wrong = |(span, reason): (Span, String)| Fault::new(&KUSTOMIZATION, span, reason);
        let mut own = Configuration::default();
        let mut is_default = true;
        for named in self.kustomization.items("configurations") {
            for document in self.settings(named)? {
                let read = Configuration::read(&document).map_err(wrong)?;
                own = own.merge(read).map_err(|reason| Fault::new(&KUSTOMIZATION, named.span, reason))?;
                is_default = false;
            }
        }
        if is_default {
            accumulated.configure(&DEFAULT, span)?;
        } else {
            let merged = Configuration::clone(&DEFAULT).merge(own);
            let merged = merged.map_err(|reason| Fault::new(&KUSTOMIZATION, span, reason))?;
            accumulated.configure(&Arc::new(merged), span)?;
        }
        for named in self.kustomization.items("crds") {
            for document in self.settings(named)? {
                accumulated.configure(&Arc::new(Configuration::from_crds(&document)), named.span)?;
            }
        }
        Ok(())
    }

    fn generate(&self, accumulated: &mut Accumulated) -> Fallible<()> {
        let global = self.kustomization.get("generatorOptions");
        for (kind, field, name) in [
            (Kind::ConfigMap, "configMapGenerator", "ConfigMapGenerator"),
            (Kind::Secret, "secretGenerator", "SecretGenerator"),
        ] {
            for entry in self.kustomization.items(field) {
                let mut resource = generate::generate(kind, entry, global, self)?;
                resource.origin = self.builtin(name);
                accumulated.resources.absorb(resource)?;
            }
        }
        for mut resource in helm_chart::of_kustomization(self)? {
            resource.origin = self.builtin("HelmChartInflationGenerator");
            accumulated.resources.absorb(resource)?;
        }
        plugin::generate(self, accumulated)
    }

    /// The built-in transformers in their fixed order, then those of `transformers`.
    fn transform(&self, accumulated: &mut Accumulated) -> Fallible<()> {
        let kustomization = &self.kustomization;
        let mut merges = Vec::new();
        for entry in kustomization.items("patchesStrategicMerge") {
            merges.push(Patch::read_strategic_merge(entry, self)?);
        }
        let patches: Vec<Patch> =
            kustomization.items("patches").map(|entry| Patch::read(entry, self)).collect::<Fallible<_>>()?;
        let json: Vec<Patch> = kustomization
            .items("patchesJson6902")
            .map(|entry| Patch::read_json(entry, self))
            .collect::<Fallible<_>>()?;
        let mut replacements = Vec::new();
        for entry in kustomization.items("replacements") {
            replacements.extend(replacement::read(entry, self)?);
        }
        let Accumulated { resources, configuration, .. } = &mut *accumulated;
        let configuration = configuration.clone().unwrap_or_else(|| Arc::clone(&DEFAULT));
        if !merges.is_empty() {
            merges.iter().try_for_each(|patch| patch.apply(resources, self))?;
            self.note(resources, "PatchStrategicMergeTransformer");
        }
        for patch in &patches {
            patch.apply(resources, self)?;
            self.note(resources, "PatchTransformer");
        }
        if let Some(namespace) = kustomization.text("namespace") {
            let specs = &configuration.namespace;
            Move { namespace, specs, subjects: Subjects::default(), unset_only: false }.apply(resources)?;
            self.note(resources, "NamespaceTransformer");
        }
        if let Some(prefix) = kustomization.text("namePrefix") {
            names::rename(resources, prefix, End::Prefix, &configuration.name_prefix)?;
            self.note(resources, "PrefixTransformer");
        }
        if let Some(suffix) = kustomization.text("nameSuffix") {
            names::rename(resources, suffix, End::Suffix, &configuration.name_suffix)?;
            self.note(resources, "SuffixTransformer");
        }
        self.label(resources, &configuration)?;
        if let Some(pairs) = kustomization.get("commonAnnotations").filter(|pairs| !pairs.entries().is_empty()) {
            labels::set(resources, pairs, &configuration.common_annotations)?;
            self.note(resources, "AnnotationsTransformer");
        }
        for patch in &json {
            patch.apply(resources, self)?;
            self.note(resources, "PatchJson6902Transformer");
        }
        for entry in kustomization.items("replicas") {
            replicas::set(resources, entry, &configuration.replicas)?;
            self.note(resources, "ReplicaCountTransformer");
        }
        for entry in kustomization.items("images") {
            images::Image::read(entry)?.apply(resources, &configuration.images)?;
            self.note(resources, "ImageTagTransformer");
        }
        if !replacements.is_empty() {
            replacement::apply(resources, &replacements, self)?;
            self.note(resources, "ReplacementTransformer");
        }
        resources.drop_empty();
        plugin::transform(self, accumulated)
    }

    fn label(&self, resources: &mut Resources, configuration: &Configuration) -> Fallible<()> {
        let kustomization = &self.kustomization;
        let common = kustomization.get("commonLabels").filter(|pairs| !pairs.entries().is_empty());
        let mut is_any = false;
        for entry in kustomization.items("labels") {
            is_any = true;
            let flag = |key: &str| entry.get(key).and_then(Node::as_bool) == Some(true);
            let conflict = |reason: String| Fault::new(&KUSTOMIZATION, entry.span, reason);
            let mut specs: Vec<FieldSpec> =
                entry.get("fields").map(Node::items).unwrap_or_default().iter().map(FieldSpec::read).collect();
            let mut add = |others: &[FieldSpec]| {
                let mut others = others.iter().cloned();
                others.try_for_each(|other| add_field("labels", &mut specs, other)).map_err(conflict)
            };
            add(&configuration.labels)?;
            if flag("includeSelectors") {
                add(&configuration.common_labels)?;
            } else {
                if flag("includeTemplates") {
                    add(&configuration.template_labels)?;
                }
                if flag("includeVolumeClaimTemplates") {
                    add(&configuration.volume_claim_template_labels)?;
                }
                add(&[FieldSpec::of_any("metadata/labels", true)])?;
            }
            if let Some(pairs) = entry.get("pairs") {
                labels::set(resources, pairs, &specs)?;
            }
            self.note(resources, "LabelTransformer");
        }
        if let Some(pairs) = common {
            labels::set(resources, pairs, &configuration.common_labels)?;
        }
        if is_any || common.is_some() {
            self.note(resources, "LabelTransformer");
        }
        Ok(())
    }

    /// The origin of what a built-in plugin of this kustomization makes, when origins are asked for.
    fn builtin(&self, kind: &str) -> Option<Origin> {
        let path = self.own_origin()?;
        Some(Origin::of_builtin(&path, kind))
    }

    /// The path of this kustomization's file, when origins are asked for.
    pub(super) fn own_origin(&self) -> Option<String> {
        self.origin.as_ref().map(|origin| joined(origin, self.kustomization.file_name))
    }

    /// Notes in all objects that a transformer of this kustomization was run on them.
    fn note(&self, resources: &mut Resources, kind: &str) {
        if let Some(origin) = self.builtin(kind) {
            note(resources, &origin);
        }
    }

    /// The schemas that say how lists are merged.
    pub(super) fn schemas(&self) -> &MergeSchemas {
        self.shared.schemas.get().unwrap_or_else(|| MergeSchemas::builtin())
    }

    fn choose_schemas(&self) -> Fallible<()> {
        let Some(openapi) = self.kustomization.get("openapi") else { return Ok(()) };
        let path = openapi.get("path");
        if self.shared.is_schema_chosen.get() {
            return Ok(());
        }
        let Some(path) = path else {
            let Some(version) = openapi.get("version").filter(|version| !text(version).is_empty()) else {
                return Ok(());
            };
            if text(version) != OPENAPI_VERSION {
                return Err(Fault::new(&KUSTOMIZATION, version.span, "this version of the OpenAPI is not built in")
                    .with_help(format!(
                        "the one that is is `{OPENAPI_VERSION}`; name a file under `path` for another"
                    )));
            }
            self.shared.is_schema_chosen.set(true);
            return Ok(());
        };
        if let Some(version) = openapi.get("version") {
            return Err(Fault::new(&KUSTOMIZATION, version.span, "`openapi` has a version and a path")
                .with_help("leave one of the two out"));
        }
        for document in self.settings(path)? {
            let schemas = MergeSchemas::from_openapi(&document)
                .map_err(|reason| Fault::new(&KUSTOMIZATION, path.span, reason))?;
            self.shared.is_schema_chosen.set(true);
            // It was not chosen before, so it is not set.
            let _ = self.shared.schemas.set(schemas);
        }
        Ok(())
    }

    /// The namespace for charts that name none: that of this kustomization, or of the nearest that uses it.
    pub(super) fn chart_namespace(&self) -> Option<&Owned> {
        let mut build = Some(self);
        while let Some(known) = build {
            if let Some(namespace) = known.kustomization.text("namespace") {
                return Some(namespace);
            }
            build = known.parent;
        }
        None
    }

    /// The path of what a kustomization names, from the root of the tree.
    pub(super) fn resolve(&self, named: &Owned) -> Fallible<String> {
        let path = text(named);
        if is_remote(path) {
            return Err(Fault::new(&REMOTE, named.span, format!("`{path}` is not in this repository"))
                .with_help("rendering never touches the network: copy it into the repository and name the copy"));
        }
        let outside = || {
            Fault::new(&OUTSIDE, named.span, format!("`{path}` leads out of the repository"))
                .with_help("name a file of the repository")
        };
        if path.is_empty() {
            return Err(Fault::new(&MISSING, named.span, "an empty path").with_help("name a file or folder"));
        }
        if path.starts_with('/') {
            return Err(outside());
        }
        let path = path::named(&self.folder, path).ok_or_else(outside)?;
        // As for kustomize, what counts is where links lead.
        match self.files.stands(&path) {
            Some(Target::File(real) | Target::Folder(real)) => Ok(real),
            Some(Target::Outside { .. }) => Err(outside()),
            Some(Target::Special(_) | Target::Broken { .. }) | None => Ok(path),
        }
    }

    fn is_folder(&self, named: &Owned) -> Fallible<bool> {
        let path = self.resolve(named)?;
        Ok(self.files.is_folder(&path))
    }

    /// A file that this kustomization may read.
    fn path(&self, named: &Owned) -> Fallible<String> {
        let path = self.resolve(named)?;
        if !self.files.contains(&path) {
            let message = format!("`{}` is not there", text(named));
            return Err(Fault::new(&MISSING, named.span, message).with_help("correct the path, or add the file"));
        }
        if self.files.is_folder(&path) {
            let message = format!("`{}` is a folder, not a file", text(named));
            return Err(Fault::new(&MISSING, named.span, message).with_help("name a file"));
        }
        if self.shared.load_restrictor == LoadRestrictor::RootOnly && !is_in(&path, &self.folder) {
            let message = format!("`{}` is not in the kustomization's folder", text(named));
            return Err(Fault::new(&OUTSIDE, named.span, message)
                .with_help("move the file there, or render with `--load-restrictor none`"));
        }
        Ok(path)
    }

    /// A file of text.
    pub(super) fn file(&self, path: &str, span: Span) -> Fallible<Arc<Loaded>> {
        let path = self.path(&Node::string(path.to_owned(), span))?;
        self.files.load(&path).map_err(Fault::read)
    }

    /// The bytes of a file, and the place that stands for them.
    pub(super) fn bytes(&self, path: &str, span: Span) -> Fallible<(Vec<u8>, Span)> {
        let path = self.path(&Node::string(path.to_owned(), span))?;
        match self.files.load(&path) {
            Ok(file) => Ok((file.source.text.as_bytes().to_vec(), file.span())),
            // What is no text has no lines to point at.
            Err(_) => self.files.bytes(&path).map(|bytes| (bytes, span)).map_err(Fault::read),
        }
    }

    /// The documents of a file, read as kustomize reads resources, or as the API server does.
    pub(super) fn documents(&self, named: &Owned, dialect: Dialect) -> Fallible<Vec<Owned>> {
        let file = self.file(text(named), named.span)?;
        match dialect {
            Dialect::Kyaml => file.documents().map(<[Owned]>::to_vec).map_err(Fault::read),
            Dialect::Kubernetes | Dialect::Lenient => self.settings(named),
        }
    }

    /// A file of settings.
    pub(super) fn settings(&self, named: &Owned) -> Fallible<Vec<Owned>> {
        let file = self.file(text(named), named.span)?;
        Ok(file.settings().map_err(Fault::read)?.into_iter().collect())
    }
}

/// Notes in all objects what was run on them.
pub(super) fn note(resources: &mut Resources, origin: &Origin) {
    for resource in &mut resources.list {
        if resource.origin.is_some() {
            resource.transformations.push(origin.clone());
        } else {
            resource.origin = Some(origin.clone());
        }
    }
}

/// Whether a path is a folder, or lies in it.
fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_remote(path: &str) -> bool {
    let host = path.split('/').next().unwrap_or_default();
    path.contains("://")
        || path.starts_with("git@")
        || path.contains("?ref=")
        || matches!(host, "github.com" | "gitlab.com" | "bitbucket.org")
}

fn shown(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}

/// A path behind another, with `.` and `..` worked off where they can be.
fn joined(start: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// An object that a plugin made.
pub(super) fn generated(resource: &mut Resource, origin: Option<Origin>) {
    if resource.origin.is_none() {
        resource.origin = origin;
    }
}
