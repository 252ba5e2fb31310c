//! Priority levels of the API server's own queues: `pkg/apis/flowcontrol/validation`.
//!
//! In: the `spec` and the name of a `PriorityLevelConfiguration`. Out: findings. It never asks how much a server can
//! take.

use super::bounds::{at_least, non_negative, number};
use super::fields::{forbidden, in_range, invalid, is_empty, is_one_of, required};
use crate::check::Sink;
use crate::manifest::Node;

const EXEMPT: &str = "exempt";
const DEFAULT_QUEUES: i64 = 64;
const DEFAULT_HAND: i64 = 8;
const MOST_QUEUES: i64 = 10_000_000;
/// What shuffle sharding has of a hash to deal a hand with.
const HASH_BITS: f64 = 60.0;

/// Checks the `spec` of a priority level.
pub(super) fn check(spec: &Node<'_>, name: &str, sink: &mut Sink<'_, '_>) {
    let Some(node) = spec.present("type") else { return };
    let kind = node.as_str().unwrap_or_default();
    if matches!(kind, "Exempt" | "Limited") && (kind == "Exempt") != (name == EXEMPT) {
        let (message, help) = if name == EXEMPT {
            ("the priority level `exempt` must be of type `Exempt`", "write `Exempt`, or choose another name")
        } else {
            ("type `Exempt` is for the priority level `exempt` alone", "write `Limited`")
        };
        invalid(node, message, help, sink);
    }
    match kind {
        "Exempt" => {
            if spec.present("limited").is_some() {
                forbidden(spec, "limited", "may not stand with the type `Exempt`", sink);
            }
            if let Some(exempt) = spec.present("exempt") {
                shares(exempt, sink);
            }
        }
        "Limited" => {
            if spec.present("exempt").is_some() {
                forbidden(spec, "exempt", "may not stand with the type `Limited`", sink);
            }
            match spec.present("limited") {
                Some(limited) => self::limited(limited, sink),
                None => required(spec, "limited", sink),
            }
        }
        "" => is_empty_text(spec, node, sink),
        _ => is_one_of(node, &["Exempt", "Limited"], sink),
    }
}

/// An empty `type`; of one that is no text the schema has spoken.
fn is_empty_text(holder: &Node<'_>, node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if node.as_str().is_some() {
        is_empty(holder, "type", sink);
    }
}

fn shares(level: &Node<'_>, sink: &mut Sink<'_, '_>) {
    non_negative(level, "nominalConcurrencyShares", sink);
    if let Some(percent) = level.present("lendablePercent") {
        in_range(percent, 0, 100, sink);
    }
}

fn limited(limited: &Node<'_>, sink: &mut Sink<'_, '_>) {
    shares(limited, sink);
    non_negative(limited, "borrowingLimitPercent", sink);
    let Some(response) = limited.present("limitResponse") else { return };
    let Some(node) = response.present("type") else { return };
    match node.as_str().unwrap_or_default() {
        "Reject" => {
            if response.present("queuing").is_some() {
                forbidden(response, "queuing", "may not stand with the type `Reject`", sink);
            }
        }
        "Queue" => match response.present("queuing") {
            Some(queuing) => self::queuing(queuing, sink),
            None => required(response, "queuing", sink),
        },
        "" => is_empty_text(response, node, sink),
        _ => is_one_of(node, &["Queue", "Reject"], sink),
    }
}

fn queuing(queuing: &Node<'_>, sink: &mut Sink<'_, '_>) {
    // Zero is the default
    let set = |field| number(queuing, field).filter(|number| *number != 0);
    for field in ["queueLengthLimit", "queues", "handSize"] {
        if set(field).is_some() {
            at_least(queuing, field, 1, sink);
        }
    }
    let (queues, hand) = (set("queues").unwrap_or(DEFAULT_QUEUES), set("handSize").unwrap_or(DEFAULT_HAND));
    let node = queuing.present("queues").unwrap_or(queuing);
    if queues > MOST_QUEUES {
        in_range(node, 1, MOST_QUEUES, sink);
    }
    if queues < 1 || hand < 1 {
        return;
    }
    let place = queuing.present("handSize").unwrap_or(node);
    if hand > queues {
        let message = format!("a hand of {hand} is more than {queues} queues");
        invalid(place, message, "lower `handSize`, or raise `queues`", sink);
    } else if entropy(queues, hand) > HASH_BITS {
        let message = format!("a hand of {hand} out of {queues} queues is more than a hash can deal");
        invalid(place, message, "lower `handSize` or `queues`", sink);
    }
}

/// How many bits of a hash it takes to deal a hand.
#[expect(clippy::cast_precision_loss, reason = "the server computes it so, and the numbers are of 32 bits")]
fn entropy(queues: i64, hand: i64) -> f64 {
    ((queues as f64).log2() * hand as f64).ceil()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::flow_control::check;
    use crate::check::written::{Written, summary};

    fn found(name: &str, spec: &Json) -> String {
        let object = json!({"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "PriorityLevelConfiguration",
            "metadata": {"name": name}, "spec": spec});
        summary(&Written::new(&object).findings(check))
    }

    fn queuing(queuing: &Json) -> String {
        let response = json!({"type": "Queue", "queuing": queuing});
        found("a", &json!({"type": "Limited", "limited": {"limitResponse": response}}))
    }

    #[test]
    fn one_level_is_exempt() {
        assert_eq!(found("exempt", &json!({"type": "Exempt", "exempt": {"lendablePercent": 50}})), "");
        assert!(found("a", &json!({"type": "Exempt"})).contains("`exempt` alone"));
        assert!(found("exempt", &json!({"type": "Limited", "limited": {}})).contains("must be of type `Exempt`"));
        assert!(found("exempt", &json!({"type": "Exempt", "limited": {}})).contains("with the type `Exempt`"));
        assert!(found("a", &json!({"type": "Free"})).starts_with("schema/enum"));
    }

    #[test]
    fn a_limited_level_has_its_limits() {
        let limited = |limited: Json| found("a", &json!({"type": "Limited", "limited": limited}));
        assert_eq!(limited(json!({"limitResponse": {"type": "Reject"}, "nominalConcurrencyShares": 0})), "");
        assert!(found("a", &json!({"type": "Limited"})).contains("missing required field `limited`"));
        assert!(limited(json!({"lendablePercent": 101})).starts_with("schema/range"));
        assert!(limited(json!({"limitResponse": {"type": "Queue"}})).contains("missing required field `queuing`"));
        assert!(limited(json!({"limitResponse": {"type": "Reject", "queuing": {}}})).contains("`queuing` may not"));
        assert!(limited(json!({"limitResponse": {"type": ""}})).contains("`type` is empty"));
    }

    #[test]
    fn a_hand_is_dealt_from_the_queues() {
        assert_eq!(queuing(&json!({"queues": 0, "handSize": 0})), "");
        assert_eq!(queuing(&json!({"queues": 64, "handSize": 10})), "");
        assert!(queuing(&json!({"queues": 64, "handSize": 11})).contains("more than a hash can deal"));
        assert!(queuing(&json!({"queues": 2, "handSize": 4})).contains("a hand of 4 is more than 2 queues"));
        assert!(queuing(&json!({"queues": 4})).contains("a hand of 8 is more than 4 queues"));
        assert!(queuing(&json!({"queues": -1})).starts_with("schema/range"));
        assert!(queuing(&json!({"queues": 10_000_001, "handSize": 1})).starts_with("schema/range"));
        assert!(queuing(&json!({"queueLengthLimit": -1})).starts_with("schema/range"));
    }
}
