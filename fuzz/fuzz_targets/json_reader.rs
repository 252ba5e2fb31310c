//! What the JSON reader takes it must read the same again, as written and as printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll::manifest::{Content, FileId, Source, read_documents, to_json_text};

fuzz_target!(|text: &str| {
    let source = Source::new("a.json", text);
    let documents = read_documents(FileId(0), &source);
    for document in &documents {
        assert!(text.get(document.span.start as usize..document.span.end as usize).is_some());
        let Content::Value(node) = &document.content else { continue };
        let written = text.get(node.span.start as usize..node.span.end as usize).expect("a piece of the text");
        // What was written, read as a document of its own, and what is printed of it, are the same value again
        let printed = to_json_text(node);
        for again in [written, printed.as_str()] {
            let again = Source::new("b.json", again);
            let documents = read_documents(FileId(0), &again);
            let [document] = documents.as_slice() else { panic!("not one document: {documents:?}") };
            let Content::Value(node) = &document.content else { panic!("not a value: {document:?}") };
            // Of negative zeros only floats are negative: `-0.0` is printed as `-0`, and that is the integer 0
            if !printed.contains("-0") {
                assert_eq!(to_json_text(node), printed);
            }
        }
    }
});
