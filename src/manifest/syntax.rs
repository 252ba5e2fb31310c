//! Tells what is wrong with a document that is not YAML, where exactly, and how to mend it.
//!
//! In: the parser's error and the text around it. Out: a problem in words that a person who writes manifests uses. It
//! never decides what is an error.

use std::borrow::Cow;

use granit_parser::{ErrorKind, ScanError};

use super::problem::Problem;
use super::tabs;
use super::tree::{Bytes, MAX_DEPTH};
use crate::catalogue::read;

/// How long a key may be.
const MAX_KEY_LENGTH: usize = 1024;

/// A problem from a parser's error; `base` is where the parser's text starts in the file.
pub(super) fn explain(error: &ScanError, text: &str, base: usize) -> Problem {
    let offset = base + error.marker().byte_offset().unwrap_or_default();
    let context = Context { text, offset: text.floor_char_boundary(offset) };
    context.explain(error.kind())
}

/// A problem whose line looks like a template's gets told so.
pub(super) fn mention_template(mut problem: Problem, text: &str) -> Problem {
    let context = Context { text, offset: text.floor_char_boundary(problem.at.0) };
    if context.line().contains("{{") || context.line().contains("{%") {
        let help = "the file seems to be a template: check what it renders to, or put quotes around the braces";
        problem.help = Some(Cow::Borrowed(help));
    }
    problem
}

struct Context<'t> {
    text: &'t str,
    offset: usize,
}

impl Context<'_> {
    fn explain(&self, kind: &ErrorKind) -> Problem {
        use ErrorKind as Kind;
        match kind {
            Kind::RecursionLimitExceeded => {
                let message = format!("collections are nested deeper than {MAX_DEPTH} levels");
                Problem::new(&read::LIMIT, self.character(), message)
            }
            Kind::TabInIndentation
            | Kind::TabInBlockIndentation
            | Kind::TabNotAllowed
            | Kind::TabInPlainScalar
            | Kind::TabAtBlockScalarStart
            | Kind::InvalidBlockEntryWhitespace
            | Kind::InvalidMappingValueWhitespace
            | Kind::UnexpectedCharacter { character: '\t' } => self.tab(),
            Kind::UnclosedQuotedScalar | Kind::DocumentIndicatorInQuotedScalar => self.syntax(
                "the quote that opens here is never closed",
                "add the closing quote behind the last character of the value",
            ),
            Kind::UnclosedFlowCollection { open } => {
                let close = if *open == '{' { '}' } else { ']' };
                self.syntax(format!("`{open}` is never closed"), format!("add the closing `{close}`"))
            }
            Kind::MismatchedFlowCollectionEnd { open, close } => {
                let expected = if *open == '{' { '}' } else { ']' };
                self.syntax(format!("`{open}` is closed by a `{close}`"), format!("close it with `{expected}`"))
            }
            Kind::MisplacedFlowCollectionEnd => {
                let bracket = self.first_character();
                self.syntax(
                    format!("`{bracket}` closes nothing"),
                    "delete it, or put quotes around the value if it is a text",
                )
            }
            Kind::ExpectedFlowMappingSeparator | Kind::UnexpectedEofFlowMapping => {
                self.syntax("expected `,` or `}` here", "separate the entries with `,`, or close the mapping before")
            }
            Kind::ExpectedFlowSequenceSeparator | Kind::UnexpectedEofFlowSequence => {
                self.syntax("expected `,` or `]` here", "separate the items with `,`, or close the sequence before")
            }
            Kind::InvalidColonPlacement | Kind::UnexpectedEofImplicitFlowMapping => self.syntax(
                "a key is not allowed here, inside brackets",
                "close the bracket that is still open, or put quotes around the value",
            ),
            Kind::MappingValueNotAllowed => self.mapping_value(),
            Kind::BlockSequenceEntryNotAllowed => {
                self.syntax("a `-` item cannot start here", "put the item on a line of its own")
            }
            Kind::BlockEntryInFlowCollection => {
                self.syntax("a `-` item cannot stand inside brackets", "separate the items with `,` instead")
            }
            Kind::ExpectedBlockMappingKey => self.line_start(
                "this line is no key of the mapping above it",
                "indent it like the other keys of its mapping",
            ),
            Kind::ExpectedBlockSequenceEntry => self.line_start(
                "this line is no `-` item of the list above it",
                "indent it like the key that it belongs beside, or start it with `- `",
            ),
            Kind::ExpectedDocumentStart => self.line_start(
                "the document ended before this line",
                "indent it like the first line of the document, or put `---` before it",
            ),
            Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => self.line_start(
                "this line is neither a key nor part of the value above",
                "add the missing `:`, or indent the line if it belongs to the value above",
            ),
            Kind::MappingKeyNotAllowed => self.syntax("a key cannot start here", "put it on a line of its own"),
            Kind::UnexpectedCharacter { character } => {
                self.syntax(format!("a value cannot start with `{character}`"), "put quotes around the value")
            }
            Kind::PlainScalarStartsWithDashFlowIndicator => {
                self.syntax("a value inside brackets cannot start with `-`", "put quotes around the value")
            }
            Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => self.syntax(
                "there is text behind the closing quote",
                "put the whole value into quotes: the other kind of quotes, if it contains this one",
            ),
            Kind::UnknownQuotedScalarEscape
            | Kind::InvalidQuotedScalarHexEscape
            | Kind::InvalidUnicodeEscape
            | Kind::InvalidLowSurrogateHexEscape
            | Kind::InvalidLowSurrogate
            | Kind::MissingLowSurrogate
            | Kind::UnpairedLowSurrogate => self.escape(),
            Kind::UnknownAnchor => {
                let alias = self.word();
                let name = self.slice(alias.0 + 1, alias.1);
                if name.ends_with(':') {
                    return Problem::new(&read::SYNTAX, alias, "an alias touches its colon here")
                        .with_help("put a space before the colon");
                }
                // Never its name: it may be a password that lacks quotes
                Problem::new(&read::SYNTAX, alias, "there is no anchor for this alias before it").with_help(
                    "put quotes around the value if it is a text, or set the anchor before it in the same document",
                )
            }
            Kind::MissingAnchorOrAliasName => self.syntax(
                format!("`{}` starts an anchor or alias, but has no name", self.first_character()),
                "put quotes around the value if it is a text",
            ),
            Kind::UndeclaredTagHandle => self.word_problem("the handle of this tag is not declared"),
            Kind::CommentNotSeparated => {
                self.syntax("a comment needs a space before its `#`", "put a space before the `#`")
            }
            Kind::CommentInterceptedScalar => self.syntax(
                "a comment ends the text here, but the next line goes on with it",
                "put the comment before the key, or the whole text on one line",
            ),
            Kind::InvalidBlockScalarHeader => self
                .syntax("text cannot start on the line of its `|` or `>`", "start the text on the next line, indented"),
            Kind::ZeroBlockScalarIndent => self.syntax("a block cannot be indented by 0", "write a digit from 1 to 9"),
            Kind::InvalidBlockScalarIndent => self.syntax(
                "an empty line is indented deeper than the text below it",
                "delete the blanks of the empty lines before the text",
            ),
            Kind::InvalidIndentation | Kind::InvalidFlowScalarIndent | Kind::InvalidQuotedScalarIndent => self.syntax(
                "this line is indented less than what it belongs to",
                "indent it deeper than the line it started on",
            ),
            Kind::InvalidDocumentEnd => self.syntax("text cannot stand behind `...`", "put it on the next line"),
            Kind::MissingDocumentEndBeforeDirective | Kind::UnexpectedEof | Kind::MissingDirectiveName => self.syntax(
                "a line that starts with `%` is a directive, and needs a `---` behind it",
                "put quotes around the value, or indent the line, if it is a text",
            ),
            _ => self.syntax("this is not valid YAML", "put quotes around the value if it is a text"),
        }
    }

    /// At one character.
    fn syntax(&self, message: impl Into<Cow<'static, str>>, help: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(&read::SYNTAX, self.character(), message).with_help(help)
    }

    /// At the first word of the line, which the parser may have passed already.
    fn line_start(&self, message: &'static str, help: &'static str) -> Problem {
        let start = self.line_start_offset();
        let indent = self.line().len() - self.line().trim_start_matches([' ', '\t']).len();
        let first = Context { text: self.text, offset: (start + indent).min(self.offset) };
        Problem::new(&read::SYNTAX, first.word(), message).with_help(help)
    }

    fn word_problem(&self, message: &'static str) -> Problem {
        Problem::new(&read::SYNTAX, self.word(), message)
    }

    fn tab(&self) -> Problem {
        let start = self.line_start_offset();
        tabs::tab(self.line().find('\t').map_or(self.offset, |column| start + column))
    }

    /// A `:` where no key can be: mostly `a: b: c`, or a line that is indented as if it went on with a text.
    fn mapping_value(&self) -> Problem {
        let before = self.slice(self.line_start_offset(), self.offset);
        if before.len() > MAX_KEY_LENGTH && !before.contains(": ") {
            self.line_start(
                "a key cannot be longer than 1024 characters",
                "shorten it, or put a space behind an earlier colon",
            )
        } else if before.contains(": ") || before.trim_start().starts_with("---") {
            self.syntax(
                "a second key cannot start on the same line",
                "put quotes around the value if it is a text, or put its key on the next line, indented",
            )
        } else {
            self.line_start(
                "this line is indented like a part of the value above, but is a key",
                "indent it like the other keys of its mapping, or take the value above away",
            )
        }
    }

    fn escape(&self) -> Problem {
        bad_escape(self.text, find_bad_escape(self.text, self.offset).unwrap_or(self.character()))
    }

    fn character(&self) -> Bytes {
        let length = self.text.get(self.offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        (self.offset, self.offset + length)
    }

    fn first_character(&self) -> &str {
        let (start, end) = self.character();
        self.slice(start, end)
    }

    /// The characters up to the next blank, line break or flow indicator; at least one.
    fn word(&self) -> Bytes {
        let (start, end) = self.character();
        let rest = self.slice(end, self.text.len());
        let length = rest.find([' ', '\t', '\n', '\r', ',', '[', ']', '{', '}']).unwrap_or(rest.len());
        (start, end + length)
    }

    fn line_start_offset(&self) -> usize {
        let before = self.slice(0, self.offset);
        memchr::memrchr2(b'\n', b'\r', before.as_bytes()).map_or(0, |newline| newline + 1)
    }

    fn line(&self) -> &str {
        let rest = self.slice(self.line_start_offset(), self.text.len());
        let length = memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
        rest.get(..length).unwrap_or_default()
    }

    fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// A backslash in double quotes with something behind it that is no escape.
fn bad_escape(text: &str, at: Bytes) -> Problem {
    let escape = text.get(at.0..at.1).unwrap_or_default();
    let message = format!("`{}` is no escape that YAML knows inside double quotes", start_of_escape(escape));
    let help = if escape.starts_with("\\u") || escape.starts_with("\\U") {
        "write the character itself, or `\\U` and eight hexadecimal digits"
    } else {
        "write two backslashes, or use single quotes, where a backslash is just that"
    };
    Problem::new(&read::SYNTAX, at, message).with_help(help)
}

/// A backslash and the character behind it: what follows may be a part of a password.
pub(super) fn start_of_escape(escape: &str) -> Cow<'_, str> {
    match escape.char_indices().nth(2) {
        Some((end, _)) => Cow::Owned(format!("{}…", escape.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(escape),
    }
}

/// The parser knows more escapes than Kubernetes' YAML: `\/`, and pairs of surrogates. `at` is a double-quoted scalar.
pub(super) fn check_escapes(text: &str, at: Bytes) -> Result<(), Problem> {
    let written = text.get(at.0..at.1).unwrap_or_default();
    if memchr::memchr(b'\\', written.as_bytes()).is_none() {
        return Ok(());
    }
    find_bad_escape(text, at.0).map_or(Ok(()), |bad| Err(bad_escape(text, bad)))
}

/// The first escape of a double-quoted text that go-yaml does not know. `start` is at the quote.
fn find_bad_escape(text: &str, start: usize) -> Option<Bytes> {
    let mut at = start + 1;
    loop {
        let rest = text.get(at..)?;
        let next = rest.find(['\\', '"'])?;
        let mut characters = rest.get(next..)?.chars();
        if characters.next() == Some('"') {
            return None;
        }
        at += next;
        let escaped = characters.next()?;
        let digits = match escaped {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '0' | 'a' | 'b' | 't' | '\t' | 'n' | 'v' | 'f' | 'r' | 'e' | ' ' | '"' | '\\' | 'N' | '_' | 'L' | 'P'
            | '\n' | '\r' => 0,
            _ => return Some((at, at + 1 + escaped.len_utf8())),
        };
        let hexadecimal: String = characters.take(digits).take_while(char::is_ascii_hexdigit).collect();
        let end = at + 1 + escaped.len_utf8() + hexadecimal.len();
        let code = u32::from_str_radix(&hexadecimal, 16).ok().and_then(char::from_u32);
        if digits > 0 && (hexadecimal.len() < digits || code.is_none()) {
            return Some((at, end));
        }
        at = end;
    }
}
