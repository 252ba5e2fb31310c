//! Where a webhook is called: `k8s.io/apiserver/pkg/util/webhook`.
//!
//! In: a `clientConfig`. Out: findings. It calls nothing, and never reads the certificates of a bundle: the server does
//! not, either.

use super::fields::{invalid, is_empty, port_number};
use super::names;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

/// Checks a `clientConfig`: either a URL or a service.
pub(super) fn check(client: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if !client.is_mapping() {
        return;
    }
    match (client.present("url"), client.present("service")) {
        (Some(url), None) => {
            if let Some(text) = url.as_str()
                && let Some((problem, help)) = url_problem(text)
            {
                invalid(url, format!("`{}` {problem}", printable(text)), help, sink);
            }
        }
        (None, Some(service)) => check_service(service, sink),
        (None, None) => invalid(client, "neither `url` nor `service`", "add a `service`", sink),
        (Some(_), Some(_)) => invalid(client, "both `url` and `service`", "remove one of them", sink),
    }
}

/// What is wrong with a URL, its parts taken apart as Go does.
fn url_problem(text: &str) -> Option<(&'static str, &'static str)> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    let authority = rest.strip_prefix("//").map_or("", |rest| rest.split('/').next().unwrap_or_default());
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    Some(if !scheme.eq_ignore_ascii_case("https") {
        ("is no URL of the scheme `https`", "write one such as `https://hook.example.com/check`")
    } else if host.is_empty() {
        ("has no host", "write one such as `https://hook.example.com/check`")
    } else if user.is_some() {
        ("has a user in it", "remove what stands before the `@`")
    } else if !fragment.is_empty() {
        ("has a fragment", "remove what stands behind the `#`")
    } else if !query.is_empty() {
        ("has a query", "remove what stands behind the `?`")
    } else {
        return None;
    })
}

/// Checks a reference to a Service.
fn check_service(service: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for field in ["name", "namespace"] {
        if service.present(field).is_some_and(|node| node.as_str() == Some("")) {
            is_empty(service, field, sink);
        }
    }
    if let Some(port) = service.present("port") {
        port_number(port, sink);
    }
    if let Some(path) = service.present("path")
        && let Some(text) = path.as_str()
        && let Some(problem) = path_problem(text)
    {
        invalid(path, format!("`{}` {problem}", printable(text)), "write one such as `/check`", sink);
    }
}

fn path_problem(path: &str) -> Option<&'static str> {
    if matches!(path, "" | "/") {
        return None;
    }
    let Some(steps) = path.strip_prefix('/') else { return Some("does not begin with `/`") };
    let steps = steps.strip_suffix('/').unwrap_or(steps);
    let mut steps = steps.split('/');
    steps.any(|step| !names::is_dns1123_subdomain(step)).then_some("has a part that is no DNS name")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{check, path_problem, url_problem};
    use crate::check::written::{Written, summary};

    fn found(client: &Json) -> String {
        let object = Written::new(&json!({"apiVersion": "v1", "kind": "A", "client": client}));
        summary(&object.findings(|object, sink| check(object.node.get("client").unwrap(), sink)))
    }

    #[test]
    fn a_client_has_a_url_or_a_service() {
        assert_eq!(found(&json!({"url": "https://a.b/c"})), "");
        assert_eq!(found(&json!({"service": {"name": "a", "namespace": "b", "path": "/c/", "port": 8443}})), "");
        assert!(found(&json!({})).contains("neither `url` nor `service`"));
        assert!(found(&json!({"url": "", "service": {}})).contains("both `url` and `service`"));
        assert!(found(&json!({"service": {"name": ""}})).contains("`name` is empty"));
        assert!(found(&json!({"service": {"port": 0}})).starts_with("schema/range /client/service/port:"));
    }

    #[test]
    fn urls_are_taken_apart_as_go_does() {
        for sound in ["https://a", "HTTPS://a:8443/b//c", "https://[::1]/", "https://a?", "https://a#", "https://:1"] {
            assert_eq!(url_problem(sound), None, "{sound}");
        }
        for (broken, problem) in [
            ("http://a", "scheme"),
            ("a.b/c", "scheme"),
            ("", "scheme"),
            ("https:a", "no host"),
            ("https:///b", "no host"),
            ("https://u@a", "user"),
            ("https://a#b", "fragment"),
            ("https://a?b", "query"),
        ] {
            assert!(url_problem(broken).unwrap().0.contains(problem), "{broken}");
        }
    }

    #[test]
    fn the_parts_of_a_path_are_dns_names() {
        for sound in ["", "/", "/a", "/a/b.c/", "/validate-v1-pod"] {
            assert_eq!(path_problem(sound), None, "{sound}");
        }
        for broken in ["a", "//", "/a//b", "/A", "/a b", "/a?b", "/a/~"] {
            assert!(path_problem(broken).is_some(), "{broken}");
        }
    }
}
