//! JSON that is safe to print on a terminal.
//!
//! In: a value. Out: indented JSON of the very same value, in which characters that a terminal obeys, hides or reorders
//! are written as `\u` escapes: serialisers leave C1 controls and bidirectional marks as they are.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::printable::is_unsafe;

/// Writes a value and a line end.
pub(super) fn write<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *out, SafeFormatter(PrettyFormatter::new()));
    value.serialize(&mut serializer)?;
    writeln!(out)
}

/// Indents as [`PrettyFormatter`] does, and escapes more.
struct SafeFormatter<'i>(PrettyFormatter<'i>);

impl Formatter for SafeFormatter<'_> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, character)| is_unsafe(*character)) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            // All of them are in the basic plane, so one escape is enough
            write!(writer, "\\u{:04x}", u32::from(character))?;
            rest = from.get(character.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_characters_are_escaped_and_the_value_stays_the_same() {
        let value = serde_json::json!({"a\u{9b}": ["x\u{202e}y\"\\\u{1b}\u{7f}é", {}, [], 1]});
        let mut out = Vec::new();
        write(&value, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("a\\u009b") && text.contains("x\\u202ey\\\"\\\\\\u001b\\u007fé"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn plain_values_look_as_usual() {
        let value = serde_json::json!({"a": [1, "b"], "c": {"d": null}});
        let mut out = Vec::new();
        write(&value, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), format!("{value:#}\n"));
    }
}
