//! Flow collections on one line.

use std::borrow::Cow;

use super::{Key, MAX_DEPTH, MAX_KEY_BYTES, Reader};
use crate::manifest::duplicates;
use crate::manifest::kyaml::{Context, Dialect};
use crate::manifest::node::{Entry, Node, Value};

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
                b',' | b'}' => self.flow_absent(behind),
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
        let (key, key_span) = if quoted {
            let node = self.flow_quoted()?;
            let Value::String(key) = node.value else { return None };
            (key, node.span)
        } else {
            let text = self.flow_plain_text()?;
            (self.key(Cow::Borrowed(text), Context::Flow)?, self.span(start, start + text.len()))
        };
        if self.at - start > MAX_KEY_BYTES || self.text.get(start..self.at)? == "<<" || self.is_lost(&key) {
            return None;
        }
        self.skip_spaces();
        // Only behind quotes may a colon touch its value
        let found = self.take(b':') && (quoted || self.peek() == Some(b' '));
        found.then_some((key, key_span))
    }

    fn flow_quoted(&mut self) -> Option<Node<'s>> {
        let start = self.at;
        let node = self.quoted(0)?;
        let one_line = memchr::memchr(b'\n', self.bytes.get(start..self.at)?).is_none();
        one_line.then_some(node)
    }

    fn flow_plain(&mut self) -> Option<Node<'s>> {
        let start = self.at;
        let text = self.flow_plain_text()?;
        self.resolved(Cow::Borrowed(text), Context::Flow, start, start + text.len())
    }

    fn flow_plain_text(&mut self) -> Option<&'s str> {
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
        Some(text)
    }

    /// A value that is not there, which kustomize takes for an empty string.
    fn flow_absent(&self, at: usize) -> Node<'s> {
        let value = if self.dialect == Dialect::Kyaml { Value::String(Cow::Borrowed("")) } else { Value::Null };
        Node { span: self.span(at, at), value }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }
}
