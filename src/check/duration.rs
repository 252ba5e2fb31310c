//! Durations as Go's `time.ParseDuration` reads them (`1h30m`), and as the format `duration` of a custom resource does,
//! which has days, weeks and whole words besides (`k8s.io/kube-openapi/pkg/validation/strfmt`).
//!
//! In: a text. Out: nanoseconds, or nothing where Go would refuse. It never prints one.

use std::sync::LazyLock;

use regex::Regex;

/// The units of Go, with their nanoseconds.
const UNITS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
];
const SECOND: i64 = 1_000_000_000;
/// The units of strfmt besides those of Go, in lower case.
const WORDED_UNITS: &[(&str, i64)] = &[
    ("us", 1_000),
    ("hr", 3_600 * SECOND),
    ("d", 24 * 3_600 * SECOND),
    ("w", 7 * 24 * 3_600 * SECOND),
    ("wk", 7 * 24 * 3_600 * SECOND),
];
/// Beginnings of words: these may go on, as `days` and `minutes` do.
const STEMS: &[(&str, i64)] = &[
    ("nano", 1),
    ("micro", 1_000),
    ("milli", 1_000_000),
    ("sec", SECOND),
    ("min", 60 * SECOND),
    ("hour", 3_600 * SECOND),
    ("day", 24 * 3_600 * SECOND),
    ("week", 7 * 24 * 3_600 * SECOND),
];

/// Go's `time.ParseDuration`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (whole, behind) = split_digits(rest);
        let (fraction, behind) = behind.strip_prefix('.').map_or(("", behind), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = behind.find(|letter: char| letter == '.' || letter.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()? };
        total += i128::from(whole) * i128::from(*scale);
        let mut place = *scale;
        for digit in fraction.bytes() {
            place /= 10;
            total += i128::from(digit - b'0') * i128::from(place);
        }
        if total > i128::from(i64::MAX) + i128::from(negative) {
            return None;
        }
        rest = behind;
    }
    i64::try_from(if negative { -total } else { total }).ok()
}

/// strfmt's durations: Go's, or anywhere in the text numbers with a unit, such as `3 days`, and so `PT1H` too.
pub(crate) fn parse_format(text: &str) -> Option<i64> {
    static NUMBER_AND_UNIT: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"([0-9]+)\s*([A-Za-z\u{b5}]+)").ok());
    if let Some(found) = parse(text) {
        return Some(found);
    }
    let mut total = None;
    for found in NUMBER_AND_UNIT.as_ref()?.captures_iter(text) {
        let number: i64 = found.get(1)?.as_str().parse().ok()?;
        let unit = found.get(2)?.as_str().to_lowercase();
        let exact = UNITS.iter().chain(WORDED_UNITS).find(|(name, _)| *name == unit);
        if let Some((_, scale)) = exact.or_else(|| STEMS.iter().find(|(stem, _)| unit.starts_with(stem))) {
            // What is too long for Go wraps around there.
            total = Some(total.unwrap_or(0_i64).wrapping_add(number.wrapping_mul(*scale)));
        }
    }
    total
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_has_hours_at_most() {
        for (text, expected) in [
            ("1h30m", Some(5_400 * SECOND)),
            ("1.5s", Some(1_500_000_000)),
            ("-2ms", Some(-2_000_000)),
            (".5s", Some(500_000_000)),
            ("+1\u{3bc}s", Some(1_000)),
            ("0", Some(0)),
            ("-0", Some(0)),
            ("5", None),
            ("", None),
            ("-", None),
            (".s", None),
            ("1d", None),
            ("1 h", None),
            ("1.5.5s", None),
            ("999999999h", None),
            ("9223372036854775807ns", Some(i64::MAX)),
            ("-9223372036854775808ns", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn the_format_has_words() {
        for (text, expected) in [
            ("1h30m", Some(5_400 * SECOND)),
            ("1d", Some(86_400 * SECOND)),
            ("3 Days and 2 hrs", Some(3 * 86_400 * SECOND)),
            ("PT1H", Some(3_600 * SECOND)),
            ("2w", Some(14 * 86_400 * SECOND)),
            ("1 fortnight", None),
            ("30", None),
        ] {
            assert_eq!(parse_format(text), expected, "{text}");
        }
    }
}
