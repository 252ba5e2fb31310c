//! What is wrong with a document, before lines and columns are known.
//!
//! In: byte offsets of the file. Out: findings.

use std::borrow::Cow;

use super::source::Source;
use crate::catalogue::Rule;
use crate::finding::Finding;

/// Something wrong at a range of bytes of a file.
#[derive(Debug)]
pub(super) struct Problem {
    /// The rule it breaks.
    pub rule: &'static Rule,
    /// The first byte, and one past the last.
    pub at: (usize, usize),
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// The smallest edit that mends it.
    pub help: Option<Cow<'static, str>>,
    /// Another range that belongs to it, and what is there.
    pub related: Option<((usize, usize), Cow<'static, str>)>,
}

impl Problem {
    /// A problem without help.
    pub(super) fn new(rule: &'static Rule, at: (usize, usize), message: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, at, message: message.into(), help: None, related: None }
    }

    /// Adds the smallest edit that mends it.
    pub(super) fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another range that belongs to it.
    pub(super) fn with_related(mut self, at: (usize, usize), message: impl Into<Cow<'static, str>>) -> Self {
        self.related = Some((at, message.into()));
        self
    }
}

/// The findings of a document's problems, in their order.
pub(super) fn findings(source: &Source, problems: Vec<Problem>) -> Vec<Finding> {
    let place = |(start, end): (usize, usize)| source.place(narrow(start), narrow(end));
    let finding = |problem: Problem| {
        let mut finding = Finding::new(problem.rule, place(problem.at), problem.message);
        finding.help = problem.help.map(Cow::into_owned);
        match problem.related {
            Some((at, message)) => finding.with_related(place(at), message),
            None => finding,
        }
    };
    problems.into_iter().map(finding).collect()
}

/// Offsets, lines and columns of files under 4 GiB.
pub(super) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
