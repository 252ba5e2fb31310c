//! The checks of one object, and what they need to know of the run.
//!
//! In: an object and where it comes from. Out: its findings, and what becomes of it in the account. It reads no file.

use std::sync::Arc;

use super::account::{ObjectOutcome, Outcome, UncheckedReason};
use super::against::{OldObjects, same_object};
use super::builtin::Surroundings;
use super::duplicates::Definition;
use super::schema::{Coverage, Minor, Schemas};
use super::{Sink, builtin, crd, opaque, schema, size, sops};
use crate::catalogue;
use crate::config::Settings;
use crate::finding::Finding;
use crate::manifest::{Object, Sources};
use crate::repo::{FileEntry, Layout, PatchedFields};

/// Which objects a pass looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Those of Kubernetes itself, and everything that is not an object.
    Builtin,
    /// The others: all `CustomResourceDefinitions` are known now.
    Custom,
}

/// What the checks need to know of the run.
#[derive(Clone, Copy)]
pub(super) struct Pass<'p> {
    pub(super) settings: &'p Settings,
    pub(super) layout: &'p Layout,
    /// Every file of the tree: those that are checked, and the others; each list is sorted.
    pub(super) files: [&'p [FileEntry]; 2],
    pub(super) schemas: &'p Schemas,
    pub(super) old: &'p OldObjects,
    /// What the patches of Flux Kustomizations set.
    pub(super) flux_patches: &'p PatchedFields,
    pub(super) part: Part,
}

/// Where an object comes from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'o> {
    /// The file that it was written in.
    pub(super) path: &'o Arc<str>,
    /// The file that answers for it: that of the kustomization it is rendered by, or its own.
    pub(super) judged: &'o Arc<str>,
    /// The texts that its values were written in.
    pub(super) sources: &'o Sources,
    /// The Kubernetes versions that the configuration names for the file.
    pub(super) targets: &'o [Minor],
    /// Whether it is rendered, and not as it is written.
    pub(super) is_rendered: bool,
    /// Whether nothing more is done to it before it is applied.
    pub(super) is_final: bool,
}

/// Whether a path is in any of these lists, which are sorted.
pub(super) fn lists(files: [&[FileEntry]; 2], path: &str) -> bool {
    files.iter().any(|files| files.binary_search_by(|entry| (*entry.path).cmp(path)).is_ok())
}

impl Pass<'_> {
    /// Whether a path is a file of the tree.
    pub(super) fn lists(&self, path: &str) -> bool {
        lists(self.files, path)
    }

    /// Whether a finding fails the run.
    pub(super) fn fails(&self, finding: &Finding) -> bool {
        self.settings.severity_of(finding).is_some_and(|severity| severity >= self.settings.fail_on)
    }

    /// The Kubernetes versions that the configuration names for a file.
    pub(super) fn targets(&self, path: &str) -> Vec<Minor> {
        let bundle = self.schemas.bundle();
        self.settings.targets(path).iter().filter_map(|minor| bundle.minor(minor)).collect()
    }

    /// Checks an object.
    pub(super) fn object(&self, mut object: Object<'_>, origin: Origin<'_>, outcome: &mut Outcome) {
        let Origin { path, judged, sources, targets, is_rendered, is_final } = origin;
        let broken = sops::check(&object, sources);
        let hidden = opaque::hide_encrypted(&mut object);
        let is_gone = |path: &str| !self.lists(path);
        let old = self.old.text(&object, path, is_gone).and_then(|text| same_object(text, &object));
        let (mut findings, coverage) =
            schema::check(&object, sources, self.schemas, targets, old.as_ref().map(|object| &object.node));
        let mut sink = Sink::new(&object, sources);
        let scope = self.schemas.scope(&object.kind, path);
        builtin::check(&object, Surroundings { scope, targets }, &mut sink);
        size::check(&object, &mut sink);
        findings.extend(sink.into_findings());
        let (faults, definition) = crd::judge(&object, sources);
        findings.extend(faults);
        outcome.definitions.extend(definition.map(|definition| (definition, sources.place(object.node.span))));
        let encrypted = opaque::forgive_encrypted(&hidden, &mut findings);
        findings.extend(broken);
        let substituted = opaque::forgive_substituted(&object, &mut findings);
        let set_elsewhere = |field: &str| {
            let (kind, name) = (object.kind.kind.as_str(), object.name().unwrap_or_default());
            !is_rendered && self.layout.sets(path, kind, name, field)
                || !is_final && self.flux_patches.sets(kind, name, field)
        };
        let patched = opaque::forgive_patched(set_elsewhere, &mut findings);
        let rule_failed = findings.iter().any(|finding| finding.rule == catalogue::schema::CEL_FAILED.id);
        let became = match coverage {
            _ if findings.iter().any(|finding| self.fails(finding)) => ObjectOutcome::Invalid,
            Coverage::Checked if rule_failed => ObjectOutcome::Unchecked(UncheckedReason::RuleFailed),
            Coverage::Unchecked => ObjectOutcome::Unchecked(UncheckedReason::NoSchema),
            Coverage::Checked if patched => ObjectOutcome::Unchecked(UncheckedReason::Patched),
            Coverage::Checked if substituted => ObjectOutcome::Unchecked(UncheckedReason::Substituted),
            Coverage::Checked if encrypted => ObjectOutcome::Unchecked(UncheckedReason::Encrypted),
            Coverage::Checked => ObjectOutcome::Valid,
        };
        // Two objects of one kustomization with the same name stop its rendering.
        if !is_rendered {
            outcome.named.extend(Definition::of(&object, sources, became == ObjectOutcome::Valid));
        }
        outcome.object(judged, became);
        outcome.findings.extend(findings);
    }
}
