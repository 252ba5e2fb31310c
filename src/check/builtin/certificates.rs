//! Requests for certificates: `pkg/apis/certificates/validation`.
//!
//! In: an object of `certificates.k8s.io`. Out: findings. It never verifies a signature, and reads of a request no more
//! than whether it has the outline of one.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::admission_rules::no_null;
use super::fields::{at_least, distinct, filled, invalid, is_empty, is_one_of, is_unset, items, required, text};
use super::names;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

const USAGES: &[&str] = &[
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];
const LEGACY_SIGNER: &str = "kubernetes.io/legacy-unknown";
/// Ten minutes, in seconds.
const SHORTEST: i64 = 600;
/// A domain, a slash, and a namespace and a name with a dot between them.
const LONGEST_SIGNER: usize = 253 + 1 + 253 + 1 + 63;

/// As Go reads base64.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
const BEGIN: &str = "-----BEGIN CERTIFICATE REQUEST-----";
const END: &str = "-----END CERTIFICATE REQUEST-----";

/// Checks a `CertificateSigningRequest`.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.kind != "CertificateSigningRequest" || object.kind.version != "v1" {
        return;
    }
    let Some(spec) = object.node.present("spec").filter(|spec| spec.is_mapping()) else { return };
    if let Some(node) = spec.present("request")
        && let Some(request) = node.as_str()
        && !is_pem_request(request)
    {
        let help = "write what `base64 -w0 < request.csr` prints";
        invalid(node, "`request` is not a certificate request in PEM, in base64", help, sink);
    }
    if is_unset(spec, "usages") {
        required(spec, "usages", sink);
    }
    let usages = items(spec, "usages");
    no_null(spec, "usages", sink);
    for usage in usages {
        is_one_of(usage, USAGES, sink);
    }
    distinct(usages, sink);
    if text(spec, "signerName") == Some("") {
        is_empty(spec, "signerName", sink);
    }
    if let Some(node) = filled(spec, "signerName") {
        signer(node, sink);
    }
    if let Some(seconds) = spec.present("expirationSeconds") {
        at_least(seconds, SHORTEST, sink);
    }
}

fn signer(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(name) = node.as_str() else { return };
    if name == LEGACY_SIGNER {
        let message = format!("`{LEGACY_SIGNER}` signs nothing that is requested through `certificates.k8s.io/v1`");
        return invalid(node, message, "name a signer, such as `kubernetes.io/kube-apiserver-client`", sink);
    }
    if !is_signer_name(name) {
        let message = format!("`{}` is no name of a signer", printable(name));
        invalid(node, message, "write a domain, a slash and a name, such as `example.com/signer`", sink);
    }
}

fn is_signer_name(name: &str) -> bool {
    let Some((domain, path)) = name.split_once('/') else { return false };
    domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(names::is_dns1123_label)
        && path.split('.').all(names::is_dns1123_subdomain)
        && name.len() <= LONGEST_SIGNER
}

/// Whether a base64 text can hold a request. What is no base64 is another finding.
fn is_pem_request(text: &str) -> bool {
    let Ok(pem) = BASE64.decode(text.replace(['\n', '\r'], "")) else { return true };
    let pem = String::from_utf8_lossy(&pem);
    pem.split(BEGIN).skip(1).any(|rest| {
        let Some((body, _)) = rest.split_once(END) else { return false };
        // Headers may stand before the body.
        body.contains(':')
            || BASE64.decode(body.split_whitespace().collect::<String>()).is_ok_and(|der| is_der_request(&der))
    })
}

/// Whether there is a sequence, and in it a sequence, a sequence and a string of bits.
fn is_der_request(der: &[u8]) -> bool {
    let Some((0x30, mut rest, [])) = element(der) else { return false };
    for wanted in [0x30, 0x30, 0x03] {
        match element(rest) {
            Some((tag, _, behind)) if tag == wanted => rest = behind,
            _ => return false,
        }
    }
    true
}

/// The tag of an element in DER, its content, and what stands behind it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (digits, behind) = rest.split_at_checked(usize::from(first & 0x7F))?;
        length = digits
            .iter()
            .try_fold(0_usize, |length, digit| length.checked_mul(256)?.checked_add(usize::from(*digit)))?;
        rest = behind;
    }
    let (content, behind) = rest.split_at_checked(length)?;
    Some((tag, content, behind))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::check::written::{Written, summary};

    /// The outline of a request: nothing in it is filled in.
    const OUTLINE: &[u8] = &[0x30, 0x08, 0x30, 0x00, 0x30, 0x00, 0x03, 0x02, 0x00, 0xFF];

    fn pem(der: &[u8]) -> String {
        BASE64.encode(format!("{BEGIN}\n{}\n{END}\n", BASE64.encode(der)))
    }

    fn found(fields: &Json) -> String {
        let mut spec = json!({"request": pem(OUTLINE), "signerName": "example.com/a", "usages": ["client auth"]});
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let object = json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "spec": spec});
        summary(&Written::new(&object).findings(check))
    }

    #[test]
    fn a_request_is_one() {
        assert_eq!(found(&json!({})), "");
        assert_eq!(found(&json!({"request": "no base64"})), "", "the schema has told it");
        for broken in [BASE64.encode("hello"), BASE64.encode(BEGIN), pem(b""), pem(b"hello"), pem(&OUTLINE[..9])] {
            assert_eq!(
                found(&json!({"request": broken})),
                "object/invalid /spec/request: `request` is not a certificate request in PEM, in base64\n"
            );
        }
    }

    #[test]
    fn lengths_of_several_bytes_are_read() {
        let mut der = vec![0x30, 0x81, 0x80];
        der.extend([0_u8; 128]);
        assert_eq!(element(&der), Some((0x30, &[0_u8; 128][..], &[][..])));
        assert_eq!(element(&[0x30, 0x82, 0x01]), None);
        assert_eq!(element(&[0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1]), None);
    }

    #[test]
    fn usages_are_known_and_listed_once() {
        assert!(found(&json!({"usages": []})).contains("`usages` is empty"));
        assert!(found(&json!({"usages": null})).contains("missing required field `usages`"));
        assert!(found(&json!({"usages": ["everything"]})).starts_with("schema/enum /spec/usages/0:"));
        assert!(found(&json!({"usages": ["any", "any"]})).contains("twice"));
    }

    #[test]
    fn a_signer_has_a_domain() {
        for sound in ["kubernetes.io/kubelet-serving", "example.com/namespace.name"] {
            assert_eq!(found(&json!({"signerName": sound})), "", "{sound}");
        }
        for broken in ["example.com", "example/a", "example.com/a/b", "Example.com/a", "example.com/"] {
            assert!(found(&json!({"signerName": broken})).contains("is no name of a signer"), "{broken}");
        }
        assert!(found(&json!({"signerName": LEGACY_SIGNER})).contains("signs nothing"));
        assert!(found(&json!({"expirationSeconds": 599})).starts_with("schema/range"));
    }
}
