//! Findings that several kustomizations share: one base, one line to mend, one finding.
//!
//! In: the findings of all trees. Out: each once, with the kustomizations whose objects have it. It never drops a
//! finding that says something else or stands elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use crate::finding::{Finding, Place, Related};
use crate::render::RenderedTree;
use crate::repo::TreeKind;

/// What a kustomization has to do with a finding.
const RENDERED: &str = "rendered by this kustomization";

/// What a chart has to do with a finding.
const RENDERED_CHART: &str = "rendered by this chart";

/// What an object has to do with a finding that has a chart rendered.
const RENDERED_FOR: &str = "rendered for ";

/// How many kustomizations a finding names.
const MAX_NAMED: usize = 5;

/// Names the tree whose object a finding is about, unless the finding stands in it anyway.
pub(super) fn mark(finding: &mut Finding, tree: &RenderedTree) {
    let (file, message) = match (tree.kind, &tree.by, &tree.by_file) {
        // A chart is nothing without its values.
        (TreeKind::Chart, Some(by), Some(file)) => (file, format!("{RENDERED_FOR}{by}")),
        (TreeKind::Chart, ..) => (&tree.named, RENDERED_CHART.to_owned()),
        _ => (&tree.named, RENDERED.to_owned()),
    };
    finding.related.push(Related { place: Place::file(Arc::clone(file)), message });
}

/// Makes one of the findings that say the same of the same place.
pub(super) fn merge(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut known: HashMap<(String, Place, String, Option<String>), usize> = HashMap::new();
    for finding in findings {
        let key = (finding.rule.to_string(), finding.place.clone(), finding.message.clone(), finding.pointer.clone());
        let Some(first) = known.get(&key).and_then(|index| merged.get_mut(*index)) else {
            known.insert(key, merged.len());
            merged.push(finding);
            continue;
        };
        first.severity = first.severity.max(finding.severity);
        for related in finding.related {
            if !first.related.contains(&related) {
                first.related.push(related);
            }
        }
    }
    merged.iter_mut().for_each(name_kustomizations);
    merged
}

/// Sorts the kustomizations, and leaves the rest to a number.
fn name_kustomizations(finding: &mut Finding) {
    let is_rendered = |related: &Related| {
        let message = related.message.as_str();
        [RENDERED, RENDERED_CHART].contains(&message) || message.starts_with(RENDERED_FOR)
    };
    let (mut rendered, others): (Vec<Related>, Vec<Related>) =
        std::mem::take(&mut finding.related).into_iter().partition(is_rendered);
    rendered.sort();
    let more = rendered.len().saturating_sub(MAX_NAMED);
    rendered.truncate(MAX_NAMED);
    if more > 0
        && let Some(last) = rendered.last_mut()
    {
        last.message = format!("{}, and {more} more", last.message);
    }
    // The finding's own kustomization needs no second mention.
    rendered.retain(|related| related.place.path != finding.place.path);
    finding.related = others;
    finding.related.append(&mut rendered);
}
