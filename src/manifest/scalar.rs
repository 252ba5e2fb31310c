//! What a scalar means: go-yaml v2's rules, which sigs.k8s.io/yaml and with it all of Kubernetes follow.
//!
//! In: the text of a scalar, plain or tagged. Out: its value, or its text as a key. It never sees quotes or spans.
//!
//! These are YAML 1.1's types with go-yaml's own changes: `yes` and `on` are booleans, `0644` and `0o644` are octal,
//! `1_000` is a number, but `1:30` is no sexagesimal and a date stays a string.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::node::Value;
use super::number::key_float;
use super::timestamp::{self, split_digits};

/// The prefix that `!!` stands for.
pub(super) const CORE_TAGS: &str = "tag:yaml.org,2002:";

/// A plain scalar without a tag. Unlike any other value, the result may be an infinite float or not a number: those
/// may stand as keys, and only there.
pub(super) fn resolve_plain(text: Cow<'_, str>) -> Value<'_> {
    if is_surely_text(&text) {
        return Value::String(text);
    }
    resolve(&text).unwrap_or(Value::String(text))
}

/// Whether the first character and the length alone make a plain scalar a string, as they do for most.
#[inline]
pub(super) fn is_surely_text(text: &str) -> bool {
    match text.as_bytes() {
        [b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O', rest @ ..] => rest.len() > 4,
        [] | [b'0'..=b'9' | b'+' | b'-' | b'.' | b'~', ..] => false,
        _ => true,
    }
}

/// Why a scalar does not fit its tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TagMismatch {
    /// The text resolves to another type.
    Type {
        /// The tag of what the text is.
        found: &'static str,
        /// The tag that was written.
        wanted: String,
    },
    /// `!!binary` on something that is not base64.
    Base64,
    /// A time in a zone too far from Greenwich to be written.
    Zone,
}

/// A scalar with a tag, quoted or not: the tags that Kubernetes' YAML knows convert, all others mean a string.
pub(super) fn resolve_tagged<'s>(tag: &str, text: Cow<'s, str>) -> Result<Value<'s>, TagMismatch> {
    resolve_tagged_with(tag, text, resolve_plain)
}

/// The same with another resolution of plain scalars.
pub(super) fn resolve_tagged_with<'s>(
    tag: &str,
    text: Cow<'s, str>,
    resolve_plain: fn(Cow<'s, str>) -> Value<'s>,
) -> Result<Value<'s>, TagMismatch> {
    let Some(name) = tag.strip_prefix(CORE_TAGS) else { return Ok(Value::String(text)) };
    if name == "binary" {
        return decode_binary(&text).map(|decoded| Value::String(Cow::Owned(decoded)));
    }
    if !matches!(name, "bool" | "int" | "float" | "null" | "timestamp") {
        return Ok(Value::String(text));
    }
    if name == "timestamp" && timestamp::parse(&text).is_some() {
        return Ok(Value::String(text));
    }
    let value = resolve_plain(text);
    let found = match &value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::UInt(_) => "int",
        Value::Float(_) => "float",
        _ => "str",
    };
    match value {
        #[expect(clippy::cast_precision_loss, reason = "Go converts just so")]
        Value::Int(number) if name == "float" => Ok(Value::Float(number as f64)),
        value if found == name => Ok(value),
        _ => Err(TagMismatch::Type { found, wanted: format!("!!{name}") }),
    }
}

/// Why a value cannot be a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotAKey {
    /// `null`, `~`, or nothing.
    Null,
    /// An integer above `i64::MAX`, which the converter to JSON refuses.
    TooLarge,
    /// A mapping or a sequence.
    Collection,
}

/// The key that JSON will have for a value in the place of a key.
pub(super) fn key_text(value: Value<'_>) -> Result<Cow<'_, str>, NotAKey> {
    Ok(match value {
        Value::String(text) => text,
        Value::Bool(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::Float(number) => Cow::Owned(key_float(number)),
        Value::Null => return Err(NotAKey::Null),
        Value::UInt(_) => return Err(NotAKey::TooLarge),
        Value::Sequence(_) | Value::Mapping(_) => return Err(NotAKey::Collection),
    })
}

/// The value of a plain text that is anything but a string.
fn resolve(text: &str) -> Option<Value<'static>> {
    match text.as_bytes().first() {
        None => Some(Value::Null),
        Some(b'0'..=b'9' | b'+' | b'-') => special_float(text).or_else(|| number(text)),
        Some(b'.') => special_float(text).or_else(|| fraction(text).map(Value::Float)),
        Some(_) => word(text),
    }
}

fn word(text: &str) -> Option<Value<'static>> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(Value::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(Value::Bool(false))
        }
        "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        _ => None,
    }
}

fn special_float(text: &str) -> Option<Value<'static>> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(Value::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(Value::Float(f64::INFINITY)),
        "-.inf" | "-.Inf" | "-.INF" => Some(Value::Float(f64::NEG_INFINITY)),
        _ => None,
    }
}

/// A text that starts with a point, in which Go takes underscores between two digits.
fn fraction(text: &str) -> Option<f64> {
    if !text.contains('_') {
        return decimal(text);
    }
    let digit_at_end = |piece: &str| piece.ends_with(|last: char| last.is_ascii_digit());
    let digit_at_start = |piece: &str| piece.starts_with(|first: char| first.is_ascii_digit());
    let mut pieces = text.split('_').peekable();
    while let (Some(before), Some(behind)) = (pieces.next(), pieces.peek()) {
        if !digit_at_end(before) || !digit_at_start(behind) {
            return None;
        }
    }
    decimal(&text.replace('_', ""))
}

/// A text that starts with a digit or a sign. Underscores are dropped wherever they stand.
fn number(text: &str) -> Option<Value<'static>> {
    let plain = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    integer(&plain).or_else(|| decimal(&plain).map(Value::Float)).or_else(|| signed_digits(&plain, "0b", 2))
}

/// What Go's `ParseInt` and `ParseUint` make of base 0: `0x`, `0o`, `0b`, and octal behind any other leading zero.
fn integer(text: &str) -> Option<Value<'static>> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, unsigned.get(2..)?),
        [b'0', b'o' | b'O', _, ..] => (8, unsigned.get(2..)?),
        [b'0', b'b' | b'B', _, ..] => (2, unsigned.get(2..)?),
        [b'0', _, ..] => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    let magnitude = parse_digits(digits, radix)?;
    if negative {
        0_i64.checked_sub_unsigned(magnitude).map(Value::Int)
    } else if let Ok(number) = i64::try_from(magnitude) {
        Some(Value::Int(number))
    } else {
        // Go reads a sign only for numbers that fit in an `int64`
        (!text.starts_with('+')).then_some(Value::UInt(magnitude))
    }
}

/// `0b+1` and `0b-1`, which go-yaml lets pass.
pub(super) fn signed_digits(text: &str, prefix: &str, radix: u32) -> Option<Value<'static>> {
    let rest = text.strip_prefix(prefix)?;
    let (negative, digits) = match rest.as_bytes().first()? {
        b'-' => (true, rest.get(1..)?),
        b'+' => (false, rest.get(1..)?),
        _ => return None,
    };
    let magnitude = parse_digits(digits, radix)?;
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }.map(Value::Int)
}

fn parse_digits(digits: &str, radix: u32) -> Option<u64> {
    let all_digits = digits.chars().all(|digit| digit.is_digit(radix));
    if all_digits { u64::from_str_radix(digits, radix).ok() } else { None }
}

/// A decimal float; one beyond 64 bits is none.
fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = split_digits(unsigned);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let (digits, rest) = split_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
        if digits.is_empty() || !rest.is_empty() {
            return None;
        }
    } else if !rest.is_empty() {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Base64 as Go's decoder reads it: padded, line breaks skipped. Bytes that are not UTF-8 become U+FFFD one by one, as
/// in Go's JSON.
fn decode_binary(text: &str) -> Result<String, TagMismatch> {
    let compact: String = text.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
    let bytes = STANDARD.decode(compact).map_err(|_| TagMismatch::Base64)?;
    let mut decoded = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        decoded.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests;
