//! What a scalar means to kustomize, which reads with go-yaml v3 and writes what it has read once more before it takes
//! the values: that gives YAML 1.2's booleans, and timestamps.
//!
//! In: the text of a scalar, and where it stands. Out: its value, or its text as a key. It never sees quotes or spans.
//!
//! What it has in common with [`super::scalar`], it asks there.

use std::borrow::Cow;

use super::node::Value;
use super::scalar::{self, CORE_TAGS, TagMismatch, is_surely_text, signed_digits};
use super::timestamp;
use super::yaml_writer::is_printable;

/// Whose reading of YAML counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The API server's and kubectl's: sigs.k8s.io/yaml in strict mode.
    #[default]
    Kubernetes,
    /// The same library without strict mode, as kustomize reads a kustomization: of a key that stands twice, the last
    /// counts.
    Lenient,
    /// Kustomize's, of resources and patches.
    Kyaml,
}

/// Where a scalar stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Outside of brackets.
    Block,
    /// Inside brackets.
    Flow,
}

/// Why kustomize takes no value as a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotAName {
    /// `null`, `~`, or nothing.
    Null,
    /// Anything but a string below the top level.
    NoText,
    /// It does not fit its tag.
    Tag(TagMismatch),
}

/// A plain scalar without a tag, or with a lone `!`. None for a timestamp that has no form in JSON.
///
/// Inside brackets kustomize puts single quotes around what holds a colon, and around nothing at all, when it writes that
/// again: a time stays the text it was, and what is not there becomes an empty string.
pub(super) fn resolve_plain(text: Cow<'_, str>, context: Context) -> Option<Value<'_>> {
    if is_surely_text(&text) || (context == Context::Flow && (text.is_empty() || text.contains(':'))) {
        return Some(Value::String(text));
    }
    match timestamp::parse(&text) {
        Some(timestamp) => timestamp.to_json().map(|text| Value::String(Cow::Owned(text))),
        None => Some(resolve(text)),
    }
}

/// What a text means where it stands plain in a block: the value that is read again after it was put there.
#[must_use]
pub fn plain_scalar(dialect: Dialect, text: &str) -> Value<'static> {
    let owned = || Cow::Owned(text.to_owned());
    match dialect {
        Dialect::Kyaml => resolve_plain(owned(), Context::Block).unwrap_or_else(|| Value::String(owned())),
        Dialect::Kubernetes | Dialect::Lenient => match scalar::resolve_plain(owned()) {
            Value::Float(number) if !number.is_finite() => Value::String(owned()),
            value => value,
        },
    }
}

/// A scalar with a tag, plain or quoted.
pub(super) fn resolve_tagged<'s>(
    tag: &str,
    text: Cow<'s, str>,
    is_plain: bool,
    context: Context,
) -> Result<Value<'s>, TagMismatch> {
    if tag == "!" && is_plain {
        return resolve_plain(text, context).ok_or(TagMismatch::Zone);
    }
    if tag.strip_prefix(CORE_TAGS) == Some("timestamp")
        && let Some(timestamp) = timestamp::parse(&text)
    {
        return timestamp.to_json().map(|text| Value::String(Cow::Owned(text))).ok_or(TagMismatch::Zone);
    }
    scalar::resolve_tagged_with(tag, text, resolve)
}

/// A scalar as a key. Only at the top level of a document may it be anything but a string: its text counts there.
pub(super) fn key<'s>(
    text: Cow<'s, str>,
    tag: Option<&str>,
    is_plain: bool,
    context: Context,
    is_top: bool,
) -> Result<Cow<'s, str>, NotAName> {
    let core = tag.and_then(|tag| tag.strip_prefix(CORE_TAGS));
    let resolvable = is_plain && matches!(tag, None | Some("!"));
    if resolvable && is_null(&text) {
        return Err(NotAName::Null);
    }
    if is_top {
        return match core.map(|_| resolve_tagged(tag.unwrap_or_default(), text.clone(), is_plain, context)) {
            Some(Err(mismatch)) => Err(NotAName::Tag(mismatch)),
            Some(Ok(Value::Null)) => Err(NotAName::Null),
            Some(Ok(Value::String(decoded))) if core == Some("binary") => Ok(decoded),
            _ => Ok(text),
        };
    }
    let is_string = if resolvable {
        let in_quotes = context == Context::Flow && text.contains(':');
        is_surely_text(&text)
            || in_quotes
            || (timestamp::parse(&text).is_none() && matches!(resolve(Cow::Borrowed(&text)), Value::String(_)))
    } else {
        matches!(tag, None | Some("!")) || core == Some("str")
    };
    if is_string { Ok(text) } else { Err(NotAName::NoText) }
}

/// A plain key without a tag.
pub(super) fn plain_key(text: Cow<'_, str>, context: Context, is_top: bool) -> Result<Cow<'_, str>, NotAName> {
    key(text, None, true, context, is_top)
}

/// The text of a folded block outside of brackets, as it comes back when kustomize has written it again: go-yaml v3
/// adds a line break before lines that start with a blank and to several at the end, and loses some in a text that starts
/// with a blank itself.
pub(super) fn refold(text: Cow<'_, str>) -> Cow<'_, str> {
    let written_folded =
        !text.ends_with(' ') && !text.contains(" \n") && text.chars().all(|c| c == '\t' || is_printable(c));
    if !written_folded || !text.contains('\n') {
        return text;
    }
    let is_indented = |line: &str| line.starts_with([' ', '\t']);
    let doubled = !is_indented(text.trim_start_matches('\n'));
    let mut refolded = String::with_capacity(text.len() + 8);
    let mut rest = &*text;
    let mut before: Option<&str> = None;
    while !rest.is_empty() {
        let behind = rest.trim_start_matches('\n');
        let breaks = rest.len() - behind.len();
        let end = behind.find('\n').unwrap_or(behind.len());
        let (line, next) = behind.split_at(end);
        let after_text = before.is_some_and(|line| !is_indented(line));
        let count = match (after_text, line.is_empty(), is_indented(line)) {
            (true, true, _) if breaks > 1 => breaks + usize::from(doubled),
            (true, false, true) => breaks + usize::from(doubled),
            (true, false, false) if !doubled => breaks - 1,
            _ => breaks,
        };
        if count == 0 && breaks > 0 {
            refolded.push(' ');
        }
        refolded.extend(std::iter::repeat_n('\n', count));
        refolded.push_str(line);
        (before, rest) = (Some(line), next);
    }
    Cow::Owned(refolded)
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Anything but timestamps. Other than in v2, `yes` and `on` are texts, and `0o` takes a sign behind it, as `0b` does.
fn resolve(text: Cow<'_, str>) -> Value<'_> {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic());
    if is_word && !is_null(&text) && !matches!(&*text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") {
        return Value::String(text);
    }
    match scalar::resolve_plain(text) {
        Value::String(text) if text.starts_with('0') => {
            signed_digits(&text.replace('_', ""), "0o", 8).unwrap_or(Value::String(text))
        }
        value => value,
    }
}

#[cfg(test)]
mod tests;
