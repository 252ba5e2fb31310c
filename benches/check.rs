//! How fast trees are listed, checked and reported: `cargo bench --bench check`.
//!
//! The stages run as they do in the program, on all cores; `RAYON_NUM_THREADS=1` shows what one core does.

use std::fmt::Write as _;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use plimsoll::check::schema::bundle;
use plimsoll::check::{self, Request};
use plimsoll::config::{CommandLine, Raw, Settings};
use plimsoll::finding::Severity;
use plimsoll::repo::{FileTree, MemoryTree, WalkOptions, WorkTree};
use plimsoll::report::{self, Context, Format, Report};

mod support;
use support::manifests;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Documents in each file of the trees below.
const DOCUMENTS_A_FILE: usize = 2;

fn main() {
    divan::main();
}

/// Sound manifests, one Deployment and one ConfigMap a file.
fn files(count: usize) -> Vec<(String, String)> {
    (0..count).map(|number| (format!("apps/team-{}/web-{number}.yaml", number % 50), manifests(1))).collect()
}

fn settings() -> Settings {
    Settings::new(Raw::default(), Vec::new(), &CommandLine::default(), bundle().minors(), "").expect("defaults settle")
}

fn check_tree(tree: &dyn FileTree, settings: &Settings) -> Report {
    let request =
        Request { tree, settings, against: None, only: None, whole: None, definitions: Vec::new(), progress: &|| {} };
    check::run(request).expect("a tree in memory can be listed")
}

/// Listing a work tree, `.gitignore` and all.
#[divan::bench(args = [1_000, 10_000])]
fn walk(bencher: Bencher<'_, '_>, count: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (path, text) in files(count) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    let tree = WorkTree::open(folder.path(), &[], &WalkOptions::default()).expect("the folder is there");
    bencher.counter(ItemsCount::new(count)).bench(|| black_box(&tree).list().expect("it can be listed"));
}

/// Reading and checking, nothing wrong: what nearly every run is.
#[divan::bench(args = [1, 100, 1_000])]
fn sound(bencher: Bencher<'_, '_>, count: usize) {
    let files = files(count);
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let (tree, settings): (MemoryTree, _) = (files.into_iter().collect(), settings());
    bencher
        .counter(ItemsCount::new(count * DOCUMENTS_A_FILE))
        .counter(BytesCount::new(bytes))
        .bench(|| check_tree(black_box(&tree), &settings));
}

/// The same with a mistake in every Deployment: what finding words for them costs.
#[divan::bench(args = [100])]
fn broken(bencher: Bencher<'_, '_>, count: usize) {
    let (tree, settings) = (broken_tree(count), settings());
    bencher.counter(ItemsCount::new(count * DOCUMENTS_A_FILE)).bench(|| check_tree(black_box(&tree), &settings));
}

fn broken_tree(count: usize) -> MemoryTree {
    files(count).into_iter().map(|(path, text)| (path, text.replace("  replicas:", "  replica:"))).collect()
}

/// Custom resources under the CustomResourceDefinition of the same tree, with a CEL rule each.
#[divan::bench(args = [100])]
fn custom_resources(bencher: Bencher<'_, '_>, count: usize) {
    let definition = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: plans.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: plans, kind: Plan, singular: plan, listKind: PlanList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            x-kubernetes-validations:
            - rule: self.least <= self.most
            properties:
              least: {type: integer}
              most: {type: integer, default: 10}
";
    let plans = (0..count).fold(String::new(), |mut text, number| {
        let _ = write!(
            text,
            "---\napiVersion: example.org/v1\nkind: Plan\nmetadata: {{name: plan-{number}}}\nspec: {{least: 3}}\n"
        );
        text
    });
    let tree: MemoryTree = [("definition.yaml", definition.to_owned()), ("plans.yaml", plans)].into_iter().collect();
    let settings = settings();
    bencher.counter(ItemsCount::new(count)).bench(|| check_tree(black_box(&tree), &settings));
}

/// Writing 100 findings.
#[divan::bench(args = [Format::Human, Format::Json, Format::Sarif])]
fn write_report(bencher: Bencher<'_, '_>, format: Format) {
    let tree = broken_tree(100);
    let report = check_tree(&tree, &settings());
    let source = |path: &str| String::from_utf8(tree.read(path).ok()?).ok();
    let context =
        Context { source: &source, colour: false, width: 100, display: &str::to_owned, threshold: Severity::Deny };
    bencher.counter(ItemsCount::new(report.findings.len())).bench_local(|| {
        let mut bytes = Vec::new();
        report::write(format, black_box(&report), &context, &mut bytes).expect("memory takes all");
        bytes
    });
}
