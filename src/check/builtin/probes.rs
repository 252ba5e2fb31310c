//! Probes and lifecycle hooks: `validateProbe` and `validateHandler` of `pkg/apis/core/validation`.
//!
//! In: a container that keeps running. Out: findings about how its health is asked for and what runs at its start and
//! end. It never asks whether a port that a probe names is one of the container's: the server does not either.

use super::bounds::{at_least, non_negative};
use super::fields::{forbidden, invalid, is_empty, is_unset, items, one_of, port, port_number, report, text};
use super::pod_spec::Pod;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const PROBES: &[&str] = &["livenessProbe", "readinessProbe", "startupProbe"];
const HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
const COUNTS: &[&str] =
    &["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];

/// Checks a container's probes.
pub(super) fn check(container: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for name in PROBES {
        let Some(probe) = container.present(name).filter(|probe| probe.is_mapping()) else { continue };
        handler(probe, None, sink);
        for count in COUNTS {
            non_negative(probe, count, sink);
        }
        if *name == "readinessProbe" {
            if probe.present("terminationGracePeriodSeconds").is_some() {
                forbidden(probe, "terminationGracePeriodSeconds", "must not be set for a readiness probe", sink);
            }
            continue;
        }
        at_least(probe, "terminationGracePeriodSeconds", 1, sink);
        if let Some(node) = probe.present("successThreshold")
            && node.as_i64().is_some_and(|threshold| threshold > 1)
        {
            let message = "a container that is alive once is alive: `successThreshold` must be 1";
            report(&schema::RANGE, node, message, "write `1`, or remove it", sink);
        }
    }
}

/// Checks a container's hooks.
pub(super) fn lifecycle(pod: &Pod<'_, '_>, lifecycle: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for hook in ["postStart", "preStop"] {
        if let Some(hook) = lifecycle.present(hook).filter(|hook| hook.is_mapping()) {
            handler(hook, Some(pod.grace_period()), sink);
        }
    }
    // `stopSignal` is behind a feature gate: a server drops it unread unless that was opened.
}

/// What is run or asked: exactly one of several things. The grace period is what a pause must fit in.
fn handler(holder: &Node<'_>, grace_period: Option<i64>, sink: &mut Sink<'_, '_>) {
    let mut given = HANDLERS.iter().filter_map(|name| Some((*name, holder.present(name)?)));
    let Some((first, node)) = given.next() else {
        let message = "nothing is asked for: `exec`, `httpGet`, `tcpSocket` and the like all lack";
        return report(&schema::REQUIRED, holder, message, "add one of them", sink);
    };
    if let Some((second, _)) = given.next() {
        forbidden(holder, second, &format!("may not stand beside `{first}`"), sink);
    }
    match first {
        "exec" if is_unset(node, "command") => match node.present("command") {
            Some(command) => report(&schema::REQUIRED, command, "`command` is empty", "add a command", sink),
            None => {
                sink.missing(node, "command");
            }
        },
        "httpGet" => http_get(node, sink),
        "tcpSocket" => node.present("port").into_iter().for_each(|node| port(node, sink)),
        "grpc" => node.present("port").into_iter().for_each(|node| port_number(node, sink)),
        "sleep" => {
            if let (Some(seconds), Some(limit)) = (node.present("seconds"), grace_period)
                && seconds.as_i64().is_some_and(|seconds| seconds < 0 || seconds > limit)
            {
                let message = format!("the pause is not between 0 and {limit}, the pod's grace period");
                report(&schema::RANGE, seconds, message, "shorten it, or raise `terminationGracePeriodSeconds`", sink);
            }
        }
        _ => {}
    }
}

fn http_get(action: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(node) = action.present("port") {
        port(node, sink);
    }
    one_of(action, "scheme", &["HTTP", "HTTPS"], sink);
    for header in items(action, "httpHeaders") {
        let Some(node) = header.present("name") else { continue };
        let Some(name) = text(header, "name") else { continue };
        if name.is_empty() {
            is_empty(header, "name", sink);
        } else if !name.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric()) {
            let message = format!("`{}` is no name of a header", printable(name));
            invalid(node, message, "use letters, digits and `-`", sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::check::builtin::pod_spec::check;
    use crate::check::written::{Written, summary};

    fn found(fields: &Json) -> String {
        let mut container = json!({"name": "a", "image": "a"});
        for (key, value) in fields.as_object().unwrap() {
            container[key] = value.clone();
        }
        let pod =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [container]}});
        summary(&Written::new(&pod).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn a_probe_asks_in_one_way() {
        let probe = |probe: Json| found(&json!({"livenessProbe": probe}));
        assert_eq!(probe(json!({"httpGet": {"port": "http"}})), "");
        assert!(probe(json!({})).starts_with("schema/required /spec/containers/0/livenessProbe: nothing is asked"));
        assert!(
            probe(json!({"exec": {"command": ["a"]}, "grpc": {"port": 1}})).contains("may not stand beside `exec`")
        );
        assert!(probe(json!({"exec": {"command": []}})).contains("`command` is empty"));
        assert!(probe(json!({"tcpSocket": {"port": "80"}})).contains("is not the name of a port"));
        assert!(probe(json!({"tcpSocket": {"port": 1}, "successThreshold": 2})).contains("must be 1"));
        assert_eq!(probe(json!({"tcpSocket": {"port": 1}, "successThreshold": 0})), "", "zero is the default");
    }

    #[test]
    fn a_readiness_probe_ends_no_container() {
        let probe = json!({"tcpSocket": {"port": 1}, "terminationGracePeriodSeconds": 5, "successThreshold": 2});
        assert!(found(&json!({"readinessProbe": probe})).contains("must not be set for a readiness probe"));
        assert_eq!(found(&json!({"readinessProbe": probe})).lines().count(), 1);
    }

    #[test]
    fn a_pause_before_the_end_fits_in_the_grace_period() {
        let pause = |seconds: i64| found(&json!({"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}}));
        assert_eq!(pause(30), "");
        assert!(pause(31).contains("between 0 and 30"));
    }
}
