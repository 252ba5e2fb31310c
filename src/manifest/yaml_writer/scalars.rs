//! Writes a string in a style.
//!
//! In: a string and a style that can hold it. Out: its characters, quotes and escapes in the layout, lines broken at spaces
//! where they grow long. It never chooses the style.

use std::fmt::Write;

use super::layout::Layout;
use super::style::{Style, is_break, is_printable};

/// Writes a scalar. Only a `foldable` one may be broken over lines.
pub(super) fn write(layout: &mut Layout, text: &str, style: Style, foldable: bool) {
    match style {
        Style::Plain => {
            layout.space();
            // A space at either end would have asked for quotes
            flow(layout, text, foldable);
        }
        Style::SingleQuoted => {
            layout.indicator("'", true, false);
            flow(layout, &text.replace('\'', "''"), foldable);
            layout.indicator("'", false, false);
        }
        Style::DoubleQuoted => {
            layout.indicator("\"", true, false);
            double_quoted(layout, text, foldable);
            layout.indicator("\"", false, false);
        }
        Style::Literal => return literal(layout, text),
    }
    layout.ended_scalar();
}

/// The characters of a plain or single-quoted scalar. A line break of the text is written twice, since one alone would be
/// read as a space.
fn flow(layout: &mut Layout, text: &str, foldable: bool) {
    let mut after_space = false;
    let mut after_break = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        if character == ' ' {
            let inside = at > 0 && next.is_some_and(|next| next != ' ');
            if foldable && !after_space && inside && layout.is_full() {
                layout.indent();
            } else {
                layout.put(' ');
            }
            after_space = true;
        } else if is_break(character) {
            if !after_break && character == '\n' {
                layout.line_break();
            }
            layout.break_with(character);
            layout.ended_line();
            after_break = true;
        } else {
            if after_break {
                layout.indent();
            }
            layout.put(character);
            layout.wrote_text();
            (after_space, after_break) = (false, false);
        }
    }
}

fn double_quoted(layout: &mut Layout, text: &str, foldable: bool) {
    // go-yaml looks for the byte order mark at the start of the text, wherever it is in it
    let escape_all = text.starts_with('\u{feff}');
    let mut after_space = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        if escape_all || !is_printable(character) || is_break(character) || matches!(character, '"' | '\\') {
            escape(layout, character);
            after_space = false;
        } else if character == ' ' && foldable && !after_space && at > 0 && next.is_some() && layout.is_full() {
            layout.indent();
            // A blank at the start of a line would be dropped
            if next == Some(' ') {
                layout.put('\\');
            }
            after_space = true;
        } else {
            layout.put(character);
            after_space = character == ' ';
        }
    }
}

fn escape(layout: &mut Layout, character: char) {
    let short = match character {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => return long_escape(layout, u32::from(character)),
    };
    layout.put('\\');
    layout.put(short);
}

fn long_escape(layout: &mut Layout, code: u32) {
    let mut escaped = String::new();
    // Writing to a string cannot fail
    let _ = match code {
        0..=0xff => write!(escaped, "\\x{code:02X}"),
        0x100..=0xffff => write!(escaped, "\\u{code:04X}"),
        _ => write!(escaped, "\\U{code:08X}"),
    };
    escaped.chars().for_each(|character| layout.put(character));
}

/// A block behind `|`, with a digit where its first line starts with a blank, and a sign for the line breaks at its end.
fn literal(layout: &mut Layout, text: &str) {
    layout.indicator("|", true, false);
    if text.starts_with(|first| first == ' ' || is_break(first)) {
        layout.indicator("2", false, false);
    }
    let mut backwards = text.chars().rev();
    match (backwards.next().is_some_and(is_break), backwards.next().is_none_or(is_break)) {
        (false, _) => layout.indicator("-", false, false),
        (true, true) => layout.indicator("+", false, false),
        (true, false) => {}
    }
    layout.ended_header();
    let mut after_break = true;
    for character in text.chars() {
        if is_break(character) {
            layout.break_with(character);
            layout.ended_line();
            after_break = true;
        } else {
            if after_break {
                layout.indent();
            }
            layout.put(character);
            layout.wrote_text();
            after_break = false;
        }
    }
}
