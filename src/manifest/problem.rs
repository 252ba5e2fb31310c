//! What is wrong with a document, before lines and columns are known.
//!
//! In: byte offsets of the file. Out: findings. Lines and columns cost a walk through the text, so a file's are found in
//! one walk.

use std::borrow::Cow;
use std::sync::Arc;

use super::source::Source;
use crate::catalogue::Rule;
use crate::finding::{Finding, Place, Position, Range};

/// Something wrong at a range of bytes of a file.
#[derive(Debug)]
pub(super) struct Problem {
    /// The rule it breaks.
    pub rule: &'static Rule,
    /// The first byte, and one past the last.
    pub at: (usize, usize),
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// The smallest edit that mends it.
    pub help: Option<Cow<'static, str>>,
    /// Another range that belongs to it, and what is there.
    pub related: Option<((usize, usize), Cow<'static, str>)>,
}

impl Problem {
    /// A problem without help.
    pub(super) fn new(rule: &'static Rule, at: (usize, usize), message: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, at, message: message.into(), help: None, related: None }
    }

    /// Adds the smallest edit that mends it.
    pub(super) fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another range that belongs to it.
    pub(super) fn with_related(mut self, at: (usize, usize), message: impl Into<Cow<'static, str>>) -> Self {
        self.related = Some((at, message.into()));
        self
    }
}

/// Turns problems into findings, document by document.
pub(super) struct Places<'s> {
    source: &'s Source,
    /// The farthest position so far: the next document's places lie behind it.
    known: Position,
}

impl<'s> Places<'s> {
    /// For the documents of a file, from its start on.
    pub(super) fn new(source: &'s Source) -> Self {
        Self { source, known: START }
    }

    /// The findings of a document's problems, in their order.
    pub(super) fn findings(&mut self, problems: Vec<Problem>) -> Vec<Finding> {
        let ranges =
            problems.iter().flat_map(|problem| [Some(problem.at), problem.related.as_ref().map(|(at, _)| *at)]);
        let positions = self.positions(ranges.flatten().flat_map(|(start, end)| [start, end]).collect());
        // Offsets within a character were moved to its start, the one just before
        let position = |offset: usize| {
            let index = positions.partition_point(|position| position.offset as usize <= offset);
            index.checked_sub(1).and_then(|index| positions.get(index)).copied().unwrap_or(START)
        };
        let place = |(start, end): (usize, usize)| Place {
            path: Arc::clone(&self.source.path),
            range: Some(Range { start: position(start), end: position(end.max(start)) }),
        };
        let finding = |problem: Problem| {
            let mut finding = Finding::new(problem.rule, place(problem.at), problem.message);
            finding.help = problem.help.map(Cow::into_owned);
            match problem.related {
                Some((at, message)) => finding.with_related(place(at), message),
                None => finding,
            }
        };
        problems.into_iter().map(finding).collect()
    }

    /// The positions of some offsets, sorted.
    fn positions(&mut self, mut offsets: Vec<usize>) -> Vec<Position> {
        let text = self.source.text.as_str();
        for offset in &mut offsets {
            *offset = text.floor_char_boundary(*offset);
        }
        offsets.sort_unstable();
        offsets.dedup();
        if offsets.first().is_some_and(|first| *first < self.known.offset as usize) {
            self.known = START;
        }
        offsets.into_iter().map(|offset| self.walk_to(offset)).collect()
    }

    fn walk_to(&mut self, offset: usize) -> Position {
        let passed = self.source.text.get(self.known.offset as usize..offset).unwrap_or_default();
        let newlines = memchr::memchr_iter(b'\n', passed.as_bytes()).count();
        let last_line = passed.rsplit('\n').next().unwrap_or_default();
        let column = if newlines > 0 { 1 } else { self.known.column };
        self.known = Position {
            line: self.known.line + narrow(newlines),
            column: column + narrow(last_line.chars().count()),
            offset: narrow(offset),
        };
        self.known
    }
}

const START: Position = Position { line: 1, column: 1, offset: 0 };

/// Offsets, lines and columns of files under 4 GiB.
pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Places, Problem};
    use crate::catalogue::read;
    use crate::manifest::Source;

    #[test]
    fn places_agree_with_the_source() {
        let source = Source::new("a.yaml", "é: 1\nb: ü ö\n\nc");
        let offsets = [14, 8, 0, 2, 8, source.text.len()];
        let problems = offsets.map(|offset| {
            Problem::new(&read::SYNTAX, (offset, offset + 1), "x").with_related((offset / 2, offset / 2), "y")
        });
        for (finding, offset) in Places::new(&source).findings(problems.into()).iter().zip(offsets) {
            let at = u32::try_from(offset).unwrap();
            assert_eq!(finding.place, source.place(at, at + 1));
            assert_eq!(finding.related[0].place, source.place(at / 2, at / 2));
        }
    }

    #[test]
    fn the_next_document_goes_on_from_the_last() {
        let source = Source::new("a.yaml", "a\nb\nc ä d\ne");
        let mut places = Places::new(&source);
        for (start, end) in [(0, 1), (2, 3), (7, 8), (9, 9), (2, 4)] {
            let problem = Problem::new(&read::SYNTAX, (start, end), "x");
            let found = places.findings(vec![problem]).remove(0).place;
            assert_eq!(found, source.place(u32::try_from(start).unwrap(), u32::try_from(end).unwrap()));
        }
    }
}
