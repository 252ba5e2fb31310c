//! What a check found: plain data, the same in every mode and every report format.
//!
//! In: a rule, a place and a message. Out: values that sort, count and serialise. It never prints and never reads a file.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::catalogue::Rule;

/// How bad a finding is; the order is from mild to bad.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be mended; does not fail a run by default.
    Warn,
    /// Must not reach a cluster.
    Deny,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Deny => "deny",
        })
    }
}

/// A place in a text, for people and editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Byte offset, from 0.
    pub offset: u32,
}

/// From one position to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

/// A file and, where there is one, the range in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path from the root of the repository, with `/` between its parts; `-` is standard input.
    pub path: Arc<str>,
    /// The range; none for what is wrong with the file as a whole.
    pub range: Option<Range>,
}

impl Place {
    /// A file as a whole.
    pub fn file(path: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), range: None }
    }
}

/// The object that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectReference {
    /// `apiVersion` as written.
    pub api_version: String,
    /// `kind` as written.
    pub kind: String,
    /// `metadata.namespace`, if set.
    pub namespace: Option<String>,
    /// `metadata.name`, or `metadata.generateName` with a `*` behind it.
    pub name: Option<String>,
}

impl fmt::Display for ObjectReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("?");
        match &self.namespace {
            Some(namespace) => write!(formatter, "{} {namespace}/{name}", self.kind),
            None => write!(formatter, "{} {name}", self.kind),
        }
    }
}

/// Another place that belongs to a finding, with what is to be seen there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Related {
    /// Where.
    pub place: Place,
    /// What is there.
    pub message: String,
}

/// One thing that is wrong, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `family/name` of the rule.
    pub rule: Cow<'static, str>,
    /// How bad it is in this run.
    pub severity: Severity,
    /// The rule's tags.
    pub tags: Cow<'static, [Cow<'static, str>]>,
    /// What is wrong: one sentence without a full stop, the offending value in backticks, never a secret's value.
    pub message: String,
    /// The smallest edit that mends it.
    pub help: Option<String>,
    /// Where it is.
    pub place: Place,
    /// The JSON pointer of the value within its object.
    pub pointer: Option<String>,
    /// The object.
    pub object: Option<ObjectReference>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// The Kubernetes versions that it holds for, when several were asked for and it does not hold for all.
    pub kubernetes: Vec<String>,
}

impl Finding {
    /// A finding of a rule, at its default severity.
    pub fn new(rule: &'static Rule, place: Place, message: impl Into<String>) -> Self {
        Self {
            rule: Cow::Borrowed(rule.id),
            severity: rule.severity,
            tags: Cow::Borrowed(rule.tags),
            message: message.into(),
            help: None,
            place,
            pointer: None,
            object: None,
            related: Vec::new(),
            kubernetes: Vec::new(),
        }
    }

    /// What stands for a bug of ours, in the place of what it kept from being found in a file.
    #[must_use]
    pub fn of_bug(path: &Arc<str>) -> Self {
        let message = "Plimsoll failed on this file: this is a bug in Plimsoll, please report it";
        Self::new(&crate::catalogue::read::CRASH, Place::file(Arc::clone(path)), message)
    }

    /// Adds the smallest edit that mends it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place that belongs to it.
    #[must_use]
    pub fn with_related(mut self, place: Place, message: impl Into<String>) -> Self {
        self.related.push(Related { place, message: message.into() });
        self
    }

    /// The order of every report: by path, place, rule, then what else tells findings apart.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |finding: &Self| (finding.place.path.clone(), finding.place.range.map(|range| range.start));
        key(self)
            .cmp(&key(other))
            .then_with(|| self.rule.cmp(&other.rule))
            .then_with(|| self.pointer.cmp(&other.pointer))
            .then_with(|| self.message.cmp(&other.message))
            .then_with(|| self.kubernetes.cmp(&other.kubernetes))
    }

    /// What stays the same when lines move: a hash of rule, path, object, pointer and message, and of the ordinal among
    /// findings that share all of these (`occurrence`, from 0). 32 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self, occurrence: usize) -> String {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        part(&self.rule);
        part(&self.place.path);
        part(self.pointer.as_deref().unwrap_or_default());
        if let Some(object) = &self.object {
            part(&object.api_version);
            part(&object.kind);
            part(object.namespace.as_deref().unwrap_or_default());
            part(object.name.as_deref().unwrap_or_default());
        }
        part(&self.message);
        part(&occurrence.to_string());
        hexadecimal(&hash.finalize()[..16])
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // A string takes any text.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
