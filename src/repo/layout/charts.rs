//! The Helm charts of a repository: what each is to it, and which files it is made of.
//!
//! In: the folders with a `Chart.yaml`. Out: which charts are trees of their own, and what the files in them are. It never
//! renders.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::manifest::{Content, FileId, Node, SkipReason, Source, decode, read_documents};
use crate::repo::{FileTree, path};

/// The file that makes a folder a chart.
pub(super) const CHART: &str = "Chart.yaml";

/// Folders of a chart whose files Helm hands to templates, tests or nobody, and never to an API server.
const CHART_FOLDERS: &[&str] = &["ci", "files", "tests"];

/// What a chart is to the repository.
#[derive(Debug, Default)]
pub(super) struct Chart {
    /// Whether it only helps other charts.
    pub(super) is_library: bool,
    /// Whether something else renders it: a kustomization, or the chart that it lies in.
    pub(super) is_used: bool,
    /// The files in its folder.
    pub(super) files: Vec<String>,
}

/// The charts, by folder.
#[derive(Debug, Default)]
pub(super) struct Charts(BTreeMap<String, Chart>);

impl Charts {
    /// Adds the chart of a file.
    pub(super) fn add(&mut self, tree: &dyn FileTree, folder: &str, file: &str) {
        self.0.entry(folder.to_owned()).or_default().is_library = is_library(tree, file);
    }

    /// Finds out which charts are trees of their own. Kustomizations render those that are `used`.
    pub(super) fn settle(&mut self, tree: &dyn FileTree, used: &BTreeSet<String>) {
        let folders: BTreeSet<String> = self.0.keys().cloned().collect();
        for (folder, chart) in &mut self.0 {
            chart.is_used = used.contains(folder);
            chart.is_used |= path::ancestors(folder).any(|above| {
                let inside = if above.is_empty() { folder.as_str() } else { &folder[above.len() + 1..] };
                inside.starts_with("charts/") && folders.contains(above)
            });
            // Also what no walk lists: helpers, and whatever else a template may read. What is wrong with the folder is
            // said where the chart is rendered.
            let below = tree.files_below(folder).unwrap_or_default();
            chart.files = below.into_iter().map(|(inside, _)| path::join(folder, &inside)).collect();
        }
    }

    /// The files of a folder's chart.
    pub(super) fn files(&self, folder: &str) -> &[String] {
        self.0.get(folder).map(|chart| chart.files.as_slice()).unwrap_or_default()
    }

    /// Those that nothing else renders.
    pub(super) fn trees(&self) -> impl Iterator<Item = (&String, &Chart)> {
        self.0.iter().filter(|(_, chart)| !chart.is_library && !chart.is_used)
    }

    pub(super) fn contains(&self, folder: &str) -> bool {
        self.0.contains_key(folder)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a file is to the chart that it lies in.
    pub(super) fn role(&self, file: &str) -> Option<SkipReason> {
        let chart = path::ancestors(file).filter(|ancestor| self.contains(ancestor)).last()?;
        let inside = if chart.is_empty() { file } else { &file[chart.len() + 1..] };
        match inside.split_once('/') {
            Some(("templates", _)) => Some(SkipReason::HelmTemplate),
            Some((folder, _)) if CHART_FOLDERS.contains(&folder) => Some(SkipReason::HelmTemplate),
            None if matches!(inside, "Chart.yaml" | "Chart.lock" | "requirements.yaml") => Some(SkipReason::ChartPart),
            None if inside.starts_with("values") => Some(SkipReason::ChartPart),
            _ => None,
        }
    }
}

/// Whether a chart says of itself that it makes nothing.
fn is_library(tree: &dyn FileTree, file: &str) -> bool {
    let Some(text) = tree.read(file).ok().and_then(|bytes| decode(file, bytes).ok()) else { return false };
    let source = Source::new(file, text);
    // A bug of ours in reading it is reported where the file itself is checked.
    let documents = catch_unwind(AssertUnwindSafe(|| read_documents(FileId(0), &source))).unwrap_or_default();
    documents.iter().any(|document| match &document.content {
        Content::Value(node) => node.get("type").and_then(Node::as_str) == Some("library"),
        _ => false,
    })
}
