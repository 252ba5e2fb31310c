//! What Kubernetes' YAML refuses or reads differently, though the parser takes it: YAML 1.1's corners.
//!
//! In: tokens of a document and the text they stand in. Out: the first one that go-yaml would not read as we do.

use super::problem::Problem;
use super::stream::Chunk;
use super::tree::Bytes;
use crate::catalogue::read;

/// Directives before a document: only `%YAML 1.1` and `%TAG` are known.
pub(super) fn check_directives(text: &str, chunk: &Chunk) -> Result<(), Problem> {
    let before = text.get(chunk.parse.start..chunk.body.start).unwrap_or_default();
    let mut start = chunk.parse.start;
    for line in before.split_inclusive(['\n', '\r']) {
        let at = (start, start + line.trim_end().len());
        start += line.len();
        let Some(directive) = line.strip_prefix('%') else { continue };
        let mut words = directive.split_whitespace();
        match (words.next(), words.next()) {
            (Some("TAG"), _) | (Some("YAML"), Some("1.1")) => {}
            (Some("YAML"), _) => {
                let problem = Problem::new(&read::SYNTAX, at, "Kubernetes reads no other version than YAML 1.1");
                return Err(problem.with_help("delete the line"));
            }
            _ => return Err(Problem::new(&read::SYNTAX, at, "there is no such directive").with_help("delete the line")),
        }
    }
    Ok(())
}

/// A tag as written: only some characters may stand in it.
pub(super) fn check_tag(text: &str, at: Bytes) -> Result<(), Problem> {
    let tag = text.get(at.0..at.1).unwrap_or_default();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-;/?:@&=+$,.!~*'()[]%".contains(letter);
    let name = tag.strip_prefix("!<").and_then(|tag| tag.strip_suffix('>')).unwrap_or(tag);
    if tag != "!!" && name.chars().all(allowed) {
        return Ok(());
    }
    let problem = Problem::new(&read::SYNTAX, at, "this is no tag");
    Err(problem.with_help("put quotes around the value if it is a text"))
}

/// The name of an anchor.
pub(super) fn check_anchor(name: &str, at: Bytes) -> Result<(), Problem> {
    if name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')) {
        return Ok(());
    }
    let problem = Problem::new(&read::SYNTAX, at, "this is no name for an anchor");
    Err(problem.with_help("use only letters, digits, `-` and `_`, or put quotes around the value if it is a text"))
}

/// A plain scalar inside brackets, where `?` and a leading `:` are indicators.
pub(super) fn check_flow_scalar(text: &str, at: Bytes) -> Result<(), Problem> {
    let scalar = text.get(at.0..at.1).unwrap_or_default();
    let indicator = if scalar.starts_with(':') { Some(0) } else { scalar.find('?') };
    if let Some(offset) = indicator {
        let place = (at.0 + offset, at.0 + offset + 1);
        let character = text.get(place.0..place.1).unwrap_or_default();
        let message = format!("a value inside brackets cannot have a `{character}` here without quotes");
        return Err(Problem::new(&read::SYNTAX, place, message).with_help("put quotes around the value"));
    }
    Ok(())
}

/// What to say of a colon right behind a plain scalar inside brackets, and before another bracket or a comma.
pub(super) fn last_colon(text: &str, at: Bytes) -> Option<Problem> {
    let behind = text.as_bytes().get(at.1..).unwrap_or_default();
    let [b':', b',' | b'[' | b']' | b'{' | b'}', ..] = behind else { return None };
    let message = "Kubernetes takes this colon as a part of the text before it";
    let problem = Problem::new(&read::SYNTAX, (at.1, at.1 + 1), message);
    Some(problem.with_help("put a space behind the colon, or quotes around the text"))
}

#[cfg(test)]
mod tests {
    use super::{check_anchor, check_directives, check_flow_scalar, check_tag, last_colon};
    use crate::manifest::stream::split;

    #[test]
    fn only_known_directives_may_stand_before_a_document() {
        let check = |text: &str| check_directives(text, &split(text)[0]);
        for text in ["%YAML 1.1\n---\na", "# c\n%YAML 1.1 # c\r\n%TAG ! !x\n---\na", "---\n%a: 1"] {
            assert!(check(text).is_ok(), "{text}");
        }
        for (text, at) in [("%YAML 1.2\n---\na", (0, 9)), ("#\n%FOO\n---\na", (2, 6)), ("%\n---\na", (0, 1))] {
            assert_eq!(check(text).unwrap_err().at, at, "{text}");
        }
    }

    #[test]
    fn tags_and_anchors_have_few_characters() {
        for (tag, good) in
            [("!", true), ("!!str", true), ("!a/b", true), ("!<x:y>", true), ("!!", false), ("!a#b", false)]
        {
            assert_eq!(check_tag(tag, (0, tag.len())).is_ok(), good, "{tag}");
        }
        for (name, good) in [("a", true), ("a-B_1", true), ("a.b", false), ("a:", false), ("é", false)] {
            assert_eq!(check_anchor(name, (0, 0)).is_ok(), good, "{name}");
        }
    }

    #[test]
    fn brackets_make_some_characters_indicators() {
        for (text, end, problem) in
            [("a:b]", 3, None), ("a: b]", 1, None), ("a?b]", 3, Some((1, 2))), (":a]", 2, Some((0, 1)))]
        {
            assert_eq!(check_flow_scalar(text, (0, end)).err().map(|problem| problem.at), problem, "{text}");
        }
        for (text, problem) in [("a:}", Some((1, 2))), ("a:,", Some((1, 2))), ("a: ", None), ("a:b", None)] {
            assert_eq!(last_colon(text, (0, 1)).map(|problem| problem.at), problem, "{text}");
        }
    }
}
