//! Which requests a webhook or an admission policy is for: rules, selectors and conditions.
//!
//! In: a rule, `matchResources`, or a list of conditions. Out: findings. Whether a group, a version or a resource
//! exists is not asked.

use super::expressions::{Names, Wanted};
use super::fields::{
    PATH_SEGMENT, QUALIFIED_NAME, distinct, duplicate, invalid, is_empty, is_one_of, is_unset, items, report, required,
    text,
};
use super::selector;
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

const OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES: &[&str] = &["*", "Cluster", "Namespaced"];
const MATCH_POLICIES: &[&str] = &["Equivalent", "Exact"];
const MOST_CONDITIONS: usize = 64;

/// Checks a rule about operations, groups, versions and resources.
pub(super) fn rule(rule: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if !rule.is_mapping() {
        return;
    }
    for field in ["operations", "apiGroups", "apiVersions", "resources"] {
        if is_unset(rule, field) {
            required(rule, field, sink);
        }
    }
    for field in ["operations", "apiGroups", "apiVersions"] {
        star_alone(rule, field, sink);
    }
    for operation in items(rule, "operations") {
        is_one_of(operation, OPERATIONS, sink);
    }
    for field in ["operations", "apiVersions", "resources"] {
        no_null(rule, field, sink);
    }
    for version in items(rule, "apiVersions").iter().filter(|version| version.as_str() == Some("")) {
        report(&schema::REQUIRED, version, "the version is empty", "write one such as `v1`, or `*`", sink);
    }
    resources(rule, sink);
    if let Some(scope) = rule.present("scope") {
        is_one_of(scope, SCOPES, sink);
    }
}

/// Checks that no item of a list is `null`, which for the server is the empty string.
pub(super) fn no_null(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    for item in items(holder, field).iter().filter(|item| item.is_null()) {
        report(&schema::REQUIRED, item, format!("an item of `{field}` is empty"), "fill it in, or remove it", sink);
    }
}

/// Checks that `*` stands alone in a list; whether it is there at all.
pub(super) fn star_alone(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) -> bool {
    let list = items(holder, field);
    let star = list.iter().find(|item| item.as_str() == Some("*"));
    if let Some(star) = star
        && list.len() > 1
    {
        invalid(star, format!("`*` stands among others in `{field}`"), "remove it, or the others", sink);
    }
    star.is_some()
}

/// Resources with their subresources: nothing that an earlier wildcard covers.
fn resources(rule: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let list = items(rule, "resources");
    let (mut all_of, mut of_all) = (Vec::new(), Vec::new());
    for item in list {
        let Some(name) = item.as_str() else { continue };
        if name.is_empty() {
            report(&schema::REQUIRED, item, "the resource is empty", "write one such as `pods`, or `*`", sink);
        }
        let Some((resource, part)) = name.split_once('/') else { continue };
        let covering = if all_of.contains(&resource) {
            Some(format!("{resource}/*"))
        } else if of_all.contains(&part) {
            Some(format!("*/{part}"))
        } else {
            None
        };
        if let Some(covering) = covering {
            let message = format!("`{}` is within `{}`", printable(name), printable(&covering));
            invalid(item, message, "remove it", sink);
        }
        if part == "*" {
            all_of.push(resource);
        }
        if resource == "*" {
            of_all.push(part);
        }
    }
    let find = |wanted: &str| list.iter().find(|item| item.as_str() == Some(wanted));
    if let Some(everything) = find("*/*").filter(|_| list.len() > 1) {
        invalid(everything, "`*/*` stands among others", "remove the others", sink);
    }
    // The server looks at the last of the resources without a part alone.
    let final_one = list.iter().filter_map(Node::as_str).rfind(|name| !name.is_empty() && !name.contains('/'));
    if let Some(star) = find("*")
        && final_one != Some("*")
    {
        invalid(star, "`*` stands among other resources", "remove it, or the others", sink);
    }
}

/// Checks `matchConstraints` or `matchResources` of a policy or its binding.
pub(super) fn match_resources(resources: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(policy) = resources.present("matchPolicy") {
        is_one_of(policy, MATCH_POLICIES, sink);
    }
    selectors(resources, sink);
    for field in ["resourceRules", "excludeResourceRules"] {
        for item in items(resources, field) {
            let names = items(item, "resourceNames");
            for name in names {
                PATH_SEGMENT.check(name, sink);
            }
            distinct(names, sink);
            rule(item, sink);
        }
    }
}

/// Checks `namespaceSelector` and `objectSelector`.
pub(super) fn selectors(holder: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for field in ["namespaceSelector", "objectSelector"] {
        if let Some(node) = holder.present(field) {
            selector::check(node, sink);
        }
    }
}

/// Checks that the rules of a mutating policy are for no deletion.
pub(super) fn no_deletion(resources: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for rule in items(resources, "resourceRules") {
        for operation in items(rule, "operations").iter().filter(|operation| operation.as_str() == Some("DELETE")) {
            invalid(operation, "a mutating policy cannot be for `DELETE`", "remove it", sink);
        }
    }
}

/// Checks `matchConditions`.
pub(super) fn conditions(holder: &Node<'_>, names: &Names, sink: &mut Sink<'_, '_>) {
    let list = items(holder, "matchConditions");
    if list.len() > MOST_CONDITIONS
        && let Some(node) = holder.get("matchConditions")
    {
        let message = format!("{} conditions, more than {MOST_CONDITIONS}", list.len());
        report(&schema::RANGE, node, message, "join some of them with `&&`", sink);
    }
    for (index, condition) in list.iter().enumerate() {
        expression(condition, "expression", names, Wanted::Bool, sink);
        QUALIFIED_NAME.check_filled(condition, "name", sink);
        let name = text(condition, "name").filter(|name| !name.is_empty());
        if let (Some(name), Some(node)) = (name, condition.get("name"))
            && list.iter().take(index).any(|earlier| text(earlier, "name") == Some(name))
        {
            duplicate(node, format!("`{}` is the name of another condition, too", printable(name)), sink);
        }
    }
}

/// Checks an expression that may not be blank. That it may not lack is for the caller or the schema to say.
pub(super) fn expression(holder: &Node<'_>, field: &str, names: &Names, wanted: Wanted, sink: &mut Sink<'_, '_>) {
    let Some(node) = holder.present(field) else { return };
    if node.as_str().is_some_and(|source| source.trim().is_empty()) {
        is_empty(holder, field, sink);
    } else {
        names.check(node, wanted, sink);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{Names, conditions, rule};
    use crate::check::written::{Written, summary};

    fn found(fields: &Json) -> String {
        let mut object = json!({"apiVersion": "v1", "kind": "A", "operations": ["CREATE"], "apiGroups": [""],
            "apiVersions": ["v1"], "resources": ["pods"]});
        for (key, value) in fields.as_object().unwrap() {
            object[key] = value.clone();
        }
        summary(&Written::new(&object).findings(|object, sink| {
            rule(&object.node, sink);
            conditions(&object.node, &Names::default(), sink);
        }))
    }

    #[test]
    fn a_rule_says_for_what_it_is() {
        assert_eq!(found(&json!({"apiGroups": ["*"], "operations": ["*"], "scope": "Namespaced"})), "");
        assert_eq!(found(&json!({"resources": []})), "schema/required /resources: `resources` is empty\n");
        assert!(found(&json!({"operations": null})).contains("missing required field `operations`"));
        assert!(found(&json!({"operations": ["READ"]})).starts_with("schema/enum /operations/0:"));
        assert!(found(&json!({"operations": ["*", "CREATE"]})).contains("`*` stands among others in `operations`"));
        assert!(found(&json!({"apiVersions": [""]})).starts_with("schema/required /apiVersions/0:"));
        assert!(found(&json!({"operations": ["CREATE", null]})).contains("an item of `operations` is empty"));
        assert_eq!(found(&json!({"apiGroups": [null]})), "", "the core group");
        assert!(found(&json!({"scope": ""})).starts_with("schema/enum /scope:"));
    }

    #[test]
    fn resources_are_not_within_earlier_ones() {
        let resources = |list: &[&str]| found(&json!({"resources": list}));
        for list in [&["*/*"][..], &["*", "*/status"], &["pods", "pods/*"], &["pods/log", "pods/*"], &["pods", "*"]] {
            assert_eq!(resources(list), "", "{list:?}");
        }
        assert!(resources(&["pods/*", "pods/log"]).contains("`pods/log` is within `pods/*`"));
        assert!(resources(&["*/scale", "pods/scale"]).contains("`pods/scale` is within `*/scale`"));
        assert!(resources(&["*/*", "pods"]).contains("`*/*` stands among others"));
        assert!(resources(&["*", "pods"]).contains("`*` stands among other resources"));
    }

    #[test]
    fn conditions_have_names_of_their_own() {
        let condition = |name: &str, expression: &str| json!({"name": name, "expression": expression});
        let two = |second: Json| found(&json!({"matchConditions": [condition("a", "true"), second]}));
        assert_eq!(two(condition("b.c/d", "object.spec.x == 1")), "");
        assert!(two(condition("a", "true")).contains("the name of another condition"));
        assert!(two(condition("", "true")).starts_with("schema/required /matchConditions/1/name:"));
        assert!(two(condition("b", " ")).starts_with("schema/required /matchConditions/1/expression:"));
        assert!(two(condition("b", "variables.a")).contains("undeclared reference to `variables`"));
        let many: Vec<_> = (0..65).map(|index| condition(&format!("c{index}"), "true")).collect();
        assert!(found(&json!({"matchConditions": many})).contains("65 conditions, more than 64"));
    }
}
