//! The one value type: a YAML or JSON value that still knows the file and the bytes it was written at.
//!
//! In: what the readers build from text. Out: a tree that is validated as it is, moved and merged by rendering, and
//! reported from. It never owns its text where it can borrow it, and never loses a place: a copy of a node keeps the
//! span of the line that a person wrote.

use std::borrow::Cow;

/// A file of the current run, as an index into [`super::Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file that the bytes belong to.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value and where it was written.
///
/// Equality and order of nodes are deliberately not defined: two nodes may hold the same value and different places.
#[derive(Debug, Clone)]
pub struct Node<'s> {
    /// Where the value stands; for a collection, from its first to its last byte of content.
    pub span: Span,
    /// The value.
    pub value: Value<'s>,
}

/// What JSON knows, with integers apart from floats as Kubernetes keeps them.
#[derive(Debug, Clone)]
pub enum Value<'s> {
    /// `null`, `~`, or nothing at all.
    Null,
    /// A boolean, in any of YAML 1.1's spellings.
    Bool(bool),
    /// An integer in the range of `i64`.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// A number with a fraction, an exponent, or beyond 64 bits. Always finite.
    Float(f64),
    /// A string.
    String(Cow<'s, str>),
    /// A sequence.
    Sequence(Vec<Node<'s>>),
    /// A mapping, in the order written. No key occurs twice.
    Mapping(Mapping<'s>),
}

/// The entries of a mapping, in the order written.
pub type Mapping<'s> = Vec<Entry<'s>>;

/// A key of a mapping with its value.
#[derive(Debug, Clone)]
pub struct Entry<'s> {
    /// The key as JSON will have it: `yes:` is the key `true`, `0x10:` the key `16`.
    pub key: Cow<'s, str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value behind it.
    pub value: Node<'s>,
}

impl<'s> Node<'s> {
    /// The value of a key, when this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'s>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, when this is a mapping that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry<'s>> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of a key, where `null` counts as absent, as the API server's decoders read built-in types.
    #[must_use]
    pub fn present(&self, key: &str) -> Option<&Node<'s>> {
        self.get(key).filter(|node| !node.is_null())
    }

    /// The value behind a chain of keys, where `null` counts as absent.
    #[must_use]
    pub fn path(&self, keys: &[&str]) -> Option<&Node<'s>> {
        keys.iter().try_fold(self, |node, key| node.present(key))
    }

    /// The entries of a mapping; none for any other value.
    #[must_use]
    pub fn entries(&self) -> &[Entry<'s>] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; none for any other value.
    #[must_use]
    pub fn items(&self) -> &[Node<'s>] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The string, when this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, when this is one in the range of `i64`; `3.0` is the integer 3, as for the API server.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Int(number) => Some(*number),
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked just before")]
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e18 => Some(*number as i64),
            _ => None,
        }
    }

    /// The boolean, when this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether this is a mapping.
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// The JSON name of the value's type, as messages use it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) | Value::UInt(_) => "integer",
            Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::Sequence(_) => "array",
            Value::Mapping(_) => "object",
        }
    }

    /// The node that a JSON pointer (RFC 6901) names.
    #[must_use]
    pub fn at_pointer(&self, pointer: &str) -> Option<&Node<'s>> {
        pointer.split('/').skip(1).try_fold(self, |node, step| {
            let step = step.replace("~1", "/").replace("~0", "~");
            match &node.value {
                Value::Mapping(_) => node.get(&step),
                Value::Sequence(items) => items.get(step.parse::<usize>().ok()?),
                _ => None,
            }
        })
    }

    /// Where `target`, a node of this very tree, hangs: its JSON pointer and, if it is the value of a key, that entry.
    ///
    /// Found by identity, by a search of the whole tree: checks hand nodes around without carrying paths, and only a
    /// finding pays for one.
    #[must_use]
    pub fn locate(&self, target: &Node<'_>) -> Option<(String, Option<&Entry<'s>>)> {
        let mut steps = Vec::new();
        let entry = self.descend_to(target, &mut steps)?.entry;
        steps.reverse();
        let mut pointer = String::new();
        for step in steps {
            pointer.push('/');
            pointer.push_str(&escape_pointer_step(&step));
        }
        Some((pointer, entry))
    }

    fn descend_to(&self, target: &Node<'_>, steps: &mut Vec<String>) -> Option<Located<'_, 's>> {
        if std::ptr::addr_eq(std::ptr::from_ref(self), std::ptr::from_ref(target)) {
            return Some(Located { entry: None });
        }
        match &self.value {
            Value::Sequence(items) => items.iter().enumerate().find_map(|(index, item)| {
                let found = item.descend_to(target, steps)?;
                steps.push(index.to_string());
                Some(found)
            }),
            Value::Mapping(entries) => entries.iter().find_map(|entry| {
                let found = entry.value.descend_to(target, steps)?;
                let held = if steps.is_empty() { Located { entry: Some(entry) } } else { found };
                steps.push(entry.key.to_string());
                Some(held)
            }),
            _ => None,
        }
    }
}

impl Node<'_> {
    /// The same node with text of its own, which outlives the file's.
    #[must_use]
    pub fn into_owned(self) -> Node<'static> {
        let value = match self.value {
            Value::Null => Value::Null,
            Value::Bool(flag) => Value::Bool(flag),
            Value::Int(number) => Value::Int(number),
            Value::UInt(number) => Value::UInt(number),
            Value::Float(number) => Value::Float(number),
            Value::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Value::Sequence(items) => Value::Sequence(items.into_iter().map(Node::into_owned).collect()),
            Value::Mapping(entries) => Value::Mapping(entries.into_iter().map(Entry::into_owned).collect()),
        };
        Node { span: self.span, value }
    }
}

impl Entry<'_> {
    /// The same entry with text of its own.
    #[must_use]
    pub fn into_owned(self) -> Entry<'static> {
        Entry { key: Cow::Owned(self.key.into_owned()), key_span: self.key_span, value: self.value.into_owned() }
    }
}

/// A node that was found in a tree.
struct Located<'n, 's> {
    /// The entry that it is the value of; none for an item of a sequence, and for the root.
    entry: Option<&'n Entry<'s>>,
}

/// A step of a JSON pointer with `~` and `/` escaped (RFC 6901).
#[must_use]
pub fn escape_pointer_step(step: &str) -> Cow<'_, str> {
    if step.contains(['~', '/']) { Cow::Owned(step.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(step) }
}
