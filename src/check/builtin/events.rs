//! Events: `ValidateEventCreate` of `pkg/apis/core/validation`.
//!
//! In: an Event of the core group or of `events.k8s.io`. Out: findings about what a new Event must say, and what one of
//! old must not. A namespace that the manifest leaves out is not guessed.

use super::fields::{QUALIFIED_NAME, filled, forbidden, invalid, is_one_of, report, required, text};
use super::lease;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::{Node, Object};

/// Namespaces that an Event about something without one may be in.
const CLUSTER_NAMESPACES: &[&str] = &["default", "kube-system"];
const LONGEST_WORD: usize = 128;
const LONGEST_NOTE: usize = 1024;
/// What took the place of other fields in `events.k8s.io`.
const DEPRECATED: &[&str] =
    &["deprecatedCount", "deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedSource"];

/// Checks an `Event`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.kind != "Event" {
        return;
    }
    let event = &object.node;
    let is_core = object.kind.group.is_empty();
    lease::micro_time(event, "eventTime", sink);
    let series = event.present("series");
    if let Some(series) = series {
        lease::micro_time(series, "lastObservedTime", sink);
    }
    let about = if is_core { "involvedObject" } else { "regarding" };
    namespace(event, about, sink);
    if event.present("eventTime").is_some() {
        new_event(event, is_core, sink);
    } else if !is_core {
        sink.missing(event, "eventTime");
    }
    if is_core {
        return;
    }
    match filled(event, "type") {
        Some(kind) => is_one_of(kind, &["Normal", "Warning"], sink),
        None => required(event, "type", sink),
    }
    for field in DEPRECATED {
        if event.present(field).is_some_and(|node| !is_zero(node)) {
            forbidden(event, field, "cannot be set any more", sink);
        }
    }
    if let Some(series) = series.filter(|series| series.is_mapping()) {
        if let Some(count) = series.present("count")
            && let Some(number) = count.as_i64().filter(|number| *number < 2)
        {
            report(&schema::RANGE, count, format!("`{number}` is less than 2"), "use 2 or more", sink);
        }
        if series.present("lastObservedTime").is_none() && series.get("lastObservedTime").is_some() {
            sink.missing(series, "lastObservedTime");
        }
    }
}

/// The namespace of an Event is that of what it is about.
fn namespace(event: &Node<'_>, about: &str, sink: &mut Sink<'_, '_>) {
    let Some(own) = event.path(&["metadata", "namespace"]).filter(|own| own.as_str() != Some("")) else { return };
    let Some(name) = own.as_str() else { return };
    let other = event.present(about).and_then(|about| about.present("namespace"));
    let is_new = event.present("eventTime").is_some();
    let (agrees, node) = match other.filter(|other| other.as_str() != Some("")) {
        None => (name == "default" || is_new && CLUSTER_NAMESPACES.contains(&name), own),
        Some(other) => (is_new || other.as_str().is_none_or(|other| other == name), other),
    };
    if !agrees {
        let message = format!("the `namespace` of `{about}` is not that of the Event");
        invalid(node, message, "write the same namespace in both places", sink);
    }
}

/// What an Event with an `eventTime` has to say.
fn new_event(event: &Node<'_>, is_core: bool, sink: &mut Sink<'_, '_>) {
    let (controller, note) = if is_core { ("reportingComponent", "message") } else { ("reportingController", "note") };
    required(event, controller, sink);
    QUALIFIED_NAME.check_optional(event, controller, sink);
    for field in ["reportingInstance", "action", "reason"] {
        required(event, field, sink);
    }
    for (field, longest) in
        [("reportingInstance", LONGEST_WORD), ("action", LONGEST_WORD), ("reason", LONGEST_WORD), (note, LONGEST_NOTE)]
    {
        if let Some(node) = event.get(field)
            && text(event, field).is_some_and(|text| text.len() > longest)
        {
            report(&schema::RANGE, node, format!("`{field}` is longer than {longest} bytes"), "shorten it", sink);
        }
    }
}

/// Whether a value is the zero value of Go.
fn is_zero(node: &Node<'_>) -> bool {
    node.as_i64() == Some(0)
        || node.is_mapping() && ["component", "host"].iter().all(|field| filled(node, field).is_none())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::written::{Written, summary};
    use serde_json::{Value as Json, json};

    fn found(mut event: Json) -> String {
        event["kind"] = json!("Event");
        summary(&Written::new(&event).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn an_event_is_in_the_namespace_of_what_it_is_about() {
        let event = |own: Json, other: Json| {
            found(json!({"apiVersion": "v1", "metadata": {"namespace": own}, "involvedObject": {"namespace": other}}))
        };
        assert_eq!(event(json!("a"), json!("a")), "");
        assert_eq!(event(json!("default"), json!(null)), "");
        assert_eq!(event(json!(null), json!("a")), "", "the namespace may come from elsewhere");
        assert!(event(json!("a"), json!("b")).contains("/involvedObject/namespace: the `namespace`"));
        assert!(event(json!("a"), json!(null)).contains("/metadata/namespace: the `namespace`"));
    }

    #[test]
    fn a_new_event_says_who_did_what() {
        let new = json!({"apiVersion": "events.k8s.io/v1", "eventTime": "2024-01-01T00:00:00.000000Z",
            "reportingController": "a.b/c", "reportingInstance": "d", "action": "e", "reason": "f", "type": "Normal"});
        assert_eq!(found(new.clone()), "");
        for field in ["reportingController", "reportingInstance", "action", "reason", "type", "eventTime"] {
            let mut event = new.clone();
            event.as_object_mut().unwrap().remove(field);
            assert_eq!(found(event), format!("schema/required /{field}: missing required field `{field}`\n"));
        }
        let mut event = new;
        event["deprecatedCount"] = json!(1);
        event["eventTime"] = json!("2024-01-01T00:00:00Z");
        assert!(found(event.clone()).contains("cannot be set any more") && found(event).contains("six digits"));
    }
}
