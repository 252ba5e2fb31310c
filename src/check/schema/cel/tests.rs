use serde_json::{Value as Json, json};

use super::*;
use crate::check::schema::settle::Settling;
use crate::check::written::{Written, summary};

/// What the rules of a schema of `spec` say about one, and about its change from an old one.
fn found(spec_schema: &Json, spec: &Json, old: Option<&Json>) -> String {
    let schema = json!({"type": "object", "properties": {"spec": spec_schema}});
    let object = |spec: &Json| {
        let written = Written::new(&json!({
            "apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "a", "labels": {"b": "c"}}, "spec": spec,
        }));
        Written::new(&to_json_value(&Settling::new(&schema).settle(&written.object().node)))
    };
    let rules = Rules::compile(&schema).unwrap();
    let old = old.map(object);
    let findings = object(spec)
        .findings(|object, sink| rules.check(&object.node, old.as_ref().map(|old| &old.object().node), sink));
    summary(&findings)
}

#[test]
fn rules_are_shared_by_the_workers() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Rules>();
}

#[test]
fn a_schema_without_rules_has_none() {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object"}}});
    assert!(Rules::compile(&schema).is_none());
}

#[test]
fn a_broken_rule_is_found_at_the_value_it_hangs_on() {
    let schema = json!({
        "type": "object",
        "x-kubernetes-validations": [{"rule": "self.low <= self.high", "message": "low may not exceed high"}],
        "properties": {"low": {"type": "integer"}, "high": {"type": "integer"}},
    });
    assert_eq!(found(&schema, &json!({"low": 1, "high": 2}), None), "");
    assert_eq!(found(&schema, &json!({"low": 3, "high": 2}), None), "schema/cel /spec: low may not exceed high\n");
}

#[test]
fn rules_run_on_items_and_on_the_values_of_maps_whatever_their_keys() {
    let positive =
        json!({"type": "integer", "x-kubernetes-validations": [{"rule": "self > 0", "message": "too small"}]});
    let schema = json!({"type": "object", "properties": {
        "list.of": {"type": "array", "items": positive},
        "map": {"type": "object", "additionalProperties": positive},
    }});
    assert_eq!(
        found(&schema, &json!({"list.of": [1, 0], "map": {"a/b": 0, "c": 1}}), None),
        "schema/cel /spec/list.of/1: too small\nschema/cel /spec/map/a~1b: too small\n"
    );
}

#[test]
fn field_path_and_message_expression_are_respected() {
    let schema = json!({
        "type": "object",
        "x-kubernetes-validations": [{
            "rule": "self.count < 5", "fieldPath": ".count", "messageExpression": "'%d is too many'.format([self.count])",
        }],
        "properties": {"count": {"type": "integer"}},
    });
    assert_eq!(found(&schema, &json!({"count": 7}), None), "schema/cel /spec/count: 7 is too many\n");
}

#[test]
fn the_message_falls_back_to_the_plain_one_and_then_to_the_rule() {
    let rules = json!([
        {"rule": "self.size() > 1", "message": "too short", "messageExpression": "'a\\nb'"},
        {"rule": "self.size()\n  > 2"},
    ]);
    let schema =
        json!({"type": "object", "properties": {"name": {"type": "string", "x-kubernetes-validations": rules}}});
    assert_eq!(
        found(&schema, &json!({"name": "a"}), None),
        "schema/cel /spec/name: too short\nschema/cel /spec/name: failed rule: self.size() > 2\n"
    );
}

#[test]
fn rules_see_defaults_and_report_them_where_a_person_wrote() {
    let schema = json!({
        "type": "object",
        "properties": {"limit": {
            "type": "object", "default": {}, "properties": {"cpu": {"type": "integer", "default": 9}},
            "x-kubernetes-validations": [{"rule": "self.cpu < 5", "message": "too much"}],
        }},
    });
    assert_eq!(found(&schema, &json!({}), None), "schema/cel /spec/limit: too much\n");
    assert_eq!(found(&schema, &json!({"limit": null}), None), "schema/cel /spec/limit: too much\n");
    assert_eq!(found(&schema, &json!({"limit": {"cpu": 1}}), None), "");
}

#[test]
fn rules_about_a_change_need_an_old_object() {
    let schema = json!({"type": "object", "properties": {"name": {
        "type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "immutable"}],
    }}});
    assert_eq!(found(&schema, &json!({"name": "a"}), None), "");
    assert_eq!(found(&schema, &json!({"name": "a"}), Some(&json!({}))), "");
    assert_eq!(found(&schema, &json!({"name": "a"}), Some(&json!({"name": "a"}))), "");
    assert_eq!(
        found(&schema, &json!({"name": "a"}), Some(&json!({"name": "b"}))),
        "schema/cel /spec/name: immutable\n"
    );
}

#[test]
fn an_optional_old_self_is_there_without_an_old_object() {
    let rule = json!({"rule": "oldSelf.hasValue() || self < 5", "optionalOldSelf": true, "message": "start small"});
    let schema =
        json!({"type": "object", "properties": {"n": {"type": "integer", "x-kubernetes-validations": [rule]}}});
    assert_eq!(found(&schema, &json!({"n": 7}), None), "schema/cel /spec/n: start small\n");
    assert_eq!(found(&schema, &json!({"n": 7}), Some(&json!({"n": 6}))), "");
}

#[test]
fn items_of_a_list_map_meet_their_old_selves_by_key() {
    let schema = json!({"type": "object", "properties": {"parts": {
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": {
            "type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.size >= oldSelf.size", "message": "may not shrink"}],
        },
    }}});
    let part = |name: &str, size: i64| json!({"name": name, "size": size});
    let old = json!({"parts": [part("a", 1), part("b", 5)]});
    assert_eq!(found(&schema, &json!({"parts": [part("b", 5), part("c", 0), part("a", 1)]}), Some(&old)), "");
    assert_eq!(
        found(&schema, &json!({"parts": [part("b", 4)]}), Some(&old)),
        "schema/cel /spec/parts/0: may not shrink\n"
    );
}

#[test]
fn an_error_that_the_object_causes_is_a_violation() {
    let schema = json!({
        "type": "object", "properties": {"a": {"type": "string"}},
        "x-kubernetes-validations": [{"rule": "self.a == 'x'", "message": "a is x"}],
    });
    assert_eq!(found(&schema, &json!({}), None), "schema/cel /spec: no such key: a evaluating rule: a is x\n");
}

#[test]
fn a_rule_beyond_the_engine_is_a_warning_once_an_object() {
    let item = json!({"type": "string", "x-kubernetes-validations": [{"rule": "self.fromTheFuture()"}]});
    let schema = json!({"type": "object", "properties": {"list": {"type": "array", "items": item}}});
    assert_eq!(
        found(&schema, &json!({"list": ["a", "b"]}), None),
        "schema/cel-failed /spec/list/0: cannot evaluate the rule `self.fromTheFuture()`: `fromTheFuture` is not known to \
         this engine\n"
    );
}

#[test]
fn rules_over_a_value_of_another_type_do_not_run() {
    let schema = json!({
        "type": "object", "properties": {"n": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "false", "message": "never"}],
    });
    assert_eq!(found(&schema, &json!({"n": "one"}), None), "");
}

#[test]
fn rules_see_no_metadata_but_the_names() {
    let rule = |rule: &str| {
        let schema = json!({"type": "object", "x-kubernetes-validations": [{"rule": rule, "message": "no"}]});
        let rules = Rules::compile(&schema).unwrap();
        let object = json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "b", "labels": {"c": "d"}}});
        summary(&Written::new(&object).findings(|object, sink| rules.check(&object.node, None, sink)))
    };
    assert_eq!(rule("self.metadata.name == 'b' && self.kind == 'A' && !has(self.metadata.labels)"), "");
    assert_eq!(rule("self.metadata.name == 'c'"), "schema/cel : no\n");
}
