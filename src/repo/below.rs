//! All files of a folder, for a program that needs the folder as a whole: a chart is more than its manifests.
//!
//! In: a tree's folders and one of them. Out: every file of it, by its path from there and the path to read it at. It
//! heeds no patterns, leaves the root for no link, and reads nothing.

use super::content;
use super::path::join;
use super::walk::{Contents, Folders, Kind, Target};
use crate::catalogue::read::{SPECIAL_FILE, SYMLINK};
use crate::finding::{Finding, Place};

/// How many files a folder may hold: links may make many of few.
const MAX_FILES: usize = 20_000;

/// How deep folders may lie: a link may lead to a folder above it.
const MAX_DEPTH: usize = 64;

/// The files of a folder.
pub(super) fn files(tree: &impl Folders, folder: &str) -> Result<Vec<(String, String)>, Box<Finding>> {
    let mut files = Vec::new();
    // The path from the folder, the path in the tree, and how deep it lies.
    let mut waiting = vec![(String::new(), without_links(tree, folder)?, 0)];
    while let Some((inside, path, depth)) = waiting.pop() {
        let unreadable = |reason: &str| Box::new(content::unreadable(&path, reason));
        let kind = if path.is_empty() { Some(Kind::Folder) } else { tree.kind(&path) };
        match kind {
            _ if files.len() > MAX_FILES => return Err(unreadable("the folder holds too many files")),
            Some(Kind::File) => files.push((inside, path)),
            Some(Kind::Folder) if depth > MAX_DEPTH => return Err(unreadable("the folders lie too deep")),
            Some(Kind::Folder) => match tree.contents(&path) {
                // What is another repository is no part of this one.
                Ok(Contents::Repository) => {}
                Ok(Contents::Children(children)) => {
                    for child in children {
                        if !child.is_text {
                            return Err(unreadable("a name in the folder is not UTF-8"));
                        }
                        waiting.push((join(&inside, &child.name), join(&path, &child.name), depth + 1));
                    }
                }
                Err(reason) => return Err(unreadable(&format!("cannot read the folder: {reason}"))),
            },
            Some(Kind::Link) => match tree.follow(&path) {
                Target::File(target) => files.push((inside, target)),
                Target::Folder(target) => waiting.push((inside, target, depth + 1)),
                Target::Special(what) => return Err(special(&path, what)),
                Target::Outside { .. } => return Err(outside(&path)),
                Target::Broken { reason, .. } => return Err(unreadable(&format!("the link {reason}"))),
            },
            Some(Kind::Special(what)) => return Err(special(&path, what)),
            Some(Kind::Conflict) => return Err(unreadable("the file has an unresolved merge in the Git index")),
            None => return Err(unreadable("the file is not there")),
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// A folder's own path: a path that leads through a link says nothing of where it ends.
fn without_links(tree: &impl Folders, folder: &str) -> Result<String, Box<Finding>> {
    let mut own = String::new();
    for part in folder.split('/').filter(|part| !part.is_empty()) {
        own = join(&own, part);
        if tree.kind(&own) == Some(Kind::Link) {
            own = match tree.follow(&own) {
                Target::Folder(target) => target,
                Target::Outside { .. } => return Err(outside(&own)),
                _ => return Err(Box::new(content::unreadable(&own, "the link leads to no folder"))),
            };
        }
    }
    Ok(own)
}

fn special(path: &str, what: &str) -> Box<Finding> {
    let message = format!("this is a {what}, not a file, and is not read");
    Box::new(Finding::new(&SPECIAL_FILE, Place::file(path), message).with_help("remove it"))
}

fn outside(path: &str) -> Box<Finding> {
    let message = "a link leads out of the repository and is not followed";
    Box::new(Finding::new(&SYMLINK, Place::file(path), message).with_help("put the file itself in the repository"))
}
