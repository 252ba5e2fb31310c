//! `LimitRange`: `pkg/apis/core/validation`.
//!
//! In: an object of the core group. Out: findings about amounts that contradict each other, what the server fills in for
//! containers among them.

use super::fields::{duplicate, entries, forbidden, invalid, is_empty, is_unset, items, report, text};
use super::names::is_qualified_name;
use super::resource_names::{For, is_huge_pages};
use super::resources::is_native;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::check::quantity::Quantity;
use crate::manifest::{Entry, Node, Object};
use crate::report::printable;

const TYPES: &[&str] = &["Container", "PersistentVolumeClaim", "Pod"];
const FIELDS: &[&str] = &["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

/// Checks a limit range.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.kind != "LimitRange" {
        return;
    }
    let Some(spec) = object.node.present("spec") else { return };
    let limits = items(spec, "limits");
    for (index, limit) in limits.iter().enumerate().filter(|(_, limit)| limit.is_mapping()) {
        let Some(kind) = text(limit, "type") else { continue };
        check_type(limit, kind, limits.get(..index).unwrap_or_default(), sink);
        check_limit(limit, kind, sink);
    }
}

fn check_type(limit: &Node<'_>, kind: &str, earlier: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    let Some(node) = limit.get("type") else { return };
    if kind.is_empty() {
        is_empty(limit, "type", sink);
    } else if !is_qualified_name(kind) || !kind.contains('/') && !TYPES.contains(&kind) {
        sink.none_of(node, TYPES);
    }
    if earlier.iter().any(|limit| text(limit, "type") == Some(kind)) {
        duplicate(node, format!("there are limits for the type `{}` already", printable(kind)), sink);
    }
}

fn check_limit(limit: &Node<'_>, kind: &str, sink: &mut Sink<'_, '_>) {
    let purpose = if matches!(kind, "Pod" | "Container") { For::Containers } else { For::Anything };
    let mut resources: Vec<&str> = Vec::new();
    for field in FIELDS {
        if kind == "Pod" && matches!(*field, "default" | "defaultRequest") {
            if !is_unset(limit, field) {
                forbidden(limit, field, "may not stand with the type `Pod`", sink);
            }
            continue;
        }
        for entry in entries(limit, field) {
            purpose.check_name(entry, sink);
            if !resources.contains(&&*entry.key) {
                resources.push(&entry.key);
            }
        }
    }
    let has_storage = |field| entries(limit, field).iter().any(|entry| entry.key == "storage");
    if kind == "PersistentVolumeClaim" && !has_storage("min") && !has_storage("max") {
        invalid(limit, "neither `min` nor `max` has `storage`", "add it to one of them", sink);
    }
    for resource in resources {
        Amounts::of(limit, kind, resource).check(resource, sink);
    }
}

/// An amount, and the field that it is written in.
type Amount<'n, 's> = (&'static str, &'n Entry<'s>);

/// The amounts of one resource: those written, and what the server makes of them for containers.
struct Amounts<'n, 's> {
    min: Option<Amount<'n, 's>>,
    max: Option<Amount<'n, 's>>,
    default: Option<Amount<'n, 's>>,
    request: Option<Amount<'n, 's>>,
    ratio: Option<Amount<'n, 's>>,
}

impl<'n, 's> Amounts<'n, 's> {
    fn of(limit: &'n Node<'s>, kind: &str, resource: &str) -> Self {
        let find = |field: &'static str| {
            let entry = entries(limit, field).iter().find(|entry| entry.key == resource)?;
            Some((field, entry))
        };
        let (min, max) = (find("min"), find("max"));
        let (mut default, mut request) = (None, None);
        if kind != "Pod" {
            (default, request) = (find("default"), find("defaultRequest"));
        }
        if kind == "Container" {
            default = default.or(max);
            request = request.or(default).or(min);
        }
        Self { min, max, default, request, ratio: find("maxLimitRequestRatio") }
    }

    fn check(&self, resource: &str, sink: &mut Sink<'_, '_>) {
        let resource = printable(resource);
        let mut told = Vec::new();
        for (low, high) in [
            (self.min, self.max),
            (self.min, self.request),
            (self.request, self.max),
            (self.request, self.default),
            (self.min, self.default),
            (self.default, self.max),
        ] {
            let (Some((low_field, low)), Some((high_field, high))) = (low, high) else { continue };
            let (Some(lower), Some(higher)) = (Quantity::of(&low.value), Quantity::of(&high.value)) else { continue };
            if lower > higher && !told.contains(&(low_field, high_field)) {
                told.push((low_field, high_field));
                let message = format!("`{low_field}` of `{resource}` is more than `{high_field}`");
                let help = format!("lower `{low_field}`, or raise `{high_field}`");
                report(&schema::RANGE, &low.value, message, &help, sink);
            }
        }
        if let Some((field, entry)) = self.ratio
            && Quantity::of(&entry.value).is_some_and(|ratio| ratio < Quantity::from(1))
        {
            let message = format!("`{field}` of `{resource}` is less than 1");
            report(&schema::RANGE, &entry.value, message, "write `1` or more", sink);
        }
        if let (Some((field, ratio)), Some((_, min)), Some((_, max))) = (self.ratio, self.min, self.max)
            && let (Some(wanted), Some(min), Some(max)) =
                (Quantity::of(&ratio.value), Quantity::of(&min.value), Quantity::of(&max.value))
            && wanted.is_above_ratio(&max, &min) == Some(true)
        {
            let message = format!("`{field}` of `{resource}` is more than `max` is of `min`");
            report(&schema::RANGE, &ratio.value, message, "lower it, or lower `min`", sink);
        }
        if let (Some((_, default)), Some((field, request))) = (self.default, self.request)
            && (!is_native(&request.key) || is_huge_pages(&request.key))
            && let (Some(limited), Some(requested)) = (Quantity::of(&default.value), Quantity::of(&request.value))
            && limited != requested
            && told.is_empty()
        {
            let message = format!("`{field}` of `{resource}` must equal the default limit");
            invalid(&request.value, message, "write the same amount twice", sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn found(limits: &Json) -> String {
        let object = json!({"apiVersion": "v1", "kind": "LimitRange", "spec": {"limits": limits}});
        summary(&Written::new(&object).findings(check))
    }

    fn container(fields: &Json) -> String {
        let mut limit = json!({"type": "Container"});
        for (key, value) in fields.as_object().unwrap() {
            limit[key] = value.clone();
        }
        found(&json!([limit]))
    }

    #[test]
    fn a_type_is_known_and_stands_once() {
        assert_eq!(found(&json!([{"type": "Pod"}, {"type": "example.com/Thing", "max": {"storage": 1}}])), "");
        assert!(found(&json!([{"type": "Service"}])).starts_with("schema/enum /spec/limits/0/type:"));
        assert!(found(&json!([{"type": ""}])).starts_with("schema/required /spec/limits/0/type:"));
        assert!(found(&json!([{"type": "Pod"}, {"type": "Pod"}])).starts_with("schema/list-key /spec/limits/1/type:"));
    }

    #[test]
    fn each_type_has_its_resources() {
        assert!(found(&json!([{"type": "Pod", "default": {"cpu": 1}}])).contains("`default` may not stand"));
        assert!(container(&json!({"max": {"storage": 1}})).contains("`storage` is no resource here"));
        assert_eq!(found(&json!([{"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}}])), "");
        assert!(found(&json!([{"type": "PersistentVolumeClaim", "max": {"cpu": 1}}])).contains("`storage`"));
    }

    #[test]
    fn amounts_do_not_contradict_each_other() {
        let sound = json!({"min": {"cpu": "50m"}, "defaultRequest": {"cpu": "100m"}, "default": {"cpu": "500m"},
            "max": {"cpu": 1}});
        assert_eq!(container(&sound), "");
        assert_eq!(
            container(&json!({"min": {"cpu": 2}, "max": {"cpu": 1}})),
            "schema/range /spec/limits/0/min/cpu: `min` of `cpu` is more than `max`\n"
        );
        assert_eq!(
            container(&json!({"default": {"cpu": 2}, "max": {"cpu": 1}})),
            "schema/range /spec/limits/0/default/cpu: `default` of `cpu` is more than `max`\n"
        );
        assert_eq!(
            container(&json!({"default": {"cpu": 1}, "defaultRequest": {"cpu": 2}})),
            "schema/range /spec/limits/0/defaultRequest/cpu: `defaultRequest` of `cpu` is more than `default`\n"
        );
        assert!(container(&json!({"maxLimitRequestRatio": {"cpu": "0.5"}})).contains("less than 1"));
    }

    #[test]
    fn defaults_of_containers_come_from_the_bounds() {
        let request = json!({"defaultRequest": {"cpu": 2}, "max": {"cpu": 1}});
        assert!(container(&request).contains("`defaultRequest` of `cpu` is more than `max`"));
        let devices = json!({"default": {"example.com/gpu": 2}, "defaultRequest": {"example.com/gpu": 1}});
        assert!(container(&devices).contains("must equal the default limit"));
        assert_eq!(container(&json!({"default": {"example.com/gpu": 2}})), "");
    }
}
