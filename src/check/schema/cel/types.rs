//! What type an expression has, as far as that is certain.
//!
//! In: the schema that a rule hangs on, and expressions. Out: whether the API server's type checker takes them. It never
//! refuses what it is not sure about: where a type is not known for certain, everything goes.

use std::collections::HashMap;

use kube_cel::cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use serde_json::Value as Json;

use super::functions;
use super::program::{self, OldSelf, Refusal};
use super::shape::{Field, Format, Kind, Shape};

/// The type of an expression.
#[derive(Debug, Clone)]
pub(super) enum Type<'s> {
    Bool,
    Int,
    UInt,
    Double,
    Text,
    Bytes,
    Duration,
    Timestamp,
    Null,
    Object(&'s HashMap<String, Field>),
    Map(Box<Type<'s>>),
    List(Box<Type<'s>>),
    Optional(Box<Type<'s>>),
    /// Not known, or of no interest.
    Any,
}

/// The scope of the rules that hang on one part of a schema.
#[derive(Debug)]
pub(crate) struct Checker {
    shape: Shape,
}

impl Checker {
    /// For the rules of a part, or of the root, of a schema.
    pub(crate) fn new(part: &Json, is_root: bool) -> Self {
        Self { shape: if is_root { Shape::of_resource(part) } else { Shape::of_part(part) } }
    }

    /// Whether a rule compiles, and if so, whether it uses `oldSelf`.
    ///
    /// # Errors
    /// When the API server refuses the expression, or it is beyond the engine.
    pub(crate) fn rule(&self, source: &str, old_self: OldSelf) -> Result<bool, Refusal> {
        match self.infer(source, old_self)? {
            Type::Bool | Type::Any => Ok(program::Program::compile(source, old_self)?.uses_old_self()),
            other => Err(Refusal::Invalid(format!("it is of type `{}` and must be a `bool`", other.name()))),
        }
    }

    /// Whether a `messageExpression` compiles.
    ///
    /// # Errors
    /// When the API server refuses the expression, or it is beyond the engine.
    pub(crate) fn message(&self, source: &str, old_self: OldSelf) -> Result<(), Refusal> {
        match self.infer(source, old_self)? {
            Type::Text | Type::Any => Ok(()),
            other => Err(Refusal::Invalid(format!("it is of type `{}` and must be a `string`", other.name()))),
        }
    }

    fn infer(&self, source: &str, old_self: OldSelf) -> Result<Type<'_>, Refusal> {
        let expression = program::parse(source)?;
        let this = Type::of(&self.shape);
        let old = match old_self {
            OldSelf::Present => this.clone(),
            OldSelf::Optional => Type::Optional(Box::new(this.clone())),
        };
        let mut scope = Scope { variables: vec![("self".to_owned(), this), ("oldSelf".to_owned(), old)] };
        scope.infer(&expression).map_err(Refusal::Invalid)
    }
}

impl<'s> Type<'s> {
    fn of(shape: &'s Shape) -> Self {
        match &shape.kind {
            Kind::Object(fields) => Self::Object(fields),
            Kind::Map(values) => Self::Map(Box::new(Self::of(values))),
            Kind::List(items, _) => Self::List(Box::new(Self::of(items))),
            Kind::Text(Format::Plain) => Self::Text,
            Kind::Text(Format::Bytes) => Self::Bytes,
            Kind::Text(Format::Duration) => Self::Duration,
            Kind::Text(Format::Date | Format::DateTime) => Self::Timestamp,
            Kind::Integer => Self::Int,
            Kind::Number => Self::Double,
            Kind::Boolean => Self::Bool,
            Kind::IntOrString | Kind::Opaque => Self::Any,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::UInt => "uint",
            Self::Double => "double",
            Self::Text => "string",
            Self::Bytes => "bytes",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
            Self::Null => "null",
            Self::Object(_) => "object",
            Self::Map(_) => "map",
            Self::List(_) => "list",
            Self::Optional(_) => "optional",
            Self::Any => "any",
        }
    }

    /// Whether two types are certainly not the same. Nulls go with everything that may be null.
    fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Null, _) | (_, Self::Any | Self::Null) => false,
            (Self::Map(left), Self::Map(right))
            | (Self::List(left), Self::List(right))
            | (Self::Optional(left), Self::Optional(right)) => left.differs(right),
            (left, right) => left.name() != right.name(),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::UInt | Self::Double)
    }

    fn is(&self, wanted: &Self) -> bool {
        matches!(self, Self::Any) || self.name() == wanted.name()
    }
}

/// The variables in sight, innermost last.
struct Scope<'s> {
    variables: Vec<(String, Type<'s>)>,
}

type Inferred<'s> = Result<Type<'s>, String>;

impl<'s> Scope<'s> {
    fn infer(&mut self, expression: &IdedExpr) -> Inferred<'s> {
        match &expression.expr {
            Expr::Literal(literal) => Ok(match literal {
                LiteralValue::Boolean(_) => Type::Bool,
                LiteralValue::Bytes(_) => Type::Bytes,
                LiteralValue::Double(_) => Type::Double,
                LiteralValue::Int(_) => Type::Int,
                LiteralValue::Null => Type::Null,
                LiteralValue::String(_) => Type::Text,
                LiteralValue::UInt(_) => Type::UInt,
            }),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => {
                if is_qualified_type(&select.operand) {
                    return Ok(Type::Any);
                }
                let operand = self.infer(&select.operand)?;
                let selected = Self::select(operand, &select.field)?;
                Ok(if select.test { Type::Bool } else { selected })
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let mut items = Vec::new();
                for element in &list.elements {
                    items.push(self.infer(element)?);
                }
                Ok(Type::List(Box::new(common(items))))
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.infer(&entry.key)?;
                        self.infer(&entry.value)?;
                    }
                }
                Ok(Type::Any)
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Struct(_) | Expr::Unspecified => Ok(Type::Any),
        }
    }

    fn variable(&self, name: &str) -> Inferred<'s> {
        if let Some((_, known)) = self.variables.iter().rev().find(|(variable, _)| variable == name) {
            return Ok(known.clone());
        }
        if functions::TYPES.contains(&name) {
            return Ok(Type::Any);
        }
        Err(format!("undeclared reference to `{name}`"))
    }

    fn select(operand: Type<'s>, field: &str) -> Inferred<'s> {
        match operand {
            Type::Object(fields) => {
                let found = fields.values().find(|known| known.identifiers.iter().any(|name| name == field));
                found.map(|field| Type::of(&field.shape)).ok_or_else(|| format!("undefined field `{field}`"))
            }
            Type::Map(values) => Ok(*values),
            Type::Optional(inner) => Ok(Type::Optional(Box::new(Self::select(*inner, field)?))),
            Type::Any | Type::Null => Ok(Type::Any),
            other => Err(format!("a `{}` has no field `{field}`", other.name())),
        }
    }

    fn comprehension(&mut self, comprehension: &ComprehensionExpr) -> Inferred<'s> {
        let item = match self.infer(&comprehension.iter_range)? {
            Type::List(item) => *item,
            Type::Map(_) => Type::Text,
            Type::Any | Type::Optional(_) => Type::Any,
            other => return Err(format!("a `{}` cannot be the range of a macro", other.name())),
        };
        let start = self.infer(&comprehension.accu_init)?;
        let depth = self.variables.len();
        self.variables.push((comprehension.iter_var.clone(), item));
        self.variables.push((comprehension.accu_var.clone(), start));
        let step = self.infer(&comprehension.loop_step).and_then(|step| {
            if let Some((_, accumulated)) = self.variables.last_mut() {
                *accumulated = step;
            }
            self.infer(&comprehension.loop_cond)?;
            self.infer(&comprehension.result)
        });
        self.variables.truncate(depth);
        step
    }

    fn call(&mut self, call: &CallExpr) -> Inferred<'s> {
        if let Some(result) = self.binding_macro(call) {
            return result;
        }
        if let Some(Expr::Ident(space)) = call.target.as_ref().map(|target| &target.expr)
            && functions::SPACES.contains(&space.as_str())
            && !self.variables.iter().any(|(name, _)| name == space)
        {
            let qualified = format!("{space}.{}", call.func_name);
            let arguments = self.arguments(call)?;
            return match (qualified.as_str(), arguments.into_iter().next()) {
                ("optional.of" | "optional.ofNonZeroValue", Some(inner)) => Ok(Type::Optional(Box::new(inner))),
                _ => functions::result(&qualified).ok_or_else(|| format!("undeclared reference to `{qualified}`")),
            };
        }
        let target = call.target.as_ref().map(|target| self.infer(target)).transpose()?;
        let mut arguments = self.arguments(call)?;
        if let Some(target) = target {
            return method(&call.func_name, &target, arguments);
        }
        match arguments.as_mut_slice() {
            [only] => unary(&call.func_name, only),
            [left, right] => binary(&call.func_name, left, right),
            [condition, then, otherwise] if call.func_name == operators::CONDITIONAL => {
                if !condition.is(&Type::Bool) {
                    return Err(no_overload("?:", &[condition]));
                }
                if then.differs(otherwise) {
                    return Err(no_overload("?:", &[condition, then, otherwise]));
                }
                Ok(if matches!(then, Type::Null) { Type::Any } else { then.clone() })
            }
            _ => known(&call.func_name),
        }
    }

    fn arguments(&mut self, call: &CallExpr) -> Result<Vec<Type<'s>>, String> {
        call.args.iter().map(|argument| self.infer(argument)).collect()
    }

    /// Macros that the parser leaves as calls: they bind their first arguments as variables.
    fn binding_macro(&mut self, call: &CallExpr) -> Option<Inferred<'s>> {
        let target = call.target.as_ref()?;
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("bind", [variable, value, body]) if matches!(&target.expr, Expr::Ident(name) if name == "cel") => {
                let Expr::Ident(variable) = &variable.expr else { return None };
                Some(self.infer(value).and_then(|value| self.with(variable, value, body)))
            }
            (name @ ("optMap" | "optFlatMap"), [variable, body]) => {
                let Expr::Ident(variable) = &variable.expr else { return None };
                let inner = match self.infer(target) {
                    Ok(Type::Optional(inner)) => *inner,
                    Ok(_) => Type::Any,
                    Err(error) => return Some(Err(error)),
                };
                let body = self.with(variable, inner, body);
                Some(body.map(|body| if name == "optMap" { Type::Optional(Box::new(body)) } else { body }))
            }
            // Macros with two variables, and sorting by a key: what is bound depends on more than is worth knowing here.
            ("all" | "exists" | "exists_one" | "existsOne", [_, _, _]) => Some(Ok(Type::Bool)),
            ("transformList" | "transformMap" | "transformMapEntry" | "sortBy", _) => Some(Ok(Type::Any)),
            _ => None,
        }
    }

    fn with(&mut self, variable: &str, value: Type<'s>, body: &IdedExpr) -> Inferred<'s> {
        self.variables.push((variable.to_owned(), value));
        let result = self.infer(body);
        self.variables.pop();
        result
    }
}

/// `google.protobuf.Timestamp` and its like: names of types, not fields.
fn is_qualified_type(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Ident(name) => name == "google" || name == "net" || name == "kubernetes",
        Expr::Select(select) => is_qualified_type(&select.operand),
        _ => false,
    }
}

fn common(types: Vec<Type<'_>>) -> Type<'_> {
    let mut types = types.into_iter();
    let Some(first) = types.next() else { return Type::Any };
    if types.all(|other| other.name() == first.name() && !other.differs(&first)) { first } else { Type::Any }
}

fn no_overload(operator: &str, types: &[&Type<'_>]) -> String {
    let names: Vec<_> = types.iter().map(|operand| operand.name()).collect();
    format!("no `{operator}` for `{}`", names.join("` and `"))
}

fn known<'s>(function: &str) -> Inferred<'s> {
    functions::result(function).ok_or_else(|| format!("undeclared reference to `{function}`"))
}

fn unary<'s>(function: &str, operand: &Type<'s>) -> Inferred<'s> {
    match function {
        operators::LOGICAL_NOT if !operand.is(&Type::Bool) => Err(no_overload("!", &[operand])),
        operators::NEGATE if !operand.is_number() && !operand.is(&Type::Any) => Err(no_overload("-", &[operand])),
        operators::NEGATE => Ok(operand.clone()),
        operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE => Ok(Type::Bool),
        "size" if operand.is_number() || matches!(operand, Type::Bool | Type::Object(_)) => {
            Err(no_overload("size()", &[operand]))
        }
        "dyn" => Ok(Type::Any),
        _ => known(function),
    }
}

fn binary<'s>(function: &str, left: &Type<'s>, right: &Type<'s>) -> Inferred<'s> {
    let any = |operand: &Type<'_>| matches!(operand, Type::Any);
    match function {
        operators::LOGICAL_AND | operators::LOGICAL_OR => {
            if left.is(&Type::Bool) && right.is(&Type::Bool) {
                Ok(Type::Bool)
            } else {
                Err(no_overload(if function == operators::LOGICAL_AND { "&&" } else { "||" }, &[left, right]))
            }
        }
        operators::EQUALS | operators::NOT_EQUALS => {
            if left.differs(right) {
                Err(no_overload(if function == operators::EQUALS { "==" } else { "!=" }, &[left, right]))
            } else {
                Ok(Type::Bool)
            }
        }
        operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS => {
            let ordered = |operand: &Type<'_>| {
                !matches!(operand, Type::Object(_) | Type::Map(_) | Type::List(_) | Type::Optional(_) | Type::Null)
            };
            let comparable = left.is_number() && right.is_number() || !left.differs(right);
            if comparable && ordered(left) && ordered(right) {
                Ok(Type::Bool)
            } else {
                let operator = function.trim_matches('_');
                Err(no_overload(operator, &[left, right]))
            }
        }
        operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE | operators::MODULO => {
            // What sums and differences of times are is left open.
            if any(left) || any(right) || is_time(left) || is_time(right) {
                return Ok(Type::Any);
            }
            let adds = function == operators::ADD && matches!(left, Type::Text | Type::Bytes | Type::List(_));
            if left.differs(right) || !(left.is_number() || adds) {
                return Err(no_overload(function.trim_matches('_'), &[left, right]));
            }
            Ok(match (left, right) {
                (Type::List(left), Type::List(right)) if any(left) => Type::List(right.clone()),
                _ => left.clone(),
            })
        }
        operators::INDEX => match left {
            Type::List(item) => Ok((**item).clone()),
            Type::Map(value) => Ok((**value).clone()),
            Type::Any | Type::Optional(_) => Ok(Type::Any),
            other => Err(no_overload("[]", &[other, right])),
        },
        operators::OPT_INDEX | operators::OPT_SELECT => Ok(Type::Optional(Box::new(Type::Any))),
        operators::IN => match right {
            Type::List(item) if left.differs(item) => Err(no_overload("in", &[left, right])),
            Type::List(_) | Type::Map(_) | Type::Any => Ok(Type::Bool),
            other => Err(no_overload("in", &[left, other])),
        },
        _ => known(function),
    }
}

fn is_time(operand: &Type<'_>) -> bool {
    matches!(operand, Type::Duration | Type::Timestamp)
}

fn method<'s>(function: &str, target: &Type<'s>, arguments: Vec<Type<'s>>) -> Inferred<'s> {
    let on_text = ["startsWith", "endsWith", "matches", "lowerAscii", "upperAscii", "trim", "split", "find", "findAll"];
    if on_text.contains(&function) && !target.is(&Type::Text) && !matches!(target, Type::Optional(_)) {
        return Err(format!("a `{}` has no `{function}()`", target.name()));
    }
    match (function, target) {
        ("orValue", Type::Optional(inner)) if matches!(**inner, Type::Any) => {
            Ok(arguments.into_iter().next().unwrap_or(Type::Any))
        }
        ("value" | "orValue", Type::Optional(inner)) => Ok((**inner).clone()),
        ("or", Type::Optional(_)) => Ok(target.clone()),
        ("size", target) => unary("size", target),
        _ => known(function),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(expression: &str) -> Result<bool, Refusal> {
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string"}, "count": {"type": "integer"}, "share": {"type": "number"},
            "on": {"type": "boolean"}, "since": {"type": "string", "format": "date-time"},
            "port": {"x-kubernetes-int-or-string": true}, "a-b": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "parts": {"type": "array", "items": {"type": "object", "properties": {"size": {"type": "integer"}}}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        }});
        Checker::new(&schema, false).rule(expression, OldSelf::Present)
    }

    #[test]
    fn sound_rules_pass() {
        for expression in [
            "self.name == 'a' && self.count > 1.5 && self.on",
            "has(self.name) ? self.name.startsWith('a') : self.count < 3",
            "self.tags.all(tag, tag.matches('^a')) && self.parts.exists(part, part.size > 3)",
            "self.parts.map(part, part.size).filter(size, size > 1).size() == 1",
            "self.labels.all(key, self.labels[key] != '') && 'a' in self.labels && 'b' in self.tags",
            "type(self.port) == int ? self.port > 0 : self.port.endsWith('%')",
            "self.since > timestamp('2020-01-01T00:00:00Z') && now == null",
            "self.a__dash__b == '' && self == oldSelf",
            "self.?name.orValue('') == '' && self.?name.optMap(n, n.size()).orValue(0) == 0",
            "cel.bind(n, self.count, n + n > 2)",
            "quantity(self.name).compareTo(quantity('1Gi')) < 0",
            "['a', 'b'].exists(x, x == self.name) && [1, 2].sum() == 3",
            "self.tags == [] || self.tags[0] + 'a' == 'ba'",
            "sets.contains(self.tags, ['a']) && math.greatest(self.count, 3) == 3",
            "duration('1h') < duration('2h') && self.since + duration('1h') > self.since",
        ] {
            let expected = if expression.contains("now") {
                Err(Refusal::Invalid("undeclared reference to `now`".to_owned()))
            } else {
                Ok(expression.contains("oldSelf"))
            };
            assert_eq!(rule(expression), expected, "{expression}");
        }
    }

    #[test]
    fn what_the_type_checker_refuses_is_refused() {
        for (expression, problem) in [
            ("self.nam == 'a'", "undefined field `nam`"),
            ("self.parts.all(part, part.length > 1)", "undefined field `length`"),
            ("self.name", "it is of type `string` and must be a `bool`"),
            ("self.name + 'a'", "it is of type `string` and must be a `bool`"),
            ("self.name > 5", "no `>` for `string` and `int`"),
            ("self.count == '5'", "no `==` for `int` and `string`"),
            ("self.share == 1", "no `==` for `double` and `int`"),
            ("self.count.startsWith('a')", "a `int` has no `startsWith()`"),
            ("self.name.beginsWith('a')", "undeclared reference to `beginsWith`"),
            ("other.name == 'a'", "undeclared reference to `other`"),
            ("self.on && self.name", "no `&&` for `bool` and `string`"),
            ("self.tags.exists(tag, tag == 1)", "no `==` for `string` and `int`"),
            ("1 in self.tags", "no `in` for `int` and `list`"),
        ] {
            assert_eq!(rule(expression), Err(Refusal::Invalid(problem.to_owned())), "{expression}");
        }
    }
}
