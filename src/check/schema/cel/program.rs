//! A CEL expression on the engine, with the API server's functions.
//!
//! In: an expression and the values of `self` and `oldSelf`. Out: a value, or who is to blame that there is none. It
//! never decides what a failure means for an object.
//!
//! The API server type-checks every rule before it stores a definition. So of the errors at run time only those that
//! types cannot foresee are the object's fault: a missing key, an index out of bounds, a division by zero, an overflow,
//! a string that does not convert. All others (no such overload, an undeclared name) can come from nothing but a gap in
//! the engine, save for `x-kubernetes-int-or-string` values, which the type checker lets pass; those are put down to the
//! engine, too: a warning, where the API server refuses.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kube_cel::KubeCelExt;
use kube_cel::cel::extractors::This;
use kube_cel::cel::objects::OptionalValue;
use kube_cel::cel::parser::{Expression, Parser};
use kube_cel::cel::{Context, ExecutionError, Value, functions};
use regex::Regex;

use super::{adapt, budget, re2};

/// The most brackets within each other, and the most operators, of an expression that parser and evaluation take on the
/// stack of a worker thread: both recurse. The largest rules in use have 8 and 223.
const MOST_NESTED: usize = 64;
const MOST_OPERATORS: usize = 600;
const MOST_CONDITIONALS: usize = 100;

/// What `oldSelf` is in a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OldSelf {
    /// The old value; without one the rule does not run.
    Present,
    /// An optional of it (`optionalOldSelf: true`).
    Optional,
}

/// Why there is no program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The API server refuses the expression, too.
    Invalid(String),
    /// The engine does not know enough of CEL.
    Unsupported(String),
}

/// Why there is no result.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The values are such that the API server fails on them, too.
    Runtime(String),
    /// The engine does not know enough of CEL.
    Unsupported(String),
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Program {
    expression: Expression,
    uses_old_self: bool,
    /// How many loops run within each other.
    nested_loops: u32,
}

impl Program {
    /// Compiles an expression.
    ///
    /// # Errors
    /// When it is not CEL, or more than the engine knows.
    pub(crate) fn compile(source: &str, old_self: OldSelf) -> Result<Self, Refusal> {
        let mut expression = parse(source)?;
        let uses_old_self = expression.references().has_variable("oldSelf");
        let nested_loops = budget::nested_loops(&expression);
        adapt::to_engine(&mut expression, old_self).map_err(Refusal::Unsupported)?;
        Ok(Self { expression, uses_old_self, nested_loops })
    }

    /// Whether the expression mentions `oldSelf`.
    pub(crate) fn uses_old_self(&self) -> bool {
        self.uses_old_self
    }

    /// Evaluates the expression.
    ///
    /// # Errors
    /// When evaluation fails; the error says whose fault that is.
    pub(crate) fn evaluate(&self, value: &Value, old: Option<&Value>, old_self: OldSelf) -> Result<Value, Failure> {
        if !budget::is_enough(self.nested_loops, [Some(value), old].into_iter().flatten()) {
            return Err(Failure::Unsupported("its loops would run too often over such long lists".to_owned()));
        }
        ENGINE.with(|engine| {
            let mut scope = engine.new_inner_scope();
            scope.add_variable_from_value("self", value.clone());
            match (old_self, old) {
                (OldSelf::Present, Some(old)) => scope.add_variable_from_value("oldSelf", old.clone()),
                (OldSelf::Present, None) => {}
                (OldSelf::Optional, old) => {
                    let optional = old.cloned().map_or_else(OptionalValue::none, OptionalValue::of);
                    scope.add_variable_from_value("oldSelf", Value::Opaque(Arc::new(optional)));
                }
            }
            catch_unwind(AssertUnwindSafe(|| Value::resolve(&self.expression, &scope)))
                .unwrap_or_else(|_| Err(ExecutionError::NoSuchOverload))
                .map_err(|error| blame(&error))
        })
    }
}

/// The syntax tree of an expression, as written.
///
/// # Errors
/// When it is not CEL, or nested too deep for the parser.
pub(crate) fn parse(source: &str) -> Result<Expression, Refusal> {
    if is_too_large(source) {
        return Err(Refusal::Unsupported("the expression is too large for this engine".to_owned()));
    }
    let parser = Parser::new().enable_optional_syntax(true);
    match catch_unwind(AssertUnwindSafe(|| parser.parse(source))) {
        Ok(Ok(expression)) => Ok(expression),
        Ok(Err(errors)) => {
            // The parser reports its own limits as errors without a place.
            let Some(error) = errors.errors.into_iter().find(|error| error.pos != (0, 0)) else {
                return Err(Refusal::Unsupported("the expression is nested too deep".to_owned()));
            };
            let reason = error.msg.lines().next().unwrap_or_default().trim().to_owned();
            Err(Refusal::Invalid(reason))
        }
        Err(_) => Err(Refusal::Unsupported("the expression is beyond the parser".to_owned())),
    }
}

/// Whether the stack would not do. Counts within strings, too: the bounds are far from what is in use.
fn is_too_large(source: &str) -> bool {
    let (mut nested, mut most_nested, mut operators, mut conditionals) = (0_usize, 0, 0, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                nested += 1;
                operators += 1;
                most_nested = most_nested.max(nested);
            }
            b')' | b']' | b'}' => nested = nested.saturating_sub(1),
            b'.' | b'+' | b'-' | b'*' | b'/' | b'%' | b'!' | b'&' | b'|' | b'<' | b'>' | b'=' => operators += 1,
            b'?' => conditionals += 1,
            _ => {}
        }
    }
    most_nested > MOST_NESTED || operators > MOST_OPERATORS || conditionals > MOST_CONDITIONALS
}

fn blame(error: &ExecutionError) -> Failure {
    match error {
        ExecutionError::NoSuchKey(key) => Failure::Runtime(format!("no such key: {key}")),
        ExecutionError::IndexOutOfBounds(Value::Int(index)) => {
            Failure::Runtime(format!("index out of bounds: {index}"))
        }
        ExecutionError::IndexOutOfBounds(_) => Failure::Runtime("index out of bounds".to_owned()),
        ExecutionError::DivisionByZero(_) => Failure::Runtime("division by zero".to_owned()),
        ExecutionError::RemainderByZero(_) => Failure::Runtime("modulus by zero".to_owned()),
        ExecutionError::Overflow(..) => Failure::Runtime("integer overflow".to_owned()),
        ExecutionError::FunctionError { message, .. } if !message.contains("not supported on") => {
            Failure::Runtime(message.clone())
        }
        ExecutionError::UndeclaredReference(name) => {
            Failure::Unsupported(format!("`{name}` is not known to this engine"))
        }
        _ => Failure::Unsupported("a function of it does not take such values in this engine".to_owned()),
    }
}

thread_local! {
    /// The functions of the API server's CEL, once a thread: building the table costs more than most rules.
    static ENGINE: Context<'static> = engine();
    /// The patterns of `matches`, which rules apply to item after item.
    static PATTERNS: RefCell<HashMap<Arc<String>, Result<Regex, String>>> = RefCell::default();
}

fn engine() -> Context<'static> {
    let mut engine = Context::default().with_all();
    // The engine counts the bytes of a string, CEL its characters.
    engine.add_function("size", |This(this): This<Value>| -> Result<i64, ExecutionError> {
        let size = match &this {
            Value::String(text) => text.chars().count(),
            Value::Bytes(bytes) => bytes.len(),
            Value::List(items) => items.len(),
            Value::Map(map) => map.map.len(),
            _ => return Err(ExecutionError::NoSuchOverload),
        };
        Ok(i64::try_from(size).unwrap_or(i64::MAX))
    });
    // A duration of a duration, and a timestamp of a timestamp, is itself.
    engine.add_function("duration", |value: Value| match value {
        Value::String(text) => functions::duration(text),
        Value::Duration(_) => Ok(value),
        _ => Err(ExecutionError::NoSuchOverload),
    });
    engine.add_function("timestamp", |value: Value| match value {
        Value::String(text) => functions::timestamp(text),
        Value::Timestamp(_) => Ok(value),
        _ => Err(ExecutionError::NoSuchOverload),
    });
    engine.add_function("matches", |This(this): This<Arc<String>>, pattern: Arc<String>| matches(&this, &pattern));
    // Types are not values in the engine: their names stand for them.
    engine.add_function("type", |value: Value| -> Result<Value, ExecutionError> { Ok(Value::from(type_name(&value))) });
    for name in ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "uint"] {
        engine.add_variable_from_value(name, name);
    }
    engine.add_function("dyn", |value: Value| -> Result<Value, ExecutionError> { Ok(value) });
    engine.add_function("bool", |value: Value| -> Result<bool, ExecutionError> {
        match &value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) => match text.as_str() {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
                _ => Err(ExecutionError::function_error("bool", "type conversion error from 'string' to 'bool'")),
            },
            _ => Err(ExecutionError::NoSuchOverload),
        }
    });
    engine
}

fn matches(text: &str, pattern: &Arc<String>) -> Result<bool, ExecutionError> {
    PATTERNS.with_borrow_mut(|patterns| {
        let compiled = patterns.entry(Arc::clone(pattern)).or_insert_with(|| re2::compile(pattern));
        match compiled {
            Ok(regex) => Ok(regex.is_match(text)),
            Err(reason) => Err(ExecutionError::function_error("matches", reason)),
        }
    })
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Bytes(_) => "bytes",
        Value::Float(_) => "double",
        Value::Int(_) => "int",
        Value::List(_) => "list",
        Value::Map(_) => "map",
        Value::Null => "null_type",
        Value::String(_) => "string",
        Value::UInt(_) => "uint",
        Value::Timestamp(_) => "google.protobuf.Timestamp",
        Value::Duration(_) => "google.protobuf.Duration",
        Value::Function(..) | Value::Opaque(_) => "dyn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(expression: &str) -> Result<Value, Failure> {
        let program = Program::compile(expression, OldSelf::Present).unwrap();
        program.evaluate(&Value::Int(3), None, OldSelf::Present)
    }

    #[test]
    fn the_functions_of_the_api_server_are_there() {
        for expression in [
            "self == 3",
            "size('grüße') == 5 && 'grüße'.size() == 5",
            "type(self) == int && type('a') == string && type(1.5) == double",
            "quantity('1Gi').isGreaterThan(quantity('500Mi'))",
            "isURL('https://example.com/a') && url('https://example.com/a').getScheme() == 'https'",
            "'a-b'.matches('^[a-z-]+$') && 'AbC'.lowerAscii() == 'abc'",
            "ip('10.0.0.1').family() == 4 && cidr('10.0.0.0/8').containsIP('10.1.2.3')",
            "duration('90s').getSeconds() == 90 && duration('1m') < duration('61s')",
            "[1, 2, 3].all(x, x > 0) && [1, 2].exists_one(x, x == 1) && {'a': 1}.all(k, k == 'a')",
            "dyn(1) == 1 && bool('true')",
            "duration(duration('1h')) == duration('60m')",
            "'a[b'.matches('^[a-z[]+$') && !'١'.matches(r'^\\d$')",
            "semver('1.2.3').isLessThan(semver('2.0.0'))",
            "['a', 'b'].join(',') == 'a,b' && 'a,b'.split(',').size() == 2",
            "format.dns1123Label().validate('a_b').hasValue()",
            "'%s has %d'.format(['a', 1]) == 'a has 1'",
        ] {
            assert_eq!(evaluate(expression), Ok(Value::Bool(true)), "{expression}");
        }
    }

    #[test]
    fn the_objects_faults_are_told_from_the_engines() {
        let runtime = |text: &str| Err(Failure::Runtime(text.to_owned()));
        assert_eq!(evaluate("{'a': 1}['b'] == 1"), runtime("no such key: b"));
        assert_eq!(evaluate("size({'a': 1}['b']) == 1"), runtime("no such key: b"));
        assert_eq!(evaluate("[1][3] == 1"), runtime("index out of bounds: 3"));
        assert_eq!(evaluate("1 / (self - 3) == 1"), runtime("division by zero"));
        assert!(matches!(evaluate("quantity('x').isInteger()"), Err(Failure::Runtime(_))));
        assert!(matches!(evaluate("int('x') == 1"), Err(Failure::Runtime(_))));
        assert!(matches!(evaluate("self.unheardOf()"), Err(Failure::Unsupported(_))));
        assert!(matches!(evaluate("self + 'a' == 'a'"), Err(Failure::Unsupported(_))));
    }

    #[test]
    fn what_is_not_cel_does_not_compile() {
        for expression in ["self.", "self ==", "(", "self.all(", "'open"] {
            assert!(matches!(Program::compile(expression, OldSelf::Present), Err(Refusal::Invalid(_))), "{expression}");
        }
        let structure = Program::compile("Message{field: 1}.field == 1", OldSelf::Present);
        assert!(matches!(structure, Err(Refusal::Unsupported(_))));
    }

    #[test]
    fn what_the_stack_could_not_take_is_refused() {
        for expression in [
            format!("{}true{}", "(".repeat(5000), ")".repeat(5000)),
            format!("1{}", "+1".repeat(5000)),
            format!("{}true", "true?true:".repeat(5000)),
            format!("self{}", ".a".repeat(5000)),
        ] {
            assert!(matches!(Program::compile(&expression, OldSelf::Present), Err(Refusal::Unsupported(_))));
        }
        let large = format!("{}self{} == 3", "(".repeat(60), ")".repeat(60)) + &" && self == 3".repeat(100);
        assert_eq!(evaluate(&large), Ok(Value::Bool(true)));
    }
}
