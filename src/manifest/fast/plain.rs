//! Plain scalars in block context.

use std::borrow::Cow;

use super::Reader;
use crate::manifest::kyaml::Context;
use crate::manifest::node::Node;

/// The part of a plain scalar on one line.
struct Piece {
    start: usize,
    end: usize,
    /// A comment stands behind it.
    commented: bool,
}

impl<'s> Reader<'s> {
    /// A plain scalar, with the lines that go on with it: those indented by at least `least`.
    pub(super) fn plain(&mut self, least: usize) -> Option<Node<'s>> {
        let first = self.plain_piece()?;
        let mut end = first.end;
        let mut text = Cow::Borrowed(self.text.get(first.start..end)?);
        let mut ended = first.commented;
        self.end_line()?;
        while self.line.indent.is_some_and(|indent| indent >= least) {
            // A comment ends a plain scalar, and nothing may go on with it then
            if ended || self.line.commented {
                return None;
            }
            let blank_lines = self.line.blank_lines;
            let piece = self.plain_piece()?;
            let folded = text.to_mut();
            if blank_lines == 0 {
                folded.push(' ');
            }
            folded.extend(std::iter::repeat_n('\n', blank_lines));
            folded.push_str(self.text.get(piece.start..piece.end)?);
            end = piece.end;
            ended = piece.commented;
            self.end_line()?;
        }
        self.resolved(text, Context::Block, first.start, end)
    }

    /// Reads to the end of the line or to a comment.
    fn plain_piece(&mut self) -> Option<Piece> {
        let start = self.at;
        let mut at = start;
        let commented = loop {
            match self.bytes.get(at) {
                None | Some(b'\n' | b'\r') => break false,
                Some(b':') if self.blank_at(at + 1) => return None,
                Some(b'#') if at == start || self.bytes.get(at - 1) == Some(&b' ') => break true,
                Some(b'\t') => return None,
                Some(_) => at += 1,
            }
        };
        self.at = at;
        let length = self.text.get(start..at)?.trim_end_matches(' ').len();
        Some(Piece { start, end: start + length, commented })
    }
}
