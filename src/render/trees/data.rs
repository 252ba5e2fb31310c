//! Where variables and values of Flux come from: `ConfigMaps` of the repository.
//!
//! In: the files, and objects that were rendered. Out: the data of a ConfigMap by its name, that nearest to who asks where
//! several clusters have one. Files are read when one is asked for the first time. Secrets are not looked into: their
//! values would get into messages and differences.

use std::collections::HashMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::manifest::{Node, Object};
use crate::render::applied::{Applied, shared_folders};
use crate::render::files::{Files, Owned};

/// The `ConfigMaps` of a repository.
pub(super) struct Data<'v, 't> {
    files: &'v Files<'t>,
    listed: &'v [&'v str],
    /// As they are written.
    written: OnceLock<ByName>,
    /// As trees make them: names with a digest are known here alone.
    rendered: ByName,
}

type ByName = HashMap<String, Vec<ConfigMap>>;

/// Keys and values, each a string at the place where it is written.
type Fields = Vec<(String, Owned)>;

struct ConfigMap {
    /// The file that it is written in.
    path: String,
    /// An object without a namespace may be in any.
    namespace: Option<String>,
    fields: Fields,
}

impl<'v, 't> Data<'v, 't> {
    /// Those of these files; none is read yet.
    pub(super) fn new(files: &'v Files<'t>, listed: &'v [&'v str]) -> Self {
        Self { files, listed, written: OnceLock::new(), rendered: ByName::new() }
    }

    /// Adds those that trees make.
    pub(super) fn add_rendered<'o>(&mut self, objects: impl Iterator<Item = &'o Owned>) {
        let is_one = |object: &&Owned| object.get("kind").and_then(Node::as_str) == Some("ConfigMap");
        let maps = objects.filter(is_one).map(|object| (self.files.place(object.span).path, object.clone()));
        for (name, map) in maps.filter_map(|(path, object)| config_map(&path, object)) {
            self.rendered.entry(name).or_default().push(map);
        }
    }

    /// The data of an object. None if there is no such object, or if it is not clear which is meant.
    pub(super) fn find(&self, kind: &str, namespace: &str, name: &str, near: &str) -> Option<Fields> {
        if kind != "ConfigMap" {
            return None;
        }
        let rendered = self.rendered.get(name).and_then(|maps| nearest(maps, namespace, near));
        rendered.or_else(|| nearest(self.written.get_or_init(|| self.read()).get(name)?, namespace, near))
    }

    /// Whether what is applied of a folder takes variables or values from any wanted file.
    pub(super) fn reaches(&self, applied: &Applied, folder: &str, wanted: impl Fn(&str) -> bool) -> bool {
        let lookup = |kind: &str, namespace: &str, name: &str| self.find(kind, namespace, name, applied.file());
        applied.reads(self.files, folder, &lookup).iter().any(|path| wanted(path))
    }

    fn read(&self) -> ByName {
        let maps = self.listed.par_iter().flat_map_iter(|path| {
            let documents = self.files.documents_with(path, &["ConfigMap"]);
            documents.into_iter().filter_map(|node| config_map(path, node))
        });
        let mut found = ByName::new();
        for (name, map) in maps.collect::<Vec<_>>() {
            found.entry(name).or_default().push(map);
        }
        found
    }
}

/// The data of that in a namespace which is nearest to a file.
fn nearest(maps: &[ConfigMap], namespace: &str, near: &str) -> Option<Fields> {
    let can_be = |map: &&ConfigMap| map.namespace.as_deref().is_none_or(|known| known == namespace);
    let nearness = |map: &&ConfigMap| shared_folders(&map.path, near);
    let nearest = maps.iter().filter(can_be).map(|map| nearness(&map)).max()?;
    let mut nearest = maps.iter().filter(can_be).filter(|map| nearness(map) == nearest);
    let first = nearest.next()?;
    let texts = |map: &ConfigMap| -> Vec<(String, Option<String>)> {
        map.fields.iter().map(|(key, value)| (key.clone(), value.as_str().map(str::to_owned))).collect()
    };
    if nearest.any(|other| texts(other) != texts(first)) {
        return None;
    }
    Some(first.fields.clone())
}

fn config_map(path: &str, node: Owned) -> Option<(String, ConfigMap)> {
    let object = Object::from_node(node).ok()?;
    if !object.kind.group.is_empty() || object.kind.kind != "ConfigMap" || object.node.get("sops").is_some() {
        return None;
    }
    let fields = object.node.get("data").map(Node::entries).unwrap_or_default().iter();
    let fields = fields.filter(|entry| entry.value.as_str().is_some());
    let fields = fields.map(|entry| (entry.key.to_string(), entry.value.clone())).collect();
    let namespace = object.namespace().map(str::to_owned);
    Some((object.name()?.to_owned(), ConfigMap { path: path.to_owned(), namespace, fields }))
}
