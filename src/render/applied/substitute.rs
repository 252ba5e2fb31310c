//! Flux' variable substitution: `${name}`, `${name:=default}` and the rest of its language.
//!
//! In: an object, and variables. Out: the object with the values. As Flux substitutes in the text of an object, what
//! stood plain there is read again: `${REPLICAS}` becomes a number. Variables that only the cluster knows stay as they
//! are written.

use std::collections::BTreeMap;

use crate::manifest::{Dialect, Node, Span, Value, plain_scalar, to_yaml_text};
use crate::render::files::Owned;

/// The annotation or label that keeps an object as it is.
const SWITCH: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// The variables of a Flux Kustomization.
#[derive(Debug, Default)]
pub(super) struct Variables {
    values: BTreeMap<String, (String, Span)>,
    /// Whether some are known in the cluster alone.
    is_partial: bool,
}

impl Variables {
    /// Adds a variable; the last one of a name counts.
    pub(super) fn set(&mut self, name: &str, value: &Owned) {
        if let Some(text) = value.scalar_text().filter(|_| is_name(name)) {
            self.values.insert(name.to_owned(), (text.into_owned(), value.span));
        }
    }

    /// A source of variables is not in the repository.
    pub(super) fn is_missing_some(&mut self) {
        self.is_partial = true;
    }

    /// Whether Flux would substitute at all.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && !self.is_partial
    }

    /// Substitutes in an object.
    pub(super) fn substitute(&self, object: &mut Owned) {
        let is_off = |field: &str| object.path(&["metadata", field, SWITCH]).and_then(Node::as_str) == Some("disabled");
        if !is_off("annotations") && !is_off("labels") {
            self.walk(object);
        }
    }

    fn walk(&self, node: &mut Owned) {
        match &mut node.value {
            Value::String(text) if text.contains("${") => {
                let Some(new) = self.expand(text) else { return };
                // What is nothing but the value of a variable has to be mended where that is set.
                let inside = text.strip_prefix("${").unwrap_or_default();
                let name = inside.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).next();
                let variable = name.and_then(|name| self.values.get(name)).filter(|(value, _)| *value == new);
                let set = variable.map(|(_, span)| *span);
                let is_plain = !to_yaml_text(node).starts_with(['"', '\'', '|', '>']);
                node.value = if is_plain { plain_scalar(Dialect::Kubernetes, &new) } else { Value::String(new.into()) };
                node.span = set.unwrap_or(node.span);
            }
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.walk(item)),
            Value::Mapping(entries) => {
                for entry in entries {
                    if entry.key.contains("${")
                        && let Some(new) = self.expand(&entry.key)
                    {
                        entry.key = new.into();
                    }
                    self.walk(&mut entry.value);
                }
            }
            _ => {}
        }
    }

    /// A text with its variables replaced; none if it holds one that cannot be known, or that is not understood.
    pub(super) fn expand(&self, text: &str) -> Option<String> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            expanded.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            if let Some(escaped) = behind.strip_prefix('$') {
                expanded.push('$');
                // `$${name}` is the text `${name}`.
                let end = escaped.starts_with('{').then(|| closing(escaped)).flatten().map_or(0, |end| end + 1);
                expanded.push_str(&escaped[..end]);
                rest = &escaped[end..];
            } else if behind.starts_with('{') {
                let end = closing(behind)?;
                expanded.push_str(&self.expression(&behind[1..end])?);
                rest = &behind[end + 1..];
            } else {
                expanded.push('$');
                rest = behind;
            }
        }
        expanded.push_str(rest);
        Some(expanded)
    }

    /// What stands between the braces.
    fn expression(&self, text: &str) -> Option<String> {
        if let Some(name) = text.strip_prefix('#').filter(|name| is_name(name)) {
            return Some(self.value(name)?.chars().count().to_string());
        }
        let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(text.len());
        let (name, operation) = text.split_at(end);
        if !is_name(name) {
            return None;
        }
        let default = operation.strip_prefix(":=").or_else(|| operation.strip_prefix(":-"));
        let default = default.or_else(|| operation.strip_prefix('=')).or_else(|| operation.strip_prefix('-'));
        if let Some(default) = default {
            return match self.values.get(name).filter(|(value, _)| !value.is_empty()) {
                Some((value, _)) => Some(value.clone()),
                None if self.is_partial && !self.values.contains_key(name) => None,
                None => self.expand(default),
            };
        }
        changed(&self.value(name)?, operation)
    }

    /// The value of a variable: nothing at all is the empty text, where all variables are known.
    fn value(&self, name: &str) -> Option<String> {
        match self.values.get(name) {
            Some((value, _)) => Some(value.clone()),
            None => (!self.is_partial).then(String::new),
        }
    }
}

/// Where the brace ends that a text starts with.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.bytes().next().is_some_and(is_first) && text.bytes().all(|byte| is_first(byte) || byte.is_ascii_digit())
}

/// A value with a function of the shell applied.
fn changed(value: &str, operation: &str) -> Option<String> {
    let first = |change: fn(char) -> String| {
        let mut letters = value.chars();
        letters.next().map(change).unwrap_or_default() + letters.as_str()
    };
    match operation {
        "" => return Some(value.to_owned()),
        "^" => return Some(first(|letter| letter.to_uppercase().collect())),
        "^^" => return Some(value.to_uppercase()),
        "," => return Some(first(|letter| letter.to_lowercase().collect())),
        ",," => return Some(value.to_lowercase()),
        _ => {}
    }
    if let Some(range) = operation.strip_prefix(':') {
        let (start, length) = range.split_once(':').map_or((range, None), |(start, length)| (start, Some(length)));
        let start: usize = start.trim().parse().ok()?;
        let length: usize = length.map_or(Some(usize::MAX), |length| length.trim().parse().ok())?;
        return Some(value.chars().skip(start).take(length).collect());
    }
    if let Some(rest) = operation.strip_prefix("//") {
        let (old, new) = rest.split_once('/').unwrap_or((rest, ""));
        return is_literal(old).then(|| value.replace(old, new));
    }
    if let Some(rest) = operation.strip_prefix('/') {
        let (old, new) = rest.split_once('/').unwrap_or((rest, ""));
        return match (old.strip_prefix('#'), old.strip_prefix('%')) {
            (Some(old), _) if is_literal(old) => {
                Some(value.strip_prefix(old).map_or_else(|| value.to_owned(), |rest| format!("{new}{rest}")))
            }
            (_, Some(old)) if is_literal(old) => {
                Some(value.strip_suffix(old).map_or_else(|| value.to_owned(), |rest| format!("{rest}{new}")))
            }
            _ => is_literal(old).then(|| value.replacen(old, new, 1)),
        };
    }
    // Without wildcards the shortest and the longest match are one.
    let cut = |sign: &str| operation.strip_prefix(&sign.repeat(2)).or_else(|| operation.strip_prefix(sign));
    if let Some(pattern) = cut("#").filter(|pattern| is_literal(pattern)) {
        return Some(value.strip_prefix(pattern).unwrap_or(value).to_owned());
    }
    let pattern = cut("%").filter(|pattern| is_literal(pattern))?;
    Some(value.strip_suffix(pattern).unwrap_or(value).to_owned())
}

/// Whether a pattern has no wildcards: those are left as they are written, and what holds them goes unchecked.
fn is_literal(pattern: &str) -> bool {
    !pattern.is_empty() && !pattern.contains(['*', '?', '[', '$'])
}

#[cfg(test)]
mod tests {
    use super::Variables;
    use crate::manifest::{FileId, Node, Span};

    fn variables() -> Variables {
        let mut variables = Variables::default();
        for (name, value) in [("region", "eu-west-1"), ("empty", ""), ("Count", "3"), ("1st", "no name")] {
            variables.set(name, &Node::string(value, Span { file: FileId(0), start: 0, end: 0 }));
        }
        variables
    }

    #[test]
    fn the_language_is_that_of_the_shell() {
        let variables = variables();
        for (text, expanded) in [
            ("${region}", "eu-west-1"),
            ("a-${region}-${Count}", "a-eu-west-1-3"),
            ("${missing}", ""),
            ("${missing:=x}", "x"),
            ("${missing:-x y}", "x y"),
            ("${empty:=x}", "x"),
            ("${region:=x}", "eu-west-1"),
            ("${missing:=${region}}", "eu-west-1"),
            ("$${region}", "${region}"),
            ("$region $", "$region $"),
            ("${#region}", "9"),
            ("${region^}", "Eu-west-1"),
            ("${region^^}", "EU-WEST-1"),
            ("${region:3}", "west-1"),
            ("${region:0:2}", "eu"),
            ("${region//-/.}", "eu.west.1"),
            ("${region/-/.}", "eu.west-1"),
            ("${region#eu-}", "west-1"),
            ("${region%-1}", "eu-west"),
        ] {
            assert_eq!(variables.expand(text).as_deref(), Some(expanded), "{text}");
        }
    }

    #[test]
    fn what_only_the_cluster_knows_stays_as_it_is() {
        let mut variables = variables();
        variables.is_missing_some();
        assert_eq!(variables.expand("${region}").as_deref(), Some("eu-west-1"));
        assert_eq!(variables.expand("${secret}"), None);
        assert_eq!(variables.expand("${secret:=x}"), None, "the cluster may know another value");
    }

    #[test]
    fn what_is_not_understood_stays_as_it_is() {
        for text in ["${region", "${re gion}", "${region#e*}", "${}"] {
            assert_eq!(variables().expand(text), None, "{text}");
        }
    }
}
