//! Numbers and percentages within bounds, as nearly every kind has them.
//!
//! In: a mapping and the name of a field. Out: a finding when the field's number is out of bounds. A field that is absent
//! or no number is passed over.

use crate::catalogue::{object, schema};
use crate::check::Sink;
use crate::manifest::{Node, Value};
use crate::report::printable;

/// The number of a field.
pub(super) fn number(parent: &Node<'_>, field: &str) -> Option<i64> {
    parent.present(field).and_then(Node::as_i64)
}

/// Zero or more.
pub(super) fn non_negative(parent: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    at_least(parent, field, 0, sink);
}

/// A minimum.
pub(super) fn at_least(parent: &Node<'_>, field: &str, minimum: i64, sink: &mut Sink<'_, '_>) {
    if let Some(node) = parent.present(field)
        && let Some(number) = node.as_i64().filter(|number| *number < minimum)
    {
        let message = format!("`{field}` is `{number}`, but must be {minimum} at least");
        sink.value(&schema::RANGE, node, message).help = Some(format!("write `{minimum}` or more"));
    }
}

/// A maximum.
pub(super) fn at_most(parent: &Node<'_>, field: &str, maximum: i64, sink: &mut Sink<'_, '_>) {
    if let Some(node) = parent.present(field)
        && let Some(number) = node.as_i64().filter(|number| *number > maximum)
    {
        let message = format!("`{field}` is `{number}`, but must be {maximum} at most");
        sink.value(&schema::RANGE, node, message).help = Some(format!("write `{maximum}` or less"));
    }
}

/// One of the strings that a field takes, where empty is absent: the server fills in its default.
pub(super) fn one_of<'n>(
    parent: &'n Node<'_>,
    field: &str,
    allowed: &[&str],
    sink: &mut Sink<'_, '_>,
) -> Option<&'n str> {
    let node = parent.present(field)?;
    let text = node.as_str().filter(|text| !text.is_empty())?;
    if allowed.contains(&text) {
        return Some(text);
    }
    sink.none_of(node, allowed);
    None
}

/// Whether percentages over 100 are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Percent {
    /// Any.
    Unbounded,
    /// 100 at most.
    UpToHundred,
}

/// A number of zero or more, or a percentage; its value, for telling zero from the rest.
pub(super) fn count_or_percent(parent: &Node<'_>, field: &str, bound: Percent, sink: &mut Sink<'_, '_>) -> Option<i64> {
    let node = parent.present(field)?;
    let Value::String(text) = &node.value else {
        non_negative(parent, field, sink);
        return node.as_i64();
    };
    let Some(value) = percent(text) else {
        let message = format!("`{}` is neither a number nor a percentage", printable(text));
        let number = text.parse::<u32>().ok();
        sink.value(&object::INVALID, node, message).help = Some(number.map_or_else(
            || "write a whole number, or a percentage such as `25%`".to_owned(),
            |number| format!("write `{number}` without quotes, or `{number}%`"),
        ));
        return None;
    };
    if value > 100 && bound == Percent::UpToHundred {
        let message = format!("`{field}` is `{}`, but must be `100%` at most", printable(text));
        sink.value(&schema::RANGE, node, message).help = Some("write `100%` or less".to_owned());
    }
    Some(value)
}

/// The value of a percentage: digits and `%`.
fn percent(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('%').filter(|digits| !digits.is_empty())?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::check::written::{Written, summary};

    fn found(value: &Json) -> (Option<i64>, String) {
        let object = Written::new(&json!({"apiVersion": "v1", "kind": "A", "field": value}));
        let mut number = None;
        let findings = object.findings(|object, sink| {
            number = count_or_percent(&object.node, "field", Percent::UpToHundred, sink);
        });
        (number, summary(&findings))
    }

    #[test]
    fn percentages_are_digits_and_a_sign() {
        assert_eq!(found(&json!("25%")), (Some(25), String::new()));
        assert_eq!(found(&json!(3)), (Some(3), String::new()));
        assert_eq!(found(&Json::Null), (None, String::new()));
        for wrong in ["1", "12.5%", "-1%", "%", "", "25 %"] {
            assert!(found(&json!(wrong)).1.contains("neither a number nor a percentage"), "{wrong}");
        }
        assert!(found(&json!("101%")).1.contains("`100%` at most"));
        assert!(found(&json!("99999999999999999999%")).1.contains("`100%` at most"));
        assert!(found(&json!(-1)).1.contains("0 at least"));
    }
}
