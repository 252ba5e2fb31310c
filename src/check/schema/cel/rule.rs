//! One rule of `x-kubernetes-validations`, compiled when the first value meets it.
//!
//! In: the rule's JSON, and later `self` and `oldSelf`. Out: whether it holds, and if not, in whose words. It never
//! knows where the value is.

use std::sync::OnceLock;

use kube_cel::cel::Value;
use serde_json::Value as Json;

use super::field_path;
use super::program::{Failure, OldSelf, Program, Refusal};

/// The longest message of a `messageExpression` that the API server uses.
const LONGEST_MESSAGE: usize = 5 * 1024;

/// A rule as written, and what it compiles to.
#[derive(Debug)]
pub(super) struct Rule {
    /// The expression, without the space around it.
    pub(super) expression: String,
    /// The steps of `fieldPath` from the value that the rule hangs on to the one that it is about.
    pub(super) field_path: Vec<String>,
    message: Option<String>,
    message_expression: Option<String>,
    old_self: OldSelf,
    compiled: OnceLock<Result<Compiled, Refusal>>,
}

#[derive(Debug)]
struct Compiled {
    program: Program,
    message: Option<Program>,
}

/// What became of a rule that did not hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The API server refuses the value with this message.
    Refused(String),
    /// The rule is beyond this engine: what the API server would say is not known.
    Unknown(String),
}

impl Rule {
    /// The rule of an item of `x-kubernetes-validations`; none for an empty one, which the API server skips.
    pub(super) fn new(rule: &Json) -> Option<Self> {
        let text = |key| rule.get(key).and_then(Json::as_str).map(str::trim).filter(|text| !text.is_empty());
        Some(Self {
            expression: text("rule")?.to_owned(),
            field_path: text("fieldPath").and_then(|path| field_path::parse(path).ok()).unwrap_or_default(),
            message: text("message").map(str::to_owned),
            message_expression: text("messageExpression").map(str::to_owned),
            old_self: if rule.get("optionalOldSelf") == Some(&Json::Bool(true)) {
                OldSelf::Optional
            } else {
                OldSelf::Present
            },
            compiled: OnceLock::new(),
        })
    }

    /// Holds the rule against a value; nothing when it holds, or is about a change and there was none.
    pub(super) fn check(&self, value: &Value, old: Option<&Value>) -> Option<Verdict> {
        let compiled = match self.compiled.get_or_init(|| self.compile()) {
            Ok(compiled) => compiled,
            Err(Refusal::Invalid(reason) | Refusal::Unsupported(reason)) => {
                return Some(Verdict::Unknown(reason.clone()));
            }
        };
        if compiled.program.uses_old_self() && old.is_none() && self.old_self == OldSelf::Present {
            return None;
        }
        match compiled.program.evaluate(value, old, self.old_self) {
            Ok(Value::Bool(true)) => None,
            Ok(Value::Bool(false)) => Some(Verdict::Refused(self.message(compiled, value, old))),
            Ok(_) => Some(Verdict::Unknown("the rule gave something else than true or false".to_owned())),
            Err(Failure::Runtime(reason)) => {
                let subject = self.message.as_deref().unwrap_or(&self.expression);
                Some(Verdict::Refused(format!("{reason} evaluating rule: {subject}")))
            }
            Err(Failure::Unsupported(reason)) => Some(Verdict::Unknown(reason)),
        }
    }

    fn compile(&self) -> Result<Compiled, Refusal> {
        Ok(Compiled {
            program: Program::compile(&self.expression, self.old_self)?,
            // A message that cannot be worked out falls back to the plain one; the verdict does not depend on it.
            message: self
                .message_expression
                .as_deref()
                .and_then(|expression| Program::compile(expression, self.old_self).ok()),
        })
    }

    fn message(&self, compiled: &Compiled, value: &Value, old: Option<&Value>) -> String {
        let worked_out = compiled.message.as_ref().and_then(|program| {
            let Ok(Value::String(text)) = program.evaluate(value, old, self.old_self) else { return None };
            let text = text.trim();
            (!text.is_empty() && !text.contains('\n') && text.len() <= LONGEST_MESSAGE).then(|| text.to_owned())
        });
        worked_out
            .or_else(|| self.message.clone())
            .unwrap_or_else(|| format!("failed rule: {}", one_line(&self.expression)))
    }

    /// The expression on one line, for messages.
    pub(super) fn one_line(&self) -> String {
        one_line(&self.expression)
    }
}

fn one_line(expression: &str) -> String {
    expression.split_whitespace().collect::<Vec<_>>().join(" ")
}
