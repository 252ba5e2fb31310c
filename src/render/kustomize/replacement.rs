//! `replacements`: values copied from one object into others.
//!
//! In: replacements, and the objects. Out: objects with the values; each keeps the place where it was written at its
//! source. A path may go on within a string that holds JSON or YAML.

use super::build::Build;
use super::embedded;
use super::field_path::{self, Step};
use super::kustomization::text;
use super::resource::{Id, Resource};
use super::resources::Resources;
use super::selector::Selector;
use super::shape::REPLACEMENT;
use crate::catalogue::render::REPLACEMENT as RULE;
use crate::manifest::{Dialect, Node, Value, plain_scalar};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

const NAME: &str = "metadata.name";

/// How many fields the replacements of one kustomization may set.
const MAX_SET: usize = 1_000_000;

/// The replacements of an entry: itself, or those of the file that it names.
pub(super) fn read(entry: &Owned, build: &Build<'_, '_>) -> Fallible<Vec<Owned>> {
    let Some(path) = entry.get("path").filter(|path| !text(path).is_empty()) else { return Ok(vec![entry.clone()]) };
    if entry.get("source").is_some() || entry.get("targets").is_some() {
        return Err(Fault::new(&RULE, path.span, "a replacement with `path` and its own source or targets")
            .with_help("leave one of the two out"));
    }
    let mut replacements = Vec::new();
    for document in build.settings(path)? {
        match document.value {
            Value::Sequence(items) => replacements.extend(items),
            _ => replacements.push(document),
        }
    }
    replacements.iter_mut().try_for_each(|replacement| REPLACEMENT.fit(replacement))?;
    Ok(replacements)
}

/// Copies what the replacements name.
pub(super) fn apply(resources: &mut Resources, replacements: &[Owned], build: &Build<'_, '_>) -> Fallible<()> {
    let mut copy = Copy { build, set: 0 };
    replacements.iter().try_for_each(|replacement| copy.replacement(resources, replacement))
}

struct Copy<'c, 'b, 'f> {
    build: &'c Build<'b, 'f>,
    set: usize,
}

impl Copy<'_, '_, '_> {
    fn replacement(&mut self, resources: &mut Resources, replacement: &Owned) -> Fallible<()> {
        let targets = replacement.get("targets").map(Node::items).unwrap_or_default();
        let value = match (replacement.get("sourceValue"), replacement.get("source")) {
            (Some(value), None) => value.clone(),
            (None, Some(source)) => self.source(resources, source)?,
            (Some(value), Some(_)) => {
                return Err(Fault::new(&RULE, value.span, "a replacement with both `source` and `sourceValue`")
                    .with_help("leave one of the two out"));
            }
            (None, None) => {
                return Err(
                    Fault::new(&RULE, replacement.span, "a replacement without a source").with_help("add `source`")
                );
            }
        };
        if targets.is_empty() {
            return Err(Fault::new(&RULE, replacement.span, "a replacement without targets").with_help("add `targets`"));
        }
        targets.iter().try_for_each(|target| self.target(resources, target, &value))
    }

    /// The value to copy.
    fn source(&self, resources: &Resources, source: &Owned) -> Fallible<Owned> {
        let get = |key: &str| source.get(key).map_or("", text);
        let (namespace, name) = (get("namespace"), get("name"));
        let selects = |id: &Id<'_>| {
            let wanted = if namespace.is_empty() { "default" } else { namespace };
            (name.is_empty() || name == id.name)
                && (namespace.is_empty() || wanted == id.effective_namespace())
                && id.is_selected_by(get("group"), get("version"), get("kind"))
        };
        let has = |resource: &&Resource| {
            let now = Id { is_cluster_scoped: false, ..resource.id() };
            selects(&now) || resource.previous_ids().any(|id| selects(&id))
        };
        let mut found = resources.list.iter().filter(has);
        let (first, second) = (found.next(), found.next());
        let Some(first) = first else {
            return Err(Fault::new(&RULE, source.span, "no object is what the source names")
                .with_help("correct its kind, name and namespace"));
        };
        if let Some(second) = second {
            return Err(Fault::new(&RULE, source.span, "several objects are what the source names")
                .with_help("name its kind, name and namespace")
                .with_related(first.name_span(), "one")
                .with_related(second.name_span(), "another"));
        }
        let path_node = source.get("fieldPath").filter(|path| !text(path).is_empty());
        let path = path_node.map_or(NAME, text);
        let value = field_path::find(&first.node, &field_path::split(path));
        let Some(value) = value.filter(|value| !value.is_null_or_empty()) else {
            let message = format!("{} has no `{path}`", first.id());
            return Err(Fault::new(&RULE, path_node.map_or(source.span, |path| path.span), message)
                .with_help("correct the path")
                .with_related(first.span(), "the object"));
        };
        let options = source.get("options");
        let Some(delimiter) =
            options.and_then(|options| options.get("delimiter")).map(text).filter(|text| !text.is_empty())
        else {
            return Ok(value.clone());
        };
        let index = options.and_then(|options| options.get("index")).and_then(Node::as_i64).unwrap_or(0);
        let written = self.text(value).ok_or_else(|| not_a_scalar(value, source))?;
        let part = usize::try_from(index).ok().and_then(|index| written.split(delimiter).nth(index));
        if let Some(part) = part {
            return Ok(Node { span: value.span, value: retyped(value, part) });
        }
        let span = options.map_or(source.span, |options| options.span);
        let message = format!("the value of `{path}` has no part {index}");
        Err(Fault::new(&RULE, span, message)
            .with_help("parts are counted from 0")
            .with_related(value.span, "the value"))
    }

    /// A scalar as text.
    fn text(&self, value: &Owned) -> Option<String> {
        value.scalar_text().map(|_| self.build.files.written(value))
    }

    fn target(&mut self, resources: &mut Resources, target: &Owned, value: &Owned) -> Fallible<()> {
        let Some(select) = target.get("select") else {
            return Err(Fault::new(&RULE, target.span, "a target without `select`")
                .with_help("say which objects the value is copied to"));
        };
        let selector = Selector::read(select)?;
        let reject: Vec<Selector> = target
            .get("reject")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
            .map(Selector::read)
            .collect::<Fallible<_>>()?;
        let name = Node::string(NAME, target.span);
        let paths = target.get("fieldPaths").map(Node::items).filter(|paths| !paths.is_empty());
        let paths = paths.unwrap_or(std::slice::from_ref(&name));
        for resource in &mut resources.list {
            if !is_target(resource, &selector, &reject) {
                continue;
            }
            for path in paths {
                self.set += 1;
                if self.set > MAX_SET {
                    let message = format!("the replacements set more than {MAX_SET} fields");
                    return Err(Fault::new(&RULE, target.span, message).with_help("select fewer objects"));
                }
                self.copy(resource, path, value, target.get("options"))?;
                resource.spread_changes();
            }
        }
        Ok(())
    }

    fn copy(&mut self, resource: &mut Resource, path: &Owned, value: &Owned, options: Option<&Owned>) -> Fallible<()> {
        let steps = field_path::split(text(path));
        let creates = options.and_then(|options| options.get("create")).and_then(Node::as_bool) == Some(true);
        let new = self.text(value);
        if let Some(text) = &new
            && embedded::set(&mut resource.node, &steps, text, value.span)
        {
            return Ok(());
        }
        let create = creates.then_some(value);
        let mut fields = field_path::fields(&mut resource.node, &steps, create, path.span)?;
        if fields.is_empty() {
            let message = format!("{} has no `{}` to set", resource.id(), text(path));
            return Err(Fault::new(&RULE, path.span, message)
                .with_help("correct the path, or add `options: {create: true}`")
                .with_related(resource.span(), "the object"));
        }
        for field in &mut fields {
            self.set_field(field, value, new.as_deref(), options)?;
        }
        Ok(())
    }

    fn set_field(
        &self,
        step: &mut Step<'_>,
        value: &Owned,
        new: Option<&str>,
        options: Option<&Owned>,
    ) -> Fallible<()> {
        let option = |key: &str| options.and_then(|options| options.get(key));
        let field = &mut *step.node;
        let mut text = new.map(str::to_owned);
        if let Some(delimiter) = option("delimiter").map(self::text).filter(|delimiter| !delimiter.is_empty()) {
            let old = self.text(field).ok_or_else(|| not_a_scalar(field, value))?;
            let new = text.unwrap_or_default();
            let index = option("index").and_then(Node::as_i64).unwrap_or(0);
            let mut parts: Vec<&str> = old.split(delimiter).collect();
            match usize::try_from(index) {
                Err(_) => parts.insert(0, &new),
                Ok(index) => match parts.get_mut(index) {
                    Some(part) => *part = &new,
                    None => parts.push(&new),
                },
            }
            text = Some(parts.join(delimiter));
        }
        match (field.scalar_text().is_some(), text) {
            // A scalar keeps its type: `"8080"` becomes the number where there was one, and text where there was text.
            (true, Some(text)) => {
                let typed = if step.is_new { plain_scalar(Dialect::Kyaml, &text) } else { retyped(field, &text) };
                if !step.is_new && !same_type(&field.value, &typed) {
                    let message = format!("`{text}` is put where a {} is", field.type_name());
                    return Err(Fault::new(&RULE, field.span, message)
                        .with_help("write the old value in quotes to have it replaced by text")
                        .with_related(value.span, "the value"));
                }
                *field = Node { span: value.span, value: typed };
            }
            (true, None) => *field = Node { span: value.span, value: Value::String("".into()) },
            (false, text) => {
                *field = match text {
                    Some(text) if option("delimiter").is_some() => {
                        Node { span: value.span, value: retyped(value, &text) }
                    }
                    _ => value.clone(),
                };
            }
        }
        Ok(())
    }
}

fn is_target(resource: &Resource, selector: &Selector, reject: &[Selector]) -> bool {
    let now = Id { is_cluster_scoped: false, ..resource.id() };
    let any = |takes: &dyn Fn(&Id<'_>) -> bool| takes(&now) || resource.previous_ids().any(|id| takes(&id));
    selector.takes_metadata(resource)
        && !reject.iter().any(|reject| reject.names_metadata() && reject.takes_metadata(resource))
        && !reject.iter().any(|reject| reject.names_an_id() && any(&|id| reject.takes_id(id)))
        && any(&|id| selector.takes_id(id))
}

/// A text with the type of another scalar.
fn retyped(like: &Owned, text: &str) -> Value<'static> {
    match like.value {
        Value::String(_) => Value::String(text.to_owned().into()),
        Value::Float(_) => match plain_scalar(Dialect::Kyaml, text) {
            #[expect(clippy::cast_precision_loss, reason = "Go converts just so")]
            Value::Int(number) => Value::Float(number as f64),
            other => other,
        },
        _ => plain_scalar(Dialect::Kyaml, text),
    }
}

fn same_type(one: &Value<'_>, other: &Value<'_>) -> bool {
    let is_integer = |value: &Value<'_>| matches!(value, Value::Int(_) | Value::UInt(_));
    std::mem::discriminant(one) == std::mem::discriminant(other) || is_integer(one) && is_integer(other)
}

fn not_a_scalar(found: &Owned, asked: &Owned) -> Fault {
    let message = format!("a delimiter is for text, and this is an {}", found.type_name());
    Fault::new(&RULE, found.span, message).with_help("leave `delimiter` out").with_related(asked.span, "asked for here")
}
