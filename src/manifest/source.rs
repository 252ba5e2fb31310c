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
    /// A position every [`STEP`] bytes, once one was asked for.
    marks: OnceLock<Vec<Position>>,
}

/// How many bytes lie between two positions that are remembered. Whatever the length of file and line, no more than
/// these are walked through for a position.
const STEP: usize = 1024;

impl Source {
    /// A source of a path and its text.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), marks: OnceLock::new() }
    }

    /// The line and column (both from 1, the column in characters) of a byte offset; within a character, of its start.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = self.text.floor_char_boundary(offset as usize);
        let mark = self.marks().get(offset / STEP).copied().unwrap_or(START);
        self.walk(mark, offset)
    }

    fn marks(&self) -> &[Position] {
        self.marks.get_or_init(|| {
            let mut known = START;
            let mark = |index| {
                known = self.walk(known, self.text.floor_char_boundary(index * STEP));
                known
            };
            (0..=self.text.len() / STEP).map(mark).collect()
        })
    }

    /// The position of an offset behind a known one.
    fn walk(&self, from: Position, offset: usize) -> Position {
        let passed = self.text.get(from.offset as usize..offset).unwrap_or_default();
        let newlines = memchr::memchr_iter(b'\n', passed.as_bytes()).count();
        let line_start = memchr::memrchr(b'\n', passed.as_bytes()).map_or(0, |newline| newline + 1);
        let column = if newlines > 0 { 1 } else { from.column };
        Position {
            line: from.line + clamp(newlines),
            column: column + clamp(passed[line_start..].chars().count()),
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

const START: Position = Position { line: 1, column: 1, offset: 0 };

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

    /// Files whose ids are their places in the list.
    #[must_use]
    pub fn all(files: Vec<Arc<Source>>) -> Self {
        Self { first: 0, files }
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

    #[test]
    fn nor_do_those_of_a_long_line_from_the_line_s_start() {
        let source = Source::new("a.json", "{\"é\": 1}".repeat(500_000));
        for item in 0..500_000 {
            let position = source.position(item * 9 + 2);
            assert_eq!((position.line, position.column, position.offset), (1, item * 8 + 3, item * 9 + 2));
        }
    }

    #[test]
    fn positions_are_the_same_on_both_sides_of_what_is_remembered() {
        let text = "日本語 é\nab\n\n".repeat(500);
        let source = Source::new("a.yaml", text.as_str());
        let (mut line, mut column) = (1, 1);
        for (offset, character) in text.char_indices() {
            let position = source.position(u32::try_from(offset).unwrap());
            assert_eq!((position.line, position.column), (line, column), "{offset}");
            (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
    }
}
