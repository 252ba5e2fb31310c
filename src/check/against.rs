//! The objects of another revision: what an object was before, for rules that compare with `oldSelf`.
//!
//! In: a tree of files of that revision. Out: the text that holds the same object, to be read again when a rule asks for
//! it. It never reports anything: what is wrong with the other revision is not this run's matter.

use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::duplicates::Identity;
use super::schema::Schemas;
use crate::manifest::{Object, Source, decode, objects};
use crate::repo::{FileTree, TreeError};

/// Where each custom resource of the other revision is written.
#[derive(Debug, Default)]
pub(super) struct OldObjects {
    texts: FxHashMap<Identity, Arc<Source>>,
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
                    entry.path.as_str(),
                    decode(&entry.path, tree.read(&entry.path).ok()?).ok()?,
                )))
            })
            .flat_map_iter(|source| {
                // Only custom resources have such rules.
                let custom = objects(&source).filter(|object| !schemas.is_builtin(&object.kind));
                let identities: Vec<Identity> = custom.filter_map(|object| Identity::of(&object)).collect();
                identities.into_iter().map(move |identity| (identity, Arc::clone(&source)))
            })
            .collect();
        Ok(Self { texts: found.into_iter().collect() })
    }

    /// The text that held an object.
    pub(super) fn text(&self, object: &Object<'_>) -> Option<&Source> {
        if self.texts.is_empty() {
            return None;
        }
        self.texts.get(&Identity::of(object)?).map(AsRef::as_ref)
    }
}

/// The object of a text that another one is a later revision of.
pub(super) fn same_object<'s>(source: &'s Source, object: &Object<'_>) -> Option<Object<'s>> {
    let wanted = Identity::of(object)?;
    objects(source).find(|old| Identity::of(old).as_ref() == Some(&wanted))
}
