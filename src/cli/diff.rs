//! `plimsoll diff`: two states of a repository → what kustomizations make differently of them.
//!
//! In: revisions, and the work tree. Out: the objects and fields that differ, on standard output. Both states are read
//! where they are: nothing is checked out. It never asks a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;

use super::configuration::{self, Unsettled};
use super::place::{self, Origin, Place};
use super::render::every_tree;
use super::terminal::Stream;
use super::{Failure, Outcome, say};
use crate::config::Settings;
use crate::finding::{Finding, Severity};
use crate::manifest::Node;
use crate::render::{Change, Files, Helm, Options, Rendered, compare, kustomize};
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
    settings: Settings,
}

impl Side {
    fn open(origin: Origin<'_>, name: &str) -> Result<Self, Failure> {
        let place = Place::of_kustomization(&[], origin, Reading::Folders)?;
        let tree = place.repository(place.named()?.as_ref())?;
        let settings = configuration::settle(&place, None, &configuration::environment(false));
        let settings = settings.map_err(|unsettled| match unsettled {
            Unsettled::Failure(failure) => failure,
            Unsettled::Mistakes(_) => {
                format!("the configuration of {name} has mistakes: `plimsoll check` names them").into()
            }
        })?;
        Ok(Self { name: name.to_owned(), tree, settings })
    }

    /// Its trees, rendered; those that are applied as they are written show their differences themselves. Also the named
    /// kustomizations that are no trees of their own.
    fn trees(&self, files: &Files<'_>, named: &[String]) -> Result<BTreeMap<Key, Outlook>, Failure> {
        let trees = every_tree(files, self.tree.as_ref(), &self.settings, Options::default())?;
        let mut outlooks: BTreeMap<Key, Outlook> = BTreeMap::new();
        for tree in trees.into_iter().filter(|tree| tree.files.is_none()) {
            // Of a chart that is rendered with several values, the first of them speak for it.
            outlooks.entry((tree.folder, tree.by)).or_insert(tree.objects);
        }
        if named.is_empty() {
            return Ok(outlooks);
        }
        let layout = Layout::read(self.tree.as_ref(), &self.tree.list()?.files);
        for folder in named {
            if !outlooks.keys().any(|(known, _)| known == folder) && layout.is_kustomization(folder) {
                let rendering = kustomize(files, folder, Options::default());
                let objects = rendering.map(|rendering| rendering.objects);
                let outlook = objects.map_err(|fault| Box::new(fault.into_finding(files, folder)));
                outlooks.insert((folder.clone(), None), outlook);
            }
        }
        outlooks.retain(|(folder, _), _| named.contains(folder));
        Ok(outlooks)
    }
}

/// What tells a tree from all others: its folder, and what has it applied.
type Key = (String, Option<String>);

/// The objects of a tree, or why it has none.
type Outlook = Result<Vec<Node<'static>>, Box<Finding>>;

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let (before, after) = states(&arguments.revisions)?;
    if before.tree.root().is_none() && after.is_none() {
        return Err("a bare repository has no work tree: name two revisions, such as `main~1..main`".into());
    }
    let after = match after {
        Some(revision) => Side::open(Origin::Commit(&revision), &revision)?,
        None => Side::open(Origin::WorkTree, "the work tree")?,
    };
    let helm = [&before, &after].map(|side| Helm::find(&side.settings.helm, side.tree.root()));
    let files =
        [Files::new(before.tree.as_ref()).with_helm(&helm[0]), Files::new(after.tree.as_ref()).with_helm(&helm[1])];
    let named = named(arguments)?;
    let (mut old, mut new) = (before.trees(&files[0], &named)?, after.trees(&files[1], &named)?);
    for folder in &named {
        if !old.keys().chain(new.keys()).any(|(known, _)| known == folder) {
            let shown = if folder.is_empty() { "." } else { folder };
            let (before, after) = (&before.name, &after.name);
            return Err(format!("there is nothing to render in `{shown}`, neither in {before} nor in {after}").into());
        }
    }
    let keys: BTreeSet<Key> = old.keys().chain(new.keys()).cloned().collect();
    let compared = keys.len();
    let pairs: Vec<_> = keys.into_iter().map(|key| (old.remove(&key), new.remove(&key), key)).collect();
    let trees: Vec<Option<TreeDifference>> =
        pairs.into_par_iter().map(|(old, new, key)| compare_tree(key, old, new, &files)).collect();
    let trees: Vec<TreeDifference> = trees.into_iter().flatten().collect();
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

/// The folders that were named, from the root of the repository. One need not be in the later state any more, nor on disk.
fn named(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    if arguments.trees.is_empty() {
        return Ok(Vec::new());
    }
    let place = Place::of_kustomization(&arguments.trees, Origin::Commit("HEAD"), Reading::Folders)?;
    Ok(place.named()?.starts().to_vec())
}

fn compare_tree(
    (folder, by): Key,
    before: Option<Outlook>,
    after: Option<Outlook>,
    files: &[Files<'_>; 2],
) -> Option<TreeDifference> {
    let change = match (&before, &after) {
        (None, _) => Change::Created,
        (_, None) => Change::Deleted,
        _ => Change::Changed,
    };
    let mut unrendered = Vec::new();
    let mut objects = |outlook: Option<Outlook>, state: State| match outlook {
        Some(Ok(objects)) => objects,
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
    (!is_same).then(|| TreeDifference { path: folder, applied_by: by, change, objects, unrendered })
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
