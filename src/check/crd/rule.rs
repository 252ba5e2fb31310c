//! `x-kubernetes-validations`: whether the rules that hang on a part of a schema are rules.
//!
//! In: a part of a schema. Out: findings, and warnings about rules that are beyond the engine. It never evaluates a rule.

use super::version::resolve;
use super::{one_of, report, text};
use crate::catalogue::crd::INVALID_RULE;
use crate::catalogue::schema::CEL_FAILED;
use crate::check::Sink;
use crate::check::schema::cel::field_path;
use crate::check::schema::cel::program::{OldSelf, Refusal};
use crate::check::schema::cel::types::Checker;
use crate::manifest::{Node, to_json_value};

const REASONS: &[&str] = &["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// Checks the rules of a part. Expressions are compiled only when the schema is sound otherwise, as on the API server:
/// types that are not known make messages that do not help.
pub(super) fn check(part: &Node<'_>, is_root: bool, unmatched_list: bool, sound: bool, sink: &mut Sink<'_, '_>) {
    let rules = part.present("x-kubernetes-validations").map(Node::items).unwrap_or_default();
    for rule in rules {
        check_texts(rule, part, sink);
    }
    if !sound {
        return;
    }
    let checker = Checker::new(&to_json_value(part), is_root);
    for rule in rules {
        check_expressions(rule, &checker, unmatched_list, sink);
    }
}

fn check_texts(rule: &Node<'_>, part: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let expression = rule.present("rule");
    if let Some(node) = expression
        && node.as_str().is_some_and(|expression| expression.trim().is_empty())
    {
        report(sink, &INVALID_RULE, node, "the rule is empty", "write a CEL expression, or remove the rule");
    }
    if let Some(node) = rule.present("message")
        && let Some(message) = node.as_str()
    {
        if !message.is_empty() && message.trim().is_empty() {
            report(sink, &INVALID_RULE, node, "the message is blank", "say what is wrong, or remove `message`");
        } else if has_line_break(message.trim()) {
            report(sink, &INVALID_RULE, node, "the message has a line break", "write it on one line");
        }
    }
    if let Some(node) = expression
        && node.as_str().is_some_and(|expression| has_line_break(expression.trim()))
        && text(rule, "message").is_none_or(|message| message.trim().is_empty())
    {
        let message = "a rule of several lines has no message";
        report(sink, &INVALID_RULE, node, message, "add `message`, or write the rule on one line");
    }
    if let Some(node) = rule.present("messageExpression")
        && node.as_str().is_some_and(|expression| !expression.is_empty() && expression.trim().is_empty())
    {
        report(sink, &INVALID_RULE, node, "`messageExpression` is blank", "remove it");
    }
    if let Some(node) = rule.present("reason")
        && let Some(reason) = node.as_str()
        && !REASONS.contains(&reason)
    {
        let help = format!("write {}", one_of(REASONS));
        report(sink, &INVALID_RULE, node, format!("unknown reason `{reason}`"), help);
    }
    if let Some(node) = rule.present("fieldPath")
        && let Some(path) = node.as_str().filter(|path| !path.is_empty())
    {
        let problem = match field_path::parse(path.trim()) {
            _ if has_line_break(path) => "has a line break".to_owned(),
            Ok(steps) if !steps.is_empty() && resolve(part, &steps).is_some() => return,
            Ok(_) => "names no field of the schema".to_owned(),
            Err(problem) => problem,
        };
        let help = "name a field by its path from here, like `.minReplicas` or `['a.b']`";
        report(sink, &INVALID_RULE, node, format!("field path `{path}` {problem}"), help);
    }
}

fn check_expressions(rule: &Node<'_>, checker: &Checker, unmatched_list: bool, sink: &mut Sink<'_, '_>) {
    let Some(node) = rule.present("rule") else { return };
    let Some(expression) = node.as_str().filter(|expression| !expression.trim().is_empty()) else { return };
    let optional = rule.present("optionalOldSelf");
    let old_self = match optional.and_then(Node::as_bool) {
        Some(true) => OldSelf::Optional,
        _ => OldSelf::Present,
    };
    match checker.rule(expression, old_self) {
        Ok(uses_old_self) => {
            if uses_old_self && unmatched_list {
                let message = "the rule uses `oldSelf` in a list whose items cannot be matched with their old ones";
                let help = "write `x-kubernetes-list-type: map` with its keys, or move the rule out of the list";
                report(sink, &INVALID_RULE, node, message, help);
            } else if let Some(optional) = optional
                && !uses_old_self
            {
                let message = "`optionalOldSelf` stands on a rule without `oldSelf`";
                report(sink, &INVALID_RULE, optional, message, "remove `optionalOldSelf`");
            }
        }
        Err(refusal) => report_refusal(node, &refusal, sink),
    }
    if let Some(node) = rule.present("messageExpression")
        && let Some(expression) = node.as_str().filter(|expression| !expression.trim().is_empty())
        && let Err(refusal) = checker.message(expression, old_self)
    {
        report_refusal(node, &refusal, sink);
    }
}

fn report_refusal(node: &Node<'_>, refusal: &Refusal, sink: &mut Sink<'_, '_>) {
    match refusal {
        Refusal::Invalid(problem) => {
            let help = "mend the expression; fields go by their names in the schema below `self`";
            report(sink, &INVALID_RULE, node, format!("the expression does not compile: {problem}"), help);
        }
        Refusal::Unsupported(reason) => {
            let message = format!("cannot check the expression: {reason}");
            report(sink, &CEL_FAILED, node, message, "try the definition on a cluster with `--dry-run=server`");
        }
    }
}

/// What CEL's grammar takes for the end of a line.
fn has_line_break(text: &str) -> bool {
    text.contains(['\n', '\r'])
}
