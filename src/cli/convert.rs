//! `plimsoll convert`: a YAML file → its first document as JSON, in strict mode as `sigs.k8s.io/yaml` reads it.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::{Failure, Outcome, say};
use crate::manifest::{Content, FileId, Source, decode, read_documents, to_json_text};
use crate::repo::{FileTree, StandardInput, WalkOptions, WorkTree};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file; `-` is standard input
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let tree: Box<dyn FileTree> = if arguments.file.as_os_str() == "-" {
        Box::new(StandardInput::open())
    } else {
        Box::new(WorkTree::open(
            &std::env::current_dir()?,
            std::slice::from_ref(&arguments.file),
            &WalkOptions::default(),
        )?)
    };
    let listing = tree.list()?;
    let Some(entry) = listing.files.first() else {
        let reason = listing.findings.first().map_or("it is not a file", |finding| finding.message.as_str());
        return Err(format!("cannot read {}: {reason}", arguments.file.display()).into());
    };
    let text = tree.read(&entry.path).and_then(|bytes| decode(&entry.path, bytes));
    let source = match text {
        Ok(text) => Source::new(Arc::clone(&entry.path), text),
        Err(finding) => return Err(format!("{}: {}", arguments.file.display(), finding.message).into()),
    };
    match read_documents(FileId(0), &source).into_iter().next().map(|document| document.content) {
        Some(Content::Value(node)) => writeln!(out, "{}", to_json_text(&node))?,
        Some(Content::Empty) | None => writeln!(out, "null")?,
        Some(Content::Broken(findings)) => {
            for finding in findings {
                let place = finding.place.range.map(|range| format!(":{}:{}", range.start.line, range.start.column));
                say(&format!("{}{}: {}", arguments.file.display(), place.unwrap_or_default(), finding.message));
            }
            return Ok(Outcome::Findings);
        }
    }
    Ok(Outcome::Clean)
}
