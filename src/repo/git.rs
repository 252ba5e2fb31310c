//! What Git keeps beside a work tree: repositories opened as the `git` program would, their objects, what they track.
//!
//! In: a folder. Out: a repository whose objects every worker can read at once. It writes nothing and runs no program.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use gix::ObjectId;
use gix::bstr::BStr;
use gix::objs::tree::EntryKind;
use rustc_hash::FxHashMap;

use super::TreeError;
use super::content::{self, FILE_LIMIT};
use super::path::join;
use super::pattern::Shape;
use super::snapshot::{Entry, Snapshot};
use crate::finding::Finding;

/// A repository's objects, for many threads. A handle belongs to one thread at a time and is costly to make, so handles
/// are lent and given back.
pub(super) struct Objects {
    repository: gix::ThreadSafeRepository,
    idle: Mutex<Vec<gix::Repository>>,
    kept: RwLock<Kept>,
}

/// Contents that were read before. Kustomizations and manifests are read by one part of a run after the other, and one
/// content often stands at many paths; a blob that no pack holds costs a file each time.
#[derive(Default)]
struct Kept {
    blobs: FxHashMap<ObjectId, Box<[u8]>>,
    size: usize,
}

impl Kept {
    /// How many bytes are kept in all; what comes later is read each time.
    const LIMIT: usize = 8 << 20;

    fn add(&mut self, id: ObjectId, bytes: &[u8]) {
        if self.size + bytes.len() <= Self::LIMIT && self.blobs.insert(id, bytes.into()).is_none() {
            self.size += bytes.len();
        }
    }
}

impl Objects {
    /// Opens the repository that a folder lies in, or the one that `GIT_DIR` names; `GIT_INDEX_FILE` and `GIT_WORK_TREE`
    /// count as well, since Git sets them for hooks.
    pub(super) fn open(folder: &Path) -> Result<Self, TreeError> {
        let repository = gix::ThreadSafeRepository::discover_with_environment_overrides(folder)
            .map_err(|error| failed(folder, &error))?;
        Ok(Self { repository, idle: Mutex::default(), kept: RwLock::default() })
    }

    /// The top-level folder of the work tree, if the repository has one.
    pub(super) fn work_folder(&self) -> Option<&Path> {
        self.repository.work_dir()
    }

    /// Where the repository is, for messages.
    pub(super) fn folder(&self) -> &Path {
        self.work_folder().unwrap_or(self.repository.path())
    }

    /// Runs with a handle of this thread's own.
    pub(super) fn with<R>(&self, run: impl FnOnce(&gix::Repository) -> R) -> R {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let handle = idle.unwrap_or_else(|| self.repository.to_thread_local());
        let result = run(&handle);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        result
    }

    /// A failure of Git's as the reason that no tree can be had.
    pub(super) fn failed(&self, error: &gix::Error) -> TreeError {
        failed(self.folder(), error)
    }

    /// The bytes of a file's blob.
    pub(super) fn blob(&self, path: &str, id: ObjectId) -> Result<Vec<u8>, Box<Finding>> {
        let unreadable = |error: gix::Error| {
            Box::new(content::unreadable(path, format!("Git cannot read `{id}`: {}", reason(&error))))
        };
        if let Some(bytes) = self.kept.read().unwrap_or_else(PoisonError::into_inner).blobs.get(&id) {
            return Ok(bytes.to_vec());
        }
        let bytes = self.with(|repository| {
            if repository.find_header(id).map_err(unreadable)?.size() > FILE_LIMIT {
                return Err(content::too_large(path));
            }
            Ok(repository.find_blob(id).map_err(unreadable)?.take_data())
        })?;
        self.kept.write().unwrap_or_else(PoisonError::into_inner).add(id, &bytes);
        Ok(bytes)
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Objects").field("repository", &self.repository).finish_non_exhaustive()
    }
}

fn failed(folder: &Path, error: &gix::Error) -> TreeError {
    TreeError::Git { path: folder.display().to_string(), reason: reason(error) }
}

/// Git's word with its causes, in one line.
pub(super) fn reason(error: &gix::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for error in error.iter_errors() {
        let part = error.to_string();
        if !parts.iter().any(|known| known.contains(&part)) {
            parts.push(part);
        }
    }
    let reason = parts.join(": ");
    // The library is built for SHA-1 alone, and its word for that is about its own build
    if reason.contains("extensions.objectFormat") {
        return "its objects are not SHA-1 but SHA-256, and only SHA-1 is supported".to_owned();
    }
    reason
}

/// A path that Git has a record of, in an index or a commit.
#[derive(Debug)]
pub(super) struct Record {
    /// From the root, as Git has it: not always text.
    pub path: Vec<u8>,
    /// What is there; none for one side of an unresolved merge.
    pub content: Option<(EntryKind, ObjectId)>,
}

/// All files below a tree object, in no order. `folder` is where the tree stands: empty, or with a `/` at its end.
pub(super) fn records_of_tree(
    repository: &gix::Repository,
    id: ObjectId,
    folder: &[u8],
) -> Result<Vec<Record>, gix::Error> {
    let entries = repository.find_tree(id)?.traverse().breadthfirst.files()?;
    let files = entries.into_iter().filter(|entry| !entry.mode.is_tree());
    let record = |entry: gix::traverse::tree::recorder::Entry| Record {
        path: [folder, entry.filepath.as_slice()].concat(),
        content: Some((entry.mode.kind(), entry.oid)),
    };
    Ok(files.map(record).collect())
}

/// The records as a tree of folders.
pub(super) fn snapshot(records: &[Record]) -> Snapshot<ObjectId> {
    let mut snapshot = Snapshot::default();
    for Record { path, content } in records {
        let entry = match *content {
            None => Entry::Conflict,
            Some((EntryKind::Link, id)) => Entry::Link(id),
            Some((EntryKind::Commit, _)) => Entry::Repository,
            Some((_, id)) => Entry::File(id),
        };
        snapshot.insert(path, entry);
    }
    snapshot
}

/// Why it cannot be known what Git tracks, in Git's word.
#[derive(Debug)]
pub(super) enum NotTracked {
    /// The repository cannot be opened: its format is a newer one, for instance.
    Repository(String),
    /// Its index is broken.
    Index(String),
}

/// What Git tracks in a work tree: files that its patterns do not bind.
#[derive(Debug)]
pub(super) struct Tracked(gix::worktree::Index);

impl Tracked {
    /// The index of the repository at a folder; empty before the first `git add`.
    ///
    /// A work tree is found by its folder, not by the variables that Git sets for hooks: `GIT_INDEX_FILE` may be another
    /// repository's, and what a commit is about to add is there in `GitIndex`.
    pub(super) fn open(root: &Path) -> Result<Self, NotTracked> {
        let repository = gix::open(root).map_err(|error| NotTracked::Repository(reason(&error)))?;
        repository.index_or_empty().map(Self).map_err(|error| NotTracked::Index(reason(&error)))
    }

    /// Whether a file, or any file of a folder, is tracked.
    pub(super) fn holds(&self, path: &str, shape: Shape) -> bool {
        match shape {
            Shape::Leaf => self.0.entry_by_path(BStr::new(path)).is_some(),
            Shape::Folder => {
                self.0.prefixed_entries(BStr::new(&join(path, ""))).is_some_and(|entries| !entries.is_empty())
            }
        }
    }
}

/// `info/exclude` of the repository at a folder. Linked work trees share the one of the repository that they belong to.
pub(super) fn exclude_file(root: &Path) -> Option<PathBuf> {
    let mut git = root.join(".git");
    if git.is_file() {
        let link = fs::read_to_string(&git).ok()?;
        git = root.join(link.strip_prefix("gitdir:")?.trim());
    }
    let common = git.join("commondir");
    if common.is_file() {
        git.push(fs::read_to_string(common).ok()?.trim());
    }
    Some(git.join("info/exclude"))
}
