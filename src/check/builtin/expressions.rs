//! CEL expressions of webhooks and admission policies: `k8s.io/apiserver/pkg/admission/plugin/cel`.
//!
//! In: an expression, what it may name, and what it has to give. Out: a finding when it is not CEL, names what is not
//! there, or surely gives something else. It never evaluates an expression, never estimates its cost, and says nothing
//! of what the type checker does not know: functions, message types, and the fields of objects.
//!
//! The type checker is that of the rules of custom resources, which know `self` alone. So what an expression may name
//! is described as the schema of one object, whose fields are bound to their names around the expression.

use kube_cel::cel::common::ast::{Expr, IdedExpr, operators};
use serde_json::{Map, Value as Json, json};

use super::fields::invalid;
use crate::check::Sink;
use crate::check::schema::cel::program::{self, OldSelf, Refusal};
use crate::check::schema::cel::types::Checker;
use crate::manifest::Node;
use crate::report::printable;

/// What an expression may name, beyond the objects and the request.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// `params`: the policy has a `paramKind`.
    pub(super) params: bool,
    /// `authorizer`.
    pub(super) authorizer: bool,
    /// The types `Object` and `JSONPatch`.
    pub(super) patches: bool,
    /// `variables`, with these fields.
    pub(super) variables: Option<Vec<String>>,
    /// Whose expression it is.
    pub(super) site: Site,
}

/// Whose expression it is: what is in sight in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Site {
    /// A webhook's or a policy's: the objects and the request.
    #[default]
    Admission,
    /// A selector's of devices: `device`, and nothing else.
    Device,
}

/// What an expression has to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A boolean.
    Bool,
    /// A string.
    Text,
    /// A string or null.
    TextOrNull,
    /// Whatever it gives.
    Anything,
}

impl Names {
    /// Checks an expression; that it is not blank is for the caller to say.
    pub(super) fn check(&self, node: &Node<'_>, wanted: Wanted, sink: &mut Sink<'_, '_>) {
        let Some(source) = node.as_str().filter(|source| !source.trim().is_empty()) else { return };
        let tree = match program::parse(source) {
            Ok(tree) => tree,
            Err(Refusal::Invalid(problem)) => return self.refuse(node, &problem, sink),
            Err(Refusal::Unsupported(_)) => return,
        };
        match self.compile(source, wanted) {
            Err(Refusal::Invalid(problem)) if !is_about_a_function(&problem, &tree) => {
                self.refuse(node, &problem, sink);
            }
            Ok(()) if wanted != Wanted::Anything && is_dynamic(&tree) => {
                let name = if wanted == Wanted::Bool { "bool" } else { "string" };
                let message = format!("the expression can give anything, and must give a `{name}`");
                invalid(node, message, &format!("compare it with a value, or write `{name}(…)` around it"), sink);
            }
            _ => {}
        }
    }

    fn refuse(&self, node: &Node<'_>, problem: &str, sink: &mut Sink<'_, '_>) {
        let help = match undeclared(problem) {
            Some("params") => "add `paramKind`, or do without `params`".to_owned(),
            Some("variables") => "add `variables` to the policy, or do without them here".to_owned(),
            Some(_) => format!("use what is known here: {}", self.listed()),
            None => "mend the expression".to_owned(),
        };
        invalid(node, format!("the expression does not compile: {}", printable(problem)), &help, sink);
    }

    fn compile(&self, source: &str, wanted: Wanted) -> Result<(), Refusal> {
        let fields = self.fields();
        let bound = |source: String| {
            let binding: String = fields.keys().map(|name| format!("cel.bind({name}, self.{name}, ")).collect();
            format!("{binding}{source}{}", ")".repeat(fields.len()))
        };
        let checker = Checker::new(&json!({"type": "object", "properties": fields}), false);
        let rule = |source: String| checker.rule(&bound(source), OldSelf::Present).map(drop);
        // A comment may end the expression, and would take brackets on the same line with it.
        match wanted {
            Wanted::Bool => rule(format!("{source}\n")),
            Wanted::Text => checker.message(&bound(format!("{source}\n")), OldSelf::Present),
            Wanted::Anything => rule(format!("dyn({source}\n) == null")),
            Wanted::TextOrNull => {
                rule(format!("dyn({source}\n) == null"))?;
                rule(format!("({source}\n) == ''")).map_err(|refusal| match refusal {
                    Refusal::Invalid(_) => Refusal::Invalid("it must be a `string` or `null`".to_owned()),
                    unsupported @ Refusal::Unsupported(_) => unsupported,
                })
            }
        }
    }

    /// The variables in sight, with their schemas.
    fn fields(&self) -> Map<String, Json> {
        let anything = || json!({"x-kubernetes-int-or-string": true});
        let mut fields = Map::new();
        if self.site == Site::Device {
            fields.insert("device".to_owned(), device(&anything()));
            return fields;
        }
        for name in ["object", "oldObject"] {
            fields.insert(name.to_owned(), anything());
        }
        fields.insert("request".to_owned(), request());
        fields.insert("namespaceObject".to_owned(), namespace());
        let types = ["Object", "JSONPatch"].map(|name| (self.patches, name));
        for (known, name) in [(self.params, "params"), (self.authorizer, "authorizer")].into_iter().chain(types) {
            if known {
                fields.insert(name.to_owned(), anything());
            }
        }
        if let Some(names) = &self.variables {
            // Names that a schema would escape are not escaped here: no name of this policy is judged then.
            let variables = if names.iter().any(|name| name.contains("__") || !is_identifier(name)) {
                json!({"type": "object", "additionalProperties": anything()})
            } else {
                object(names.iter().map(|name| (name.as_str(), anything())))
            };
            fields.insert("variables".to_owned(), variables);
        }
        fields
    }

    fn listed(&self) -> String {
        let fields = self.fields();
        fields.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a text can be the name of a variable.
pub(super) fn is_identifier(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    ];
    name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !RESERVED.contains(&name)
}

/// The name that the type checker misses.
fn undeclared(problem: &str) -> Option<&str> {
    problem.strip_prefix("undeclared reference to `")?.strip_suffix('`')
}

/// Whether the type checker misses a function: those of admission it does not know.
fn is_about_a_function(problem: &str, tree: &IdedExpr) -> bool {
    undeclared(problem).is_some_and(|name| !tree.references().has_variable(name))
}

/// Whether an expression takes its value as it stands from an object without a schema: it has no type of its own.
fn is_dynamic(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Ident(name) => matches!(name.as_str(), "object" | "oldObject" | "params"),
        Expr::Select(select) => !select.test && is_dynamic(&select.operand),
        Expr::Call(call) => match (call.func_name.as_str(), &call.target, call.args.as_slice()) {
            (operators::INDEX, None, [operand, _]) => is_dynamic(operand),
            (operators::CONDITIONAL, None, [_, then, otherwise]) => is_dynamic(then) && is_dynamic(otherwise),
            ("dyn", None, [_]) => true,
            _ => false,
        },
        _ => false,
    }
}

fn object<'f>(fields: impl IntoIterator<Item = (&'f str, Json)>) -> Json {
    let fields: Map<String, Json> = fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({"type": "object", "properties": fields})
}

fn texts<const N: usize>(names: [&'static str; N]) -> impl Iterator<Item = (&'static str, Json)> {
    names.into_iter().map(|name| (name, json!({"type": "string"})))
}

fn list(items: &Json) -> Json {
    json!({"type": "array", "items": items})
}

/// `device`: attributes and capacities by their domains and names.
fn device(anything: &Json) -> Json {
    let map = |values: &Json| json!({"type": "object", "additionalProperties": values});
    object([
        ("driver", json!({"type": "string"})),
        ("attributes", map(&map(anything))),
        ("capacity", map(&map(anything))),
        ("allowMultipleAllocations", json!({"type": "boolean"})),
    ])
}

/// `request`, without what the server leaves out of it.
fn request() -> Json {
    let text = json!({"type": "string"});
    let kind = object(texts(["group", "version", "kind"]));
    let resource = object(texts(["group", "version", "resource"]));
    let user =
        object(texts(["username", "uid"]).chain([
            ("groups", list(&text)),
            ("extra", json!({"type": "object", "additionalProperties": list(&text)})),
        ]));
    let names = texts(["subResource", "requestSubResource", "name", "namespace", "operation"]);
    object(names.chain([
        ("kind", kind.clone()),
        ("requestKind", kind),
        ("resource", resource.clone()),
        ("requestResource", resource),
        ("userInfo", user),
        ("dryRun", json!({"type": "boolean"})),
        ("options", json!({"x-kubernetes-int-or-string": true})),
    ]))
}

/// `namespaceObject`, without what the server leaves out of it.
fn namespace() -> Json {
    let text = json!({"type": "string"});
    let time = json!({"type": "string", "format": "date-time"});
    let map = json!({"type": "object", "additionalProperties": text});
    let condition =
        object(texts(["status", "type", "message", "reason"]).chain([("lastTransitionTime", time.clone())]));
    let metadata = object(texts(["name", "generateName", "namespace", "UID", "resourceVersion"]).chain([
        ("labels", map.clone()),
        ("annotations", map),
        ("creationTimestamp", time.clone()),
        ("deletionTimestamp", time),
        ("deletionGracePeriodSeconds", json!({"type": "integer"})),
        ("generation", json!({"type": "integer"})),
        ("finalizers", list(&text)),
    ]));
    let status = object(texts(["phase"]).chain([("conditions", list(&condition))]));
    object([("metadata", metadata), ("spec", object([("finalizers", list(&text))])), ("status", status)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Names, Wanted};
    use crate::check::written::{Written, summary};

    fn known() -> Names {
        let variables = Some(vec!["limit".to_owned()]);
        Names { params: true, authorizer: true, variables, ..Names::default() }
    }

    fn found(names: &Names, expression: &str, wanted: Wanted) -> String {
        let object = Written::new(&json!({"apiVersion": "v1", "kind": "A", "expression": expression}));
        summary(&object.findings(|object, sink| {
            names.check(object.node.get("expression").unwrap(), wanted, sink);
        }))
    }

    #[test]
    fn sound_expressions_pass() {
        for expression in [
            "object.spec.replicas <= params.maxReplicas",
            "oldObject == null || object.metadata.name == oldObject.metadata.name",
            "!has(object.metadata.labels) || !('team' in object.metadata.labels) // the last line",
            "object.spec.containers.all(c, c.image.startsWith('registry.example.com/') && !c.?securityContext.?privileged.orValue(false))",
            "request.operation in ['CREATE', 'UPDATE'] && request.userInfo.groups.exists(group, group == 'system:masters')",
            "request.userInfo.extra['team'][0] == 'web' && request.namespace != 'kube-system' && request.?subResource.orValue('') == ''",
            "namespaceObject.metadata.labels['environment'] == 'production'",
            "authorizer.group('apps').resource('deployments').namespace('web').check('create').allowed()",
            "authorizer.requestResource.check('custom-verb').allowed()",
            "!authorizer.serviceAccount('a', 'b').fieldSelector('x=y').path('/healthz').check('get').errored()",
            "variables.limit > 5",
            "object.metadata.?labels['a'].hasValue() && quantity(object.spec.size).isLessThan(quantity('5Gi'))",
            "cel.bind(name, object.metadata.name, name.matches('^[a-z]+$'))",
            "unheardOf(object) && object.something().allowed()",
            "object.spec.enabled == true ? object.spec.a : request.dryRun",
            "object.x || object.y",
        ] {
            assert_eq!(found(&known(), expression, Wanted::Bool), "", "{expression}");
        }
    }

    #[test]
    fn what_does_not_compile_is_refused() {
        for (expression, problem) in [
            ("object.", "does not compile"),
            ("object.spec.replicas <=", "does not compile"),
            ("true) && (true", "does not compile"),
            ("thing.spec == 1", "undeclared reference to `thing`"),
            ("variables.other == 1", "undefined field `other`"),
            ("request.object.spec == 1", "undefined field `object`"),
            ("self.spec == 1", "undefined field `spec`"),
            ("request.operation == 1", "no `==` for `string` and `int`"),
            ("1 + 1", "it is of type `int` and must be a `bool`"),
            ("object.metadata.name", "can give anything, and must give a `bool`"),
            ("true ? params['a'] : oldObject.b", "can give anything"),
        ] {
            let found = found(&known(), expression, Wanted::Bool);
            assert!(found.contains(problem), "{expression}: {found}");
        }
    }

    #[test]
    fn what_is_not_in_sight_is_not_known() {
        for (expression, name) in [
            ("params.a == 1", "params"),
            ("variables.a == 1", "variables"),
            ("authorizer.path('/').check('get').allowed()", "authorizer"),
        ] {
            let found = found(&Names::default(), expression, Wanted::Bool);
            assert!(found.contains(&format!("undeclared reference to `{name}`")), "{expression}: {found}");
        }
    }

    #[test]
    fn a_message_is_a_string_and_an_annotation_perhaps_null() {
        assert_eq!(found(&known(), "'at most ' + string(variables.limit)", Wanted::Text), "");
        assert!(found(&known(), "1", Wanted::Text).contains("must be a `string`"));
        assert!(found(&known(), "null", Wanted::Text).contains("must be a `string`"));
        for expression in ["null", "'a'", "object.a == 1 ? 'a' : null", "object.a == 1 ? null : 'a'"] {
            assert_eq!(found(&known(), expression, Wanted::TextOrNull), "", "{expression}");
        }
        assert!(found(&known(), "5", Wanted::TextOrNull).contains("must be a `string` or `null`"));
        assert_eq!(found(&known(), "5", Wanted::Anything), "");
    }

    #[test]
    fn patches_are_written_with_types_of_their_own() {
        let names = Names { patches: true, ..known() };
        for expression in [
            "Object{spec: Object.spec{replicas: 3}}",
            "has(object.spec) ? Object{} : Object{metadata: Object.metadata{labels: {'a': 'b'}}}",
            "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: 'c'}]",
            "Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: 'mesh', ?image: object.?image}]}}",
        ] {
            assert_eq!(found(&names, expression, Wanted::Anything), "", "{expression}");
        }
        assert!(found(&names, "thing.a", Wanted::Anything).contains("undeclared reference to `thing`"));
    }

    #[test]
    fn names_that_schemas_escape_are_let_pass() {
        let names = Names { variables: Some(vec!["a__b".to_owned()]), ..Names::default() };
        assert_eq!(found(&names, "variables.a__b == 1", Wanted::Bool), "");
    }
}
