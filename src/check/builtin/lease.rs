//! Leases: `pkg/apis/coordination/validation`, and the times that they are written with.
//!
//! In: an object of `coordination.k8s.io`. Out: findings. The strategy and the preferred holder of a lease are not looked
//! at: the server drops them, unless a feature is on that is not by default.

use super::bounds::{at_least, non_negative};
use super::fields::report;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

/// The length of `2006-01-02T15:04:05`.
const SECONDS: usize = 19;

/// Checks a Lease.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.kind != "Lease" {
        return;
    }
    let Some(spec) = object.node.present("spec") else { return };
    at_least(spec, "leaseDurationSeconds", 1, sink);
    non_negative(spec, "leaseTransitions", sink);
    for field in ["acquireTime", "renewTime"] {
        micro_time(spec, field, sink);
    }
}

/// Checks a `MicroTime`, which has exactly six digits of a second.
pub(super) fn micro_time(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = holder.present(field)
        && let Some(text) = node.as_str()
        && let Some(mended) = with_microseconds(text)
    {
        let message = format!("`{}` has not exactly six digits of a second", printable(text));
        report(&schema::FORMAT, node, message, &format!("write `{}`", printable(&mended)), sink);
    }
}

/// A time with microseconds, when it has none, or another fraction. What is no time at all is the schema's matter.
fn with_microseconds(text: &str) -> Option<String> {
    let (time, rest) = text.split_at_checked(SECONDS)?;
    if rest.starts_with(['Z', '+', '-']) {
        return Some(format!("{time}.000000{rest}"));
    }
    let fraction = rest.strip_prefix(['.', ','])?;
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, zone) = fraction.split_at_checked(digits)?;
    (!digits.is_empty() && digits.len() != 6).then(|| format!("{time}.{digits:0<6.6}{zone}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{check, with_microseconds};
    use crate::check::written::{Written, summary};

    fn found(spec: &Json) -> String {
        let object = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": spec});
        summary(&Written::new(&object).findings(check))
    }

    #[test]
    fn a_lease_lasts_and_counts_from_zero() {
        assert_eq!(found(&json!({"leaseDurationSeconds": 1, "leaseTransitions": 0, "renewTime": null})), "");
        assert!(found(&json!({"leaseDurationSeconds": 0})).starts_with("schema/range /spec/leaseDurationSeconds:"));
        assert!(found(&json!({"leaseTransitions": -1})).starts_with("schema/range /spec/leaseTransitions:"));
    }

    #[test]
    fn times_have_six_digits_of_a_second() {
        for sound in ["2024-01-01T00:00:00.000000Z", "2024-01-01T00:00:00,000000+02:00", "yesterday", "ééééééééééééé"]
        {
            assert_eq!(with_microseconds(sound), None, "{sound}");
        }
        for (broken, mended) in [
            ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000000Z"),
            ("2024-01-01T00:00:00.123-02:00", "2024-01-01T00:00:00.123000-02:00"),
            ("2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00.123456Z"),
        ] {
            assert_eq!(with_microseconds(broken).as_deref(), Some(mended), "{broken}");
        }
        assert!(found(&json!({"acquireTime": "2024-01-01T00:00:00Z"})).starts_with("schema/format /spec/acquireTime:"));
    }
}
