//! Where files come from: a work tree, the Git index, a Git commit, standard input, memory.
//!
//! In: paths as a user names them and what to leave out. Out: a sorted list of files and their bytes. The rest of the
//! pipeline cannot tell one tree from another, and nothing else in the checker opens a file of the repository.
//!
//! All trees are listed by the same walk (`walk.rs`), so the same content gives the same list, whether it lies on disk, is
//! staged or was committed. Links are followed within the root only, and every file is listed once.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use crate::finding::Finding;

mod below;
mod changes;
mod content;
mod git;
mod git_commit;
mod git_index;
mod git_tree;
mod layout;
mod memory_tree;
mod patched;
pub(crate) mod path;
mod pattern;
mod scope;
mod snapshot;
mod standard_input;
mod surroundings;
mod walk;
mod work_tree;

pub use changes::{Changes, merge_base};
pub use content::FILE_LIMIT;
pub use git_commit::GitCommit;
pub use git_index::GitIndex;
pub use layout::{Layout, Tree, TreeKind};
pub use memory_tree::MemoryTree;
pub use patched::{PatchTarget, PatchedFields};
pub use pattern::WalkOptions;
pub use standard_input::StandardInput;
pub use surroundings::Reading;
pub use walk::Target;
pub use work_tree::WorkTree;

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileEntry {
    /// Path from the root of the repository, with `/` between its parts; shared by all that the run knows of the file.
    pub path: Arc<str>,
}

/// What a tree holds: the files to read, and what is wrong with those that cannot be.
#[derive(Debug, Default)]
pub struct Listing {
    /// Sorted by path, each once.
    pub files: Vec<FileEntry>,
    /// FIFOs, links out of the root, unreadable folders, names that are not UTF-8.
    pub findings: Vec<Finding>,
}

/// A tree of files.
pub trait FileTree: Sync {
    /// The files that could hold manifests.
    ///
    /// # Errors
    /// When the tree as a whole cannot be listed.
    fn list(&self) -> Result<Listing, TreeError>;

    /// The bytes of a file of the list (or of any other path of the tree, for reports).
    ///
    /// # Errors
    /// A finding, when this file cannot be read; the other files go on.
    fn read(&self, path: &str) -> Result<Vec<u8>, Box<Finding>>;

    /// Whether something stands at a path, be it readable or not.
    fn contains(&self, path: &str) -> bool;

    /// Where a path leads when every link on it is followed; none where nothing stands.
    fn follow(&self, path: &str) -> Option<Target>;

    /// Every file of a folder and below, whatever its name and whatever patterns say: its path from the folder, and from
    /// the root the path that its bytes are read at. Sorted; links within the root are followed.
    ///
    /// # Errors
    /// A finding, when one of them cannot be had: a link out of the root, a FIFO, a name that is no text.
    fn files_below(&self, folder: &str) -> Result<Vec<(String, String)>, Box<Finding>> {
        Err(Box::new(content::unreadable(folder, "there are no folders here")))
    }

    /// The folder on disk that paths of the tree start at; none for a tree that has none.
    fn root(&self) -> Option<&Path> {
        None
    }

    /// What the user named, as paths from the root; the root itself is the empty path.
    fn starts(&self) -> &[String] {
        &[]
    }

    /// A path of the tree as a user at the current folder can open it, control characters escaped: for people's eyes.
    /// Findings and fingerprints keep the path from the root.
    fn display<'p>(&self, path: &'p str) -> Cow<'p, str> {
        path::escaped(path)
    }
}

/// Why a tree cannot be listed at all.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The folder or file that was named is not there, or cannot be opened.
    #[error("cannot open {path}")]
    Open {
        /// As given.
        path: String,
        /// The system's word.
        source: std::io::Error,
    },
    /// The Git repository cannot be opened or read.
    #[error("cannot read the Git repository at {path}: {reason}")]
    Git {
        /// As given.
        path: String,
        /// Git's word.
        reason: String,
    },
    /// A revision that names no commit.
    #[error("cannot resolve the revision `{revision}`: {reason}")]
    Revision {
        /// As given.
        revision: String,
        /// Git's word.
        reason: String,
    },
    /// A path that was named is not in the tree that was asked for.
    #[error("`{path}` is not in {tree}")]
    NotInTree {
        /// As given, or from the root.
        path: String,
        /// What was searched.
        tree: String,
    },
    /// An `--exclude` that is not a glob.
    #[error("cannot exclude `{glob}`: {reason}")]
    Exclude {
        /// As given.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
}
