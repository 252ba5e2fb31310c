//! The policies of a Job: on failing pods, on success, on replacing pods.
//!
//! In: the spec of a Job, and how many completions it has. Out: findings about `podFailurePolicy`, `successPolicy` and
//! `podReplacementPolicy`. It never looks at a policy that the Job's completion mode does not allow.

use super::bounds::{non_negative, one_of};
use super::names::is_qualified_name;
use crate::catalogue::object::INVALID;
use crate::catalogue::schema::{LIST_KEY, RANGE, REQUIRED};
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

/// How many rules a policy may have, and how many conditions a rule.
const MAX_RULES: usize = 20;
/// How many exit codes a rule may have.
const MAX_EXIT_CODES: usize = 255;
/// How long a list of indexes may be.
const MAX_INDEXES_BYTES: usize = 64 * 1024;

/// Checks the policies of a Job.
pub(super) fn check(spec: &Node<'_>, completions: Option<i64>, sink: &mut Sink<'_, '_>) {
    let failure = spec.present("podFailurePolicy");
    if let Some(node) = spec.present("podReplacementPolicy") {
        let allowed: &[&str] = if failure.is_some() { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
        if node.as_str().is_some_and(|text| !allowed.contains(&text)) {
            sink.none_of(node, allowed);
        }
    }
    if let Some(policy) = failure {
        if let Some(node) =
            spec.path(&["template", "spec", "restartPolicy"]).filter(|node| node.as_str() == Some("OnFailure"))
        {
            let message = "`OnFailure` does not go with `podFailurePolicy`: the pod would not fail";
            sink.value(&INVALID, node, message).help = Some("write `Never`".to_owned());
        }
        let rules = policy.present("rules");
        at_most_items(rules, MAX_RULES, "rules", sink);
        rules.into_iter().flat_map(Node::items).for_each(|rule| failure_rule(spec, rule, sink));
    }
    let indexed = spec.present("completionMode").and_then(Node::as_str) == Some("Indexed");
    if let (Some(policy), true, Some(completions)) = (spec.present("successPolicy"), indexed, completions) {
        let rules = policy.present("rules");
        at_most_items(rules, MAX_RULES, "rules", sink);
        if let Some(rules) = rules.filter(|rules| rules.type_name() == "array" && rules.items().is_empty()) {
            sink.value(&REQUIRED, rules, "`successPolicy` has no rule").help =
                Some("add a rule, or remove `successPolicy`".to_owned());
        }
        rules.into_iter().flat_map(Node::items).for_each(|rule| success_rule(rule, completions, sink));
    }
}

fn at_most_items(list: Option<&Node<'_>>, maximum: usize, what: &str, sink: &mut Sink<'_, '_>) {
    if let Some(list) = list.filter(|list| list.items().len() > maximum) {
        let message = format!("{} {what}, of {maximum} at most", list.items().len());
        sink.value(&RANGE, list, message);
    }
}

fn failure_rule(spec: &Node<'_>, rule: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let action = one_of(rule, "action", &["Count", "FailIndex", "FailJob", "Ignore"], sink);
    if let (Some("FailIndex"), Some(node), None) =
        (action, rule.present("action"), spec.present("backoffLimitPerIndex"))
    {
        sink.value(&INVALID, node, "`FailIndex` needs `backoffLimitPerIndex`").help =
            Some("set `backoffLimitPerIndex`, or write `FailJob`".to_owned());
    }
    empty(rule, "action", sink);
    let codes = rule.present("onExitCodes");
    let conditions = rule.present("onPodConditions").filter(|conditions| !conditions.items().is_empty());
    match (codes, conditions) {
        (Some(_), Some(_)) => {
            sink.value(&INVALID, rule, "`onExitCodes` and `onPodConditions` exclude each other").help =
                Some("make two rules of them".to_owned());
        }
        (None, None) => {
            sink.value(&INVALID, rule, "the rule has neither `onExitCodes` nor `onPodConditions`").help =
                Some("add one of them".to_owned());
        }
        _ => {}
    }
    if let Some(codes) = codes {
        exit_codes(spec, codes, sink);
    }
    at_most_items(conditions, MAX_RULES, "conditions", sink);
    for condition in conditions.into_iter().flat_map(Node::items) {
        if let Some(node) = condition.present("type")
            && let Some(text) = node.as_str().filter(|text| !is_qualified_name(text))
        {
            sink.value(&INVALID, node, format!("`{}` is no type of a condition", printable(text)));
        }
        one_of(condition, "status", &["False", "True", "Unknown"], sink);
    }
}

fn empty(parent: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = parent.present(field).filter(|node| node.as_str() == Some("")) {
        sink.value(&REQUIRED, node, format!("`{field}` is empty")).help = Some(format!("write the `{field}`"));
    }
}

fn exit_codes(spec: &Node<'_>, codes: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let operator = one_of(codes, "operator", &["In", "NotIn"], sink);
    empty(codes, "operator", sink);
    if let Some(node) = codes.present("containerName")
        && let Some(name) = node.as_str()
        && let Some(pod) = spec.path(&["template", "spec"])
    {
        let mut containers =
            ["containers", "initContainers"].into_iter().filter_map(|list| pod.present(list)).flat_map(Node::items);
        if !containers.any(|container| container.present("name").and_then(Node::as_str) == Some(name)) {
            sink.value(&INVALID, node, format!("the pod has no container `{}`", printable(name))).help =
                Some("name one of its containers or init containers".to_owned());
        }
    }
    let Some(values) = codes.present("values") else { return };
    if values.items().is_empty() && values.type_name() == "array" {
        sink.value(&INVALID, values, "`values` is empty").help = Some("add an exit code".to_owned());
    }
    at_most_items(Some(values), MAX_EXIT_CODES, "exit codes", sink);
    let numbers: Vec<(&Node<'_>, i64)> =
        values.items().iter().filter_map(|node| Some((node, node.as_i64()?))).collect();
    let mut previous = None;
    let mut ordered = true;
    for (index, (node, number)) in numbers.iter().enumerate() {
        if operator == Some("In") && *number == 0 {
            sink.value(&INVALID, node, "the exit code `0` is success, and cannot stand after `In`").help =
                Some("remove it".to_owned());
        }
        if numbers.iter().take(index).any(|(_, earlier)| earlier == number) {
            sink.value(&LIST_KEY, node, format!("the exit code `{number}` is listed twice")).help =
                Some("remove one of them".to_owned());
        }
        ordered &= previous.is_none_or(|previous| previous <= *number);
        previous = Some(*number);
    }
    if !ordered {
        sink.value(&INVALID, values, "the exit codes are not in ascending order").help = Some("sort them".to_owned());
    }
}

fn success_rule(rule: &Node<'_>, completions: i64, sink: &mut Sink<'_, '_>) {
    let indexes = rule.present("succeededIndexes");
    let count = rule.present("succeededCount");
    if indexes.is_none() && count.is_none() {
        sink.value(&REQUIRED, rule, "the rule has neither `succeededCount` nor `succeededIndexes`").help =
            Some("add one of them".to_owned());
    }
    let mut total = None;
    if let Some(node) = indexes
        && let Some(text) = node.as_str()
    {
        if text.len() > MAX_INDEXES_BYTES {
            sink.value(&RANGE, node, format!("{} bytes of indexes, of {MAX_INDEXES_BYTES} at most", text.len()));
        }
        match count_indexes(text, completions) {
            Ok(count) => total = Some(count),
            Err(reason) => {
                sink.value(&INVALID, node, reason).help =
                    Some("write ascending numbers and ranges, such as `1,3-5`, below `completions`".to_owned());
            }
        }
    }
    non_negative(rule, "succeededCount", sink);
    let maximum = total.unwrap_or(completions).min(completions);
    if let Some(node) = count
        && let Some(number) = node.as_i64().filter(|number| *number > maximum)
    {
        let message = format!("`succeededCount` is `{number}`, but only {maximum} can succeed");
        sink.value(&RANGE, node, message).help = Some(format!("write `{maximum}` or less"));
    }
}

/// How many indexes a list such as `1,3-5` holds.
fn count_indexes(text: &str, completions: i64) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let number = |text: &str| {
        let number = text.parse::<i64>().map_err(|_| format!("`{}` is no index", printable(text)))?;
        if number < completions {
            Ok(number)
        } else {
            Err(format!("the index `{number}` is not below `completions`, `{completions}`"))
        }
    };
    let mut total = 0;
    let mut last = None;
    for interval in text.split(',') {
        let (first, end) = match interval.split_once('-') {
            Some((_, end)) if end.contains('-') => {
                return Err(format!("`{}` is no range of indexes", printable(interval)));
            }
            Some((first, end)) => (number(first)?, number(end)?),
            None => (number(interval)?, number(interval)?),
        };
        if interval.contains('-') && first >= end || last.is_some_and(|last| last >= first) {
            return Err(format!("the indexes are not ascending at `{}`", printable(interval)));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::check::written::{Written, summary};

    fn found(spec: &Json) -> String {
        let object = Written::new(&json!({"apiVersion": "batch/v1", "kind": "Job", "spec": spec}));
        summary(&object.findings(|object, sink| check(object.node.get("spec").unwrap(), Some(5), sink)))
    }

    fn failure(rule: &Json) -> String {
        let pod = json!({"restartPolicy": "Never", "containers": [{"name": "main"}]});
        found(&json!({"podFailurePolicy": {"rules": [rule]}, "template": {"spec": pod}}))
    }

    #[test]
    fn a_failure_rule_has_codes_or_conditions() {
        let codes = json!({"operator": "In", "values": [1, 2], "containerName": "main"});
        let conditions = json!([{"type": "DisruptionTarget"}]);
        assert_eq!(failure(&json!({"action": "FailJob", "onExitCodes": codes})), "");
        assert_eq!(failure(&json!({"action": "Ignore", "onPodConditions": conditions})), "");
        assert!(failure(&json!({"action": "Ignore"})).contains("neither"));
        assert!(
            failure(&json!({"action": "Ignore", "onExitCodes": codes, "onPodConditions": conditions}))
                .contains("exclude")
        );
        assert!(
            failure(&json!({"action": "FailIndex", "onExitCodes": codes})).contains("needs `backoffLimitPerIndex`")
        );
        assert!(failure(&json!({"action": "Stop", "onExitCodes": codes})).starts_with("schema/enum"));
    }

    #[test]
    fn exit_codes_are_distinct_sorted_and_failures() {
        let codes = |operator: &str, values: Json| {
            failure(&json!({"action": "FailJob", "onExitCodes": {"operator": operator, "values": values}}))
        };
        assert_eq!(codes("NotIn", json!([0, 1])), "");
        assert!(codes("In", json!([0])).contains("is success"));
        assert!(codes("In", json!([2, 1])).contains("ascending"));
        assert!(codes("In", json!([1, 1])).starts_with("schema/list-key"));
        assert!(codes("In", json!([])).contains("empty"));
        assert!(
            failure(
                &json!({"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1], "containerName": "side"}})
            )
            .contains("no container `side`")
        );
    }

    #[test]
    fn pods_that_restart_do_not_fail() {
        let spec = json!({"podFailurePolicy": {"rules": []}, "template": {"spec": {"restartPolicy": "OnFailure"}}});
        assert!(found(&spec).contains("/spec/template/spec/restartPolicy"));
        assert!(
            found(&json!({"podReplacementPolicy": "TerminatingOrFailed", "podFailurePolicy": {}}))
                .starts_with("schema/enum")
        );
        assert_eq!(found(&json!({"podReplacementPolicy": "TerminatingOrFailed"})), "");
    }

    #[test]
    fn a_success_rule_counts_indexes_of_the_job() {
        let rule = |rule: Json| found(&json!({"completionMode": "Indexed", "successPolicy": {"rules": [rule]}}));
        assert_eq!(rule(json!({"succeededIndexes": "0,2-4", "succeededCount": 4})), "");
        assert!(rule(json!({"succeededIndexes": "0,2-4", "succeededCount": 5})).contains("only 4 can succeed"));
        assert!(rule(json!({"succeededIndexes": "5"})).contains("not below"));
        assert!(rule(json!({"succeededIndexes": "3,1"})).contains("not ascending"));
        assert!(rule(json!({"succeededIndexes": "1-2-3"})).contains("no range"));
        assert!(rule(json!({"succeededIndexes": "a"})).contains("no index"));
        assert!(rule(json!({})).contains("neither"));
    }
}
