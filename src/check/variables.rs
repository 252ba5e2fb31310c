//! Where the variables of Flux Kustomizations come from: `ConfigMaps` and Secrets of the repository.
//!
//! In: the files. Out: the data of a ConfigMap or Secret by its name, that nearest to who asks where several clusters
//! have one. It is read when it is asked for the first time; what is encrypted has no data here.

use std::collections::HashMap;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;

use crate::manifest::{Node, Object};
use crate::render::Files;

/// The `ConfigMaps` and Secrets of a repository.
pub(super) struct VariableSources<'v, 't> {
    files: &'v Files<'t>,
    listed: &'v [&'v str],
    found: OnceLock<HashMap<Name, Vec<Source>>>,
}

/// Kind, namespace and name; an object without a namespace may be in any.
type Name = (String, String);

struct Source {
    path: String,
    namespace: Option<String>,
    data: Option<Vec<(String, String)>>,
}

impl<'v, 't> VariableSources<'v, 't> {
    /// Those of these files; none is read yet.
    pub(super) fn new(files: &'v Files<'t>, listed: &'v [&'v str]) -> Self {
        Self { files, listed, found: OnceLock::new() }
    }

    /// The data of an object. None if there is no such object, if it is encrypted, or if it is not clear which is meant.
    pub(super) fn find(&self, kind: &str, namespace: &str, name: &str, near: &str) -> Option<Vec<(String, String)>> {
        let found = self.found.get_or_init(|| self.read());
        let sources = found.get(&(kind.to_owned(), name.to_owned()))?;
        let can_be = |source: &&Source| source.namespace.as_deref().is_none_or(|known| known == namespace);
        let nearness = |source: &&Source| shared_folders(&source.path, near);
        let nearest = sources.iter().filter(can_be).map(|source| nearness(&source)).max()?;
        let mut nearest = sources.iter().filter(can_be).filter(|source| nearness(source) == nearest);
        let first = nearest.next()?;
        if nearest.any(|other| other.data != first.data) {
            return None;
        }
        first.data.clone()
    }

    fn read(&self) -> HashMap<Name, Vec<Source>> {
        let sources = self.listed.par_iter().flat_map_iter(|path| {
            let documents = self.files.documents_with(path, &["ConfigMap", "Secret"]);
            documents.into_iter().filter_map(|node| source(path, node))
        });
        let mut found: HashMap<Name, Vec<Source>> = HashMap::new();
        for (name, source) in sources.collect::<Vec<_>>() {
            found.entry(name).or_default().push(source);
        }
        found
    }
}

fn source(path: &str, node: Node<'static>) -> Option<(Name, Source)> {
    let object = Object::from_node(node).ok()?;
    let is_secret = object.kind.kind == "Secret";
    if !object.kind.group.is_empty() || !(is_secret || object.kind.kind == "ConfigMap") {
        return None;
    }
    let name = (object.kind.kind.clone(), object.name()?.to_owned());
    let namespace = object.namespace().map(str::to_owned);
    let texts = |field: &str| object.node.get(field).map(Node::entries).unwrap_or_default().iter();
    let plain = |field| texts(field).map(|entry| Some((entry.key.to_string(), entry.value.as_str()?.to_owned())));
    let decoded = || {
        texts("data").map(|entry| {
            let bytes = STANDARD.decode(entry.value.as_str()?.replace(['\n', ' '], "")).ok()?;
            Some((entry.key.to_string(), String::from_utf8(bytes).ok()?))
        })
    };
    let is_encrypted = object.node.get("sops").is_some();
    let data: Option<Vec<(String, String)>> = match is_secret {
        _ if is_encrypted => None,
        true => decoded().chain(plain("stringData")).collect(),
        false => plain("data").collect(),
    };
    Some((name, Source { path: path.to_owned(), namespace, data }))
}

/// How many folders two paths share from the root on.
fn shared_folders(one: &str, other: &str) -> usize {
    let folders = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let (one, other) = (folders(one), folders(other));
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}
