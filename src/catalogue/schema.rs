//! What the schemas of the API server say.

use super::{Rule, tags};
use crate::finding::Severity;

/// The family, sorted by id.
pub(super) const RULES: &[&Rule] = &[
    &BRANCH,
    &CEL,
    &CEL_FAILED,
    &DEPRECATED_API,
    &ENUM,
    &FORMAT,
    &LIST_KEY,
    &PATTERN,
    &QUANTITY,
    &RANGE,
    &REMOVED_API,
    &REQUIRED,
    &TYPE,
    &UNKNOWN_FIELD,
    &UNKNOWN_KIND,
    &UNSERVED_VERSION,
    &UNUSABLE,
];

/// A value that fits none, or too many, of the schema's alternatives.
pub const BRANCH: Rule = Rule {
    id: "schema/branch",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a value that fits none, or too many, of the schema's alternatives",
    what: "A value fits none of a schema's `anyOf` or `oneOf` alternatives, more than one of `oneOf`, or what `not` \
           rules out.",
    why: "The API server refuses the object.",
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
                schedule: {type: string}
                event: {type: string}
              oneOf:
                - required: [schedule]
                - required: [event]
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  schedule: '0 3 * * *'
  event: push
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
                schedule: {type: string}
                event: {type: string}
              oneOf:
                - required: [schedule]
                - required: [event]
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  schedule: '0 3 * * *'
",
};

/// A value that an `x-kubernetes-validations` rule refuses.
pub const CEL: Rule = Rule {
    id: "schema/cel",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a value that an `x-kubernetes-validations` rule refuses",
    what: "A CEL rule under `x-kubernetes-validations` of the schema is false for a value.",
    why: "The API server evaluates the same rule and refuses the object.",
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
                - rule: self.replicas <= 5
                  message: at most 5 replicas
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  replicas: 7
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
                  message: at most 5 replicas
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  replicas: 5
",
};

/// An `x-kubernetes-validations` rule that could not be evaluated.
pub const CEL_FAILED: Rule = Rule {
    id: "schema/cel-failed",
    severity: Severity::Warn,
    tags: tags!["schema"],
    title: "an `x-kubernetes-validations` rule that could not be evaluated",
    what: "A CEL rule could not be compiled, or not be evaluated for a value: it uses what Plimsoll's CEL does \
           not have, or it meets an `x-kubernetes-int-or-string` value of the other type. Whether the value is valid \
           by it is not known.",
    why: "What could not be checked is never called valid: the API server may refuse the object.",
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
                port: {x-kubernetes-int-or-string: true}
              x-kubernetes-validations:
                - rule: self.port > 0
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  port: http
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
                port: {x-kubernetes-int-or-string: true}
              x-kubernetes-validations:
                - rule: self.port > 0
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  port: 8080
",
};

/// An API version that is deprecated in a target version.
pub const DEPRECATED_API: Rule = Rule {
    id: "schema/deprecated-api",
    severity: Severity::Warn,
    tags: tags!["schema"],
    title: "an API version that is deprecated in a target version",
    what: "The API version of an object is served by a target version of Kubernetes, but deprecated.",
    why: "It still works, the API server answers with a warning, and a later version may remove it.",
    example: "\
apiVersion: v1
kind: Endpoints
metadata:
  name: db
subsets:
  - addresses:
      - ip: 192.0.2.10
    ports:
      - port: 5432
",
    instead: "\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: db-1
  labels:
    kubernetes.io/service-name: db
addressType: IPv4
endpoints:
  - addresses:
      - 192.0.2.10
ports:
  - port: 5432
",
};

/// A value that is none of those allowed.
pub const ENUM: Rule = Rule {
    id: "schema/enum",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a value that is none of those allowed",
    what: "A value is none of those that the field takes. Case counts.",
    why: "The API server refuses the object.",
    example: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  type: Loadbalancer
  ports:
    - port: 80
",
    instead: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  type: LoadBalancer
  ports:
    - port: 80
",
};

/// A string that is not of its format.
pub const FORMAT: Rule = Rule {
    id: "schema/format",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a string that is not of its format",
    what: "A string is not of the `format` that the schema gives: a date-time that is not RFC 3339, bytes that are \
           not base64, an address that is none.",
    why: "The API server refuses the object. Formats that it does not know are not checked, as it does not check \
           them.",
    example: "\
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: leader
spec:
  renewTime: '2026-05-01 12:00'
",
    instead: "\
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: leader
spec:
  renewTime: '2026-05-01T12:00:00.000000Z'
",
};

/// Two items of a list with one key.
pub const LIST_KEY: Rule = Rule {
    id: "schema/list-key",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "two items of a list with one key",
    what: "Two items of a list have the same key, where the schema says that the list is a map or a set; defaults \
           count, so a port without a `protocol` is a TCP port.",
    why: "Server-side apply merges such lists by their keys: the API server refuses the object, or keeps one of \
           the two.",
    example: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  ports:
    - name: http
      port: 80
    - name: web
      port: 80
",
    instead: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  ports:
    - name: http
      port: 80
    - name: web
      port: 8080
",
};

/// A string that does not match its pattern.
pub const PATTERN: Rule = Rule {
    id: "schema/pattern",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a string that does not match its pattern",
    what: "A string does not match the regular expression that the schema gives as its `pattern`. The syntax is \
           RE2's, as in the API server.",
    why: "The API server refuses the object.",
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
                schedule: {type: string, pattern: '^@(daily|hourly)$'}
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  schedule: daily
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
                schedule: {type: string, pattern: '^@(daily|hourly)$'}
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  schedule: '@daily'
",
};

/// A value that is not a quantity.
pub const QUANTITY: Rule = Rule {
    id: "schema/quantity",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a value that is not a quantity",
    what: "A value is not a quantity: a number with an optional suffix, one of `n u m k M G T P E`, `Ki Mi Gi Ti Pi \
           Ei`, or an exponent.",
    why: "The API server cannot decode the object. `GB`, `KB` and a space before the suffix are the usual \
           mistakes.",
    example: "\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 10GB
",
    instead: "\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 10Gi
",
};

/// A number, length or count out of bounds.
pub const RANGE: Rule = Rule {
    id: "schema/range",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a number, length or count out of bounds",
    what: "A number is below its minimum or above its maximum or the range of its integer format, a string is too \
           short or too long, or a collection has too few or too many members.",
    why: "The API server refuses the object.",
    example: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  ports:
    - port: 80800
",
    instead: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  ports:
    - port: 8080
",
};

/// An API version that a target version does not serve.
pub const REMOVED_API: Rule = Rule {
    id: "schema/removed-api",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "an API version that a target version does not serve",
    what: "The API version of an object is not served by a target version of Kubernetes, though other versions \
           served it.",
    why: "The API server answers that it knows no such kind, often not before the day of the upgrade.",
    example: "\
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata:
  name: api
spec:
  minAvailable: 1
  selector:
    matchLabels:
      app: api
",
    instead: "\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: api
spec:
  minAvailable: 1
  selector:
    matchLabels:
      app: api
",
};

/// A required field that is missing.
pub const REQUIRED: Rule = Rule {
    id: "schema/required",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a required field that is missing",
    what: "A mapping lacks a field that it must have. For built-in kinds `null` counts as absent.",
    why: "The API server refuses the object.",
    example: "\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: read
subjects:
  - kind: Group
    name: developers
    apiGroup: rbac.authorization.k8s.io
",
    instead: "\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: read
subjects:
  - kind: Group
    name: developers
    apiGroup: rbac.authorization.k8s.io
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
",
};

/// A value of another type than the schema says.
pub const TYPE: Rule = Rule {
    id: "schema/type",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a value of another type than the schema says",
    what: "A value has another type than the schema says, after YAML has had its way: `true`, `yes`, `on`, `1.10` \
           and `0755` are no strings unless quoted.",
    why: "The API server cannot decode the object.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  debug: yes
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  debug: 'yes'
",
};

/// A field that the schema does not know.
pub const UNKNOWN_FIELD: Rule = Rule {
    id: "schema/unknown-field",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a field that the schema does not know",
    what: "A mapping has a field that its schema does not know.",
    why: "kubectl refuses such an object by default; for other clients the API server drops the field, with a \
           warning at best, and the setting that someone meant is not there.",
    example: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  selectors:
    app: api
  ports:
    - port: 80
",
    instead: "\
apiVersion: v1
kind: Service
metadata:
  name: api
spec:
  selector:
    app: api
  ports:
    - port: 80
",
};

/// A kind without a schema: unchecked.
pub const UNKNOWN_KIND: Rule = Rule {
    id: "schema/unknown-kind",
    severity: Severity::Warn,
    tags: tags!["schema"],
    title: "a kind without a schema: unchecked",
    what: "There is no schema for the group, version and kind of an object: it is no kind of Kubernetes, and no \
           CustomResourceDefinition of it was found.",
    why: "The object is unchecked, which is neither valid nor invalid. The CustomResourceDefinition anywhere in \
           the repository is enough to check it.",
    example: "\
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  replicas: 3
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
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  replicas: 3
",
};

/// A version that its CustomResourceDefinition does not serve.
pub const UNSERVED_VERSION: Rule = Rule {
    id: "schema/unserved-version",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a version that its CustomResourceDefinition does not serve",
    what: "A CustomResourceDefinition of the repository defines the kind of an object, but not its version, or has \
           the version with `served: false`.",
    why: "The API server knows no such kind, and refuses the object.",
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
    - name: v1beta1
      served: false
      storage: false
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              x-kubernetes-preserve-unknown-fields: true
---
apiVersion: example.com/v1beta1
kind: CronTab
metadata:
  name: nightly
spec:
  replicas: 3
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
    - name: v1beta1
      served: false
      storage: false
      schema:
        openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              x-kubernetes-preserve-unknown-fields: true
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  replicas: 3
",
};

/// A schema that Plimsoll cannot use.
pub const UNUSABLE: Rule = Rule {
    id: "schema/unusable",
    severity: Severity::Deny,
    tags: tags!["schema"],
    title: "a schema that Plimsoll cannot use",
    what: "A schema, or a part of it, cannot be made into a check of an object's value, for one because a `pattern` in it \
           is no RE2 expression.",
    why: "The value is unchecked as long as the schema is as it is, and what is unchecked is not valid.",
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
                schedule: {type: string, pattern: '^(?!@)'}
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  schedule: '0 3 * * *'
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
                schedule: {type: string, pattern: '^[^@]'}
---
apiVersion: example.com/v1
kind: CronTab
metadata:
  name: nightly
spec:
  schedule: '0 3 * * *'
",
};
