//! Which source lines may hold a Secret's values, and what is shown of them instead.
//!
//! In: a finding and its file's text. Out: whether to mask, and masked lines. It would rather hide too much: a report is
//! copied into build logs that more people read than the repository.

use crate::catalogue;
use crate::finding::Finding;

/// What stands in a masked line for a value.
const MASK: &str = "***";

/// Whether a finding is about a Secret. The document around it may hold one as well: see [`holds_secret`].
pub(super) fn is_about_secret(finding: &Finding) -> bool {
    finding.rule == catalogue::object::SECRET_DATA.id
        || finding.object.as_ref().is_some_and(|object| object.kind == "Secret")
}

/// Whether a document says `kind: Secret` (or `SecretList`) anywhere, in YAML or JSON, or makes Secrets as a kustomization
/// does: a finding in one that is not even YAML has no object to tell.
pub(super) fn holds_secret(document: &str) -> bool {
    document.contains("secretGenerator") || says_kind_secret(document)
}

fn says_kind_secret(document: &str) -> bool {
    memchr::memmem::find_iter(document.as_bytes(), b"Secret").any(|start| {
        let (Some(before), Some(after)) = (document.get(..start), document.get(start + "Secret".len()..)) else {
            return false;
        };
        let quotes = ['"', '\''];
        let key = before
            .trim_end_matches(quotes)
            .trim_end()
            .strip_suffix(':')
            .map(|key| key.trim_end().trim_end_matches(quotes));
        let ends = after.starts_with("List") || !after.starts_with(|next: char| next.is_alphanumeric());
        // `kind: !!str Secret`, and a kind that has a line of its own
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start().trim_start_matches(quotes);
        let stands_alone = line.is_empty() || (line.starts_with("kind:") && line.ends_with(char::is_whitespace));
        ends && (key.is_some_and(|key| key.ends_with("kind")) || stands_alone)
    })
}

/// A line of a Secret with its value masked, and where the value begins: the key is kept; a line without a key, such as
/// one of a block scalar, is masked as a whole.
pub(super) fn mask(line: &str) -> (String, usize) {
    let value_start = value_start(line).unwrap_or_else(|| line.len() - line.trim_start().len());
    let (kept, value) = line.split_at(value_start);
    if value.trim().is_empty() || is_marker(line) {
        (line.to_owned(), line.len())
    } else {
        (format!("{kept}{MASK}"), value_start)
    }
}

fn is_marker(line: &str) -> bool {
    matches!(line.trim_end(), "---" | "...")
}

/// Where the value of a line's key begins, when the line is `key: value`, `- key: value` or `"key": value`.
fn value_start(line: &str) -> Option<usize> {
    let content = line.trim_start_matches([' ', '\t', '-']);
    let key_start = line.len() - content.len();
    let key_end = match content.chars().next()? {
        quote @ ('"' | '\'') => 1 + content.get(1..)?.find(quote)? + 1,
        _ => content.find(|character: char| !(character.is_ascii_alphanumeric() || "._-/".contains(character)))?,
    };
    let after_key = content.get(key_end..)?;
    let value = after_key.strip_prefix(':')?;
    if !(value.is_empty() || value.starts_with([' ', '\t'])) {
        return None;
    }
    Some(key_start + key_end + 1 + (value.len() - value.trim_start().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_masked_and_its_key_kept() {
        for (line, masked) in [
            ("  password: hunter2", "  password: ***"),
            ("  tls.key: |", "  tls.key: ***"),
            ("  - name: x", "  - name: ***"),
            ("  \"pass word\": \"a: b\",", "  \"pass word\": ***"),
            ("    MIIEvQIBADANBgkqhkiG9w0B", "    ***"),
            ("    user:hunter2", "    ***"),
            ("    my pass: hunter2", "    ***"),
            ("# was hunter2", "***"),
            ("{\"data\":{\"a\":\"aHVudGVyMg==\"}}", "***"),
            ("data:", "data:"),
            ("---", "---"),
            ("", ""),
        ] {
            assert_eq!(mask(line).0, masked, "{line}");
        }
    }

    #[test]
    fn a_secret_is_seen_in_broken_documents_too() {
        for document in [
            "kind: Secret\n",
            "{\"kind\" : \"Secret\", oops",
            "items:\n- kind: 'Secret' # x",
            "kind: SecretList",
            "kind:  # x\n  Secret\n",
            "kind: !!str Secret\n",
            "secretGenerator:\n- a",
        ] {
            assert!(holds_secret(document), "{document}");
        }
        for document in ["kind: SecretStore", "kind: SealedSecret", "name: Secret", "# a Secret of ours", ""] {
            assert!(!holds_secret(document), "{document}");
        }
    }
}
