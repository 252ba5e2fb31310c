//! `vars`: `$(NAME)` in an object stands for a field of another.
//!
//! In: variables, and the objects. Out: objects with the values. A variable is bound to its object when the kustomization
//! that declares it has been built, and read when everything is renamed.

use super::field_path;
use super::field_spec::FieldSpec;
use super::fields::{self, Make};
use super::kustomization::text;
use super::resource::Id;
use super::resources::Resources;
use crate::catalogue::render::VARIABLE;
use crate::manifest::{Node, Span, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// The variables that are known so far, by name.
#[derive(Debug, Default, Clone)]
pub(super) struct Variables {
    list: Vec<Variable>,
}

#[derive(Debug, Clone)]
struct Variable {
    name: String,
    span: Span,
    field_path: String,
}

impl Variables {
    /// Adds the variables of a kustomization, and marks the objects that they read.
    pub(super) fn declare(&mut self, entry: &Owned, resources: &mut Resources) -> Fallible<()> {
        let name = entry.get("name").map_or("", text);
        let object = |key: &str| entry.path(&["objref", key]).map_or("", text);
        let (mut group, mut version) = (object("group"), object("version"));
        match object("apiVersion").split_once('/') {
            Some(parts) => (group, version) = parts,
            None if object("apiVersion").is_empty() => {}
            None => version = object("apiVersion"),
        }
        let wanted = Id {
            group: group.into(),
            version: version.into(),
            kind: object("kind").into(),
            name: object("name").into(),
            namespace: object("namespace").into(),
            is_cluster_scoped: false,
        };
        let found = resources.by_any_id(|id| {
            if wanted.namespace.is_empty() { wanted.is_same_but_for_namespace(id) } else { wanted.is_same(id) }
        });
        match found.as_slice() {
            [] => {}
            [only] => {
                if let Some(resource) = resources.list.get_mut(*only) {
                    resource.variables.push(name.to_owned());
                }
            }
            several => {
                let message = format!("the variable `{name}` could read any of {} objects", several.len());
                return Err(Fault::new(&VARIABLE, entry.span, message).with_help("name the object's namespace"));
            }
        }
        let path = entry.path(&["fieldref", "fieldPath"]).map_or("", text);
        let field_path = if path.is_empty() { "metadata.name" } else { path }.to_owned();
        let span = entry.get("name").map_or(entry.span, |name| name.span);
        self.add(Variable { name: name.to_owned(), span, field_path })
    }

    /// Adds the variables of another kustomization.
    pub(super) fn merge(&mut self, other: Self) -> Fallible<()> {
        other.list.into_iter().try_for_each(|variable| self.add(variable))
    }

    fn add(&mut self, variable: Variable) -> Fallible<()> {
        if let Some(first) = self.list.iter().find(|known| known.name == variable.name) {
            let message = format!("there are two variables `{}`", variable.name);
            return Err(Fault::new(&VARIABLE, variable.span, message)
                .with_help("rename one of them")
                .with_related(first.span, "the first one"));
        }
        self.list.push(variable);
        Ok(())
    }

    /// Replaces every variable in the fields that take them.
    pub(super) fn resolve(&self, resources: &mut Resources, specs: &[FieldSpec]) -> Fallible<()> {
        if self.list.is_empty() {
            return Ok(());
        }
        let values = self.list.iter().map(|variable| Ok((variable.name.as_str(), variable.read(resources)?)));
        let values: Vec<(&str, Owned)> = values.collect::<Fallible<_>>()?;
        for resource in &mut resources.list {
            for spec in specs {
                let span = resource.node.span;
                fields::change(spec, &mut resource.node, Make::Nothing, span, &mut |field| replace(field, &values))?;
            }
        }
        Ok(())
    }
}

impl Variable {
    fn read(&self, resources: &Resources) -> Fallible<Owned> {
        let Some(resource) = resources.list.iter().find(|resource| resource.variables.contains(&self.name)) else {
            let message = format!("the variable `{}` reads an object that is not among the resources", self.name);
            return Err(Fault::new(&VARIABLE, self.span, message)
                .with_help("correct the kind, name and apiVersion of `objref`"));
        };
        let steps: Vec<String> = field_path::split(&self.field_path).into_iter().flat_map(with_index).collect();
        if let Some(value) = field_path::find(&resource.node, &steps) {
            return Ok(value.clone());
        }
        let message = format!("{} has no `{}` for the variable `{}`", resource.id(), self.field_path, self.name);
        Err(Fault::new(&VARIABLE, self.span, message)
            .with_help("correct `fieldPath`")
            .with_related(resource.span(), "the object"))
    }
}

/// `ports[0]` is the step `ports` and the step `0`.
fn with_index(step: String) -> Vec<String> {
    let parts = step.strip_suffix(']').and_then(|start| start.split_once('['));
    match parts.filter(|(name, index)| !name.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit())) {
        Some((name, index)) => vec![name.to_owned(), index.to_owned()],
        None => vec![step],
    }
}

fn replace(field: &mut Owned, values: &[(&str, Owned)]) -> Fallible<()> {
    match &mut field.value {
        Value::Mapping(entries) => {
            for entry in entries {
                replace_text(&mut entry.value, values);
            }
        }
        Value::Sequence(items) => {
            for item in items {
                if !matches!(item.value, Value::String(_)) {
                    return Err(Fault::new(
                        &VARIABLE,
                        item.span,
                        "a string is expected here, as variables are replaced in it",
                    )
                    .with_help("put it in quotes"));
                }
                replace_text(item, values);
            }
        }
        _ => replace_text(field, values),
    }
    Ok(())
}

/// Replaces the variables of a string. One that is nothing but a variable gets the variable's type.
fn replace_text(node: &mut Owned, values: &[(&str, Owned)]) {
    let Some(old) = node.as_str().filter(|text| text.contains('$')) else { return };
    let value = |name: &str| {
        let found = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        found.filter(|value| !matches!(value.value, Value::Mapping(_) | Value::Sequence(_) | Value::Null))
    };
    let mut new = String::with_capacity(old.len());
    let mut source = node.span;
    let mut rest = old;
    while let Some(at) = rest.find('$') {
        new.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let Some(letter) = behind.chars().next() else {
            rest = &rest[at..];
            break;
        };
        let end = behind.strip_prefix('(').and_then(|inside| inside.find(')').map(|end| (inside, end)));
        rest = match (letter, end) {
            ('$', _) => {
                new.push('$');
                &behind[1..]
            }
            ('(', Some((inside, end))) => {
                let name = &inside[..end];
                match value(name) {
                    Some(value) if old.len() == name.len() + 3 => {
                        *node = value.clone();
                        return;
                    }
                    Some(value) => {
                        source = value.span;
                        new.push_str(&value.scalar_text().unwrap_or_default());
                    }
                    None => {
                        new.push_str("$(");
                        new.push_str(name);
                        new.push(')');
                    }
                }
                &inside[end + 1..]
            }
            (letter, _) => {
                new.push('$');
                new.push(letter);
                &behind[letter.len_utf8()..]
            }
        };
    }
    new.push_str(rest);
    if new != old {
        *node = Node::string(new, source);
    }
}
