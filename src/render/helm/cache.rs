//! Renderings that are kept from one run to the next.
//!
//! In: all that a rendering depends on, and its text. Out: the text again, for the very same content. An entry is written
//! beside its place and then moved there, so that runs may share a folder; one that is not whole counts for nothing, and
//! the folder may be deleted at any time. A cache that cannot be written is no fault: the rendering is made again.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Begins every entry; to be changed when renderings are made differently.
const FORMAT: &str = "plimsoll-helm-1";

/// What a rendering depends on, piece by piece.
pub(super) struct Key(Sha256);

impl Key {
    /// Of nothing yet.
    pub(super) fn new() -> Self {
        let mut key = Self(Sha256::new());
        key.add(FORMAT.as_bytes());
        key
    }

    /// Adds a piece; where one ends and the next begins makes a difference.
    pub(super) fn add(&mut self, piece: &[u8]) {
        self.0.update((piece.len() as u64).to_le_bytes());
        self.0.update(piece);
    }

    fn name(&self) -> String {
        hexadecimal(&self.0.clone().finalize())
    }
}

/// A folder of renderings.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// In the user's folder of caches.
    pub(super) fn below(folder: &Path) -> Self {
        Self { folder: folder.join("helm") }
    }

    /// The rendering of a key, if it is there and whole.
    pub(super) fn get(&self, key: &Key) -> Option<String> {
        let entry = fs::read_to_string(self.folder.join(key.name())).ok()?;
        let (head, text) = entry.split_once('\n')?;
        (head == header(text)).then(|| text.to_owned())
    }

    /// Keeps a rendering.
    pub(super) fn put(&self, key: &Key, text: &str) {
        // Whatever fails here costs time in the next run, and nothing else.
        let _ = self.try_put(key, text);
    }

    fn try_put(&self, key: &Key, text: &str) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        writeln!(file, "{}", header(text))?;
        file.write_all(text.as_bytes())?;
        file.persist(self.folder.join(key.name()))?;
        Ok(())
    }
}

fn header(text: &str) -> String {
    format!("{FORMAT} {}", hexadecimal(&Sha256::digest(text.as_bytes())))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(pieces: &[&str]) -> Key {
        let mut key = Key::new();
        for piece in pieces {
            key.add(piece.as_bytes());
        }
        key
    }

    #[test]
    fn what_was_put_comes_back_for_the_same_content_alone() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::below(&folder.path().join("not/yet"));
        assert_eq!(cache.get(&key(&["a", "b"])), None);
        cache.put(&key(&["a", "b"]), "kind: A\n---\n");
        assert_eq!(cache.get(&key(&["a", "b"])).as_deref(), Some("kind: A\n---\n"));
        assert_eq!(cache.get(&key(&["ab"])), None);
        assert_eq!(cache.get(&key(&["a", "b", ""])), None);
    }

    #[test]
    fn an_entry_that_is_not_whole_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::below(folder.path());
        cache.put(&key(&["a"]), "kind: A\n");
        let path = folder.path().join("helm").join(key(&["a"]).name());
        let entry = fs::read_to_string(&path).unwrap();
        for broken in [&entry[..entry.len() - 1], "", "kind: B\n", &entry[..10]] {
            fs::write(&path, broken).unwrap();
            assert_eq!(cache.get(&key(&["a"])), None, "{broken:?}");
        }
        cache.put(&key(&["a"]), "kind: A\n");
        assert!(cache.get(&key(&["a"])).is_some());
        // No half-written file stays behind.
        assert_eq!(fs::read_dir(folder.path().join("helm")).unwrap().count(), 1);
    }
}
