//! For tests: a configuration from its text.

use super::Raw;
use crate::finding::Finding;
use crate::manifest::{Content, FileId, Source, read_documents};

/// The Kubernetes versions that the tests have schemas for.
pub(crate) const MINORS: [&str; 3] = ["1.30", "1.36", "1.37"];

/// What a text says as a configuration, and what is wrong with it.
pub(crate) fn load(text: &str) -> (Raw, Vec<Finding>) {
    let source = Source::new("plimsoll.yaml", text);
    let documents = read_documents(FileId(0), &source);
    let node = documents.iter().find_map(|document| match &document.content {
        Content::Value(node) => Some(node),
        Content::Empty => None,
        Content::Broken(findings) => panic!("{findings:?}"),
    });
    super::load(&source, node, &MINORS)
}
