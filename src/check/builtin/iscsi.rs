//! Disks over iSCSI: `validateISCSIVolumeSource` and its like for persistent volumes, of `pkg/apis/core/validation`.
//!
//! In: an `iscsi` source. Out: findings about its names and what it needs to log in. It never asks a portal anything.

use super::fields::{invalid, required, text};
use super::volume_sources::{Holder, byte};
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

/// Longer the names of devices may not be.
const LONGEST_DEVICE: usize = 64;

/// Checks an `iscsi` source.
pub(super) fn check(source: &Node<'_>, holder: Holder, sink: &mut Sink<'_, '_>) {
    for field in ["iqn", "initiatorName"] {
        if let Some(node) = source.present(field)
            && let Some(name) = node.as_str()
            && !is_iscsi_name(name)
            && (field == "initiatorName" || !name.is_empty())
        {
            let message = format!("`{}` is no iSCSI name", printable(name));
            invalid(node, message, "write one such as `iqn.2001-04.com.example:storage.disk1`", sink);
        }
    }
    byte(source, "lun", sink);
    let authenticates = ["chapAuthDiscovery", "chapAuthSession"]
        .iter()
        .any(|flag| source.get(flag).and_then(Node::as_bool) == Some(true));
    match source.present("secretRef") {
        None if authenticates => {
            sink.missing(source, "secretRef").help = Some("add `secretRef` with the CHAP secret's name".to_owned());
        }
        Some(secret) if holder == Holder::PersistentVolume && secret.is_mapping() => required(secret, "name", sink),
        _ => {}
    }
}

/// With an initiator's name, that of the volume and its portal are a device's name together.
pub(super) fn initiator_fits(volume: &str, source: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let length = volume.len() + 1 + text(source, "targetPortal").unwrap_or_default().len();
    if length > LONGEST_DEVICE
        && let Some(initiator) = source.present("initiatorName")
    {
        let message = format!(
            "the volume's name and `targetPortal` take {length} bytes together, of {LONGEST_DEVICE} at most beside \
             `initiatorName`"
        );
        invalid(initiator, message, "shorten the volume's name, or remove `initiatorName`", sink);
    }
}

fn is_iscsi_name(name: &str) -> bool {
    let identifier = |rest: &str, length: usize| {
        let mut letters = rest.chars();
        letters.next().is_some_and(|letter| letter != '\n')
            && letters.as_str().len() == length
            && letters.all(|letter| letter.is_ascii_alphanumeric())
    };
    match name.split_at_checked(3) {
        // The server finds what it looks for anywhere in the name
        Some(("iqn", _)) => name.match_indices("iqn.").any(|(start, found)| is_iqn(&name[start + found.len()..])),
        Some(("eui", rest)) => identifier(rest, 16),
        Some(("naa", rest)) => identifier(rest, 32),
        _ => false,
    }
}

/// What stands behind `iqn.`: a month, a domain turned around, and after a colon whatever its owner likes.
fn is_iqn(rest: &str) -> bool {
    let Some((month, rest)) = rest.split_at_checked(8) else { return false };
    let is_month = month.bytes().zip(*b"dddd-dd.").all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        _ => byte == form,
    });
    let Some((authority, own)) = rest.split_once(':') else { return false };
    is_month
        && !authority.is_empty()
        && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        && !own.is_empty()
        && !own.contains([',', ';', '*', '&', '$', '|', '\t', '\n', '\u{c}', '\r', ' '])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::check::written::{Written, summary};

    #[test]
    fn iscsi_names_are_of_three_kinds() {
        for name in [
            "iqn.2001-04.com.example:storage.disk1",
            "iqn-iqn.2001-04.example:x",
            "eui.0123456789abcdeF",
            "naa.01234567890123456789012345678901",
        ] {
            assert!(is_iscsi_name(name), "{name}");
        }
        for name in [
            "",
            "iqn",
            "iqn.2001-4.com.example:a",
            "iqn.2001-04.com.example",
            "iqn.2001-04.com.example:a b",
            "iqn.2001-04.:a",
            "eui.0123456789abcde",
            "naa.0123456789abcdef",
            "x-iqn.2001-04.com.example:a",
        ] {
            assert!(!is_iscsi_name(name), "{name}");
        }
    }

    #[test]
    fn chap_takes_a_secret() {
        let found = |holder: Holder, secret: Json| {
            let object = Written::new(&json!({
                "apiVersion": "v1", "kind": "A", "targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:a",
                "lun": 0, "chapAuthSession": true, "secretRef": secret
            }));
            summary(&object.findings(|object, sink| check(&object.node, holder, sink)))
        };
        assert!(found(Holder::Pod, Json::Null).contains("missing required field `secretRef`"));
        assert_eq!(found(Holder::Pod, json!({})), "");
        assert!(found(Holder::PersistentVolume, json!({})).contains("missing required field `name`"));
        assert_eq!(found(Holder::PersistentVolume, json!({"name": "a"})), "");
    }

    #[test]
    fn a_device_of_iscsi_has_a_short_name() {
        let fits = |portal: &str| {
            let object = Written::new(&json!({
                "apiVersion": "v1", "kind": "A", "targetPortal": portal, "initiatorName": "iqn.2001-04.example:a"
            }));
            summary(&object.findings(|object, sink| initiator_fits("data", &object.node, sink)))
        };
        assert_eq!(fits(&"a".repeat(59)), "");
        assert!(fits(&"a".repeat(60)).contains("65 bytes together"));
    }
}
