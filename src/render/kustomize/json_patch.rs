//! JSON patches (RFC 6902), as kustomize's library applies them.
//!
//! In: the operations of a patch, and an object. Out: the object. Values keep the places of where they were written: in
//! the object or in the patch.

use crate::catalogue::render::PATCH;
use crate::manifest::{Entry, Node, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// Applies the operations of a patch, a list, one after the other.
pub(super) fn apply(object: &mut Owned, operations: &Owned) -> Fallible<()> {
    operations.items().iter().try_for_each(|operation| Operation { operation }.apply(object))
}

/// Whether a value is a list of operations.
pub(super) fn is_patch(node: &Node<'_>) -> bool {
    matches!(&node.value, Value::Sequence(items) if !items.is_empty() && items.iter().all(Node::is_mapping))
}

struct Operation<'o> {
    operation: &'o Owned,
}

impl Operation<'_> {
    fn apply(&self, object: &mut Owned) -> Fallible<()> {
        match self.text("op")? {
            "add" => self.add(object, "path", self.value()),
            "remove" => self.take(object, "path").map(drop),
            "replace" => self.replace(object),
            "move" => {
                let value = self.take(object, "from")?;
                self.add(object, "path", value)
            }
            "copy" => {
                let null = || Node { span: self.operation.span, value: Value::Null };
                let value = self.find(object, "from")?.cloned().unwrap_or_else(null);
                self.add(object, "path", value)
            }
            "test" => self.test(object),
            other => {
                let span = self.operation.get("op").map_or(self.operation.span, |op| op.span);
                let message = format!("`{other}` is not an operation of a JSON patch");
                let help = "write `add`, `remove`, `replace`, `move`, `copy` or `test`";
                Err(Fault::new(&PATCH, span, message).with_help(help))
            }
        }
    }

    fn text(&self, key: &str) -> Fallible<&str> {
        self.operation.get(key).and_then(Node::as_str).ok_or_else(|| {
            let message = format!("an operation of a JSON patch without `{key}`");
            Fault::new(&PATCH, self.operation.span, message).with_help(format!("add `{key}`"))
        })
    }

    fn value(&self) -> Owned {
        let null = || Node { span: self.operation.span, value: Value::Null };
        self.operation.get("value").cloned().unwrap_or_else(null)
    }

    /// A pointer's steps up to the last, and the last.
    fn steps(&self, key: &str) -> Fallible<(Vec<String>, String)> {
        let pointer = self.text(key)?;
        let unescaped = |step: &str| step.replace("~1", "/").replace("~0", "~");
        let mut steps: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
        match steps.pop().filter(|_| pointer.starts_with('/')) {
            Some(last) => Ok((steps, last)),
            None => Err(self
                .fault(key, format!("`{pointer}` is not a JSON pointer into the object"))
                .with_help("write it as `/spec/replicas`")),
        }
    }

    fn fault(&self, key: &str, message: String) -> Fault {
        let span = self.operation.get(key).map_or(self.operation.span, |path| path.span);
        Fault::new(&PATCH, span, message)
    }

    fn missing(&self, key: &str) -> Fault {
        let pointer = self.text(key).unwrap_or_default();
        self.fault(key, format!("there is nothing at `{pointer}` in the object"))
            .with_help("correct the path; `add` makes its last part, but none before it")
    }

    fn parent<'n>(&self, object: &'n mut Owned, key: &str, steps: &[String]) -> Fallible<&'n mut Owned> {
        steps.iter().try_fold(object, |node, step| step_into(node, step)).ok_or_else(|| self.missing(key))
    }

    /// The value at a pointer. Upstream does not mind a field that an object lacks, but an item that a list lacks.
    fn find<'n>(&self, object: &'n Owned, key: &str) -> Fallible<Option<&'n Owned>> {
        let (steps, last) = self.steps(key)?;
        let parent = steps.iter().try_fold(object, |node, step| step_to(node, step));
        match parent.map(|parent| (parent, &parent.value)) {
            Some((parent, Value::Mapping(_))) => Ok(parent.get(&last)),
            Some((parent, Value::Sequence(_))) => step_to(parent, &last).map(Some).ok_or_else(|| self.missing(key)),
            _ => Err(self.missing(key)),
        }
    }

    fn add(&self, object: &mut Owned, key: &str, value: Owned) -> Fallible<()> {
        let (steps, last) = self.steps(key)?;
        let parent = self.parent(object, key, &steps)?;
        let key_span = self.operation.get(key).map_or(value.span, |path| path.span);
        match &mut parent.value {
            Value::Mapping(entries) => {
                match entries.iter_mut().find(|entry| entry.key == last) {
                    Some(entry) => entry.value = value,
                    None => entries.push(Entry { key: last.into(), key_span, value }),
                }
                Ok(())
            }
            Value::Sequence(items) => {
                let length = items.len();
                let index = if last == "-" { Some(length) } else { index(&last, length + 1) };
                match index.filter(|index| *index <= length) {
                    Some(index) => items.insert(index, value),
                    None => return Err(self.missing(key)),
                }
                Ok(())
            }
            _ => Err(self.missing(key)),
        }
    }

    fn take(&self, object: &mut Owned, key: &str) -> Fallible<Owned> {
        let (steps, last) = self.steps(key)?;
        let parent = self.parent(object, key, &steps)?;
        let taken = match &mut parent.value {
            Value::Sequence(items) => {
                index(&last, items.len()).filter(|at| *at < items.len()).map(|at| items.remove(at))
            }
            _ => parent.remove(&last).map(|entry| entry.value),
        };
        taken.ok_or_else(|| self.missing(key))
    }

    fn replace(&self, object: &mut Owned) -> Fallible<()> {
        self.find(object, "path")?;
        let (steps, last) = self.steps("path")?;
        let parent = self.parent(object, "path", &steps)?;
        if let Some(value) = step_into(parent, &last) {
            *value = self.value();
            return Ok(());
        }
        // As upstream has it, what an object lacks is added
        self.add(object, "path", self.value())
    }

    fn test(&self, object: &Owned) -> Fallible<()> {
        let wanted = self.value();
        let found = self.find(object, "path")?;
        if found.map_or(wanted.is_null(), |found| is_equal(found, &wanted)) {
            return Ok(());
        }
        let fault = self.fault("path", format!("the test of `{}` does not hold", self.text("path")?));
        Err(found.into_iter().fold(fault, |fault, found| fault.with_related(found.span, "the value in the object")))
    }
}

/// The item or value that a step names.
fn step_to<'n>(node: &'n Owned, step: &str) -> Option<&'n Owned> {
    match &node.value {
        Value::Sequence(items) => items.get(index(step, items.len())?),
        _ => node.get(step),
    }
}

/// The same, to be changed.
fn step_into<'n>(node: &'n mut Owned, step: &str) -> Option<&'n mut Owned> {
    match &node.value {
        Value::Sequence(items) => {
            let index = index(step, items.len())?;
            node.items_mut()?.get_mut(index)
        }
        _ => node.get_mut(step),
    }
}

/// The index that a step names; from the end when it is negative.
fn index(step: &str, length: usize) -> Option<usize> {
    let number: i64 = step.parse().ok()?;
    let at = if number < 0 { i64::try_from(length).ok()? + number } else { number };
    usize::try_from(at).ok()
}

fn is_equal(one: &Node<'_>, other: &Node<'_>) -> bool {
    match (&one.value, &other.value) {
        (Value::Mapping(left), Value::Mapping(right)) => {
            left.len() == right.len()
                && left.iter().all(|entry| other.get(&entry.key).is_some_and(|value| is_equal(&entry.value, value)))
        }
        (Value::Sequence(left), Value::Sequence(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_equal(left, right))
        }
        _ => {
            one.type_name() == other.type_name()
                && one.scalar_text().is_some_and(|text| other.scalar_text().is_some_and(|other| text == other))
        }
    }
}
