//! From a group, version and kind to the validator of its objects.
//!
//! In: the bundle, and the `CustomResourceDefinitions` found in the repository, which win over the bundle's unless a server
//! would refuse them. Out: compiled schemas, each compiled when the first object asks for it and then shared by all
//! workers. It never checks an object.

use std::sync::{Arc, RwLock};

use jsonschema::Validator;
use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use super::bundle::{BuiltinKind, Bundle, BundledCustomKind, Minor, Scope, bundle};
use super::cel;
use super::foreign::{BuiltinJson, CustomJson, NodeJson};
use super::keywords;
use super::prepare::{self, Prepared};
use super::settle::Settling;
use crate::check::crd::{CustomDefinition, CustomVersion};
use crate::finding::Place;
use crate::manifest::GroupVersionKind;

/// A compiled schema.
#[derive(Debug)]
pub(crate) enum Compiled {
    /// Of a built-in kind.
    Builtin(Validator<BuiltinJson>),
    /// Of a custom resource.
    Custom(Box<CompiledCustom>),
}

/// The compiled schema of a custom resource.
#[derive(Debug)]
pub(crate) struct CompiledCustom {
    /// Comes before everything else.
    pub(crate) settling: Settling,
    pub(crate) validator: Validator<CustomJson>,
    /// Its `x-kubernetes-validations`.
    pub(crate) rules: Option<cel::Rules>,
    /// Whether the version has the status subresource: what writes the object does not write its status.
    pub(crate) has_status: bool,
}

/// A compiled schema, or why there is none.
pub(crate) type Usable = Arc<Result<Compiled, String>>;

/// A CustomResourceDefinition of the repository.
#[derive(Debug)]
pub(crate) struct RepositoryKind {
    pub(crate) definition: CustomDefinition,
    /// Where it stands.
    pub(crate) place: Place,
}

/// All schemas of a run.
#[derive(Debug)]
pub struct Schemas {
    bundle: &'static Bundle,
    /// By group and kind, in the order of their places.
    repository: FxHashMap<(String, String), Vec<RepositoryKind>>,
    builtin: RwLock<FxHashMap<(&'static str, Minor), Usable>>,
    /// Validators by the lines of the bundle that they are made of, so that minor versions share them.
    by_lines: RwLock<FxHashMap<(&'static str, Vec<usize>), Usable>>,
    custom: RwLock<FxHashMap<(GroupVersionKind, Option<Place>), Usable>>,
}

/// What is known of an object's kind.
pub(crate) enum Known<'a> {
    /// A CustomResourceDefinition of the repository has the group and kind; the version is there, or not.
    Repository(&'a RepositoryKind, Option<&'a CustomVersion>),
    /// A kind of Kubernetes itself.
    Builtin(&'a BuiltinKind<'static>),
    /// A custom kind of the bundle.
    Bundled(BundledCustomKind),
    /// No schema.
    Nothing,
}

impl Schemas {
    /// The bundle's schemas.
    #[must_use]
    pub fn bundled() -> Self {
        Self {
            bundle: bundle(),
            repository: FxHashMap::default(),
            builtin: RwLock::default(),
            by_lines: RwLock::default(),
            custom: RwLock::default(),
        }
    }

    /// Adds the definitions found in the repository.
    #[must_use]
    pub fn with_definitions(mut self, mut definitions: Vec<(CustomDefinition, Place)>) -> Self {
        definitions.sort_by(|left, right| left.1.cmp(&right.1));
        for (definition, place) in definitions {
            let key = (definition.group.clone(), definition.kind.clone());
            self.repository.entry(key).or_default().push(RepositoryKind { definition, place });
        }
        self
    }

    /// The bundle behind it.
    #[must_use]
    pub fn bundle(&self) -> &'static Bundle {
        self.bundle
    }

    /// Whether objects of a kind must wait until all `CustomResourceDefinitions` of the repository are known.
    #[must_use]
    pub fn is_builtin(&self, kind: &GroupVersionKind) -> bool {
        self.bundle.builtin_kind(kind).is_some()
    }

    /// What is known of the kind of an object in a file: repositories hold a kind's definition once for every cluster, and
    /// broken ones among their tests.
    pub(crate) fn known(&self, kind: &GroupVersionKind, path: &str) -> Known<'_> {
        if let Some(builtin) = self.bundle.builtin_kind(kind) {
            return Known::Builtin(builtin);
        }
        let definitions = self.repository.get(&(kind.group.clone(), kind.kind.clone())).map(Vec::as_slice);
        let (sound, refused): (Vec<_>, Vec<_>) =
            definitions.unwrap_or_default().iter().partition(|custom| custom.definition.is_sound);
        let sound = nearest_by_folder(&sound, path);
        if sound.is_none()
            && let Some(bundled) = self.bundle.custom_kind(kind)
        {
            return Known::Bundled(bundled);
        }
        let Some(custom) = sound.or_else(|| nearest_by_folder(&refused, path)) else { return Known::Nothing };
        let version = custom.definition.versions.iter().find(|version| version.name == kind.version);
        Known::Repository(custom, version)
    }

    /// Where objects of a kind live, when that is known.
    pub(crate) fn scope(&self, kind: &GroupVersionKind, path: &str) -> Option<Scope> {
        match self.known(kind, path) {
            Known::Builtin(kind) => Some(kind.scope),
            Known::Bundled(kind) => Some(kind.scope),
            Known::Repository(kind, _) => Some(kind.definition.scope),
            Known::Nothing => None,
        }
    }

    /// The validator of a built-in kind in a minor version.
    pub(crate) fn builtin(&self, kind: &BuiltinKind<'static>, minor: Minor) -> Usable {
        cached(&self.builtin, (kind.definition, minor), || {
            let Prepared { schema, lines } = prepare::builtin(self.bundle, kind.definition, minor);
            cached(&self.by_lines, (kind.definition, lines), || Arc::new(compile(&schema).map(Compiled::Builtin)))
        })
    }

    /// The validator of a custom kind of the bundle.
    pub(crate) fn bundled_custom(&self, kind: &GroupVersionKind, custom: &BundledCustomKind) -> Usable {
        let compile = || compile_custom(self.bundle, &self.bundle.custom_schema(custom), custom.has_status);
        cached(&self.custom, (kind.clone(), None), || Arc::new(compile()))
    }

    /// The validator of a custom kind of the repository.
    pub(crate) fn repository_custom(
        &self,
        kind: &GroupVersionKind,
        custom: &RepositoryKind,
        version: &CustomVersion,
    ) -> Usable {
        cached(&self.custom, (kind.clone(), Some(custom.place.clone())), || {
            let mut schema = version.schema.clone().unwrap_or(Json::Null);
            if version.preserve_unknown_fields
                && let Json::Object(root) = &mut schema
            {
                root.insert("x-kubernetes-preserve-unknown-fields".into(), Json::Bool(true));
            }
            Arc::new(compile_custom(self.bundle, &schema, version.has_status))
        })
    }

    /// The kinds of a group that the repository defines.
    pub(crate) fn repository_kinds_of_group(&self, group: &str) -> impl Iterator<Item = &str> {
        self.repository.keys().filter(move |key| key.0 == group).map(|key| key.1.as_str())
    }
}

/// The definition whose file shares the most folders with a file; the first of several.
fn nearest_by_folder<'d>(definitions: &[&'d RepositoryKind], path: &str) -> Option<&'d RepositoryKind> {
    fn folders(path: &str) -> impl Iterator<Item = &str> {
        path.rsplit_once('/').map_or("", |(folders, _)| folders).split('/')
    }
    let shared = |custom: &RepositoryKind| {
        folders(&custom.place.path).zip(folders(path)).take_while(|(left, right)| left == right).count()
    };
    // Of equals `max_by_key` takes the last.
    definitions.iter().rev().copied().max_by_key(|custom| shared(custom))
}

/// The value of a key, made once; a value made twice by a race is thrown away.
fn cached<K, V>(cache: &RwLock<FxHashMap<K, Arc<V>>>, key: K, make: impl FnOnce() -> Arc<V>) -> Arc<V>
where
    K: std::hash::Hash + Eq,
{
    let read = cache.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(found) = read.get(&key) {
        return Arc::clone(found);
    }
    drop(read);
    let value = make();
    let mut write = cache.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    Arc::clone(write.entry(key).or_insert(value))
}

fn compile_custom(bundle: &Bundle, schema: &Json, has_status: bool) -> Result<Compiled, String> {
    if !schema.is_object() {
        return Err("it has no schema".to_owned());
    }
    Ok(Compiled::Custom(Box::new(CompiledCustom {
        settling: Settling::new(schema),
        validator: compile(&prepare::custom(bundle, schema).schema)?,
        rules: cel::Rules::compile(schema),
        has_status,
    })))
}

fn compile<const NULL_IS_ABSENT: bool>(schema: &Json) -> Result<Validator<NodeJson<NULL_IS_ABSENT>>, String> {
    let options = jsonschema::options_for()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(false)
        .with_retriever(NoRetrieval);
    keywords::register(options).build(schema).map_err(|error| error.to_string())
}

/// Schemas refer to nothing outside of themselves; nothing is ever fetched.
struct NoRetrieval;

impl jsonschema::Retrieve for NoRetrieval {
    fn retrieve(&self, uri: &jsonschema::Uri<String>) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("a schema refers to {uri}").into())
    }
}
