//! The objects of another revision: what an object was before, for rules that compare with `oldSelf`.
//!
//! In: a tree of files of that revision. Out: the text that holds the same object, to be read again when a rule asks for
//! it. It never reports anything: what is wrong with the other revision is not this run's matter.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::duplicates::Identity;
use super::run::guarded;
use super::schema::Schemas;
use crate::manifest::{Object, Source, decode, objects};
use crate::repo::{FileTree, TreeError};

/// Where each custom resource of the other revision is written.
#[derive(Debug, Default)]
pub(super) struct OldObjects {
    texts: FxHashMap<Identity, Vec<Arc<Source>>>,
}

impl OldObjects {
    /// Reads the other revision.
    ///
    /// # Errors
    /// When the tree as a whole cannot be listed.
    pub(super) fn read(tree: &dyn FileTree, schemas: &Schemas) -> Result<Self, TreeError> {
        let files = tree.list()?.files;
        let found: Vec<(Identity, Arc<Source>)> = files
            .par_iter()
            .filter_map(|entry| {
                Some(Arc::new(Source::new(
                    Arc::clone(&entry.path),
                    decode(&entry.path, tree.read(&entry.path).ok()?).ok()?,
                )))
            })
            .flat_map_iter(|source| {
                // Only custom resources have such rules.
                let identities = guarded(|| {
                    let custom = objects(&source).filter(|object| !schemas.is_builtin(&object.kind));
                    custom.filter_map(|object| Identity::of(&object)).collect::<Vec<_>>()
                });
                identities.into_iter().map(move |identity| (identity, Arc::clone(&source)))
            })
            .collect();
        let mut texts: FxHashMap<Identity, Vec<Arc<Source>>> = FxHashMap::default();
        for (identity, source) in found {
            texts.entry(identity).or_default().push(source);
        }
        Ok(Self { texts })
    }

    /// The text that held an object: that of the same path, or else the only other one whose path `is_gone`. Several
    /// environments may each have an object of the same name, and one of them is no earlier state of another.
    pub(super) fn text(&self, object: &Object<'_>, path: &str, is_gone: impl Fn(&str) -> bool) -> Option<&Source> {
        if self.texts.is_empty() {
            return None;
        }
        let texts = self.texts.get(&Identity::of(object)?)?;
        let same_path = texts.iter().find(|source| &*source.path == path);
        let moved = || match texts.as_slice() {
            [only] if is_gone(&only.path) => Some(only),
            _ => None,
        };
        same_path.or_else(moved).map(AsRef::as_ref)
    }
}

/// The object of a text that another one is a later revision of.
pub(super) fn same_object<'s>(source: &'s Source, object: &Object<'_>) -> Option<Object<'s>> {
    let wanted = Identity::of(object)?;
    objects(source).find(|old| Identity::of(old).as_ref() == Some(&wanted))
}
