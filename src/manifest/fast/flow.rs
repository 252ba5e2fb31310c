//! Flow collections on one line.

use std::borrow::Cow;

use super::{Key, MAX_DEPTH, MAX_KEY_BYTES, Reader};
use crate::manifest::duplicates;
use crate::manifest::node::{Entry, Node, Value};
use crate::manifest::scalar::key_text;

impl<'s> Reader<'s> {
    /// A flow node: a collection, or a scalar in one.
    pub(super) fn flow(&mut self, depth: usize) -> Option<Node<'s>> {
        if self.depth + depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'[' => self.flow_sequence(depth),
            b'{' => self.flow_mapping(depth),
            b'"' | b'\'' => self.flow_quoted(),
            _ => self.flow_plain(),
        }
    }

    fn flow_sequence(&mut self, depth: usize) -> Option<Node<'s>> {
        let start = self.at;
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip_spaces();
            if self.take(b']') {
                break;
            }
            items.push(self.flow(depth + 1)?);
            self.flow_separator(b']')?;
        }
        Some(Node { span: self.span(start, self.at), value: Value::Sequence(items) })
    }

    fn flow_mapping(&mut self, depth: usize) -> Option<Node<'s>> {
        let start = self.at;
        let mut entries = Vec::new();
        self.at += 1;
        loop {
            self.skip_spaces();
            if self.take(b'}') {
                break;
            }
            let (key, key_span) = self.flow_key()?;
            let behind = self.at;
            self.skip_spaces();
            let value = match self.peek()? {
                b',' | b'}' => self.absent(behind),
                _ => self.flow(depth + 1)?,
            };
            entries.push(Entry { key, key_span, value });
            self.flow_separator(b'}')?;
        }
        if duplicates::any(&entries) {
            return None;
        }
        Some(Node { span: self.span(start, self.at), value: Value::Mapping(entries) })
    }

    /// A comma, or the closing bracket, which it leaves.
    fn flow_separator(&mut self, close: u8) -> Option<()> {
        self.skip_spaces();
        (self.take(b',') || self.peek() == Some(close)).then_some(())
    }

    /// A key and its colon.
    fn flow_key(&mut self) -> Option<Key<'s>> {
        let start = self.at;
        let quoted = matches!(self.peek()?, b'"' | b'\'');
        let node = if quoted { self.flow_quoted()? } else { self.flow_plain()? };
        if self.at - start > MAX_KEY_BYTES || self.text.get(start..self.at)? == "<<" {
            return None;
        }
        let key = key_text(node.value).ok()?;
        self.skip_spaces();
        // Only behind quotes may a colon touch its value
        let found = self.take(b':') && (quoted || self.peek() == Some(b' '));
        found.then_some((key, node.span))
    }

    fn flow_quoted(&mut self) -> Option<Node<'s>> {
        let start = self.at;
        let node = self.quoted(0)?;
        let one_line = memchr::memchr(b'\n', self.bytes.get(start..self.at)?).is_none();
        one_line.then_some(node)
    }

    fn flow_plain(&mut self) -> Option<Node<'s>> {
        let start = self.at;
        match self.peek()? {
            b'-' if !matches!(self.bytes.get(start + 1), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9')) => return None,
            b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`' | b'?' | b':' | b'#' | b',' | b']' | b'}' => {
                return None;
            }
            _ => {}
        }
        let mut at = start;
        loop {
            match self.bytes.get(at)? {
                b',' | b']' | b'}' => break,
                b':' => match self.bytes.get(at + 1)? {
                    b' ' => break,
                    b',' | b'[' | b']' | b'{' | b'}' | b'\n' | b'\r' | b'\t' => return None,
                    _ => at += 1,
                },
                b'[' | b'{' | b'?' | b'\n' | b'\r' | b'\t' | b'#' => return None,
                _ => at += 1,
            }
        }
        let text = self.text.get(start..at)?.trim_end_matches(' ');
        self.at = at;
        self.resolved(Cow::Borrowed(text), start, start + text.len())
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }
}
