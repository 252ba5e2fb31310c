//! What the run goes by: the configuration and the command line, validated and merged once.
//!
//! In: what the file says, and what the command line says. Out: the answers that the run asks for, none of them optional.
//! The command line beats the file. It never reads a file, and never answers from a configuration with a mistake in it.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::names;
use super::raw::{Level, Override, Raw, UnknownKind};
use super::rule_pattern::{Precision, RulePattern};
use crate::catalogue::{read, schema};
use crate::finding::{Finding, Severity};
use crate::render::HelmOptions;

/// What the command line says of settings; what is empty leaves it to the file.
#[derive(Debug, Clone, Default)]
pub struct CommandLine {
    /// `--kubernetes`: the versions for all paths.
    pub kubernetes: Vec<String>,
    /// `--exclude`: patterns beyond those of the file.
    pub exclude: Vec<String>,
    /// `--select`: rules, families, globs or tags.
    pub select: Vec<String>,
    /// `--ignore`: rules, families, globs or tags.
    pub ignore: Vec<String>,
    /// `--fail-on`.
    pub fail_on: Option<Severity>,
    /// The folders that a `helm` is looked for in, as `PATH` has them.
    pub search: Option<OsString>,
    /// The user's folder of what may be made again; none with `--no-cache`.
    pub cache: Option<PathBuf>,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file has mistakes; each is a finding.
    #[error("the configuration has {} {}", findings.len(), if findings.len() == 1 { "mistake" } else { "mistakes" })]
    Mistakes {
        /// What is wrong, and where.
        findings: Vec<Finding>,
    },
    /// The tree has both `plimsoll.yaml` and `.plimsoll.yaml`.
    #[error("there are both plimsoll.yaml and .plimsoll.yaml: remove one of them")]
    TwoFiles,
    /// A version that there are no schemas for.
    #[error("there are no schemas for Kubernetes {version}: use {}", minors.join(", "))]
    Kubernetes {
        /// As given.
        version: String,
        /// Those at hand.
        minors: Vec<String>,
    },
    /// A word of `--select` or `--ignore` that means no rule.
    #[error("`{word}` matches no rule{}", near.as_ref().map(|near| format!(": did you mean `{near}`?")).unwrap_or_default())]
    UnknownRule {
        /// As given.
        word: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// A glob that does not parse.
    #[error("`{pattern}` is not a pattern: {reason}")]
    Pattern {
        /// As given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// What the run goes by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The Kubernetes versions, unless a path has its own; never empty where a version is known at all.
    pub kubernetes: Vec<String>,
    /// What to leave out, in the syntax of `.gitignore`: first the file's patterns, then the command line's.
    pub exclude: Vec<String>,
    /// Files and folders with further `CustomResourceDefinition`s.
    pub crds: Vec<String>,
    /// The mildest severity that fails the run.
    pub fail_on: Severity,
    /// How charts are rendered.
    pub helm: HelmOptions,
    /// The folder that the file stands in, from the root of the tree; its patterns mean paths below.
    base: String,
    levels: Levels,
    /// For kinds that nothing is known of. A kind that a known group surely lacks is a mistake, whatever this says.
    unknown_kind: Option<Level>,
    overrides: Vec<PathOverride>,
    from_file: Selection,
    from_command_line: Selection,
}

impl Settings {
    /// The settings from what [`load`](super::load) gave and the command line. `minors` are the Kubernetes versions that
    /// schemas are at hand for, oldest first; the newest is the default. `base` is the folder that the file stands in, from
    /// the root of the tree.
    ///
    /// # Errors
    /// When there is any finding, or when the command line names a version or rule that does not exist, or a glob that does
    /// not parse.
    pub fn new(
        raw: Raw,
        findings: Vec<Finding>,
        command_line: &CommandLine,
        minors: &[&str],
        base: &str,
    ) -> Result<Self, ConfigError> {
        if !findings.is_empty() {
            return Err(ConfigError::Mistakes { findings });
        }
        let asked = if command_line.kubernetes.is_empty() { &raw.kubernetes } else { &command_line.kubernetes };
        let mut kubernetes = versions(asked, minors)?;
        if kubernetes.is_empty() {
            kubernetes.extend(minors.last().map(|&newest| newest.to_owned()));
        }
        let mut overrides = Vec::new();
        for written in &raw.overrides {
            let mut settled = PathOverride::new(written, minors)?;
            if !command_line.kubernetes.is_empty() {
                settled.kubernetes.clear();
            }
            overrides.push(settled);
        }
        for word in command_line.select.iter().chain(&command_line.ignore) {
            if !names::exists(&rule_pattern(word)?, names::Names::IdsAndTags) {
                return Err(ConfigError::UnknownRule { word: word.clone(), near: names::nearest_rule(word) });
            }
        }
        let mut exclude: Vec<String> = raw.exclude.iter().map(|pattern| below(base, pattern)).collect();
        exclude.extend(command_line.exclude.iter().cloned());
        Paths::parse(&exclude).map_err(|reason| ConfigError::Pattern { pattern: exclude.join(" "), reason })?;
        Ok(Self {
            kubernetes,
            exclude,
            crds: raw.schemas.crds,
            fail_on: command_line.fail_on.unwrap_or(raw.fail_on),
            helm: HelmOptions {
                path: raw.helm.path.map(PathBuf::from),
                search: command_line.search.clone(),
                timeout: raw.helm.timeout.map(|seconds| Duration::from_secs(seconds.into())),
                cache: command_line.cache.clone(),
            },
            base: base.to_owned(),
            levels: Levels::new(&raw.rules)?,
            unknown_kind: raw.schemas.unknown_kind.map(UnknownKind::level),
            overrides,
            from_file: Selection::new(&raw.select, &raw.ignore)?,
            from_command_line: Selection::new(&command_line.select, &command_line.ignore)?,
        })
    }

    /// The severity of a rule for a path; none when the rule is off there.
    #[must_use]
    pub fn severity(&self, rule: &str, path: &str, default: Severity) -> Option<Severity> {
        let path = self.below_base(path);
        let overridden = self
            .overrides
            .iter()
            .rev()
            .filter(|written| written.paths.match_path(path))
            .find_map(|written| written.levels.of(rule));
        let is_unknown_kind = rule == schema::UNKNOWN_KIND.id && default == schema::UNKNOWN_KIND.severity;
        let unknown_kind = self.unknown_kind.filter(|_| is_unknown_kind);
        overridden.or(unknown_kind).or_else(|| self.levels.of(rule)).map_or(Some(default), Level::severity)
    }

    /// The severity of a finding in this run; none when its rule is off or not selected.
    #[must_use]
    pub fn severity_of(&self, finding: &Finding) -> Option<Severity> {
        if !self.selects(&finding.rule, &finding.tags) {
            return None;
        }
        self.severity(&finding.rule, &finding.place.path, finding.severity)
    }

    /// [`Self::crds`] as paths from the root of the tree.
    pub fn crd_paths(&self) -> impl Iterator<Item = String> {
        let base = self.base.as_str();
        self.crds.iter().map(move |path| if base.is_empty() { path.clone() } else { format!("{base}/{path}") })
    }

    /// A path as the file's patterns mean it.
    fn below_base<'p>(&self, path: &'p str) -> &'p str {
        let below = path.strip_prefix(self.base.as_str()).and_then(|rest| rest.strip_prefix('/'));
        if self.base.is_empty() { path } else { below.unwrap_or(path) }
    }

    /// Whether a rule is to be run at all: the command line's word, else the file's.
    #[must_use]
    pub fn selects(&self, rule: &str, tags: &[Cow<'_, str>]) -> bool {
        self.from_command_line.verdict(rule, tags).or_else(|| self.from_file.verdict(rule, tags)).unwrap_or(true)
    }

    /// The Kubernetes versions that a file must be valid for.
    #[must_use]
    pub fn targets(&self, path: &str) -> &[String] {
        let path = self.below_base(path);
        let overridden = self
            .overrides
            .iter()
            .rev()
            .find(|written| !written.kubernetes.is_empty() && written.paths.match_path(path));
        overridden.map_or(&self.kubernetes, |written| &written.kubernetes)
    }

    /// Every version that some path must be valid for: what schemas are needed of.
    #[must_use]
    pub fn all_targets(&self) -> Vec<String> {
        let mut all = self.kubernetes.clone();
        for version in self.overrides.iter().flat_map(|written| &written.kubernetes) {
            if !all.contains(version) {
                all.push(version.clone());
            }
        }
        all
    }
}

/// The levels of one place, most precise first.
#[derive(Debug, Clone)]
struct Levels(Vec<(RulePattern, Level)>);

impl Levels {
    fn new(written: &BTreeMap<String, Level>) -> Result<Self, ConfigError> {
        let mut levels = Vec::with_capacity(written.len());
        for (word, level) in written {
            levels.push((rule_pattern(word)?, *level));
        }
        // Stable, and the map is sorted: between two that are alike the alphabet decides, never the file's order
        levels.sort_by_key(|(pattern, _)| Reverse(pattern.precision()));
        Ok(Self(levels))
    }

    fn of(&self, rule: &str) -> Option<Level> {
        self.0.iter().find(|(pattern, _)| pattern.means(rule)).map(|(_, level)| *level)
    }
}

#[derive(Debug, Clone)]
struct PathOverride {
    paths: Paths,
    kubernetes: Vec<String>,
    levels: Levels,
}

impl PathOverride {
    fn new(written: &Override, minors: &[&str]) -> Result<Self, ConfigError> {
        let paths = Paths::parse(&written.paths)
            .map_err(|reason| ConfigError::Pattern { pattern: written.paths.join(" "), reason })?;
        let kubernetes = versions(&written.kubernetes, minors)?;
        Ok(Self { paths, kubernetes, levels: Levels::new(&written.rules)? })
    }
}

/// What one place says about which rules run.
#[derive(Debug, Clone)]
struct Selection {
    select: Vec<RulePattern>,
    ignore: Vec<RulePattern>,
}

impl Selection {
    fn new(select: &[String], ignore: &[String]) -> Result<Self, ConfigError> {
        let patterns = |words: &[String]| words.iter().map(|word| rule_pattern(word)).collect::<Result<Vec<_>, _>>();
        Ok(Self { select: patterns(select)?, ignore: patterns(ignore)? })
    }

    /// Whether a rule runs; none when this place has no word on it.
    fn verdict(&self, rule: &str, tags: &[Cow<'_, str>]) -> Option<bool> {
        let most_precise = |patterns: &[RulePattern]| -> Option<Precision> {
            patterns.iter().filter(|pattern| pattern.means_tagged(rule, tags)).map(RulePattern::precision).max()
        };
        match (most_precise(&self.select), most_precise(&self.ignore)) {
            (Some(selected), Some(ignored)) => Some(selected > ignored),
            (Some(_), None) => Some(true),
            (None, Some(_)) => Some(false),
            // What is asked for has to be readable first: only an `ignore` takes that away.
            (None, None) if rule.starts_with(read::FAMILY) => None,
            (None, None) => (!self.select.is_empty()).then_some(false),
        }
    }
}

/// Files and folders by patterns with `.gitignore`'s syntax.
#[derive(Debug, Clone)]
pub(super) struct Paths(Gitignore);

impl Paths {
    /// # Errors
    /// What is wrong with a pattern.
    pub(super) fn parse(patterns: &[String]) -> Result<Self, String> {
        let mut builder = GitignoreBuilder::new("");
        for pattern in patterns {
            // Passed over in a file, where it is a comment; here it would be a pattern that silently does nothing
            if pattern.starts_with('#') {
                return Err(r"a pattern that starts with `#` is written `\#`".to_owned());
            }
            builder.add_line(None, pattern).map_err(|error| error.to_string())?;
        }
        builder.build().map(Self).map_err(|error| error.to_string())
    }

    fn match_path(&self, path: &str) -> bool {
        // The crate panics on a path that is not below its root
        !path.starts_with('/') && self.0.matched_path_or_any_parents(path, false).is_ignore()
    }
}

/// A pattern of a file in a folder, as one from the root: `.gitignore` files in folders are read so.
fn below(base: &str, pattern: &str) -> String {
    if base.is_empty() {
        return pattern.to_owned();
    }
    let (negation, pattern) = pattern.strip_prefix('!').map_or(("", pattern), |rest| ("!", rest));
    let anchored = pattern.trim_end_matches('/').contains('/');
    let depth = if anchored { "" } else { "**/" };
    format!("{negation}/{base}/{depth}{}", pattern.trim_start_matches('/'))
}

/// The minor of `1.36`, `v1.36` or `1.36.2`, when schemas are at hand for it.
pub(super) fn minor_of(version: &str, minors: &[&str]) -> Option<String> {
    let numbers: Vec<&str> = version.strip_prefix('v').unwrap_or(version).split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match numbers.as_slice() {
        [major, minor] | [major, minor, _] if numbers.iter().all(is_number) => {
            let minor = format!("{major}.{minor}");
            minors.contains(&minor.as_str()).then_some(minor)
        }
        _ => None,
    }
}

fn versions(asked: &[String], minors: &[&str]) -> Result<Vec<String>, ConfigError> {
    let mut versions = Vec::new();
    for version in asked {
        let minor = minor_of(version, minors).ok_or_else(|| ConfigError::Kubernetes {
            version: version.clone(),
            minors: minors.iter().map(|&minor| minor.to_owned()).collect(),
        })?;
        if !versions.contains(&minor) {
            versions.push(minor);
        }
    }
    Ok(versions)
}

fn rule_pattern(word: &str) -> Result<RulePattern, ConfigError> {
    RulePattern::parse(word)
        .map_err(|error| ConfigError::Pattern { pattern: word.to_owned(), reason: error.kind().to_string() })
}
