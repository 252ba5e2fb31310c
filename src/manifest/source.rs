//! Texts of a run, and from bytes to lines and columns.
//!
//! In: a path and its text. Out: positions that an editor understands. It never reads a file.

use std::sync::Arc;

use super::node::{FileId, Span};
use crate::finding::{Place, Position, Range};

/// A file's path and text.
#[derive(Debug)]
pub struct Source {
    /// Path from the root of the repository, with `/` between its parts; `-` is standard input.
    pub path: Arc<str>,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source of a path and its text.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The line and column (both from 1, the column in characters) of a byte offset.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |newline| newline + 1);
        Position {
            line: clamp(memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1),
            column: clamp(before[line_start..].chars().count() + 1),
            offset: clamp(offset),
        }
    }

    /// The place of a range of bytes of this file.
    #[must_use]
    pub fn place(&self, start: u32, end: u32) -> Place {
        let start_position = self.position(start);
        Place {
            path: Arc::clone(&self.path),
            range: Some(Range { start: start_position, end: self.position(end.max(start)) }),
        }
    }
}

fn clamp(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The texts that the nodes at hand borrow from.
#[derive(Debug, Default)]
pub struct Sources {
    first: u32,
    files: Vec<Arc<Source>>,
}

impl Sources {
    /// A single file, under an id that the whole run agrees on.
    #[must_use]
    pub fn single(id: FileId, source: Arc<Source>) -> Self {
        Self { first: id.0, files: vec![source] }
    }

    /// The file of an id.
    ///
    /// # Panics
    /// When the id belongs to other sources: nodes never outlive the sources that they borrow from.
    #[must_use]
    pub fn get(&self, id: FileId) -> &Source {
        &self.files[(id.0 - self.first) as usize]
    }

    /// The place of a span.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        self.get(span.file).place(span.start, span.end)
    }
}
