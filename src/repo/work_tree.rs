//! Files on disk, as Git sees them.
//!
//! In: paths to start at. Out: the files below them, and bytes. It opens regular files of the root only: never a FIFO, a
//! socket or a device, never a file that a link has out of the root, never anything in `.git`.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, PoisonError, RwLock};

use ignore::gitignore::gitconfig_excludes_path;

use super::content::{self, FILE_LIMIT};
use super::path::{is_within, join, split};
use super::pattern::{Patterns, Shape, Verdict, WalkOptions};
use super::scope::{Scope, is_repository, lexical};
use super::surroundings::{self, Reading};
use super::walk::{self, Child, Contents, FolderPatterns, Folders, Kind, Target};
use super::{FileTree, Listing, TreeError, below, git};
use crate::catalogue::read::{SPECIAL_FILE, SYMLINK};
use crate::finding::{Finding, Place, Severity};

/// The files of a folder, whether Git knows it or not.
#[derive(Debug)]
pub struct WorkTree {
    scope: Scope,
    exclude: Patterns,
    disk: Disk,
}

impl WorkTree {
    /// The files below `paths` (without any: below the current folder). Relative paths start at `current_folder`.
    ///
    /// The root is the top-level folder of the Git repository that all paths lie in; outside of a repository it is the
    /// current folder if that holds them, or else the nearest one that does. A file that was named is listed whatever its
    /// name and whatever a pattern says.
    ///
    /// # Errors
    /// When a path is not there, or an `exclude` is not a glob.
    pub fn open(current_folder: &Path, paths: &[PathBuf], options: &WalkOptions) -> Result<Self, TreeError> {
        let exclude = Patterns::of_globs(&options.exclude)?;
        let scope = Scope::find(current_folder, paths)?;
        let disk = Disk::open(scope.root.clone(), scope.is_repository);
        Ok(Self { scope, exclude, disk })
    }

    /// Whether the root is the top-level folder of a Git repository.
    #[must_use]
    pub fn is_repository(&self) -> bool {
        self.scope.is_repository
    }

    /// The nearest folder that holds the tree and all that the kustomizations of these folders use. In a repository that is
    /// its root: nothing above it is anyone's business.
    pub fn root_of_all_used<'f>(&self, folders: impl IntoIterator<Item = &'f str>, reading: Reading) -> PathBuf {
        if self.scope.is_repository {
            return self.scope.root.clone();
        }
        let read = |path: &Path| {
            let metadata = fs::symlink_metadata(path).ok()?;
            read_regular(path, &metadata, FILE_LIMIT).ok()
        };
        let folders: BTreeSet<&str> = folders.into_iter().collect();
        let folders = folders.into_iter().map(|folder| self.disk.at(folder));
        surroundings::root_of_all_used(&self.scope.root, folders, reading, read)
    }

    /// The same tree seen from a folder above its root.
    #[must_use]
    pub fn below(self, root: &Path) -> Self {
        let scope = self.scope.below(root);
        let disk = Disk::open(scope.root.clone(), scope.is_repository);
        Self { scope, exclude: self.exclude, disk }
    }
}

impl FileTree for WorkTree {
    fn list(&self) -> Result<Listing, TreeError> {
        let mut listing = walk::walk(&self.disk, &self.scope.starts, &self.exclude)?;
        if let Some(Err(refusal)) = self.disk.tracked.get() {
            listing.findings.push(untracked(refusal));
            listing.findings.sort_by(Finding::order);
        }
        Ok(listing)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Box<Finding>> {
        if !is_within(path) {
            return Err(content::leads_out(path));
        }
        let bytes = self.disk.read(path, FILE_LIMIT).map_err(|refusal| refusal.finding(path))?;
        content::accept(path, bytes)
    }

    fn contains(&self, path: &str) -> bool {
        is_within(path) && self.disk.kind(path).is_some()
    }

    fn follow(&self, path: &str) -> Option<Target> {
        if !is_within(path) {
            return None;
        }
        match self.disk.kind(path)? {
            // No link leads to a folder that was walked.
            Kind::File if self.disk.was_walked(split(path).0) => Some(Target::File(path.to_owned())),
            Kind::Folder if self.disk.was_walked(path) => Some(Target::Folder(path.to_owned())),
            _ => Some(Folders::follow(&self.disk, path)),
        }
    }

    fn files_below(&self, folder: &str) -> Result<Vec<(String, String)>, Box<Finding>> {
        below::files(&self.disk, folder)
    }

    fn root(&self) -> Option<&Path> {
        Some(&self.scope.root)
    }

    fn starts(&self) -> &[String] {
        &self.scope.starts
    }

    fn display<'p>(&self, path: &'p str) -> Cow<'p, str> {
        self.scope.display(path)
    }
}

/// Why a file is not read.
#[derive(Debug)]
enum Refusal {
    Special(&'static str),
    Outside,
    TooLarge,
    Failed(io::Error),
}

impl Refusal {
    fn finding(self, path: &str) -> Box<Finding> {
        match self {
            Self::Special(what) => Box::new(Finding::new(
                &SPECIAL_FILE,
                Place::file(path),
                format!("this is a {what}, not a file, and is not read"),
            )),
            Self::Outside => Box::new(Finding::new(
                &SYMLINK,
                Place::file(path),
                "a link leads out of the repository and is not followed",
            )),
            Self::TooLarge => content::too_large(path),
            Self::Failed(error) if error.kind() == io::ErrorKind::NotFound => {
                Box::new(content::unreadable(path, "the file is not there (any more)"))
            }
            Self::Failed(error) => Box::new(content::unreadable(path, format!("cannot read the file: {error}"))),
        }
    }
}

/// The disk below a root, and what Git has to say about it.
#[derive(Debug)]
struct Disk {
    root: PathBuf,
    is_repository: bool,
    /// `.git/info/exclude`, then the user's own patterns.
    git: Vec<Patterns>,
    /// What Git tracks, or why that cannot be known; once it matters.
    tracked: OnceLock<Result<git::Tracked, git::NotTracked>>,
    /// Folders that the walk has been in: no link leads there, so a file in one needs no look at its ancestors.
    walked: RwLock<HashSet<String>>,
}

impl Disk {
    fn open(root: PathBuf, is_repository: bool) -> Self {
        let shared = is_repository.then(|| git::exclude_file(&root)).flatten();
        let files = shared.into_iter().chain(gitconfig_excludes_path());
        let git = files.filter_map(|path| read_patterns(&fs::canonicalize(path).ok()?)).collect();
        Self { root, is_repository, git, tracked: OnceLock::new(), walked: RwLock::default() }
    }

    fn at(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }

    /// The patterns of a file, which its folder's entries may show not to be there.
    fn pattern_file(&self, folder: &str, name: &str, children: Option<&[Child]>) -> Option<Patterns> {
        if children.is_some_and(|children| !children.iter().any(|child| child.name == name && child.kind == Kind::File))
        {
            return None;
        }
        read_patterns(&self.at(&join(folder, name)))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Refusal> {
        let whole = self.at(path);
        let is_walked = self.was_walked(split(path).0);
        let metadata = fs::symlink_metadata(&whole).map_err(Refusal::Failed)?;
        if is_walked && !metadata.is_symlink() {
            return read_regular(&whole, &metadata, limit);
        }
        let whole = fs::canonicalize(whole).map_err(Refusal::Failed)?;
        if !self.holds(&whole) {
            return Err(Refusal::Outside);
        }
        read_regular(&whole, &fs::symlink_metadata(&whole).map_err(Refusal::Failed)?, limit)
    }

    fn was_walked(&self, folder: &str) -> bool {
        self.walked.read().unwrap_or_else(PoisonError::into_inner).contains(folder)
    }

    /// Whether a path without links lies in the root, and not in what Git keeps there.
    fn holds(&self, whole: &Path) -> bool {
        whole.strip_prefix(&self.root).is_ok_and(|inside| !inside.starts_with(".git"))
    }
}

/// That nobody knows what Git tracks.
fn untracked(refusal: &git::NotTracked) -> Finding {
    let (reason, severity) = match refusal {
        git::NotTracked::Index(reason) => (reason, Severity::Deny),
        // Files on disk are checked whatever Git keeps beside them, and few repositories track what they ignore
        git::NotTracked::Repository(reason) => (reason, Severity::Warn),
    };
    let finding = content::unreadable(".git/index", format!("cannot read what Git tracks: {reason}"));
    let help = "until Plimsoll can, files that Git tracks although a pattern ignores them are not checked: name them";
    Finding { severity, ..finding.with_help(help) }
}

/// The text of a file of patterns. Git follows no link to one in a work tree, and neither is one followed here.
fn read_patterns(path: &Path) -> Option<Patterns> {
    let metadata = fs::symlink_metadata(path).ok()?;
    Patterns::parse(&read_regular(path, &metadata, FILE_LIMIT).ok()?)
}

/// The bytes of a regular file. What it is, is asked before it is opened, since opening a FIFO waits for its writer, and
/// again after, since it may have been replaced in between.
fn read_regular(path: &Path, metadata: &fs::Metadata, limit: u64) -> Result<Vec<u8>, Refusal> {
    check(metadata, limit)?;
    let file = File::open(path).map_err(Refusal::Failed)?;
    let metadata = file.metadata().map_err(Refusal::Failed)?;
    check(&metadata, limit)?;
    content::read_limited(file, metadata.len(), limit).map_err(Refusal::Failed)?.ok_or(Refusal::TooLarge)
}

fn check(metadata: &fs::Metadata, limit: u64) -> Result<(), Refusal> {
    match kind_of(metadata.file_type()) {
        Kind::File if metadata.len() > limit => Err(Refusal::TooLarge),
        Kind::File => Ok(()),
        Kind::Folder => Err(Refusal::Failed(io::ErrorKind::IsADirectory.into())),
        Kind::Special(what) => Err(Refusal::Special(what)),
        Kind::Link | Kind::Conflict => Err(Refusal::Outside),
    }
}

fn kind_of(file_type: FileType) -> Kind {
    if file_type.is_file() {
        Kind::File
    } else if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_symlink() {
        Kind::Link
    } else {
        Kind::Special(special_name(file_type))
    }
}

#[cfg(unix)]
fn special_name(file_type: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if file_type.is_fifo() {
        "FIFO"
    } else if file_type.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn special_name(_: FileType) -> &'static str {
    "special file"
}

impl Folders for Disk {
    fn name(&self) -> String {
        format!("the folder {}", self.root.display())
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        fs::symlink_metadata(self.at(path)).ok().map(|metadata| kind_of(metadata.file_type()))
    }

    fn contents(&self, folder: &str) -> Result<Contents, String> {
        let whole = self.at(folder);
        let mut children = Vec::new();
        let mut is_git_inside = false;
        for entry in fs::read_dir(&whole).map_err(|error| error.to_string())? {
            let entry = entry.map_err(|error| error.to_string())?;
            let name = entry.file_name();
            if name == ".git" {
                is_git_inside = true;
                continue;
            }
            let file_type = match entry.file_type() {
                Ok(file_type) => file_type,
                // It was there a moment ago: what is deleted now might as well have been deleted before
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.to_string()),
            };
            let (name, is_text) = match name.into_string() {
                Ok(name) => (name, true),
                Err(name) => (name.to_string_lossy().into_owned(), false),
            };
            children.push(Child { name, is_text, kind: kind_of(file_type) });
        }
        self.walked.write().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        // Git itself stops where another repository begins; outside of Git there is no first one to tell it from
        let is_other = is_git_inside && self.is_repository && !folder.is_empty() && is_repository(&whole);
        Ok(if is_other { Contents::Repository } else { Contents::Children(children) })
    }

    fn patterns(&self, folder: &str, children: Option<&[Child]>) -> FolderPatterns {
        FolderPatterns {
            own: self.pattern_file(folder, ".plimsollignore", children),
            git: self.pattern_file(folder, ".gitignore", children),
            is_repository: !self.is_repository && is_repository(&self.at(folder)),
        }
    }

    fn verdict_of_git(&self, path: &str, shape: Shape) -> Option<Verdict> {
        self.git.iter().find_map(|patterns| patterns.verdict(path, shape))
    }

    fn is_tracked(&self, path: &str, shape: Shape) -> bool {
        // Most repositories force nothing in: the index is read when the first pattern matches
        let open = || git::Tracked::open(&self.root);
        self.is_repository && self.tracked.get_or_init(open).as_ref().is_ok_and(|tracked| tracked.holds(path, shape))
    }

    fn follow(&self, link: &str) -> Target {
        let path = self.at(link);
        let text = fs::read_link(&path).map(|target| target.to_string_lossy().into_owned()).unwrap_or_default();
        let whole = match fs::canonicalize(&path) {
            Ok(whole) => whole,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                // Where it would lead decides, so that a checkout with nothing beside it is no different
                let folder = path.parent().unwrap_or(&self.root);
                if !self.holds(&lexical(&folder.join(&text))) {
                    return Target::Outside { text, is_folder: false };
                }
                return Target::Broken { text, reason: "leads to nothing" };
            }
            Err(_) => return Target::Broken { text, reason: "leads nowhere: it cannot be followed" },
        };
        let kind = fs::symlink_metadata(&whole).ok().map(|metadata| kind_of(metadata.file_type()));
        let inside = whole.strip_prefix(&self.root).ok().filter(|_| self.holds(&whole));
        match (inside, kind) {
            (None, kind) => Target::Outside { text, is_folder: kind == Some(Kind::Folder) },
            (Some(inside), kind) => match (inside.to_str(), kind) {
                (Some(inside), Some(Kind::File)) => Target::File(with_slashes(inside)),
                (Some(inside), Some(Kind::Folder)) => Target::Folder(with_slashes(inside)),
                (_, Some(Kind::Special(what))) => Target::Special(what),
                _ => Target::Broken { text, reason: "leads to a name that is not UTF-8" },
            },
        }
    }
}

fn with_slashes(path: &str) -> String {
    if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() }
}
