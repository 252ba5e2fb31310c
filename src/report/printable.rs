//! Text out of a repository → text that is safe on a terminal and on one line.
//!
//! In: any text. Out: the same, with what a terminal would obey, hide or reorder spelled out. It never shortens.

use std::borrow::Cow;
use std::fmt::Write;

/// A text with control characters, bidirectional controls and invisible characters escaped as Rust and YAML write them.
///
/// A manifest may hold escape sequences that rewrite the screen, or marks that show one name and mean another.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        push_printable(&mut out, character);
    }
    Cow::Owned(out)
}

/// Adds a character, escaped where it must be.
pub(super) fn push_printable(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        character if is_unsafe(character) => {
            // Writing to a string cannot fail
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        }
        character => out.push(character),
    }
}

/// What a terminal obeys (C0 and C1 controls), what reorders text, what ends a line, what cannot be seen.
pub(super) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fffe}' | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(printable("naïve – 日本語 🚢"), Cow::Borrowed("naïve – 日本語 🚢")));
    }

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        assert_eq!(printable("a\u{1b}[31mb\u{9b}0m\u{7}"), "a\\u{1b}[31mb\\u{9b}0m\\u{7}");
        assert_eq!(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
    }

    #[test]
    fn what_reorders_or_hides_text_is_spelled_out() {
        assert_eq!(printable("x\u{202e}y\u{200b}z\u{2066}"), "x\\u{202e}y\\u{200b}z\\u{2066}");
    }
}
