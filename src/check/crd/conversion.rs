//! `spec.conversion`: how objects get from one version to another.
//!
//! In: the `spec` of a definition. Out: findings. It never calls a webhook.

use std::collections::HashSet;

use super::names::is_dns_label;
use super::{one_of, report};
use crate::catalogue::crd::INVALID;
use crate::check::Sink;
use crate::manifest::Node;

/// The versions of `ConversionReview` that API servers send.
const REVIEWS: &[&str] = &["v1", "v1beta1"];

pub(super) fn check(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(conversion) = spec.present("conversion") else { return };
    let Some(strategy) = conversion.present("strategy") else { return };
    match strategy.as_str() {
        Some("Webhook") => check_webhook(conversion, sink),
        Some("None") => {
            if let Some(webhook) = conversion.present("webhook")
                && !(webhook.present("clientConfig").is_none()
                    && webhook.present("conversionReviewVersions").is_none_or(|versions| versions.items().is_empty()))
            {
                let message = "`webhook` stands beside the strategy `None`";
                report(sink, &INVALID, webhook, message, "remove `webhook`, or write `strategy: Webhook`");
            }
        }
        Some(other) => {
            let allowed = one_of(&["None", "Webhook"]);
            report(sink, &INVALID, strategy, format!("unknown strategy `{other}`"), format!("write {allowed}"));
        }
        None => {}
    }
}

fn check_webhook(conversion: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(webhook) = conversion.present("webhook") else {
        let help = "add `webhook` with `clientConfig` and `conversionReviewVersions`";
        report(sink, &INVALID, conversion, "the strategy `Webhook` lacks `webhook`", help);
        return;
    };
    if let Some(config) = webhook.present("clientConfig") {
        check_client(config, sink);
    } else {
        let help = "add `clientConfig` with a `service` or a `url`";
        report(sink, &INVALID, webhook, "the conversion webhook lacks `clientConfig`", help);
    }
    match webhook.present("conversionReviewVersions") {
        Some(versions) => check_reviews(versions, sink),
        None => {
            sink.missing(webhook, "conversionReviewVersions");
        }
    }
}

fn check_client(config: &Node<'_>, sink: &mut Sink<'_, '_>) {
    match (config.present("url"), config.present("service")) {
        (Some(url), None) => {
            if let Some(text) = url.as_str()
                && let Some(problem) = url_problem(text)
            {
                report(sink, &INVALID, url, format!("webhook URL `{text}` {problem}"), "write `https://host/path`");
            }
        }
        (None, Some(service)) => check_service(service, sink),
        (None, None) => {
            let message = "the conversion webhook has neither `url` nor `service`";
            report(sink, &INVALID, config, message, "add a `service` with `name` and `namespace`");
        }
        (Some(url), Some(_)) => {
            report(sink, &INVALID, url, "the conversion webhook has both `url` and `service`", "remove one of them");
        }
    }
}

fn url_problem(text: &str) -> Option<&'static str> {
    let Some((scheme, rest)) = text.split_once("://") else { return Some("is not a URL") };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    if scheme != "https" {
        Some("does not begin with `https://`")
    } else if authority.is_empty() {
        Some("has no host")
    } else if authority.contains('@') {
        Some("has a user in it")
    } else if tail.contains('#') {
        Some("has a fragment")
    } else if tail.contains('?') {
        Some("has a query")
    } else {
        None
    }
}

fn check_service(service: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for key in ["name", "namespace"] {
        if let Some(node) = service.present(key)
            && node.as_str() == Some("")
        {
            report(sink, &INVALID, node, format!("the service's `{key}` is empty"), format!("write the `{key}`"));
        }
    }
    if let Some(node) = service.present("port")
        && let Some(port) = node.as_i64()
        && !(1..=65535).contains(&port)
    {
        report(sink, &INVALID, node, format!("port `{port}` is not between 1 and 65535"), "write the service's port");
    }
    if let Some(node) = service.present("path")
        && let Some(path) = node.as_str()
        && !path.is_empty()
        && !path.starts_with('/')
    {
        report(sink, &INVALID, node, format!("path `{path}` does not begin with `/`"), format!("write `/{path}`"));
    }
}

fn check_reviews(versions: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let mut seen = HashSet::new();
    for node in versions.items() {
        let Some(version) = node.as_str() else { continue };
        if !seen.insert(version) {
            report(sink, &INVALID, node, format!("version `{version}` is listed twice"), "remove one of them");
        } else if !is_dns_label(version) {
            report(sink, &INVALID, node, format!("version `{version}` is not a DNS label"), "write `v1`");
        }
    }
    if !REVIEWS.iter().any(|version| seen.contains(version)) {
        let message = format!("`conversionReviewVersions` has neither {}", one_of(REVIEWS).replace(" or ", " nor "));
        report(sink, &INVALID, versions, message, "add `v1`");
    }
}
