//! What keeps pods running: Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController; and PodTemplate and
//! `ControllerRevision`.
//!
//! In: an object. Out: findings about its selector, counts and update strategy, and about the labels and annotations of
//! its pod template. What a pod template demands beyond its metadata is checked by `pod_spec`.

use super::bounds::{Percent, count_or_percent, non_negative, number, one_of};
use super::names::is_dns1123_label;
use super::object_name::NameRule;
use super::{metadata, selector, storage};
use crate::catalogue::object::INVALID;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

/// Checks a workload; nothing of any other kind.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.version != "v1" {
        return;
    }
    let spec = object.node.present("spec");
    match (object.kind.group.as_str(), object.kind.kind.as_str()) {
        ("", "PodTemplate") => template_metadata(&object.node, sink),
        ("", "ReplicationController") => spec.into_iter().for_each(|spec| replication_controller(spec, sink)),
        ("apps", "Deployment") => spec.into_iter().for_each(|spec| deployment(spec, sink)),
        ("apps", "StatefulSet") => spec.into_iter().for_each(|spec| stateful_set(spec, sink)),
        ("apps", "DaemonSet") => spec.into_iter().for_each(|spec| daemon_set(spec, sink)),
        ("apps", "ReplicaSet") => spec.into_iter().for_each(|spec| replica_set(spec, sink)),
        ("apps", "ControllerRevision") => controller_revision(&object.node, sink),
        _ => {}
    }
}

/// Checks labels and annotations of a pod template.
pub(super) fn template_metadata(owner: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(metadata) = owner.path(&["template", "metadata"]) else { return };
    if let Some(labels) = metadata.present("labels") {
        metadata::labels(labels, sink);
    }
    if let Some(annotations) = metadata.present("annotations") {
        metadata::annotations(annotations, sink);
    }
}

fn deployment(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    non_negative(spec, "replicas", sink);
    selected_template(spec, sink);
    if let Some(strategy) = spec.present("strategy") {
        let kind = one_of(strategy, "type", &["Recreate", "RollingUpdate"], sink);
        match (kind.or_else(|| default_type(strategy, "RollingUpdate")), strategy.present("rollingUpdate")) {
            (Some("Recreate"), Some(rolling)) => superfluous(rolling, "Recreate", sink),
            (Some("RollingUpdate"), Some(rolling)) => rolling_deployment(rolling, sink),
            _ => {}
        }
    }
    non_negative(spec, "minReadySeconds", sink);
    non_negative(spec, "revisionHistoryLimit", sink);
    non_negative(spec, "progressDeadlineSeconds", sink);
    let ready = number(spec, "minReadySeconds").unwrap_or(0);
    let deadline = spec.present("progressDeadlineSeconds");
    let (Some(node), Some(seconds)) =
        (deadline.or_else(|| spec.present("minReadySeconds")), deadline.map_or(Some(600), Node::as_i64))
    else {
        return;
    };
    if seconds <= ready && seconds >= 0 {
        let default = if deadline.is_none() { "the default " } else { "" };
        let message =
            format!("`progressDeadlineSeconds` is {default}`{seconds}`, but must be over `minReadySeconds`, `{ready}`");
        sink.value(&INVALID, node, message).help = Some(format!("set `progressDeadlineSeconds` to more than {ready}"));
    }
}

fn rolling_deployment(rolling: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let unavailable = count_or_percent(rolling, "maxUnavailable", Percent::UpToHundred, sink);
    let surge = count_or_percent(rolling, "maxSurge", Percent::Unbounded, sink);
    // Both are 25% unless they are given.
    if unavailable == Some(0) && surge == Some(0) {
        let node = rolling.present("maxUnavailable").unwrap_or(rolling);
        sink.value(&INVALID, node, "`maxUnavailable` and `maxSurge` are both zero: no pod could be replaced").help =
            Some("raise one of them".to_owned());
    }
}

fn stateful_set(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    one_of(spec, "podManagementPolicy", &["OrderedReady", "Parallel"], sink);
    if let Some(strategy) = spec.present("updateStrategy") {
        let kind = one_of(strategy, "type", &["RollingUpdate", "OnDelete"], sink);
        match (kind.or_else(|| default_type(strategy, "RollingUpdate")), strategy.present("rollingUpdate")) {
            (Some("OnDelete"), Some(rolling)) => superfluous(rolling, "OnDelete", sink),
            (Some("RollingUpdate"), Some(rolling)) => {
                non_negative(rolling, "partition", sink);
                if count_or_percent(rolling, "maxUnavailable", Percent::UpToHundred, sink) == Some(0)
                    && let Some(node) = rolling.present("maxUnavailable")
                {
                    sink.value(&INVALID, node, "`maxUnavailable` is zero: no pod could be replaced").help =
                        Some("write `1`, the default, or more".to_owned());
                }
            }
            _ => {}
        }
    }
    if let Some(policy) = spec.present("persistentVolumeClaimRetentionPolicy") {
        one_of(policy, "whenDeleted", &["Retain", "Delete"], sink);
        one_of(policy, "whenScaled", &["Retain", "Delete"], sink);
    }
    non_negative(spec, "replicas", sink);
    non_negative(spec, "minReadySeconds", sink);
    if let Some(ordinals) = spec.present("ordinals") {
        non_negative(ordinals, "start", sink);
    }
    if let Some(node) = spec.present("serviceName")
        && let Some(text) = node.as_str().filter(|text| !text.is_empty() && !is_dns1123_label(text))
    {
        let message = format!("`{}` is no name of a Service: it must be {}", printable(text), NameRule::Label.wanted());
        sink.value(&INVALID, node, message).help =
            NameRule::Label.mended(text).map(|mended| format!("did you mean `{mended}`?"));
    }
    for claim in spec.present("volumeClaimTemplates").into_iter().flat_map(Node::items) {
        match claim.present("spec") {
            Some(spec) => storage::claim_spec(spec, sink),
            None if claim.is_mapping() => {
                sink.missing(claim, "spec");
            }
            None => {}
        }
    }
    selected_template(spec, sink);
}

fn daemon_set(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    selected_template(spec, sink);
    non_negative(spec, "minReadySeconds", sink);
    non_negative(spec, "revisionHistoryLimit", sink);
    let Some(strategy) = spec.present("updateStrategy") else { return };
    let kind = one_of(strategy, "type", &["RollingUpdate", "OnDelete"], sink);
    if kind.or_else(|| default_type(strategy, "RollingUpdate")) != Some("RollingUpdate") {
        return;
    }
    let Some(rolling) = strategy.present("rollingUpdate") else { return };
    let unavailable = rolling.present("maxUnavailable");
    let surge = rolling.present("maxSurge");
    // One may be unavailable and none surges unless they are given.
    let unavailable_value =
        count_or_percent(rolling, "maxUnavailable", Percent::UpToHundred, sink).or(unavailable.is_none().then_some(1));
    let surge_value =
        count_or_percent(rolling, "maxSurge", Percent::UpToHundred, sink).or(surge.is_none().then_some(0));
    match (unavailable_value, surge_value) {
        (Some(0), Some(0)) => {
            sink.value(
                &INVALID,
                unavailable.unwrap_or(rolling),
                "`maxUnavailable` and `maxSurge` are both zero: no pod could be replaced",
            )
            .help = Some("raise one of them".to_owned());
        }
        (Some(1..), Some(1..)) => {
            let default = if unavailable.is_none() { ", as it is by default" } else { "" };
            let message = format!("`maxSurge` is set, but `maxUnavailable` is not zero{default}");
            sink.value(&INVALID, surge.unwrap_or(rolling), message).help =
                Some("set `maxUnavailable: 0`, or remove `maxSurge`".to_owned());
        }
        _ => {}
    }
}

fn replica_set(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    non_negative(spec, "replicas", sink);
    non_negative(spec, "minReadySeconds", sink);
    selected_template(spec, sink);
}

fn replication_controller(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    non_negative(spec, "replicas", sink);
    non_negative(spec, "minReadySeconds", sink);
    template_metadata(spec, sink);
    let selector = spec.present("selector").filter(|selector| !selector.entries().is_empty());
    match (spec.present("template"), selector) {
        (None, _) => {
            sink.missing(spec, "template");
        }
        (Some(_), Some(selector)) => selector::check_template_labels(selector, spec, sink),
        // The selector is made of the template's labels.
        (Some(template), None) => {
            let labels = template.path(&["metadata", "labels"]);
            if labels.is_none_or(|labels| labels.is_mapping() && labels.entries().is_empty()) {
                sink.missing(spec, "selector").help = Some("add labels to the template, or `selector` too".to_owned());
            }
        }
    }
}

fn controller_revision(revision: &Node<'_>, sink: &mut Sink<'_, '_>) {
    non_negative(revision, "revision", sink);
    match revision.present("data") {
        None => {
            sink.missing(revision, "data");
        }
        Some(data) if !data.is_mapping() => {
            sink.value(&INVALID, data, "`data` is no object").help = Some("write a mapping".to_owned());
        }
        Some(_) => {}
    }
}

/// The selector, which must match the labels of the pod template, and the template's metadata.
fn selected_template(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    template_metadata(spec, sink);
    let Some(node) = spec.present("selector").filter(|node| node.is_mapping()) else { return };
    selector::check(node, sink);
    if selector::is_empty(node) {
        sink.value(&INVALID, node, "an empty selector would select every pod").help =
            Some("select the labels of the pod template under `matchLabels`".to_owned());
    } else {
        selector::check_template(node, spec, sink);
    }
}

/// What an absent or empty `type` of a strategy becomes; none where the type that is written is wrong.
fn default_type(strategy: &Node<'_>, default: &'static str) -> Option<&'static str> {
    strategy.present("type").is_none_or(|node| node.as_str() == Some("")).then_some(default)
}

fn superfluous(rolling: &Node<'_>, kind: &str, sink: &mut Sink<'_, '_>) {
    let message = format!("`rollingUpdate` must not be set with the strategy `{kind}`");
    sink.value(&INVALID, rolling, message).help =
        Some("remove `rollingUpdate`, or write `type: RollingUpdate`".to_owned());
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    /// What is found in a workload whose selector matches its template, with more fields in its spec.
    fn found(kind: &str, fields: &Json) -> String {
        let mut spec = json!({
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}}
        });
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let object = Written::new(&json!({"apiVersion": "apps/v1", "kind": kind, "spec": spec}));
        summary(&object.findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn counts_must_not_be_negative() {
        assert_eq!(found("Deployment", &json!({"replicas": 0, "revisionHistoryLimit": 0})), "");
        assert!(found("Deployment", &json!({"replicas": -1})).starts_with("schema/range /spec/replicas:"));
        assert!(
            found("StatefulSet", &json!({"ordinals": {"start": -1}})).starts_with("schema/range /spec/ordinals/start:")
        );
        assert_eq!(found("StatefulSet", &json!({"revisionHistoryLimit": -1})), "", "the server does not look");
    }

    #[test]
    fn a_deployment_must_be_able_to_roll() {
        let rolling = |rolling: Json| found("Deployment", &json!({"strategy": {"rollingUpdate": rolling}}));
        assert_eq!(rolling(json!({"maxUnavailable": 0})), "", "a quarter surges by default");
        assert!(rolling(json!({"maxUnavailable": 0, "maxSurge": "0%"})).contains("both zero"));
        assert!(rolling(json!({"maxUnavailable": "101%"})).contains("/maxUnavailable"));
        assert_eq!(rolling(json!({"maxSurge": "200%"})), "");
        assert!(
            found("Deployment", &json!({"strategy": {"type": "Recreate", "rollingUpdate": {}}}))
                .contains("must not be set")
        );
        assert_eq!(found("Deployment", &json!({"strategy": {"type": "Recreate", "rollingUpdate": null}})), "");
        assert!(
            found("Deployment", &json!({"strategy": {"type": "BlueGreen"}}))
                .starts_with("schema/enum /spec/strategy/type:")
        );
    }

    #[test]
    fn the_deadline_is_later_than_pods_are_ready() {
        assert!(
            found("Deployment", &json!({"minReadySeconds": 30, "progressDeadlineSeconds": 30}))
                .contains("/spec/progressDeadlineSeconds:")
        );
        assert!(
            found("Deployment", &json!({"minReadySeconds": 600}))
                .contains("/spec/minReadySeconds: `progressDeadlineSeconds` is the default `600`")
        );
        assert_eq!(found("Deployment", &json!({"minReadySeconds": 599})), "");
    }

    #[test]
    fn a_daemon_set_surges_or_lets_pods_be_unavailable() {
        let rolling = |rolling: Json| found("DaemonSet", &json!({"updateStrategy": {"rollingUpdate": rolling}}));
        assert!(rolling(json!({"maxSurge": 1})).contains("as it is by default"));
        assert_eq!(rolling(json!({"maxSurge": 1, "maxUnavailable": 0})), "");
        assert!(rolling(json!({"maxUnavailable": 0})).contains("both zero"));
        assert_eq!(rolling(json!({"maxUnavailable": "10%"})), "");
    }

    #[test]
    fn an_empty_selector_is_refused_and_an_absent_one_is_the_schemas_matter() {
        assert!(found("ReplicaSet", &json!({"selector": {"matchLabels": {}}})).contains("every pod"));
        assert_eq!(found("ReplicaSet", &json!({"selector": null})), "");
    }

    #[test]
    fn a_replication_controller_selects_the_labels_of_its_template() {
        let found = |spec: Json| {
            let object = Written::new(&json!({"apiVersion": "v1", "kind": "ReplicationController", "spec": spec}));
            summary(&object.findings(|object, sink| check(object, sink)))
        };
        assert_eq!(found(json!({"template": {"metadata": {"labels": {"app": "web"}}}})), "");
        assert!(found(json!({"template": {}})).starts_with("schema/required /spec/selector:"));
        assert!(found(json!({})).starts_with("schema/required /spec/template:"));
        assert!(
            found(json!({"selector": {"app": "api"}, "template": {"metadata": {"labels": {"app": "web"}}}}))
                .contains("`app: api`")
        );
    }
}
