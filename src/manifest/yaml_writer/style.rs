//! Which style a string is written in.
//!
//! In: a string. Out: plain, quoted or literal, as go-yaml v2's encoder and emitter decide between them. It never writes.

use crate::manifest::node::Value;
use crate::manifest::scalar::{is_surely_text, resolve_plain};
use crate::manifest::timestamp;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As it is.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes, with escapes.
    DoubleQuoted,
    /// Line by line behind a `|`.
    Literal,
}

/// What a string has that a style may not hold.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each found in the same pass")]
pub(super) struct Analysis {
    /// Something that would be YAML's own.
    indicators: bool,
    line_breaks: bool,
    /// What must be escaped.
    special: bool,
    leading_blank: bool,
    trailing_space: bool,
    trailing_break: bool,
    /// A space behind a line break.
    break_space: bool,
    /// A space before a line break.
    space_break: bool,
}

/// What stood before a character, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Space,
    Break,
    Other,
}

impl Analysis {
    /// Looks at a string once.
    pub(super) fn of(text: &str) -> Self {
        let mut found = Self { indicators: text.starts_with("---") || text.starts_with("..."), ..Self::default() };
        let mut before = Before::Other;
        // As at the start of the text
        let mut after_blank = true;
        let mut characters = text.chars().peekable();
        let mut first = true;
        while let Some(character) = characters.next() {
            let next = characters.peek().copied();
            found.indicators |= is_indicator(character, next, first, after_blank);
            found.special |= !is_printable(character);
            if character == ' ' {
                found.leading_blank |= first;
                found.trailing_space |= next.is_none();
                found.break_space |= before == Before::Break;
                before = Before::Space;
            } else if is_break(character) {
                found.line_breaks = true;
                found.leading_blank |= first;
                found.trailing_break |= next.is_none();
                found.space_break |= before == Before::Space;
                before = Before::Break;
            } else {
                before = Before::Other;
            }
            after_blank = matches!(character, ' ' | '\t' | '\0') || is_break(character);
            first = false;
        }
        found
    }

    /// The style for the string that was looked at.
    pub(super) fn style(&self, text: &str) -> Style {
        let escaped = self.space_break || self.special;
        let wanted = if text.contains('\n') {
            Style::Literal
        } else if is_read_as_text(text) {
            Style::Plain
        } else {
            Style::DoubleQuoted
        };
        match wanted {
            Style::Literal if self.trailing_space || escaped => Style::DoubleQuoted,
            Style::Plain if self.leading_blank || self.trailing_space || self.trailing_break => self.quoted(escaped),
            Style::Plain if self.line_breaks || self.indicators || escaped => self.quoted(escaped),
            style => style,
        }
    }

    fn quoted(&self, escaped: bool) -> Style {
        if escaped || self.break_space { Style::DoubleQuoted } else { Style::SingleQuoted }
    }
}

/// Whether a character means something at its place outside of brackets.
fn is_indicator(character: char, next: Option<char>, first: bool, after_blank: bool) -> bool {
    let before_blank = matches!(next, None | Some(' ' | '\t'));
    match character {
        '#' => first || after_blank,
        ':' => before_blank,
        ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => first,
        '?' | '-' => first && before_blank,
        _ => false,
    }
}

/// Whether a plain text is read as a string by all of YAML 1.1, of which go-yaml itself leaves out base 60.
fn is_read_as_text(text: &str) -> bool {
    is_surely_text(text)
        || (matches!(resolve_plain(text.into()), Value::String(_))
            && timestamp::parse(text).is_none()
            && !is_base_60(text))
}

/// Whether YAML 1.1 would take a text for a number in base 60, such as `1:30` or `190:20:30.15`. go-yaml reads none, but
/// puts quotes around what others might read so.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some((whole, rest)) = unsigned.split_once(':') else { return false };
    let (groups, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let is_group = |group: &str| match group.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
        _ => false,
    };
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    whole.starts_with(|first: char| first.is_ascii_digit())
        && is_number(whole)
        && groups.split(':').all(is_group)
        && is_number(fraction)
}

/// Whether the emitter writes a character as it is. Beyond U+FFFF it never does.
pub(in crate::manifest) fn is_printable(character: char) -> bool {
    matches!(
        character,
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}'
    )
}

/// Whether a character ends a line in YAML 1.1.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a text has more lines than one.
pub(super) fn has_breaks(text: &str) -> bool {
    text.contains(is_break)
}
