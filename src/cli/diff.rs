//! `plimsoll diff`: two states of a repository → what kustomizations make differently of them.
//!
//! In: revisions, and the work tree. Out: the objects and fields that differ, on standard output. Both states are read
//! where they are: nothing is checked out. It never asks a cluster.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;

use super::place::{self, Origin, Place};
use super::terminal::Stream;
use super::{Failure, Outcome, say};
use crate::finding::{Finding, Severity};
use crate::render::{Change, Files, Options, Rendered, Rendering, compare, kustomize};
use crate::repo::{FileTree, Layout, Reading, merge_base};
use crate::report::Context;
use crate::report::difference::{self, Difference, DifferenceFormat, State, TreeDifference, Unrendered};

#[derive(Debug, Args)]
#[command(after_help = "Exit codes:
  0  both states are rendered to the same
  1  they are not, or one of them cannot be rendered
  2  they could not be compared: wrong arguments, or a tree that cannot be rendered in either state")]
pub(super) struct Arguments {
    /// `A..B` from one revision to another, `A...B` from where they parted, `A` from a revision to the work tree
    #[arg(value_name = "REVISIONS")]
    revisions: String,
    /// The folders of kustomizations [default: all of the repository that no other includes]
    #[arg(value_name = "TREE")]
    trees: Vec<PathBuf>,
    /// How the difference is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human")]
    format: DifferenceFormat,
}

/// One of the two states.
struct Side {
    name: String,
    tree: Box<dyn FileTree>,
    layout: Layout,
}

impl Side {
    fn open(origin: Origin<'_>, name: &str) -> Result<Self, Failure> {
        let place = Place::of_kustomization(&[], origin, Reading::Folders)?;
        let tree = place.repository(place.named()?.as_ref())?;
        let layout = Layout::read(tree.as_ref(), &tree.list()?.files);
        Ok(Self { name: name.to_owned(), tree, layout })
    }

    /// The folders of the kustomizations that no other includes.
    fn roots(&self) -> impl Iterator<Item = String> {
        self.layout.renderable(|_| true).into_iter().map(|(folder, _)| folder.to_owned())
    }
}

/// What a state of a tree is rendered to; none when there is no such tree.
type Outlook = Option<Result<Rendering, Box<Finding>>>;

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (before, after) = states(&arguments.revisions)?;
    if before.tree.root().is_none() && after.is_none() {
        return Err("a bare repository has no work tree: name two revisions, such as `main~1..main`".into());
    }
    let after = match after {
        Some(revision) => Side::open(Origin::Commit(&revision), &revision)?,
        None => Side::open(Origin::WorkTree, "the work tree")?,
    };
    let folders = folders(arguments, &before, &after)?;
    let files = [Files::new(before.tree.as_ref()), Files::new(after.tree.as_ref())];
    let trees: Vec<Option<TreeDifference>> =
        folders.par_iter().map(|folder| compare_tree(folder, [&before, &after], &files)).collect();
    let trees: Vec<TreeDifference> = trees.into_iter().flatten().collect();
    let compared = folders.len();
    let difference = Difference { before: before.name.clone(), after: after.name.clone(), compared, trees };
    write(arguments.format, &difference, [&before, &after], out)?;
    let unknown = difference.trees.iter().filter(|tree| tree.unrendered.len() == 2).count();
    if unknown > 0 {
        out.flush()?;
        let trees = if unknown == 1 { "1 tree".to_owned() } else { format!("{unknown} trees") };
        say(&format!("plimsoll: {trees} cannot be rendered in either state, and may differ"));
        return Ok(Outcome::Nothing);
    }
    Ok(if difference.trees.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// The earlier state, and the revision of the later one; none for the work tree.
fn states(revisions: &str) -> Result<(Side, Option<String>), Failure> {
    let or_head = |revision: &str| if revision.is_empty() { "HEAD".to_owned() } else { revision.to_owned() };
    if let Some((one, other)) = revisions.split_once("...") {
        let (one, other) = (or_head(one), or_head(other));
        let parted = merge_base(&std::env::current_dir()?, &one, &other)?;
        let name = parted.get(..12).unwrap_or(&parted).to_owned();
        return Ok((Side::open(Origin::Commit(&parted), &name)?, Some(other)));
    }
    let (before, after) = match revisions.split_once("..") {
        Some((before, after)) => (or_head(before), Some(or_head(after))),
        None => (revisions.to_owned(), None),
    };
    Ok((Side::open(Origin::Commit(&before), &before)?, after))
}

/// The folders of the trees to compare.
fn folders(arguments: &Arguments, before: &Side, after: &Side) -> Result<BTreeSet<String>, Failure> {
    let is_tree = |side: &Side, folder: &str| side.layout.is_kustomization(folder);
    if arguments.trees.is_empty() {
        return Ok(before.roots().chain(after.roots()).collect());
    }
    // A tree need not be in the later state any more, nor on disk.
    let named = Place::of_kustomization(&arguments.trees, Origin::Commit("HEAD"), Reading::Folders)?.named()?;
    for folder in named.starts() {
        if !is_tree(before, folder) && !is_tree(after, folder) {
            let shown = if folder.is_empty() { "." } else { folder };
            let (before, after) = (&before.name, &after.name);
            return Err(format!("there is no kustomization in `{shown}`, neither in {before} nor in {after}").into());
        }
    }
    Ok(named.starts().iter().cloned().collect())
}

fn compare_tree(folder: &str, sides: [&Side; 2], files: &[Files<'_>; 2]) -> Option<TreeDifference> {
    let render = |index: usize| -> Outlook {
        sides[index].layout.is_kustomization(folder).then(|| {
            let fault = kustomize(&files[index], folder, Options::default());
            fault.map_err(|fault| Box::new(fault.into_finding(&files[index], folder)))
        })
    };
    let (before, after) = (render(0), render(1));
    let change = match (&before, &after) {
        (None, _) => Change::Created,
        (_, None) => Change::Deleted,
        _ => Change::Changed,
    };
    let mut unrendered = Vec::new();
    let mut objects = |rendering: Outlook, state: State| match rendering {
        Some(Ok(rendering)) => rendering.objects,
        Some(Err(finding)) => {
            unrendered.push(Unrendered { state, finding: *finding });
            Vec::new()
        }
        None => Vec::new(),
    };
    let (old, new) = (objects(before, State::Before), objects(after, State::After));
    // What is beside a state that nobody knows is neither created nor deleted.
    let objects = if unrendered.is_empty() {
        let rendered = |objects, place| Rendered { objects, place };
        compare(rendered(&old, &|span| files[0].place(span)), rendered(&new, &|span| files[1].place(span)))
    } else {
        Vec::new()
    };
    let is_same = objects.is_empty() && unrendered.is_empty() && change == Change::Changed;
    (!is_same).then(|| TreeDifference { path: folder.to_owned(), change, objects, unrendered })
}

fn write(
    format: DifferenceFormat,
    difference: &Difference,
    sides: [&Side; 2],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let source = sides.map(|side| move |path: &str| String::from_utf8(place::bytes(side.tree.as_ref(), path)?).ok());
    let display = sides.map(|side| move |path: &str| side.tree.display(path).into_owned());
    let (colour, width) = (Stream::Output.wants_colour(), Stream::Output.width());
    let context = |index: usize| Context {
        source: &source[index],
        colour,
        width,
        display: &display[index],
        threshold: Severity::Deny,
    };
    Ok(difference::write(format, difference, [&context(0), &context(1)], out)?)
}
