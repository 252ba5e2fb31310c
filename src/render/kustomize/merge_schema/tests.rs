use super::*;
use crate::render::kustomize::testing::with_node;

fn keys<'m>(schemas: &'m MergeSchemas, api_version: &str, kind: &str, path: &[&str]) -> Option<&'m [String]> {
    let mut schema = schemas.kind(api_version, kind).unwrap();
    for step in path {
        schema = if *step == "[]" { schema.element()? } else { schema.field(step)? };
    }
    schema.merge()
}

fn builtin(api_version: &str, kind: &str, path: &[&str]) -> Option<&'static [String]> {
    keys(MergeSchemas::builtin(), api_version, kind, path)
}

#[test]
fn containers_of_a_deployment_merge_by_name_and_their_ports_by_port_and_protocol() {
    let pod = ["spec", "template", "spec"];
    let in_pod = |path: &[&str]| builtin("apps/v1", "Deployment", &[&pod, path].concat());
    assert_eq!(in_pod(&["containers"]).unwrap(), ["name"]);
    assert_eq!(in_pod(&["containers", "[]", "env"]).unwrap(), ["name"]);
    assert_eq!(in_pod(&["containers", "[]", "ports"]).unwrap(), ["containerPort", "protocol"]);
    assert_eq!(in_pod(&["containers", "[]", "volumeMounts"]).unwrap(), ["mountPath"]);
    assert_eq!(in_pod(&["hostAliases"]).unwrap(), ["ip"]);
    assert_eq!(in_pod(&["topologySpreadConstraints"]).unwrap(), ["topologyKey", "whenUnsatisfiable"]);
}

#[test]
fn a_strategy_of_several_words_merges_if_merge_is_one() {
    let path = ["spec", "template", "spec", "volumes"];
    assert_eq!(builtin("apps/v1", "Deployment", &path).unwrap(), ["name"]);
}

#[test]
fn ports_of_a_service_merge_by_port_and_protocol() {
    assert_eq!(builtin("v1", "Service", &["spec", "ports"]).unwrap(), ["port", "protocol"]);
}

#[test]
fn finalizers_merge_as_scalars() {
    assert!(builtin("v1", "ConfigMap", &["metadata", "finalizers"]).unwrap().is_empty());
    assert_eq!(builtin("v1", "ConfigMap", &["metadata", "ownerReferences"]).unwrap(), ["uid"]);
}

#[test]
fn lists_without_the_strategy_are_replaced() {
    let container = ["spec", "containers", "[]"];
    for field in ["args", "command", "envFrom"] {
        assert_eq!(builtin("v1", "Pod", &[&container[..], &[field]].concat()), None, "{field}");
    }
    assert_eq!(builtin("networking.k8s.io/v1", "Ingress", &["spec", "rules"]), None);
    assert_eq!(builtin("v1", "Pod", &["spec", "tolerations"]), None);
}

#[test]
fn a_kind_that_kustomize_does_not_know_has_no_schema() {
    let schemas = MergeSchemas::builtin();
    assert!(schemas.kind("batch/v2", "Job").is_none());
    assert!(schemas.kind("argoproj.io/v1alpha1", "Rollout").is_none());
}

#[test]
fn every_reference_of_the_embedded_document_leads_to_a_definition() {
    fn holds(schemas: &MergeSchemas, shape: &Shape) {
        assert!(schemas.resolve(shape).is_some(), "{shape:?}");
        for below in shape.fields.values().chain(shape.values.as_deref()).chain(shape.items.as_deref()) {
            holds(schemas, below);
        }
    }
    let schemas = MergeSchemas::builtin();
    schemas.definitions.values().for_each(|shape| holds(schemas, shape));
    let names = schemas.kinds.values().flat_map(FxHashMap::values);
    assert!(names.clone().count() > 100);
    names.for_each(|name| assert!(schemas.definitions.contains_key(name), "{name}"));
}

const WIDGET: &str = "
definitions:
  Widget:
    properties:
      spec: {$ref: '#/definitions/Spec', x-kubernetes-patch-strategy: merge}
      stages:
        type: object
        additionalProperties: {$ref: '#/definitions/Widget/properties/steps'}
      steps: &steps
        type: array
        items: {$ref: '#/definitions/Widget'}
        x-kubernetes-patch-strategy: 'merge,retainKeys'
        x-kubernetes-patch-merge-key: name
      others: {type: array, items: {type: string}, x-kubernetes-patch-strategy: replace}
      circle: {$ref: '#/definitions/Circle'}
      elsewhere: {$ref: 'https://example.com/schema.json'}
    x-kubernetes-group-version-kind:
    - {group: example.com, version: v1, kind: Widget}
    - {group: '', version: v1, kind: Widget}
    - {kind: Incomplete}
  Spec:
    properties:
      ports:
        type: array
        x-kubernetes-patch-strategy: merge
        x-kubernetes-patch-merge-key: port
        x-kubernetes-list-map-keys: [port, protocol]
  Circle: {$ref: '#/definitions/Round'}
  Round: {$ref: '#/definitions/Circle'}
";

#[test]
fn a_document_of_the_user_takes_the_place_of_the_built_in_one() {
    let schemas = with_node(WIDGET, |document| MergeSchemas::from_openapi(document).unwrap());
    assert!(schemas.kind("apps/v1", "Deployment").is_none());
    let keys = |path: &[&str]| keys(&schemas, "example.com/v1", "Widget", path);
    assert_eq!(keys(&["spec", "ports"]).unwrap(), ["port", "protocol"]);
    assert_eq!(keys(&["steps", "[]", "steps", "[]", "steps"]).unwrap(), ["name"]);
    assert_eq!(keys(&["stages", "any"]).unwrap(), ["name"]);
    assert_eq!(keys(&["others"]), None);
    assert_eq!(keys(&["spec"]), None, "what stands beside a reference does not count");
    assert!(schemas.kind("v1", "Widget").is_some());
}

#[test]
fn references_in_a_circle_and_to_elsewhere_lead_nowhere() {
    let schemas = with_node(WIDGET, |document| MergeSchemas::from_openapi(document).unwrap());
    let widget = schemas.kind("v1", "Widget").unwrap();
    assert!(widget.field("circle").is_none());
    assert!(widget.field("elsewhere").is_none());
    assert!(widget.field("spec").is_some());
}

#[test]
fn a_document_that_cannot_be_read_says_where() {
    let error = |text: &str| with_node(text, |document| MergeSchemas::from_openapi(document).unwrap_err());
    assert_eq!(error("[]"), "the document must be an object, and is of type array");
    assert_eq!(error("definitions: 1"), "`definitions` must be an object, and is of type integer");
    assert_eq!(error("definitions: {A: x}"), "definition `A` must be an object, and is of type string");
    assert_eq!(
        error("definitions: {A: {properties: {b: {x-kubernetes-patch-strategy: [merge]}}}}"),
        "definition `A`: `b`: `x-kubernetes-patch-strategy` must be a string, and is of type array"
    );
    assert!(with_node("swagger: '2.0'", |document| MergeSchemas::from_openapi(document).is_ok()));
}
