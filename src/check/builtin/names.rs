//! The grammars of names: `k8s.io/apimachinery/pkg/util/validation`.
//!
//! In: a string. Out: whether it is of the grammar, or what is wrong with it in a few words. Written by hand, since they
//! run on every name of a repository.

/// Lower-case letters, digits and hyphens, 63 at most, no hyphen at either end.
pub(in crate::check) fn is_dns1123_label(text: &str) -> bool {
    text.len() <= 63 && is_dns1123_label_shape(text)
}

fn is_dns1123_label_shape(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}

/// Labels (of any length) joined by dots, 253 at most.
pub(in crate::check) fn is_dns1123_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns1123_label_shape)
}

/// A DNS label that starts with a letter.
pub(super) fn is_dns1035_label(text: &str) -> bool {
    is_dns1123_label(text) && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
}

/// `[prefix/]name`: the key of a label, a finalizer, an extended resource.
pub(super) fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_dns1123_subdomain(prefix) && is_qualified_part(name),
        None => is_qualified_part(text),
    }
}

fn is_qualified_part(text: &str) -> bool {
    (1..=63).contains(&text.len()) && is_label_value(text)
}

/// Empty, or letters, digits, `-`, `_` and `.`, 63 at most, a letter or digit at both ends.
pub(super) fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let at_ends = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    bytes.len() <= 63
        && at_ends(bytes.first())
        && at_ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// A key of a ConfigMap or Secret: letters, digits, `-`, `_` and `.`, 253 at most, not `.`, not beginning with `..`.
pub(super) fn is_config_map_key(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text != "."
        && !text.starts_with("..")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A name that can be one part of a URL's path.
pub(super) fn is_path_segment(text: &str) -> bool {
    !matches!(text, "." | "..") && !text.contains(['/', '%'])
}

/// The name of a port: an IANA service name, 15 at most, lower case, with a letter, hyphens single and inside.
pub(super) fn is_port_name(text: &str) -> bool {
    text.len() <= 15
        && is_dns1123_label_shape(text)
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && !text.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_grammars_are_apimachinerys_expressions(text in "[a-zA-Z0-9._/\\-%é ]{0,70}") {
            let matches = |pattern: &str| regex::Regex::new(&format!("^(?:{pattern})$")).unwrap().is_match(&text);
            let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
            prop_assert_eq!(is_dns1123_label(&text), text.len() <= 63 && matches(label));
            prop_assert_eq!(is_dns1123_subdomain(&text), matches(&format!("{label}(\\.{label})*")));
            prop_assert_eq!(is_dns1035_label(&text), text.len() <= 63 && matches("[a-z]([-a-z0-9]*[a-z0-9])?"));
            prop_assert_eq!(is_label_value(&text), text.len() <= 63 && matches("(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"));
        }
    }

    #[test]
    fn awkward_names() {
        assert!(
            is_qualified_name("example.com/Name_1")
                && !is_qualified_name("example.com/")
                && !is_qualified_name("a/b/c")
        );
        assert!(is_config_map_key("a..b") && !is_config_map_key("..b") && !is_config_map_key(""));
        assert!(
            is_port_name("http-2") && !is_port_name("80") && !is_port_name("a--b") && !is_port_name("a23456789012345x")
        );
        assert!(is_path_segment("system:node") && !is_path_segment("a/b") && !is_path_segment(".."));
    }
}
