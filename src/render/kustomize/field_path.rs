//! Paths of replacements and variables: `spec.template.spec.containers.[name=web].image`, `rules.0.host`, `items.*.name`.
//!
//! In: a path and an object. Out: the fields that it leads to, made on the way where that is asked for.

use regex::Regex;

use crate::catalogue::render::REPLACEMENT;
use crate::manifest::{Node, Span, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// A field that a path leads to.
pub(super) struct Step<'n> {
    /// It.
    pub(super) node: &'n mut Owned,
    /// Whether it was made on the way, and has no type yet.
    pub(super) is_new: bool,
}

/// A path cut at its dots, but not within brackets.
pub(super) fn split(path: &str) -> Vec<String> {
    let parts = super::fields::split(path, '.');
    let mut steps: Vec<String> = Vec::new();
    let mut parts = parts.into_iter();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            steps.push(part);
            continue;
        }
        let mut whole = part;
        for part in parts.by_ref() {
            whole.push('.');
            whole.push_str(&part);
            if part.ends_with(']') {
                break;
            }
        }
        steps.push(unbracketed(whole));
    }
    steps
}

/// Brackets around a key stand for nothing; around `a=b` they make it a choice among the items of a list.
fn unbracketed(part: String) -> String {
    match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
        Some(key) if !key.contains('=') => key.to_owned(),
        _ => part,
    }
}

/// `[name=value]`
fn choice(step: &str) -> Option<(&str, &str)> {
    step.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

fn index(step: &str) -> Option<usize> {
    step.parse().ok().filter(|_| step.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The field at a path.
pub(super) fn find<'n>(node: &'n Owned, steps: &[String]) -> Option<&'n Owned> {
    steps.iter().filter(|step| !step.trim().is_empty()).try_fold(node, |node, step| {
        let step = step.trim();
        if let Some(index) = index(step) {
            return node.items().get(index);
        }
        match choice(step) {
            _ if step == "-" => node.items().last(),
            Some(("", value)) => node.items().iter().find(|item| item.scalar_text().is_some_and(|text| text == value)),
            Some((key, value)) => node
                .items()
                .iter()
                .find(|item| item.get(key).and_then(Node::scalar_text).is_some_and(|text| text == value)),
            None => node.get(step),
        }
    })
}

/// The fields that a path leads to. With `create`, what lacks is made; the last field as the value will be.
pub(super) fn fields<'n>(
    node: &'n mut Owned,
    steps: &[String],
    create: Option<&Owned>,
    span: Span,
) -> Fallible<Vec<Step<'n>>> {
    let mut found = Vec::new();
    walk(node, steps, create, span, false, &mut found)?;
    Ok(found)
}

fn walk<'n>(
    node: &'n mut Owned,
    steps: &[String],
    create: Option<&Owned>,
    span: Span,
    is_new: bool,
    found: &mut Vec<Step<'n>>,
) -> Fallible<()> {
    let Some((step, rest)) = steps.split_first() else {
        found.push(Step { node, is_new });
        return Ok(());
    };
    let wrong = |node: &Owned, wanted: &str| {
        let message = format!("the path expects an {wanted} at `{step}`, found {}", node.type_name());
        Err(Fault::new(&REPLACEMENT, span, message).with_related(node.span, "found here"))
    };
    if step == "*" {
        if !matches!(node.value, Value::Sequence(_)) {
            return wrong(node, "array");
        }
        let Value::Sequence(items) = &mut node.value else { return Ok(()) };
        return items.iter_mut().try_for_each(|item| walk(item, rest, create, span, false, found));
    }
    if let Some(at) = index(step) {
        if !matches!(node.value, Value::Sequence(_)) {
            return wrong(node, "array");
        }
        let Value::Sequence(items) = &mut node.value else { return Ok(()) };
        let length = items.len();
        let made = create.filter(|_| at == length).map(|value| made(rest, value, span));
        let is_new = made.is_some();
        items.extend(made);
        let Some(item) = items.get_mut(at) else {
            let message = format!("the path asks for item {at} of {length}");
            return Err(Fault::new(&REPLACEMENT, span, message).with_help("items are counted from 0"));
        };
        return walk(item, rest, create, span, is_new, found);
    }
    if let Some((key, value)) = choice(step) {
        if !matches!(node.value, Value::Sequence(_)) {
            return wrong(node, "array");
        }
        let Value::Sequence(items) = &mut node.value else { return Ok(()) };
        let Ok(pattern) = Regex::new(value) else {
            let message = format!("`{value}` is not a regular expression");
            return Err(Fault::new(&REPLACEMENT, span, message).with_help("escape what is meant literally"));
        };
        let is_match = |item: &Owned| {
            let field = if key.is_empty() { Some(item) } else { item.get(key) };
            field.and_then(Node::scalar_text).is_some_and(|text| pattern.is_match(text.trim()))
        };
        if !items.iter().any(is_match) {
            if create.is_none() {
                return Ok(());
            }
            let scalar = Node::string(value.to_owned(), span);
            let mut item = scalar.clone();
            if !key.is_empty() {
                item = Node::mapping(span);
                item.set(key.to_owned(), scalar);
            }
            items.push(item);
        }
        return items
            .iter_mut()
            .filter(|item| is_match(item))
            .try_for_each(|item| walk(item, rest, create, span, false, found));
    }
    if node.is_null() {
        return Ok(());
    }
    if !node.is_mapping() {
        return wrong(node, "object");
    }
    let mut is_new = false;
    if node.get(step).is_none()
        && let Some(value) = create
    {
        node.set(step.clone(), made(rest, value, span));
        is_new = rest.is_empty();
    }
    node.get_mut(step).map_or(Ok(()), |field| walk(field, rest, create, span, is_new, found))
}

/// What is put where a part of a path lacks: what the next part expects.
fn made(rest: &[String], value: &Owned, span: Span) -> Owned {
    match rest.first() {
        None if value.is_mapping() => Node::mapping(span),
        None if matches!(value.value, Value::Sequence(_)) => Node { span, value: Value::Sequence(Vec::new()) },
        None => Node::string("", span),
        Some(step) if choice(step).is_some() || index(step).is_some() => {
            Node { span, value: Value::Sequence(Vec::new()) }
        }
        Some(_) => Node::mapping(span),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn paths_are_cut_at_dots_that_are_not_in_brackets_or_escaped() {
        for (path, steps) in [
            ("a.b", vec!["a", "b"]),
            ("metadata.annotations.[a.b/c]", vec!["metadata", "annotations", "a.b/c"]),
            ("spec.containers.[name=a.b].image", vec!["spec", "containers", "[name=a.b]", "image"]),
            ("data.config\\.yaml", vec!["data", "config.yaml"]),
        ] {
            assert_eq!(split(path), steps, "{path}");
        }
    }
}
