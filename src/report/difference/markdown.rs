//! For the comment of a pull request: what differs in all, then a section to unfold for each tree.
//!
//! In: a difference. Out: Markdown as GitHub and GitLab show it, never longer than a comment may be. It never lets a text
//! of a manifest be taken for markup, or for the mention of a person.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Difference, State, TreeDifference, field_places, location, places, printable, sign, summary, value};
use crate::finding::Place;
use crate::render::Change;

/// The most bytes of all: GitHub takes 65,536 characters, and a bot adds a line or two.
const LONGEST: usize = 60_000;

/// The most bytes that one tree takes, so that others are seen as well.
const LONGEST_TREE: usize = 12_000;

/// Room for what says that there is more.
const RESERVE: usize = 400;

pub(super) fn write(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let (before, after) = (printable(&difference.before), printable(&difference.after));
    let mut text = format!("### Rendered: {} → {}\n\n{}\n", code(&before), code(&after), summary(difference));
    for (index, tree) in difference.trees.iter().enumerate() {
        let section = section(tree, difference);
        if text.len() + section.len() + RESERVE > LONGEST {
            let rest = difference.trees.len() - index;
            let noun = if rest == 1 { "tree" } else { "trees" };
            // A string takes any text
            let _ = write!(text, "\n… and {rest} more {noun}: `plimsoll diff` shows all of it.\n");
            break;
        }
        text.push_str(&section);
    }
    out.write_all(text.as_bytes())
}

/// A tree: its name and account to be seen, its objects behind it.
fn section(tree: &TreeDifference, difference: &Difference) -> String {
    let lines = lines(tree, difference);
    let mut body = String::new();
    let mut shown = 0;
    for line in &lines {
        if body.len() + line.len() > LONGEST_TREE {
            break;
        }
        body.push_str(line);
        body.push('\n');
        shown += 1;
    }
    let fence = fence(&body);
    let more = match lines.len() - shown {
        0 => String::new(),
        rest => format!("\n… and {rest} more lines: `plimsoll diff` shows all of it.\n"),
    };
    let summary = format!("<code>{}</code>: {}", escaped(&tree.name()), escaped(&tree.account()));
    format!("\n<details><summary>{summary}</summary>\n\n{fence}diff\n{body}{fence}\n{more}\n</details>\n")
}

/// The lines of a tree. Those that begin with a sign are coloured, so no other does.
fn lines(tree: &TreeDifference, difference: &Difference) -> Vec<String> {
    let show = |place: &Place, _: State| location(place);
    let mut lines = Vec::new();
    for object in &tree.objects {
        // `!` is what changed, in the language of these blocks
        let mark = if sign(object.change) == '~' { '!' } else { sign(object.change) };
        let name = object.object.to_string();
        let mut line = format!("{mark} {}", printable(&name));
        if object.fields.is_empty() {
            let _ = write!(line, "  # {}", places(object.before.as_ref(), object.after.as_ref(), show));
        }
        lines.push(line);
        for field in &object.fields {
            let pointer = if field.pointer.is_empty() { "/" } else { &field.pointer };
            let order = if field.change == Change::Reordered { " (another order)" } else { "" };
            lines.push(format!("  {}{order}  # {}", printable(pointer), field_places(field, show)));
            lines.extend(value::lines(field).into_iter().map(|(mark, text)| format!("{mark}   {text}")));
        }
    }
    for unrendered in &tree.unrendered {
        let revision = match unrendered.state {
            State::Before => &difference.before,
            State::After => &difference.after,
        };
        let finding = &unrendered.finding;
        lines.push(format!("! cannot be rendered in {}", printable(revision)));
        let message: String = printable(&finding.message).chars().take(1000).collect();
        lines.push(format!("  {}: {message}  # {}", printable(&finding.rule), location(&finding.place)));
        lines.extend(finding.help.as_ref().map(|help| format!("  help: {}", printable(help))));
    }
    lines
}

/// A fence that no line of a text closes.
fn fence(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// A text within a line, as code.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Markup and mentions
            '`' | '*' | '_' | '[' | ']' | '@' | '#' | '~' | '|' | '\\' | '!' => {
                // A string takes any text
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            character => escaped.push(character),
        }
    }
    escaped
}
