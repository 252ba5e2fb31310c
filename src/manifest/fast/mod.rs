//! The fast path: reads the plain block YAML that most manifests are, in one pass and without a parser between.
//!
//! In: the text of a document. Out: the very tree that [`super::reader`] would build, span for span, or nothing at all: at
//! whatever it does not know it gives up, and the slow path takes over. It never reports a problem, and never reads what
//! the slow path would refuse; a property test and a fuzz target hold it to both.
//!
//! It knows block mappings and sequences, plain, quoted and block scalars over any number of lines, flow collections on
//! one line, and comments. It leaves to the slow path anchors, aliases, tags, merges, explicit keys, directives, flow
//! collections over several lines, tabs outside of text, and all that is wrong.

mod block_scalar;
mod flow;
mod plain;
mod quoted;

use std::borrow::Cow;
use std::ops::Range;

use super::duplicates;
use super::kyaml::{self, Context, Dialect};
use super::node::{Entry, FileId, Node, Span, Value};
use super::problem::narrow;
use super::scalar::{is_surely_text, key_text, resolve_plain};
use super::{characters, stream};

/// Larger documents have no need of being fast, but of the slow path's budgets.
const MAX_BYTES: usize = 16 << 20;

/// Nesting that the slow path reads for sure.
const MAX_DEPTH: usize = 100;

/// Keys that the slow path reads for sure: YAML ends them at 1024 characters.
const MAX_KEY_BYTES: usize = 1000;

/// Reads a document, or gives up.
pub(super) fn read<'s>(dialect: Dialect, file: FileId, text: &'s str, chunk: &stream::Chunk) -> Option<Node<'s>> {
    let range = &chunk.parse;
    // Markers with something to parse are for the slow path
    if range.start < chunk.body.start
        || range.end > chunk.body.end
        || range.len() > MAX_BYTES
        || !is_plain_text(text, range)
    {
        return None;
    }
    let text = text.get(..range.end)?;
    let mut reader =
        Reader { dialect, file, text, bytes: text.as_bytes(), at: range.start, depth: 0, line: Line::default() };
    reader.next_line()?;
    let column = reader.line.indent?;
    let node = reader.block(column, 0)?;
    reader.line.indent.is_none().then_some(node)
}

/// Whether a text holds only characters that mean the same to everyone. Tabs and carriage returns are seen to later.
fn is_plain_text(text: &str, range: &Range<usize>) -> bool {
    let bytes = text.as_bytes().get(range.clone()).unwrap_or_default();
    let (mut control, mut foreign) = (false, false);
    for byte in bytes {
        control |= (*byte < b' ' && *byte != b'\n') || *byte == 0x7f;
        foreign |= *byte >= 0x80;
    }
    if control && !bytes.iter().enumerate().all(|(at, byte)| is_plain_control(bytes, at, *byte)) {
        return false;
    }
    // Of other characters, only some behind these three bytes have a meaning in YAML
    let suspicious = foreign && memchr::memchr3(0xC2, 0xE2, 0xEF, bytes).is_some();
    !suspicious
        || (characters::check(text, range).is_ok()
            && characters::separators(text, range).next().is_none()
            && !text.get(range.clone()).unwrap_or_default().contains('\u{feff}'))
}

fn is_plain_control(bytes: &[u8], at: usize, byte: u8) -> bool {
    match byte {
        b'\r' => bytes.get(at + 1) == Some(&b'\n'),
        b'\t' | b'\n' => true,
        _ => byte >= b' ' && byte != 0x7f,
    }
}

struct Reader<'s> {
    dialect: Dialect,
    file: FileId,
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    depth: usize,
    line: Line,
}

/// The next line with content, and what was skipped before it.
#[derive(Default)]
struct Line {
    /// How far its content is indented; none at the end of the document.
    indent: Option<usize>,
    /// Lines of nothing but spaces before it.
    blank_lines: usize,
    /// Whether there were comments since the last token.
    commented: bool,
}

/// A key, with its span.
type Key<'s> = (Cow<'s, str>, Span);

/// What stands at the start of a line, or behind a dash.
enum Start<'s> {
    /// A key; the reader stands behind its colon.
    Key(Key<'s>),
    /// A quoted scalar that is no key; the reader stands behind its quote.
    Quoted(Node<'s>),
    /// Something else; the reader has not moved.
    Other,
}

impl<'s> Reader<'s> {
    /// A block node whose first character is in a column. Lines that go on with a scalar in it are indented by at least
    /// `least`.
    fn block(&mut self, column: usize, least: usize) -> Option<Node<'s>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let node = if self.at_dash() {
            self.sequence(column)
        } else {
            let start = self.at;
            match self.start(least)? {
                Start::Key(key) => self.mapping(column, start, key),
                Start::Quoted(node) => self.ending_line(node),
                Start::Other => self.inline(least),
            }
        };
        self.depth -= 1;
        node
    }

    fn sequence(&mut self, column: usize) -> Option<Node<'s>> {
        let start = self.at;
        let mut items = Vec::new();
        loop {
            self.at += 1;
            let behind = self.at;
            self.skip_spaces();
            let item = if self.at_line_end() {
                self.end_line()?;
                match self.line.indent {
                    Some(indent) if indent > column => self.block(indent, column + 1)?,
                    _ => self.absent(behind),
                }
            } else {
                self.block(column + 1 + self.at - behind, column + 1)?
            };
            items.push(item);
            match self.line.indent {
                Some(indent) if indent == column && self.at_dash() => {}
                Some(indent) if indent > column => return None,
                _ => break,
            }
        }
        let end = items.last()?.span.end;
        Some(Node { span: self.span(start, end as usize), value: Value::Sequence(items) })
    }

    fn mapping(&mut self, column: usize, start: usize, first: Key<'s>) -> Option<Node<'s>> {
        let mut entries = Vec::with_capacity(4);
        let (mut key, mut key_span) = first;
        loop {
            let value = self.mapping_value(column)?;
            entries.push(Entry { key, key_span, value });
            match self.line.indent {
                Some(indent) if indent == column => match self.start(0)? {
                    Start::Key(next) => (key, key_span) = next,
                    Start::Quoted(_) | Start::Other => return None,
                },
                Some(indent) if indent > column => return None,
                _ => break,
            }
        }
        if duplicates::any(&entries) {
            return None;
        }
        let end = entries.last()?.value.span.end;
        Some(Node { span: self.span(start, end as usize), value: Value::Mapping(entries) })
    }

    /// What stands behind the colon of a key in a column.
    fn mapping_value(&mut self, column: usize) -> Option<Node<'s>> {
        let behind = self.at;
        self.skip_spaces();
        if !self.at_line_end() {
            return if self.at_dash() { None } else { self.inline(column + 1) };
        }
        self.end_line()?;
        match self.line.indent {
            Some(indent) if indent > column => self.block(indent, column + 1),
            Some(indent) if indent == column && self.at_dash() => self.sequence(column),
            _ => Some(self.absent(behind)),
        }
    }

    /// A key, if there is one.
    fn start(&mut self, least: usize) -> Option<Start<'s>> {
        match self.peek()? {
            b'"' | b'\'' => self.quoted_start(least),
            // The first of `- a`, properties, aliases, explicit keys: nothing of that is a simple key
            b'[' | b'{' | b'|' | b'>' => Some(Start::Other),
            b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b'?' | b',' | b']' | b'}' | b'#' | b':' | b'\t' => None,
            b'-' if self.at_dash() => None,
            _ => self.plain_key(),
        }
    }

    fn quoted_start(&mut self, least: usize) -> Option<Start<'s>> {
        let start = self.at;
        let node = self.quoted(least)?;
        let end = self.at;
        self.skip_spaces();
        if self.peek() != Some(b':') || !self.blank_at(self.at + 1) {
            self.at = end;
            return Some(Start::Quoted(node));
        }
        let Value::String(text) = node.value else { return None };
        if self.is_lost(&text)
            || end - start > MAX_KEY_BYTES
            || memchr::memchr(b'\n', self.bytes.get(start..end)?).is_some()
        {
            return None;
        }
        self.at += 1;
        Some(Start::Key((text, node.span)))
    }

    fn plain_key(&mut self) -> Option<Start<'s>> {
        let start = self.at;
        let mut at = start;
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => return Some(Start::Other),
                Some(b':') if self.blank_at(at + 1) => break,
                Some(b'#') if self.bytes.get(at - 1) == Some(&b' ') => return Some(Start::Other),
                Some(b'\t') => return None,
                Some(_) => at += 1,
            }
        }
        let text = self.text.get(start..at)?.trim_end_matches(' ');
        if text.len() > MAX_KEY_BYTES || text == "<<" {
            return None;
        }
        let text_key = Cow::Borrowed(text);
        let key = if is_surely_text(text) { text_key } else { self.key(text_key, Context::Block)? };
        self.at = at + 1;
        Some(Start::Key((key, self.span(start, start + text.len()))))
    }

    /// A value that starts behind a key or a dash, or a scalar on a line of its own.
    fn inline(&mut self, least: usize) -> Option<Node<'s>> {
        match self.peek()? {
            b'|' | b'>' => self.block_scalar(least),
            b'[' | b'{' => {
                let node = self.flow(0)?;
                self.ending_line(node)
            }
            b'"' | b'\'' => {
                let node = self.quoted(least)?;
                self.ending_line(node)
            }
            b'&' | b'*' | b'!' | b'%' | b'@' | b'`' | b',' | b']' | b'}' | b'#' | b'\t' => None,
            b'?' | b':' | b'-' if self.blank_at(self.at + 1) => None,
            _ => self.plain(least),
        }
    }

    /// A node that must be the last on its line.
    fn ending_line(&mut self, node: Node<'s>) -> Option<Node<'s>> {
        let end = self.at;
        self.skip_spaces();
        if self.at_line_end() && (self.at > end || self.peek() != Some(b'#')) {
            self.end_line()?;
            return Some(node);
        }
        None
    }

    /// Moves from a line break or a comment to the next line with content.
    fn end_line(&mut self) -> Option<()> {
        let commented = self.peek() == Some(b'#');
        self.skip_line();
        self.next_line()?;
        self.line.commented |= commented;
        Some(())
    }

    /// From the start of a line to the next content.
    fn next_line(&mut self) -> Option<()> {
        let mut line = Line::default();
        loop {
            let start = self.at;
            self.skip_spaces();
            match self.peek() {
                None => break,
                Some(b'\n' | b'\r') => line.blank_lines += 1,
                Some(b'#') => line.commented = true,
                Some(b'\t') => return None,
                Some(_) => {
                    line.indent = Some(self.at - start);
                    break;
                }
            }
            self.skip_line();
        }
        self.line = line;
        Some(())
    }

    /// To the start of the next line.
    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// At a dash that starts an item.
    fn at_dash(&self) -> bool {
        self.peek() == Some(b'-') && self.blank_at(self.at + 1)
    }

    /// At a line break, a comment, or the end.
    fn at_line_end(&self) -> bool {
        matches!(self.peek(), None | Some(b'\n' | b'\r' | b'#'))
    }

    fn blank_at(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(b' ' | b'\n' | b'\r' | b'\t'))
    }

    /// A plain key that may be anything.
    fn key(&self, text: Cow<'s, str>, context: Context) -> Option<Cow<'s, str>> {
        match self.dialect {
            Dialect::Kubernetes | Dialect::Lenient => key_text(resolve_plain(text)).ok(),
            // Whether brackets are the whole document, the slow path knows
            Dialect::Kyaml => kyaml::plain_key(text, context, context == Context::Block && self.depth == 1).ok(),
        }
    }

    /// Whether kustomize loses a key, which the slow path sees to.
    fn is_lost(&self, key: &str) -> bool {
        self.dialect == Dialect::Kyaml && key == "<<"
    }

    /// A plain scalar's value; infinity and the like are for the slow path to refuse.
    fn resolved(&self, text: Cow<'s, str>, context: Context, start: usize, end: usize) -> Option<Node<'s>> {
        if is_surely_text(&text) {
            return Some(Node { span: self.span(start, end), value: Value::String(text) });
        }
        let value = match self.dialect {
            Dialect::Kubernetes | Dialect::Lenient => resolve_plain(text),
            Dialect::Kyaml => kyaml::resolve_plain(text, context)?,
        };
        let finite = !matches!(value, Value::Float(number) if !number.is_finite());
        finite.then(|| Node { span: self.span(start, end), value })
    }

    fn absent(&self, at: usize) -> Node<'s> {
        Node { span: self.span(at, at), value: Value::Null }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: narrow(start), end: narrow(end) }
    }
}

#[cfg(test)]
mod tests;
