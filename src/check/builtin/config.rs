//! `ConfigMaps`, Secrets and Namespaces: `pkg/apis/core/validation`, and the labels of Pod Security.
//!
//! In: an object of the core group. Out: findings. It never prints a Secret's data, and says nothing of what is not
//! base64: the schema stage does.

use super::fields::{CONFIG_KEY, QUALIFIED_NAME, filled, is_one_of, report, text_or};
use super::names;
use crate::catalogue::{Rule, object};
use crate::check::Sink;
use crate::manifest::{Entry, Node, Object};
use crate::report::printable;

/// The most bytes of data in a `ConfigMap` or Secret.
const MOST_BYTES: usize = 1 << 20;
const ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
const POD_SECURITY: &str = "pod-security.kubernetes.io/";
const LEVELS: &[&str] = &["privileged", "baseline", "restricted"];

/// Checks a `ConfigMap`, Secret or Namespace.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    match object.kind.kind.as_str() {
        "ConfigMap" => config_map(&object.node, sink),
        "Secret" => secret(&object.node, sink),
        "Namespace" => namespace(&object.node, sink),
        _ => {}
    }
}

fn config_map(map: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let data = entries(map, "data");
    let binary = entries(map, "binaryData");
    let mut bytes = 0;
    for entry in data {
        check_key(&object::INVALID, entry, sink);
        bytes += entry.value.as_str().map_or(0, str::len);
        if binary.iter().any(|other| other.key == entry.key) {
            let message = format!("the key `{}` stands under `binaryData`, too", printable(&entry.key));
            sink.key(&object::INVALID, entry, message).help = Some("remove one of them".to_owned());
        }
    }
    for entry in binary {
        check_key(&object::INVALID, entry, sink);
        bytes += entry.value.as_str().map_or(0, decoded_length);
    }
    check_size(map, if data.is_empty() { "binaryData" } else { "data" }, bytes, sink);
}

fn secret(secret: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let data = entries(secret, "data");
    let plain = entries(secret, "stringData");
    let mut bytes = 0;
    for entry in data {
        check_key(&object::SECRET_DATA, entry, sink);
        if !plain.iter().any(|other| other.key == entry.key) {
            bytes += entry.value.as_str().map_or(0, decoded_length);
        }
    }
    for entry in plain {
        check_key(&object::SECRET_DATA, entry, sink);
        bytes += entry.value.as_str().map_or(0, str::len);
    }
    check_size(secret, if data.is_empty() { "stringData" } else { "data" }, bytes, sink);
    let has = |key: &str| data.iter().chain(plain).any(|entry| entry.key == key);
    let kind = text_or(secret, "type", "Opaque");
    match kind {
        "kubernetes.io/service-account-token" => {
            let annotations = secret.path(&["metadata", "annotations"]);
            if annotations.and_then(|annotations| filled(annotations, ACCOUNT_NAME)).is_none() {
                let node = secret.present("type").unwrap_or(secret);
                let message = format!("a Secret of type `{kind}` lacks the annotation `{ACCOUNT_NAME}`");
                report(&object::SECRET_DATA, node, message, &format!("add the annotation `{ACCOUNT_NAME}`"), sink);
            }
        }
        "kubernetes.io/dockercfg" => docker_configuration(secret, kind, ".dockercfg", sink),
        "kubernetes.io/dockerconfigjson" => docker_configuration(secret, kind, ".dockerconfigjson", sink),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            lacks(secret, kind, "username", "add `username`, `password` or both", sink);
        }
        "kubernetes.io/ssh-auth" => {
            let filled = |entry: &Entry<'_>| entry.key == "ssh-privatekey" && entry.value.as_str() != Some("");
            let given = |entry: &Entry<'_>| filled(entry) && !entry.value.is_null();
            // stringData goes before data, even when it is empty
            let found = match plain.iter().find(|entry| entry.key == "ssh-privatekey") {
                Some(entry) => given(entry),
                None => data.iter().any(given),
            };
            if !found {
                lacks(secret, kind, "ssh-privatekey", "add `ssh-privatekey`", sink);
            }
        }
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                if !has(key) {
                    lacks(secret, kind, key, &format!("add `{key}`, even an empty one"), sink);
                }
            }
        }
        _ => {}
    }
}

fn lacks(secret: &Node<'_>, kind: &str, key: &str, help: &str, sink: &mut Sink<'_, '_>) {
    let node = secret.present("type").unwrap_or(secret);
    report(&object::SECRET_DATA, node, format!("a Secret of type `{kind}` lacks the key `{key}`"), help, sink);
}

/// The key must be there and hold JSON, an object.
fn docker_configuration(secret: &Node<'_>, kind: &str, key: &str, sink: &mut Sink<'_, '_>) {
    let find = |field| entries(secret, field).iter().find(|entry| entry.key == key).map(|entry| &entry.value);
    let (node, json) = match (find("stringData"), find("data")) {
        (Some(node), _) => (node, Some(node.as_str().unwrap_or_default().to_owned())),
        (None, Some(node)) => (node, decoded(node.as_str().unwrap_or_default())),
        (None, None) => return lacks(secret, kind, key, &format!("add `{key}`"), sink),
    };
    // Not base64 is another finding
    if let Some(json) = json
        && !is_json_object(&json)
    {
        let message = format!("the value of `{key}` is not a JSON object");
        let help = "write the JSON that `kubectl create secret docker-registry` makes";
        report(&object::SECRET_DATA, node, message, help, sink);
    }
}

/// Whether Go decodes a text into a map. It takes halves of surrogate pairs, which this parser does not: such a text
/// passes.
fn is_json_object(text: &str) -> bool {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(json) => json.is_object() || json.is_null(),
        Err(_) => text.contains("\\u"),
    }
}

/// What a base64 text says, bytes that are no characters replaced as Go's JSON does.
fn decoded(text: &str) -> Option<String> {
    use base64::engine::general_purpose::{GeneralPurpose, PAD};
    use base64::{Engine, alphabet};

    // Go's decoder takes a last letter with bits that nothing uses.
    const GO: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PAD.with_decode_allow_trailing_bits(true));

    let text: String = text.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
    GO.decode(text).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// How many bytes a base64 text stands for.
fn decoded_length(text: &str) -> usize {
    text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'=')).count() * 3 / 4
}

fn check_key(rule: &'static Rule, entry: &Entry<'_>, sink: &mut Sink<'_, '_>) {
    if rule.id == object::SECRET_DATA.id && entry.key.contains(':') {
        // `{password:hunter2}`: the value has become a part of the key, and must be told nowhere.
        let finding = sink.key(rule, entry, "a key with a colon, which is not a key that can be a file name");
        finding.help = Some("put a space behind the colon, if a value stands there".to_owned());
        let parent = finding.pointer.as_deref().and_then(|pointer| pointer.rsplit_once('/'));
        finding.pointer = parent.map(|(parent, _)| parent.to_owned());
        return;
    }
    if !CONFIG_KEY.matches(&entry.key) {
        let (message, help) = CONFIG_KEY.complaint(&entry.key);
        sink.key(rule, entry, message).help = Some(help);
    }
}

fn check_size(holder: &Node<'_>, field: &str, bytes: usize, sink: &mut Sink<'_, '_>) {
    if bytes > MOST_BYTES {
        let node = holder.get(field).unwrap_or(holder);
        let message = format!("{bytes} bytes of data, more than {MOST_BYTES}");
        report(&object::TOO_LARGE, node, message, "keep large files elsewhere, or split them", sink);
    }
}

fn namespace(namespace: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(spec) = namespace.present("spec") {
        for finalizer in super::fields::items(spec, "finalizers") {
            let Some(text) = finalizer.as_str() else { continue };
            let standard = matches!(text, "kubernetes" | "orphan" | "foregroundDeletion");
            if !names::is_qualified_name(text) {
                QUALIFIED_NAME.check(finalizer, sink);
            } else if !text.contains('/') && !standard {
                let message = format!("`{}` is no finalizer of Kubernetes", printable(text));
                report(&object::INVALID, finalizer, message, "write a DNS name and `/` before it", sink);
            }
        }
    }
    let Some(labels) = namespace.path(&["metadata", "labels"]) else { return };
    for entry in labels.entries() {
        let Some(mode) = entry.key.strip_prefix(POD_SECURITY) else { continue };
        match mode {
            "enforce" | "audit" | "warn" => is_one_of(&entry.value, LEVELS, sink),
            "enforce-version" | "audit-version" | "warn-version" => {
                if let Some(version) = entry.value.as_str()
                    && !is_policy_version(version)
                {
                    let message = format!("`{}` is no version of the Pod Security Standards", printable(version));
                    report(&object::INVALID, &entry.value, message, "write `latest` or one such as `v1.37`", sink);
                }
            }
            _ => {}
        }
    }
}

fn is_policy_version(version: &str) -> bool {
    version == "latest"
        || version.strip_prefix("v1.").is_some_and(|minor| {
            minor.bytes().all(|byte| byte.is_ascii_digit())
                && (minor == "0" || !minor.starts_with('0'))
                && minor.parse::<i64>().is_ok()
        })
}

fn entries<'n, 's>(holder: &'n Node<'s>, field: &str) -> &'n [Entry<'s>] {
    super::fields::entries(holder, field)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::written::{Written, summary};
    use serde_json::{Value, json};

    fn found(json: &Value) -> String {
        summary(&Written::new(json).findings(check))
    }

    #[test]
    fn a_key_of_string_data_fills_what_the_type_demands() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "data": {"tls.crt": ""}, "stringData": {"tls.key": "x"}});
        assert_eq!(found(&secret), "");
        let secret =
            json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": {"tls.crt": ""}});
        assert_eq!(
            found(&secret),
            "object/secret-data /type: a Secret of type `kubernetes.io/tls` lacks the key `tls.key`\n"
        );
    }

    #[test]
    fn a_docker_configuration_is_json_and_is_never_printed() {
        let secret = |value: &str| {
            found(&json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
                "stringData": {".dockerconfigjson": value}}))
        };
        assert_eq!(secret("{\"auths\": {}}"), "");
        let expected =
            "object/secret-data /stringData/.dockerconfigjson: the value of `.dockerconfigjson` is not a JSON object\n";
        assert_eq!(secret("hunter2"), expected);
        assert_eq!(secret("[]"), expected);
    }

    #[test]
    fn data_beyond_a_mebibyte_is_too_large() {
        let map =
            |bytes: usize| found(&json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "x".repeat(bytes)}}));
        assert_eq!(map(1 << 20), "");
        assert_eq!(map((1 << 20) + 1), "object/too-large /data: 1048577 bytes of data, more than 1048576\n");
    }

    #[test]
    fn labels_of_pod_security_have_their_own_values() {
        let labels =
            |labels: Value| found(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"labels": labels}}));
        assert_eq!(
            labels(
                json!({"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn-version": "v1.30"})
            ),
            ""
        );
        assert!(
            labels(json!({"pod-security.kubernetes.io/enforce": "strict"}))
                .starts_with("schema/enum /metadata/labels/")
        );
        assert!(labels(json!({"pod-security.kubernetes.io/warn-version": "1.30"})).starts_with("object/invalid "));
    }
}
