//! Label selectors as text: `app=web,tier in (front, back),!legacy`.
//!
//! In: the text of `labelSelector` or `annotationSelector`. Out: whether a set of labels matches. The language is that of
//! `kubectl get -l`.

use std::borrow::Cow;

use crate::catalogue::render::SELECTOR;
use crate::manifest::Node;
use crate::render::fault::{Fallible, Fault};

/// What labels have to be like; all requirements hold.
#[derive(Debug, Default)]
pub(super) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
    GreaterThan(i64),
    LessThan(i64),
}

impl LabelSelector {
    /// Reads a selector.
    pub(super) fn read(node: &Node<'_>) -> Fallible<Self> {
        let text = node.as_str().unwrap_or_default();
        let requirements = parse(text).ok_or_else(|| {
            let message = format!("`{text}` is not a label selector");
            Fault::new(&SELECTOR, node.span, message).with_help("write it as `app=web,tier in (front, back),!legacy`")
        })?;
        Ok(Self { requirements })
    }

    /// Whether it asks for nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether labels fulfil it.
    pub(super) fn matches(&self, labels: &[(&str, Cow<'_, str>)]) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(labels))
    }
}

impl Requirement {
    fn holds(&self, labels: &[(&str, Cow<'_, str>)]) -> bool {
        let value = labels.iter().find(|(key, _)| *key == self.key).map(|(_, value)| value.as_ref());
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.operator {
            Operator::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
            Operator::NotIn(values) => value.is_none_or(|value| values.iter().all(|one| one != value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan(limit) => number().is_some_and(|number| number > *limit),
            Operator::LessThan(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

fn parse(text: &str) -> Option<Vec<Requirement>> {
    let mut rest = text.trim_start();
    let mut requirements = Vec::new();
    while !rest.is_empty() {
        let (requirement, behind) = requirement(rest)?;
        requirements.push(requirement);
        rest = behind.trim_start();
        if let Some(behind) = rest.strip_prefix(',') {
            rest = behind.trim_start();
            if rest.is_empty() {
                return None;
            }
        } else if !rest.is_empty() {
            return None;
        }
    }
    Some(requirements)
}

fn requirement(text: &str) -> Option<(Requirement, &str)> {
    if let Some(rest) = text.strip_prefix('!') {
        let (key, rest) = word(rest.trim_start());
        let requirement = Requirement { key: key.to_owned(), operator: Operator::DoesNotExist };
        return is_key(key).then_some((requirement, rest));
    }
    let (key, rest) = word(text);
    if !is_key(key) {
        return None;
    }
    let rest = rest.trim_start();
    let (operator, rest) = operator(rest)?;
    Some((Requirement { key: key.to_owned(), operator }, rest))
}

fn operator(text: &str) -> Option<(Operator, &str)> {
    if text.is_empty() || text.starts_with(',') {
        return Some((Operator::Exists, text));
    }
    for (sign, is_equal) in [("==", true), ("!=", false), ("=", true)] {
        if let Some(rest) = text.strip_prefix(sign) {
            let (value, rest) = word(rest.trim_start());
            let values = vec![value.to_owned()];
            let operator = if is_equal { Operator::In(values) } else { Operator::NotIn(values) };
            return is_value(value).then_some((operator, rest));
        }
    }
    for (sign, is_greater) in [(">", true), ("<", false)] {
        if let Some(rest) = text.strip_prefix(sign) {
            let (value, rest) = word(rest.trim_start());
            let number = value.parse().ok()?;
            let operator = if is_greater { Operator::GreaterThan(number) } else { Operator::LessThan(number) };
            return Some((operator, rest));
        }
    }
    let (name, rest) = word(text);
    let (values, rest) = set(rest.trim_start())?;
    match name {
        "in" => Some((Operator::In(values), rest)),
        "notin" => Some((Operator::NotIn(values), rest)),
        _ => None,
    }
}

/// `(a, b)`
fn set(text: &str) -> Option<(Vec<String>, &str)> {
    let (inside, rest) = text.strip_prefix('(')?.split_once(')')?;
    let values: Vec<String> = inside.split(',').map(|value| value.trim().to_owned()).collect();
    values.iter().all(|value| is_value(value)).then_some((values, rest))
}

/// What stands before the next blank or sign.
fn word(text: &str) -> (&str, &str) {
    let is_sign = |letter: char| letter.is_whitespace() || matches!(letter, '=' | '!' | '(' | ')' | ',' | '>' | '<');
    text.split_at(text.find(is_sign).unwrap_or(text.len()))
}

fn is_key(text: &str) -> bool {
    let (prefix, name) = text.rsplit_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let prefix_is_fine = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|part| {
                let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                !part.is_empty() && part.bytes().all(is_inner) && !part.starts_with('-') && !part.ends_with('-')
            })
    });
    prefix_is_fine && !name.is_empty() && is_value(name)
}

fn is_value(text: &str) -> bool {
    let is_end = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && is_end(text.bytes().next())
        && is_end(text.bytes().next_back())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{LabelSelector, parse};

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        let labels: Vec<_> = labels.iter().map(|(key, value)| (*key, Cow::Borrowed(*value))).collect();
        LabelSelector { requirements: parse(selector).unwrap() }.matches(&labels)
    }

    #[test]
    fn every_operator_of_kubectl_is_known() {
        let labels = [("app", "web"), ("tier", "front"), ("weight", "5")];
        for selector in [
            "",
            "app",
            "app=web",
            "app==web",
            "app!=api",
            "other!=x",
            "tier in (front,back)",
            "tier notin (back)",
            "!legacy",
            "weight>4",
            "weight < 6",
            " app = web , tier in ( back , front ) ",
            "missing notin (a)",
        ] {
            assert!(matches(selector, &labels), "{selector}");
        }
        for selector in ["app=api", "legacy", "!app", "tier in (back)", "weight>5", "app,tier=back", "app=web,app=api"]
        {
            assert!(!matches(selector, &labels), "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for selector in ["app=", "a b", "=x", "app in", "app in (a", "app,", "-a=b", "a=b c", "app=we/b", "weight>x"] {
            if selector == "app=" {
                // An empty value is one.
                assert!(parse(selector).is_some());
                continue;
            }
            assert!(parse(selector).is_none(), "{selector}");
        }
    }
}
