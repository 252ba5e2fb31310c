//! From a YAML stream to its documents, by the markers `---` and `...` at the start of a line.
//!
//! In: the text of a file. Out: the ranges of its documents. It looks at nothing but markers, so that whatever is wrong
//! within a document, the next one is still found.

use std::ops::Range;

use memchr::memmem::{self, FindIter};

/// A byte-order mark, which may start any document.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A document of a stream.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(super) struct Chunk {
    /// What stands behind the marker.
    pub body: Range<usize>,
    /// What the parser has to see: the body, with the markers around it only where content or directives belong to them.
    pub parse: Range<usize>,
}

impl Chunk {
    /// Whether there is nothing to parse but blanks and comments.
    pub(super) fn is_blank(&self, text: &str) -> bool {
        self.parse.end == self.body.end && is_blank(text.get(self.body.clone()).unwrap_or_default())
    }
}

/// Splits a stream. Parts without content before the first `---`, or between `...` and `---`, are no documents, unless
/// the stream holds nothing else: then there is one empty document.
pub(super) fn split(text: &str) -> Vec<Chunk> {
    let mut splitter = Splitter { text, chunks: Vec::new(), from: 0, explicit: None };
    for marker in Markers::new(text) {
        match marker {
            Marker::Start(at) => splitter.start(at),
            Marker::End(at) => splitter.end(at),
        }
    }
    splitter.close(text.len(), text.len());
    if splitter.chunks.is_empty() {
        let end = Markers::new(text).next().map_or(text.len(), |(Marker::Start(at) | Marker::End(at))| at);
        splitter.chunks.push(Chunk { body: 0..end, parse: 0..end });
    }
    splitter.chunks
}

/// Whether a text holds nothing but blanks, line breaks and comments.
fn is_blank(text: &str) -> bool {
    // YAML 1.1 has three more line breaks, behind which a comment is over
    without_mark(text).split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).all(|line| {
        let content = line.trim_start_matches([' ', '\t']);
        content.is_empty() || content.starts_with('#')
    })
}

struct Splitter<'t> {
    text: &'t str,
    chunks: Vec<Chunk>,
    /// Where the current part starts: behind its marker, or at its directives.
    from: usize,
    /// Behind the `---` of the current part, if it has one.
    explicit: Option<usize>,
}

impl<'t> Splitter<'t> {
    /// At a `---`.
    fn start(&mut self, at: usize) {
        if self.explicit.is_some() || !is_directives(self.slice(self.from, at)) {
            self.close(at, at);
            self.from = at;
        }
        self.explicit = Some(at + 3);
    }

    /// At a `...`.
    fn end(&mut self, at: usize) {
        let line_end = self.line_end(at);
        // Content behind `...` is an error, which the parser sees only together with the marker
        self.close(at, if is_blank(self.slice(at + 3, line_end)) { at } else { line_end });
        self.from = line_end;
        self.explicit = None;
    }

    /// The current part is over.
    fn close(&mut self, end: usize, parse_end: usize) {
        let body = self.explicit.unwrap_or(self.from)..end;
        if self.explicit.is_none() && is_blank(self.slice(body.start, parse_end)) {
            return;
        }
        let parse = self.without_marker(&body).unwrap_or(self.from)..parse_end;
        self.chunks.push(Chunk { body, parse });
    }

    /// Where parsing may start when directives and marker say nothing to the parser.
    fn without_marker(&self, body: &Range<usize>) -> Option<usize> {
        let mut start = body.start;
        if self.explicit.is_some() {
            let line_end = self.line_end(start);
            if self.from + 3 != start || !is_blank(self.slice(start, line_end)) {
                return None;
            }
            start = line_end;
            start += if self.slice(start, body.end).starts_with("\r\n") { 2 } else { 1 };
            start = start.min(body.end);
        }
        Some(start + if self.slice(start, body.end).starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 })
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.slice(from, self.text.len());
        from + memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len())
    }

    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// Whether a part holds directives, and nothing else but blanks and comments.
fn is_directives(text: &str) -> bool {
    let mut found = false;
    let only = without_mark(text).split(['\n', '\r']).all(|line| {
        found |= line.starts_with('%');
        line.starts_with('%') || is_blank(line)
    });
    found && only
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

enum Marker {
    Start(usize),
    End(usize),
}

/// The markers of a stream, in order.
struct Markers<'t> {
    text: &'t str,
    starts: FindIter<'t, 'static>,
    ends: FindIter<'t, 'static>,
    next_start: Option<usize>,
    next_end: Option<usize>,
}

impl<'t> Markers<'t> {
    fn new(text: &'t str) -> Self {
        let mut starts = memmem::find_iter(text.as_bytes(), "---");
        let mut ends = memmem::find_iter(text.as_bytes(), "...");
        let next_start = starts.find(|at| is_marker(text, *at));
        let next_end = ends.find(|at| is_marker(text, *at));
        Self { text, starts, ends, next_start, next_end }
    }
}

impl Iterator for Markers<'_> {
    type Item = Marker;

    fn next(&mut self) -> Option<Marker> {
        let text = self.text;
        match (self.next_start, self.next_end) {
            (Some(start), end) if end.is_none_or(|end| start < end) => {
                self.next_start = self.starts.find(|at| is_marker(text, *at));
                Some(Marker::Start(start))
            }
            (_, Some(end)) => {
                self.next_end = self.ends.find(|at| is_marker(text, *at));
                Some(Marker::End(end))
            }
            (_, None) => None,
        }
    }
}

/// Whether three dashes or dots are a marker: at the start of a line, with a blank, a line break or nothing behind.
fn is_marker(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before = before.strip_suffix(BYTE_ORDER_MARK).unwrap_or(before);
    let starts_line = before.is_empty() || before.ends_with(['\n', '\r']);
    starts_line && matches!(text.as_bytes().get(at + 3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::split;

    /// The bodies and what is parsed of each.
    fn parts(text: &str) -> Vec<(&str, &str)> {
        split(text).into_iter().map(|chunk| (&text[chunk.body], &text[chunk.parse])).collect()
    }

    fn bodies(text: &str) -> Vec<&str> {
        parts(text).into_iter().map(|(body, _)| body).collect()
    }

    #[test]
    fn a_stream_without_markers_is_one_document() {
        for text in ["", "a: 1", "# nothing\n", " ---\n", "a: ---\n", "---a\n", "----\n", "a: 1\n ...\n"] {
            assert_eq!(bodies(text), [text]);
        }
    }

    #[test]
    fn markers_split_whatever_follows_them() {
        assert_eq!(bodies("a\n---\nb\n"), ["a\n", "\nb\n"]);
        assert_eq!(bodies("a\n--- # c\nb\n---\tc"), ["a\n", " # c\nb\n", "\tc"]);
        assert_eq!(bodies("a\r\n---\r\nb\r---\rc"), ["a\r\n", "\r\nb\r", "\rc"]);
        assert_eq!(bodies("a\n---"), ["a\n", ""]);
    }

    #[test]
    fn the_marker_is_parsed_only_where_content_belongs_to_it() {
        assert_eq!(parts("---\na\n"), [("\na\n", "a\n")]);
        assert_eq!(parts("--- # c\r\na\n"), [(" # c\r\na\n", "a\n")]);
        assert_eq!(parts("--- {a: 1}\n"), [(" {a: 1}\n", "--- {a: 1}\n")]);
        assert_eq!(parts("%YAML 1.1\n---\na\n"), [("\na\n", "%YAML 1.1\n---\na\n")]);
        assert_eq!(parts("---\n---\n"), [("\n", ""), ("\n", "")]);
    }

    #[test]
    fn parts_without_content_before_a_marker_are_no_documents() {
        assert_eq!(bodies("# c\n---\na\n"), ["\na\n"]);
        assert_eq!(bodies("a\n...\n# c\n---\nb\n"), ["a\n", "\nb\n"]);
        assert_eq!(bodies("a\n...\n"), ["a\n"]);
        assert_eq!(bodies("---\n...\n"), ["\n"]);
        assert_eq!(bodies("# c\n...\n\n...\n"), ["# c\n"]);
    }

    #[test]
    fn a_document_end_starts_the_next_document() {
        assert_eq!(bodies("a\n...\nb\n"), ["a\n", "\nb\n"]);
        assert_eq!(parts("a\n...\n%TAG ! !x\n---\nb"), [("a\n", "a\n"), ("\nb", "\n%TAG ! !x\n---\nb")]);
        assert_eq!(parts("a\n... b\n---\nc\n"), [("a\n", "a\n... b"), ("\nc\n", "c\n")]);
    }

    #[test]
    fn a_byte_order_mark_may_start_any_document() {
        assert_eq!(parts("\u{feff}a"), [("\u{feff}a", "a")]);
        assert_eq!(parts("\u{feff}---\na"), [("\na", "a")]);
        assert_eq!(parts("a\n---\n\u{feff}b"), [("a\n", "a\n"), ("\n\u{feff}b", "b")]);
        assert_eq!(bodies("a\n\u{feff}---\nb"), ["a\n\u{feff}", "\nb"]);
    }
}
