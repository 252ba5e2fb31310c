//! What SOPS encrypts, as far as it can be seen without a key.
//!
//! In: an object as it is written. Out: what keeps SOPS from decrypting it, and what is not encrypted although SOPS was
//! told to. It never decrypts, and never says a value.

use regex::Regex;

use super::Sink;
use super::schema::cel::re2;
use crate::catalogue::object::SOPS;
use crate::finding::Finding;
use crate::manifest::{Node, Object, Sources, Value};

/// What every encrypted value begins with.
pub(super) const MARK: &str = "ENC[AES256_GCM,";

/// The lists of keys that the data key may be encrypted with; any of them is enough.
const KEYS: [&str; 7] = ["age", "pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "key_groups"];

/// Which keys' values are encrypted.
enum Choice {
    /// All but those whose key ends so.
    AllBut(String),
    /// Those whose key ends so.
    Suffix(String),
    /// Those whose key matches.
    Matching(Regex),
    /// All but those whose key matches.
    NotMatching(Regex),
}

impl Choice {
    /// What SOPS was told; none of what cannot be known here.
    fn of(sops: &Node<'_>) -> Option<Self> {
        let text = |key: &str| sops.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
        if let Some(pattern) = text("encrypted_regex") {
            return re2::compile(pattern).ok().map(Self::Matching);
        }
        if let Some(pattern) = text("unencrypted_regex") {
            return re2::compile(pattern).ok().map(Self::NotMatching);
        }
        if let Some(suffix) = text("encrypted_suffix") {
            return Some(Self::Suffix(suffix.to_owned()));
        }
        // Comments choose, and they are gone by now.
        if text("encrypted_comment_regex").or_else(|| text("unencrypted_comment_regex")).is_some() {
            return None;
        }
        Some(Self::AllBut(text("unencrypted_suffix").unwrap_or("_unencrypted").to_owned()))
    }

    /// Whether a value is encrypted, given whether what it lies in is: one key on the way decides for all below.
    fn encrypts(&self, outer: bool, key: &str) -> bool {
        match self {
            Self::AllBut(suffix) => outer && !key.ends_with(suffix.as_str()),
            Self::Suffix(suffix) => outer || key.ends_with(suffix.as_str()),
            Self::Matching(pattern) => outer || pattern.is_match(key),
            Self::NotMatching(pattern) => outer && !pattern.is_match(key),
        }
    }

    fn is_all(&self) -> bool {
        matches!(self, Self::AllBut(_) | Self::NotMatching(_))
    }
}

/// Checks what SOPS has encrypted, or should have.
pub(super) fn check(object: &Object<'_>, sources: &Sources) -> Vec<Finding> {
    let mut sink = Sink::new(object, sources);
    let sops = object.node.get("sops").filter(|sops| sops.get("mac").and_then(Node::as_str).is_some());
    match sops {
        Some(sops) => {
            metadata(sops, &mut sink);
            let choice = Choice::of(sops);
            for entry in object.node.entries().iter().filter(|entry| entry.key != "sops") {
                // What kustomizations set in an object is never encrypted.
                let is_set = ["apiVersion", "kind", "metadata"].contains(&&*entry.key);
                let is_due = choice.as_ref().map(|choice| !is_set && choice.encrypts(choice.is_all(), &entry.key));
                walk(&entry.value, is_due, choice.as_ref(), &mut sink);
            }
        }
        // `sops` of a list stands beside its items.
        None if sources.get(object.node.span.file).text.contains("sops") => {}
        None => walk_plain(&object.node, &mut sink),
    }
    sink.into_findings()
}

fn metadata(sops: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let has_any = |key: &&str| sops.get(key).is_some_and(|keys| !keys.items().is_empty());
    if !KEYS.iter().any(has_any) {
        let message = "`sops` names no key that the values can be decrypted with";
        sink.value(&SOPS, sops, message).help = Some("encrypt it again: `sops --encrypt --in-place`".to_owned());
    }
    if let Some(mac) = sops.get("mac").filter(|mac| !mac.as_str().is_some_and(is_whole)) {
        sink.value(&SOPS, mac, "`sops.mac` is not what SOPS writes").help = Some("encrypt the file again".to_owned());
    }
}

fn walk(node: &Node<'_>, is_due: Option<bool>, choice: Option<&Choice>, sink: &mut Sink<'_, '_>) {
    match &node.value {
        Value::Mapping(entries) => {
            for entry in entries {
                let is_due = choice.zip(is_due).map(|(choice, outer)| choice.encrypts(outer, &entry.key));
                walk(&entry.value, is_due, choice, sink);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| walk(item, is_due, choice, sink)),
        // SOPS leaves what is empty as it is.
        Value::String(text) if text.is_empty() || is_whole(text) => {}
        Value::String(text) if text.starts_with(MARK) => {
            sink.value(&SOPS, node, "an encrypted value that is not whole").help =
                Some("take it from the history, or encrypt the value again".to_owned());
        }
        Value::Null => {}
        _ if is_due == Some(true) => {
            let message = "a value that is not encrypted, in an object that SOPS has encrypted";
            sink.value(&SOPS, node, message).help =
                Some("change it with `sops FILE`: what is written by hand cannot be decrypted".to_owned());
        }
        _ => {}
    }
}

/// Values that nothing will decrypt.
fn walk_plain(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    match &node.value {
        Value::Mapping(entries) => entries.iter().for_each(|entry| walk_plain(&entry.value, sink)),
        Value::Sequence(items) => items.iter().for_each(|item| walk_plain(item, sink)),
        Value::String(text) if is_whole(text) => {
            let message = "an encrypted value in an object without what SOPS decrypts it with";
            sink.value(&SOPS, node, message).help = Some("restore `sops`, with its `mac`, from the history".to_owned());
        }
        _ => {}
    }
}

/// Whether a text is a value as SOPS writes it: data, initialisation vector, tag and type.
fn is_whole(text: &str) -> bool {
    let Some(inside) = text.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(']')) else { return false };
    let names: Vec<&str> = inside.split(',').filter_map(|part| part.split_once(':').map(|(name, _)| name)).collect();
    names == ["data", "iv", "tag", "type"]
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn an_encrypted_value_has_four_parts() {
        assert!(is_whole("ENC[AES256_GCM,data:Zm8=,iv:AAAA,tag:BBBB,type:str]"));
        for text in ["ENC[AES256_GCM,data:Zm8=,iv:AAAA,tag:BBBB]", "ENC[AES256_GCM,data:Zm8=", "ENC[]", "plain", ""] {
            assert!(!is_whole(text), "{text}");
        }
    }
}
