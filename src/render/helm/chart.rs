//! What a chart is: its files, its name, and the charts that it needs.
//!
//! In: the folder of a `Chart.yaml`. Out: the bytes of every file that helm may read, from the tree and nowhere else; or
//! why helm cannot be given them. What would send helm to the network is refused here.

use crate::catalogue::render::{HELM, HELM_TEMPLATE, MISSING};
use crate::manifest::{Node, Span};
use crate::render::Files;
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// The file that makes a folder a chart.
pub(super) const CHART_FILE: &str = "Chart.yaml";

/// How many bytes a chart may have.
const CHART_LIMIT: usize = 64 << 20;

/// A chart of the tree.
#[derive(Debug)]
pub(super) struct Chart {
    /// Its `Chart.yaml`.
    pub(super) span: Span,
    /// Its files by their path from the folder.
    pub(super) files: Vec<ChartFile>,
    /// The charts that it needs.
    pub(super) dependencies: Vec<Dependency>,
    /// Whether a chart that it needs is there as an archive, which nobody looks into but helm.
    pub(super) has_archives: bool,
}

/// A file of a chart.
#[derive(Debug)]
pub(super) struct ChartFile {
    /// The path from the chart's folder.
    pub(super) inside: String,
    /// The path in the tree.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// A chart that another needs.
#[derive(Debug)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) alias: Option<String>,
    span: Span,
}

impl Chart {
    /// Reads the chart of a folder. `asked` is where the folder is named.
    pub(super) fn read(files: &Files<'_>, folder: &str, asked: Option<Span>) -> Fallible<Self> {
        let path = join(folder, CHART_FILE);
        if !files.contains(&path) {
            let shown = if folder.is_empty() { "." } else { folder };
            let fault = Fault::nowhere(&MISSING, format!("there is no chart in `{shown}`"));
            let fault = fault.with_help(format!("add a `{CHART_FILE}` there, or name another folder"));
            return Err(match asked {
                Some(span) => fault.at(span),
                None => fault,
            });
        }
        let loaded = files.load(&path).map_err(Fault::read)?;
        let span = loaded.span();
        let about = loaded.settings().map_err(Fault::read)?.unwrap_or_else(|| Node::mapping(span));
        if text(&about, "name").is_empty() {
            let fault = Fault::new(&HELM_TEMPLATE, span, "a chart without a name");
            return Err(fault.with_help("add `name`"));
        }
        let mut dependencies = dependencies(&about);
        let old = join(folder, "requirements.yaml");
        if dependencies.is_empty() && files.contains(&old) {
            let loaded = files.load(&old).map_err(Fault::read)?;
            dependencies = loaded.settings().map_err(Fault::read)?.as_ref().map(self::dependencies).unwrap_or_default();
        }
        let mut chart = Self { span, files: Vec::new(), dependencies, has_archives: false };
        let mut size = 0;
        for (inside, path) in files.below(folder).map_err(Fault::read)? {
            let bytes = files.bytes(&path).map_err(Fault::read)?;
            size += bytes.len();
            if size > CHART_LIMIT {
                let message = format!("the chart's files have more than {} MiB", CHART_LIMIT >> 20);
                return Err(Fault::new(&HELM, span, message).with_help("move out of its folder what is no part of it"));
            }
            chart.files.push(ChartFile { inside, path, bytes });
        }
        chart.has_archives = chart.files.iter().any(|file| is_archive(&file.inside));
        chart.find_missing(files)?;
        chart.find_remote_schema(files)?;
        Ok(chart)
    }

    /// A file by its path from the chart's folder.
    pub(super) fn file(&self, inside: &str) -> Option<&ChartFile> {
        let index = self.files.binary_search_by(|file| file.inside.as_str().cmp(inside)).ok()?;
        self.files.get(index)
    }

    /// Gives a file other content.
    pub(super) fn replace(&mut self, inside: &str, bytes: &[u8]) {
        let index = self.files.binary_search_by(|file| file.inside.as_str().cmp(inside));
        match index {
            Ok(index) => self.files[index].bytes = bytes.to_vec(),
            Err(index) => {
                let (inside, path) = (inside.to_owned(), String::new());
                self.files.insert(index, ChartFile { inside, path, bytes: bytes.to_vec() });
            }
        }
    }

    /// Which file of the tree helm means by a path that begins with a chart's name.
    pub(super) fn path_of(&self, named: &str) -> Option<&str> {
        let mut inside = named.split_once('/')?.1.to_owned();
        // A chart under another name than its folder's.
        for Dependency { name, alias, .. } in &self.dependencies {
            if let Some(alias) = alias
                && let Some(rest) = inside.strip_prefix(&format!("charts/{alias}/"))
            {
                inside = format!("charts/{name}/{rest}");
                break;
            }
        }
        self.file(&inside).map(|file| file.path.as_str())
    }

    /// Whether the charts that this one needs are all there: helm would fetch none, but say less well what to do.
    fn find_missing(&self, files: &Files<'_>) -> Fallible<()> {
        for dependency in &self.dependencies {
            if !self.holds(files, &dependency.name) {
                let message = format!("the chart needs `{}`, which is not vendored in its `charts/`", dependency.name);
                return Err(Fault::new(&HELM, dependency.span, message).with_help(
                    "nothing is fetched while checking: run `helm dependency build` and commit what it puts there",
                ));
            }
        }
        Ok(())
    }

    fn holds(&self, files: &Files<'_>, name: &str) -> bool {
        let by_folder = self.file(&format!("charts/{name}/{CHART_FILE}")).is_some();
        by_folder
            || self.files.iter().any(|file| {
                let Some(inside) = file.inside.strip_prefix("charts/") else { return false };
                let is_name_of = |folder: &str| {
                    let about = || files.load(&file.path).ok()?.settings().ok()?;
                    !folder.contains('/') && about().is_some_and(|about| text(&about, "name") == name)
                };
                match inside.strip_suffix(&format!("/{CHART_FILE}")) {
                    Some(folder) => is_name_of(folder),
                    None => is_archive(&file.inside) && inside.starts_with(&format!("{name}-")),
                }
            })
    }

    /// Whether a schema of the values stands elsewhere: helm would fetch it.
    fn find_remote_schema(&self, files: &Files<'_>) -> Fallible<()> {
        let schemas = self.files.iter().filter(|file| file.inside.ends_with("values.schema.json"));
        for file in schemas {
            let Ok(schema) = serde_json::from_slice::<serde_json::Value>(&file.bytes) else { continue };
            if let Some(address) = remote(&schema) {
                let span = files.load(&file.path).map_err(Fault::read)?.span();
                let message = format!("the schema of the values refers to `{address}`, which is not in the chart");
                return Err(Fault::new(&HELM, span, message)
                    .with_help("nothing is fetched while checking: put what it refers to into the schema itself"));
            }
        }
        Ok(())
    }
}

/// The address of another place that a schema refers to.
fn remote(schema: &serde_json::Value) -> Option<&str> {
    use serde_json::Value;
    match schema {
        Value::Array(items) => items.iter().find_map(remote),
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            let address = member.as_str().filter(|address| match key.as_str() {
                "$ref" | "$dynamicRef" => !address.starts_with('#'),
                // The drafts of JSON Schema are built into helm.
                "$schema" => !address.contains("://json-schema.org/"),
                _ => false,
            });
            address.or_else(|| remote(member))
        }),
        _ => None,
    }
}

fn dependencies(about: &Owned) -> Vec<Dependency> {
    let items = about.get("dependencies").map(Node::items).unwrap_or_default();
    let read = |item: &Owned| Dependency {
        name: text(item, "name").to_owned(),
        alias: Some(text(item, "alias").to_owned()).filter(|alias| !alias.is_empty()),
        span: item.get("name").map_or(item.span, |name| name.span),
    };
    items.iter().map(read).filter(|dependency| !dependency.name.is_empty()).collect()
}

fn is_archive(inside: &str) -> bool {
    inside.starts_with("charts/") && [".tgz", ".tar.gz"].iter().any(|ending| inside.ends_with(ending))
}

fn text<'n>(node: &'n Owned, key: &str) -> &'n str {
    node.get(key).and_then(Node::as_str).unwrap_or_default()
}

/// A path in a folder.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
