//! The few source lines around a finding, made safe and short, as miette reads them.
//!
//! In: a file's text and the ranges to show. Out: a [`SourceCode`] of the lines around them, with true line numbers and
//! columns. miette reads its source again for each label, so it never gets the file: only these lines.

use std::collections::BTreeMap;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::printable::push_printable;
use super::secret;
use crate::finding::Range;

/// Lines longer than this to either side of a position are cut; the rest of the file is not searched for their ends.
const LONG_LINE: usize = 4096;

/// Runs of lines, at offsets of a text that exists nowhere as a whole.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    runs: Vec<Run>,
    /// Where the marks begin, and their true columns (from 1): a cut or masked line has lost them.
    columns: Vec<(usize, u32)>,
}

/// Consecutive lines, each ended by `\n`.
#[derive(Debug)]
struct Run {
    offset: usize,
    first_line: u32,
    text: String,
}

impl Excerpt {
    /// The lines around ranges, each of at most `width` characters, and where each range is in the excerpt; a range of
    /// several lines is shown by its first. `masked` tells of a byte offset whether its line's value must not be shown.
    pub(super) fn new(
        name: String,
        text: &str,
        ranges: &[Range],
        width: usize,
        mut masked: impl FnMut(usize) -> bool,
    ) -> (Self, Vec<SourceSpan>) {
        let mut lines = BTreeMap::new();
        for range in ranges {
            add_lines_around(&mut lines, text, range);
        }
        let mut excerpt = Self { name, runs: Vec::new(), columns: Vec::new() };
        let mut spans = vec![SourceSpan::from((0, 0)); ranges.len()];
        let mut next_offset = 0;
        let mut last_line = None;
        for (&number, line) in &lines {
            if last_line.is_none_or(|last: u32| last + 1 != number) {
                // A gap in offsets keeps a mark at the end of one run from touching the next
                next_offset += 1;
                excerpt.runs.push(Run { offset: next_offset, first_line: number, text: String::new() });
            }
            last_line = Some(number);
            let marks: Vec<(usize, &Range)> =
                ranges.iter().enumerate().filter(|(_, range)| range.start.line == number).collect();
            let shown = ShownLine::new(text, line, &marks, width, masked(line.end));
            for ((index, range), (start, end)) in marks.iter().zip(&shown.marks) {
                spans[*index] = SourceSpan::from((next_offset + start, end - start));
                excerpt.columns.push((next_offset + start, range.start.column));
            }
            if let Some(run) = excerpt.runs.last_mut() {
                run.text.push_str(&shown.text);
                run.text.push('\n');
            }
            next_offset += shown.text.len() + 1;
        }
        (excerpt, spans)
    }
}

/// The bytes of a line without its end, and whether they are only a part of it.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
    cut_before: bool,
    cut_after: bool,
}

/// Adds the line that a range begins in, the one before and the one after.
fn add_lines_around(lines: &mut BTreeMap<u32, Line>, text: &str, range: &Range) {
    let number = range.start.line;
    let line = line_at(text, range.start.offset as usize);
    // The first entry stays: ranges are given the most important first, and a long line is cut around that
    lines.entry(number).or_insert(line);
    // A text that has changed since may have a line before the first
    if !line.cut_before && line.start > 0 && number > 1 {
        let before = line_at(text, line.start - 1);
        if !before.cut_before {
            lines.entry(number - 1).or_insert(before);
        }
    }
    let after = line.end + if text[line.end..].starts_with("\r\n") { 2 } else { 1 };
    if !line.cut_after && after < text.len() {
        lines.entry(number.saturating_add(1)).or_insert_with(|| line_at(text, after));
    }
}

/// The line that an offset is in, or `LONG_LINE` bytes of it to either side.
fn line_at(text: &str, offset: usize) -> Line {
    let offset = text.floor_char_boundary(offset.min(text.len()));
    let floor = text.floor_char_boundary(offset.saturating_sub(LONG_LINE));
    let ceiling = text.ceil_char_boundary(offset.saturating_add(LONG_LINE).min(text.len()));
    let newline_before = memchr::memrchr(b'\n', &text.as_bytes()[floor..offset]);
    let newline_after = memchr::memchr(b'\n', &text.as_bytes()[offset..ceiling]);
    let start = newline_before.map_or(floor, |newline| floor + newline + 1);
    let mut end = newline_after.map_or(ceiling, |newline| offset + newline);
    if newline_after.is_some() && end > start && text.as_bytes()[end - 1] == b'\r' {
        end -= 1;
    }
    Line {
        start,
        end,
        cut_before: newline_before.is_none() && floor > 0,
        cut_after: newline_after.is_none() && ceiling < text.len(),
    }
}

/// A line as it is shown, with the bytes of each mark in it.
struct ShownLine {
    text: String,
    marks: Vec<(usize, usize)>,
}

impl ShownLine {
    fn new(text: &str, line: &Line, marks: &[(usize, &Range)], width: usize, masked: bool) -> Self {
        let content = &text[line.start..line.end];
        let marks: Vec<(usize, usize)> = marks.iter().map(|(_, range)| mark_in(content, line, range)).collect();
        if masked {
            Self::masked(content, line, &marks, width)
        } else {
            Self::windowed(content, line.cut_before, line.cut_after, &marks, width)
        }
    }

    /// A line whose value is masked; marks in the value point at the mask.
    fn masked(content: &str, line: &Line, marks: &[(usize, usize)], width: usize) -> Self {
        // A part of a line may begin in the middle of a value
        let (masked, value_start) = if line.cut_before { ("***".to_owned(), 0) } else { secret::mask(content) };
        let marks: Vec<(usize, usize)> = marks
            .iter()
            .map(|&(start, end)| {
                if start < value_start {
                    (start, end.min(value_start))
                } else {
                    (value_start.min(masked.len()), masked.len())
                }
            })
            .collect();
        Self::windowed(&masked, false, false, &marks, width)
    }

    /// The part of a line that fits the width, around the first mark, escaped.
    fn windowed(content: &str, cut_before: bool, cut_after: bool, marks: &[(usize, usize)], width: usize) -> Self {
        let focus = marks.first().map_or(0, |mark| mark.0);
        let fits = !cut_before && !cut_after && content.chars().count() <= width;
        let from = if fits { 0 } else { step_back(content, focus, width / 3) };
        let to = if fits { content.len() } else { step_forward(content, from, width) };
        let mut shown = String::with_capacity(to - from + 8);
        if from > 0 || cut_before {
            shown.push('…');
        }
        let mut places: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); marks.len()];
        let mut note = |at: usize, shown: &String| {
            for (mark, place) in marks.iter().zip(&mut places) {
                if at >= mark.0 {
                    place.0.get_or_insert(shown.len());
                }
                if at >= mark.1 {
                    place.1.get_or_insert(shown.len());
                }
            }
        };
        for (at, character) in content[from..to].char_indices() {
            note(from + at, &shown);
            if character == '\t' { shown.push('\t') } else { push_printable(&mut shown, character) }
        }
        note(to, &shown);
        let end = shown.len();
        if to < content.len() || cut_after {
            shown.push('…');
        }
        let marks = places.into_iter().map(|(start, stop)| {
            let start = start.unwrap_or(end);
            (start, stop.unwrap_or(end).max(start))
        });
        Self { marks: marks.collect(), text: shown }
    }
}

/// The bytes of a range within the content of the line it begins in.
fn mark_in(content: &str, line: &Line, range: &Range) -> (usize, usize) {
    let within =
        |offset: u32| content.floor_char_boundary((offset as usize).saturating_sub(line.start).min(content.len()));
    let start = within(range.start.offset);
    let end = if range.end.line > range.start.line { content.len() } else { within(range.end.offset) };
    (start, end.max(start))
}

/// The offset some characters before another.
fn step_back(text: &str, from: usize, characters: usize) -> usize {
    text[..from].char_indices().rev().take(characters).last().map_or(from, |(at, _)| at)
}

/// The offset some characters after another.
fn step_forward(text: &str, from: usize, characters: usize) -> usize {
    text[from..].char_indices().nth(characters).map_or(text.len(), |(at, _)| from + at)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let run = self
            .runs
            .iter()
            .find(|run| span.offset() >= run.offset && end < run.offset + run.text.len())
            .ok_or(MietteError::OutOfBounds)?;
        let (before, after) = (&run.text[..span.offset() - run.offset], &run.text[end - run.offset..]);
        let line = run.first_line as usize - 1 + before.matches('\n').count();
        // miette asks for no lines around where it only wants to know the line and column of a label
        if lines_before == 0 {
            let column =
                self.columns.iter().find(|(at, _)| *at == span.offset()).map_or(0, |(_, column)| *column as usize - 1);
            let data = &run.text[before.len()..end - run.offset];
            return Ok(Box::new(MietteSpanContents::new_named(
                self.name.clone(),
                data.as_bytes(),
                *span,
                line,
                column,
                1,
            )));
        }
        let start = before.rmatch_indices('\n').nth(lines_before).map_or(0, |(at, _)| at + 1);
        let stop =
            after.match_indices('\n').nth(lines_after).map_or(run.text.len(), |(at, _)| end - run.offset + at + 1);
        let data = &run.text[start..stop];
        let first_line = run.first_line as usize - 1 + run.text[..start].matches('\n').count();
        let context = SourceSpan::from((run.offset + start, data.len()));
        let line_count = data.matches('\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data.as_bytes(),
            context,
            first_line,
            0,
            line_count,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Source;

    fn shown(text: &str, start: usize, end: usize, width: usize, masked: bool) -> (String, String) {
        let source = Source::new("a.yaml", text);
        let place = source.place(u32::try_from(start).unwrap(), u32::try_from(end).unwrap());
        let (excerpt, spans) = Excerpt::new("a.yaml".into(), text, &[place.range.unwrap()], width, |_| masked);
        let run = &excerpt.runs[0];
        let from = spans[0].offset() - run.offset;
        (run.text.clone(), run.text[from..from + spans[0].len()].to_owned())
    }

    #[test]
    fn one_line_before_and_one_after_are_shown() {
        let text = "a: 1\nb: 2\r\nc: naïve\nd: 4\n";
        let start = text.find("naïve").unwrap();
        assert_eq!(shown(text, start, start + 6, 100, false), ("b: 2\nc: naïve\nd: 4\n".into(), "naïve".into()));
        assert_eq!(shown(text, 0, 1, 100, false), ("a: 1\nb: 2\n".into(), "a".into()));
        assert_eq!(shown("", 0, 0, 100, false), ("\n".into(), String::new()));
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let text = format!("k: {}X{}\nnext: 1\n", "a".repeat(9000), "b".repeat(9000));
        let (lines, marked) = shown(&text, 9003, 9004, 30, false);
        assert_eq!(lines, format!("…{}X{}…\n", "a".repeat(10), "b".repeat(19)));
        assert_eq!(marked, "X");
        let (lines, _) = shown(&text, 0, 1, 30, false);
        assert_eq!(lines, format!("k: {}…\n", "a".repeat(27)));
    }

    #[test]
    fn control_characters_are_escaped_and_the_mark_still_fits() {
        let text = "a\u{1b}[2J: \u{202e}x\n";
        let start = text.find('x').unwrap();
        assert_eq!(shown(text, start, start + 1, 100, false), ("a\\u{1b}[2J: \\u{202e}x\n".into(), "x".into()));
    }

    #[test]
    fn masked_lines_keep_keys_only() {
        let text = "data:\n  a: hunter2\n  b: hunter3\n";
        assert_eq!(shown(text, 11, 18, 100, true), ("data:\n  a: ***\n  b: ***\n".into(), "***".into()));
        assert_eq!(shown(text, 8, 9, 100, true), ("data:\n  a: ***\n  b: ***\n".into(), "a".into()));
        let minified = format!("{{\"data\":{{{}\"a\":\"hunter2\"}}}}", "\"x\":\"y\",".repeat(1000));
        let start = minified.find("hunter2").unwrap();
        assert_eq!(shown(&minified, start, start + 7, 100, true), ("***\n".into(), "***".into()));
    }

    #[test]
    fn a_place_beyond_the_text_does_not_panic() {
        let range = Source::new("a.yaml", "long enough: text\nfor a place\n").place(20, 30).range.unwrap();
        let (excerpt, spans) = Excerpt::new("a.yaml".into(), "é", &[range], 100, |_| false);
        assert_eq!(excerpt.runs[0].text, "é\n");
        assert!(excerpt.read_span(&spans[0], 1, 1).is_ok());
        let range = Source::new("a.yaml", "é").place(2, 2).range.unwrap();
        let (excerpt, spans) = Excerpt::new("a.yaml".into(), "a\nb\n", &[range], 100, |_| false);
        assert_eq!(excerpt.read_span(&spans[0], 1, 1).unwrap().line(), 0);
    }

    #[test]
    fn lines_and_columns_are_those_of_the_file() {
        let text = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\n";
        let source = Source::new("a.yaml", text);
        let ranges = [source.place(33, 34).range.unwrap(), source.place(3, 4).range.unwrap()];
        let (excerpt, spans) = Excerpt::new("a.yaml".into(), text, &ranges, 100, |_| false);
        let at = excerpt.read_span(&spans[0], 0, 0).unwrap();
        assert_eq!((at.line(), at.column(), at.data()), (6, 3, b"7".as_slice()));
        let around = excerpt.read_span(&spans[1], 1, 1).unwrap();
        assert_eq!((around.line(), around.column(), around.data()), (0, 0, b"a: 1\nb: 2\n".as_slice()));
    }
}
