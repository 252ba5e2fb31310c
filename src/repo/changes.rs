//! Which files differ between a commit and what came after it: another commit, or the work tree.
//!
//! In: a revision to compare with. Out: the paths whose content is another one, those that are new and those that are
//! gone. All files count, not only manifests: a generator may read any. Of the work tree it opens only the files whose
//! times and sizes are not those that Git has noted.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::BStr;
use gix::index::entry::{Flags, Stage, Stat};
use gix::objs::tree::EntryKind;

use super::git::{Objects, Record, reason, records_of_tree};
use super::{FILE_LIMIT, FileTree, Layout, TreeError, WorkTree};

/// What differs, and from what.
#[derive(Debug)]
pub struct Changes {
    /// The paths that differ, from the root of the repository.
    pub files: BTreeSet<String>,
    /// The commit that was compared with; none before the first.
    pub before: Option<String>,
}

impl Changes {
    /// What a commit changes since it and `since` had a commit in common.
    ///
    /// # Errors
    /// When there is no repository, or a revision names no commit of it, or they have none in common.
    pub fn of_commit(current_folder: &Path, since: &str, revision: &str) -> Result<Self, TreeError> {
        let objects = Objects::open(current_folder)?;
        let before = common_commit(&objects, since, revision)?;
        let after = records_of_commit(&objects, revision)?;
        let files = differing(&records_of_commit(&objects, &before)?, &after);
        Ok(Self { files, before: Some(before) })
    }

    /// What differs in a work tree from the commit that `HEAD` and `since` have in common: what was committed since, what
    /// is staged, and what is neither.
    ///
    /// # Errors
    /// As for a commit, and when Git's index cannot be read.
    pub fn of_work_tree(current_folder: &Path, since: &str, tree: &WorkTree) -> Result<Self, TreeError> {
        let objects = Objects::open(current_folder)?;
        let before = common_commit(&objects, since, "HEAD")?;
        let committed = records_of_commit(&objects, &before)?;
        let Some(root) = tree.root() else { return Ok(Self { files: BTreeSet::new(), before: Some(before) }) };
        let mut on_disk =
            objects.with(|repository| tracked_on_disk(repository, root)).map_err(|error| objects.failed(&error))?;
        let tracked: BTreeSet<Vec<u8>> = on_disk.iter().map(|record| record.path.clone()).collect();
        // What Git does not track yet may be added with the next commit; and what it never will be may be read by a
        // generator all the same.
        let files = tree.list()?.files;
        let layout = Layout::read(tree, &files);
        let untracked: BTreeSet<&str> = files
            .iter()
            .map(|file| &*file.path)
            .chain(layout.inputs().filter(|file| root.join(file).is_file()))
            .filter(|file| !tracked.contains(file.as_bytes()))
            .collect();
        on_disk.extend(
            untracked
                .into_iter()
                .map(|file| Record { content: content_on_disk(&root.join(file)), path: file.as_bytes().to_vec() }),
        );
        Ok(Self { files: differing(&committed, &on_disk), before: Some(before) })
    }
}

/// The paths at which two lists of records differ.
pub(super) fn differing(before: &[Record], after: &[Record]) -> BTreeSet<String> {
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    let mut gone: HashMap<&[u8], _> = before.iter().map(|record| (record.path.as_slice(), record.content)).collect();
    let mut changes = BTreeSet::new();
    for Record { path, content } in after {
        let before = gone.remove(path.as_slice()).flatten();
        if content.is_none() || before != *content {
            changes.insert(text(path));
        }
    }
    changes.extend(gone.into_keys().map(text));
    changes
}

/// The hash of the commit that two revisions have in common.
///
/// # Errors
/// When there is no repository, or a revision names no commit of it, or they have none in common.
pub fn merge_base(current_folder: &Path, one: &str, other: &str) -> Result<String, TreeError> {
    common_commit(&Objects::open(current_folder)?, one, other)
}

fn common_commit(objects: &Objects, one: &str, other: &str) -> Result<String, TreeError> {
    let failed = |revision: &str, reason: String| TreeError::Revision { revision: revision.to_owned(), reason };
    objects.with(|repository| {
        let commit = |revision: &str| {
            let peel = || repository.rev_parse_single(BStr::new(revision))?.object()?.peel_to_commit();
            peel().map(|commit| commit.id).map_err(|error| failed(revision, reason(&error)))
        };
        let found = repository.merge_base(commit(one)?, commit(other)?);
        match found.map_err(|error| failed(one, reason(&error)))? {
            Some(id) => Ok(id.to_string()),
            None => Err(failed(one, format!("it has no commit in common with `{other}`"))),
        }
    })
}

fn records_of_commit(objects: &Objects, revision: &str) -> Result<Vec<Record>, TreeError> {
    let read = |repository: &gix::Repository| {
        let tree = repository.rev_parse_single(BStr::new(revision))?.object()?.peel_to_tree()?;
        records_of_tree(repository, tree.id, b"")
    };
    objects
        .with(read)
        .map_err(|error: gix::Error| TreeError::Revision { revision: revision.to_owned(), reason: reason(&error) })
}

/// What Git tracks, as it is on disk; what is not there any more is left out.
fn tracked_on_disk(repository: &gix::Repository, root: &Path) -> Result<Vec<Record>, gix::Error> {
    let index = repository.index_or_empty()?;
    let mut records = Vec::with_capacity(index.entries().len());
    for entry in index.entries() {
        let path: &[u8] = entry.path(&index);
        let kind = entry.mode.to_tree_entry_mode().map_or(EntryKind::Blob, |mode| mode.kind());
        let noted = Some((kind, entry.id));
        if entry.mode.is_sparse() {
            records.extend(records_of_tree(repository, entry.id, path)?);
            continue;
        }
        let content = if entry.stage() != Stage::Unconflicted {
            None
        } else if entry.flags.contains(Flags::SKIP_WORKTREE) || kind == EntryKind::Commit {
            // Not checked out, or another repository's business
            noted
        } else {
            let Some(on_disk) = std::str::from_utf8(path).ok().map(|path| root.join(path)) else { continue };
            let Ok(metadata) = gix::index::fs::Metadata::from_path_no_follow(&on_disk) else { continue };
            let is_as_noted = |stat: Stat| {
                stat.matches(&entry.stat, gix::index::entry::stat::Options::default())
                    && !entry.stat.is_racy(index.timestamp(), gix::index::entry::stat::Options::default())
            };
            if Stat::from_fs(&metadata).is_ok_and(is_as_noted) {
                noted
            } else {
                // Whether it may be run is not what a manifest is about
                content_on_disk(&on_disk).map(|(found, id)| (if found == EntryKind::Blob { kind } else { found }, id))
            }
        };
        records.push(Record { path: path.to_vec(), content });
    }
    Ok(records)
}

/// What Git would keep of a file or link; none of what cannot be read, which then counts as changed.
fn content_on_disk(path: &Path) -> Option<(EntryKind, ObjectId)> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let (kind, bytes) = if metadata.is_symlink() {
        (EntryKind::Link, fs::read_link(path).ok()?.into_os_string().into_encoded_bytes())
    } else if metadata.is_file() && metadata.len() <= FILE_LIMIT {
        (EntryKind::Blob, fs::read(path).ok()?)
    } else {
        return None;
    };
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, &bytes).ok()?;
    Some((kind, id))
}
