//! Characters that may not stand in a manifest, and bytes that are no characters.
//!
//! In: a file's bytes or text. Out: its text, or the first thing in it that is not allowed. It never mends anything: a
//! file in UTF-16 is told, not converted.

use std::ops::Range;

use super::problem::{Problem, findings};
use super::source::Source;
use crate::catalogue::read;
use crate::finding::{Finding, Place};

/// The text of a file's bytes, with its byte-order mark if it has one.
///
/// # Errors
/// A finding, when the bytes are not UTF-8.
pub fn decode(path: &str, bytes: Vec<u8>) -> Result<String, Box<Finding>> {
    if let Some(encoding) = foreign_encoding(&bytes) {
        let message = format!("the file is encoded in {encoding}");
        return Err(Box::new(Finding::new(&read::ENCODING, Place::file(path), message).with_help("save it as UTF-8")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.into_bytes();
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let mut problem = Problem::new(&read::ENCODING, (valid, valid), format!("byte `0x{byte:02X}` is not UTF-8"));
        problem.help = Some(match char::from(byte) {
            letter @ '\u{a0}'.. => format!("save the file as UTF-8: in Latin-1 this byte is `{letter}`").into(),
            _ => "save the file as UTF-8".into(),
        });
        let readable = bytes.get(..valid).map(String::from_utf8_lossy).unwrap_or_default();
        let source = Source::new(path, readable);
        let message = problem.message.clone();
        let finding = findings(&source, vec![problem]).pop();
        Box::new(finding.unwrap_or_else(|| Finding::new(&read::ENCODING, Place::file(path), message)))
    })
}

/// The name of an encoding that is not UTF-8, by its byte-order mark or by where its zero bytes stand.
fn foreign_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [1..=0xFF, 0, 0, 0, 1..=0xFF, 0, 0, 0, ..] => Some("UTF-32 (little-endian)"),
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, 1..=0xFF, 0, 0, 0, 1..=0xFF, ..] => Some("UTF-32 (big-endian)"),
        [0xFF, 0xFE, ..] | [1..=0xFF, 0, 1..=0xFF, 0, ..] => Some("UTF-16 (little-endian)"),
        [0xFE, 0xFF, ..] | [0, 1..=0xFF, 0, 1..=0xFF, ..] => Some("UTF-16 (big-endian)"),
        _ => None,
    }
}

/// The first character in a range of a text that no YAML may hold.
pub(super) fn check(text: &str, range: &Range<usize>) -> Result<(), Problem> {
    let part = text.get(range.clone()).unwrap_or_default();
    if part.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')) {
        return Ok(());
    }
    let Some((offset, character)) = part.char_indices().find(|(_, character)| is_forbidden(*character)) else {
        return Ok(());
    };
    let at = range.start + offset;
    let code = u32::from(character);
    let message = match name(character) {
        Some(name) => format!("the control character `U+{code:04X}` ({name}) cannot stand in YAML"),
        None => format!("the character `U+{code:04X}` cannot stand in YAML"),
    };
    let problem = Problem::new(&read::SYNTAX, (at, at + character.len_utf8()), message);
    Err(problem.with_help("delete it, or write it as an escape inside double quotes"))
}

/// YAML 1.1's two separators count as line breaks there, which only inside quotes makes no difference: the first one
/// that is not within any of the given ranges.
pub(super) fn check_separators(text: &str, range: &Range<usize>, quoted: &[(usize, usize)]) -> Result<(), Problem> {
    for at in separators(text, range) {
        let rest = text.get(at..).unwrap_or_default();
        let inside = quoted.get(quoted.partition_point(|(_, end)| *end <= at)).is_some_and(|(start, _)| *start < at);
        let blank = |character: Option<char>| character.is_none_or(char::is_whitespace);
        let alone = !blank(text.get(..at).unwrap_or_default().chars().next_back()) && !blank(rest.chars().nth(1));
        if !inside || !alone {
            let code = rest.chars().next().map_or(0, u32::from);
            let message = format!("the character `U+{code:04X}` is a line break for Kubernetes' YAML");
            let problem = Problem::new(&read::SYNTAX, (at, at + '\u{2028}'.len_utf8()), message);
            return Err(problem.with_help("delete it, or write it as an escape inside double quotes"));
        }
    }
    Ok(())
}

/// Where the line and paragraph separators stand.
pub(super) fn separators(text: &str, range: &Range<usize>) -> impl Iterator<Item = usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start;
    let found = memchr::memmem::find_iter(part.as_bytes(), "\u{2028}".as_bytes().get(..2).unwrap_or_default());
    found
        .map(move |at| start + at)
        .filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(['\u{2028}', '\u{2029}'])))
}

/// What go-yaml refuses. `U+0085` is a line break for it, which nothing else agrees to.
fn is_forbidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

fn name(character: char) -> Option<&'static str> {
    const NAMES: [&str; 32] = [
        "null",
        "start of heading",
        "start of text",
        "end of text",
        "end of transmission",
        "enquiry",
        "acknowledge",
        "bell",
        "backspace",
        "tab",
        "line feed",
        "vertical tab",
        "form feed",
        "carriage return",
        "shift out",
        "shift in",
        "data link escape",
        "device control 1",
        "device control 2",
        "device control 3",
        "device control 4",
        "negative acknowledge",
        "synchronous idle",
        "end of transmission block",
        "cancel",
        "end of medium",
        "substitute",
        "escape",
        "file separator",
        "group separator",
        "record separator",
        "unit separator",
    ];
    match character {
        '\u{7f}' => Some("delete"),
        '\u{85}' => Some("next line"),
        _ => NAMES.get(character as usize).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, decode};

    #[test]
    fn utf8_is_taken_as_it_is() {
        assert_eq!(decode("a.yaml", "\u{feff}é".into()).unwrap(), "\u{feff}é");
        assert_eq!(decode("a.yaml", Vec::new()).unwrap(), "");
    }

    #[test]
    fn other_encodings_are_told_by_name() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let cases: [(Vec<u8>, &str); 6] = [
            (utf16("\u{feff}a: 1"), "UTF-16 (little-endian)"),
            (utf16("a: 1"), "UTF-16 (little-endian)"),
            ("\u{feff}a".encode_utf16().flat_map(u16::to_be_bytes).collect(), "UTF-16 (big-endian)"),
            ("a: 1".encode_utf16().flat_map(u16::to_be_bytes).collect(), "UTF-16 (big-endian)"),
            ("a: 1".chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect(), "UTF-32 (little-endian)"),
            ("a: 1".chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect(), "UTF-32 (big-endian)"),
        ];
        for (bytes, name) in cases {
            let finding = decode("a.yaml", bytes).unwrap_err();
            assert_eq!(finding.message, format!("the file is encoded in {name}"));
            assert_eq!(finding.rule, "read/encoding");
        }
    }

    #[test]
    fn the_first_byte_that_is_not_utf8_is_pointed_at() {
        let finding = decode("a.yaml", b"a: \xc3\xa4\nb: caf\xe9\n".to_vec()).unwrap_err();
        assert_eq!(finding.message, "byte `0xE9` is not UTF-8");
        assert_eq!(finding.help.as_deref(), Some("save the file as UTF-8: in Latin-1 this byte is `é`"));
        let start = finding.place.range.unwrap().start;
        assert_eq!((start.line, start.column, start.offset), (2, 7, 12));
    }

    #[test]
    fn control_characters_are_told_by_name() {
        for (text, expected) in [
            ("a: \0", "the control character `U+0000` (null) cannot stand in YAML"),
            ("a: \u{7f}", "the control character `U+007F` (delete) cannot stand in YAML"),
            ("a: \u{ffff}", "the character `U+FFFF` cannot stand in YAML"),
        ] {
            let problem = check(text, &(0..text.len())).unwrap_err();
            assert_eq!(problem.message, expected);
            assert_eq!(problem.at.0, 3);
        }
        assert!(check("\ta: \u{feff}\u{a0}é\r\n", &(0..15)).is_ok());
    }
}
