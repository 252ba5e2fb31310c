//! What stops a rendering: one thing that is wrong, at the place where it is written.
//!
//! In: spans of nodes. Out: a finding, once the files are at hand to turn a span into lines. It never decides what goes on:
//! a rendering ends with its first fault, and other trees are not concerned.

use super::Files;
use crate::catalogue::Rule;
use crate::finding::{Finding, Place};
use crate::manifest::Span;

/// Why a tree cannot be rendered.
#[derive(Debug)]
pub struct Fault(Box<Content>);

#[derive(Debug)]
enum Content {
    /// Known by its span.
    Written {
        rule: &'static Rule,
        span: Option<Span>,
        message: String,
        help: Option<String>,
        related: Vec<(Span, String)>,
    },
    /// Found while a file was read.
    Read(Box<Finding>),
}

/// What a step of a rendering gives.
pub(super) type Fallible<T> = Result<T, Fault>;

impl Fault {
    /// A fault at a span.
    pub(super) fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        Self(Box::new(Content::Written {
            rule,
            span: Some(span),
            message: message.into(),
            help: None,
            related: Vec::new(),
        }))
    }

    /// A fault of the whole tree.
    pub(super) fn nowhere(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self(Box::new(Content::Written { rule, span: None, message: message.into(), help: None, related: Vec::new() }))
    }

    /// What reading a file found.
    pub(super) fn read(finding: Box<Finding>) -> Self {
        Self(Box::new(Content::Read(finding)))
    }

    /// Adds the smallest edit that mends it.
    #[must_use]
    pub(super) fn with_help(mut self, text: impl Into<String>) -> Self {
        match self.0.as_mut() {
            Content::Written { help, .. } => *help = Some(text.into()),
            Content::Read(finding) => finding.help = Some(text.into()),
        }
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub(super) fn with_related(mut self, span: Span, text: impl Into<String>) -> Self {
        if let Content::Written { related, .. } = self.0.as_mut() {
            related.push((span, text.into()));
        }
        self
    }

    /// Says where, for a fault that does not know it.
    #[must_use]
    pub(super) fn at(mut self, place: Span) -> Self {
        if let Content::Written { span: span @ None, .. } = self.0.as_mut() {
            *span = Some(place);
        }
        self
    }

    /// Whether it is one of a rule's.
    pub(super) fn is_of(&self, rule: &Rule) -> bool {
        match self.0.as_ref() {
            Content::Written { rule: own, .. } => own.id == rule.id,
            Content::Read(finding) => finding.rule == rule.id,
        }
    }

    /// The finding of a fault in a tree whose own file is `path`.
    #[must_use]
    pub fn into_finding(self, files: &Files<'_>, path: &str) -> Finding {
        match *self.0 {
            Content::Read(finding) => *finding,
            Content::Written { rule, span, message, help, related } => {
                let place = span.map_or_else(|| Place::file(path), |span| files.place(span));
                let mut finding = Finding::new(rule, place, message);
                finding.help = help;
                for (span, text) in related {
                    finding = finding.with_related(files.place(span), text);
                }
                finding
            }
        }
    }
}
