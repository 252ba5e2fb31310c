//! Findings that several kustomizations share: one base, one line to mend, one finding.
//!
//! In: the findings of all trees. Out: each once, with the kustomizations whose objects have it. It never drops a
//! finding that says something else or stands elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use crate::finding::{Finding, Place, Related};

/// What a kustomization has to do with a finding.
const RENDERED: &str = "rendered by this kustomization";

/// What a chart has to do with a finding.
const RENDERED_CHART: &str = "rendered by this chart";

/// How many kustomizations a finding names.
const MAX_NAMED: usize = 5;

/// Names the kustomization whose object a finding is about, unless the finding stands in it anyway.
pub(super) fn mark(finding: &mut Finding, kustomization: &Arc<str>) {
    let message = if kustomization.ends_with("Chart.yaml") { RENDERED_CHART } else { RENDERED };
    finding.related.push(Related { place: Place::file(Arc::clone(kustomization)), message: message.to_owned() });
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
    let is_rendered = |related: &Related| [RENDERED, RENDERED_CHART].contains(&related.message.as_str());
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
    rendered.retain(|related| related.place.path != finding.place.path || rendered_elsewhere(related));
    finding.related = others;
    finding.related.append(&mut rendered);
}

fn rendered_elsewhere(related: &Related) -> bool {
    ![RENDERED, RENDERED_CHART].contains(&related.message.as_str())
}
