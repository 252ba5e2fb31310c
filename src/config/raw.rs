//! What `plimsoll.yaml` may hold, key by key.
//!
//! The doc comments here are what an editor shows and what `docs/configuration.md` says. It never checks anything: the
//! reading does, and the settings do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::Severity;

/// The configuration of Plimsoll, `plimsoll.yaml` in the root of a repository. A key that is absent, or has no value,
/// keeps its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Plimsoll configuration")]
pub struct Raw {
    /// The Kubernetes versions that manifests must be valid for, such as `"1.36"`. A patch release counts as its minor.
    /// When empty, the newest that this build of Plimsoll knows.
    pub kubernetes: Vec<String>,
    /// The files and folders to leave out, in the syntax of `.gitignore`; a later pattern wins over an earlier one.
    pub exclude: Vec<String>,
    /// Where schemas come from beyond those that Plimsoll carries and the `CustomResourceDefinition`s of the tree.
    pub schemas: Schemas,
    /// How Helm charts are rendered.
    pub helm: Helm,
    /// The mildest severity that fails a run.
    pub fail_on: Severity,
    /// The severity of rules, or `off`. A key is a rule (`schema/enum`), a family (`metadata`) or a glob
    /// (`*/unknown-*`). Of the keys that match a rule the most specific wins, wherever it stands: a rule before a glob or
    /// family, and of these the one with the most characters other than wildcards.
    pub rules: BTreeMap<String, Level>,
    /// The only rules to run: rules, families, globs or tags. When empty, all.
    pub select: Vec<String>,
    /// The rules not to run: rules, families, globs or tags. What `select` names more precisely runs nevertheless.
    pub ignore: Vec<String>,
    /// What is different for some paths. Of several overrides that match a path the later wins.
    pub overrides: Vec<Override>,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            kubernetes: Vec::new(),
            exclude: Vec::new(),
            schemas: Schemas::default(),
            helm: Helm::default(),
            fail_on: Severity::Deny,
            rules: BTreeMap::new(),
            select: Vec::new(),
            ignore: Vec::new(),
            overrides: Vec::new(),
        }
    }
}

impl Raw {
    pub(super) const KEYS: [&str; 9] =
        ["kubernetes", "exclude", "schemas", "helm", "failOn", "rules", "select", "ignore", "overrides"];
}

/// Where schemas come from beyond those that Plimsoll carries and the `CustomResourceDefinition`s of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Schemas {
    /// Files and folders with further `CustomResourceDefinition`s, as paths from the root of the repository.
    pub crds: Vec<String>,
    /// What an object of a kind without a schema is; `warn` by default. A kind that is surely mistyped stays `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "UnknownKind")]
    pub unknown_kind: Option<UnknownKind>,
}

impl Schemas {
    pub(super) const KEYS: [&str; 2] = ["crds", "unknownKind"];
}

/// How Helm charts are rendered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Helm {
    /// The `helm` to run, version 3 or 4: an absolute path out of the repository. When absent, the one on the PATH.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub path: Option<String>,
    /// How many seconds one rendering may take; 30 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 3600))]
    pub timeout: Option<u32>,
}

impl Helm {
    pub(super) const KEYS: [&str; 2] = ["path", "timeout"];
    /// How long a rendering may take at most.
    pub(super) const MAX_TIMEOUT: u32 = 3600;
}

/// What an object of a kind without a schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnknownKind {
    /// Nothing to report; it counts as unchecked all the same.
    Ignore,
    /// Worth knowing.
    Info,
    /// Should be mended; does not fail a run by default.
    Warn,
    /// Must not reach a cluster.
    Deny,
}

impl UnknownKind {
    pub(super) const ALL: [(&str, Self); 4] =
        [("ignore", Self::Ignore), ("info", Self::Info), ("warn", Self::Warn), ("deny", Self::Deny)];

    /// The same as the level of the rule.
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Self::Ignore => Level::Off,
            Self::Info => Level::Info,
            Self::Warn => Level::Warn,
            Self::Deny => Level::Deny,
        }
    }
}

/// The severity of a rule, or that it is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule is not run.
    Off,
    /// Worth knowing.
    Info,
    /// Should be mended; does not fail a run by default.
    Warn,
    /// Must not reach a cluster.
    Deny,
}

impl Level {
    pub(super) const ALL: [(&str, Self); 4] =
        [("off", Self::Off), ("info", Self::Info), ("warn", Self::Warn), ("deny", Self::Deny)];

    /// The severity; none when the rule is off.
    #[must_use]
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warn => Some(Severity::Warn),
            Self::Deny => Some(Severity::Deny),
        }
    }
}

/// What is different for some paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Override {
    /// The files and folders, in the syntax of `.gitignore`.
    #[schemars(length(min = 1))]
    pub paths: Vec<String>,
    /// The Kubernetes versions for these paths. When empty, those of the whole repository.
    #[serde(default)]
    pub kubernetes: Vec<String>,
    /// The severity of rules, or `off`, for these paths.
    #[serde(default)]
    pub rules: BTreeMap<String, Level>,
}

impl Override {
    pub(super) const KEYS: [&str; 3] = ["paths", "kubernetes", "rules"];
}
