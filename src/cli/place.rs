//! Where the user stands, and what was named from there: the trees of a check.
//!
//! In: the current folder and the arguments. Out: the tree to check, the one that is compared with, and the definitions
//! from elsewhere. All of it is read from where the manifests are: a revision with its own configuration and its own
//! definitions. It never reads standard input twice.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Failure;
use super::check::Arguments;
use crate::check::{self, crd};
use crate::config::Settings;
use crate::finding;
use crate::repo::{FileTree, GitCommit, GitIndex, StandardInput, TreeError, WalkOptions, WorkTree};

/// Where manifests come from.
#[derive(Clone, Copy)]
enum Origin<'p> {
    WorkTree,
    Index,
    Commit(&'p str),
    StandardInput,
}

/// The current folder, and what was named from there.
pub(super) struct Place<'p> {
    current_folder: PathBuf,
    paths: &'p [PathBuf],
    origin: Origin<'p>,
}

/// The tree to check and, when only some of its files are to be checked, which.
pub(super) struct Selected {
    pub(super) tree: Box<dyn FileTree>,
    pub(super) only: Option<BTreeSet<String>>,
}

/// `CustomResourceDefinitions` and where each stands.
type Definitions = Vec<(crd::CustomDefinition, finding::Place)>;

impl<'p> Place<'p> {
    /// What the arguments name.
    pub(super) fn of(arguments: &'p Arguments) -> Result<Self, Failure> {
        let paths = arguments.paths.as_slice();
        let standard_input = paths.iter().any(|path| path.as_os_str() == "-");
        if standard_input && (paths.len() > 1 || arguments.staged || arguments.rev.is_some()) {
            return Err("`-` stands alone: standard input cannot be checked together with files or revisions".into());
        }
        let origin = match &arguments.rev {
            _ if standard_input => Origin::StandardInput,
            Some(revision) => Origin::Commit(revision),
            None if arguments.staged => Origin::Index,
            None => Origin::WorkTree,
        };
        Ok(Self { current_folder: std::env::current_dir()?, paths, origin })
    }

    /// The tree to check.
    pub(super) fn selected(&self, options: &WalkOptions) -> Result<Selected, TreeError> {
        if let Origin::Index = self.origin {
            let index = GitIndex::open(&self.current_folder, self.paths, options)?;
            let only = Some(index.staged_changes()?.into_iter().collect());
            return Ok(Selected { tree: Box::new(index), only });
        }
        let tree = match self.origin {
            Origin::StandardInput => Box::new(StandardInput::open()),
            _ => self.tree(&self.current_folder, self.paths, options)?,
        };
        Ok(Selected { tree, only: None })
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
            Origin::WorkTree | Origin::StandardInput => Box::new(WorkTree::open(folder, paths, options)?),
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

/// The user's folder for what Plimsoll can make again; none where nobody says where that is.
pub(super) fn cache() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(folder.join("plimsoll"))
}
