//! Texts of a run, and from bytes to lines and columns.
//!
//! In: a path and its text. Out: positions that an editor understands. It never reads a file.

use std::sync::{Arc, OnceLock};

use super::node::{FileId, Span};
use crate::finding::{Place, Position, Range};

/// A file's path and text.
#[derive(Debug)]
pub struct Source {
    /// Path from the root of the repository, with `/` between its parts; `-` is standard input.
    pub path: Arc<str>,
    /// The whole text.
    pub text: String,
    /// Where each line starts, once a position was asked for.
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// A source of a path and its text.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), lines: OnceLock::new() }
    }

    /// The line and column (both from 1, the column in characters) of a byte offset.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let lines = self.lines();
        let line = lines.partition_point(|start| *start as usize <= offset);
        let line_start = line.checked_sub(1).and_then(|index| lines.get(index)).map_or(0, |start| *start as usize);
        Position {
            line: clamp(line),
            column: clamp(self.text[line_start..offset].chars().count() + 1),
            offset: clamp(offset),
        }
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let behind = memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|newline| clamp(newline + 1));
            std::iter::once(0).chain(behind).collect()
        })
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

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn lines_and_columns_are_those_of_an_editor() {
        let source = Source::new("a.yaml", "a\n\nbé c\r\nd\n");
        for (offset, line, column, at) in [
            (0, 1, 1, 0),
            (1, 1, 2, 1),
            (2, 2, 1, 2),
            (3, 3, 1, 3),
            (5, 3, 2, 4),
            (6, 3, 3, 6),
            (10, 4, 1, 10),
            (99, 5, 1, 12),
        ] {
            let position = source.position(offset);
            assert_eq!((position.line, position.column, position.offset), (line, column, at), "{offset}");
        }
        let nothing = Source::new("a.yaml", "").position(0);
        assert_eq!((nothing.line, nothing.column), (1, 1));
    }

    #[test]
    fn the_positions_of_a_long_file_take_no_walk_from_its_start_each() {
        let source = Source::new("a.yaml", "a: 1\n".repeat(1_000_000));
        for line in 0..1_000_000 {
            assert_eq!(source.position(line * 5).line, line + 1);
        }
    }
}
