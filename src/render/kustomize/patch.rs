//! Patches of a kustomization: strategic merges and JSON patches, and the objects that they are for.
//!
//! In: the entries of `patches`, `patchesStrategicMerge` and `patchesJson6902`. Out: the patched objects. How a patch is
//! applied to an object is decided in `merge` and `json_patch`.

use super::build::Build;
use super::kustomization::text;
use super::resource::Resource;
use super::resources::Resources;
use super::selector::Selector;
use super::{json_patch, load, merge};
use crate::catalogue::render::PATCH;
use crate::manifest::{Dialect, Node, Span, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// A patch, ready to be applied.
pub(super) struct Patch {
    content: Content,
    target: Option<Selector>,
    allow_name_change: bool,
    allow_kind_change: bool,
    /// Where the kustomization names it.
    span: Span,
}

enum Content {
    StrategicMerge(Vec<Resource>),
    Json(Owned),
}

impl Patch {
    /// An entry of `patches`.
    pub(super) fn read(entry: &Owned, build: &Build<'_, '_>) -> Fallible<Self> {
        let inline = entry.get("patch").filter(|patch| !text(patch).trim().is_empty());
        let path = entry.get("path").filter(|path| !text(path).is_empty());
        let content = match (inline, path) {
            (Some(inline), None) => Content::read(&|dialect| build.files.inline(inline, dialect), build)?,
            (None, Some(path)) => Content::read(&|dialect| build.documents(path, dialect), build)?,
            (Some(_), Some(path)) => {
                return Err(Fault::new(&PATCH, path.span, "a patch with both `patch` and `path`")
                    .with_help("leave one of the two out"));
            }
            (None, None) => {
                return Err(Fault::new(&PATCH, entry.span, "a patch with neither `patch` nor `path`")
                    .with_help("name the patch's file under `path`, or write it under `patch`"));
            }
        };
        let option = |key: &str| entry.path(&["options", key]).and_then(Node::as_bool) == Some(true);
        let read = Self {
            content,
            target: entry.get("target").map(Selector::read).transpose()?,
            allow_name_change: option("allowNameChange"),
            allow_kind_change: option("allowKindChange"),
            span: inline.or(path).map_or(entry.span, |node| node.span),
        };
        read.check()
    }

    /// The patches of an entry of `patchesStrategicMerge`: of the text itself, or of the file that it names.
    pub(super) fn read_strategic_merge(entry: &Owned, build: &Build<'_, '_>) -> Fallible<Self> {
        let is_inline = |documents: &Vec<Owned>| load::resources(documents, build.files).is_ok();
        let documents = match build.files.inline(entry, Dialect::Kyaml).ok().filter(is_inline) {
            Some(documents) => documents,
            None => build.documents(entry, Dialect::Kyaml)?,
        };
        let content = Content::StrategicMerge(load::resources(&documents, build.files)?);
        Ok(Self { content, target: None, allow_name_change: false, allow_kind_change: false, span: entry.span })
    }

    /// An entry of `patchesJson6902`.
    pub(super) fn read_json(entry: &Owned, build: &Build<'_, '_>) -> Fallible<Self> {
        let patch = Self::read(entry, build)?;
        match patch.content {
            Content::Json(_) => Ok(patch),
            Content::StrategicMerge(_) => Err(Fault::new(&PATCH, patch.span, "this is not a JSON patch")
                .with_help("write a list of operations, or move it to `patches`")),
        }
    }

    fn check(self) -> Fallible<Self> {
        match (&self.content, &self.target) {
            (Content::Json(_), None) => Err(Fault::new(&PATCH, self.span, "a JSON patch without a `target`")
                .with_help("name the object under `target`: a JSON patch does not say itself what it is for")),
            (Content::StrategicMerge(patches), Some(_)) if patches.len() > 1 => {
                Err(Fault::new(&PATCH, self.span, "several patches with one `target`")
                    .with_help("give each an entry of its own, or leave `target` out"))
            }
            _ => Ok(self),
        }
    }

    /// Applies it.
    pub(super) fn apply(&self, resources: &mut Resources, build: &Build<'_, '_>) -> Fallible<()> {
        match (&self.content, &self.target) {
            (Content::Json(operations), Some(target)) => self.apply_json(operations, target, resources),
            (Content::Json(_), None) => Ok(()),
            (Content::StrategicMerge(patches), Some(target)) => match patches.first() {
                Some(patch) => {
                    for index in resources.select(target) {
                        let Some(resource) = resources.list.get_mut(index) else { continue };
                        let mut patch = patch.clone();
                        load::spell_metadata(&mut patch, build.files);
                        let api_version = resource.node.get("apiVersion").cloned();
                        if let Some(api_version) = api_version {
                            patch.node.set("apiVersion", api_version);
                        }
                        self.merge(resource, &patch, build)?;
                    }
                    resources.drop_empty();
                    resources.find_duplicate()
                }
                None => Ok(()),
            },
            (Content::StrategicMerge(patches), None) => {
                patches.iter().try_for_each(|patch| self.merge_into_its_own(patch, resources, build))
            }
        }
    }

    /// Applies a patch to the one object that has or had its id.
    fn merge_into_its_own(&self, patch: &Resource, resources: &mut Resources, build: &Build<'_, '_>) -> Fallible<()> {
        let id = patch.original_id();
        let found = resources.by_any_id(|other| other.is_same(&id));
        match found.as_slice() {
            [index] => {
                if let Some(resource) = resources.list.get_mut(*index) {
                    self.merge(resource, patch, build)?;
                }
                resources.drop_empty();
                Ok(())
            }
            [] => {
                let message = format!("the patch is for {id}, which is not among the resources");
                Err(Fault::new(&PATCH, patch.name_span(), message)
                    .with_help("correct its kind, name and namespace, or name a `target`")
                    .with_related(self.span, "used here"))
            }
            several => {
                let message = format!("the patch is for {id}, and {} objects are or were called so", several.len());
                let mut fault = Fault::new(&PATCH, patch.name_span(), message).with_help("name a `target`");
                for index in several {
                    if let Some(resource) = resources.list.get(*index) {
                        fault = fault.with_related(resource.name_span(), "one of them");
                    }
                }
                Err(fault)
            }
        }
    }

    fn merge(&self, resource: &mut Resource, patch: &Resource, build: &Build<'_, '_>) -> Fallible<()> {
        let keep = |node: &Owned, keys: &[&str]| node.path(keys).cloned();
        let (kind, name) = (keep(&resource.node, &["kind"]), keep(&resource.node, &["metadata", "name"]));
        let namespace = keep(&resource.node, &["metadata", "namespace"]);
        if self.allow_name_change || self.allow_kind_change {
            resource.remember_id();
        }
        let null = Node { span: resource.node.span, value: Value::Null };
        let object = std::mem::replace(&mut resource.node, null);
        let Some(merged) =
            merge::merge(object, &patch.node, build.schemas(), build.files).map_err(|fault| fault.at(self.span))?
        else {
            return Ok(());
        };
        resource.node = merged;
        resource.spread_patch(&patch.node);
        if resource.node.is_null_or_empty() {
            return Ok(());
        }
        if let Some(kind) = kind.filter(|_| !self.allow_kind_change) {
            resource.node.set("kind", kind);
        }
        if let Some(name) = name.filter(|_| !self.allow_name_change) {
            resource.set_metadata("name", name);
        }
        match namespace {
            Some(namespace) => resource.set_metadata("namespace", namespace),
            None => {
                if let Some(metadata) = resource.node.get_mut("metadata") {
                    metadata.remove("namespace");
                }
            }
        }
        Ok(())
    }

    fn apply_json(&self, operations: &Owned, target: &Selector, resources: &mut Resources) -> Fallible<()> {
        for index in resources.select(target) {
            let Some(resource) = resources.list.get_mut(index) else { continue };
            resource.remember_id();
            resource.shared.clear();
            // Upstream keeps its own notes there, so that there is always a place to add an annotation to.
            let span = resource.node.span;
            if let Some(metadata) = resource.node.mapping_at("metadata", span) {
                metadata.mapping_at("annotations", span);
            }
            json_patch::apply(&mut resource.node, operations).map_err(|fault| fault.at(self.span))?;
            resource.drop_empty_annotations();
        }
        Ok(())
    }
}

impl Content {
    /// A list of operations is a JSON patch, and read as the API server reads YAML; anything else is a strategic merge.
    fn read(documents: &dyn Fn(Dialect) -> Fallible<Vec<Owned>>, build: &Build<'_, '_>) -> Fallible<Self> {
        let read = documents(Dialect::Kyaml)?;
        if read.first().is_some_and(json_patch::is_patch)
            && let Some(operations) = documents(Dialect::Kubernetes)?.into_iter().next()
        {
            return Ok(Self::Json(operations));
        }
        Ok(Self::StrategicMerge(load::resources(&read, build.files)?))
    }
}
