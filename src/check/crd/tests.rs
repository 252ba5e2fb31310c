use serde_json::{Value as Json, json};

use super::check;
use crate::check::written::{Written, summary};

/// A sound definition whose `spec.a` has a schema.
fn definition(a: &Json) -> Json {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"kind": "Gadget", "plural": "gadgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {"spec": {"type": "object", "properties": {"a": a}}},
            }}}],
        },
    })
}

fn found(definition: &Json) -> String {
    summary(&Written::new(definition).findings(|object, sink| check(object, sink)))
}

/// What is found about the schema of `spec.a`, with pointers from there.
fn found_in(a: &Json) -> String {
    found(&definition(a)).replace("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a", "…")
}

/// What is found after a part of a sound definition was replaced.
fn found_with(pointer: &str, value: Json) -> String {
    let mut definition = definition(&json!({"type": "string"}));
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    definition.pointer_mut(parent).unwrap()[key] = value;
    found(&definition)
}

#[test]
fn a_sound_definition_passes() {
    assert_eq!(found_in(&json!({"type": "string"})), "");
}

#[test]
fn names_are_dns_labels_and_the_definition_is_called_after_them() {
    assert_eq!(
        found_with("/metadata/name", json!("things.example.com")),
        "crd/invalid /metadata/name: name `things.example.com` is not the plural name and the group, \
         `gadgets.example.com`\n"
    );
    assert_eq!(found_with("/spec/scope", json!("Global")), "crd/invalid /spec/scope: unknown scope `Global`\n");
    assert_eq!(
        found_with("/spec/names/shortNames", json!(["GD"])),
        "crd/invalid /spec/names/shortNames/0: `GD` in `shortNames` is not a DNS label\n"
    );
    assert_eq!(
        found_with("/spec/names/listKind", json!("Gadget")),
        "crd/invalid /spec/names/listKind: `Gadget` is both `kind` and `listKind`\n"
    );
}

#[test]
fn a_protected_group_needs_approval() {
    let mut definition = definition(&json!({"type": "string"}));
    definition["metadata"]["name"] = json!("gadgets.example.k8s.io");
    definition["spec"]["group"] = json!("example.k8s.io");
    assert!(found(&definition).starts_with("crd/invalid /metadata: group `example.k8s.io` belongs to the Kubernetes"));
    for approval in ["https://github.com/kubernetes/enhancements/pull/1111", "unapproved, experimental-only"] {
        definition["metadata"]["annotations"] = json!({"api-approved.kubernetes.io": approval});
        assert_eq!(found(&definition), "", "{approval}");
    }
}

#[test]
fn exactly_one_version_is_stored() {
    assert_eq!(
        found_with("/spec/versions/0/storage", json!(false)),
        "crd/invalid /spec/versions: no version is the storage version\n"
    );
    let mut definition = definition(&json!({"type": "string"}));
    let version = definition["spec"]["versions"][0].clone();
    definition["spec"]["versions"].as_array_mut().unwrap().push(version);
    assert_eq!(
        found(&definition),
        "crd/invalid /spec/versions/1/name: version `v1` is defined twice\n\
         crd/invalid /spec/versions/1/storage: more than one version is the storage version\n"
    );
}

#[test]
fn columns_scale_and_selectable_fields_name_fields() {
    assert_eq!(
        found_with(
            "/spec/versions/0/additionalPrinterColumns",
            json!([{"name": "A", "type": "text", "jsonPath": "{.spec.a}"}])
        ),
        "crd/invalid /spec/versions/0/additionalPrinterColumns/0/type: unknown type `text` of a printer column\n\
         crd/invalid /spec/versions/0/additionalPrinterColumns/0/jsonPath: path `{.spec.a}` does not begin with `.`\n"
    );
    let scale = json!({"scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".spec.n"}});
    assert_eq!(
        found_with("/spec/versions/0/subresources", scale),
        "crd/invalid /spec/versions/0/subresources/scale/statusReplicasPath: path `.spec.n` does not begin with \
         `.status.`\n"
    );
    assert_eq!(
        found_with("/spec/versions/0/selectableFields", json!([{"jsonPath": ".spec.a"}, {"jsonPath": ".spec.b"}])),
        "crd/invalid /spec/versions/0/selectableFields/1/jsonPath: path `.spec.b` names no field of the schema\n"
    );
}

#[test]
fn a_conversion_webhook_is_reachable() {
    let conversion = |client: Json| json!({"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v2"]}});
    let pointer = "/spec/conversion";
    assert_eq!(
        found_with(pointer, conversion(json!({"url": "http://example.com/"}))),
        "crd/invalid /spec/conversion/webhook/clientConfig/url: webhook URL `http://example.com/` does not begin with \
         `https://`\n\
         crd/invalid /spec/conversion/webhook/conversionReviewVersions: `conversionReviewVersions` has neither `v1` nor \
         `v1beta1`\n"
    );
    assert!(found_with(pointer, conversion(json!({}))).contains("has neither `url` nor `service`"));
    assert_eq!(
        found_with(pointer, json!({"strategy": "Webhook"})),
        "crd/invalid /spec/conversion: the strategy `Webhook` lacks `webhook`\n"
    );
}

#[test]
fn every_part_has_a_type() {
    for (schema, expected) in [
        (json!({"description": "anything"}), "crd/not-structural …: a field has no type\n"),
        (json!({"type": "array"}), "crd/not-structural …: a list has no `items`\n"),
        (json!({"type": "array", "items": {}}), "crd/not-structural …/items: the items of a list have no type\n"),
        (json!({"type": "text"}), "crd/not-structural …/type: unknown type `text`\n"),
        (json!({"x-kubernetes-int-or-string": true}), ""),
        (json!({"x-kubernetes-preserve-unknown-fields": true}), ""),
    ] {
        assert_eq!(found_in(&schema), expected, "{schema}");
    }
}

#[test]
fn keywords_that_are_not_supported_are_named_and_nothing_else_is() {
    for keyword in ["$ref", "definitions", "patternProperties", "dependencies"] {
        let value = if keyword == "$ref" { json!("#/x") } else { json!({"x": {}}) };
        let expected = format!(
            "crd/not-structural …/{keyword}: `{keyword}` is not supported in the schema of a custom resource\n"
        );
        assert_eq!(found_in(&json!({keyword: value})), expected);
    }
}

#[test]
fn junctors_only_restrict() {
    assert_eq!(
        found_in(&json!({"type": "string", "anyOf": [{"type": "string", "pattern": "a"}, {"description": "b"}]})),
        "crd/not-structural …/anyOf/0/type: `type` stands within `anyOf`\n\
         crd/not-structural …/anyOf/1/description: `description` stands within `anyOf`\n"
    );
    let int_or_string = |first: &str, second: &str| json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": first}, {"type": second}]});
    assert_eq!(found_in(&int_or_string("integer", "string")), "");
    assert_eq!(found_in(&int_or_string("string", "integer")).lines().count(), 2);
}

#[test]
fn only_the_names_of_metadata_may_be_restricted() {
    let pointer = "/spec/versions/0/schema/openAPIV3Schema/properties/metadata";
    assert_eq!(found_with(pointer, json!({"type": "object", "properties": {"name": {"type": "string"}}})), "");
    assert!(
        found_with(pointer, json!({"type": "object", "properties": {"labels": {"type": "object"}}}))
            .contains("/metadata/properties/labels: `labels` in the schema of `metadata`")
    );
}

#[test]
fn lists_that_are_maps_have_keys_that_are_always_there() {
    let list = |keys: Json, key: Json, required: Json| {
        json!({
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys,
            "items": {"type": "object", "properties": {"name": key}, "required": required},
        })
    };
    let text = || json!({"type": "string"});
    assert_eq!(found_in(&list(json!(["name"]), text(), json!(["name"]))), "");
    assert_eq!(found_in(&list(json!(["name"]), json!({"type": "string", "default": "x"}), json!([]))), "");
    for (schema, problem) in [
        (list(json!(["name"]), text(), json!([])), "key `name` is neither required nor has it a default"),
        (list(json!(["id"]), text(), json!([])), "key `id` is no property of the items"),
        (list(json!(["name", "name"]), text(), json!(["name"])), "key `name` is listed twice"),
        (list(json!([]), text(), json!([])), "a list of type `map` lacks `x-kubernetes-list-map-keys`"),
    ] {
        assert!(found_in(&schema).contains(problem), "{}", found_in(&schema));
    }
    let set = json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "object"}});
    assert_eq!(found_in(&set), "crd/invalid …/items: items of a list of type `set` are not atomic\n");
}

#[test]
fn defaults_fit_their_schema_as_they_stand() {
    let object = |default: Json| {
        json!({
            "type": "object", "default": default, "required": ["b"],
            "properties": {"b": {"type": "string", "nullable": true, "default": "x"}},
        })
    };
    assert_eq!(found_in(&object(json!({"b": "y"}))), "");
    assert_eq!(found_in(&object(json!({"b": null}))), "");
    assert!(found_in(&object(json!({}))).starts_with("crd/invalid …/default: the default does not fit its schema: "));
    assert_eq!(
        found_in(&object(json!({"b": "y", "c": 1}))),
        "crd/invalid …/default/c: the default has a field `c` that its schema does not know\n"
    );
    assert!(found_in(&json!({"type": "string", "default": 5})).starts_with("crd/invalid …/default: "));
    let ruled = json!({"type": "string", "default": "b", "x-kubernetes-validations": [{"rule": "self != 'b'"}]});
    assert_eq!(found_in(&ruled), "crd/invalid …/default: failed rule: self != 'b'\n");
}

#[test]
fn patterns_are_re2() {
    assert_eq!(found_in(&json!({"type": "string", "pattern": "^[a[]$"})), "");
    assert!(found_in(&json!({"type": "string", "pattern": "^(?!a)"})).starts_with("crd/invalid …/pattern: pattern "));
}

#[test]
fn rules_compile() {
    let ruled = |rule: Json| json!({"type": "string", "x-kubernetes-validations": [rule]});
    assert_eq!(found_in(&ruled(json!({"rule": "self != ''", "message": "set it", "reason": "FieldValueInvalid"}))), "");
    for (rule, problem) in [
        (json!({"rule": "self !="}), "/rule: the expression does not compile: "),
        (json!({"rule": "self + 'a'"}), "/rule: the expression does not compile: it is of type `string`"),
        (json!({"rule": "self.isFine()"}), "/rule: the expression does not compile: undeclared reference to `isFine`"),
        (json!({"rule": " "}), "/rule: the rule is empty"),
        (json!({"rule": "true", "message": "a\nb"}), "/message: the message has a line break"),
        (json!({"rule": "true\n|| false"}), "/rule: a rule of several lines has no message"),
        (json!({"rule": "true", "reason": "Because"}), "/reason: unknown reason `Because`"),
        (json!({"rule": "true", "messageExpression": "5"}), "/messageExpression: the expression does not compile: "),
        (json!({"rule": "true", "optionalOldSelf": true}), "/optionalOldSelf: `optionalOldSelf` stands on a rule"),
        (json!({"rule": "true", "fieldPath": ".b"}), "/fieldPath: field path `.b` names no field of the schema"),
    ] {
        let found = found_in(&ruled(rule));
        assert!(found.contains(&format!("crd/invalid-rule …/x-kubernetes-validations/0{problem}")), "{found}");
    }
}

#[test]
fn old_values_need_a_list_that_can_be_matched() {
    let rule = json!([{"rule": "self == oldSelf"}]);
    let list = json!({"type": "array", "items": {"type": "string", "x-kubernetes-validations": rule}});
    assert!(found_in(&list).contains("the rule uses `oldSelf` in a list"));
}

#[test]
fn what_is_below_the_status_subresource_cannot_depend_on_the_rest() {
    let mut definition = definition(&json!({"type": "string"}));
    definition["spec"]["versions"][0]["subresources"] = json!({"status": {}});
    assert_eq!(found(&definition), "");
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["oneOf"] = json!([{"required": ["spec"]}]);
    assert!(found(&definition).contains("`oneOf` stands at the root of a schema with the status subresource"));
}

#[test]
fn definitions_of_a_removed_version_are_left_alone() {
    let mut definition = definition(&json!({}));
    definition["apiVersion"] = json!("apiextensions.k8s.io/v1beta1");
    assert_eq!(found(&definition), "");
}
