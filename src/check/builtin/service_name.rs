//! The names of Services, which grew laxer: `ValidateService` and `validateIngressServiceBackend`.
//!
//! In: an object, and the versions of Kubernetes that it is for. Out: findings about the name of a Service, or about
//! those that an Ingress sends its requests to, in the versions that have the stricter rule. What no version takes is for
//! the other checks of the two kinds.

use super::fields::items;
use super::names;
use crate::catalogue::{metadata, object as rules};
use crate::check::Sink;
use crate::check::schema::{Minor, bundle};
use crate::manifest::{Node, Object};
use crate::report::printable;

/// The first version in which `RelaxedServiceNameValidation` is on.
const RELAXED_SINCE: &str = "1.36";

/// Checks the names that an object has or names.
pub(super) fn check(object: &Object<'_>, targets: &[Minor], sink: &mut Sink<'_, '_>) {
    let root = &object.node;
    match (object.kind.group.as_str(), object.kind.kind.as_str()) {
        ("", "Service") => {
            if let Some(name) = root.path(&["metadata", "name"]) {
                check_name(name, &metadata::NAME, targets, sink);
            }
        }
        ("networking.k8s.io", "Ingress") => {
            let Some(spec) = root.present("spec") else { return };
            let paths = items(spec, "rules").iter().filter_map(|rule| rule.present("http"));
            let backends = paths.flat_map(|http| items(http, "paths")).filter_map(|path| path.present("backend"));
            for backend in spec.present("defaultBackend").into_iter().chain(backends) {
                if let Some(name) = backend.path(&["service", "name"]) {
                    check_name(name, &rules::INVALID, targets, sink);
                }
            }
        }
        _ => {}
    }
}

fn check_name(node: &Node<'_>, rule: &'static crate::catalogue::Rule, targets: &[Minor], sink: &mut Sink<'_, '_>) {
    let Some(name) = node.as_str() else { return };
    if !names::is_dns1123_label(name) || names::is_dns1035_label(name) {
        return;
    }
    let bundle = bundle();
    let Some(relaxed) = bundle.minor(RELAXED_SINCE) else { return };
    let strict: Vec<Minor> = targets.iter().copied().filter(|minor| *minor < relaxed).collect();
    if strict.is_empty() {
        return;
    }
    let message = format!("the name of a Service cannot begin with a digit before Kubernetes {RELAXED_SINCE}");
    let finding = sink.value(rule, node, message);
    finding.help = Some(format!("put a letter before it, as in `s{}`", printable(name)));
    if strict.len() < targets.len() {
        finding.kubernetes =
            strict.iter().filter_map(|minor| bundle.minors().get(minor.0)).map(|&minor| minor.to_owned()).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::schema::bundle;
    use crate::check::written::Written;
    use serde_json::{Value, json};

    fn versions(object: &Value, targets: &[&str]) -> Vec<Vec<String>> {
        let targets: Vec<_> = targets.iter().map(|minor| bundle().minor(minor).unwrap()).collect();
        let findings = Written::new(object).findings(|object, sink| check(object, &targets, sink));
        findings.into_iter().map(|finding| finding.kubernetes.clone()).collect()
    }

    #[test]
    fn a_digit_may_begin_a_name_in_newer_versions_alone() {
        let service = |name: &str| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}});
        assert_eq!(versions(&service("1web"), &["1.36", "1.37"]).len(), 0);
        assert_eq!(versions(&service("web"), &["1.30", "1.37"]).len(), 0);
        assert_eq!(versions(&service("1web"), &["1.30", "1.35"]), [Vec::<String>::new()]);
        assert_eq!(versions(&service("1web"), &["1.35", "1.36"]), [["1.35"]]);
        assert_eq!(versions(&service("Web"), &["1.30"]).len(), 0, "told by the check of names");
    }

    #[test]
    fn so_it_is_with_the_services_of_an_ingress() {
        let backend = json!({"service": {"name": "1web", "port": {"number": 80}}});
        let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a"},
            "spec": {"defaultBackend": backend, "rules": [{"http": {"paths": [{"backend": backend}]}}]}});
        assert_eq!(versions(&ingress, &["1.35"]).len(), 2);
        assert_eq!(versions(&ingress, &["1.37"]).len(), 0);
    }
}
