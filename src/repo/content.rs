//! What every tree demands of a file's bytes before it hands them out.
//!
//! In: bytes, or a reader. Out: the bytes, or the finding that takes their place. It never parses a manifest.

use std::io::{self, Read};

use crate::catalogue::read::{LIMIT, UNREADABLE};
use crate::finding::{Finding, Place};

/// The most bytes that a file may have.
pub const FILE_LIMIT: u64 = 256 * 1024 * 1024;

/// A pointer file is at most this long: Git LFS itself takes nothing longer for one.
const POINTER_LIMIT: usize = 1024;

/// All bytes of a reader, or the word that there are more than the limit: a file may grow while it is read.
pub(super) fn read_limited(reader: impl Read, expected: u64, limit: u64) -> io::Result<Option<Vec<u8>>> {
    // One byte more than expected lets the end be seen without another allocation
    let capacity = usize::try_from(expected.min(limit)).unwrap_or(0) + 1;
    let mut bytes = Vec::with_capacity(capacity);
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// The bytes, unless they stand for a file that is elsewhere.
pub(super) fn accept(path: &str, bytes: Vec<u8>) -> Result<Vec<u8>, Box<Finding>> {
    if !is_large_file_pointer(&bytes) {
        return Ok(bytes);
    }
    let finding = unreadable(path, "this is a Git LFS pointer, not the file itself")
        .with_help("run `git lfs pull`, or keep manifests out of Git LFS");
    Err(Box::new(finding))
}

/// A file over the limit.
pub(super) fn too_large(path: &str) -> Box<Finding> {
    let message = format!("the file has more than {} MiB and is not read", FILE_LIMIT / 1024 / 1024);
    Box::new(
        Finding::new(&LIMIT, Place::file(path), message).with_help("split it, or exclude it if it holds no manifests"),
    )
}

/// A file that cannot be read, and why.
pub(super) fn unreadable(path: &str, message: impl Into<String>) -> Finding {
    Finding::new(&UNREADABLE, Place::file(path), message)
}

/// A path that leads out of the tree.
pub(super) fn leads_out(path: &str) -> Box<Finding> {
    Box::new(unreadable(path, format!("`{}` is not a path within the repository", super::path::escaped(path))))
}

fn is_large_file_pointer(bytes: &[u8]) -> bool {
    // Both addresses are fixed text of the format: today's, and that of its first releases
    let version = [&b"version https://git-lfs.github.com/spec/"[..], b"version https://hawser.github.com/spec/"];
    bytes.len() <= POINTER_LIMIT
        && version.iter().any(|version| bytes.starts_with(version))
        && memchr::memmem::find(bytes, b"\noid sha256:").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

    #[test]
    fn a_large_file_pointer_is_told_from_a_manifest_that_speaks_of_one() {
        assert_eq!(accept("a.yaml", POINTER.to_vec()).unwrap_err().rule, "read/unreadable");
        let manifest = [b"data:\n  pointer: |\n", POINTER].concat();
        assert_eq!(accept("a.yaml", manifest.clone()).unwrap(), manifest);
        assert!(accept("a.yaml", b"version https://git-lfs.github.com/spec/v1\n".to_vec()).is_ok());
    }

    #[test]
    fn a_reader_that_goes_on_for_ever_is_cut_off() {
        assert_eq!(read_limited(io::repeat(b'a'), 3, 5).unwrap(), None);
        assert_eq!(read_limited(&b"abcde"[..], 3, 5).unwrap().as_deref(), Some(&b"abcde"[..]));
        assert_eq!(read_limited(&b""[..], 0, 5).unwrap().as_deref(), Some(&b""[..]));
    }
}
