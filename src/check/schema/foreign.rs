//! Our value type as the jsonschema crate sees it: validated where it stands, with no conversion.
//!
//! In: a [`Node`]. Out: the crate's traits on it, in two readings: of built-in types, whose decoders take a `null` member
//! for an absent one, and of custom resources, whose nulls mean what the schema says once the object is settled
//! ([`super::settle`]). Nulls in arrays are visible in both.

use std::borrow::Cow;

use jsonschema::json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object};

use crate::manifest::{Entry, FileId, Node, Span, Value, to_json_value};

/// More of a text than this is not kept with an error about it.
const LONGEST_TEXT: usize = 1000;

/// The representation that validators are built for.
#[derive(Debug)]
pub(crate) struct NodeJson<const NULL_IS_ABSENT: bool>;

/// Objects of built-in types.
pub(crate) type BuiltinJson = NodeJson<true>;
/// Settled custom resources.
pub(crate) type CustomJson = NodeJson<false>;

impl<const NULL_IS_ABSENT: bool> Json for NodeJson<NULL_IS_ABSENT> {
    type Node<'a> = &'a Node<'a>;
    type PreparedKey = String;
    type StringBuffer = Option<Node<'static>>;
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Self::StringBuffer, text: &str, read: impl FnOnce(Self::Node<'_>) -> T) -> T {
        let span = Span { file: FileId(0), start: 0, end: 0 };
        read(buffer.insert(Node { span, value: Value::String(Cow::Owned(text.to_owned())) }))
    }
}

/// A number of a node.
#[derive(Debug)]
pub(crate) enum Number {
    Int(i64),
    UInt(u64),
    Float(f64),
    /// Beyond what an API server takes for an integer in a custom resource, though there is no fraction.
    Large(f64),
}

/// JavaScript's largest integer: a larger one that was written as a float is none to the API server.
const LARGEST_WHOLE_FLOAT: f64 = 9_007_199_254_740_991.0;

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the ranges are checked; bounds of schemas are compared as floats only where integers do not do"
)]
impl JsonNumber for Number {
    fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Int(number) => u64::try_from(number).ok(),
            Self::UInt(number) => Some(number),
            Self::Float(number) => (number.fract() == 0.0 && (0.0..1.8e19).contains(&number)).then_some(number as u64),
            Self::Large(_) => None,
        }
    }

    fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Int(number) => Some(number),
            Self::UInt(number) => i64::try_from(number).ok(),
            Self::Float(number) => (number.fract() == 0.0 && number.abs() < 9.2e18).then_some(number as i64),
            Self::Large(_) => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        Some(match *self {
            Self::Int(number) => number as f64,
            Self::UInt(number) => number as f64,
            Self::Float(number) | Self::Large(number) => number,
        })
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(match self {
            Self::Int(number) => number.to_string(),
            Self::UInt(number) => number.to_string(),
            Self::Float(number) | Self::Large(number) => number.to_string(),
        })
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        Cow::Owned(match *self {
            Self::Int(number) => number.into(),
            Self::UInt(number) => number.into(),
            Self::Float(number) | Self::Large(number) => {
                serde_json::Number::from_f64(number).unwrap_or_else(|| 0.into())
            }
        })
    }

    fn is_integer(&self) -> bool {
        match self {
            Self::Int(_) | Self::UInt(_) => true,
            Self::Float(number) => number.fract() == 0.0,
            Self::Large(_) => false,
        }
    }
}

impl<'a, const NULL_IS_ABSENT: bool> JsonNode<'a, NodeJson<NULL_IS_ABSENT>> for &'a Node<'a> {
    type Object = &'a [Entry<'a>];
    type Array = &'a [Node<'a>];
    type Number = Number;

    fn as_object(&self) -> Option<Self::Object> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Self::Array> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match &self.value {
            Value::String(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    fn as_number(&self) -> Option<Number> {
        match self.value {
            Value::Int(number) => Some(Number::Int(number)),
            Value::UInt(number) if NULL_IS_ABSENT => Some(Number::UInt(number)),
            #[expect(clippy::cast_precision_loss, reason = "the server makes a float of it, too")]
            Value::UInt(number) => Some(Number::Large(number as f64)),
            Value::Float(number) if !NULL_IS_ABSENT && number.abs() > LARGEST_WHOLE_FLOAT => {
                Some(Number::Large(number))
            }
            Value::Float(number) => Some(Number::Float(number)),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_null(&self) -> bool {
        Node::is_null(self)
    }

    fn json_type(&self) -> jsonschema::JsonType {
        use jsonschema::JsonType;
        match self.value {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Int(_) | Value::UInt(_) | Value::Float(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Sequence(_) => JsonType::Array,
            Value::Mapping(_) => JsonType::Object,
        }
    }

    /// Scalars only. The crate keeps such a value with every error, and nobody looks into it: whole objects would take
    /// memory with the square of their mistakes.
    fn to_value(&self) -> Cow<'a, serde_json::Value> {
        Cow::Owned(match &self.value {
            Value::Mapping(_) => serde_json::Value::Object(serde_json::Map::new()),
            Value::Sequence(_) => serde_json::Value::Array(Vec::new()),
            Value::String(text) => text.chars().take(LONGEST_TEXT).collect::<String>().into(),
            _ => to_json_value(self),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref::<Node<'_>>(self) as usize))
    }
}

impl<'a, const NULL_IS_ABSENT: bool> Object<'a, NodeJson<NULL_IS_ABSENT>> for &'a [Entry<'a>] {
    type Node = &'a Node<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a, NULL_IS_ABSENT>;

    fn len(&self) -> usize {
        self.iter().filter(|entry| !NULL_IS_ABSENT || !Node::is_null(&entry.value)).count()
    }

    fn get(&self, key: &String) -> Option<&'a Node<'a>> {
        let entry = self.iter().find(|entry| entry.key == *key)?;
        (!NULL_IS_ABSENT || !Node::is_null(&entry.value)).then_some(&entry.value)
    }

    fn members(&self) -> Self::MembersIter {
        Members(self.iter())
    }
}

/// The members of a mapping that are there.
pub(crate) struct Members<'a, const NULL_IS_ABSENT: bool>(std::slice::Iter<'a, Entry<'a>>);

impl<'a, const NULL_IS_ABSENT: bool> Iterator for Members<'a, NULL_IS_ABSENT> {
    type Item = (&'a str, &'a Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0
            .find(|entry| !NULL_IS_ABSENT || !Node::is_null(&entry.value))
            .map(|entry| (entry.key.as_ref(), &entry.value))
    }
}

impl<'a, const NULL_IS_ABSENT: bool> Array<'a, NodeJson<NULL_IS_ABSENT>> for &'a [Node<'a>] {
    type Node = &'a Node<'a>;
    type ElementsIter = std::slice::Iter<'a, Node<'a>>;

    fn len(&self) -> usize {
        <[Node<'_>]>::len(self)
    }

    fn elements(&self) -> Self::ElementsIter {
        self.iter()
    }
}
