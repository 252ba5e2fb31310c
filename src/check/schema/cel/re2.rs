//! RE2's regular expressions, as the API server has them, on the `regex` crate.
//!
//! In: a pattern of a schema or a rule. Out: the same expression compiled. The two are siblings and differ in details:
//! here `[` within a class is a letter like any other, `{` that begins no repetition stands for itself, `\d`, `\s`, `\w`
//! and `\b` are ASCII, `\Q…\E` quotes, and a repetition goes up to 1000.

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// The most repetitions that RE2 takes.
const MOST_REPETITIONS: u32 = 1000;

/// Compiles a pattern in RE2's syntax.
///
/// # Errors
/// Why the pattern is no regular expression.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(&translate(pattern)?).map_err(|error| match error {
        regex::Error::Syntax(text) => text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        other => other.to_string(),
    })
}

fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(&mut rest, &mut out),
            '[' => class(&mut rest, &mut out),
            '{' => repetition(&mut rest, &mut out)?,
            other => out.push(other),
        }
    }
    Ok(out)
}

/// What follows a backslash outside of a class.
fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    match rest.next() {
        Some('d') => out.push_str("[0-9]"),
        Some('D') => out.push_str("[^0-9]"),
        Some('w') => out.push_str("[0-9A-Za-z_]"),
        Some('W') => out.push_str("[^0-9A-Za-z_]"),
        Some('s') => out.push_str(r"[\t\n\f\r ]"),
        Some('S') => out.push_str(r"[^\t\n\f\r ]"),
        Some('b') => out.push_str(r"(?-u:\b)"),
        Some('B') => out.push_str(r"(?-u:\B)"),
        Some('Q') => {
            let quoted = rest.clone().collect::<String>();
            let end = quoted.find(r"\E");
            let literal = end.and_then(|end| quoted.get(..end)).unwrap_or(&quoted);
            out.push_str(&regex::escape(literal));
            let skipped = literal.chars().count() + if end.is_some() { 2 } else { 0 };
            for _ in 0..skipped {
                rest.next();
            }
        }
        Some(angle @ ('<' | '>')) => out.push(angle),
        Some(other) => {
            out.push('\\');
            out.push(other);
        }
        None => out.push('\\'),
    }
}

/// A class, up to its closing bracket.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    // A bracket or a dash that comes first stands for itself, and so does a dash behind the dash of a range.
    let mut first = true;
    let mut after_dash = false;
    while let Some(character) = rest.next() {
        let literal_dash = character == '-' && (first || after_dash);
        match character {
            ']' if !first => {
                out.push(']');
                return;
            }
            ']' => out.push_str(r"\]"),
            '-' if literal_dash => out.push_str(r"\-"),
            '[' => match posix(rest) {
                Some(name) => {
                    let _ = write!(out, "[:{name}:]");
                }
                None => out.push_str(r"\["),
            },
            '&' | '~' => {
                out.push('\\');
                out.push(character);
            }
            '\\' => match rest.next() {
                Some('d') => out.push_str("0-9"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("0-9A-Za-z_"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str(r"\t\n\f\r "),
                Some('S') => out.push_str(r"[^\t\n\f\r ]"),
                Some(angle @ ('<' | '>')) => out.push(angle),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            other => out.push(other),
        }
        after_dash = character == '-' && !literal_dash;
        first = false;
    }
}

/// The name of a POSIX class (`[:alpha:]`), when one follows.
fn posix(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut ahead = rest.clone();
    ahead.next_if_eq(&':')?;
    let mut name = String::new();
    while let Some(character) = ahead.next_if(|character| character.is_ascii_lowercase() || *character == '^') {
        name.push(character);
    }
    ahead.next_if_eq(&':')?;
    ahead.next_if_eq(&']')?;
    *rest = ahead;
    Some(name)
}

/// `{n}`, `{n,}` or `{n,m}`; any other brace stands for itself.
fn repetition(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    let mut ahead = rest.clone();
    let text: String = std::iter::from_fn(|| ahead.next_if(|next| next.is_ascii_digit() || *next == ',')).collect();
    let bounds: Vec<&str> = text.split(',').collect();
    let is_repetition = ahead.next() == Some('}')
        && match bounds.as_slice() {
            [only] => !only.is_empty(),
            [low, _] => !low.is_empty(),
            _ => false,
        };
    if !is_repetition {
        out.push_str(r"\{");
        return Ok(());
    }
    let too_many = |bound: &str| bound.parse::<u32>().map_or(true, |count| count > MOST_REPETITIONS);
    if bounds.iter().any(|bound| !bound.is_empty() && too_many(bound)) {
        return Err(format!("a repetition over {MOST_REPETITIONS}"));
    }
    let _ = write!(out, "{{{text}}}");
    *rest = ahead;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_re2() {
        for (pattern, matching, other) in [
            (r#"^[^()<>@,;:\\"\/[\]?={} \t]+$"#, "name", "a[b"),
            (r"^[[:alpha:]]+$", "abc", "a1"),
            (r"^\d+$", "12", "١٢"),
            (r"^[\w.-]+$", "a_b.c-d", "é"),
            (r"^a{2,3}$", "aaa", "a"),
            (r"^${var}$|^\{\{x}}$|^{y}$", "{y}", "y"),
            (r"^[--/]$", "-", "0"),
            (r"^[+--]$", ",", "."),
            (r"^[a&&b]+$", "a&b", "c"),
            (r"^\Qa.b\E+$", "a.bb", "axb"),
            (r"^\<a\>$", "<a>", "a"),
            (r"^[]a]$", "]", "b"),
        ] {
            let regex = compile(pattern).unwrap();
            assert!(regex.is_match(matching), "{pattern} should match {matching}");
            assert!(!regex.is_match(other), "{pattern} should not match {other}");
        }
    }

    #[test]
    fn what_re2_refuses_is_refused() {
        for pattern in ["[", "(", "^(?!a)", r"(a)\1", "a{1001}", "*", "a{2,1}"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
