//! What differs between two renderings of a repository → bytes, one format a file.
//!
//! In: the differences of its trees, already sorted. Out: bytes on a writer. It never reads a file, and never shows what
//! the difference itself hides: the values of Secrets, and encrypted ones.

mod human;
mod json;
mod markdown;
mod value;

use std::fmt::Write as _;
use std::io::{self, Write};

pub use json::json_schema;

use super::{Context, count, printable};
use crate::finding::{Finding, Place};
use crate::render::{Change, FieldDifference, ObjectDifference};

/// What differs between two states of a repository.
#[derive(Debug, Default)]
pub struct Difference {
    /// How the earlier state is called.
    pub before: String,
    /// How the later state is called.
    pub after: String,
    /// How many trees were compared.
    pub compared: usize,
    /// Those that differ, and those that could not be compared; sorted by path.
    pub trees: Vec<TreeDifference>,
}

/// What differs in one tree.
#[derive(Debug)]
pub struct TreeDifference {
    /// Path of its folder from the root of the repository.
    pub path: String,
    /// What has it applied, if that is in the repository.
    pub applied_by: Option<String>,
    /// What became of it.
    pub change: Change,
    /// The objects that differ.
    pub objects: Vec<ObjectDifference>,
    /// Why it could not be rendered.
    pub unrendered: Vec<Unrendered>,
}

/// Why a state of a tree could not be rendered.
#[derive(Debug)]
pub struct Unrendered {
    /// Which state.
    pub state: State,
    /// The first thing that is wrong in it.
    pub finding: Finding,
}

/// One of the two states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The earlier one.
    Before,
    /// The later one.
    After,
}

/// The formats that a difference can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DifferenceFormat {
    /// For people, on a terminal
    Human,
    /// For programs: `schemas/diff.schema.json` describes it
    Json,
    /// For the comment of a pull request: a section to unfold for each tree, of bounded length
    Markdown,
}

/// Writes a difference. The contexts are those of its two states.
///
/// # Errors
/// When the writer refuses.
pub fn write(
    format: DifferenceFormat,
    difference: &Difference,
    contexts: [&Context<'_>; 2],
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        DifferenceFormat::Human => human::write(difference, contexts, out),
        DifferenceFormat::Json => json::write(difference, out),
        DifferenceFormat::Markdown => markdown::write(difference, out),
    }
}

/// How many objects became what.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, schemars::JsonSchema)]
struct Counts {
    /// Objects that were not there before.
    created: usize,
    /// Objects that are not there any more.
    deleted: usize,
    /// Objects with other fields.
    changed: usize,
}

impl Counts {
    fn of<'d>(trees: impl IntoIterator<Item = &'d TreeDifference>) -> Self {
        let mut counts = Self::default();
        for object in trees.into_iter().flat_map(|tree| &tree.objects) {
            match object.change {
                Change::Created => counts.created += 1,
                Change::Deleted => counts.deleted += 1,
                Change::Changed | Change::Reordered => counts.changed += 1,
            }
        }
        counts
    }

    /// `1 object created, 2 changed`.
    fn text(self) -> String {
        let mut text = String::new();
        for (number, what) in [(self.created, "created"), (self.deleted, "deleted"), (self.changed, "changed")] {
            if number > 0 {
                let noun = if text.is_empty() { count(number, "object") } else { format!(", {number}") };
                // A string takes any text
                let _ = write!(text, "{noun} {what}");
            }
        }
        text
    }
}

impl TreeDifference {
    /// Its path, for people.
    fn name(&self) -> String {
        let path = if self.path.is_empty() { "." } else { &self.path };
        let by = self.applied_by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        printable(&format!("{path}{by}")).into_owned()
    }

    /// What is to be said of it in few words.
    fn account(&self) -> String {
        let mut parts = match self.change {
            Change::Created => vec!["a new tree".to_owned()],
            Change::Deleted => vec!["a tree that is gone".to_owned()],
            Change::Changed | Change::Reordered => Vec::new(),
        };
        parts.extend(Some(Counts::of([self]).text()).filter(|text| !text.is_empty()));
        parts.extend(self.unrendered.iter().map(|unrendered| match unrendered.state {
            State::Before => "could not be rendered before".to_owned(),
            State::After => "cannot be rendered".to_owned(),
        }));
        parts.join(", ")
    }
}

/// The last line: what differs in all.
fn summary(difference: &Difference) -> String {
    let all = count(difference.compared, "tree");
    if difference.trees.is_empty() {
        return format!("no difference in {all}");
    }
    let differ = difference.trees.iter().filter(|tree| !tree.objects.is_empty() || tree.unrendered.is_empty()).count();
    let unrendered = difference.trees.iter().filter(|tree| !tree.unrendered.is_empty()).count();
    let mut text = format!("{differ} of {all} {}", if differ == 1 { "differs" } else { "differ" });
    let objects = Counts::of(&difference.trees).text();
    if !objects.is_empty() {
        // A string takes any text
        let _ = write!(text, ": {objects}");
    }
    if unrendered > 0 {
        // A string takes any text
        let _ = write!(text, "; {unrendered} could not be rendered");
    }
    text
}

/// The sign in front of what was created, deleted or changed.
fn sign(change: Change) -> char {
    match change {
        Change::Created => '+',
        Change::Deleted => '-',
        Change::Changed | Change::Reordered => '~',
    }
}

/// `path:line`, and once only where both states have the same.
fn places(before: Option<&Place>, after: Option<&Place>, show: impl Fn(&Place, State) -> String) -> String {
    let before = before.map(|place| show(place, State::Before));
    let after = after.map(|place| show(place, State::After));
    match (before, after) {
        (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
        (Some(place), _) | (None, Some(place)) => place,
        (None, None) => String::new(),
    }
}

/// `path:line` from the root of the repository.
fn location(place: &Place) -> String {
    let line = place.range.map(|range| format!(":{}", range.start.line)).unwrap_or_default();
    format!("{}{line}", printable(&place.path))
}

/// The places that set a field.
fn field_places(field: &FieldDifference, show: impl Fn(&Place, State) -> String) -> String {
    let place = |written: &Option<crate::render::Written>| written.as_ref().map(|written| written.place.clone());
    places(place(&field.before).as_ref(), place(&field.after).as_ref(), show)
}

#[cfg(test)]
mod tests;
