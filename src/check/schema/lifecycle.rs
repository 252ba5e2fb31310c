//! Kinds and versions: deprecated, removed, not yet there, not served, unknown.
//!
//! In: an object's `apiVersion` and `kind`, the targets. Out: findings at those lines, with the replacement. It never
//! looks at other fields.

use std::fmt::Write as _;

use super::bundle::{Bundle, BundledCustomKind, Lifecycle, Minor};
use super::registry::{RepositoryKind, Schemas};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::check::crd::CustomVersion;
use crate::finding::{Finding, Severity};
use crate::manifest::{GroupVersionKind, Node, Object, Sources};
use crate::suggest::nearest;

fn at<'n, 's>(object: &'n Object<'s>, key: &str) -> &'n Node<'s> {
    object.node.get(key).unwrap_or(&object.node)
}

/// The number of a release, to compare it: `1.9` is before `1.30`.
fn release(name: &str) -> (u32, u32) {
    let (major, minor) = name.split_once('.').unwrap_or((name, "0"));
    (major.parse().unwrap_or(0), minor.parse().unwrap_or(0))
}

/// Deprecated and removed versions of built-in kinds.
pub(super) fn check(object: &Object<'_>, sources: &Sources, bundle: &Bundle, targets: &[Minor]) -> Vec<Finding> {
    let lifecycle = bundle.lifecycle(&object.kind);
    let kind = bundle.builtin_kind(&object.kind);
    let minors = |wanted: &dyn Fn(Minor) -> bool| -> Vec<&'static str> {
        targets.iter().filter(|minor| wanted(**minor)).map(|minor| bundle.minors()[minor.0]).collect()
    };
    let unserved = minors(&|minor| kind.is_none_or(|kind| !kind.served_in(bundle, minor)));
    let served_and_deprecated = minors(&|minor| {
        let deprecated = lifecycle.and_then(|lifecycle| lifecycle.deprecated);
        kind.is_some_and(|kind| kind.served_in(bundle, minor))
            && deprecated.is_some_and(|since| release(since) <= release(bundle.minors()[minor.0]))
    });
    let mut sink = Sink::new(object, sources);
    if !unserved.is_empty() {
        let coming = lifecycle
            .and_then(|lifecycle| lifecycle.introduced)
            .filter(|introduced| unserved.iter().all(|minor| release(introduced) > release(minor)));
        let mut message = format!("{} is not served by Kubernetes {}", object.kind, unserved.join(", "));
        let rule = match (coming, lifecycle.and_then(|lifecycle| lifecycle.removed)) {
            (Some(introduced), _) => {
                let _ = write!(message, ": it comes with {introduced}");
                &schema::UNSERVED_VERSION
            }
            (None, Some(removed)) => {
                let _ = write!(message, ": it was removed in {removed}");
                &schema::REMOVED_API
            }
            (None, None) => &schema::UNSERVED_VERSION,
        };
        let finding = sink.value(rule, at(object, "apiVersion"), message);
        finding.help = replacement(object, lifecycle);
        finding.kubernetes = some_of(&unserved, targets);
    }
    if !served_and_deprecated.is_empty() {
        let since = lifecycle.and_then(|lifecycle| lifecycle.deprecated).unwrap_or_default();
        let mut message = format!("{} is deprecated since Kubernetes {since}", object.kind);
        if let Some(removed) = lifecycle.and_then(|lifecycle| lifecycle.removed) {
            let _ = write!(message, " and goes with {removed}");
        }
        let finding = sink.value(&schema::DEPRECATED_API, at(object, "apiVersion"), message);
        finding.help = replacement(object, lifecycle);
        finding.kubernetes = some_of(&served_and_deprecated, targets);
    }
    sink.into_findings()
}

fn some_of(minors: &[&str], targets: &[Minor]) -> Vec<String> {
    if minors.len() == targets.len() { Vec::new() } else { minors.iter().map(|&minor| minor.to_owned()).collect() }
}

fn replacement(object: &Object<'_>, lifecycle: Option<&Lifecycle<'_>>) -> Option<String> {
    let replacement = lifecycle?.replacement.as_ref()?.kind();
    if replacement.kind == object.kind.kind {
        Some(format!("use `apiVersion: {}`", replacement.api_version()))
    } else {
        Some(format!("use {replacement}"))
    }
}

/// What the CustomResourceDefinition of a bundled kind says of the version.
pub(super) fn check_bundled(object: &Object<'_>, sources: &Sources, kind: &BundledCustomKind) -> Vec<Finding> {
    let mut sink = Sink::new(object, sources);
    if !kind.served {
        // Which release a cluster runs is not known, so this is no reason to refuse the object.
        let message = format!("{} is no longer served by newer releases ({})", object.kind, kind.newest);
        sink.value(&schema::DEPRECATED_API, at(object, "apiVersion"), message);
        return sink.into_findings();
    }
    if let Some(warning) = kind.deprecated {
        deprecated_custom(object, warning, &mut sink);
    }
    sink.into_findings()
}

/// What the repository's own CustomResourceDefinition says of the version.
pub(super) fn check_repository(
    object: &Object<'_>,
    sources: &Sources,
    kind: &RepositoryKind,
    version: &CustomVersion,
) -> Vec<Finding> {
    let mut sink = Sink::new(object, sources);
    if !version.served {
        let message = format!("{} is not served by its CustomResourceDefinition", object.kind);
        let finding = sink.value(&schema::UNSERVED_VERSION, at(object, "apiVersion"), message);
        finding
            .related
            .push(crate::finding::Related { place: kind.place.clone(), message: "the definition".to_owned() });
        finding.help = served_versions(kind);
    }
    if let Some(warning) = &version.deprecated {
        deprecated_custom(object, warning, &mut sink);
    }
    sink.into_findings()
}

fn deprecated_custom(object: &Object<'_>, warning: &str, sink: &mut Sink<'_, '_>) {
    let mut message = format!("{} is deprecated", object.kind);
    if !warning.is_empty() {
        let _ = write!(message, ": {warning}");
    }
    sink.value(&schema::DEPRECATED_API, at(object, "apiVersion"), message);
}

fn served_versions(kind: &RepositoryKind) -> Option<String> {
    let served: Vec<String> = (kind.definition.versions.iter().filter(|version| version.served))
        .map(|version| format!("`apiVersion: {}/{}`", kind.definition.group, version.name))
        .collect();
    (!served.is_empty()).then(|| format!("use {}", served.join(" or ")))
}

/// A version that the repository's own CustomResourceDefinition does not have.
pub(super) fn unknown_version(object: &Object<'_>, sources: &Sources, kind: &RepositoryKind) -> Vec<Finding> {
    let mut sink = Sink::new(object, sources);
    let message =
        format!("the CustomResourceDefinition of {} has no version `{}`", object.kind.kind, object.kind.version);
    let finding = sink.value(&schema::UNKNOWN_KIND, at(object, "apiVersion"), message);
    finding.severity = Severity::Deny;
    finding.related.push(crate::finding::Related { place: kind.place.clone(), message: "the definition".to_owned() });
    finding.help = served_versions(kind);
    sink.into_findings()
}

/// A kind without a schema: removed from Kubernetes, mistyped, or simply not known.
pub(super) fn unknown(object: &Object<'_>, sources: &Sources, schemas: &Schemas, targets: &[Minor]) -> Vec<Finding> {
    let bundle = schemas.bundle();
    if bundle.lifecycle(&object.kind).is_some_and(|lifecycle| lifecycle.removed.is_some()) {
        return check(object, sources, bundle, targets);
    }
    let kind = &object.kind;
    let mut sink = Sink::new(object, sources);
    if kind.version.contains('/') {
        let message = format!("`{}` is no apiVersion: it has more than one `/`", kind.api_version());
        let finding = sink.value(&schema::UNKNOWN_KIND, at(object, "apiVersion"), message);
        finding.severity = Severity::Deny;
        finding.help = Some("write the group, one `/` and the version".to_owned());
        return sink.into_findings();
    }
    let known = bundle.kinds_of_group(&kind.group);
    let of_repository = schemas.repository_kinds_of_group(&kind.group);
    let meant = nearest(&kind.kind, known.iter().map(|(_, name)| *name).chain(of_repository));
    let has_kind = known.iter().any(|(_, name)| *name == kind.kind);
    // Several projects may share a group, and kinds are also made in the cluster: only Kubernetes' own groups are closed.
    let is_slip = meant.as_deref().is_some_and(|meant| is_slip(kind, meant));
    if !has_kind && !is_slip && !bundle.is_builtin_group(&kind.group) {
        let message = format!("no schema for {kind}: it was not checked");
        let elsewhere = bundle.api_versions_of_kind(&kind.kind);
        let meant = nearest(&kind.api_version(), elsewhere.iter().map(String::as_str));
        let finding = sink.value(&schema::UNKNOWN_KIND, at(object, "kind"), message);
        let add = "add its CustomResourceDefinition to the repository, or name it with --crds";
        finding.help = Some(match meant {
            Some(meant) => format!("did you mean `apiVersion: {meant}`?"),
            None if !known.is_empty() && !elsewhere.is_empty() => {
                format!("use `apiVersion: {}`, or {add}", elsewhere.join("`, `apiVersion: "))
            }
            None => add.to_owned(),
        });
        return sink.into_findings();
    }
    let versions: Vec<&str> =
        known.iter().filter(|(_, name)| *name == kind.kind).map(|(version, _)| *version).collect();
    let (key, message, help) = if versions.is_empty() {
        let group =
            if kind.group.is_empty() { "the core group".to_owned() } else { format!("the group {}", kind.group) };
        let elsewhere = bundle.api_versions_of_kind(&kind.kind);
        let help = match (elsewhere.as_slice(), meant) {
            ([], Some(meant)) => Some(format!("did you mean `kind: {meant}`?")),
            ([], None) => None,
            (elsewhere, _) => Some(format!("{} is in {}", kind.kind, elsewhere.join(", "))),
        };
        ("kind", format!("{group} has no kind `{}`", kind.kind), help)
    } else {
        let help = format!(
            "{} is in {}",
            kind.kind,
            versions
                .iter()
                .map(|version| format!("`{}`", with_version(&kind.group, version)))
                .collect::<Vec<_>>()
                .join(", ")
        );
        ("apiVersion", format!("{} has no version `{}`", kind.kind, kind.version), Some(help))
    };
    let finding = sink.value(&schema::UNKNOWN_KIND, at(object, key), message);
    finding.severity = Severity::Deny;
    finding.help = help;
    sink.into_findings()
}

/// Whether a kind is a known one with a letter or two amiss. Names of other projects' kinds are further apart; those of
/// Gatekeeper's constraints come from templates, one much like the other.
fn is_slip(kind: &GroupVersionKind, meant: &str) -> bool {
    const MOST: usize = 2;
    kind.group != "constraints.gatekeeper.sh"
        && strsim::damerau_levenshtein(&kind.kind.to_lowercase(), &meant.to_lowercase()) <= MOST
}

fn with_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{FileId, Source, objects};

    #[track_caller]
    fn said(api_version: &str, kind: &str) -> (Severity, String) {
        let schemas = Schemas::bundled();
        let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: a}}\n");
        let source = Source::new("a.yaml", text.clone());
        let object = objects(&source).next().unwrap();
        let sources = Sources::single(FileId(0), Source::new("a.yaml", text).into());
        let mut findings = unknown(&object, &sources, &schemas, &[schemas.bundle().newest()]);
        assert_eq!(findings.len(), 1);
        let finding = findings.remove(0);
        (finding.severity, finding.message)
    }

    #[test]
    fn only_a_group_of_kubernetes_has_no_other_kinds() {
        let deny = |text: &str| (Severity::Deny, text.to_owned());
        let warn = |text: &str| (Severity::Warn, text.to_owned());
        assert_eq!(
            said("argoproj.io/v1beta1", "ArgoCD"),
            warn("no schema for argoproj.io/v1beta1 ArgoCD: it was not checked")
        );
        assert_eq!(
            said("messaging.knative.dev/v1beta1", "KafkaChannel"),
            warn("no schema for messaging.knative.dev/v1beta1 KafkaChannel: it was not checked")
        );
        for (api_version, kind) in [
            ("bootstrap.cluster.x-k8s.io/v1beta1", "RKE2ConfigTemplate"),
            ("constraints.gatekeeper.sh/v1beta1", "K8sContainerLimits"),
            ("source.toolkit.fluxcd.io/v1", "HelmRelease"),
        ] {
            assert_eq!(said(api_version, kind).0, Severity::Warn, "{kind}");
        }
        assert_eq!(said("argoproj.io/v1alpha1", "Aplication"), deny("the group argoproj.io has no kind `Aplication`"));
        assert_eq!(said("argoproj.io/v7", "Application"), deny("Application has no version `v7`"));
        assert_eq!(said("apps/v1", "Gadget"), deny("the group apps has no kind `Gadget`"));
        assert_eq!(said("v1", "Gadget"), deny("the core group has no kind `Gadget`"));
    }

    #[test]
    fn constraints_of_gatekeeper_are_no_slips_of_each_other() {
        let limits = |group: &str| GroupVersionKind::new(&format!("{group}/v1beta1"), "K8sContainerLimits");
        assert!(!is_slip(&limits("constraints.gatekeeper.sh"), "K8sContainerLimit"));
        assert!(is_slip(&limits("a.example"), "K8sContainerLimit"));
    }

    #[test]
    fn an_api_version_has_one_slash_at_most() {
        let expected = "`apps/v1/Deployment` is no apiVersion: it has more than one `/`";
        assert_eq!(said("apps/v1/Deployment", "Deployment"), (Severity::Deny, expected.to_owned()));
        assert_eq!(said("a.example/b/c", "Gadget").0, Severity::Deny);
    }
}
