//! Paths within a tree: text from the root, `/` between its parts, and nothing that leads out.
//!
//! In: text. Out: its parts, or a word on whether it may be read. It never looks at a disk.

use std::borrow::Cow;

/// Whether a path names something within a tree: no empty part, no `.` or `..`, not absolute.
pub(super) fn is_within(path: &str) -> bool {
    path.split('/').all(is_name)
}

/// Whether a text is one part of a path.
pub(super) fn is_name(part: &str) -> bool {
    let separators: &[char] = if cfg!(windows) { &['\0', '\\', ':'] } else { &['\0'] };
    !matches!(part, "" | "." | "..") && !part.contains(separators)
}

/// A name in a folder; the root is the empty path.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A path that is named from a folder, `.` and `..` in it followed; none if it leads out of the tree.
pub(crate) fn named(folder: &str, name: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder that a path stands in, and its name there.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folders above a path, from the root down, without the path itself; the root has none above it.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let root = (!path.is_empty()).then_some("");
    root.into_iter().chain(path.match_indices('/').map(|(slash, _)| &path[..slash]))
}

/// A path for people's eyes: a line break or an escape sequence in a name must not reach a terminal.
pub(super) fn escaped(path: &str) -> Cow<'_, str> {
    if !path.contains(char::is_control) {
        return Cow::Borrowed(path);
    }
    let escape = |character: char| {
        if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
    };
    Cow::Owned(path.chars().map(escape).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_are_not_within() {
        for path in ["", "/", "/etc/passwd", "..", "../a", "a/..", "a/../../b", "a//b", "a/", "./a", "a/.", "a\0b"] {
            assert!(!is_within(path), "{path:?}");
        }
        for path in ["a", "a/b", "..data/a.yaml", "a/...", ".github/x.yml", "with space/ü.yaml", "line\nbreak.yaml"] {
            assert!(is_within(path), "{path:?}");
        }
    }

    #[test]
    fn the_ancestors_of_a_path_go_from_the_root_down() {
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["", "a", "a/b"]);
        assert_eq!(ancestors("a").collect::<Vec<_>>(), [""]);
        assert_eq!(ancestors("").count(), 0);
    }

    #[test]
    fn control_characters_are_escaped_and_nothing_else() {
        assert_eq!(escaped("a\nb\u{1b}[31m.yaml"), "a\\nb\\u{1b}[31m.yaml");
        assert_eq!(escaped("ä b\\c.yaml"), "ä b\\c.yaml");
    }
}
