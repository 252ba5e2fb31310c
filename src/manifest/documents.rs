//! The documents of a file.
//!
//! In: a file's path and text. Out: one value for each document, or what is wrong with it. A broken document never hides
//! the next one.

use super::kyaml::Dialect;
use super::node::{FileId, Node, Span};
use super::problem::{Problem, findings, narrow};
use super::source::Source;
use super::{characters, fast, json_reader, reader, stream};
use crate::catalogue::read;
use crate::finding::Finding;

/// How large a file may be.
pub const MAX_FILE_BYTES: usize = 256 << 20;

/// A document of a file.
#[derive(Debug)]
pub struct Document<'s> {
    /// Which one of the file it is, from 0.
    pub index: usize,
    /// From behind its `---` to the next marker or the end of the file.
    pub span: Span,
    /// What it holds.
    pub content: Content<'s>,
}

/// What a document holds.
#[derive(Debug)]
pub enum Content<'s> {
    /// A value.
    Value(Node<'s>),
    /// Nothing but blanks and comments.
    Empty,
    /// It cannot be read, for these reasons.
    Broken(Vec<Finding>),
}

/// Reads all documents of a file: JSON if its name ends in `.json`, YAML otherwise.
#[must_use]
pub fn read_documents(file: FileId, source: &Source) -> Vec<Document<'_>> {
    read_documents_as(Dialect::Kubernetes, file, source)
}

/// The same as one or another program reads YAML.
#[must_use]
pub fn read_documents_as(dialect: Dialect, file: FileId, source: &Source) -> Vec<Document<'_>> {
    read_with(dialect, file, source, Effort::FastFirst)
}

/// The same without the fast path: for tests and benchmarks.
#[doc(hidden)]
#[must_use]
pub fn read_documents_slowly(file: FileId, source: &Source) -> Vec<Document<'_>> {
    read_with(Dialect::Kubernetes, file, source, Effort::SlowOnly)
}

/// How YAML is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effort {
    FastFirst,
    SlowOnly,
}

fn read_with(dialect: Dialect, file: FileId, source: &Source, effort: Effort) -> Vec<Document<'_>> {
    let text = source.text.as_str();
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_FILE_BYTES >> 20);
        let problem = Problem::new(&read::LIMIT, (0, 0), message);
        let span = Span { file, start: 0, end: narrow(text.len()) };
        return vec![Document { index: 0, span, content: outcome(Err(vec![problem]), source) }];
    }
    let json = source.path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("json"));
    if json { json_documents(file, source) } else { yaml_documents(dialect, file, source, effort) }
}

fn json_documents(file: FileId, source: &Source) -> Vec<Document<'_>> {
    let text = source.text.as_str();
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut documents = Vec::new();
    let mut is_broken = false;
    while let Some(read) = json_reader::read(file, text, start) {
        is_broken |= read.value.is_err();
        let content = outcome(read.value, source);
        let span = Span { file, start: narrow(start), end: narrow(read.end) };
        documents.push(Document { index: documents.len(), span, content });
        start = if is_broken { json_reader::skip_remains(text, read.end) } else { read.end };
    }
    if documents.is_empty() {
        let span = Span { file, start: narrow(start), end: narrow(text.len()) };
        documents.push(Document { index: 0, span, content: Content::Empty });
    }
    documents
}

fn yaml_documents(dialect: Dialect, file: FileId, source: &Source, effort: Effort) -> Vec<Document<'_>> {
    let text = source.text.as_str();
    let read = |(index, chunk): (usize, stream::Chunk)| {
        let fast = if effort == Effort::FastFirst { fast::read(dialect, file, text, &chunk) } else { None };
        let content = match fast {
            Some(node) => Content::Value(node),
            None if chunk.is_blank(text) => blank(source, &chunk),
            None => outcome(reader::read(dialect, file, text, &chunk), source),
        };
        let span = Span { file, start: narrow(chunk.body.start), end: narrow(chunk.body.end) };
        Document { index, span, content }
    };
    stream::split(text).into_iter().enumerate().map(read).collect()
}

/// A document of blanks and comments, which may not hold just any character either.
fn blank<'s>(source: &'s Source, chunk: &stream::Chunk) -> Content<'s> {
    match characters::check(&source.text, &chunk.body) {
        Ok(()) => Content::Empty,
        Err(problem) => outcome(Err(vec![problem]), source),
    }
}

fn outcome<'s>(read: Result<Node<'s>, Vec<Problem>>, source: &Source) -> Content<'s> {
    match read {
        Ok(node) => Content::Value(node),
        Err(problems) => Content::Broken(findings(source, problems)),
    }
}

#[cfg(test)]
mod tests;
