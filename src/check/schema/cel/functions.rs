//! The functions of CEL in an API server, by name.
//!
//! In: the name of a function. Out: the type of its result. It knows what API servers provide, not what the engine does.

use super::types::Type;

/// Names of types, which are values in CEL.
pub(super) const TYPES: &[&str] =
    &["bool", "bytes", "double", "int", "list", "map", "null_type", "optional_type", "string", "type", "uint"];

/// What stands before the dot of qualified functions.
pub(super) const SPACES: &[&str] =
    &["base64", "cel", "format", "ip", "jsonpatch", "lists", "math", "optional", "regex", "sets", "strings"];

/// The type of a function's result; none when there is no such function.
pub(super) fn result<'s>(function: &str) -> Option<Type<'s>> {
    Some(match function {
        "contains"
        | "startsWith"
        | "endsWith"
        | "matches"
        | "bool"
        | "hasValue"
        | "isSorted"
        | "isURL"
        | "isQuantity"
        | "isInteger"
        | "isGreaterThan"
        | "isLessThan"
        | "isIP"
        | "ip.isCanonical"
        | "isUnspecified"
        | "isLoopback"
        | "isLinkLocalMulticast"
        | "isLinkLocalUnicast"
        | "isGlobalUnicast"
        | "isCIDR"
        | "containsIP"
        | "containsCIDR"
        | "isSemver"
        | "sets.contains"
        | "sets.equivalent"
        | "sets.intersects"
        | "math.isNaN"
        | "math.isInf"
        | "math.isFinite" => Type::Bool,
        "size" | "int" | "indexOf" | "lastIndexOf" | "compareTo" | "asInteger" | "family" | "prefixLength"
        | "major" | "minor" | "patch" | "getFullYear" | "getMonth" | "getDayOfYear" | "getDayOfMonth" | "getDate"
        | "getDayOfWeek" | "getHours" | "getMinutes" | "getSeconds" | "getMilliseconds" => Type::Int,
        "uint" => Type::UInt,
        "double" | "asApproximateFloat" | "math.ceil" | "math.floor" | "math.round" | "math.trunc" | "math.sqrt" => {
            Type::Double
        }
        "string"
        | "charAt"
        | "join"
        | "lowerAscii"
        | "upperAscii"
        | "replace"
        | "substring"
        | "trim"
        | "format"
        | "strings.quote"
        | "find"
        | "getScheme"
        | "getHost"
        | "getHostname"
        | "getPort"
        | "getEscapedPath"
        | "base64.encode"
        | "jsonpatch.escapeKey"
        | "regex.replace" => Type::Text,
        "bytes" | "base64.decode" => Type::Bytes,
        "duration" => Type::Duration,
        "timestamp" => Type::Timestamp,
        "split" | "findAll" => Type::List(Box::new(Type::Text)),
        "optional.none" | "optional.of" | "optional.ofNonZeroValue" | "validate" | "regex.extract" => {
            Type::Optional(Box::new(Type::Any))
        }
        "dyn" | "type" | "value" | "or" | "orValue" | "sum" | "min" | "max" | "first" | "last" | "slice"
        | "flatten" | "distinct" | "sort" | "sortBy" | "reverse" | "lists.range" | "url" | "getQuery" | "quantity"
        | "sign" | "add" | "sub" | "ip" | "cidr" | "masked" | "semver" | "format.named" | "math.greatest"
        | "math.least" | "math.abs" | "math.sign" | "math.bitAnd" | "math.bitNot" | "math.bitOr"
        | "math.bitShiftLeft" | "math.bitShiftRight" | "math.bitXor" | "regex.extractAll" => Type::Any,
        _ if function.starts_with("format.") => Type::Any,
        _ => return None,
    })
}
