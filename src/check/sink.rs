//! Where the checks of one object put what they find.
//!
//! In: a rule, a node of the object, and a message. Out: findings with place, pointer and object filled in. A check
//! never carries paths around: the place is found from the node's identity, and only a finding pays for that.

use crate::catalogue::{Rule, read, schema};
use crate::finding::{Finding, Place};
use crate::manifest::{Entry, Node, Object, Sources, Span, escape_pointer_step};
use crate::report::printable;
use crate::suggest::nearest;

/// More findings than these about one object are counted, not listed: nobody reads them all, and each costs a search of
/// the whole object for its place.
const MOST_FINDINGS: usize = 500;

/// Collects the findings of one object.
#[derive(Debug)]
pub struct Sink<'o, 's> {
    object: &'o Object<'s>,
    sources: &'o Sources,
    findings: Vec<Finding>,
    /// How many there are beyond those.
    more: usize,
    /// Takes what a check adds to a finding that is only counted.
    counted: Option<Finding>,
}

impl<'o, 's> Sink<'o, 's> {
    /// A sink for an object whose text is among the sources.
    #[must_use]
    pub fn new(object: &'o Object<'s>, sources: &'o Sources) -> Self {
        Self { object, sources, findings: Vec::new(), more: 0, counted: None }
    }

    /// A finding about a value, or about what a collection lacks: a scalar is pointed at itself, a collection by the key
    /// that holds it.
    ///
    /// `node` must be a node of the sink's object (the same one, not a copy).
    pub fn value(&mut self, rule: &'static Rule, node: &Node<'_>, message: impl Into<String>) -> &mut Finding {
        if self.is_full() {
            return self.count_one(rule);
        }
        let (pointer, entry) = self.object.node.locate(node).unwrap_or_default();
        let collection = !node.items().is_empty() || !node.entries().is_empty();
        let span = match entry {
            Some(entry) if collection => entry.key_span,
            _ if collection => first_line(node),
            _ => node.span,
        };
        self.push(rule, pointer, span, message.into())
    }

    /// A finding about a key: one that is unknown, or that must not stand beside another.
    pub fn key(&mut self, rule: &'static Rule, entry: &Entry<'_>, message: impl Into<String>) -> &mut Finding {
        if self.is_full() {
            return self.count_one(rule);
        }
        let (pointer, _) = self.object.node.locate(&entry.value).unwrap_or_default();
        self.push(rule, pointer, entry.key_span, message.into())
    }

    /// A finding about a field that an object lacks: the place is the object's, the pointer names the field.
    pub fn missing(&mut self, node: &Node<'_>, field: &str) -> &mut Finding {
        let finding = self.value(&schema::REQUIRED, node, format!("missing required field `{field}`"));
        finding.help = Some(format!("add `{field}`"));
        let parent = finding.pointer.take().unwrap_or_default();
        finding.pointer = Some(format!("{parent}/{}", escape_pointer_step(field)));
        finding
    }

    /// A finding about a string that is none of those allowed.
    pub fn none_of(&mut self, node: &Node<'_>, allowed: &[&str]) -> &mut Finding {
        let typed = node.as_str().unwrap_or_default();
        let listed = allowed.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let help = match nearest(typed, allowed.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("use one of {listed}"),
        };
        let finding = self.value(&schema::ENUM, node, format!("`{}` is none of {listed}", printable(typed)));
        finding.help = Some(help);
        finding
    }

    /// The place of a node, for a related note.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        self.sources.place(span)
    }

    /// Whether further findings are only counted.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.findings.len() >= MOST_FINDINGS
    }

    /// Counts findings that nobody put into words.
    pub fn count(&mut self, more: usize) {
        self.more += more;
    }

    /// What was found, in the order it was found, and how much more there is.
    #[must_use]
    pub fn into_findings(mut self) -> Vec<Finding> {
        if self.more > 0 {
            let message = format!("{} more findings in this object", self.more);
            let span = first_line(&self.object.node);
            self.push(&read::LIMIT, String::new(), span, message).help = Some("mend the others first".to_owned());
        }
        self.findings
    }

    fn count_one(&mut self, rule: &'static Rule) -> &mut Finding {
        self.more += 1;
        self.counted.insert(Finding::new(rule, Place::file(""), ""))
    }

    fn push(&mut self, rule: &'static Rule, pointer: String, span: Span, message: String) -> &mut Finding {
        let mut finding = Finding::new(rule, self.sources.place(span), message);
        finding.pointer = Some(pointer);
        finding.object = Some(self.object.reference());
        self.findings.push(finding);
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }
}

/// The first key or item of a collection that no key holds: an item of a list, or the document itself.
fn first_line(node: &Node<'_>) -> Span {
    match (node.entries().first(), node.items().first()) {
        (Some(entry), _) => entry.key_span,
        (None, Some(item)) => item.span,
        (None, None) => node.span,
    }
}
