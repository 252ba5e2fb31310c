//! Finding the fields that a transformer changes.
//!
//! In: an object and a field specification: `spec/template/spec/containers[]/image`, for some kinds or all. Out: a call
//! for each field that is there, made first where the specification says so. The rules are those of kustomize's
//! `fieldspec` filter: lists are walked without being named, null is filled in where something can be made there.

use super::field_spec::FieldSpec;
use crate::catalogue::render::TRANSFORMER;
use crate::manifest::{Node, Span, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// What is put where a field lacks that may be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    /// Nothing: only fields that are there are changed.
    Nothing,
    /// An empty string.
    Scalar,
    /// An empty mapping.
    Mapping,
}

impl Make {
    fn node(self, span: Span) -> Option<Owned> {
        match self {
            Self::Nothing => None,
            Self::Scalar => Some(Node::string("", span)),
            Self::Mapping => Some(Node::mapping(span)),
        }
    }
}

/// Calls `change` with every field that a specification names in an object. `span` is where the change is asked for: the
/// place of what has to be made on the way.
pub(super) fn change(
    spec: &FieldSpec,
    object: &mut Owned,
    make: Make,
    span: Span,
    change: &mut dyn FnMut(&mut Owned) -> Fallible<()>,
) -> Fallible<()> {
    if !concerns(spec, object) {
        return Ok(());
    }
    let path = split(&spec.path, '/');
    let make = if spec.create { make } else { Make::Nothing };
    let mut walk = Walk { make, span, path: &spec.path, change };
    walk.descend(object, &path)
}

/// Whether a specification is for objects of this kind.
fn concerns(spec: &FieldSpec, object: &Owned) -> bool {
    let text = |key| object.get(key).and_then(Node::as_str).unwrap_or_default();
    let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
    (spec.kind.is_empty() || spec.kind == text("kind"))
        && (spec.group.is_empty() || spec.group == group)
        && (spec.version.is_empty() || spec.version == version)
}

/// A path cut at its separators; a backslash keeps one, and one at the start counts for nothing.
pub(super) fn split(path: &str, separator: char) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let path = path.strip_prefix(separator).filter(|_| path.len() > 1).unwrap_or(path);
    for part in path.split(separator) {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(separator);
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

struct Walk<'w> {
    make: Make,
    span: Span,
    path: &'w str,
    change: &'w mut dyn FnMut(&mut Owned) -> Fallible<()>,
}

impl Walk<'_> {
    fn descend(&mut self, node: &mut Owned, path: &[String]) -> Fallible<()> {
        let Some((part, rest)) = path.split_first() else { return (self.change)(node) };
        match &mut node.value {
            Value::Null => Ok(()),
            Value::Sequence(items) => items.iter_mut().try_for_each(|item| self.descend(item, path)),
            Value::Mapping(_) => self.enter(node, part, rest),
            _ => Err(self.not_a_collection(node)),
        }
    }

    fn enter(&mut self, node: &mut Owned, part: &str, rest: &[String]) -> Fallible<()> {
        let (name, is_sequence) = match part.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (part, false),
        };
        if name.is_empty() {
            let message = format!("the path `{}` has an empty part", self.path);
            return Err(Fault::new(&TRANSFORMER, self.span, message).with_help("name every field of the path"));
        }
        let made = match self.make {
            _ if is_sequence => None,
            make if rest.is_empty() => make.node(self.span),
            Make::Nothing => None,
            _ => Make::Mapping.node(self.span),
        };
        if node.get(name).is_none() {
            let Some(made) = made else { return Ok(()) };
            node.set(name.to_owned(), made);
        } else if let Some(field) = node.get_mut(name).filter(|field| field.is_null()) {
            if is_sequence {
                field.value = Value::Sequence(Vec::new());
            } else if let Some(made) = made {
                field.value = made.value;
            }
        }
        node.get_mut(name).map_or(Ok(()), |field| self.descend(field, rest))
    }

    fn not_a_collection(&self, node: &Owned) -> Fault {
        let message = format!(
            "the path `{}` leads through a {}, where an object or an array is expected",
            self.path,
            node.type_name()
        );
        Fault::new(&TRANSFORMER, node.span, message).with_related(self.span, "changed from here")
    }
}

/// Sets a scalar, whatever it was.
pub(super) fn set_scalar(node: &mut Owned, value: Owned, what: &str) -> Fallible<()> {
    if matches!(node.value, Value::Mapping(_) | Value::Sequence(_)) {
        let message = format!("{what} cannot be set here: expected a scalar, found an {}", node.type_name());
        return Err(Fault::new(&TRANSFORMER, node.span, message).with_related(value.span, "set from here"));
    }
    *node = value;
    Ok(())
}
