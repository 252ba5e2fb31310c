//! How long a rule may run.
//!
//! In: the syntax tree of a rule, and the values that it looks at. Out: whether its loops end in time. The API server
//! estimates a rule's cost before it stores a definition, from the bounds in its schema; here only what nests is bounded,
//! by the lists that are really there. It never evaluates anything.

use kube_cel::cel::Value;
use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// The most rounds of the innermost loop: some tenths of a second.
const MOST_ROUNDS: u64 = 2_000_000;

/// How many loops (`all`, `exists`, `map`, `filter` and their like) run within each other at most.
pub(super) fn nested_loops(expression: &IdedExpr) -> u32 {
    let most = |parts: &mut dyn Iterator<Item = &IdedExpr>| parts.map(nested_loops).max().unwrap_or_default();
    match &expression.expr {
        Expr::Unspecified | Expr::Struct(_) | Expr::Ident(_) | Expr::Literal(_) => 0,
        Expr::Select(select) => nested_loops(&select.operand),
        Expr::Call(call) => most(&mut call.target.iter().map(AsRef::as_ref).chain(&call.args)),
        Expr::List(list) => most(&mut list.elements.iter()),
        Expr::Map(map) => most(&mut map.entries.iter().flat_map(|entry| match &entry.expr {
            EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
            EntryExpr::StructField(field) => vec![&field.value],
        })),
        Expr::Comprehension(loops) => {
            let within = most(&mut [&loops.loop_cond, &loops.loop_step].into_iter());
            let around = most(&mut [&loops.iter_range, &loops.accu_init, &loops.result].into_iter());
            around.max(within + 1)
        }
    }
}

/// Whether so many nested loops over these values end in time.
pub(super) fn is_enough<'v>(nested_loops: u32, values: impl Iterator<Item = &'v Value>) -> bool {
    if nested_loops < 2 {
        return true;
    }
    let longest = values.map(longest).max().unwrap_or_default();
    u64::try_from(longest)
        .ok()
        .and_then(|longest| longest.checked_pow(nested_loops))
        .is_some_and(|rounds| rounds <= MOST_ROUNDS)
}

/// The length of the longest list or map within a value.
fn longest(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(longest).max().unwrap_or_default().max(items.len()),
        Value::Map(map) => map.map.values().map(longest).max().unwrap_or_default().max(map.map.len()),
        _ => 0,
    }
}
