//! Standard input as a tree of one file.
//!
//! In: a reader. Out: the file `-`. It reads once, when it is made, so that a report can ask for the text again.

use std::io::{self, Read};

use super::content::{self, FILE_LIMIT};
use super::{FileEntry, FileTree, Listing, Target, TreeError};
use crate::finding::Finding;

const PATH: &str = "-";

/// The tree that holds what was piped in, as the file `-`.
#[derive(Debug)]
pub struct StandardInput {
    bytes: Result<Vec<u8>, Box<Finding>>,
}

impl StandardInput {
    /// Reads the process's standard input to its end.
    #[must_use]
    pub fn open() -> Self {
        Self::read_to_end(io::stdin().lock())
    }

    /// Reads any reader to its end. A reader that fails gives a finding in place of the bytes.
    pub fn read_to_end(reader: impl Read) -> Self {
        let bytes = match content::read_limited(reader, 0, FILE_LIMIT) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(content::too_large(PATH)),
            Err(error) => Err(Box::new(content::unreadable(PATH, format!("cannot read standard input: {error}")))),
        };
        Self { bytes }
    }
}

impl FileTree for StandardInput {
    fn list(&self) -> Result<Listing, TreeError> {
        Ok(Listing { files: vec![FileEntry { path: PATH.into() }], findings: Vec::new() })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Box<Finding>> {
        if path == PATH { self.bytes.clone() } else { Err(content::leads_out(path)) }
    }

    fn contains(&self, path: &str) -> bool {
        path == PATH
    }

    fn follow(&self, path: &str) -> Option<Target> {
        self.contains(path).then(|| Target::File(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the pipe burst"))
        }
    }

    #[test]
    fn what_is_piped_in_is_one_file_that_can_be_read_again() {
        let tree = StandardInput::read_to_end(&b"kind: Pod\n"[..]);
        assert_eq!(tree.list().unwrap().files, [FileEntry { path: "-".into() }]);
        assert_eq!(tree.read("-").unwrap(), b"kind: Pod\n");
        assert_eq!(tree.read("-").unwrap(), b"kind: Pod\n");
        assert!(tree.read("a.yaml").is_err());
    }

    #[test]
    fn a_pipe_that_breaks_is_a_finding() {
        let finding = StandardInput::read_to_end(Broken).read("-").unwrap_err();
        assert_eq!((&*finding.rule, &*finding.place.path), ("read/unreadable", "-"));
        assert!(finding.message.contains("the pipe burst"), "{}", finding.message);
    }
}
