//! Keys that stand twice in one mapping.
//!
//! In: the entries of a mapping. Out: pairs of them, and what to say about a pair. It never decides which one wins.

use std::collections::HashMap;

use super::node::{Entry, Span};
use super::problem::Problem;
use crate::catalogue::read;

/// How many problems of a document are told one by one.
pub(super) const MAX_TOLD: usize = 1000;

/// Mappings with more entries than this are searched by hash.
const FEW_ENTRIES: usize = 16;

/// Pairs of entries with the same key: the first one of that key, and one behind it. In the order of the latter.
pub(super) fn pairs(entries: &[Entry<'_>]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if entries.len() <= FEW_ENTRIES {
        for (second, entry) in entries.iter().enumerate() {
            let first = entries.iter().take(second).position(|other| other.key == entry.key);
            found.extend(first.map(|first| (first, second)));
        }
    } else {
        // A keyed hash: the keys are whatever a stranger wrote
        let mut seen: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
        for (second, entry) in entries.iter().enumerate() {
            let first = *seen.entry(&entry.key).or_insert(second);
            if first != second {
                found.push((first, second));
            }
        }
    }
    found
}

/// Whether any key stands twice.
pub(super) fn any(entries: &[Entry<'_>]) -> bool {
    match entries {
        [] | [_] => false,
        [one, other] => one.key == other.key,
        _ => !pairs(entries).is_empty(),
    }
}

/// The problem of a key that is written twice.
pub(super) fn written_twice(earlier: &Entry<'_>, later: &Entry<'_>) -> Problem {
    let message = format!("key `{}` stands twice in this mapping", later.key);
    Problem::new(&read::DUPLICATE_KEY, bytes(later.key_span), message)
        .with_help("delete one of the two: readers that do not refuse both keep the last")
        .with_related(bytes(earlier.key_span), "the first one")
}

/// The problem of a key that is written in a mapping and merged into it.
pub(super) fn written_and_merged(written: &Entry<'_>, merged: &Entry<'_>) -> Problem {
    let message = format!("key `{}` is also merged into this mapping by `<<`", written.key);
    Problem::new(&read::DUPLICATE_KEY, bytes(written.key_span), message)
        .with_help("delete it here or in the merged mapping: a strict reader lets neither win over the other")
        .with_related(bytes(merged.key_span), "the merged one")
}

/// The problem of a key that two merged mappings have. `merge` is the second one's place.
pub(super) fn merged_twice(earlier: &Entry<'_>, later: &Entry<'_>, merge: Span) -> Problem {
    let message = format!("key `{}` is merged into this mapping twice", later.key);
    Problem::new(&read::DUPLICATE_KEY, bytes(merge), message)
        .with_help("delete it in one of the merged mappings: a strict reader lets neither win over the other")
        .with_related(bytes(earlier.key_span), "the first one")
}

/// Where more than can be told were found, the last problem says how many.
pub(super) fn tell_rest(told: &mut [Problem], found: usize) {
    let rest = found.saturating_sub(told.len());
    if let Some(problem) = told.last_mut().filter(|_| rest > 0) {
        problem.message = format!("{}, and {rest} more keys behind it do", problem.message).into();
    }
}

fn bytes(span: Span) -> (usize, usize) {
    (span.start as usize, span.end as usize)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{any, pairs};
    use crate::manifest::{Entry, FileId, Node, Span, Value};

    fn entries(keys: impl Iterator<Item = String>) -> Vec<Entry<'static>> {
        let span = Span { file: FileId(0), start: 0, end: 0 };
        keys.map(|key| Entry { key: Cow::Owned(key), key_span: span, value: Node { span, value: Value::Null } })
            .collect()
    }

    #[test]
    fn every_later_one_is_paired_with_the_first() {
        let few = entries("abacbab".chars().map(String::from));
        assert_eq!(pairs(&few), [(0, 2), (1, 4), (0, 5), (1, 6)]);
        assert!(any(&few));
        assert!(!any(&entries("ab".chars().map(String::from))));
    }

    #[test]
    fn many_entries_give_the_same_pairs_as_few() {
        let many = entries((0..40).map(|number| (number % 30).to_string()));
        assert_eq!(pairs(&many), (0..10).map(|first| (first, first + 30)).collect::<Vec<_>>());
    }
}
