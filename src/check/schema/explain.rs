//! From a validator's errors to findings: the rule, the place, the words, and the smallest edit that mends it.
//!
//! In: errors of the jsonschema crate over a node, with [`Problem`]s inside. Out: findings in the object's sink. It never
//! prints the data of a Secret.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value as Json;

use super::formats;
use super::keywords::Problem;
use crate::catalogue::object::SECRET_DATA;
use crate::catalogue::{Rule, schema};
use crate::check::Sink;
use crate::manifest::{Node, Object, Value, escape_pointer_step};
use crate::suggest::nearest;

/// What one error says, before it has a place in a file.
struct Explained {
    rule: &'static Rule,
    pointer: String,
    /// The key at fault, when it is a key and not a value.
    key: Option<String>,
    /// The field that is not there: the finding's pointer names it, its place is the object that lacks it.
    missing: Option<String>,
    message: String,
    help: Option<String>,
}

/// Puts what a validator found into the sink.
pub(super) fn report(object: &Object<'_>, error: &ValidationError<'_>, sink: &mut Sink<'_, '_>) {
    let explained = explain(object, error);
    let root = &object.node;
    let node = root.at_pointer(&explained.pointer).unwrap_or(root);
    let finding = match explained.key.as_deref().and_then(|key| node.entry(key)) {
        Some(entry) => sink.key(explained.rule, entry, explained.message),
        None => sink.value(explained.rule, node, explained.message),
    };
    finding.help = explained.help;
    if let Some(missing) = explained.missing {
        finding.pointer = Some(format!("{}/{}", explained.pointer, escape_pointer_step(&missing)));
    }
}

/// Whether an error is about a field in the status that the schema does not know.
pub(super) fn is_unknown_field_of_status(error: &ValidationError<'_>) -> bool {
    let pointer = error.instance_path().as_str();
    let of_status = pointer.strip_prefix("/status").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    of_status
        && match error.kind() {
            ValidationErrorKind::Custom { message, .. } => {
                matches!(serde_json::from_str(message), Ok(Problem::UnknownField { .. }))
            }
            _ => false,
        }
}

fn explain(object: &Object<'_>, error: &ValidationError<'_>) -> Explained {
    let pointer = error.instance_path().as_str().to_owned();
    let root = &object.node;
    let node = root.at_pointer(&pointer).unwrap_or(root);
    let shown = show(object, &pointer, node);
    let of_value = |rule, message: String, help: Option<String>| Explained {
        rule,
        pointer: pointer.clone(),
        key: None,
        missing: None,
        message,
        help,
    };
    match error.kind() {
        ValidationErrorKind::Custom { message, .. } => match serde_json::from_str(message) {
            Ok(Problem::Format { .. }) if is_secret(object, &pointer) => of_value(
                &SECRET_DATA,
                format!("{shown} is not base64"),
                Some("encode it in base64, or put the plain text under `stringData`".to_owned()),
            ),
            Ok(problem) => explain_problem(problem, pointer, &shown),
            Err(_) => of_value(&schema::UNUSABLE, message.clone(), None),
        },
        ValidationErrorKind::Type { kind } => {
            let (message, help) = wrong_type(kind, node, &shown);
            of_value(&schema::TYPE, message, help)
        }
        ValidationErrorKind::Enum { options } => {
            let (message, help) = not_allowed(options, node, &shown);
            of_value(&schema::ENUM, message, help)
        }
        ValidationErrorKind::Required { property } => explain_problem(
            Problem::Missing { name: property.as_str().unwrap_or_default().to_owned() },
            pointer,
            &shown,
        ),
        ValidationErrorKind::Minimum { limit } => {
            of_value(&schema::RANGE, format!("{shown} is less than {limit}"), Some(format!("use {limit} or more")))
        }
        ValidationErrorKind::Maximum { limit } => {
            of_value(&schema::RANGE, format!("{shown} is more than {limit}"), Some(format!("use {limit} or less")))
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => of_value(
            &schema::RANGE,
            format!("{shown} is not more than {limit}"),
            Some(format!("use more than {limit}")),
        ),
        ValidationErrorKind::ExclusiveMaximum { limit } => of_value(
            &schema::RANGE,
            format!("{shown} is not less than {limit}"),
            Some(format!("use less than {limit}")),
        ),
        ValidationErrorKind::MultipleOf { multiple_of } => {
            of_value(&schema::RANGE, format!("{shown} is not a multiple of {multiple_of}"), None)
        }
        ValidationErrorKind::MinLength { limit } => {
            of_value(&schema::RANGE, format!("{shown} is shorter than {}", count(*limit, "character")), None)
        }
        ValidationErrorKind::MaxLength { limit } => {
            of_value(&schema::RANGE, format!("{shown} is longer than {}", count(*limit, "character")), None)
        }
        ValidationErrorKind::MinItems { limit } => of_value(
            &schema::RANGE,
            format!("a list with fewer than {}", count(*limit, "item")),
            Some(format!("give at least {}", count(*limit, "item"))),
        ),
        ValidationErrorKind::MaxItems { limit } => {
            of_value(&schema::RANGE, format!("a list with more than {}", count(*limit, "item")), None)
        }
        ValidationErrorKind::MinProperties { limit } => {
            of_value(&schema::RANGE, format!("an object with fewer than {}", count(*limit, "field")), None)
        }
        ValidationErrorKind::MaxProperties { limit } => {
            of_value(&schema::RANGE, format!("an object with more than {}", count(*limit, "field")), None)
        }
        ValidationErrorKind::UniqueItems => {
            of_value(&schema::LIST_KEY, "a list with an item twice".to_owned(), Some("remove one of them".to_owned()))
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            no_branch(object, pointer, context)
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => of_value(
            &schema::BRANCH,
            "fits more than one of alternatives that exclude each other".to_owned(),
            Some("keep one of them".to_owned()),
        ),
        ValidationErrorKind::Not { schema: refused } => {
            of_value(&schema::BRANCH, refused_combination(refused, &shown), None)
        }
        _ => of_value(&schema::UNUSABLE, format!("could not be checked: {}", error.kind().keyword()), None),
    }
}

fn explain_problem(problem: Problem, pointer: String, shown: &str) -> Explained {
    let (rule, message, help) = match problem {
        Problem::UnknownField { name, meant } => {
            let help =
                meant.map_or_else(|| format!("remove `{}`", clean(&name)), |meant| format!("did you mean `{meant}`?"));
            let message = format!("unknown field `{}`", clean(&name));
            return Explained {
                rule: &schema::UNKNOWN_FIELD,
                pointer,
                key: Some(name),
                missing: None,
                message,
                help: Some(help),
            };
        }
        Problem::Missing { name } => {
            let message = format!("missing required field `{name}`");
            let help = Some(format!("add `{name}`"));
            return Explained { rule: &schema::REQUIRED, pointer, key: None, missing: Some(name), message, help };
        }
        Problem::Format { format } => {
            let wanted = match format.as_str() {
                formats::KUBERNETES_TIME => "a time in RFC 3339, such as `2024-04-01T12:00:00Z`".to_owned(),
                formats::KUBERNETES_BYTES | "byte" => "base64".to_owned(),
                other => format!("of format `{other}`"),
            };
            (&schema::FORMAT, format!("{shown} is not {wanted}"), None)
        }
        Problem::Pattern { pattern } => {
            (&schema::PATTERN, format!("{shown} does not match `{}`", clean(&pattern)), None)
        }
        Problem::BadPattern { pattern } => (
            &schema::UNUSABLE,
            format!("cannot be checked: the schema's pattern `{}` does not compile", clean(&pattern)),
            None,
        ),
        Problem::Quantity => (
            &schema::QUANTITY,
            format!("{shown} is not a quantity"),
            Some("write a number with an optional suffix, such as `100m`, `0.5`, `2`, `128Mi` or `1Gi`".to_owned()),
        ),
        Problem::Repeated { first, index, keys } => {
            let what = if keys.is_empty() { "the value".to_owned() } else { list(keys.iter().map(String::as_str)) };
            let message = format!("item {index} has {what} of item {first}");
            let pointer = format!("{pointer}/{index}");
            return Explained {
                rule: &schema::LIST_KEY,
                pointer,
                key: None,
                missing: None,
                message,
                help: Some("remove one of them, or make them differ".to_owned()),
            };
        }
    };
    Explained { rule, pointer, key: None, missing: None, message, help }
}

fn wrong_type(kind: &TypeKind, node: &Node<'_>, shown: &str) -> (String, Option<String>) {
    let wanted: Vec<String> = match kind {
        TypeKind::Single(wanted) => vec![wanted.to_string()],
        TypeKind::Multiple(set) => {
            set.iter().map(|wanted| wanted.to_string()).filter(|wanted| wanted != "null").collect()
        }
    };
    let wants = |name: &str| wanted.iter().any(|wanted| wanted == name);
    if wants("integer")
        && (matches!(node.value, Value::UInt(_)) || matches!(node.value, Value::Float(number) if number.fract() == 0.0))
    {
        let help = "use a number of 64 bits, written without an exponent".to_owned();
        return (format!("{shown} is too large for an integer"), Some(help));
    }
    let help = match &node.value {
        Value::String(text) if wants("integer") && text.parse::<i64>().is_ok() => {
            Some(format!("write it without quotes: {text}"))
        }
        Value::String(text) if wants("boolean") && matches!(text.as_ref(), "true" | "false") => {
            Some(format!("write it without quotes: {text}"))
        }
        Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_) if wants("string") => {
            Some("put it in quotes, so that it is read as text".to_owned())
        }
        Value::Null if wants("array") => Some("write `[]`, or remove it".to_owned()),
        Value::Mapping(_) if wants("array") => Some("make it a list: put `- ` before its first line".to_owned()),
        Value::Sequence(items) if wants("object") && items.len() == 1 => Some("remove the `- `".to_owned()),
        _ => None,
    };
    let wanted = list_with(wanted.iter().map(String::as_str), "or");
    let found = match node.value {
        Value::Mapping(_) | Value::Sequence(_) | Value::Null => node.type_name().to_owned(),
        _ => format!("{} {shown}", node.type_name()),
    };
    (format!("expected {}, found {found}", wanted.replace('`', "")), help)
}

fn not_allowed(options: &Json, node: &Node<'_>, shown: &str) -> (String, Option<String>) {
    let options: Vec<String> = options
        .as_array()
        .into_iter()
        .flatten()
        .map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned))
        .collect();
    let meant = node.as_str().and_then(|text| nearest(text, options.iter().map(String::as_str)));
    let allowed = list_with(options.iter().map(String::as_str), "or");
    let help = meant.map_or_else(|| format!("use {allowed}"), |meant| format!("did you mean `{meant}`?"));
    (format!("{shown} is none of {}", list_with(options.iter().map(String::as_str), "and")), Some(help))
}

/// The branch that came nearest, not a wall of all that every branch said.
fn no_branch(object: &Object<'_>, pointer: String, branches: &[Vec<ValidationError<'static>>]) -> Explained {
    if let Some(names) = only_missing(&pointer, branches) {
        let names = list_with(names.iter().map(String::as_str), "or");
        let message = format!("needs one of {names}");
        return Explained {
            rule: &schema::BRANCH,
            pointer,
            key: None,
            missing: None,
            message,
            help: Some(format!("add {names}")),
        };
    }
    if let Some((pointer, formats)) = only_formats(branches) {
        let node = object.node.at_pointer(&pointer).unwrap_or(&object.node);
        let formats = list(formats.iter().map(String::as_str));
        let message = format!("{} is of none of the formats {formats}", show(object, &pointer, node));
        return Explained { rule: &schema::BRANCH, pointer, key: None, missing: None, message, help: None };
    }
    let nearest = branches.iter().filter(|errors| !errors.is_empty()).min_by_key(|errors| {
        let wrong_kind = errors.iter().any(|error| {
            matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().as_str() == pointer
        });
        let depth = errors.iter().map(|error| error.instance_path().as_str().matches('/').count()).max();
        (wrong_kind, errors.len(), std::cmp::Reverse(depth))
    });
    match nearest.and_then(|errors| errors.first()) {
        Some(error) => {
            let inner = explain(object, error);
            // Alternatives within alternatives: the innermost say what is wrong.
            if matches!(error.kind(), ValidationErrorKind::AnyOf { .. } | ValidationErrorKind::OneOfNotValid { .. }) {
                return inner;
            }
            let message = format!(
                "fits none of {}; in the nearest: {}",
                count(branches.len() as u64, "alternative"),
                inner.message
            );
            Explained { rule: &schema::BRANCH, message, ..inner }
        }
        None => Explained {
            rule: &schema::BRANCH,
            pointer,
            key: None,
            missing: None,
            message: "fits none of its alternatives".to_owned(),
            help: None,
        },
    }
}

/// The fields of which one is missing, when that is all that any branch has to say.
fn only_missing(pointer: &str, branches: &[Vec<ValidationError<'static>>]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for error in branches.iter().flatten() {
        match error.kind() {
            ValidationErrorKind::Required { property } if error.instance_path().as_str() == pointer => {
                names.push(property.as_str()?.to_owned());
            }
            _ => return None,
        }
    }
    names.dedup();
    (names.len() > 1).then_some(names)
}

/// The formats of which a value has none, and the place of that value, when that is all that any branch has to say.
fn only_formats(branches: &[Vec<ValidationError<'static>>]) -> Option<(String, Vec<String>)> {
    let mut errors = branches.iter().flatten();
    let pointer = errors.clone().next()?.instance_path().as_str().to_owned();
    let formats = errors.try_fold(Vec::new(), |mut formats, error| match error.kind() {
        ValidationErrorKind::Custom { message, .. } if error.instance_path().as_str() == pointer => {
            let Ok(Problem::Format { format }) = serde_json::from_str(message) else { return None };
            formats.push(format);
            Some(formats)
        }
        _ => None,
    })?;
    (formats.len() > 1).then_some((pointer, formats))
}

fn refused_combination(refused: &Json, shown: &str) -> String {
    match refused.get("required").and_then(Json::as_array) {
        Some(names) if names.len() > 1 => {
            format!("{} exclude each other", list_with(names.iter().filter_map(Json::as_str), "and"))
        }
        Some(names) if names.len() == 1 => {
            format!("{} must not be set here", list(names.iter().filter_map(Json::as_str)))
        }
        _ => format!("{shown} is what the schema refuses"),
    }
}

/// Whether a value is a secret's.
fn is_secret(object: &Object<'_>, pointer: &str) -> bool {
    let secret = object.kind.group.is_empty() && object.kind.kind == "Secret";
    secret && (pointer.starts_with("/data") || pointer.starts_with("/stringData"))
}

/// A value as a message shows it: short, on one line, and not at all when it is a secret.
fn show(object: &Object<'_>, pointer: &str, node: &Node<'_>) -> String {
    if is_secret(object, pointer) {
        return "the value".to_owned();
    }
    match &node.value {
        Value::String(text) => format!("`{}`", clean(text)),
        Value::Int(number) => format!("`{number}`"),
        Value::UInt(number) => format!("`{number}`"),
        Value::Float(number) => format!("`{number}`"),
        Value::Bool(flag) => format!("`{flag}`"),
        Value::Null => "`null`".to_owned(),
        Value::Sequence(_) => "the list".to_owned(),
        Value::Mapping(_) => "the object".to_owned(),
    }
}

/// Without control characters, and cut when it is long.
fn clean(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .flat_map(|letter| if letter.is_control() { letter.escape_default().collect::<Vec<_>>() } else { vec![letter] })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn list<'t>(names: impl Iterator<Item = &'t str>) -> String {
    list_with(names, "and")
}

fn list_with<'t>(names: impl Iterator<Item = &'t str>, word: &str) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{}`", clean(name))).collect();
    match names.pop() {
        None => String::new(),
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} {word} {last}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::schema::{self, Schemas};
    use crate::manifest::{FileId, Source, Sources, objects};

    #[test]
    fn alternatives_within_alternatives_are_said_once() {
        let text = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec:\n  \
                    gatewayClassName: a\n  listeners: [{name: a, port: 80, protocol: HTTP}]\n  addresses: \
                    [{type: IPAddress, value: 10.0.0.300}]\n";
        let source = Source::new("a.yaml", text);
        let object = objects(&source).next().unwrap();
        let sources = Sources::single(FileId(0), Source::new("a.yaml", text).into());
        let schemas = Schemas::bundled();
        let (findings, _) = schema::check(&object, &sources, &schemas, &[schemas.bundle().newest()], None);
        let said: Vec<_> = findings.iter().map(|finding| (&*finding.rule, finding.message.as_str())).collect();
        assert_eq!(said, [("schema/branch", "`10.0.0.300` is of none of the formats `ipv4` and `ipv6`")]);
        assert_eq!(findings[0].pointer.as_deref(), Some("/spec/addresses/0/value"));
    }
}
