//! Block scalars: literal and folded.

use std::borrow::Cow;

use super::Reader;
use crate::manifest::kyaml::{self, Dialect};
use crate::manifest::node::{Node, Value};

/// What the header says.
struct Header {
    folded: bool,
    /// `-`, `+`, or neither.
    chomp: Option<u8>,
    /// The digit.
    indent: Option<usize>,
    /// Where it ends.
    end: usize,
}

/// The text of a block scalar while its lines come in.
struct Text {
    folded: bool,
    content: String,
    /// The last line's break is still to be written.
    line_break: bool,
    /// Breaks of blank lines that are still to be written.
    blank_lines: usize,
    /// The last line started with a blank, so its break stays.
    indented: bool,
}

impl Text {
    fn push_line(&mut self, line: &str) {
        let indented = line.starts_with([' ', '\t']);
        if self.line_break {
            if self.folded && !self.indented && !indented {
                if self.blank_lines == 0 {
                    self.content.push(' ');
                }
            } else {
                self.content.push('\n');
            }
        }
        self.push_blank_lines();
        self.content.push_str(line);
        self.indented = indented;
    }

    fn push_blank_lines(&mut self) {
        self.content.extend(std::iter::repeat_n('\n', self.blank_lines));
        self.blank_lines = 0;
    }

    fn chomped(mut self, chomp: Option<u8>) -> String {
        if chomp != Some(b'-') && self.line_break {
            self.content.push('\n');
        }
        if chomp == Some(b'+') {
            self.push_blank_lines();
        }
        self.content
    }
}

impl<'s> Reader<'s> {
    /// A block scalar whose text is indented by at least `least`.
    pub(super) fn block_scalar(&mut self, least: usize) -> Option<Node<'s>> {
        let start = self.at;
        let header = self.header()?;
        let first = self.first_line()?;
        let indent = match header.indent {
            // At the top level, indentation counts from a column that is not there
            Some(digit) => least.checked_sub(1)? + digit,
            None => first.indent,
        };
        if indent < least.max(1) || first.indent < indent || first.longest_blank > indent {
            return None;
        }
        let mut text =
            Text { folded: header.folded, content: String::new(), line_break: false, blank_lines: 0, indented: false };
        let mut end = header.end;
        loop {
            let line = self.at;
            let limit = line + indent;
            while self.at < limit && self.peek() == Some(b' ') {
                self.at += 1;
            }
            match self.peek() {
                None => break,
                Some(b'\n' | b'\r') => {
                    text.blank_lines += 1;
                    self.skip_line();
                    continue;
                }
                Some(b'\t') if self.at < limit => return None,
                Some(_) if self.at < limit => {
                    self.at = line;
                    break;
                }
                Some(_) => {}
            }
            let content = self.at;
            self.skip_line();
            let raw = self.text.get(content..self.at)?;
            let line = raw.strip_suffix('\n').map_or(raw, |line| line.strip_suffix('\r').unwrap_or(line));
            text.push_line(line);
            text.line_break = line.len() < raw.len();
            let length = line.trim_end_matches([' ', '\t']).len();
            if length > 0 {
                end = content + length;
            }
        }
        self.next_line()?;
        let text = Cow::Owned(text.chomped(header.chomp));
        let is_refolded = header.folded && self.dialect == Dialect::Kyaml;
        let text = if is_refolded { kyaml::refold(text) } else { text };
        Some(Node { span: self.span(start, end), value: Value::String(text) })
    }

    /// Reads `|-2 # comment`.
    fn header(&mut self) -> Option<Header> {
        let mut header = Header { folded: self.peek()? == b'>', chomp: None, indent: None, end: 0 };
        self.at += 1;
        loop {
            match self.peek() {
                Some(sign @ (b'-' | b'+')) if header.chomp.is_none() => header.chomp = Some(sign),
                Some(digit @ b'1'..=b'9') if header.indent.is_none() => header.indent = Some(usize::from(digit - b'0')),
                _ => break,
            }
            self.at += 1;
        }
        header.end = self.at;
        self.skip_spaces();
        let ends = self.at_line_end() && (self.at > header.end || self.peek() != Some(b'#'));
        self.skip_line();
        ends.then_some(header)
    }

    /// Looks ahead to the first line that is not blank.
    fn first_line(&self) -> Option<FirstLine> {
        let mut first = FirstLine { indent: 0, longest_blank: 0 };
        let mut line = self.at;
        loop {
            let rest = self.bytes.get(line..)?;
            let spaces = rest.iter().position(|byte| *byte != b' ')?;
            match rest.get(spaces..)? {
                [b'\n' | b'\r', ..] => {
                    first.longest_blank = first.longest_blank.max(spaces);
                    line += memchr::memchr(b'\n', rest)? + 1;
                }
                [b'\t', ..] => return None,
                _ => {
                    first.indent = spaces;
                    return Some(first);
                }
            }
        }
    }
}

/// What the lines before the text tell about its indentation.
struct FirstLine {
    indent: usize,
    longest_blank: usize,
}
