//! Where go-yaml lets a tab stand, which is in fewer places than YAML 1.2 allows.
//!
//! In: the tokens of a document, in order. Out: the first tab that Kubernetes would refuse. Only documents with tabs in
//! them pay for this.
//!
//! A tab may stand inside brackets and quotes, in comments, and behind a token on the same line. It may not stand where
//! a key could start: at the start of a line, or behind a `-` or `?`.

use super::problem::Problem;
use super::tree::Bytes;
use crate::catalogue::read;

/// Follows the tokens outside of brackets through a document.
pub(super) struct Tabs<'s> {
    text: &'s str,
    /// Where the last token ended.
    from: usize,
    last: Token,
}

/// What the blanks before the next token follow.
#[derive(Clone, Copy)]
pub(super) enum Token {
    /// A line break that nothing goes on behind.
    Line,
    /// A plain scalar, which also takes the blanks of the lines below it, if they are indented this far.
    Plain(usize),
    /// Anything else.
    Other,
}

impl<'s> Tabs<'s> {
    /// For a document that starts at an offset of a text.
    pub(super) fn new(text: &'s str, start: usize) -> Self {
        Self { text, from: start, last: Token::Line }
    }

    /// The last token ended here.
    pub(super) fn passed(&mut self, end: usize, token: Token) {
        self.from = end;
        self.last = token;
    }

    /// The next token starts here: checks the blanks, comments, indicators and properties before it.
    pub(super) fn reach(&self, next: usize) -> Result<(), Problem> {
        let bytes = self.text.as_bytes();
        let mut key_allowed = matches!(self.last, Token::Line);
        let mut taken_from = if let Token::Plain(indent) = self.last { Some(indent) } else { None };
        // How far the line is indented, as long as nothing but spaces was seen in it
        let mut indent = key_allowed.then_some(0);
        let mut at = self.from;
        while let Some(byte) = bytes.get(at).filter(|_| at < next) {
            let mut length = 1;
            match byte {
                b'\n' | b'\r' => {
                    indent = Some(0);
                    key_allowed = true;
                }
                b' ' => indent = indent.map(|indent| indent + 1),
                b'\t' => {
                    let refused = match taken_from {
                        Some(needed) => indent.is_some_and(|indent| indent < needed),
                        None => key_allowed,
                    };
                    if refused {
                        return Err(tab(at));
                    }
                    indent = None;
                }
                _ => {
                    length = match byte {
                        b'#' => distance(bytes, at, b"\n\r"),
                        b'&' | b'!' => distance(bytes, at, b" \t\n\r"),
                        b'-' if bytes.get(at..at + 3) == Some(b"---") => 3,
                        _ => 1,
                    };
                    key_allowed = match byte {
                        b'-' => length == 1,
                        b'?' => true,
                        // The colon of an explicit key starts its line
                        b':' => indent.is_some(),
                        _ => false,
                    };
                    taken_from = None;
                    indent = None;
                }
            }
            at += length;
        }
        Ok(())
    }

    /// A plain scalar: on each of its lines, no tab may stand before a column.
    pub(super) fn plain_scalar(&self, (start, end): Bytes, least: usize) -> Result<(), Problem> {
        let mut line = start;
        for text in self.text.get(start..end).unwrap_or_default().split_inclusive(['\n', '\r']) {
            let spaces = text.bytes().take_while(|byte| *byte == b' ').count();
            if line > start && spaces < least && text.as_bytes().get(spaces) == Some(&b'\t') {
                return Err(tab(line + spaces));
            }
            line += text.len();
        }
        Ok(())
    }

    /// A block scalar: no tab may stand before the column that its text is indented to. `column` is that of the
    /// collection that holds it.
    pub(super) fn block_scalar(&mut self, indicator: usize, column: Option<usize>) -> Result<(), Problem> {
        let bytes = self.text.as_bytes();
        let least = column.map_or(0, |column| column + 1);
        let mut line = indicator + distance(bytes, indicator, b"\n\r");
        let header = self.text.get(indicator..line).unwrap_or_default();
        let digit = header.chars().take_while(|letter| !letter.is_whitespace()).find_map(|letter| letter.to_digit(10));
        let mut indent = digit.map(|digit| column.unwrap_or_default() + digit as usize);
        self.last = Token::Line;
        loop {
            line += match bytes.get(line..) {
                Some([b'\r', b'\n', ..]) => 2,
                Some([_, ..]) => 1,
                _ => 0,
            };
            self.from = line;
            let rest = bytes.get(line..).unwrap_or_default();
            let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
            match rest.get(spaces) {
                None => return Ok(()),
                Some(b'\n' | b'\r') => {}
                Some(b'\t') if indent.is_none_or(|indent| spaces < indent) => return Err(tab(line + spaces)),
                Some(_) if spaces < *indent.get_or_insert(spaces.max(least)) => return Ok(()),
                Some(_) => {}
            }
            line += distance(bytes, line, b"\n\r");
        }
    }
}

/// How far it is to the next of some bytes, or to the end.
fn distance(bytes: &[u8], from: usize, ends: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.iter().position(|byte| ends.contains(byte)).unwrap_or(rest.len())
}

/// The problem of a tab.
pub(super) fn tab(at: usize) -> Problem {
    let problem = Problem::new(&read::SYNTAX, (at, at + 1), "a tab stands where only spaces may indent");
    problem.with_help("replace it with spaces")
}
