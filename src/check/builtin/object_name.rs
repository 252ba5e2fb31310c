//! What the names of objects must look like, kind by kind: the name functions that the API server's validation of each
//! kind is given.
//!
//! In: a kind and a name, or what one is generated from. Out: whether the server takes it, and what it asks for. It
//! never looks at the rest of an object.

use super::names;
use crate::manifest::GroupVersionKind;

/// What a kind demands of the names of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameRule {
    /// Labels joined by dots, 253 characters at most.
    Subdomain,
    /// A label of 63 characters at most.
    Label,
    /// Whatever can be a part of a URL's path.
    PathSegment,
    /// Whatever can be a key of a ConfigMap.
    ConfigMapKey,
    /// An IP address.
    Address,
    /// A group, a dot and a resource.
    GroupResource,
}

impl NameRule {
    /// The rule of a kind; none where the server has another that depends on the object, or stores no such object.
    pub(super) fn of(kind: &GroupVersionKind) -> Option<Self> {
        Some(match (kind.group.as_str(), kind.kind.as_str()) {
            // Reviews and requests are answered, not stored.
            ("authentication.k8s.io" | "authorization.k8s.io" | "admission.k8s.io" | "imagepolicy.k8s.io" | "meta.k8s.io", _)
            | ("", "Binding" | "Status" | "APIGroup" | "APIResourceList" | "APIVersions")
            | ("policy", "Eviction")
            | ("autoscaling", "Scale")
            // `spec` has a say in these.
            | ("certificates.k8s.io", "ClusterTrustBundle") => return None,
            ("", "Namespace" | "Service") | ("apps", "StatefulSet") => Self::Label,
            ("", "Event")
            | ("rbac.authorization.k8s.io", _)
            | ("policy", "PodDisruptionBudget")
            | ("certificates.k8s.io", "CertificateSigningRequest")
            | ("apiregistration.k8s.io", "APIService") => Self::PathSegment,
            ("coordination.k8s.io", "LeaseCandidate") => Self::ConfigMapKey,
            ("networking.k8s.io", "IPAddress") => Self::Address,
            ("internal.apiserver.k8s.io", "StorageVersion") => Self::GroupResource,
            _ => Self::Subdomain,
        })
    }

    /// Whether an object may have a name.
    pub(super) fn accepts(self, name: &str) -> bool {
        match self {
            Self::Subdomain => names::is_dns1123_subdomain(name),
            Self::Label => names::is_dns1123_label(name),
            Self::PathSegment => names::is_path_segment(name),
            Self::ConfigMapKey => names::is_config_map_key(name) && names::is_path_segment(name),
            Self::Address => name.parse::<std::net::IpAddr>().is_ok(),
            Self::GroupResource => name.rsplit_once('.').is_some_and(|(group, resource)| {
                names::is_dns1123_subdomain(group) && names::is_dns1035_label(resource)
            }),
        }
    }

    /// Whether a name may be generated from a text.
    pub(super) fn accepts_prefix(self, prefix: &str) -> bool {
        match self {
            Self::Subdomain | Self::Label => {
                // apimachinery puts an `a` in the place of the last two characters when the last is a hyphen.
                match prefix.strip_suffix('-').and_then(|rest| rest.char_indices().next_back()) {
                    Some((position, _)) => self.accepts(&format!("{}a", &prefix[..position])),
                    None => self.accepts(prefix),
                }
            }
            _ => self.accepts(prefix),
        }
    }

    /// Whether the name that the server makes of a text is one that it takes: 58 bytes at most, and five letters or
    /// digits.
    pub(super) fn accepts_generated(self, prefix: &str) -> bool {
        let mut end = prefix.len().min(58);
        while !prefix.is_char_boundary(end) {
            end -= 1;
        }
        self.accepts(&format!("{}bbbbb", &prefix[..end]))
    }

    /// What the name must be, in words.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Subdomain => {
                "lower-case letters, digits, `-` and `.`, 253 at most, with a letter or digit at both ends of every part"
            }
            Self::Label => "lower-case letters, digits and `-`, 63 at most, with a letter or digit at both ends",
            Self::PathSegment => "a part of a URL's path: not `.` or `..`, and without `/` and `%`",
            Self::ConfigMapKey => "letters, digits, `-`, `_` and `.`, 253 at most",
            Self::Address => "an IP address",
            Self::GroupResource => "`<group>.<resource>`",
        }
    }

    /// A name that the server takes and that is nearly the one written.
    pub(super) fn mended(self, name: &str) -> Option<String> {
        let mended = match self {
            Self::Subdomain | Self::Label => {
                let keep_dots = self == Self::Subdomain;
                let plain = name.trim().chars().map(|letter| match letter {
                    '.' if keep_dots => '.',
                    letter if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
                    _ => '-',
                });
                plain.collect::<String>().trim_matches(['-', '.']).to_owned()
            }
            Self::PathSegment => name.replace(['/', '%'], "-"),
            _ => return None,
        };
        (mended != name && !mended.is_empty() && self.accepts(&mended)).then_some(mended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_rules_of_their_own() {
        let rule = |api_version, kind| NameRule::of(&GroupVersionKind::new(api_version, kind));
        assert_eq!(rule("v1", "ConfigMap"), Some(NameRule::Subdomain));
        assert_eq!(rule("v1", "Namespace"), Some(NameRule::Label));
        assert_eq!(rule("rbac.authorization.k8s.io/v1", "Role"), Some(NameRule::PathSegment));
        assert_eq!(rule("authorization.k8s.io/v1", "SubjectAccessReview"), None);
        assert_eq!(rule("example.com/v1", "Namespace"), Some(NameRule::Subdomain));
    }

    #[test]
    fn a_trailing_hyphen_is_masked_in_a_prefix_alone() {
        let rule = NameRule::Label;
        assert!(rule.accepts_prefix("run-") && !rule.accepts("run-"));
        assert!(!rule.accepts_prefix("-") && !rule.accepts_prefix("Run-") && !rule.accepts_prefix(""));
        assert!(!rule.accepts_prefix(&"g".repeat(64)) && rule.accepts_generated(&"g".repeat(64)));
        assert!(NameRule::Subdomain.accepts_prefix("a.-") && !NameRule::Subdomain.accepts_generated("a.-"));
    }

    #[test]
    fn a_near_name_is_offered_only_when_it_is_one() {
        assert_eq!(NameRule::Subdomain.mended("My_App.v2").as_deref(), Some("my-app.v2"));
        assert_eq!(NameRule::Label.mended("my.space").as_deref(), Some("my-space"));
        assert_eq!(NameRule::PathSegment.mended("a/b").as_deref(), Some("a-b"));
        assert_eq!(NameRule::Subdomain.mended("a..b"), None);
        assert_eq!(NameRule::Label.mended(&"a".repeat(64)), None);
    }
}
