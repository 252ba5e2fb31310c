//! How fast documents are read, in bytes a second: `cargo bench --bench read`.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use plimsoll::manifest::{Document, FileId, Source, read_documents, read_documents_slowly};

mod support;
use support::manifests;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn read(bencher: Bencher<'_, '_>, path: &str, text: String, read: fn(FileId, &Source) -> Vec<Document<'_>>) {
    let source = Source::new(path, text);
    bencher.counter(BytesCount::of_str(&source.text)).bench(|| drop(black_box(read(FileId(0), black_box(&source)))));
}

#[divan::bench(args = [1, 100])]
fn fast_path(bencher: Bencher<'_, '_>, count: usize) {
    read(bencher, "a.yaml", manifests(count), read_documents);
}

#[divan::bench(args = [1, 100])]
fn slow_path(bencher: Bencher<'_, '_>, count: usize) {
    read(bencher, "a.yaml", manifests(count), read_documents_slowly);
}

#[divan::bench]
fn json(bencher: Bencher<'_, '_>) {
    let source = Source::new("a.yaml", manifests(100));
    let values = read_documents(FileId(0), &source);
    let text = values.iter().map(|document| match &document.content {
        plimsoll::manifest::Content::Value(node) => plimsoll::manifest::to_json_text(node),
        other => panic!("{other:?}"),
    });
    read(bencher, "a.json", text.collect(), read_documents);
}
