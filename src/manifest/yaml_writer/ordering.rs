//! The order of the keys of a mapping.
//!
//! In: entries. Out: the same, in go-yaml v2's order: texts by characters, numbers in them by value, punctuation before
//! digits before letters. It never looks at a value.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use crate::manifest::node::Entry;

/// The entries in the order in which they are written.
pub(super) fn sorted<'n, 's>(entries: &'n [Entry<'s>]) -> Vec<&'n Entry<'s>> {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|one, other| one.key.cmp(&other.key));
    merge_sort(&mut sorted);
    sorted
}

/// Not the standard library's sort, which may panic: the order is none for `9`, `10` and `1a`, of which each comes before
/// the next, and the last before the first. Upstream, such keys come in another order each time.
fn merge_sort(entries: &mut [&Entry<'_>]) {
    if entries.len() < 2 {
        return;
    }
    let (one, other) = entries.split_at_mut(entries.len() / 2);
    merge_sort(one);
    merge_sort(other);
    let mut merged = Vec::with_capacity(one.len() + other.len());
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    while let (Some(earlier), Some(later)) = (left.peek(), right.peek()) {
        let in_order = natural(&earlier.key, &later.key) != Ordering::Greater;
        merged.extend(if in_order { left.next() } else { right.next() });
    }
    merged.extend(left);
    merged.extend(right);
    entries.copy_from_slice(&merged);
}

/// Compares two keys where they first differ.
fn natural(one: &str, other: &str) -> Ordering {
    let common = one.chars().zip(other.chars()).take_while(|(left, right)| left == right);
    let at: usize = common.map(|(same, _)| same.len_utf8()).sum();
    let (left, right) = (one.get(at..).unwrap_or_default(), other.get(at..).unwrap_or_default());
    let (Some(first), Some(second)) = (left.chars().next(), right.chars().next()) else {
        return left.len().cmp(&right.len());
    };
    match (is_letter(first), is_letter(second)) {
        (true, true) => return first.cmp(&second),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero within a number does not make it smaller
    let within = (first == '0' || second == '0') && ends_in_number(one.get(..at).unwrap_or_default());
    let (left, left_digits) = number(left, within);
    let (right, right_digits) = number(right, within);
    left.cmp(&right).then(left_digits.cmp(&right_digits)).then(first.cmp(&second))
}

/// Whether the digits at the end of a text are more than zeros.
fn ends_in_number(text: &str) -> bool {
    text.chars().rev().take_while(|digit| is_digit(*digit)).any(|digit| digit != '0')
}

/// The number at the start of a text, and how many digits it has; behind another digit if it stands within a number. It
/// overflows as Go's does, and digits of other scripts are worth what they are upstream.
fn number(text: &str, within: bool) -> (i64, usize) {
    let digits = text.chars().take_while(|digit| is_digit(*digit));
    digits.fold((i64::from(within), 0), |(number, count), digit| {
        let worth = i64::from(u32::from(digit)) - i64::from(u32::from('0'));
        (number.wrapping_mul(10).wrapping_add(worth), count + 1)
    })
}

/// Unicode's letters, which are fewer than what is alphabetic.
fn is_letter(character: char) -> bool {
    static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{L}").ok());
    character.is_ascii_alphabetic() || (!character.is_ascii() && belongs(character, &LETTER))
}

/// Decimal digits of any script.
fn is_digit(character: char) -> bool {
    static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{Nd}").ok());
    character.is_ascii_digit() || (!character.is_ascii() && belongs(character, &DIGIT))
}

fn belongs(character: char, class: &LazyLock<Option<Regex>>) -> bool {
    let mut buffer = [0; 4];
    class.as_ref().is_some_and(|class| class.is_match(character.encode_utf8(&mut buffer)))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::sorted;
    use crate::manifest::{Entry, FileId, Node, Span, Value};

    fn order(keys: &[&'static str]) -> Vec<String> {
        let span = Span { file: FileId(0), start: 0, end: 0 };
        let entry = |key: &&'static str| Entry {
            key: Cow::Borrowed(*key),
            key_span: span,
            value: Node { span, value: Value::Null },
        };
        let entries: Vec<_> = keys.iter().map(entry).collect();
        sorted(&entries).into_iter().map(|entry| entry.key.to_string()).collect()
    }

    #[test]
    fn numbers_in_keys_count_as_numbers() {
        assert_eq!(order(&["a10", "a9", "a", "a-1", "A", "1", "_"]), ["_", "1", "A", "a", "a-1", "a9", "a10"]);
        assert_eq!(order(&["1.10.0", "1.9.0", "1.09"]), ["1.9.0", "1.09", "1.10.0"]);
        assert_eq!(order(&["é", "z", "日", "ٱ", "-", "ǅ"]), ["-", "z", "é", "ǅ", "ٱ", "日"]);
    }

    #[test]
    fn keys_without_an_order_do_no_harm_and_come_in_the_same_order_each_time() {
        let keys = ["9", "10", "1a"];
        let once = order(&keys);
        for turned in [["10", "1a", "9"], ["1a", "9", "10"], ["1a", "10", "9"]] {
            assert_eq!(order(&turned), once);
        }
        let many: Vec<String> = (0..200).flat_map(|n| [n.to_string(), format!("{n}a"), format!("0{n}-")]).collect();
        let many: Vec<&'static str> = many.into_iter().map(|key| &*key.leak()).collect();
        assert_eq!(order(&many).len(), 600);
    }
}
