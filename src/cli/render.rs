//! `plimsoll render`: kustomizations → the objects that kustomize makes of them, as YAML.
//!
//! In: the folder of a kustomization, or a repository. Out: all that was asked for on standard output, or nothing there
//! and the findings on standard error: half of a tree in `kubectl apply --prune` would delete the other half.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::configuration::{self, Unsettled};
use super::place::{self, Origin, Place};
use super::terminal::Stream;
use super::{Failure, Outcome, say};
use crate::config::Settings;
use crate::finding::{Finding, Severity};
use crate::manifest::{Node, to_yaml_text, to_yaml_text_with};
use crate::render::{Choice, Files, Helm, LoadRestrictor, Options, Order, RenderedTree, kustomize, trees};
use crate::repo::{FileTree, Layout, Reading};
use crate::report::{self, Context, printable};

#[derive(Debug, Args)]
#[command(after_help = "Exit codes:
  0  everything was rendered
  1  something cannot be rendered; then nothing is printed but what is wrong
  2  it could not be tried: wrong arguments, no kustomization")]
pub(super) struct Arguments {
    /// The folders of kustomizations [default: the current folder; with --tree all, the repository]
    #[arg(value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// Render every tree of the repository, each object behind a comment `# Source: FOLDER`
    #[arg(long, value_name = "WHICH")]
    tree: Option<Trees>,
    /// Say behind each value which line of which file sets it
    #[arg(long)]
    origins: bool,
    /// Render what is staged in the Git index
    #[arg(long, conflicts_with = "rev")]
    staged: bool,
    /// Render a Git revision without checking it out
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// The order of the objects, where the kustomization does not say so itself
    #[arg(long, value_enum, default_value_t)]
    reorder: Order,
    /// Which files a kustomization may read
    #[arg(long, value_enum, default_value_t)]
    load_restrictor: LoadRestrictor,
    /// Render every Helm chart anew, and keep nothing for the next run
    #[arg(long)]
    no_cache: bool,
}

/// Which kustomizations are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trees {
    /// All of the repository, or of the folder that is named
    All,
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let origin = Origin::of(arguments.staged, arguments.rev.as_deref());
    let place = match (arguments.tree, arguments.load_restrictor) {
        (Some(Trees::All), _) => Place::of(&arguments.folders, origin)?,
        (None, LoadRestrictor::RootOnly) => Place::of_kustomization(&arguments.folders, origin, Reading::Folders)?,
        (None, LoadRestrictor::None) => Place::of_kustomization(&arguments.folders, origin, Reading::Files)?,
    };
    let settings = match configuration::settle(&place, None, &configuration::environment(arguments.no_cache)) {
        Ok(settings) => settings,
        Err(Unsettled::Mistakes(findings)) => {
            write_findings(&findings, place.configured()?.as_ref(), Stream::Error, &mut io::stderr().lock())?;
            return Ok(Outcome::Nothing);
        }
        Err(Unsettled::Failure(failure)) => return Err(failure),
    };
    let named = place.named()?;
    let tree = match arguments.tree {
        // Only all of a repository says which of its kustomizations no other includes.
        Some(Trees::All) => place.repository(named.as_ref())?,
        None => place.named()?,
    };
    let helm = Helm::find(&settings.helm, tree.root());
    let files = Files::new(tree.as_ref()).with_helm(&helm);
    let options = Options { load_restrictor: arguments.load_restrictor, order: arguments.reorder };
    let rendered = match arguments.tree {
        Some(Trees::All) => {
            let meant = if arguments.folders.is_empty() { &[] } else { named.starts() };
            all(&files, tree.as_ref(), meant, &settings, options)?
        }
        None => {
            let render = |folder: &String| {
                let objects = kustomize(&files, folder, options).map(|rendering| rendering.objects);
                (shown(folder), objects.map_err(|fault| Box::new(fault.into_finding(&files, folder))))
            };
            named.starts().par_iter().map(render).collect()
        }
    };
    if rendered.is_empty() {
        say(
            "plimsoll: there is nothing to render; without --tree, a kustomization that others include can be rendered",
        );
        return Ok(Outcome::Nothing);
    }
    let mut findings: Vec<Finding> =
        rendered.iter().filter_map(|(_, objects)| objects.as_ref().err()).map(|finding| (**finding).clone()).collect();
    if !findings.is_empty() {
        findings.sort_by(Finding::order);
        // Several trees may have their mistake in the same base.
        findings.dedup();
        write_findings(&findings, tree.as_ref(), Stream::Error, &mut io::stderr().lock())?;
        return Ok(Outcome::Findings);
    }
    write_objects(&rendered, arguments, &files, tree.as_ref(), out)?;
    Ok(Outcome::Clean)
}

/// Writes all objects; those of several trees with the names of their trees.
fn write_objects(
    rendered: &Made,
    arguments: &Arguments,
    files: &Files<'_>,
    tree: &dyn FileTree,
    out: &mut dyn Write,
) -> io::Result<()> {
    let origin = |node: &Node<'_>| {
        let place = files.place(node.span);
        let line = place.range.map_or(1, |range| range.start.line);
        Some(format!("{}:{line}", printable(&tree.display(&place.path))))
    };
    let mut is_first = true;
    for (source, objects) in rendered {
        for object in objects.iter().flatten() {
            // Documents of several trees all begin alike, so that none changes when another before it goes.
            if arguments.tree.is_some() || rendered.len() > 1 {
                writeln!(out, "---\n# Source: {}", printable(source))?;
            } else if !is_first {
                out.write_all(b"---\n")?;
            }
            is_first = false;
            let text = if arguments.origins { to_yaml_text_with(object, origin) } else { to_yaml_text(object) };
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

/// What each tree is called, and its objects or why it has none.
type Made = Vec<(String, Result<Vec<Node<'static>>, Box<Finding>>)>;

/// Every tree of a repository that lies in any of some folders; in none of them are all.
fn all(
    files: &Files<'_>,
    tree: &dyn FileTree,
    folders: &[String],
    settings: &Settings,
    options: Options,
) -> Result<Made, Failure> {
    let is_below = |path: &str, folder: &str| {
        folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_meant = |path: &str| folders.is_empty() || folders.iter().any(|folder| is_below(path, folder));
    let source = |tree: &RenderedTree| {
        let folder = shown(&tree.folder);
        tree.by.as_ref().map_or_else(|| folder.clone(), |by| format!("{folder} ({by})"))
    };
    let trees = every_tree(files, tree, settings, options)?.into_iter();
    let meant = trees.filter(|tree| tree.files.is_none() && is_meant(&tree.folder));
    Ok(meant.map(|tree| (source(&tree), tree.objects)).collect())
}

/// A folder, for people.
fn shown(folder: &str) -> String {
    if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
}

/// Every tree of a repository, rendered.
pub(super) fn every_tree(
    files: &Files<'_>,
    tree: &dyn FileTree,
    settings: &Settings,
    options: Options,
) -> Result<Vec<RenderedTree>, Failure> {
    let listing = tree.list()?;
    let layout = Layout::read(tree, &listing.files);
    let kubernetes = |folder: &str| settings.targets(folder).last().cloned().unwrap_or_default();
    let mut listed: Vec<&str> = listing.files.iter().map(|entry| &*entry.path).collect();
    listed.sort_unstable();
    Ok(trees(files, &layout, &Choice { listed, wanted: &|_| true, kubernetes: &kubernetes, options }).rendered)
}

/// Writes findings as a check does.
pub(super) fn write_findings(
    findings: &[Finding],
    tree: &dyn FileTree,
    stream: Stream,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let source = |path: &str| String::from_utf8(place::bytes(tree, path)?).ok();
    let display = |path: &str| tree.display(path).into_owned();
    let (colour, width) = (stream.wants_colour(), stream.width());
    let context = Context { source: &source, colour, width, display: &display, threshold: Severity::Deny };
    Ok(report::write_findings(findings, &context, out)?)
}
