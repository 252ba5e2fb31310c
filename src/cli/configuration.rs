//! Which `plimsoll.yaml` counts, and what it settles.
//!
//! In: the place that is checked, and the command line. Out: settings, or the file's mistakes as findings. The file is
//! read from the tree, so that a revision is checked with its own configuration.

use std::path::{Path, PathBuf};

use crate::catalogue;
use crate::check::schema::bundle;
use crate::config::{self, CommandLine, ConfigError, Raw, Settings};
use crate::finding::Finding;
use crate::manifest::{Content, FileId, Source, decode, read_documents};
use crate::repo::FileTree;

use super::Failure;
use super::place::Place;

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

/// What the environment says, for commands that take none of it from their arguments.
pub(super) fn environment(no_cache: bool) -> CommandLine {
    CommandLine { search: std::env::var_os("PATH"), cache: cache().filter(|_| !no_cache), ..CommandLine::default() }
}

/// The user's folder for what Plimsoll can make again; none where nobody says where that is.
fn cache() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(folder.join("plimsoll"))
}

/// The settings of a run.
pub(super) fn settle(
    place: &Place<'_>,
    named: Option<&Path>,
    command_line: &CommandLine,
) -> Result<Settings, Unsettled> {
    let minors = bundle().minors();
    let (source, base) = match named {
        Some(path) => (Some(open(path)?), String::new()),
        None => match find(place.configured()?.as_ref())? {
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
        let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let name = if holds_all(folder) { config::file_name(|name| tree.contains(&path(name)))? } else { None };
        if let Some(name) = name {
            let path = path(name);
            // One that is there and cannot be read must not be taken for none.
            let text = tree.read(&path).and_then(|bytes| decode(&path, bytes));
            let text = text.map_err(|finding| Unsettled::Mistakes(vec![*finding]))?;
            return Ok(Some((Source::new(path, text), folder.to_owned())));
        }
        if folder.is_empty() {
            return Ok(None);
        }
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

fn open(path: &Path) -> Result<Source, Unsettled> {
    let unreadable = |error| format!("cannot read {}: {error}", path.display());
    let bytes = std::fs::read(path).map_err(unreadable)?;
    // Its path is not one of the tree's, and must not be taken for one.
    let shown = std::path::absolute(path).map_err(unreadable)?.display().to_string();
    let text = decode(&shown, bytes).map_err(|finding| Unsettled::Mistakes(vec![*finding]))?;
    Ok(Source::new(shown, text))
}

fn read(source: &Source, minors: &[&str]) -> (Raw, Vec<Finding>) {
    let documents = read_documents(FileId(0), source);
    let mut documents = documents.into_iter().filter(|document| !matches!(document.content, Content::Empty));
    let (first, second) = (documents.next(), documents.next());
    let (raw, mut findings) = match first.map(|document| document.content) {
        Some(Content::Value(node)) => config::load(source, Some(&node), minors),
        Some(Content::Broken(findings)) => (Raw::default(), findings),
        Some(Content::Empty) | None => config::load(source, None, minors),
    };
    if let Some(second) = second {
        let place = source.place(second.span.start, second.span.end);
        let message = "a second document: a configuration has one, and this would not be read";
        findings
            .push(Finding::new(&catalogue::config::INVALID, place, message).with_help("join the two, or remove one"));
    }
    (raw, findings)
}
