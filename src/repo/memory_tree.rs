//! Files in memory: for tests, and for what was fetched rather than checked out.
//!
//! In: paths and bytes. Out: a tree like any other, with `.plimsollignore` heeded. It has no links and touches no disk.

use super::path::{is_within, join};
use super::pattern::{Patterns, Shape, Verdict, WalkOptions};
use super::snapshot::{Entry, Snapshot};
use super::walk::{self, Child, Contents, FolderPatterns, Folders, Kind, Target};
use super::{FileTree, Listing, TreeError, below, content};
use crate::finding::Finding;

/// A tree of files in memory.
#[derive(Debug, Default)]
pub struct MemoryTree {
    files: Snapshot<Vec<u8>>,
}

impl<P: Into<String>, B: Into<Vec<u8>>> FromIterator<(P, B)> for MemoryTree {
    fn from_iter<I: IntoIterator<Item = (P, B)>>(files: I) -> Self {
        let mut tree = Self::default();
        for (path, bytes) in files {
            tree.files.insert(path.into().as_bytes(), Entry::File(bytes.into()));
        }
        tree
    }
}

impl FileTree for MemoryTree {
    fn list(&self) -> Result<Listing, TreeError> {
        walk::walk(self, &[String::new()], &Patterns::of_globs(&WalkOptions::default().exclude)?)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Box<Finding>> {
        if !is_within(path) {
            return Err(content::leads_out(path));
        }
        match self.files.entry(path) {
            Some(Entry::File(bytes)) => content::accept(path, bytes.clone()),
            _ => Err(Box::new(content::unreadable(path, "the file is not there"))),
        }
    }

    fn contains(&self, path: &str) -> bool {
        self.files.kind(path).is_some()
    }

    fn follow(&self, path: &str) -> Option<Target> {
        self.files.target(path, |_| None)
    }

    fn files_below(&self, folder: &str) -> Result<Vec<(String, String)>, Box<Finding>> {
        below::files(self, folder)
    }
}

impl Folders for MemoryTree {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        self.files.kind(path)
    }

    fn contents(&self, folder: &str) -> Result<Contents, String> {
        Ok(self.files.contents(folder))
    }

    fn patterns(&self, folder: &str, _: Option<&[Child]>) -> FolderPatterns {
        let own = match self.files.entry(&join(folder, ".plimsollignore")) {
            Some(Entry::File(bytes)) => Patterns::parse(bytes),
            _ => None,
        };
        FolderPatterns { own, ..FolderPatterns::default() }
    }

    fn verdict_of_git(&self, _: &str, _: Shape) -> Option<Verdict> {
        None
    }

    fn is_tracked(&self, _: &str, _: Shape) -> bool {
        true
    }

    fn follow(&self, link: &str) -> Target {
        self.files.resolve(link, |_| None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_in_order_and_as_their_patterns_say() {
        let tree: MemoryTree = [
            ("b.yaml", "b"),
            ("a/x.yaml", "x"),
            ("a/gen/y.yaml", "y"),
            ("a/.plimsollignore", "gen/\n"),
            ("readme.md", "r"),
            (".gitignore", "*.yaml"),
        ]
        .into_iter()
        .collect();
        let listing = tree.list().unwrap();
        let paths: Vec<_> = listing.files.iter().map(|file| &*file.path).collect();
        assert_eq!(paths, ["a/x.yaml", "b.yaml"]);
        assert!(listing.findings.is_empty());
        assert_eq!(tree.read("a/gen/y.yaml").unwrap(), b"y");
        assert!(tree.read("a/../b.yaml").is_err());
        assert!(tree.read("a").is_err());
    }
}
