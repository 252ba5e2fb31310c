//! How far up the root must be outside of a Git repository: kustomizations use bases beside and above what was named.
//!
//! In: the root and folders with kustomizations below it. Out: the nearest folder that holds all that they use, in turn
//! and in full. It reads kustomizations that others name, and nothing else; it lists no folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::layout::{KUSTOMIZATION_NAMES, input_files, patch_files, strings};
use super::scope::{common_folder, lexical};
use crate::manifest::{Content, FileId, Node, Source, decode, read_documents};

/// What kustomizations may use that lies outside of their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Other kustomizations.
    Folders,
    /// Single files as well.
    Files,
}

/// The nearest folder at or above the root that holds what the kustomizations of `folders` use. `read` gives the bytes
/// of a regular file.
pub(super) fn root_of_all_used(
    root: &Path,
    folders: impl IntoIterator<Item = PathBuf>,
    reading: Reading,
    read: impl Fn(&Path) -> Option<Vec<u8>>,
) -> PathBuf {
    let mut root = root.to_owned();
    let mut ahead: Vec<PathBuf> = folders.into_iter().collect();
    let mut seen: HashSet<PathBuf> = HashSet::new();
    while let Some(folder) = ahead.pop() {
        if !seen.insert(folder.clone()) {
            continue;
        }
        let Some(kustomization) = KUSTOMIZATION_NAMES.iter().find_map(|name| read(&folder.join(name))) else {
            continue;
        };
        if !folder.starts_with(&root) {
            root = common_folder([root.as_path(), folder.as_path()]);
        }
        for name in used_by(kustomization, reading) {
            let path = lexical(&folder.join(name));
            if reading == Reading::Files && !path.starts_with(&root) && path.is_file() {
                root = common_folder([root.as_path(), path.parent().unwrap_or(&path)]);
            }
            ahead.push(path);
        }
    }
    root
}

/// The paths that a kustomization names.
fn used_by(bytes: Vec<u8>, reading: Reading) -> Vec<String> {
    let Ok(text) = decode("kustomization.yaml", bytes) else { return Vec::new() };
    let source = Source::new("kustomization.yaml", text);
    let documents = read_documents(FileId(0), &source).into_iter();
    let nodes: Vec<Node<'_>> = documents
        .filter_map(|document| match document.content {
            Content::Value(node) => Some(node),
            _ => None,
        })
        .collect();
    let mut used: Vec<String> = Vec::new();
    for node in &nodes {
        let lists = ["resources", "bases", "components", "transformers", "generators", "validators"];
        used.extend(lists.iter().flat_map(|key| strings(node.get(key))).map(str::to_owned));
        if reading == Reading::Files {
            used.extend(patch_files(node).map(|(file, _)| file.to_owned()));
            used.extend(input_files(node).map(str::to_owned));
        }
    }
    // Kustomize takes no absolute path, and what has line breaks is written inline
    used.retain(|name| !name.contains("://") && !name.contains('\n') && !name.starts_with('/'));
    used
}
