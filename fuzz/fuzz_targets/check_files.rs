//! No bytes may make a check fail on its own account: the whole pipeline, on one file that holds them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll::catalogue;
use plimsoll::check::schema::bundle;
use plimsoll::check::{self, Request};
use plimsoll::config::{CommandLine, Raw, Settings};
use plimsoll::finding::Severity;
use plimsoll::repo::{FileTree, MemoryTree};
use plimsoll::report::{self, Context, Format};

fuzz_target!(|bytes: &[u8]| {
    let tree: MemoryTree = [("a.yaml", bytes.to_vec())].into_iter().collect();
    let minors = bundle().minors();
    let settings = Settings::new(Raw::default(), Vec::new(), &CommandLine::default(), minors, "").unwrap();
    let request =
        Request { tree: &tree, settings: &settings, against: None, only: None, whole: None, definitions: Vec::new(), progress: &|| {} };
    let report = check::run(request).unwrap();
    // A panic within a file is caught, and told as a finding of this rule.
    assert!(report.findings.iter().all(|finding| finding.rule != catalogue::read::CRASH.id));
    let summary = &report.summary;
    assert_eq!(summary.files, 1);
    assert!(summary.valid + summary.invalid + summary.unchecked >= summary.objects);
    assert!(summary.documents == 0 || summary.objects + summary.skipped + summary.invalid > 0);
    for finding in &report.findings {
        assert!(!finding.message.is_empty());
    }
    let source = |path: &str| String::from_utf8(tree.read(path).ok()?).ok();
    let context =
        Context { source: &source, colour: false, width: 100, display: &str::to_owned, threshold: Severity::Deny };
    for format in [Format::Human, Format::Sarif] {
        report::write(format, &report, &context, &mut Vec::new()).unwrap();
    }
});
