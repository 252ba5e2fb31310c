//! Which files are of interest, and the patterns that leave files out: `.gitignore`'s syntax and meaning everywhere.
//!
//! In: a name, or a path and the patterns of one file. Out: in, out, or no word. It never decides between several files
//! of patterns; the walk does.

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::TreeError;

/// What a user leaves out of a tree.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// Globs with `.gitignore`'s syntax and meaning, relative to the root; a later one wins over an earlier one.
    pub exclude: Vec<String>,
}

/// Whether a file of this name could hold manifests.
pub(super) fn is_of_interest(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    matches!(name, "kustomization" | "Kustomization")
        || extension.is_some_and(|extension| {
            ["yaml", "yml", "json"].iter().any(|wanted| extension.eq_ignore_ascii_case(wanted))
        })
}

/// What patterns say of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A pattern leaves it out.
    Out,
    /// A pattern with `!` keeps it.
    In,
}

/// Whether a path is a folder, which a pattern with a `/` at its end asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A folder.
    Folder,
    /// Anything else.
    Leaf,
}

/// The patterns of one file, or of the command line.
#[derive(Debug)]
pub(super) struct Patterns(Gitignore);

impl Patterns {
    /// The patterns of a file; none if it has none. A line that is not a pattern is passed over, as Git does: less is left
    /// out then, never more.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut builder = GitignoreBuilder::new("");
        for line in String::from_utf8_lossy(text).lines() {
            // The error is the line's: the builder goes on without it
            let _ = builder.add_line(None, line);
        }
        builder.build().ok().filter(|patterns| !patterns.is_empty()).map(Self)
    }

    /// The globs of the command line.
    pub(super) fn of_globs(globs: &[String]) -> Result<Self, TreeError> {
        let mut builder = GitignoreBuilder::new("");
        let refused =
            |glob: &str, error: ignore::Error| TreeError::Exclude { glob: glob.to_owned(), reason: error.to_string() };
        for glob in globs {
            builder.add_line(None, glob).map_err(|error| refused(glob, error))?;
        }
        builder.build().map(Self).map_err(|error| refused(&globs.join(" "), error))
    }

    /// What they say of a path from the folder that they stand in. A folder that is out takes with it what is in it; the
    /// caller goes from the root down, so that is not asked again here.
    pub(super) fn verdict(&self, path: &str, shape: Shape) -> Option<Verdict> {
        match self.0.matched(path, shape == Shape::Folder) {
            Match::None => None,
            Match::Ignore(_) => Some(Verdict::Out),
            Match::Whitelist(_) => Some(Verdict::In),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_told_by_their_names() {
        for name in ["a.yaml", "a.YML", "a.Json", ".gitlab-ci.yml", "Chart.yaml", "kustomization", "Kustomization"] {
            assert!(is_of_interest(name), "{name}");
        }
        for name in ["a.yaml.bak", "deploy.tpl", "yaml", "README.md", "KUSTOMIZATION", "a.jsonc", "a.yaml~"] {
            assert!(!is_of_interest(name), "{name}");
        }
    }

    #[test]
    fn patterns_mean_what_they_mean_to_git() {
        let patterns =
            Patterns::parse(b"\xef\xbb\xbfbuild/\n# comment\n\n/top.yaml\r\n*.gen.yaml\n!keep.gen.yaml\na/**/z.yaml\n")
                .unwrap();
        let cases = [
            ("build", Shape::Folder, Some(Verdict::Out)),
            ("x/build", Shape::Folder, Some(Verdict::Out)),
            ("build", Shape::Leaf, None),
            ("top.yaml", Shape::Leaf, Some(Verdict::Out)),
            ("x/top.yaml", Shape::Leaf, None),
            ("x/b.gen.yaml", Shape::Leaf, Some(Verdict::Out)),
            ("x/keep.gen.yaml", Shape::Leaf, Some(Verdict::In)),
            ("a/z.yaml", Shape::Leaf, Some(Verdict::Out)),
            ("a/b/c/z.yaml", Shape::Leaf, Some(Verdict::Out)),
            ("b/a/z.yaml", Shape::Leaf, None),
        ];
        for (path, shape, expected) in cases {
            assert_eq!(patterns.verdict(path, shape), expected, "{path} {shape:?}");
        }
    }

    #[test]
    fn a_file_of_comments_has_no_patterns() {
        assert!(Patterns::parse(b"# nothing\n\n").is_none());
    }

    #[test]
    fn a_glob_that_is_none_is_an_error_on_the_command_line_and_passed_over_in_a_file() {
        assert!(matches!(Patterns::of_globs(&["a{b".into()]), Err(TreeError::Exclude { glob, .. }) if glob == "a{b"));
        let patterns = Patterns::parse(b"a{b\nc.yaml\n").unwrap();
        assert_eq!(patterns.verdict("c.yaml", Shape::Leaf), Some(Verdict::Out));
    }
}
