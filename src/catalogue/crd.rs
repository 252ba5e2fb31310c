//! What the API server demands of a CustomResourceDefinition before it serves it.

use super::{Rule, tags};
use crate::finding::Severity;

/// The family, sorted by id.
pub(super) const RULES: &[&Rule] = &[&INVALID, &INVALID_RULE, &NOT_STRUCTURAL];

/// A CustomResourceDefinition that the API server refuses.
pub const INVALID: Rule = Rule {
    id: "crd/invalid",
    severity: Severity::Deny,
    tags: tags!["crd"],
    title: "a CustomResourceDefinition that the API server refuses",
    what: "A CustomResourceDefinition breaks a rule of its own kind: its name is not `<plural>.<group>`, a name is no \
           DNS label, not exactly one version is stored, a path names no field, a default does not fit its schema, \
           the keys of a list are not always there, or a conversion webhook cannot be reached.",
    why: "The API server refuses the definition, and with it every object of the kind that it defines.",
    example: "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontab.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: crontabs, kind: CronTab}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
",
    instead: "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontabs.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: crontabs, kind: CronTab}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
",
};

/// An `x-kubernetes-validations` rule that does not compile.
pub const INVALID_RULE: Rule = Rule {
    id: "crd/invalid-rule",
    severity: Severity::Deny,
    tags: tags!["crd"],
    title: "an `x-kubernetes-validations` rule that does not compile",
    what: "A CEL expression under `x-kubernetes-validations` does not parse, names a field that its schema does not \
           have, compares types that do not compare, or does not yield a boolean; or a message, reason or path beside \
           it is none. What evaluating a rule is estimated to cost is not checked.",
    why: "The API server compiles the rules when the definition is created or changed, and refuses it.",
    example: "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontabs.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: crontabs, kind: CronTab}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                replicas: {type: integer}
              x-kubernetes-validations:
                - rule: self.replica <= 5
",
    instead: "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontabs.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: crontabs, kind: CronTab}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                replicas: {type: integer}
              x-kubernetes-validations:
                - rule: self.replicas <= 5
",
};

/// A schema that is not structural.
pub const NOT_STRUCTURAL: Rule = Rule {
    id: "crd/not-structural",
    severity: Severity::Deny,
    tags: tags!["crd"],
    title: "a schema that is not structural",
    what: "A schema of a CustomResourceDefinition lacks a `type` for a field, or gives a `type`, `description`, \
           `default` or the like inside `allOf`, `anyOf`, `oneOf` or `not`.",
    why: "`apiextensions.k8s.io/v1` serves structural schemas only: pruning and defaulting need to know every \
           field.",
    example: "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontabs.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: crontabs, kind: CronTab}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                schedule: {pattern: '^[0-9*]'}
",
    instead: "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontabs.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: crontabs, kind: CronTab}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                schedule: {type: string, pattern: '^[0-9*]'}
",
};
