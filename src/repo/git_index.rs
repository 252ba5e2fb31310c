//! What is staged: the blobs of the Git index, which the next commit will hold.
//!
//! In: a folder of a work tree. Out: the staged files and their bytes, and what differs from `HEAD`. The index is read once,
//! when the tree is opened; a `git add` meanwhile changes nothing. It never looks at the work tree's files.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use gix::index::entry::{Flags, Stage};
use gix::objs::tree::EntryKind;

use super::changes::{Changes, differing};
use super::git::{Objects, Record, records_of_tree, snapshot};
use super::git_tree::GitTree;
use super::pattern::WalkOptions;
use super::{FileTree, Listing, Target, TreeError};
use crate::finding::Finding;

/// The staged files of a Git repository.
#[derive(Debug)]
pub struct GitIndex {
    tree: GitTree,
    records: Vec<Record>,
}

impl GitIndex {
    /// The index of the repository that `current_folder` lies in, as the `git` program would find it: linked work trees,
    /// `GIT_DIR` and `GIT_INDEX_FILE` count. `paths` are those of the work tree, and need not be there any more.
    ///
    /// # Errors
    /// When there is no repository, its index cannot be read, or a path lies outside of it.
    pub fn open(current_folder: &Path, paths: &[PathBuf], options: &WalkOptions) -> Result<Self, TreeError> {
        let objects = Objects::open(current_folder)?;
        let records = objects.with(read_index).map_err(|error| objects.failed(&error))?;
        let snapshot = snapshot(&records);
        let tree = GitTree::new("the Git index".to_owned(), objects, snapshot, current_folder, paths, options)?;
        Ok(Self { tree, records })
    }

    /// What the next commit changes: added, modified, deleted, and both paths of what was renamed. All of them, not only
    /// manifests: a chart's template changes what the chart gives. Before the first commit, all entries.
    ///
    /// # Errors
    /// When `HEAD` cannot be read.
    pub fn staged_changes(&self) -> Result<Changes, TreeError> {
        let objects = self.tree.objects();
        let (before, head) = objects.with(read_head).map_err(|error| objects.failed(&error))?;
        Ok(Changes { files: differing(&head, &self.records), before })
    }
}

impl FileTree for GitIndex {
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

fn read_index(repository: &gix::Repository) -> Result<Vec<Record>, gix::Error> {
    let index = repository.index_or_empty()?;
    let mut records = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        let path: &[u8] = entry.path(&index);
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            // `git add --intent-to-add` promises a file and stages nothing
        } else if entry.mode.is_sparse() {
            // A sparse index keeps one entry for all that is below a folder
            records.extend(records_of_tree(repository, entry.id, path)?);
        } else {
            let is_merged = entry.stage() == Stage::Unconflicted;
            let kind = entry.mode.to_tree_entry_mode().map_or(EntryKind::Blob, |mode| mode.kind());
            records.push(Record { path: path.to_vec(), content: is_merged.then_some((kind, entry.id)) });
        }
    }
    Ok(records)
}

/// The hash of the commit at `HEAD`, and its files.
fn read_head(repository: &gix::Repository) -> Result<(Option<String>, Vec<Record>), gix::Error> {
    match repository.head()?.try_peel_to_id()? {
        Some(id) => {
            let records = records_of_tree(repository, id.object()?.peel_to_tree()?.id, b"")?;
            Ok((Some(id.to_string()), records))
        }
        None => Ok((None, Vec::new())),
    }
}
