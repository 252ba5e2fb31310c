//! A value of a field, for people: on one line and of bounded length, or the lines in which two texts differ.
//!
//! In: what may be shown. Out: safe text. It never reveals what is hidden.

use crate::finding::Place;
use crate::render::{Change, FieldDifference, Shown, Written};

use super::super::printable::push_printable;

/// Longer values are cut.
const LONGEST: usize = 160;

/// How many lines of a text are shown on each side.
const MOST_LINES: usize = 8;

/// What is said of a field: each line with its sign, ` ` for what is neither before nor after.
pub(super) fn lines(field: &FieldDifference) -> Vec<(char, String)> {
    let (before, after) = (field.before.as_ref(), field.after.as_ref());
    match (field.change, before, after) {
        (Change::Changed, Some(Written { value: Shown::Hidden, .. }), _)
        | (Change::Changed, _, Some(Written { value: Shown::Hidden, .. })) => vec![(' ', "(changed)".to_owned())],
        (Change::Changed, Some(before), Some(after)) => {
            if let (Some(before), Some(after)) = (text(before), text(after)) {
                return differing_lines(before, after);
            }
            vec![('-', one_line(&before.value)), ('+', one_line(&after.value))]
        }
        (Change::Reordered, Some(before), Some(after)) => {
            vec![('-', one_line(&before.value)), ('+', one_line(&after.value))]
        }
        (_, Some(only), None) => vec![('-', one_line(&only.value))],
        (_, None, Some(only)) => vec![('+', one_line(&only.value))],
        _ => Vec::new(),
    }
}

/// A text of several lines.
fn text(written: &Written) -> Option<&str> {
    match &written.value {
        Shown::Value(serde_json::Value::String(text)) if text.trim_end().contains('\n') => Some(text),
        _ => None,
    }
}

/// The lines between the first and the last that differ.
fn differing_lines(before: &str, after: &str) -> Vec<(char, String)> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    let start = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let ahead = before[start..].iter().rev().zip(after[start..].iter().rev());
    let end = ahead.take_while(|(one, other)| one == other).count();
    let mut lines = Vec::new();
    for (sign, side) in [('-', &before), ('+', &after)] {
        let differing = side.get(start..side.len() - end).unwrap_or_default();
        lines.extend(differing.iter().take(MOST_LINES).map(|line| (sign, cut(line))));
        if differing.len() > MOST_LINES {
            lines.push((sign, format!("… {} more lines", differing.len() - MOST_LINES)));
        }
    }
    lines
}

/// A value as JSON on one line.
fn one_line(value: &Shown) -> String {
    match value {
        Shown::Hidden => "(hidden)".to_owned(),
        Shown::Value(value) => cut(&value.to_string()),
    }
}

/// A text, safe and of bounded length.
fn cut(text: &str) -> String {
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        push_printable(&mut shown, character);
    }
    shown
}

/// The first line of a place; none of a file as a whole.
pub(super) fn line(place: &Place) -> Option<u32> {
    place.range.map(|range| range.start.line)
}
