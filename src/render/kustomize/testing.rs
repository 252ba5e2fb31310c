//! What the tests of the renderer share.

use crate::manifest::{Content, FileId, Node, Source, read_documents};

/// Hands the only document of a text to a closure.
pub(super) fn with_node<T>(text: &str, look: impl FnOnce(&Node<'_>) -> T) -> T {
    let source = Source::new("test.yaml", text);
    let documents = read_documents(FileId(0), &source);
    let [document] = documents.as_slice() else { panic!("{} documents in {text:?}", documents.len()) };
    let Content::Value(node) = &document.content else { panic!("{:?} of {text:?}", document.content) };
    look(node)
}
