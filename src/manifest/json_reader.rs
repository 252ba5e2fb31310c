//! Reads JSON, strictly, into the same tree as YAML.
//!
//! In: the text of a file, with any number of values one after the other. Out: their trees, with the span of every value
//! and key. It never takes what is not JSON: no comments, no trailing commas, no single quotes.
//!
//! Where JSON leaves it open, it does as Kubernetes' decoder: integers are exact within 64 bits and floats beyond, and half
//! a surrogate pair is U+FFFD.

use std::borrow::Cow;

use super::duplicates;
use super::node::{Entry, FileId, Node, Span, Value};
use super::problem::{Problem, narrow};
use super::syntax::start_of_escape;
use super::tree::{Bytes, MAX_DEPTH, MAX_NODES, too_deep, too_many};
use crate::catalogue::read;

/// A value of a file, or what is wrong with it, and where it ends.
pub(super) struct Read<'s> {
    /// The value or the problems.
    pub value: Result<Node<'s>, Vec<Problem>>,
    /// Where to read on: behind the value, or where the next one may start.
    pub end: usize,
}

/// Reads the value at an offset, or none if there is nothing but blanks left.
pub(super) fn read(file: FileId, text: &str, from: usize) -> Option<Read<'_>> {
    read_within(file, text, from, MAX_NODES)
}

fn read_within(file: FileId, text: &str, from: usize, room: usize) -> Option<Read<'_>> {
    let mut reader = Reader { file, text, at: from, depth: 0, room, problems: Vec::new(), duplicates: 0 };
    reader.skip_blanks();
    reader.peek()?;
    match reader.value() {
        Ok(node) => {
            let end = reader.at;
            duplicates::tell_rest(&mut reader.problems, reader.duplicates);
            Some(Read { value: if reader.problems.is_empty() { Ok(node) } else { Err(reader.problems) }, end })
        }
        Err(problem) => {
            reader.problems.push(problem);
            Some(Read { value: Err(reader.problems), end: next_line(text, reader.at) })
        }
    }
}

/// Where values may go on behind a broken one: at the next line that begins with a bracket.
fn next_line(text: &str, from: usize) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let mut lines = memchr::memchr_iter(b'\n', rest).map(|newline| newline + 1);
    lines.find(|start| matches!(rest.get(*start), Some(b'{' | b'['))).map_or(text.len(), |start| from + start)
}

/// Where the next value starts behind those of a broken one: what it left of itself, closing brackets and commas, is
/// none.
pub(super) fn skip_remains(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    text.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', ',', ']', '}']).len()
}

struct Reader<'s> {
    file: FileId,
    text: &'s str,
    at: usize,
    depth: usize,
    /// How many more values there may be.
    room: usize,
    problems: Vec<Problem>,
    duplicates: usize,
}

impl<'s> Reader<'s> {
    fn value(&mut self) -> Result<Node<'s>, Problem> {
        let start = self.at;
        self.room = self.room.checked_sub(1).ok_or_else(|| too_many((start, start + 1)))?;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { span: self.span(start), value })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value<'s>, Problem>) -> Result<Value<'s>, Problem> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep((self.at, self.at + 1)));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value<'s>, Problem> {
        let open = self.at;
        let mut entries = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.take(b'}') {
            return Ok(Value::Mapping(entries));
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected_in(open, "a key in double quotes"));
            }
            let key = self.string()?;
            let key_span = self.span(start);
            self.skip_blanks();
            if !self.take(b':') {
                return Err(self.unexpected_in(open, "`:`"));
            }
            self.skip_blanks();
            let value = self.value()?;
            entries.push(Entry { key, key_span, value });
            self.skip_blanks();
            if self.take(b'}') {
                self.report_duplicates(&entries);
                return Ok(Value::Mapping(entries));
            }
            self.comma(open, b'}')?;
        }
    }

    fn array(&mut self) -> Result<Value<'s>, Problem> {
        let open = self.at;
        let mut items = Vec::new();
        self.at += 1;
        self.skip_blanks();
        if self.take(b']') {
            return Ok(Value::Sequence(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_blanks();
            if self.take(b']') {
                return Ok(Value::Sequence(items));
            }
            self.comma(open, b']')?;
        }
    }

    /// The comma between two entries, and the blanks around it.
    fn comma(&mut self, open: usize, close: u8) -> Result<(), Problem> {
        let comma = self.at;
        if !self.take(b',') {
            let expected = if close == b'}' { "`,` or `}`" } else { "`,` or `]`" };
            return Err(self.unexpected_in(open, expected));
        }
        self.skip_blanks();
        if self.peek() == Some(close) {
            let problem = Problem::new(&read::SYNTAX, (comma, comma + 1), "a comma stands behind the last entry");
            return Err(problem.with_help("delete the comma"));
        }
        Ok(())
    }

    fn report_duplicates(&mut self, entries: &[Entry<'s>]) {
        if !duplicates::any(entries) {
            return;
        }
        let pairs = duplicates::pairs(entries);
        self.duplicates += pairs.len();
        let room = duplicates::MAX_TOLD.saturating_sub(self.problems.len());
        let problem = |(first, second): (usize, usize)| {
            Some(duplicates::written_twice(entries.get(first)?, entries.get(second)?))
        };
        self.problems.extend(pairs.into_iter().take(room).filter_map(problem));
    }

    fn word(&mut self, word: &str, value: Value<'s>) -> Result<Value<'s>, Problem> {
        if self.rest().starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.unexpected("a value"))
    }

    fn number(&mut self) -> Result<Value<'s>, Problem> {
        let start = self.at;
        self.take(b'-');
        let whole = self.digits();
        if whole == 0 || (whole > 1 && self.text.as_bytes().get(self.at - whole) == Some(&b'0')) {
            return Err(self.bad_number(start));
        }
        let mut integer = true;
        if self.take(b'.') {
            integer = false;
            if self.digits() == 0 {
                return Err(self.bad_number(start));
            }
        }
        if self.take(b'e') || self.take(b'E') {
            integer = false;
            let _sign = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return Err(self.bad_number(start));
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if integer && let Ok(number) = text.parse() {
            return Ok(Value::Int(number));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(Problem::new(&read::SYNTAX, (start, self.at), "this number is out of range")),
        }
    }

    fn digits(&mut self) -> usize {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn bad_number(&self, start: usize) -> Problem {
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-._".contains(letter));
        let end = start + length.unwrap_or(rest.len()).max(1);
        Problem::new(&read::SYNTAX, (start, end), "this is no number in JSON")
            .with_help("write it in decimal without leading zeros, or put double quotes around it if it is a text")
    }

    fn string(&mut self) -> Result<Cow<'s, str>, Problem> {
        let open = self.at;
        self.at += 1;
        let start = self.at;
        let mut text = Cow::Borrowed("");
        let mut copied = start;
        loop {
            let Some(length) = memchr::memchr2(b'"', b'\\', self.rest()) else {
                let problem =
                    Problem::new(&read::SYNTAX, (open, open + 1), "the quote that opens here is never closed");
                return Err(problem.with_help("add the closing quote"));
            };
            self.check_controls(self.at + length)?;
            let closed = self.rest().get(length) == Some(&b'"');
            let piece = self.text.get(copied..self.at + length).unwrap_or_default();
            self.at += length;
            if closed {
                self.at += 1;
                return Ok(if copied == start { Cow::Borrowed(piece) } else { text + piece });
            }
            let text = text.to_mut();
            text.push_str(piece);
            text.push(self.escape()?);
            copied = self.at;
        }
    }

    /// No control character may stand in a string up to an offset.
    fn check_controls(&self, end: usize) -> Result<(), Problem> {
        let piece = self.text.get(self.at..end).unwrap_or_default();
        let Some(offset) = piece.bytes().position(|byte| byte < b' ') else { return Ok(()) };
        let at = self.at + offset;
        let (message, help) = match piece.as_bytes().get(offset) {
            Some(b'\n' | b'\r') => ("a string cannot go on over a line break", "close its quote, or write `\\n`"),
            Some(b'\t') => ("a string cannot hold a tab", "write `\\t`"),
            _ => ("a string cannot hold a control character", "delete it, or write `\\u00` and its two digits"),
        };
        Err(Problem::new(&read::SYNTAX, (at, at + 1), message).with_help(help))
    }

    /// The character that an escape stands for.
    fn escape(&mut self) -> Result<char, Problem> {
        let start = self.at;
        let character = match self.rest().get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape().ok_or_else(|| self.bad_escape(start, 6)),
            _ => return Err(self.bad_escape(start, 2)),
        };
        self.at += 2;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Option<char> {
        let first = self.hexadecimal()?;
        if let Some(character) = char::from_u32(first) {
            return Some(character);
        }
        let behind = self.at;
        if first < 0xDC00
            && let Some(second @ 0xDC00..0xE000) = self.hexadecimal()
        {
            return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
        }
        self.at = behind;
        Some(char::REPLACEMENT_CHARACTER)
    }

    /// The number of a `\u` and four digits, which it moves behind.
    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 6)?.strip_prefix("\\u")?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 6;
        u32::from_str_radix(digits, 16).ok()
    }

    fn bad_escape(&self, start: usize, length: usize) -> Problem {
        let end = self.text.floor_char_boundary((start + length).min(self.text.len())).max(start + 1);
        let escape = self.text.get(start..end).unwrap_or_default();
        let message = format!("`{}` is no escape that JSON knows", start_of_escape(escape));
        Problem::new(&read::SYNTAX, (start, end), message).with_help("write two backslashes for a backslash")
    }

    /// A problem with what stands here instead of something else, in a collection that opened before.
    fn unexpected_in(&self, open: usize, expected: &str) -> Problem {
        if self.peek().is_some() {
            return self.unexpected(expected);
        }
        let bracket = self.text.get(open..=open).unwrap_or_default();
        let close = if bracket == "{" { '}' } else { ']' };
        Problem::new(&read::SYNTAX, (open, open + 1), format!("`{bracket}` is never closed"))
            .with_help(format!("add the closing `{close}`"))
    }

    fn unexpected(&self, expected: &str) -> Problem {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return Problem::new(
                &read::SYNTAX,
                (self.at, self.at),
                format!("expected {expected} at the end of the file"),
            );
        };
        let length = rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len()).max(first.len_utf8());
        let at: Bytes = (self.at, self.at + length);
        // Only its first character: the rest may be a password that lacks quotes
        let found = match first {
            '!'..='~' => first.to_string(),
            _ => format!("U+{:04X}", u32::from(first)),
        };
        let problem = Problem::new(&read::SYNTAX, at, format!("expected {expected}, found `{found}`"));
        match first {
            '/' | '#' => problem.with_help("delete the comment: JSON has none"),
            '\'' => problem.with_help("use double quotes"),
            _ if expected.starts_with("`,`") => problem.with_help("separate the entries with `,`"),
            _ if first.is_alphabetic() => problem.with_help("put double quotes around it if it is a text"),
            _ => problem,
        }
    }

    fn skip_blanks(&mut self) {
        let blanks = self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += blanks;
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'s [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn span(&self, start: usize) -> Span {
        Span { file: self.file, start: narrow(start), end: narrow(self.at) }
    }
}

#[cfg(test)]
mod tests;
