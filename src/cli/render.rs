//! `plimsoll render`: kustomizations → the objects that kustomize makes of them, as YAML.
//!
//! In: the folder of a kustomization, or a repository. Out: all that was asked for on standard output, or nothing there
//! and the findings on standard error: half of a tree in `kubectl apply --prune` would delete the other half.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rayon::prelude::*;

use super::place::{self, Origin, Place};
use super::terminal::Stream;
use super::{Failure, Outcome, say};
use crate::finding::{Finding, Severity};
use crate::manifest::{Node, to_yaml_text, to_yaml_text_with};
use crate::render::{Files, LoadRestrictor, Options, Order, Rendering, kustomize};
use crate::repo::{FileTree, Layout, Reading};
use crate::report::{self, Context, printable};

#[derive(Debug, Args)]
#[command(after_help = "Exit codes:
  0  everything was rendered
  1  something cannot be rendered; then nothing is printed but what is wrong
  2  it could not be tried: wrong arguments, no kustomization")]
pub(super) struct Arguments {
    /// The folder of a kustomization [default: the current folder; with --tree all, the repository]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Render every kustomization that no other includes, each object behind a comment `# Source: FOLDER`
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
}

/// Which kustomizations are rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trees {
    /// All of the repository, or of the folder that is named
    All,
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (tree, folders) = trees(arguments)?;
    if folders.is_empty() {
        say("plimsoll: no kustomization was found that no other includes; without --tree, any can be rendered");
        return Ok(Outcome::Nothing);
    }
    let files = Files::new(tree.as_ref());
    let options = Options { load_restrictor: arguments.load_restrictor, order: arguments.reorder };
    let rendered: Vec<Result<Rendering, Box<Finding>>> = folders
        .par_iter()
        .map(|folder| kustomize(&files, folder, options).map_err(|fault| Box::new(fault.into_finding(&files, folder))))
        .collect();
    let (renderings, findings): (Vec<_>, Vec<_>) = rendered.into_iter().partition(Result::is_ok);
    let mut findings: Vec<Finding> = findings.into_iter().filter_map(Result::err).map(|finding| *finding).collect();
    if !findings.is_empty() {
        findings.sort_by(Finding::order);
        // Several trees may have their mistake in the same base.
        findings.dedup();
        write_findings(&findings, tree.as_ref(), Stream::Error, &mut io::stderr().lock())?;
        return Ok(Outcome::Findings);
    }
    let origin = |node: &Node<'_>| {
        let place = files.place(node.span);
        let line = place.range.map_or(1, |range| range.start.line);
        Some(format!("{}:{line}", printable(&tree.display(&place.path))))
    };
    let mut is_first = true;
    for (folder, rendering) in folders.iter().zip(renderings.into_iter().flatten()) {
        for object in &rendering.objects {
            // Documents of several trees all begin alike, so that none changes when another before it goes.
            if arguments.tree.is_some() {
                let folder = if folder.is_empty() { "." } else { folder };
                writeln!(out, "---\n# Source: {}", printable(folder))?;
            } else if !is_first {
                out.write_all(b"---\n")?;
            }
            is_first = false;
            let text = if arguments.origins { to_yaml_text_with(object, origin) } else { to_yaml_text(object) };
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(Outcome::Clean)
}

/// The files, and the folders of the kustomizations to render.
fn trees(arguments: &Arguments) -> Result<(Box<dyn FileTree>, Vec<String>), Failure> {
    let origin = Origin::of(arguments.staged, arguments.rev.as_deref());
    let named = arguments.folder.as_slice();
    if arguments.tree.is_none() {
        let reading = match arguments.load_restrictor {
            LoadRestrictor::RootOnly => Reading::Folders,
            LoadRestrictor::None => Reading::Files,
        };
        let tree = Place::of_kustomization(named, origin, reading)?.named()?;
        let folders = tree.starts().to_vec();
        return Ok((tree, folders));
    }
    let place = Place::of(named, origin)?;
    let start = place.named()?.starts().first().cloned().filter(|_| !named.is_empty()).unwrap_or_default();
    // Only all of a repository says which of its kustomizations no other includes.
    let tree = place.repository(place.named()?.as_ref())?;
    let layout = Layout::read(tree.as_ref(), &tree.list()?.files);
    let is_meant = |folder: &str| {
        start.is_empty() || folder.strip_prefix(&start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let all = layout.renderable(|_| true).into_iter().map(|(folder, _)| folder.to_owned());
    let folders = all.filter(|folder| is_meant(folder)).collect();
    Ok((tree, folders))
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
