//! What a user asks for: from paths on the command line to a root and the paths to start at.
//!
//! In: the current folder and paths. Out: the root, paths within it, and how its paths read from the current folder.
//!
//! The root is the top-level folder of the Git repository that all paths lie in: then paths, and with them fingerprints,
//! are the same wherever a check is started, and an overlay may read its base beside it. Outside of a repository the root
//! is the current folder if all that was named lies below it, or else the nearest folder that holds all that was named;
//! `surroundings` says when a kustomization needs one further up.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{TreeError, path};

/// A root and what to look at in it.
#[derive(Debug)]
pub(super) struct Scope {
    /// The root's folder, absolute, links resolved.
    pub root: PathBuf,
    /// Whether it is the top-level folder of a Git repository.
    pub is_repository: bool,
    /// Paths from the root; the root itself is the empty path.
    pub starts: Vec<String>,
    current_folder: PathBuf,
    /// Whether the user thinks in absolute paths.
    is_absolute: bool,
}

impl Scope {
    /// The scope of paths on disk; without any, the current folder is meant.
    pub(super) fn find(current_folder: &Path, paths: &[PathBuf]) -> Result<Self, TreeError> {
        let mut located = Vec::new();
        for path in or_current(paths) {
            located.push(Located::find(&current_folder.join(&path)).map_err(|source| open(&path, source))?);
        }
        let mut repositories = located.iter().map(|located| git_top_level(located.folder()));
        let first = repositories.next().flatten();
        let repository = first.filter(|first| repositories.all(|other| other.as_ref() == Some(first)));
        let is_repository = repository.is_some();
        let root = if let Some(root) = repository {
            root
        } else {
            let common = common_folder(located.iter().map(Located::folder));
            let current = fs::canonicalize(current_folder).map_err(|source| open(current_folder, source))?;
            if common.starts_with(&current) { current } else { common }
        };
        Self::of(root, is_repository, current_folder, located, paths)
    }

    /// The scope of paths in a Git work tree whose index or commits are read: they need not be on disk.
    pub(super) fn within(root: &Path, current_folder: &Path, paths: &[PathBuf]) -> Result<Self, TreeError> {
        let root = fs::canonicalize(root).map_err(|source| open(root, source))?;
        let current = fs::canonicalize(current_folder).map_err(|source| open(current_folder, source))?;
        let locate = |path: PathBuf| {
            let whole = current.join(path);
            Located::find(&whole).unwrap_or_else(|_| Located { path: lexical(&whole), is_folder: false })
        };
        let located = match paths {
            // Called from elsewhere, as with GIT_DIR: the whole tree
            [] if !current.starts_with(&root) => vec![Located { path: root.clone(), is_folder: true }],
            paths => or_current(paths).into_iter().map(locate).collect(),
        };
        Self::of(root, true, current_folder, located, paths)
    }

    fn of(
        root: PathBuf,
        is_repository: bool,
        current_folder: &Path,
        located: Vec<Located>,
        paths: &[PathBuf],
    ) -> Result<Self, TreeError> {
        let mut starts = Vec::new();
        for located in located {
            let shown = located.path.display().to_string();
            let Ok(relative) = located.path.strip_prefix(&root) else {
                return Err(TreeError::NotInTree {
                    path: shown,
                    tree: format!("the repository at {}", root.display()),
                });
            };
            let Some(start) = to_text(relative) else {
                return Err(open(
                    &located.path,
                    io::Error::new(io::ErrorKind::InvalidFilename, "the path is not UTF-8"),
                ));
            };
            starts.push(start);
        }
        starts.sort_unstable();
        starts.dedup();
        let current_folder = fs::canonicalize(current_folder).map_err(|source| open(current_folder, source))?;
        let is_absolute = paths.iter().any(|path| path.is_absolute());
        Ok(Self { root, is_repository, starts, current_folder, is_absolute })
    }

    /// The same scope with its root at a folder above.
    pub(super) fn below(mut self, root: &Path) -> Self {
        let Some(inside) = self.root.strip_prefix(root).ok().and_then(to_text).filter(|inside| !inside.is_empty())
        else {
            return self;
        };
        for start in &mut self.starts {
            *start = if start.is_empty() { inside.clone() } else { path::join(&inside, start) };
        }
        root.clone_into(&mut self.root);
        self
    }

    /// A path of the root as a user at the current folder can open it: relative below the current folder, and elsewhere as
    /// the user named it, absolute or with `..`.
    pub(super) fn display<'p>(&self, path: &'p str) -> Cow<'p, str> {
        if self.current_folder == self.root {
            return path::escaped(path);
        }
        let whole = self.root.join(path);
        let common = common_folder([self.current_folder.as_path(), whole.as_path()]);
        let up = self.current_folder.components().count() - common.components().count();
        let down = whole.strip_prefix(&common).unwrap_or(&whole);
        let shown = if up == 0 {
            down.to_path_buf()
        } else if self.is_absolute {
            whole
        } else {
            std::iter::repeat_n("..", up).collect::<PathBuf>().join(down)
        };
        Cow::Owned(path::escaped(&shown.to_string_lossy()).into_owned())
    }
}

/// What a user named.
struct Located {
    path: PathBuf,
    is_folder: bool,
}

impl Located {
    /// A folder is followed to where it is; of a file only its folder is, so that a link is told from what it leads to.
    fn find(whole: &Path) -> io::Result<Self> {
        if fs::metadata(whole).is_ok_and(|metadata| metadata.is_dir()) {
            return Ok(Self { path: fs::canonicalize(whole)?, is_folder: true });
        }
        fs::symlink_metadata(whole)?;
        let (Some(folder), Some(name)) = (whole.parent(), whole.file_name()) else {
            return Err(io::ErrorKind::InvalidFilename.into());
        };
        Ok(Self { path: fs::canonicalize(folder)?.join(name), is_folder: false })
    }

    fn folder(&self) -> &Path {
        if self.is_folder { &self.path } else { self.path.parent().unwrap_or(&self.path) }
    }
}

fn or_current(paths: &[PathBuf]) -> Vec<PathBuf> {
    if paths.is_empty() { vec![PathBuf::from(".")] } else { paths.to_vec() }
}

fn open(path: &Path, source: io::Error) -> TreeError {
    TreeError::Open { path: path::escaped(&path.to_string_lossy()).into_owned(), source }
}

/// The nearest folder at or above this one that Git would take for a work tree's top.
fn git_top_level(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| is_repository(folder)).map(Path::to_path_buf)
}

/// Whether a folder is the top of a Git work tree: `.git` is a Git folder, or the file that stands for one in linked work
/// trees and submodules. A stray empty `.git` is neither.
pub(super) fn is_repository(folder: &Path) -> bool {
    let git = folder.join(".git");
    match fs::metadata(&git) {
        Ok(metadata) if metadata.is_dir() => git.join("HEAD").symlink_metadata().is_ok(),
        Ok(metadata) => metadata.is_file(),
        Err(_) => false,
    }
}

/// The deepest folder that all folders share.
pub(super) fn common_folder<'p>(folders: impl IntoIterator<Item = &'p Path>) -> PathBuf {
    let mut folders = folders.into_iter();
    let first = folders.next().map(Path::to_path_buf).unwrap_or_default();
    folders.fold(first, |common, folder| {
        let parts = common.components().zip(folder.components());
        parts.take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
    })
}

/// A path without `.` and `..`, links not looked at.
pub(super) fn lexical(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut done, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                done.pop();
            }
            part => done.push(part),
        }
        done
    })
}

/// A relative path as text with `/` between its parts.
fn to_text(relative: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = relative.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(parts: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for part in parts {
            let path = folder.path().join(part);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn find(current: &Path, paths: &[&str]) -> Scope {
        Scope::find(current, &paths.iter().map(PathBuf::from).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn in_a_repository_the_root_is_its_top_level_folder() {
        let folder = folder(&[".git/HEAD", "apps/web/a.yaml", "base/b.yaml"]);
        let current = folder.path().join("apps");
        let scope = find(&current, &["web", "../base/b.yaml"]);
        assert_eq!(scope.root, folder.path().canonicalize().unwrap());
        assert_eq!(scope.starts, ["apps/web", "base/b.yaml"]);
        assert!(scope.is_repository);
        assert_eq!(scope.display("apps/web/a.yaml"), "web/a.yaml");
        assert_eq!(scope.display("base/b.yaml"), "../base/b.yaml");
        assert_eq!(find(&current, &[]).starts, ["apps"]);
        assert_eq!(find(folder.path(), &[]).starts, [""]);
    }

    #[test]
    fn outside_of_a_repository_the_root_is_the_current_folder_or_holds_what_was_named() {
        let folder = folder(&["x/apps/a.yaml", "x/base/b.yaml", ".git/no-head"]);
        let scope = find(folder.path(), &["x/apps"]);
        assert_eq!(scope.root, folder.path().canonicalize().unwrap());
        assert_eq!(scope.starts, ["x/apps"]);
        assert!(!scope.is_repository);
        let scope = find(&folder.path().join("x/apps"), &["a.yaml", "../base"]);
        assert_eq!(scope.starts, ["apps/a.yaml", "base"]);
        assert_eq!(scope.display("apps/a.yaml"), "a.yaml");
        assert_eq!(scope.display("base/b.yaml"), "../base/b.yaml");
        let scope = find(&folder.path().join("x/apps"), &["../base"]);
        assert_eq!(scope.starts, [""]);
        assert_eq!(scope.display("b.yaml"), "../base/b.yaml");
    }

    #[test]
    fn absolute_paths_stay_absolute_unless_they_lie_below_the_current_folder() {
        let folder = folder(&["x/a.yaml", "y/b.yaml"]);
        let top = folder.path().canonicalize().unwrap();
        let absolute = top.join("x");
        let elsewhere = Scope::find(&top.join("y"), std::slice::from_ref(&absolute)).unwrap();
        assert_eq!(elsewhere.display("a.yaml"), absolute.join("a.yaml").to_str().unwrap());
        let above = Scope::find(&top, std::slice::from_ref(&absolute)).unwrap();
        assert_eq!(above.display("x/a.yaml"), "x/a.yaml");
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let folder = folder(&["a.yaml"]);
        let error = Scope::find(folder.path(), &[PathBuf::from("gone")]).unwrap_err();
        assert!(matches!(&error, TreeError::Open { path, .. } if path == "gone"), "{error}");
    }

    #[test]
    fn a_path_that_was_deleted_on_disk_still_has_its_place_in_the_index() {
        let folder = folder(&["apps/a.yaml"]);
        let paths = [PathBuf::from("../gone/./b.yaml")];
        let scope = Scope::within(folder.path(), &folder.path().join("apps"), &paths).unwrap();
        assert_eq!(scope.starts, ["gone/b.yaml"]);
        let outside = Scope::within(folder.path(), folder.path(), &[PathBuf::from("../..")]);
        assert!(matches!(outside, Err(TreeError::NotInTree { .. })));
    }
}
