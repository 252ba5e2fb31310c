//! Where the user stands, and what was named from there: the trees of a check.
//!
//! In: the current folder and the arguments. Out: the tree to check or render, the one that is compared with, and the
//! definitions from elsewhere. All of it is read from where the manifests are: a revision with its own configuration and its own
//! definitions. It never reads standard input twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Failure;
use crate::check::{self, Only, crd};
use crate::config::Settings;
use crate::finding;
use crate::repo::{
    Changes, FileTree, GitCommit, GitIndex, Layout, Reading, StandardInput, TreeError, WalkOptions, WorkTree,
};

/// Where manifests come from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'p> {
    WorkTree,
    Index,
    Commit(&'p str),
    StandardInput,
}

impl<'p> Origin<'p> {
    /// What `--staged` and `--rev` say.
    pub(super) fn of(staged: bool, revision: Option<&'p str>) -> Self {
        match revision {
            Some(revision) => Self::Commit(revision),
            None if staged => Self::Index,
            None => Self::WorkTree,
        }
    }
}

/// The current folder, and what was named from there.
pub(super) struct Place<'p> {
    current_folder: PathBuf,
    paths: &'p [PathBuf],
    origin: Origin<'p>,
    /// The root outside of a Git repository, where kustomizations may use what lies above all that was named.
    root: Option<PathBuf>,
}

/// The tree to check and, when only some of its files are to be checked, which.
pub(super) struct Selected {
    pub(super) tree: Box<dyn FileTree>,
    pub(super) only: Option<Only>,
}

/// `CustomResourceDefinitions` and where each stands.
type Definitions = Vec<(crd::CustomDefinition, finding::Place)>;

impl<'p> Place<'p> {
    /// The paths that the arguments of a check name.
    pub(super) fn of(paths: &'p [PathBuf], origin: Origin<'p>) -> Result<Self, Failure> {
        let standard_input = paths.iter().any(|path| path.as_os_str() == "-");
        if standard_input && (paths.len() > 1 || !matches!(origin, Origin::WorkTree)) {
            return Err("`-` stands alone: standard input cannot be checked together with files or revisions".into());
        }
        let origin = if standard_input { Origin::StandardInput } else { origin };
        let mut place = Self { current_folder: std::env::current_dir()?, paths, origin, root: None };
        if let Origin::WorkTree = origin {
            let tree = WorkTree::open(&place.current_folder, paths, &WalkOptions::default())?;
            if !tree.is_repository() {
                let files = tree.list()?.files;
                let folders = files.iter().map(|file| file.path.rsplit_once('/').map_or("", |(folder, _)| folder));
                place.root = Some(tree.root_of_all_used(folders, Reading::Folders));
            }
        }
        Ok(place)
    }

    /// The folder of one kustomization; none for the current folder.
    pub(super) fn of_kustomization(
        folder: &'p [PathBuf],
        origin: Origin<'p>,
        reading: Reading,
    ) -> Result<Self, Failure> {
        let mut place = Self { current_folder: std::env::current_dir()?, paths: folder, origin, root: None };
        if let Origin::WorkTree = origin {
            let tree = WorkTree::open(&place.current_folder, folder, &WalkOptions::default())?;
            place.root = Some(tree.root_of_all_used(tree.starts().iter().map(String::as_str), reading));
        }
        Ok(place)
    }

    /// The tree to check. Of the index, what is staged counts; elsewhere all files, or those that changed `since`.
    pub(super) fn selected(&self, since: Option<&str>, options: &WalkOptions) -> Result<Selected, TreeError> {
        let (tree, changes, name): (Box<dyn FileTree>, _, _) = match (self.origin, since) {
            (Origin::StandardInput, _) => (Box::new(StandardInput::open()), None, ""),
            (Origin::Index, _) => {
                let index = GitIndex::open(&self.current_folder, self.paths, options)?;
                let changes = index.staged_changes()?;
                (Box::new(index), Some(changes), "staged")
            }
            (origin, since) => {
                let tree = self.tree(&self.current_folder, self.paths, options)?;
                let folder = tree.root().unwrap_or(&self.current_folder);
                let changes = since.map(|since| match origin {
                    Origin::Commit(revision) => Changes::of_commit(folder, since, revision),
                    _ => Changes::of_work_tree(folder, since, &WorkTree::open(folder, &[], options)?),
                });
                let changes = changes.transpose()?;
                (tree, changes, "changed")
            }
        };
        let only = changes.map(|changes| self.reached(tree.as_ref(), changes, name, options)).transpose()?;
        Ok(Selected { tree, only })
    }

    /// The files that changed, and the kustomizations that used those of them that are gone.
    fn reached(
        &self,
        tree: &dyn FileTree,
        changes: Changes,
        name: &'static str,
        options: &WalkOptions,
    ) -> Result<Only, TreeError> {
        let Changes { files, before } = changes;
        let gone: BTreeSet<&str> = files.iter().map(String::as_str).filter(|file| !tree.contains(file)).collect();
        let users = match before.filter(|_| !gone.is_empty()) {
            Some(before) => {
                let before = self.whole_commit(tree, &before, options)?;
                Layout::read(&before, &before.list()?.files).users(&gone)
            }
            None => BTreeSet::new(),
        };
        Ok(Only { files, users, name })
    }

    /// What was named, as it is.
    pub(super) fn named(&self) -> Result<Box<dyn FileTree>, TreeError> {
        self.tree(&self.current_folder, self.paths, &WalkOptions::default())
    }

    /// All of the repository that a tree is from, with paths as a user at the current folder can open them. Outside of a
    /// repository, and in a bare one, it is what was named.
    pub(super) fn repository(&self, tree: &dyn FileTree) -> Result<Box<dyn FileTree>, Failure> {
        match tree.root() {
            Some(root) if root.join(".git").exists() => {
                let path = from_folder_to(&fs::canonicalize(&self.current_folder)?, root);
                Ok(self.tree(&self.current_folder, &[path], &WalkOptions::default())?)
            }
            _ => Ok(self.named()?),
        }
    }

    /// The tree that the configuration is searched in. What is piped in has none of its own: that of the current folder
    /// counts.
    pub(super) fn configured(&self) -> Result<Box<dyn FileTree>, TreeError> {
        let paths = if let Origin::StandardInput = self.origin { &[] } else { self.paths };
        self.tree(&self.current_folder, paths, &WalkOptions::default())
    }

    /// All of the Git repository that a tree is from; none when the tree is all of it. Outside of a repository nobody can
    /// say how far to look.
    pub(super) fn whole(
        &self,
        tree: &dyn FileTree,
        options: &WalkOptions,
    ) -> Result<Option<Box<dyn FileTree>>, TreeError> {
        let Some(root) = tree.root() else { return Ok(None) };
        if tree.starts().iter().any(String::is_empty) || !root.join(".git").exists() {
            return Ok(None);
        }
        self.tree(root, &[], options).map(Some)
    }

    /// All of a commit of the repository that a tree is from: what is checked may have been elsewhere in it.
    pub(super) fn whole_commit(
        &self,
        tree: &dyn FileTree,
        revision: &str,
        options: &WalkOptions,
    ) -> Result<GitCommit, TreeError> {
        let folder = tree.root().unwrap_or(&self.current_folder);
        let at_root = GitCommit::open(folder, revision, &[], options)?;
        match at_root.root() {
            Some(root) if root != folder => GitCommit::open(root, revision, &[], options),
            _ => Ok(at_root),
        }
    }

    /// The `CustomResourceDefinitions` of `--crds`: files on disk, wherever they are.
    pub(super) fn named_definitions(&self, paths: &[PathBuf], tree: &dyn FileTree) -> Result<Definitions, Failure> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let disk = WorkTree::open(&self.current_folder, paths, &WalkOptions::default())?;
        definitions(&disk, "--crds", |path| match disk.root() {
            // Another root's paths would be taken for this one's.
            Some(root) if Some(root) != tree.root() => root.join(path).display().to_string(),
            _ => path.to_owned(),
        })
    }

    /// The `CustomResourceDefinitions` that the configuration names, from where it was read itself.
    pub(super) fn configured_definitions(
        &self,
        settings: &Settings,
        tree: &dyn FileTree,
    ) -> Result<Definitions, Failure> {
        let paths: Vec<PathBuf> = settings.crd_paths().map(PathBuf::from).collect();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let root = match self.configured()?.root() {
            Some(root) => root.to_owned(),
            None => self.current_folder.clone(),
        };
        let holder = self.tree(&root, &paths, &WalkOptions::default())?;
        definitions(holder.as_ref(), "schemas.crds", |path| match holder.root() {
            Some(root) if Some(root) != tree.root() => root.join(path).display().to_string(),
            _ => path.to_owned(),
        })
    }

    fn tree(&self, folder: &Path, paths: &[PathBuf], options: &WalkOptions) -> Result<Box<dyn FileTree>, TreeError> {
        Ok(match self.origin {
            Origin::WorkTree | Origin::StandardInput => {
                let tree = WorkTree::open(folder, paths, options)?;
                Box::new(match &self.root {
                    Some(root) => tree.below(root),
                    None => tree,
                })
            }
            Origin::Index => Box::new(GitIndex::open(folder, paths, options)?),
            Origin::Commit(revision) => Box::new(GitCommit::open(folder, revision, paths, options)?),
        })
    }
}

/// The definitions of a tree. A file that cannot be read might hold one, and without it objects would go unchecked.
fn definitions(tree: &dyn FileTree, asked_by: &str, path_of: impl Fn(&str) -> String) -> Result<Definitions, Failure> {
    let listing = tree.list()?;
    let mut broken = listing.findings;
    let mut found = Definitions::new();
    for file in &listing.files {
        let Ok(mut definitions) = check::definitions_in(tree, &file.path).map_err(|findings| broken.extend(findings))
        else {
            continue;
        };
        for (_, place) in &mut definitions {
            place.path = path_of(&file.path).into();
        }
        found.append(&mut definitions);
    }
    if let Some(finding) = broken.first() {
        let line = finding.place.range.map(|range| format!(":{}", range.start.line)).unwrap_or_default();
        let path = tree.display(&finding.place.path);
        return Err(format!("{asked_by}: {path}{line}: {}", finding.message).into());
    }
    if found.is_empty() {
        return Err(format!("{asked_by}: no CustomResourceDefinition was found there").into());
    }
    Ok(found)
}

/// The bytes behind a path of a finding: of the tree, or for an absolute path of the disk.
pub(super) fn bytes(tree: &dyn FileTree, path: &str) -> Option<Vec<u8>> {
    if Path::new(path).is_absolute() { fs::read(path).ok() } else { tree.read(path).ok() }
}

/// The way from a folder to another; both are absolute.
fn from_folder_to(folder: &Path, other: &Path) -> PathBuf {
    let common = folder.components().zip(other.components()).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n(Component::ParentDir, folder.components().count() - common);
    let path: PathBuf = up.chain(other.components().skip(common)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}
