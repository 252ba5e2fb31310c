//! Timestamps as go-yaml knows them: a date, or a date and a time with `T` and a zone or a space and none.
//!
//! In: the text of a scalar. Out: whether it is a timestamp, and how Go's JSON prints that. It never reckons with time: a
//! timestamp keeps the zone it was written with.

use std::fmt::Write;

/// A point in time, field by field as it was written.
pub(super) struct Timestamp<'t> {
    year: &'t str,
    month: u32,
    day: u32,
    time: Time<'t>,
}

#[derive(Default)]
struct Time<'t> {
    hour: u32,
    minute: u32,
    second: u32,
    fraction: &'t str,
    /// West of Greenwich.
    west: bool,
    /// How many minutes from Greenwich.
    offset: u32,
}

/// The timestamp that a text is.
pub(super) fn parse(text: &str) -> Option<Timestamp<'_>> {
    let (year, month, day, rest) = date(text)?;
    let time = match rest.chars().next() {
        None => Time::default(),
        Some('T' | 't') => {
            let (time, rest) = time_of_day(rest.get(1..)?)?;
            let (west, offset) = zone(rest)?;
            Time { west, offset, ..time }
        }
        Some(' ') => {
            let (time, rest) = time_of_day(rest.get(1..)?)?;
            rest.is_empty().then_some(time)?
        }
        Some(_) => return None,
    };
    Some(Timestamp { year, month, day, time })
}

impl Timestamp<'_> {
    /// RFC 3339 as Go's JSON has it, with as many digits of a second as needed, up to nine. Nothing for a zone a day or
    /// more from Greenwich, which Go reads and does not write.
    pub(super) fn to_json(&self) -> Option<String> {
        let Time { hour, minute, second, fraction, west, offset } = self.time;
        if offset >= 24 * 60 {
            return None;
        }
        let mut text = format!("{}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}", self.year, self.month, self.day);
        let digits = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
        if !digits.is_empty() {
            text.push('.');
            text.push_str(digits);
        }
        if offset == 0 {
            text.push('Z');
        } else {
            // Writing to a string cannot fail
            let _ = write!(text, "{}{:02}:{:02}", if west { '-' } else { '+' }, offset / 60, offset % 60);
        }
        Some(text)
    }
}

/// The date at the start of a text, if there is such a day, and what stands behind it.
fn date(text: &str) -> Option<(&str, u32, u32, &str)> {
    let (year, rest) = split_digits(text);
    let (month, rest) = short_number(rest.strip_prefix('-')?)?;
    let (day, rest) = short_number(rest.strip_prefix('-')?)?;
    let leap = year.parse::<u32>().is_ok_and(|year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (year.len() == 4 && (1..=days).contains(&day)).then_some((year, month, day, rest))
}

/// `15:04:05.999` at the start of a text, and what stands behind it.
fn time_of_day(text: &str) -> Option<(Time<'_>, &str)> {
    let (hour, rest) = short_number(text)?;
    let (minute, rest) = short_number(rest.strip_prefix(':')?)?;
    let (second, rest) = short_number(rest.strip_prefix(':')?)?;
    let (fraction, rest) = match rest.strip_prefix(['.', ',']).map(split_digits) {
        Some(("", _)) => return None,
        Some(split) => split,
        None => ("", rest),
    };
    let time = Time { hour, minute, second, fraction, ..Time::default() };
    (hour < 24 && minute < 60 && second < 60).then_some((time, rest))
}

/// Whether a zone is west of Greenwich, and by how many minutes off. Go takes up to 24 hours and 60 minutes.
fn zone(text: &str) -> Option<(bool, u32)> {
    let field = |range: std::ops::Range<usize>, limit: u32| {
        let digits = text.get(range).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
        digits.parse::<u32>().ok().filter(|number| *number <= limit)
    };
    match text.as_bytes() {
        [b'Z'] => Some((false, 0)),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => Some((*sign == b'-', field(1..3, 24)? * 60 + field(4..6, 60)?)),
        _ => None,
    }
}

/// A number of one or two digits at the start of a text, and what stands behind it.
fn short_number(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length)?;
    Some((digits.parse().ok()?, rest))
}

/// The digits at the start of a text, and what stands behind them.
pub(super) fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}
