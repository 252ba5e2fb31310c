//! Which `plimsoll.yaml` counts, and what it settles.
//!
//! In: the tree that is checked, and the command line. Out: settings, or the file's mistakes as findings. The file is
//! read from the tree, so that a revision is checked with its own configuration.

use std::path::Path;

use crate::check::schema::bundle;
use crate::check::{self, crd};
use crate::config::{self, CommandLine, ConfigError, FILE_NAMES, Raw, Settings};
use crate::finding::{Finding, Place};
use crate::manifest::{Content, FileId, Source, decode, read_documents};
use crate::repo::{FileTree, TreeError, WalkOptions, WorkTree};

use super::Failure;

/// Why there are no settings.
pub(super) enum Unsettled {
    /// The file has mistakes.
    Mistakes(Vec<Finding>),
    /// The command line has, or the file that it names cannot be read.
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Unsettled {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// The settings of a run.
pub(super) fn settle(
    tree: &dyn FileTree,
    named: Option<&Path>,
    command_line: &CommandLine,
) -> Result<Settings, Unsettled> {
    let minors = bundle().minors();
    let (source, base) = match named {
        Some(path) => (Some(open(path)?), String::new()),
        None => match find(tree)? {
            Some((source, base)) => (Some(source), base),
            None => (None, String::new()),
        },
    };
    let (raw, findings) = source.as_ref().map_or_else(|| (Raw::default(), Vec::new()), |source| read(source, minors));
    Settings::new(raw, findings, command_line, minors, &base).map_err(|error| match error {
        ConfigError::Mistakes { findings } => Unsettled::Mistakes(findings),
        error => error.into(),
    })
}

/// The nearest configuration from what is checked upwards, with its folder.
fn find(tree: &dyn FileTree) -> Result<Option<(Source, String)>, Unsettled> {
    let starts = tree.starts();
    let mut folder = starts.first().map(String::as_str).unwrap_or_default();
    let holds_all = |folder: &str| {
        starts.iter().all(|start| {
            start.strip_prefix(folder).is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
        })
    };
    loop {
        for name in FILE_NAMES.iter().filter(|_| holds_all(folder)) {
            let path = if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") };
            if let Ok(bytes) = tree.read(&path) {
                let text = decode(&path, bytes).map_err(|finding| Unsettled::Mistakes(vec![*finding]))?;
                return Ok(Some((Source::new(path, text), folder.to_owned())));
            }
        }
        if folder.is_empty() {
            return Ok(None);
        }
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

fn open(path: &Path) -> Result<Source, Unsettled> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let text = decode(&shown, bytes).map_err(|finding| Unsettled::Mistakes(vec![*finding]))?;
    Ok(Source::new(shown, text))
}

fn read(source: &Source, minors: &[&str]) -> (Raw, Vec<Finding>) {
    match read_documents(FileId(0), source).into_iter().next().map(|document| document.content) {
        Some(Content::Value(node)) => config::load(source, Some(&node), minors),
        Some(Content::Broken(findings)) => (Raw::default(), findings),
        Some(Content::Empty) | None => config::load(source, None, minors),
    }
}

/// The `CustomResourceDefinitions` that the configuration names, by paths from its folder.
pub(super) fn definitions(
    tree: &dyn FileTree,
    settings: &Settings,
) -> Result<Vec<(crd::CustomDefinition, Place)>, TreeError> {
    let Some(root) = tree.root().filter(|_| !settings.crds.is_empty()) else { return Ok(Vec::new()) };
    let paths: Vec<_> = settings.crd_paths().map(|path| root.join(path)).collect();
    let tree = WorkTree::open(root, &paths, &WalkOptions::default())?;
    Ok(tree.list()?.files.iter().flat_map(|file| check::definitions_in(&tree, &file.path)).collect())
}
