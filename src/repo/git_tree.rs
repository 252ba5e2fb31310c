//! A tree of Git objects: what an index or a commit holds, listed and read without a checkout.
//!
//! In: a snapshot of paths and object ids. Out: the listing, and blobs. It never looks at the work tree.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::git::Objects;
use super::path::{is_within, join};
use super::pattern::{Patterns, Shape, Verdict, WalkOptions};
use super::scope::Scope;
use super::snapshot::{Entry, Snapshot};
use super::walk::{self, Child, Contents, FolderPatterns, Folders, Kind, Target};
use super::{Listing, TreeError, below, content, path};
use crate::finding::Finding;

/// Links and patterns are short; what is longer is not one.
const TEXT_LIMIT: usize = 1024 * 1024;

/// Paths, object ids and the repository that has the objects.
#[derive(Debug)]
pub(super) struct GitTree {
    name: String,
    objects: Objects,
    snapshot: Snapshot<ObjectId>,
    starts: Vec<String>,
    exclude: Patterns,
    /// None in a bare repository: there are no files that a user could open.
    scope: Option<Scope>,
}

impl GitTree {
    /// A tree named `name` in messages, and what of it was asked for.
    pub(super) fn new(
        name: String,
        objects: Objects,
        snapshot: Snapshot<ObjectId>,
        current_folder: &Path,
        paths: &[PathBuf],
        options: &WalkOptions,
    ) -> Result<Self, TreeError> {
        let exclude = Patterns::of_globs(&options.exclude)?;
        let scope = objects.work_folder().map(|root| Scope::within(root, current_folder, paths)).transpose()?;
        let starts = match &scope {
            Some(scope) => scope.starts.clone(),
            None if paths.is_empty() => vec![String::new()],
            None => paths.iter().map(|path| in_bare(path, &name)).collect::<Result<_, _>>()?,
        };
        Ok(Self { name, objects, snapshot, starts, exclude, scope })
    }

    pub(super) fn objects(&self) -> &Objects {
        &self.objects
    }

    pub(super) fn list(&self) -> Result<Listing, TreeError> {
        walk::walk(self, &self.starts, &self.exclude)
    }

    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, Box<Finding>> {
        if !is_within(path) {
            return Err(content::leads_out(path));
        }
        let id = match self.snapshot.entry(path) {
            Some(Entry::File(id)) => Some(*id),
            Some(Entry::Conflict) => None,
            _ => match self.follow(path) {
                Target::File(target) => self.file(&target),
                _ => None,
            },
        };
        let absent = || Box::new(content::unreadable(path, format!("the file is not in {}", self.name)));
        content::accept(path, self.objects.blob(path, id.ok_or_else(absent)?)?)
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.snapshot.kind(path).is_some()
    }

    pub(super) fn target(&self, path: &str) -> Option<Target> {
        self.snapshot.target(path, |id| self.text(*id))
    }

    pub(super) fn files_below(&self, folder: &str) -> Result<Vec<(String, String)>, Box<Finding>> {
        below::files(self, folder)
    }

    pub(super) fn root(&self) -> Option<&Path> {
        self.scope.as_ref().map(|scope| scope.root.as_path())
    }

    pub(super) fn starts(&self) -> &[String] {
        &self.starts
    }

    pub(super) fn display<'p>(&self, path: &'p str) -> Cow<'p, str> {
        match &self.scope {
            Some(scope) => scope.display(path),
            None => path::escaped(path),
        }
    }

    fn file(&self, path: &str) -> Option<ObjectId> {
        match self.snapshot.entry(path) {
            Some(Entry::File(id)) => Some(*id),
            _ => None,
        }
    }

    fn text(&self, id: ObjectId) -> Option<String> {
        let bytes = self.objects.with(|repository| {
            let size = repository.find_header(id).ok()?.size();
            (size <= TEXT_LIMIT as u64).then(|| repository.find_blob(id).ok())?.map(|mut blob| blob.take_data())
        })?;
        String::from_utf8(bytes).ok()
    }
}

/// A path of a bare repository: from its root, there is no folder to start from.
fn in_bare(path: &Path, tree: &str) -> Result<String, TreeError> {
    let text = path.to_string_lossy();
    let text = text.trim_start_matches("./").trim_end_matches('/');
    match text {
        "." | "" => Ok(String::new()),
        text if is_within(text) => Ok(text.to_owned()),
        text => Err(TreeError::NotInTree { path: path::escaped(text).into_owned(), tree: tree.to_owned() }),
    }
}

impl Folders for GitTree {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        self.snapshot.kind(path)
    }

    fn contents(&self, folder: &str) -> Result<Contents, String> {
        Ok(self.snapshot.contents(folder))
    }

    fn patterns(&self, folder: &str, _: Option<&[Child]>) -> FolderPatterns {
        let text = self.file(&join(folder, ".plimsollignore")).and_then(|id| self.text(id));
        FolderPatterns { own: text.and_then(|text| Patterns::parse(text.as_bytes())), ..FolderPatterns::default() }
    }

    /// Git's patterns do not bind what is tracked, and nothing else is here.
    fn verdict_of_git(&self, _: &str, _: Shape) -> Option<Verdict> {
        None
    }

    fn is_tracked(&self, _: &str, _: Shape) -> bool {
        true
    }

    fn follow(&self, link: &str) -> Target {
        self.snapshot.resolve(link, |id| self.text(*id))
    }
}
