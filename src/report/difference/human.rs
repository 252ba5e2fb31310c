//! For people: tree by tree, object by object, field by field, each with the lines that set it.
//!
//! In: a difference. Out: text for a terminal or a build log. It never prints a raw control character out of a manifest.

use std::io::{self, Write};

use super::super::{Context, human};
use super::{Difference, State, Unrendered, field_places, places, printable, sign, summary, value};
use crate::finding::Place;
use crate::render::{Change, ObjectDifference};

pub(super) fn write(difference: &Difference, contexts: [&Context<'_>; 2], out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { is_on: contexts[1].colour };
    for tree in &difference.trees {
        writeln!(out, "{}", paint.bold(&format!("{} ({})", tree.name(), tree.account())))?;
        for object in &tree.objects {
            write_object(object, contexts, paint, out)?;
        }
        for Unrendered { state, finding } in &tree.unrendered {
            let (revision, context) = match state {
                State::Before => (&difference.before, contexts[0]),
                State::After => (&difference.after, contexts[1]),
            };
            writeln!(out, "  cannot be rendered in {}:", printable(revision))?;
            human::write_findings(std::slice::from_ref(finding), context, out)?;
        }
        // A finding has a blank line behind it already
        if tree.unrendered.is_empty() {
            writeln!(out)?;
        }
    }
    writeln!(out, "{}", summary(difference))
}

fn write_object(
    object: &ObjectDifference,
    contexts: [&Context<'_>; 2],
    paint: Paint,
    out: &mut dyn Write,
) -> io::Result<()> {
    let show = |place: &Place, state: State| {
        let context = contexts[usize::from(state == State::After)];
        let path = context.display_path(&place.path);
        value::line(place).map_or_else(|| path.clone(), |line| format!("{path}:{line}"))
    };
    let mark = sign(object.change);
    let name = object.object.to_string();
    write!(out, "  {}", paint.sign(mark, &format!("{mark} {}", printable(&name))))?;
    if object.fields.is_empty() {
        let places = places(object.before.as_ref(), object.after.as_ref(), show);
        return writeln!(out, "  {}", paint.faint(&places));
    }
    writeln!(out)?;
    for field in &object.fields {
        let pointer = if field.pointer.is_empty() { "/" } else { &field.pointer };
        let order = if field.change == Change::Reordered { " (another order)" } else { "" };
        let places = paint.faint(&field_places(field, show));
        writeln!(out, "      {}{order}  {places}", printable(pointer))?;
        for (mark, text) in value::lines(field) {
            writeln!(out, "        {}", paint.sign(mark, &format!("{mark} {text}")))?;
        }
    }
    Ok(())
}

/// Colours, where they are wanted.
#[derive(Clone, Copy)]
struct Paint {
    is_on: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn sign(self, sign: char, text: &str) -> String {
        match sign {
            '+' => self.with("32", text),
            '-' => self.with("31", text),
            '~' => self.with("33", text),
            _ => text.to_owned(),
        }
    }
}
