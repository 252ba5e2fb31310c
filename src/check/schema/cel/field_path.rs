//! The paths of `fieldPath` and `selectableFields`: `.spec.ports['http.alt']`.
//!
//! In: a path as written. Out: its steps, or why it is none. It never looks the steps up.

/// The steps of a path.
///
/// # Errors
/// What is wrong with the path, to be put behind its value.
pub(crate) fn parse(path: &str) -> Result<Vec<String>, String> {
    let mut steps = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        match first {
            '.' => {
                let name = &rest[1..];
                let end = name.find(['.', '[', ']']).unwrap_or(name.len());
                if end == 0 {
                    return Err("has a `.` without a name behind it".to_owned());
                }
                steps.push(name[..end].to_owned());
                rest = &name[end..];
            }
            '[' => {
                let quoted = rest[1..].strip_prefix('\'').ok_or("needs a single-quoted string in `[…]`")?;
                let (step, behind) = quoted_string(quoted)?;
                steps.push(step);
                rest = behind.strip_prefix(']').ok_or("has a `[` that no `]` closes")?;
            }
            _ => return Err("must begin with `.` or `[`".to_owned()),
        }
    }
    Ok(steps)
}

/// The string up to the closing quote, unescaped, and what is behind it.
fn quoted_string(text: &str) -> Result<(String, &str), String> {
    let mut unescaped = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\'' => return Ok((unescaped, &text[index + 1..])),
            '\\' => unescaped.push(match characters.next() {
                Some((_, 'a')) => '\u{7}',
                Some((_, 'b')) => '\u{8}',
                Some((_, 'f')) => '\u{c}',
                Some((_, 'n')) => '\n',
                Some((_, 'r')) => '\r',
                Some((_, 't')) => '\t',
                Some((_, 'v')) => '\u{b}',
                Some((_, quoted @ ('\'' | '\\'))) => quoted,
                _ => return Err("has an unknown escape".to_owned()),
            }),
            other => unescaped.push(other),
        }
    }
    Err("has a string that no quote closes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_quoted_keys_become_steps() {
        assert_eq!(parse(".spec.replicas").unwrap(), ["spec", "replicas"]);
        assert_eq!(parse(".spec['a.b'].c['it\\'s']").unwrap(), ["spec", "a.b", "c", "it's"]);
    }

    #[test]
    fn what_is_no_path_says_why() {
        for path in ["spec", ".", ".a..b", ".a[0]", ".a['b'", ".a['b", ".a['\\q']", ".a]"] {
            assert!(parse(path).is_err(), "{path}");
        }
    }
}
