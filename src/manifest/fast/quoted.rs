//! Quoted scalars.

use std::borrow::Cow;

use super::Reader;
use crate::manifest::node::{Node, Value};

impl<'s> Reader<'s> {
    /// A quoted scalar, with the lines that go on with it: those indented by at least `least`, though YAML asks for no
    /// such thing.
    pub(super) fn quoted(&mut self, least: usize) -> Option<Node<'s>> {
        let start = self.at;
        let quote = self.peek()?;
        self.at += 1;
        let text = self.quoted_text(quote, least)?;
        Some(Node { span: self.span(start, self.at), value: Value::String(text) })
    }

    fn quoted_text(&mut self, quote: u8, least: usize) -> Option<Cow<'s, str>> {
        let start = self.at;
        let mut text: Option<String> = None;
        let mut copied = start;
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += if quote == b'"' {
                memchr::memchr3(b'"', b'\\', b'\n', rest)?
            } else {
                memchr::memchr2(b'\'', b'\n', rest)?
            };
            let piece = self.text.get(copied..self.at)?;
            match self.peek()? {
                b'\n' => {
                    let text = text.get_or_insert_default();
                    text.push_str(piece.trim_end_matches([' ', '\t', '\r']));
                    self.fold(text, least)?;
                }
                b'\\' => {
                    let text = text.get_or_insert_default();
                    text.push_str(piece);
                    self.escape(text)?;
                }
                _ if quote == b'\'' && self.bytes.get(self.at + 1) == Some(&b'\'') => {
                    let text = text.get_or_insert_default();
                    text.push_str(piece);
                    text.push('\'');
                    self.at += 2;
                }
                _ => {
                    self.at += 1;
                    return Some(match text {
                        None => Cow::Borrowed(piece),
                        Some(text) => Cow::Owned(text + piece),
                    });
                }
            }
            copied = self.at;
        }
    }

    /// A line break in quotes is a space, several are one less; blanks around them are nothing.
    fn fold(&mut self, text: &mut String, least: usize) -> Option<()> {
        let mut breaks = 0;
        loop {
            self.at += 1;
            let line = self.at;
            self.skip_spaces();
            if self.peek() == Some(b'\r') {
                self.at += 1;
            }
            match self.peek()? {
                b'\n' => breaks += 1,
                b'\t' => return None,
                _ if self.at - line < least => return None,
                _ => break,
            }
        }
        if breaks == 0 {
            text.push(' ');
        }
        text.extend(std::iter::repeat_n('\n', breaks));
        Some(())
    }

    /// An escape in double quotes; those over a line break and the rare ones are for the slow path.
    fn escape(&mut self, text: &mut String) -> Option<()> {
        let character = match self.bytes.get(self.at + 1)? {
            b'"' => '"',
            b'\\' => '\\',
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'0' => '\0',
            b' ' => ' ',
            b'e' => '\u{1b}',
            b'x' => return self.code(text, 2),
            b'u' => return self.code(text, 4),
            _ => return None,
        };
        text.push(character);
        self.at += 2;
        Some(())
    }

    fn code(&mut self, text: &mut String, digits: usize) -> Option<()> {
        let start = self.at + 2;
        let code = self.text.get(start..start + digits)?;
        if !code.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        text.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        self.at = start + digits;
        Some(())
    }
}
