//! Projected volumes: `validateProjectedVolumeSource` of `pkg/apis/core/validation`.
//!
//! In: the `projected` source of a pod's volume. Out: findings about the parts that it is put together of, and about
//! files that two of them write. It never asks for tokens or certificates, nor who signs them.

use super::fields::{duplicate, forbidden, in_range, invalid, is_one_of, items, not_empty, report, required};
use super::volumes::{file_path, key_to_path, mode, pod_field, single_source};
use super::{metadata, names, selector};
use crate::catalogue::object::INVALID;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const SOURCES: &[&str] =
    &["clusterTrustBundle", "configMap", "downwardAPI", "podCertificate", "secret", "serviceAccountToken"];
const KEY_TYPES: &[&str] = &["ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519", "RSA3072", "RSA4096"];
/// Where a certificate and its key can be put.
const CERTIFICATE_PATHS: &[&str] = &["credentialBundlePath", "keyPath", "certificateChainPath"];
const SHORTEST_TOKEN: i64 = 10 * 60;
const LONGEST_TOKEN: i64 = 1 << 32;
const SHORTEST_CERTIFICATE: i64 = 60 * 60;
const LONGEST_CERTIFICATE: i64 = 91 * 24 * 60 * 60;
/// The most that a signer of Kubernetes gives.
const LONGEST_OF_KUBERNETES: i64 = 24 * 60 * 60;
const LONGEST_SIGNER: usize = 571;

/// Checks a projected volume.
pub(super) fn check(source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    mode(source, "defaultMode", sink);
    let mut paths = Vec::new();
    for part in items(source, "sources") {
        let Some((kind, node)) = single_source(part, SOURCES, sink).filter(|(_, node)| node.is_mapping()) else {
            continue;
        };
        match kind {
            "secret" | "configMap" => {
                required(node, "name", sink);
                for item in items(node, "items") {
                    key_to_path(item, sink);
                    paths.extend(item.present("path"));
                }
            }
            "downwardAPI" => {
                for file in items(node, "items") {
                    pod_field(file, sink);
                    paths.extend(file.present("path"));
                }
            }
            // The server does not count the token's file among those that must differ
            "serviceAccountToken" => {
                if let Some(seconds) = node.present("expirationSeconds") {
                    in_range(seconds, SHORTEST_TOKEN, LONGEST_TOKEN, sink);
                }
                file_path(node, "path", sink);
            }
            "clusterTrustBundle" => {
                trust_bundle(node, sink);
                paths.extend(node.present("path"));
            }
            _ => {
                pod_certificate(node, sink);
                paths.extend(CERTIFICATE_PATHS.iter().filter_map(|field| node.present(field)));
            }
        }
    }
    distinct_paths(&paths, sink);
}

fn distinct_paths(paths: &[&Node<'_>], sink: &mut Sink<'_, '_>) {
    for (index, node) in paths.iter().enumerate() {
        if let Some(path) = node.as_str().filter(|path| !path.is_empty())
            && paths.iter().take(index).any(|earlier| earlier.as_str() == Some(path))
        {
            duplicate(node, format!("`{}` is the path of another file of the volume, too", printable(path)), sink);
        }
    }
}

fn trust_bundle(bundle: &Node<'_>, sink: &mut Sink<'_, '_>) {
    file_path(bundle, "path", sink);
    match (bundle.present("name"), bundle.present("signerName")) {
        (Some(_), Some(_)) => forbidden(bundle, "signerName", "may not stand beside `name`", sink),
        (Some(name), None) => {
            bundle_name(bundle, name, sink);
            if bundle.present("labelSelector").is_some() {
                forbidden(bundle, "labelSelector", "may not stand beside `name`", sink);
            }
        }
        (None, Some(_)) => {
            signer_name(bundle, sink);
            if let Some(labels) = bundle.present("labelSelector") {
                selector::check(labels, sink);
            }
        }
        (None, None) => {
            report(&schema::REQUIRED, bundle, "neither `name` nor `signerName`", "add one of them", sink);
        }
    }
}

/// The name of a bundle, which begins with that of its signer, if it has one: with colons for slashes.
fn bundle_name(bundle: &Node<'_>, node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(name) = node.as_str() else { return };
    if name.is_empty() {
        return not_empty(bundle, &["name"], sink);
    }
    let (signer, own) = name.rsplit_once(':').unwrap_or(("", name));
    if signer.contains('/') || !names::is_dns1123_subdomain(own) {
        let message = format!("`{}` is no name of a ClusterTrustBundle", printable(name));
        invalid(node, message, "write a DNS name, behind the signer's and `:` if it has one", sink);
    }
}

fn pod_certificate(certificate: &Node<'_>, sink: &mut Sink<'_, '_>) {
    signer_name(certificate, sink);
    if let Some(annotations) = certificate.present("userAnnotations") {
        metadata::annotations(annotations, sink);
        for entry in annotations.entries() {
            if !entry.key.contains('/') && names::is_qualified_name(&entry.key.to_lowercase()) {
                let message = format!("`{}` has no domain before it", printable(&entry.key));
                sink.key(&INVALID, entry, message).help =
                    Some(format!("write one, as in `example.com/{}`", printable(&entry.key)));
            }
        }
    }
    if let Some(kind) = certificate.present("keyType") {
        is_one_of(kind, KEY_TYPES, sink);
    }
    if let Some(seconds) = certificate.present("maxExpirationSeconds") {
        let signer = certificate.present("signerName").and_then(Node::as_str).unwrap_or_default();
        let domain = signer.split('/').next().unwrap_or_default();
        let of_kubernetes = domain == "kubernetes.io" || domain.ends_with(".kubernetes.io");
        let longest = if of_kubernetes { LONGEST_OF_KUBERNETES } else { LONGEST_CERTIFICATE };
        in_range(seconds, SHORTEST_CERTIFICATE, longest, sink);
    }
    let is_given = |field: &&&str| certificate.present(field).is_some_and(|node| node.as_str() != Some(""));
    if CERTIFICATE_PATHS.iter().filter(is_given).count() == 0 {
        let message = "none of `credentialBundlePath`, `keyPath` and `certificateChainPath`";
        report(&schema::REQUIRED, certificate, message, "add `credentialBundlePath`", sink);
    }
    for field in CERTIFICATE_PATHS.iter().filter(is_given) {
        file_path(certificate, field, sink);
    }
}

fn signer_name(holder: &Node<'_>, sink: &mut Sink<'_, '_>) {
    not_empty(holder, &["signerName"], sink);
    if let Some(node) = holder.present("signerName")
        && let Some(name) = node.as_str().filter(|name| !name.is_empty() && !is_signer_name(name))
    {
        let message = format!("`{}` is no name of a signer", printable(name));
        invalid(node, message, "write a domain, `/` and a name, as in `example.com/my-signer`", sink);
    }
}

/// A domain of two labels at least, `/`, and DNS names joined by dots.
fn is_signer_name(name: &str) -> bool {
    let Some((domain, path)) = name.split_once('/') else { return false };
    name.len() <= LONGEST_SIGNER
        && domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(names::is_dns1123_label)
        && path.split('.').all(names::is_dns1123_subdomain)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{check, is_signer_name};
    use crate::check::written::{Written, summary};

    fn found(sources: &Json) -> String {
        let object = Written::new(&json!({"apiVersion": "v1", "kind": "A", "sources": sources}));
        summary(&object.findings(|object, sink| check(&object.node, sink)))
    }

    fn part(kind: &str, source: &Json) -> String {
        found(&json!([{kind: source}]))
    }

    #[test]
    fn a_part_is_of_one_kind_or_of_none() {
        assert_eq!(found(&json!([{}, {"secret": {"name": "a"}}])), "");
        let two = found(&json!([{"configMap": {"name": "a"}, "secret": {"name": "a"}}]));
        assert!(two.contains("`secret` may not stand beside `configMap`"));
        assert!(part("secret", &json!({"items": []})).contains("missing required field `name`"));
    }

    #[test]
    fn no_two_parts_write_one_file() {
        let file = |path: &str| json!([{"key": "k", "path": path}]);
        let both = |first: &str, second: &str| {
            found(&json!([
                {"configMap": {"name": "a", "items": file(first)}},
                {"secret": {"name": "b", "items": file(second)}}
            ]))
        };
        assert_eq!(both("a", "b"), "");
        assert!(both("a", "a").contains("/sources/1/secret/items/0/path: `a` is the path of another file"));
        let token =
            json!([{"configMap": {"name": "a", "items": file("token")}}, {"serviceAccountToken": {"path": "token"}}]);
        assert_eq!(found(&token), "", "the server lets it pass");
    }

    #[test]
    fn a_token_lives_ten_minutes_at_least() {
        let token = |seconds: i64| part("serviceAccountToken", &json!({"path": "a", "expirationSeconds": seconds}));
        assert_eq!(token(600) + &token(1 << 32), "");
        assert!(token(599).starts_with("schema/range "));
        assert!(token((1 << 32) + 1).starts_with("schema/range "));
        assert!(part("serviceAccountToken", &json!({"path": "../a"})).contains("leads out by `..`"));
    }

    #[test]
    fn a_trust_bundle_is_found_by_name_or_by_signer() {
        let bundle = |bundle: Json| part("clusterTrustBundle", &bundle);
        assert_eq!(bundle(json!({"path": "a", "name": "example.com:signer:bundle"})), "");
        assert_eq!(bundle(json!({"path": "a", "signerName": "example.com/signer", "labelSelector": {}})), "");
        assert!(bundle(json!({"path": "a"})).contains("neither `name` nor `signerName`"));
        assert!(bundle(json!({"path": "a", "name": "a", "signerName": "a.b/c"})).contains("may not stand beside"));
        assert!(bundle(json!({"path": "a", "name": "a", "labelSelector": {}})).contains("may not stand beside `name`"));
        assert!(bundle(json!({"path": "a", "name": "a/b:c"})).contains("is no name of a ClusterTrustBundle"));
        assert!(bundle(json!({"path": "a", "signerName": ""})).contains("`signerName` is empty"));
    }

    #[test]
    fn a_certificate_has_a_key_and_a_place() {
        let mut certificate = json!({"signerName": "example.com/signer", "keyType": "ED25519", "keyPath": "key"});
        assert_eq!(part("podCertificate", &certificate), "");
        certificate["maxExpirationSeconds"] = json!(172_800);
        assert_eq!(part("podCertificate", &certificate), "");
        certificate["signerName"] = json!("kubernetes.io/signer");
        assert!(part("podCertificate", &certificate).starts_with("schema/range "));
        let bare = json!({"signerName": "example.com/signer", "keyType": "RSA2048", "userAnnotations": {"a": "b"}});
        let bare = part("podCertificate", &bare);
        assert!(bare.contains("schema/enum ") && bare.contains("none of `credentialBundlePath`"));
        assert!(bare.contains("`a` has no domain before it"));
    }

    #[test]
    fn signers_have_a_domain() {
        assert!(is_signer_name("example.com/a") && is_signer_name("a.b/c.d-e"));
        assert!(!is_signer_name("example/a") && !is_signer_name("example.com") && !is_signer_name("a.b/c/d"));
        assert!(!is_signer_name("a.b/c_d") && !is_signer_name("A.b/c"));
    }
}
