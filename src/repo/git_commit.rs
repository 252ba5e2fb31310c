//! A commit: the files of its tree, read without a checkout.
//!
//! In: a revision as Git takes it. Out: the files and their bytes. It never looks at the work tree or the index.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use gix::bstr::BStr;

use super::git::{Objects, reason, records_of_tree, snapshot};
use super::git_tree::GitTree;
use super::pattern::WalkOptions;
use super::{FileTree, Listing, Target, TreeError};
use crate::finding::Finding;

/// The files of a Git commit.
#[derive(Debug)]
pub struct GitCommit {
    tree: GitTree,
    id: String,
}

impl GitCommit {
    /// The commit that a revision names: a branch, a tag, a full or abbreviated hash, or an expression such as `HEAD~1`. The
    /// repository is the one that `current_folder` lies in, or the one that `GIT_DIR` names. It may be bare: `paths` then start
    /// at its root.
    ///
    /// # Errors
    /// When there is no repository, the revision names nothing in it, or a path lies outside of it.
    pub fn open(
        current_folder: &Path,
        revision: &str,
        paths: &[PathBuf],
        options: &WalkOptions,
    ) -> Result<Self, TreeError> {
        let objects = Objects::open(current_folder)?;
        let unresolved =
            |error: gix::Error| TreeError::Revision { revision: revision.to_owned(), reason: reason(&error) };
        let (id, tree_id) = objects.with(|repository| {
            let object =
                repository.rev_parse_single(BStr::new(revision)).map_err(unresolved)?.object().map_err(unresolved)?;
            let id = object.id.to_string();
            object.peel_to_tree().map(|tree| (id, tree.id)).map_err(unresolved)
        })?;
        let records = objects.with(|repository| records_of_tree(repository, tree_id, b""));
        let snapshot = snapshot(&records.map_err(|error| objects.failed(&error))?);
        let name = format!("the commit `{revision}`");
        Ok(Self { tree: GitTree::new(name, objects, snapshot, current_folder, paths, options)?, id })
    }

    /// The hash of what the revision names.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl FileTree for GitCommit {
    fn list(&self) -> Result<Listing, TreeError> {
        self.tree.list()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Box<Finding>> {
        self.tree.read(path)
    }

    fn contains(&self, path: &str) -> bool {
        self.tree.contains(path)
    }

    fn follow(&self, path: &str) -> Option<Target> {
        self.tree.target(path)
    }

    fn files_below(&self, folder: &str) -> Result<Vec<(String, String)>, Box<Finding>> {
        self.tree.files_below(folder)
    }

    fn root(&self) -> Option<&Path> {
        self.tree.root()
    }

    fn starts(&self) -> &[String] {
        self.tree.starts()
    }

    fn display<'p>(&self, path: &'p str) -> Cow<'p, str> {
        self.tree.display(path)
    }
}
