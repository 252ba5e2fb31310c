//! Admission policies in CEL.
//!
//! In: an object of `admissionregistration.k8s.io`. Out: findings. It never asks whether a policy, its parameters or
//! the fields that an expression reads exist, and never estimates what an expression costs.

use super::admission::{FAILURE_POLICIES, REINVOCATION_POLICIES};
use super::admission_rules::{conditions, expression, match_resources, no_deletion};
use super::expressions::{Names, Wanted, is_identifier};
use super::fields::{
    duplicate, filled, forbidden, invalid, is_empty, is_one_of, is_unset, items, one_of, report, required, text,
};
use super::names;
use crate::catalogue::{object, schema};
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;

const REASONS: &[&str] = &["Forbidden", "Invalid", "RequestEntityTooLarge"];
const MOST_ANNOTATIONS: usize = 20;
const LONGEST_VALUE_EXPRESSION: usize = 5 * 1024;

/// Checks a `ValidatingAdmissionPolicy`.
pub(super) fn validating(policy: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = spec(policy, sink) else { return };
    let mut names = common(spec, sink);
    if !is_unset(spec, "variables") {
        names.variables = Some(Vec::new());
    }
    variables(spec, &mut names, sink);
    if is_unset(spec, "validations") && is_unset(spec, "auditAnnotations") {
        required(spec, "validations", sink);
    }
    for validation in items(spec, "validations") {
        self::validation(validation, &names, sink);
    }
    audit_annotations(policy, spec, &names, sink);
}

/// Checks a `MutatingAdmissionPolicy`.
pub(super) fn mutating(policy: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = spec(policy, sink) else { return };
    let mut names = common(spec, sink);
    if let Some(constraints) = spec.present("matchConstraints") {
        no_deletion(constraints, sink);
    }
    if filled(spec, "reinvocationPolicy").is_none() {
        required(spec, "reinvocationPolicy", sink);
    }
    one_of(spec, "reinvocationPolicy", REINVOCATION_POLICIES, sink);
    names.variables = Some(Vec::new());
    variables(spec, &mut names, sink);
    if is_unset(spec, "mutations") {
        required(spec, "mutations", sink);
    }
    names.patches = true;
    for mutation in items(spec, "mutations") {
        self::mutation(mutation, &names, sink);
    }
}

fn spec<'n, 's>(policy: &'n Object<'s>, sink: &mut Sink<'_, '_>) -> Option<&'n Node<'s>> {
    let spec = policy.node.present("spec");
    if spec.is_none() {
        sink.missing(&policy.node, "spec");
    }
    spec.filter(|spec| spec.is_mapping())
}

/// What policies of both kinds have; what their expressions may name.
fn common(spec: &Node<'_>, sink: &mut Sink<'_, '_>) -> Names {
    if let Some(policy) = spec.present("failurePolicy") {
        is_one_of(policy, FAILURE_POLICIES, sink);
    }
    let parameters = spec.present("paramKind");
    if let Some(parameters) = parameters {
        parameter_kind(parameters, sink);
    }
    match spec.present("matchConstraints") {
        Some(constraints) if constraints.is_mapping() => {
            match_resources(constraints, sink);
            if is_unset(constraints, "resourceRules") {
                required(constraints, "resourceRules", sink);
            }
        }
        Some(_) => {}
        None => required(spec, "matchConstraints", sink),
    }
    let names = Names { params: parameters.is_some(), authorizer: true, ..Names::default() };
    conditions(spec, &names, sink);
    names
}

fn parameter_kind(kind: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if !kind.is_mapping() {
        return;
    }
    for field in ["apiVersion", "kind"] {
        if filled(kind, field).is_none() {
            required(kind, field, sink);
        }
    }
    if let Some(node) = filled(kind, "apiVersion")
        && let Some(text) = node.as_str()
    {
        let (group, version) = text.split_once('/').unwrap_or(("", text));
        let sound = group.is_empty() || names::is_dns1123_subdomain(group);
        if !sound || !names::is_dns1035_label(version) {
            let message = format!("`{}` is no API version", printable(text));
            invalid(node, message, "write one such as `v1` or `example.com/v1`", sink);
        }
    }
    if let Some(node) = filled(kind, "kind")
        && let Some(text) = node.as_str()
        && !names::is_dns1035_label(&text.to_lowercase())
    {
        invalid(node, format!("`{}` is no kind", printable(text)), "write one such as `ConfigMap`", sink);
    }
}

/// Each may use those before it.
fn variables(spec: &Node<'_>, names: &mut Names, sink: &mut Sink<'_, '_>) {
    for variable in items(spec, "variables") {
        expression(variable, "expression", names, Wanted::Anything, sink);
        let Some(node) = variable.present("name") else { continue };
        let Some(name) = node.as_str() else { continue };
        if name.trim().is_empty() {
            is_empty(variable, "name", sink);
        } else if !is_identifier(name) {
            let message = format!("`{}` cannot be the name of a variable", printable(name));
            invalid(node, message, "use letters, digits and `_`, no digit at the beginning, and no word of CEL", sink);
        }
        names.variables.get_or_insert_default().push(name.to_owned());
    }
}

fn validation(validation: &Node<'_>, names: &Names, sink: &mut Sink<'_, '_>) {
    expression(validation, "expression", names, Wanted::Bool, sink);
    if filled(validation, "messageExpression").is_some() {
        // Messages cannot ask what somebody may do.
        let names = Names { authorizer: false, ..names.clone() };
        expression(validation, "messageExpression", &names, Wanted::Text, sink);
    }
    if let Some(node) = filled(validation, "message")
        && let Some(message) = node.as_str()
    {
        if message.trim().is_empty() {
            is_empty(validation, "message", sink);
        } else if message.trim().contains(['\n', '\r']) {
            invalid(node, "the message has a line break", "write it on one line", sink);
        }
    }
    if let Some(reason) = validation.present("reason") {
        is_one_of(reason, REASONS, sink);
    }
}

fn audit_annotations(policy: &Object<'_>, spec: &Node<'_>, names: &Names, sink: &mut Sink<'_, '_>) {
    let list = items(spec, "auditAnnotations");
    if list.len() > MOST_ANNOTATIONS
        && let Some(node) = spec.get("auditAnnotations")
    {
        let message = format!("{} annotations, more than {MOST_ANNOTATIONS}", list.len());
        report(&schema::RANGE, node, message, "remove some of them", sink);
    }
    let name = policy.node.path(&["metadata", "name"]).and_then(Node::as_str);
    // Of a name that is none, another check speaks.
    let name = name.filter(|name| names::is_dns1123_subdomain(name)).unwrap_or("name");
    for (index, annotation) in list.iter().enumerate() {
        if let Some(node) = annotation.present("key")
            && let Some(key) = node.as_str()
        {
            if key.is_empty() {
                is_empty(annotation, "key", sink);
            } else if !names::is_qualified_name(&format!("{name}/{key}")) {
                let help = "use letters, digits, `-`, `_` and `.`, at most 63, with a letter or digit at both ends";
                invalid(node, format!("`{}` cannot be a part of an annotation's key", printable(key)), help, sink);
            }
            if list.iter().take(index).any(|earlier| text(earlier, "key") == Some(key)) {
                duplicate(node, format!("`{}` is the key of another annotation, too", printable(key)), sink);
            }
        }
        match annotation.present("valueExpression") {
            Some(node) if node.as_str().is_some_and(|text| text.trim().len() > LONGEST_VALUE_EXPRESSION) => {
                let message = format!("the expression is longer than {LONGEST_VALUE_EXPRESSION} bytes");
                report(&object::INVALID, node, message, "move parts of it into `variables`", sink);
            }
            _ => expression(annotation, "valueExpression", names, Wanted::TextOrNull, sink),
        }
    }
}

fn mutation(mutation: &Node<'_>, names: &Names, sink: &mut Sink<'_, '_>) {
    let (own, other) = match text(mutation, "patchType") {
        Some("JSONPatch") => ("jsonPatch", "applyConfiguration"),
        Some("ApplyConfiguration") => ("applyConfiguration", "jsonPatch"),
        Some("") => return is_empty(mutation, "patchType", sink),
        Some(_) => {
            if let Some(node) = mutation.get("patchType") {
                is_one_of(node, &["ApplyConfiguration", "JSONPatch"], sink);
            }
            return;
        }
        None => return,
    };
    match mutation.present(own) {
        Some(patch) if patch.is_mapping() => {
            if patch.present("expression").is_none() {
                required(patch, "expression", sink);
            }
            expression(patch, "expression", names, Wanted::Anything, sink);
        }
        Some(_) => {}
        None => required(mutation, own, sink),
    }
    if mutation.present(other).is_some() {
        forbidden(mutation, other, "is not what `patchType` says", sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::admission::check;
    use crate::check::written::{Written, summary};

    fn found(kind: &str, spec: &Json) -> String {
        let object = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": "a"},
            "spec": spec});
        summary(&Written::new(&object).findings(check))
    }

    fn with(mut spec: Json, fields: &Json) -> Json {
        let operations = json!(["CREATE"]);
        spec["matchConstraints"] = json!({"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
            "operations": operations, "resources": ["pods"]}]});
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        spec
    }

    fn validating(fields: &Json) -> String {
        found("ValidatingAdmissionPolicy", &with(json!({"validations": [{"expression": "true"}]}), fields))
    }

    fn mutating(fields: &Json) -> String {
        let mutation = json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}});
        found("MutatingAdmissionPolicy", &with(json!({"mutations": [mutation], "reinvocationPolicy": "Never"}), fields))
    }

    #[test]
    fn a_policy_says_what_it_is_for_and_what_it_demands() {
        assert_eq!(validating(&json!({"failurePolicy": "Ignore"})), "");
        assert!(validating(&json!({"matchConstraints": null})).contains("missing required field `matchConstraints`"));
        assert!(validating(&json!({"matchConstraints": {}})).contains("missing required field `resourceRules`"));
        assert!(validating(&json!({"validations": []})).contains("`validations` is empty"));
        assert!(validating(&json!({"failurePolicy": ""})).starts_with("schema/enum /spec/failurePolicy:"));
    }

    #[test]
    fn variables_are_known_once_they_are_declared() {
        let policy = |first: &str, second: &str| {
            validating(&json!({"variables": [{"name": "a", "expression": first}, {"name": "b", "expression": second}],
                "validations": [{"expression": "variables.b > 1"}]}))
        };
        assert_eq!(policy("1", "variables.a + 1"), "");
        assert!(policy("variables.b", "1").contains("undefined field `b`"));
        assert!(
            validating(&json!({"validations": [{"expression": "variables.b > 1"}]}))
                .contains("undeclared reference to `variables`")
        );
        assert!(validating(&json!({"variables": [{"name": "in", "expression": "1"}]})).contains("cannot be the name"));
    }

    #[test]
    fn parameters_are_known_with_their_kind() {
        let policy =
            |kind: Json| validating(&json!({"paramKind": kind, "validations": [{"expression": "params.a == 1"}]}));
        assert_eq!(policy(json!({"apiVersion": "rules.example.com/v1", "kind": "Limit"})), "");
        assert!(policy(Json::Null).contains("undeclared reference to `params`"));
        assert!(policy(json!({"apiVersion": "a/b/c", "kind": "Limit"})).contains("is no API version"));
        assert!(policy(json!({"apiVersion": "v1", "kind": "Config Map"})).contains("is no kind"));
        assert!(policy(json!({"apiVersion": "v1"})).contains("missing required field `kind`"));
    }

    #[test]
    fn messages_are_of_one_line_and_reasons_are_the_servers() {
        let validation = |fields: Json| {
            let mut validation = json!({"expression": "true"});
            for (key, value) in fields.as_object().unwrap() {
                validation[key] = value.clone();
            }
            validating(&json!({"validations": [validation]}))
        };
        assert_eq!(validation(json!({"message": " too many\n", "reason": "Invalid"})), "");
        assert!(validation(json!({"message": "a\nb"})).contains("line break"));
        assert!(validation(json!({"message": " "})).contains("`message` is empty"));
        assert!(validation(json!({"messageExpression": " "})).contains("`messageExpression` is empty"));
        assert!(
            validation(json!({"messageExpression": "authorizer"})).contains("undeclared reference to `authorizer`")
        );
        assert!(validation(json!({"reason": ""})).starts_with("schema/enum"));
    }

    #[test]
    fn audit_annotations_have_keys_of_their_own() {
        let annotations = |list: Json| validating(&json!({"auditAnnotations": list}));
        let annotation = |key: &str, value: &str| json!({"key": key, "valueExpression": value});
        assert_eq!(annotations(json!([annotation("a", "'b'"), annotation("c", "null")])), "");
        assert!(annotations(json!([annotation("a", "'b'"), annotation("a", "'b'")])).contains("another annotation"));
        assert!(annotations(json!([annotation("a/b", "'b'")])).contains("cannot be a part"));
        assert!(annotations(json!([annotation("a", "1")])).contains("must be a `string` or `null`"));
        assert!(annotations(json!([annotation("a", &format!("'{}'", "b".repeat(5 * 1024)))])).contains("longer"));
    }

    #[test]
    fn a_mutation_is_of_the_type_that_it_says() {
        assert_eq!(mutating(&json!({})), "");
        assert!(mutating(&json!({"reinvocationPolicy": null})).contains("missing required field `reinvocationPolicy`"));
        assert!(mutating(&json!({"mutations": null})).contains("missing required field `mutations`"));
        let mutation = |mutation: Json| mutating(&json!({"mutations": [mutation]}));
        assert!(mutation(json!({"patchType": "JSONPatch"})).contains("missing required field `jsonPatch`"));
        assert!(mutation(json!({"patchType": "Merge"})).starts_with("schema/enum"));
        assert!(
            mutation(json!({"patchType": "JSONPatch", "jsonPatch": {"expression": "[]"}, "applyConfiguration": {}}))
                .contains("`applyConfiguration` is not what `patchType` says")
        );
        assert!(mutation(json!({"patchType": "JSONPatch", "jsonPatch": {}})).contains("`expression`"));
    }
}
