//! The engine's gaps, closed on the syntax tree.
//!
//! In: the syntax tree of an expression. Out: one that means the same and that the engine evaluates as CEL demands, or
//! the name of what it cannot. It never evaluates anything.
//!
//! - `a.?b` of a map without `b` is an error in the engine, `a[?'b']` is not: the former becomes the latter.
//! - `a.?b.c` is false in the engine instead of an optional: it becomes `a[?'b'][?'c']`.
//! - `size(x)` with an `x` that fails loses the reason, `x.size()` keeps it; the same goes for conversions.
//! - `optMap`, `optFlatMap` and `cel.bind` are macros that its parser does not expand.
//! - A message literal (`Type{…}`) makes it panic. No type that it could name exists in rules.

use kube_cel::cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, ListExpr, LiteralValue, operators,
};

use super::program::OldSelf;

/// Rewrites an expression for the engine.
///
/// # Errors
/// What of the expression the engine cannot do.
pub(super) fn to_engine(expression: &mut IdedExpr, old_self: OldSelf) -> Result<(), String> {
    match &mut expression.expr {
        Expr::Unspecified | Expr::Struct(_) => return Err("a message literal is not known to this engine".to_owned()),
        Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Select(select) => {
            let optional = is_optional(&select.operand, old_self);
            to_engine(&mut select.operand, old_self)?;
            if optional {
                let operand = std::mem::take(&mut *select.operand);
                let index = index_optional(operand, &select.field);
                *expression = if select.test { method(index, "hasValue", vec![]) } else { index };
            }
        }
        Expr::Call(call) => {
            if let Some(target) = &mut call.target {
                to_engine(target, old_self)?;
            }
            for argument in &mut call.args {
                to_engine(argument, old_self)?;
            }
            if let Some(rewritten) = rewrite_call(call) {
                *expression = rewritten;
            }
        }
        Expr::List(list) => {
            for element in &mut list.elements {
                to_engine(element, old_self)?;
            }
        }
        Expr::Map(map) => {
            for entry in &mut map.entries {
                match &mut entry.expr {
                    EntryExpr::MapEntry(entry) => {
                        to_engine(&mut entry.key, old_self)?;
                        to_engine(&mut entry.value, old_self)?;
                    }
                    EntryExpr::StructField(_) => return Err("a message literal is not known to this engine".to_owned()),
                }
            }
        }
        Expr::Comprehension(comprehension) => {
            for part in [
                &mut comprehension.iter_range,
                &mut comprehension.accu_init,
                &mut comprehension.loop_cond,
                &mut comprehension.loop_step,
                &mut comprehension.result,
            ] {
                to_engine(part, old_self)?;
            }
        }
    }
    Ok(())
}

/// Whether an expression, as written, certainly has an optional for its value.
fn is_optional(expression: &IdedExpr, old_self: OldSelf) -> bool {
    match &expression.expr {
        Expr::Ident(name) => name == "oldSelf" && old_self == OldSelf::Optional,
        Expr::Select(select) => !select.test && is_optional(&select.operand, old_self),
        Expr::Call(call) => match call.func_name.as_str() {
            operators::OPT_SELECT | operators::OPT_INDEX | "optMap" | "optFlatMap" => true,
            operators::INDEX => call.args.first().is_some_and(|operand| is_optional(operand, old_self)),
            "of" | "ofNonZeroValue" | "none" => call.target.as_ref().is_some_and(|target| is_ident(target, "optional")),
            "or" => call.target.is_some(),
            _ => false,
        },
        _ => false,
    }
}

fn is_ident(expression: &IdedExpr, name: &str) -> bool {
    matches!(&expression.expr, Expr::Ident(ident) if ident == name)
}

fn rewrite_call(call: &mut CallExpr) -> Option<IdedExpr> {
    match (call.func_name.as_str(), &mut call.target, call.args.as_mut_slice()) {
        (operators::OPT_SELECT, None, [_, _]) => {
            operators::OPT_INDEX.clone_into(&mut call.func_name);
            None
        }
        ("size" | "int" | "uint" | "double" | "string" | "ip", None, [argument]) => {
            Some(method(std::mem::take(argument), &call.func_name, vec![]))
        }
        ("bind", Some(target), [variable, value, body]) if is_ident(target, "cel") => {
            let Expr::Ident(variable) = &variable.expr else { return None };
            Some(bind(variable, std::mem::take(value), std::mem::take(body)))
        }
        (name @ ("optMap" | "optFlatMap"), Some(target), [variable, body]) => {
            let Expr::Ident(variable) = &variable.expr else { return None };
            let value = method((**target).clone(), "value", vec![]);
            let mapped = bind(variable, value, std::mem::take(body));
            let some = if name == "optMap" { optional("of", vec![mapped]) } else { mapped };
            let has_value = method(std::mem::take(target), "hasValue", vec![]);
            Some(function(operators::CONDITIONAL, vec![has_value, some, optional("none", vec![])]))
        }
        _ => None,
    }
}

/// `body` with `variable` for `value`: a loop that never runs, whose accumulator is the variable.
fn bind(variable: &str, value: IdedExpr, body: IdedExpr) -> IdedExpr {
    expression(Expr::Comprehension(Box::new(ComprehensionExpr {
        iter_range: expression(Expr::List(ListExpr::new(Vec::new()))),
        iter_var: "#unused".to_owned(),
        iter_var2: None,
        accu_var: variable.to_owned(),
        accu_init: value,
        loop_cond: expression(Expr::Literal(LiteralValue::Boolean(false.into()))),
        loop_step: expression(Expr::Ident(variable.to_owned())),
        result: body,
    })))
}

fn index_optional(operand: IdedExpr, field: &str) -> IdedExpr {
    function(operators::OPT_INDEX, vec![operand, expression(Expr::Literal(LiteralValue::String(field.into())))])
}

fn optional(name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    method(expression(Expr::Ident("optional".to_owned())), name, args)
}

fn function(name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    expression(Expr::Call(CallExpr { func_name: name.to_owned(), target: None, args }))
}

fn method(target: impl Into<Box<IdedExpr>>, name: &str, args: Vec<IdedExpr>) -> IdedExpr {
    expression(Expr::Call(CallExpr { func_name: name.to_owned(), target: Some(target.into()), args }))
}

/// The engine uses the ids of expressions for parse errors only.
fn expression(expr: Expr) -> IdedExpr {
    IdedExpr { id: 0, expr }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use kube_cel::cel::Value;

    use super::super::program::Program;
    use super::*;

    fn holds(expression: &str) -> bool {
        let value = Value::from(HashMap::from([("a", Value::from(HashMap::from([("b", 1_i64)])))]));
        let old = Value::from(HashMap::from([("a", 1_i64)]));
        let program = Program::compile(expression, OldSelf::Optional).unwrap();
        program.evaluate(&value, Some(&old), OldSelf::Optional).unwrap() == Value::Bool(true)
    }

    #[test]
    fn optional_selection_gives_optionals() {
        for expression in [
            "self.?a.hasValue()",
            "!self.?x.hasValue()",
            "self.?x.orValue(5) == 5",
            "self.?a.b.orValue(5) == 1",
            "self.?a.?x.orValue(5) == 5",
            "self.?x.y.z.orValue(5) == 5",
            "self.a[?'b'].value() == 1",
            "oldSelf.?a.orValue(0) == 1",
            "oldSelf.a.orValue(0) == 1",
            "oldSelf.hasValue() && oldSelf.value().a == 1",
            "self.?a.or(optional.of({'b': 2})).b.value() == 1",
        ] {
            assert!(holds(expression), "{expression}");
        }
    }

    #[test]
    fn binding_macros_are_expanded() {
        for expression in [
            "cel.bind(x, self.a.b, x + x == 2)",
            "self.?a.optMap(x, x.b + 1).orValue(0) == 2",
            "self.?x.optMap(x, x.b + 1).orValue(7) == 7",
            "self.?a.optFlatMap(x, x.?b).orValue(7) == 1",
        ] {
            assert!(holds(expression), "{expression}");
        }
    }
}
