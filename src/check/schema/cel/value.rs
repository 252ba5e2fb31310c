//! A custom resource as the API server's rules get to see it.
//!
//! In: the JSON of a settled object and the shape of its schema. Out: CEL's values of it. It never judges a value: what does not fit its schema has no CEL value.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use kube_cel::cel::Value;
use kube_cel::cel::objects::{Key, Map};
use serde_json::Value as Json;

use super::shape::{Format, Kind, Shape};

/// The CEL value of a settled value; none when it does not fit its schema, which is for other checks to report.
pub(super) fn to_cel(value: &Json, shape: &Shape) -> Option<Value> {
    if value.is_null() {
        return shape.nullable.then_some(Value::Null);
    }
    match (value, &shape.kind) {
        (Json::Object(members), Kind::Object(fields)) => {
            let mut map = HashMap::with_capacity(members.len());
            for (name, member) in members {
                let Some(field) = fields.get(name) else { continue };
                if member.is_null() || field.identifiers.is_empty() {
                    continue;
                }
                let value = to_cel(member, &field.shape)?;
                for identifier in &field.identifiers {
                    map.insert(key(identifier), value.clone());
                }
            }
            Some(Value::Map(Map { map: Arc::new(map) }))
        }
        (Json::Object(members), Kind::Map(values)) => {
            let entries = members.iter().map(|(name, member)| Some((key(name), to_cel(member, values)?)));
            Some(Value::Map(Map { map: Arc::new(entries.collect::<Option<_>>()?) }))
        }
        (Json::Array(items), Kind::List(shape, _)) => {
            Some(Value::List(Arc::new(items.iter().map(|item| to_cel(item, shape)).collect::<Option<_>>()?)))
        }
        (Json::String(text), Kind::Text(format)) => formatted(text, *format),
        (Json::String(text), Kind::IntOrString) => Some(string(text)),
        (Json::Number(_), Kind::Integer | Kind::IntOrString) => integer(value).map(Value::Int),
        (Json::Number(number), Kind::Number) => number.as_f64().map(Value::Float),
        (Json::Bool(flag), Kind::Boolean) => Some(Value::Bool(*flag)),
        _ => None,
    }
}

fn key(name: &str) -> Key {
    Key::String(Arc::new(name.to_owned()))
}

fn string(text: &str) -> Value {
    Value::String(Arc::new(text.to_owned()))
}

fn integer(value: &Json) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked in the same line")]
        (number.fract() == 0.0 && number.abs() < 9.0e18).then_some(number as i64)
    })
}

fn formatted(text: &str, format: Format) -> Option<Value> {
    match format {
        Format::Plain => Some(string(text)),
        Format::Bytes => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
            Some(Value::Bytes(Arc::new(bytes)))
        }
        Format::Date => text.parse::<jiff::civil::Date>().ok().and_then(|_| timestamp(&format!("{text}T00:00:00Z"))),
        Format::DateTime => timestamp(text),
        Format::Duration => duration(crate::check::duration::parse_format(text)?),
    }
}

fn timestamp(text: &str) -> Option<Value> {
    // The target is a type of the crate that CEL's timestamps are built on; inference spares us that dependency.
    text.parse().ok().map(Value::Timestamp)
}

/// A duration, as the distance of two timestamps: the only way to CEL's durations without naming their crate.
fn duration(nanoseconds: i64) -> Option<Value> {
    let Some(Value::Timestamp(from)) = timestamp("1970-01-01T00:00:00Z") else { return None };
    let distance = std::time::Duration::from_nanos(nanoseconds.unsigned_abs());
    let until = if nanoseconds < 0 { from - distance } else { from + distance };
    Some(Value::Duration(until - from))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_of_type_number_is_a_double_and_a_whole_float_of_type_integer_an_int() {
        let schema = json!({"type": "object", "properties": {
            "share": {"type": "number"}, "count": {"type": "integer"}, "port": {"x-kubernetes-int-or-string": true},
        }});
        let value = to_cel(&json!({"share": 1, "count": 2.0, "port": 3}), &Shape::of_resource(&schema));
        let Some(Value::Map(map)) = value else { panic!("not a map") };
        assert_eq!(format!("{:?}", map.map.get(&key("share"))), "Some(Float(1.0))");
        assert_eq!(format!("{:?}", map.map.get(&key("count"))), "Some(Int(2))");
        assert_eq!(format!("{:?}", map.map.get(&key("port"))), "Some(Int(3))");
    }

    #[test]
    fn what_does_not_fit_the_schema_has_no_value() {
        let schema = json!({"type": "object", "properties": {"count": {"type": "integer"}}});
        assert!(to_cel(&json!({"count": "one"}), &Shape::of_resource(&schema)).is_none());
        assert!(to_cel(&json!({"count": 1}), &Shape::of_resource(&schema)).is_some());
    }

    #[test]
    fn durations_may_be_negative() {
        assert_eq!(format!("{:?}", duration(-1_000_000_000)), "Some(Duration(TimeDelta { secs: -1, nanos: 0 }))");
    }
}
