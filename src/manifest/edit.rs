//! Changing nodes: what rendering does to them.
//!
//! In: a node and what to put into it. Out: the node, with every value that was not touched at its old place. It never
//! makes up a place: what is put in brings its own.

use std::borrow::Cow;

use super::node::{Entry, Mapping, Node, Span, Value};

impl<'s> Node<'s> {
    /// A string that was written at `span`.
    #[must_use]
    pub fn string(text: impl Into<Cow<'s, str>>, span: Span) -> Self {
        Self { span, value: Value::String(text.into()) }
    }

    /// An empty mapping.
    #[must_use]
    pub fn mapping(span: Span) -> Self {
        Self { span, value: Value::Mapping(Vec::new()) }
    }

    /// The value of a key, when this is a mapping that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node<'s>> {
        self.entries_mut()?.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    /// The value behind a chain of keys.
    pub fn path_mut(&mut self, keys: &[&str]) -> Option<&mut Node<'s>> {
        keys.iter().try_fold(self, |node, key| node.get_mut(key))
    }

    /// The entries, when this is a mapping.
    pub fn entries_mut(&mut self) -> Option<&mut Mapping<'s>> {
        match &mut self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, when this is a sequence.
    pub fn items_mut(&mut self) -> Option<&mut Vec<Node<'s>>> {
        match &mut self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// Sets a key of a mapping; a new key has the place of its value. Anything but a mapping is left as it is.
    pub fn set(&mut self, key: impl Into<Cow<'s, str>>, value: Node<'s>) {
        let Value::Mapping(entries) = &mut self.value else { return };
        let key = key.into();
        match entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => entries.push(Entry { key, key_span: value.span, value }),
        }
    }

    /// Takes a key out of a mapping.
    pub fn remove(&mut self, key: &str) -> Option<Entry<'s>> {
        let entries = self.entries_mut()?;
        let index = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(index))
    }

    /// The value of a key of a mapping; if it is not there, or null, an empty mapping is put there first. None for
    /// anything but a mapping.
    pub fn mapping_at(&mut self, key: &'static str, span: Span) -> Option<&mut Node<'s>> {
        let entries = self.entries_mut()?;
        let known = entries.iter().position(|entry| entry.key == key);
        let index = known.unwrap_or_else(|| {
            entries.push(Entry { key: Cow::Borrowed(key), key_span: span, value: Node::mapping(span) });
            entries.len() - 1
        });
        let value = &mut entries.get_mut(index)?.value;
        if value.is_null() {
            *value = Node::mapping(value.span);
        }
        Some(value)
    }

    /// Whether this is null, or a mapping or sequence without content.
    #[must_use]
    pub fn is_null_or_empty(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Sequence(items) => items.is_empty(),
            Value::Mapping(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// A scalar as text; none for collections. Null is the empty text.
    #[must_use]
    pub fn scalar_text(&self) -> Option<Cow<'_, str>> {
        Some(match &self.value {
            Value::Null => Cow::Borrowed(""),
            Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Value::Int(number) => Cow::Owned(number.to_string()),
            Value::UInt(number) => Cow::Owned(number.to_string()),
            Value::Float(number) => Cow::Owned(super::number::json_float(*number)),
            Value::String(text) => Cow::Borrowed(text),
            Value::Sequence(_) | Value::Mapping(_) => return None,
        })
    }
}
