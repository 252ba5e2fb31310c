//! Names, labels and annotations.

use super::{Rule, tags};
use crate::finding::Severity;

/// The family, sorted by id.
pub(super) const RULES: &[&Rule] = &[&ANNOTATION, &FIELD, &LABEL, &NAME, &NAMESPACE];

/// An annotation key that the API server refuses, or annotations over 256 KiB.
pub const ANNOTATION: Rule = Rule {
    id: "metadata/annotation",
    severity: Severity::Deny,
    tags: tags!["metadata"],
    title: "an annotation key that the API server refuses, or annotations over 256 KiB",
    what: "The key of an annotation is not a qualified name (an optional DNS prefix and `/`, then up to 63 \
           characters of `A-Z a-z 0-9 - _ .`), or all annotations together are over 256 KiB.",
    why: "The API server refuses the object.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  annotations:
    example.com/team/owner: web
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  annotations:
    example.com/team-owner: web
",
};

/// Another metadata field that the API server refuses.
pub const FIELD: Rule = Rule {
    id: "metadata/field",
    severity: Severity::Deny,
    tags: tags!["metadata"],
    title: "another metadata field that the API server refuses",
    what: "A field of `metadata` other than names, labels and annotations, such as `finalizers` or \
           `ownerReferences`, holds what the API server refuses.",
    why: "The API server refuses the object.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  finalizers:
    - example.com/clean up
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  finalizers:
    - example.com/clean-up
",
};

/// A label key or value that the API server refuses.
pub const LABEL: Rule = Rule {
    id: "metadata/label",
    severity: Severity::Deny,
    tags: tags!["metadata"],
    title: "a label key or value that the API server refuses",
    what: "The key of a label is not a qualified name, or its value is neither empty nor up to 63 characters of \
           `A-Z a-z 0-9 - _ .` with a letter or digit at both ends.",
    why: "The API server refuses the object. Build metadata (`+`), spaces and long branch names are the usual \
           causes.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  labels:
    version: v1.2.0+build.7
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  labels:
    version: v1.2.0-build.7
",
};

/// A name that the API server refuses, or none.
pub const NAME: Rule = Rule {
    id: "metadata/name",
    severity: Severity::Deny,
    tags: tags!["metadata"],
    title: "a name that the API server refuses, or none",
    what: "An object has neither `metadata.name` nor `metadata.generateName`, or its name is not what its kind \
           demands: a DNS subdomain for most, a DNS label for Namespaces and Services, a path segment for roles.",
    why: "The API server refuses the object.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: App_Config
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-config
",
};

/// A namespace that is not a DNS label.
pub const NAMESPACE: Rule = Rule {
    id: "metadata/namespace",
    severity: Severity::Deny,
    tags: tags!["metadata"],
    title: "a namespace that is not a DNS label",
    what: "`metadata.namespace` is not a DNS label: up to 63 characters of `a-z 0-9 -`, a letter or digit at both \
           ends. Objects of cluster-scoped kinds are not looked at: the server drops their namespace.",
    why: "No namespace can have such a name.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  namespace: team.web
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  namespace: team-web
",
};
