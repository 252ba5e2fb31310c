//! Builds the tree of a YAML document: keys, merges, anchors, and the budgets that keep all of it small.
//!
//! In: starts and ends of collections, scalars and aliases, in the order written. Out: a node, or what is wrong. It
//! never looks at YAML's syntax.

use std::borrow::Cow;
use std::collections::HashSet;

use super::duplicates::{self, MAX_TOLD};
use super::kyaml::Dialect;
use super::node::{Entry, FileId, Mapping, Node, Span, Value};
use super::problem::{Problem, narrow};
use super::scalar::{NotAKey, key_text};
use crate::catalogue::read;

/// How deep collections may nest.
pub(super) const MAX_DEPTH: usize = 256;

/// How many values the aliases of one document may stand for.
const MAX_ALIASED_NODES: usize = 1_000_000;

/// How many bytes of text, apart from what borrows from the file, the aliases of one document may stand for.
const MAX_ALIASED_BYTES: usize = 64 << 20;

/// How many values a document may hold.
pub(super) const MAX_NODES: usize = 16_000_000;

/// A range of bytes of the file.
pub(super) type Bytes = (usize, usize);

/// A document under construction.
pub(super) struct Tree<'s> {
    dialect: Dialect,
    file: FileId,
    stack: Vec<Frame<'s>>,
    root: Option<Node<'s>>,
    anchors: Anchors<'s>,
    nodes: usize,
    problems: Vec<Problem>,
    duplicates: usize,
}

struct Frame<'s> {
    start: usize,
    end: usize,
    anchor: usize,
    content: Open<'s>,
}

enum Open<'s> {
    Sequence(Vec<Node<'s>>),
    Mapping(OpenMapping<'s>),
}

#[derive(Default)]
struct OpenMapping<'s> {
    entries: Mapping<'s>,
    key: Option<Key<'s>>,
    /// Up to which entry each `<<` brought them in, from which on, and where it stands.
    merges: Vec<(usize, usize, Span)>,
}

enum Key<'s> {
    Text(Cow<'s, str>, Span),
    Merge(Span),
}

/// Where a node comes from, as far as keys and merges care.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is written here.
    Written,
    /// It is written here as `<<`, which merges when it is a key.
    Merge,
    /// It is a copy that an alias stands for.
    Alias,
}

/// What an empty value belongs to: an item of a sequence, or a key.
pub(super) enum Holder {
    /// The sequence's last byte of content so far.
    Sequence(usize),
    /// One past the key.
    Key(usize),
    /// A mapping that expects a key, or the document.
    Other,
}

impl<'s> Tree<'s> {
    /// An empty document of a file. Without aliases in it, anchors need no copies.
    pub(super) fn new(dialect: Dialect, file: FileId, has_aliases: bool) -> Self {
        Self {
            dialect,
            file,
            stack: Vec::new(),
            root: None,
            anchors: Anchors::new(has_aliases),
            nodes: 0,
            problems: Vec::new(),
            duplicates: 0,
        }
    }

    /// What the next node belongs to.
    pub(super) fn holder(&self) -> Holder {
        match self.stack.last() {
            Some(Frame { end, content: Open::Sequence(_), .. }) => Holder::Sequence(*end),
            Some(Frame { content: Open::Mapping(mapping), .. }) => match &mapping.key {
                Some(Key::Text(_, span) | Key::Merge(span)) => Holder::Key(span.end as usize),
                None => Holder::Other,
            },
            None => Holder::Other,
        }
    }

    /// Whether the next node is a key, and then whether it is one of the document's top level.
    pub(super) fn expects_key(&self) -> Option<bool> {
        match self.stack.last() {
            Some(Frame { content: Open::Mapping(OpenMapping { key: None, .. }), .. }) => Some(self.stack.len() == 1),
            _ => None,
        }
    }

    /// Where the innermost open collection starts.
    pub(super) fn innermost_start(&self) -> Option<usize> {
        self.stack.last().map(|frame| frame.start)
    }

    /// A sequence starts. `anchor` is 0 for none.
    pub(super) fn open_sequence(&mut self, start: usize, anchor: usize) -> Result<(), Problem> {
        self.open(start, anchor, Open::Sequence(Vec::new()))
    }

    /// A mapping starts.
    pub(super) fn open_mapping(&mut self, start: usize, anchor: usize) -> Result<(), Problem> {
        self.open(start, anchor, Open::Mapping(OpenMapping::default()))
    }

    fn open(&mut self, start: usize, anchor: usize, content: Open<'s>) -> Result<(), Problem> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(too_deep((start, start + 1)));
        }
        self.anchors.declare(anchor);
        self.stack.push(Frame { start, end: start, anchor, content });
        Ok(())
    }

    /// The innermost collection ends: at the given offset, or with its last content.
    pub(super) fn close(&mut self, end: Option<usize>) -> Result<(), Problem> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let span = self.span((frame.start, end.unwrap_or(frame.end)));
        let value = match frame.content {
            Open::Sequence(items) => Value::Sequence(items),
            Open::Mapping(mut mapping) => {
                match self.dialect {
                    Dialect::Kubernetes => {}
                    Dialect::Lenient => mapping.keep_last(),
                    Dialect::Kyaml => mapping.override_merged()?,
                }
                self.report_duplicates(&mapping);
                Value::Mapping(mapping.entries)
            }
        };
        self.place(Node { span, value }, frame.anchor, Origin::Written)
    }

    /// A scalar.
    pub(super) fn scalar(&mut self, value: Value<'s>, at: Bytes, anchor: usize, origin: Origin) -> Result<(), Problem> {
        let node = Node { span: self.span(at), value };
        self.anchors.declare(anchor);
        self.place(node, anchor, origin)
    }

    /// An alias of an anchor.
    pub(super) fn alias(&mut self, anchor: usize, at: Bytes) -> Result<(), Problem> {
        let depth = self.stack.len();
        let mut node = self.anchors.copy(anchor, at, depth)?;
        node.span = self.span(at);
        self.place(node, 0, Origin::Alias)
    }

    /// The document, or everything that is wrong with it.
    pub(super) fn finish(mut self, last: Option<Problem>) -> Result<Option<Node<'s>>, Vec<Problem>> {
        duplicates::tell_rest(&mut self.problems, self.duplicates);
        self.problems.extend(last);
        if self.problems.is_empty() { Ok(self.root) } else { Err(self.problems) }
    }

    fn span(&self, (start, end): Bytes) -> Span {
        Span { file: self.file, start: narrow(start), end: narrow(end) }
    }

    fn place(&mut self, node: Node<'s>, anchor: usize, origin: Origin) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(too_many(bytes(node.span)));
        }
        self.anchors.define(anchor, &node)?;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(finite(node)?);
            return Ok(());
        };
        frame.end = frame.end.max(node.span.end as usize);
        match &mut frame.content {
            Open::Sequence(items) => items.push(finite(node)?),
            Open::Mapping(mapping) => match mapping.key.take() {
                None if origin == Origin::Merge => mapping.key = Some(Key::Merge(node.span)),
                None if self.dialect == Dialect::Kyaml => {
                    let Value::String(key) = node.value else { return Err(not_a_name(bytes(node.span))) };
                    mapping.key = Some(Key::Text(key, node.span));
                }
                None => mapping.key = Some(Key::Text(key(node.value, node.span)?, node.span)),
                Some(Key::Text(key, key_span)) => mapping.entries.push(Entry { key, key_span, value: finite(node)? }),
                Some(Key::Merge(_)) => mapping.merge(node, origin)?,
            },
        }
        Ok(())
    }

    fn report_duplicates(&mut self, mapping: &OpenMapping<'s>) {
        let pairs = duplicates::pairs(&mapping.entries);
        self.duplicates += pairs.len();
        let room = MAX_TOLD.saturating_sub(self.problems.len());
        self.problems
            .extend(pairs.into_iter().take(room).filter_map(|(first, second)| mapping.duplicate(first, second)));
    }
}

impl<'s> OpenMapping<'s> {
    /// Drops every entry whose key stands once more behind it.
    fn keep_last(&mut self) {
        let pairs = duplicates::pairs(&self.entries);
        if pairs.is_empty() {
            return;
        }
        let mut known = HashSet::new();
        let mut kept: Mapping<'s> = std::mem::take(&mut self.entries);
        kept.reverse();
        kept.retain(|entry| known.insert(entry.key.clone()));
        kept.reverse();
        self.entries = kept;
        self.merges.clear();
    }

    /// Takes in what a `<<` stands for: a mapping, or a sequence of them that is written right there.
    fn merge(&mut self, node: Node<'s>, origin: Origin) -> Result<(), Problem> {
        let from = self.entries.len();
        let span = node.span;
        match node.value {
            Value::Mapping(entries) => self.entries.extend(entries),
            Value::Sequence(items) if origin == Origin::Written => {
                for item in items {
                    let Value::Mapping(entries) = item.value else { return Err(not_mergeable(item.span)) };
                    self.entries.extend(entries);
                }
            }
            _ => return Err(not_mergeable(span)),
        }
        self.merges.push((self.entries.len(), from, span));
        Ok(())
    }

    /// Lets what is written win over what is merged, and of the merged the first, as kustomize does. A `<<` in quotes,
    /// which merges nothing, it loses.
    fn override_merged(&mut self) -> Result<(), Problem> {
        if let [_, (.., second), ..] = self.merges.as_slice() {
            return Err(Problem::new(&read::SYNTAX, bytes(*second), "a second `<<` cannot merge into this mapping"));
        }
        let Some((until, from, _)) = self.merges.pop() else {
            self.entries.retain(|entry| entry.key != "<<");
            return Ok(());
        };
        let entries = std::mem::take(&mut self.entries);
        let is_merged = |index: usize| (from..until).contains(&index);
        let written = entries.iter().enumerate().filter(|(index, _)| !is_merged(*index));
        let mut taken: HashSet<Cow<'s, str>> = written.map(|(_, entry)| entry.key.clone()).collect();
        let wins = |(index, entry): &(usize, Entry<'s>)| {
            entry.key != "<<" && (!is_merged(*index) || taken.insert(entry.key.clone()))
        };
        self.entries = entries.into_iter().enumerate().filter(wins).map(|(_, entry)| entry).collect();
        Ok(())
    }

    /// Where the `<<` stands that brought in an entry.
    fn merged_at(&self, index: usize) -> Option<Span> {
        let (_, from, span) = self.merges.get(self.merges.partition_point(|(until, ..)| *until <= index))?;
        (*from <= index).then_some(*span)
    }

    /// What to say about two entries of the same key.
    fn duplicate(&self, first: usize, second: usize) -> Option<Problem> {
        let (earlier, later) = (self.entries.get(first)?, self.entries.get(second)?);
        Some(match (self.merged_at(first), self.merged_at(second)) {
            (None, None) => duplicates::written_twice(earlier, later),
            (None, Some(_)) => duplicates::written_and_merged(earlier, later),
            (Some(_), None) => duplicates::written_and_merged(later, earlier),
            (Some(_), Some(merge)) => duplicates::merged_twice(earlier, later, merge),
        })
    }
}

/// The values that anchors name, as far as they are complete.
struct Anchors<'s> {
    wanted: bool,
    values: Vec<Option<Anchored<'s>>>,
    budget: Budget,
}

struct Anchored<'s> {
    node: Node<'s>,
    size: Size,
}

impl<'s> Anchors<'s> {
    fn new(wanted: bool) -> Self {
        Self { wanted, values: Vec::new(), budget: Budget::default() }
    }

    /// An anchor is written; its value is still to come.
    fn declare(&mut self, anchor: usize) {
        if anchor > 0 && self.wanted && self.values.len() < anchor {
            self.values.resize_with(anchor, || None);
        }
    }

    fn define(&mut self, anchor: usize, node: &Node<'s>) -> Result<(), Problem> {
        if anchor == 0 || !self.wanted {
            return Ok(());
        }
        let size = Size::of(node);
        self.budget.spend(size, bytes(node.span))?;
        if let Some(value) = self.values.get_mut(anchor - 1) {
            *value = Some(Anchored { node: node.clone(), size });
        }
        Ok(())
    }

    fn copy(&mut self, anchor: usize, at: Bytes, depth: usize) -> Result<Node<'s>, Problem> {
        let complete = anchor.checked_sub(1).and_then(|index| self.values.get(index)?.as_ref());
        let Some(Anchored { node, size }) = complete else {
            return Err(Problem::new(&read::SYNTAX, at, "this alias stands inside the value of its own anchor"));
        };
        if depth + size.depth > MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.budget.spend(*size, at)?;
        Ok(node.clone())
    }
}

/// What copies of anchored values have cost so far.
#[derive(Default)]
struct Budget {
    nodes: usize,
    bytes: usize,
}

impl Budget {
    fn spend(&mut self, size: Size, at: Bytes) -> Result<(), Problem> {
        self.nodes += size.nodes;
        self.bytes += size.bytes;
        if self.nodes > MAX_ALIASED_NODES || self.bytes > MAX_ALIASED_BYTES {
            let limit = format!("{MAX_ALIASED_NODES} values or {} MiB of text", MAX_ALIASED_BYTES >> 20);
            let message = format!("the anchors and aliases of this document stand for more than {limit}");
            return Err(Problem::new(&read::LIMIT, at, message));
        }
        Ok(())
    }
}

/// What a copy of a node costs.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

impl Size {
    fn of(node: &Node<'_>) -> Self {
        let mut size = Self { nodes: 1, ..Self::default() };
        match &node.value {
            Value::String(Cow::Owned(text)) => size.bytes = text.len(),
            Value::Sequence(items) => items.iter().for_each(|item| size.add(item)),
            Value::Mapping(entries) => entries.iter().for_each(|entry| {
                if let Cow::Owned(key) = &entry.key {
                    size.bytes += key.len();
                }
                size.add(&entry.value);
            }),
            _ => {}
        }
        size.depth += usize::from(matches!(node.value, Value::Sequence(_) | Value::Mapping(_)));
        size
    }

    fn add(&mut self, child: &Node<'_>) {
        let child = Self::of(child);
        self.nodes += child.nodes;
        self.bytes += child.bytes;
        self.depth = self.depth.max(child.depth);
    }
}

fn bytes(span: Span) -> Bytes {
    (span.start as usize, span.end as usize)
}

/// A value that JSON has a number for, or no number at all.
fn finite(node: Node<'_>) -> Result<Node<'_>, Problem> {
    match node.value {
        Value::Float(number) if !number.is_finite() => {
            let message = "infinity and not-a-number do not exist in JSON, and so not in Kubernetes";
            Err(Problem::new(&read::SYNTAX, bytes(node.span), message)
                .with_help("put quotes around it if it is a text"))
        }
        _ => Ok(node),
    }
}

fn key(value: Value<'_>, span: Span) -> Result<Cow<'_, str>, Problem> {
    key_text(value).map_err(|reason| {
        let (message, help) = match reason {
            NotAKey::Null => return null_key(bytes(span)),
            NotAKey::TooLarge => ("a key must not be an integer above 9223372036854775807", "put quotes around it"),
            NotAKey::Collection => {
                ("a key must not be a mapping or a sequence", "put quotes around it if it is a text")
            }
        };
        Problem::new(&read::SYNTAX, bytes(span), message).with_help(help)
    })
}

/// The problem of a key that is null, whoever reads it.
pub(super) fn null_key(at: Bytes) -> Problem {
    Problem::new(&read::SYNTAX, at, "a key must not be null").with_help("put quotes around it if it is a text")
}

/// The problem of a key that kustomize does not take.
pub(super) fn not_a_name(at: Bytes) -> Problem {
    Problem::new(&read::SYNTAX, at, "kustomize takes no key that is anything but a string")
        .with_help("put quotes around the key")
}

fn not_mergeable(span: Span) -> Problem {
    Problem::new(&read::SYNTAX, bytes(span), "`<<` merges only a mapping, or a sequence of mappings")
}

/// The problem of the first value over [`MAX_NODES`].
pub(super) fn too_many(at: Bytes) -> Problem {
    Problem::new(&read::LIMIT, at, format!("the document holds more than {MAX_NODES} values"))
}

/// The problem of a collection below [`MAX_DEPTH`] others.
pub(super) fn too_deep(at: Bytes) -> Problem {
    Problem::new(&read::LIMIT, at, format!("collections are nested deeper than {MAX_DEPTH} levels"))
}
