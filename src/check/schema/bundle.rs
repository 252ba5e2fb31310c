//! The schemas inside the binary: which kinds exist in which Kubernetes versions, and their definitions.
//!
//! In: the embedded files of `schemas/bundle` (their format is in `schemas/README.md`). Out: definitions as JSON, on
//! demand: a part is decompressed when the first of its schemas is asked for, and a definition is parsed when it is
//! needed. It never reads a file at run time and never changes.

use std::collections::HashMap;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::manifest::GroupVersionKind;

const INDEX: &str = include_str!("../../../schemas/bundle/index.json");

macro_rules! parts {
    ($($name:literal),* $(,)?) => {
        /// Every part by name; a test holds the list to the index.
        const PARTS: &[(&str, &[u8])] = &[$(($name, include_bytes!(concat!("../../../schemas/bundle/", $name, ".zst")))),*];
    };
}

parts!(
    "argo-cd",
    "argo-events",
    "argo-rollouts",
    "argo-workflows",
    "cert-manager",
    "cilium",
    "cloudnative-pg",
    "cluster-api",
    "contour",
    "crossplane",
    "envoy-gateway",
    "external-dns",
    "external-secrets",
    "external-snapshotter",
    "flagger",
    "flux",
    "gatekeeper",
    "gateway-api",
    "istio",
    "karpenter",
    "keda",
    "knative",
    "kubernetes",
    "kyverno",
    "longhorn",
    "metallb",
    "network-policy-api",
    "prometheus-operator",
    "sealed-secrets",
    "tekton",
    "traefik",
    "trust-manager",
    "velero",
    "vertical-pod-autoscaler",
);

const KUBERNETES: &str = "kubernetes";

/// A Kubernetes minor version, as an index into [`Bundle::minors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(pub usize);

/// Whether objects of a kind live in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In the cluster.
    Cluster,
}

/// The bundled schemas.
#[derive(Debug)]
pub struct Bundle {
    index: Index<'static>,
    builtin: FxHashMap<(&'static str, &'static str, &'static str), usize>,
    custom: FxHashMap<(&'static str, &'static str, &'static str), CustomKey>,
    lifecycle: FxHashMap<(&'static str, &'static str, &'static str), usize>,
    parts: FxHashMap<&'static str, (&'static [u8], OnceLock<Part>)>,
}

#[derive(Debug, Clone, Copy)]
struct CustomKey {
    part: &'static str,
    kind: usize,
    version: usize,
}

#[derive(Debug, Deserialize)]
struct Index<'i> {
    format: u32,
    #[serde(borrow)]
    kubernetes: Kubernetes<'i>,
    #[serde(borrow)]
    lifecycle: Vec<Lifecycle<'i>>,
    #[serde(borrow)]
    custom: HashMap<&'i str, CustomPart<'i>>,
}

/// From a minor on, a definition is this line; none when it is gone.
type Run = (usize, Option<usize>);

#[derive(Debug, Deserialize)]
struct Kubernetes<'i> {
    #[serde(borrow)]
    minors: Vec<&'i str>,
    #[serde(borrow)]
    definitions: FxHashMap<&'i str, FxHashMap<&'i str, Vec<Run>>>,
    #[serde(borrow)]
    kinds: Vec<BuiltinKind<'i>>,
}

/// A kind of Kubernetes itself.
#[derive(Debug, Deserialize)]
pub struct BuiltinKind<'i> {
    group: &'i str,
    version: &'i str,
    /// The kind's name.
    pub kind: &'i str,
    /// Where its objects live.
    pub scope: Scope,
    /// The name of its definition.
    pub definition: &'i str,
    first: Option<&'i str>,
    last: Option<&'i str>,
    #[serde(default)]
    list: bool,
}

/// When a version of a kind came, is deprecated, and goes; releases are `major.minor`.
#[derive(Debug, Deserialize)]
pub struct Lifecycle<'i> {
    group: &'i str,
    version: &'i str,
    kind: &'i str,
    /// The release that brought it.
    pub introduced: Option<&'i str>,
    /// The release that deprecates it.
    pub deprecated: Option<&'i str>,
    /// The release that no longer serves it.
    pub removed: Option<&'i str>,
    /// What to use instead.
    #[serde(borrow)]
    pub replacement: Option<Replacement<'i>>,
}

/// The version of a kind that takes another's place.
#[derive(Debug, Deserialize)]
pub struct Replacement<'i> {
    group: &'i str,
    version: &'i str,
    kind: &'i str,
}

impl Replacement<'_> {
    /// As an object names it.
    #[must_use]
    pub fn kind(&self) -> GroupVersionKind {
        GroupVersionKind { group: self.group.into(), version: self.version.into(), kind: self.kind.into() }
    }
}

#[derive(Debug, Deserialize)]
struct CustomPart<'i> {
    #[serde(borrow)]
    sources: Vec<&'i str>,
    #[serde(borrow)]
    kinds: Vec<CustomKind<'i>>,
}

#[derive(Debug, Deserialize)]
struct CustomKind<'i> {
    group: &'i str,
    kind: &'i str,
    scope: Scope,
    #[serde(borrow)]
    versions: Vec<CustomVersion<'i>>,
}

#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of the index, one by one")]
struct CustomVersion<'i> {
    version: &'i str,
    id: usize,
    #[serde(default)]
    status: bool,
    #[serde(default)]
    unserved: bool,
    #[serde(default)]
    dropped: bool,
    #[serde(default)]
    deprecated: bool,
    warning: Option<&'i str>,
}

/// A version of a custom kind that the bundle holds.
#[derive(Debug, Clone, Copy)]
pub struct BundledCustomKind {
    /// Where its objects live.
    pub scope: Scope,
    /// Whether the release that it comes from serves it: some keep a version for conversion only, or have dropped it.
    pub served: bool,
    /// The warning of its CRD where that deprecates it; empty where it gives none.
    pub deprecated: Option<&'static str>,
    /// The newest release of its project that the bundle holds: module and version.
    pub newest: &'static str,
    /// Whether it has the status subresource.
    pub has_status: bool,
    part: &'static str,
    id: usize,
}

#[derive(Debug)]
struct Part {
    text: String,
    lines: Vec<std::ops::Range<usize>>,
}

/// The bundle of this binary.
#[must_use]
pub fn bundle() -> &'static Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    BUNDLE.get_or_init(Bundle::open)
}

impl Bundle {
    /// # Panics
    /// When the embedded index is broken: a test of this very file would have failed before the binary was built.
    fn open() -> Self {
        let index: Index<'static> = serde_json::from_str(INDEX).expect("the embedded index is read by a test");
        assert_eq!(index.format, 1, "the embedded index is of the format that this code reads");
        let builtin = (index.kubernetes.kinds.iter().enumerate())
            .map(|(position, kind)| ((kind.group, kind.version, kind.kind), position))
            .collect();
        let lifecycle = (index.lifecycle.iter().enumerate())
            .map(|(position, entry)| ((entry.group, entry.version, entry.kind), position))
            .collect();
        let mut custom = FxHashMap::default();
        for (&part, content) in &index.custom {
            for (kind_position, kind) in content.kinds.iter().enumerate() {
                for (version_position, version) in kind.versions.iter().enumerate() {
                    let key = CustomKey { part, kind: kind_position, version: version_position };
                    custom.insert((kind.group, version.version, kind.kind), key);
                }
            }
        }
        let parts = PARTS.iter().map(|(name, bytes)| (*name, (*bytes, OnceLock::new()))).collect();
        Self { index, builtin, custom, lifecycle, parts }
    }

    /// The Kubernetes minor versions, oldest first: `1.30`, ….
    #[must_use]
    pub fn minors(&self) -> &[&'static str] {
        &self.index.kubernetes.minors
    }

    /// The minor version of a name.
    #[must_use]
    pub fn minor(&self, name: &str) -> Option<Minor> {
        self.minors().iter().position(|minor| *minor == name).map(Minor)
    }

    /// The newest minor version.
    #[must_use]
    pub fn newest(&self) -> Minor {
        Minor(self.minors().len().saturating_sub(1))
    }

    /// A kind of Kubernetes itself, in whatever minor version.
    #[must_use]
    pub fn builtin_kind(&self, kind: &GroupVersionKind) -> Option<&BuiltinKind<'static>> {
        let position = self.builtin.get(&(kind.group.as_str(), kind.version.as_str(), kind.kind.as_str()))?;
        self.index.kubernetes.kinds.get(*position)
    }

    /// A custom kind that the bundle knows.
    #[must_use]
    pub fn custom_kind(&self, kind: &GroupVersionKind) -> Option<BundledCustomKind> {
        let key = self.custom.get(&(kind.group.as_str(), kind.version.as_str(), kind.kind.as_str()))?;
        let part = self.index.custom.get(key.part)?;
        let custom = part.kinds.get(key.kind)?;
        let version = custom.versions.get(key.version)?;
        Some(BundledCustomKind {
            scope: custom.scope,
            served: !version.unserved && !version.dropped,
            deprecated: version.deprecated.then(|| version.warning.unwrap_or_default()),
            newest: part.sources.first().copied().unwrap_or_default(),
            has_status: version.status,
            part: key.part,
            id: version.id,
        })
    }

    /// What is known of the coming and going of a version of a kind.
    #[must_use]
    pub fn lifecycle(&self, kind: &GroupVersionKind) -> Option<&Lifecycle<'static>> {
        let position = self.lifecycle.get(&(kind.group.as_str(), kind.version.as_str(), kind.kind.as_str()))?;
        self.index.lifecycle.get(*position)
    }

    /// The kinds of a group, with their versions; none for a group that the bundle does not know.
    #[must_use]
    pub fn kinds_of_group(&self, group: &str) -> Vec<(&'static str, &'static str)> {
        let builtin = self.builtin.keys().filter(|key| key.0 == group).map(|key| (key.1, key.2));
        let custom = self.custom.keys().filter(|key| key.0 == group).map(|key| (key.1, key.2));
        let mut kinds: Vec<_> = builtin.chain(custom).collect();
        kinds.sort_unstable();
        kinds
    }

    /// Whether a group is one of Kubernetes itself: it has no kinds but those that are known.
    #[must_use]
    pub fn is_builtin_group(&self, group: &str) -> bool {
        self.index.kubernetes.kinds.iter().any(|kind| kind.group == group)
    }

    /// The groups that have a kind of this name, with the version to write: what to suggest for a wrong `apiVersion`.
    #[must_use]
    pub fn api_versions_of_kind(&self, kind: &str) -> Vec<String> {
        let newest = self.newest();
        let builtin = self.builtin.values().map(|position| &self.index.kubernetes.kinds[*position]);
        let mut found: Vec<String> = builtin
            .filter(|entry| entry.kind == kind && entry.served_in(self, newest))
            .map(|entry| GroupVersionKind {
                group: entry.group.into(),
                version: entry.version.into(),
                kind: String::new(),
            })
            .chain(self.custom.keys().filter(|key| key.2 == kind).map(|key| GroupVersionKind {
                group: key.0.into(),
                version: key.1.into(),
                kind: String::new(),
            }))
            .map(|kind| kind.api_version())
            .collect();
        found.sort();
        found
    }

    /// The line of a definition in a minor version.
    #[must_use]
    pub fn definition_line(&self, name: &str, minor: Minor) -> Option<usize> {
        let (package, short) = name.rsplit_once('.')?;
        let runs = self.index.kubernetes.definitions.get(package)?.get(short)?;
        runs.iter().rev().find(|run| run.0 <= minor.0)?.1
    }

    /// The definition at a line of the Kubernetes part.
    #[must_use]
    pub fn definition(&self, line: usize) -> Json {
        self.line(KUBERNETES, line)
    }

    /// The schema of a custom kind.
    #[must_use]
    pub fn custom_schema(&self, kind: &BundledCustomKind) -> Json {
        self.line(kind.part, kind.id)
    }

    fn line(&self, part: &str, line: usize) -> Json {
        let Some((bytes, cell)) = self.parts.get(part) else { return Json::Null };
        let part = cell.get_or_init(|| Part::unpack(bytes));
        let text = part.lines.get(line).and_then(|range| part.text.get(range.clone())).unwrap_or("null");
        serde_json::from_str(text).unwrap_or(Json::Null)
    }
}

impl BuiltinKind<'_> {
    /// Whether a minor version serves it.
    #[must_use]
    pub fn served_in(&self, bundle: &Bundle, minor: Minor) -> bool {
        let from = self.first.and_then(|name| bundle.minor(name)).is_none_or(|first| first <= minor);
        let until = self.last.and_then(|name| bundle.minor(name)).is_none_or(|last| minor <= last);
        from && until
    }

    /// Whether `<kind>List` is a type of its group and version.
    #[must_use]
    pub fn has_list(&self) -> bool {
        self.list
    }
}

impl Part {
    /// # Panics
    /// When an embedded part is broken: a test unpacks them all.
    fn unpack(bytes: &[u8]) -> Self {
        let text = zstd::decode_all(bytes).expect("every embedded part is unpacked by a test");
        let text = String::from_utf8(text).expect("every embedded part is unpacked by a test");
        let lines = line_ranges(&text);
        Self { text, lines }
    }
}

fn line_ranges(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    let mut ranges = Vec::new();
    for end in memchr::memchr_iter(b'\n', text.as_bytes()) {
        ranges.push(start..end);
        start = end + 1;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn every_part_of_the_index_is_embedded_and_unpacks() {
        let bundle = bundle();
        let mut indexed: Vec<&str> = bundle.index.custom.keys().copied().chain([KUBERNETES]).collect();
        indexed.sort_unstable();
        let mut embedded: Vec<&str> = PARTS.iter().map(|part| part.0).collect();
        embedded.sort_unstable();
        assert_eq!(indexed, embedded);
        for (name, bytes) in PARTS {
            assert!(!Part::unpack(bytes).lines.is_empty(), "{name} is empty");
        }
    }

    #[test]
    fn every_kind_of_the_index_has_a_schema() {
        let bundle = bundle();
        for kind in &bundle.index.kubernetes.kinds {
            let minor = (0..bundle.minors().len()).map(Minor).find(|minor| kind.served_in(bundle, *minor)).unwrap();
            let line = bundle.definition_line(kind.definition, minor).unwrap_or_else(|| panic!("{}", kind.definition));
            assert!(bundle.definition(line).is_object(), "{}", kind.definition);
        }
        for (group, version, kind) in bundle.custom.keys() {
            let kind = GroupVersionKind { group: (*group).into(), version: (*version).into(), kind: (*kind).into() };
            let custom = bundle.custom_kind(&kind).unwrap();
            assert!(bundle.custom_schema(&custom).is_object(), "{kind}");
        }
    }

    #[test]
    fn the_bundle_is_the_one_that_its_manifest_records() {
        let manifest: Json = serde_json::from_str(include_str!("../../../schemas/manifest.json")).unwrap();
        let parts = manifest["parts"].as_array().unwrap();
        assert_eq!(parts.len(), PARTS.len());
        for (name, bytes) in PARTS {
            let recorded = parts.iter().find(|part| part["name"] == *name).unwrap();
            let hash = crate::finding::hexadecimal(&Sha256::digest(bytes));
            assert_eq!(recorded["sha256"], hash, "{name}");
        }
    }

    #[test]
    fn groups_that_share_their_first_label_stay_apart() {
        let kustomization = |group: &str| GroupVersionKind::new(&format!("{group}/v1"), "Kustomization");
        assert!(bundle().custom_kind(&kustomization("kustomize.toolkit.fluxcd.io")).is_some());
        assert!(bundle().custom_kind(&kustomization("kustomize.config.k8s.io")).is_none());
    }
}
