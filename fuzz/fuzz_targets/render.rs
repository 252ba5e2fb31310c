//! No files may make a rendering fail on its own account, go on for ever, or come out otherwise a second time.
//!
//! The bytes are files: the first is the kustomization, each other begins with a line `=== path`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll::manifest::{Node, Value, to_yaml_text};
use plimsoll::render::{Files, Options, kustomize};
use plimsoll::repo::MemoryTree;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut parts = text.split("\n=== ");
    let mut files = vec![("kustomization.yaml".to_owned(), parts.next().unwrap_or_default().to_owned())];
    files.extend(parts.filter_map(|part| part.split_once('\n')).map(|(path, text)| (path.to_owned(), text.to_owned())));
    let tree: MemoryTree = files.into_iter().collect();
    let render = || {
        let files = Files::new(&tree);
        match kustomize(&files, "", Options::default()) {
            Ok(rendering) => {
                for object in &rendering.objects {
                    check_places(object, &files);
                }
                Ok(rendering.objects.iter().map(to_yaml_text).collect::<Vec<_>>().join("---\n"))
            }
            Err(fault) => {
                let finding = fault.into_finding(&files, "kustomization.yaml");
                assert!(!finding.message.is_empty() && !finding.place.path.is_empty());
                Err(finding)
            }
        }
    };
    assert_eq!(render(), render());
});

/// Every value stands in a file that was read.
fn check_places(node: &Node<'_>, files: &Files<'_>) {
    assert!(!files.place(node.span).path.is_empty());
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| check_places(item, files)),
        Value::Mapping(entries) => entries.iter().for_each(|entry| check_places(&entry.value, files)),
        _ => {}
    }
}
