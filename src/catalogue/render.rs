//! Rendering kustomizations and charts.

use super::{Rule, tags};
use crate::finding::Severity;

/// The family, sorted by id.
pub(super) const RULES: &[&Rule] = &[
    &GENERATOR,
    &HELM,
    &HELM_TEMPLATE,
    &HELM_VALUES,
    &KUSTOMIZATION,
    &MISSING,
    &OUTSIDE,
    &PATCH,
    &PLUGIN,
    &REFERENCE,
    &REMOTE,
    &REPLACEMENT,
    &RESOURCE,
    &SELECTOR,
    &TRANSFORMER,
    &VARIABLE,
];

/// A ConfigMap or Secret that cannot be generated.
pub const GENERATOR: Rule = Rule {
    id: "render/generator",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a ConfigMap or Secret that cannot be generated",
    what: "A `configMapGenerator` or `secretGenerator` without a name, with a literal that is not `key=value`, with a key that is there twice, or that merges into an object that is not there.",
    why: "Kustomize refuses the kustomization, and nothing of it is applied.",
    example: "\
configMapGenerator:
- name: app
  literals:
  - LEVEL
",
    instead: "\
configMapGenerator:
- name: app
  literals:
  - LEVEL=info
",
};

/// A Helm chart that was not rendered.
pub const HELM: Rule = Rule {
    id: "render/helm",
    severity: Severity::Warn,
    tags: tags!["render", "helm"],
    title: "a Helm chart that was not rendered",
    what: "A chart that is not in the repository, that needs charts which are not vendored, that fails without values of its user, or that no `helm` is there to render.",
    why: "What is not rendered is not checked, so its tree cannot pass. Nothing is fetched while checking: the result would change without a commit.",
    example: "\
helmCharts:
- name: redis
  repo: https://charts.example.com
",
    instead: "\
helmCharts:
- name: redis # vendored in charts/redis
",
};

/// A Helm chart that Helm refuses.
pub const HELM_TEMPLATE: Rule = Rule {
    id: "render/helm-template",
    severity: Severity::Deny,
    tags: tags!["render", "helm"],
    title: "a Helm chart that Helm refuses",
    what: "A chart whose templates cannot be parsed or run, make something that is not YAML, take longer than `helm.timeout`, or make more than 64 MiB.",
    why: "Helm installs nothing of such a chart.",
    example: "\
# templates/service.yaml
metadata:
  name: {{ .Values.name | qoute }}
",
    instead: "\
# templates/service.yaml
metadata:
  name: {{ .Values.name | quote }}
",
};

/// Values that do not fit a chart's schema.
pub const HELM_VALUES: Rule = Rule {
    id: "render/helm-values",
    severity: Severity::Deny,
    tags: tags!["render", "helm"],
    title: "values that do not fit a chart's schema",
    what: "A value that the `values.schema.json` of its chart does not allow.",
    why: "Helm refuses to install the chart with such values.",
    example: "\
# values.yaml, where the schema asks for an integer
replicas: two
",
    instead: "\
# values.yaml
replicas: 2
",
};

/// A kustomization that is not valid.
pub const KUSTOMIZATION: Rule = Rule {
    id: "render/kustomization",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a kustomization that is not valid",
    what: "A kustomization with a field that kustomize does not know, a value of another type, the wrong kind or version, or that uses itself.",
    why: "Kustomize refuses it, and nothing of it is applied.",
    example: "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resource:
- deployment.yaml
",
    instead: "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment.yaml
",
};

/// A file or folder that a kustomization names and that is not there.
pub const MISSING: Rule = Rule {
    id: "render/missing",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a file or folder that a kustomization names and that is not there",
    what: "A resource, patch or generator's source that does not exist, or a folder without a kustomization.",
    why: "Kustomize refuses the kustomization, and nothing of it is applied.",
    example: "\
resources:
- deploymnet.yaml
",
    instead: "\
resources:
- deployment.yaml
",
};

/// A file outside of the kustomization's folder.
pub const OUTSIDE: Rule = Rule {
    id: "render/outside",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a file outside of the kustomization's folder",
    what: "A file that lies neither in the folder of the kustomization that names it nor below, or a path that leads out of the repository.",
    why: "Kustomize refuses it unless `--load-restrictor` is `LoadRestrictionsNone`, so that a kustomization means the same wherever it is copied.",
    example: "\
patches:
- path: ../shared/patch.yaml
",
    instead: "\
components:
- ../shared # has the patch
",
};

/// A patch that cannot be applied.
pub const PATCH: Rule = Rule {
    id: "render/patch",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a patch that cannot be applied",
    what: "A patch for an object that is not among the resources, with a path that is not in the object, of another type than the object, or without a target.",
    why: "Kustomize refuses the kustomization; a patch that matches nothing is mostly a name that has changed.",
    example: "\
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: wbe
    spec:
      replicas: 3
",
    instead: "\
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      replicas: 3
",
};

/// A generator or transformer that is a program.
pub const PLUGIN: Rule = Rule {
    id: "render/plugin",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a generator or transformer that is a program",
    what: "An entry of `generators`, `transformers` or `validators` that is not built into kustomize, or is configured wrongly.",
    why: "Plimsoll runs no programs and no containers of a repository: what it checks must not run on the machine that checks.",
    example: "\
transformers:
- |-
  apiVersion: example.com/v1
  kind: Uppercase
  metadata:
    name: all
    annotations:
      config.kubernetes.io/function: |
        exec:
          path: ./uppercase
",
    instead: "\
transformers:
- |-
  apiVersion: builtin
  kind: PrefixTransformer
  metadata:
    name: all
  prefix: staging-
  fieldSpecs:
  - path: metadata/name
",
};

/// A reference that could mean several objects.
pub const REFERENCE: Rule = Rule {
    id: "render/reference",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a reference that could mean several objects",
    what: "After renaming, a name in an object could stand for more than one object, or a role binding's subject has no usable namespace.",
    why: "Kustomize cannot tell which one is meant and refuses the kustomization.",
    example: "\
resources: # both have a ServiceAccount `app`, and a binding names it
- ../team-a
- ../team-b
",
    instead: "\
resources:
- ../team-a
",
};

/// A resource that is not in the repository.
pub const REMOTE: Rule = Rule {
    id: "render/remote",
    severity: Severity::Warn,
    tags: tags!["render", "kustomize"],
    title: "a resource that is not in the repository",
    what: "A resource or base that is named by a URL.",
    why: "Rendering never touches the network: the result would change without a commit, and not be what was checked.",
    example: "\
resources:
- https://example.com/install.yaml
",
    instead: "\
resources:
- vendor/install.yaml
",
};

/// A replacement that cannot be made.
pub const REPLACEMENT: Rule = Rule {
    id: "render/replacement",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a replacement that cannot be made",
    what: "A replacement whose source or field is not there, whose source could be several objects, or whose value does not fit its target.",
    why: "Kustomize refuses the kustomization, and nothing of it is applied.",
    example: "\
replacements:
- source:
    kind: ConfigMap
    name: settings
    fieldPath: data.hots
  targets:
  - select:
      kind: Ingress
    fieldPaths:
    - spec.rules.0.host
",
    instead: "\
replacements:
- source:
    kind: ConfigMap
    name: settings
    fieldPath: data.host
  targets:
  - select:
      kind: Ingress
    fieldPaths:
    - spec.rules.0.host
",
};

/// A document that kustomize cannot take for an object.
pub const RESOURCE: Rule = Rule {
    id: "render/resource",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a document that kustomize cannot take for an object",
    what: "A document of a resource file or patch without `kind` or `metadata.name`.",
    why: "Kustomize knows objects by kind and name, and refuses what has none.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  generateName: app-
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
",
};

/// A target that cannot be read.
pub const SELECTOR: Rule = Rule {
    id: "render/selector",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a target that cannot be read",
    what: "The target of a patch or replacement with a regular expression or label selector that is not one.",
    why: "Kustomize refuses the kustomization, and nothing of it is applied.",
    example: "\
patches:
- path: patch.yaml
  target:
    kind: Deployment
    name: web-(
",
    instead: "\
patches:
- path: patch.yaml
  target:
    kind: Deployment
    name: web-.*
",
};

/// A change that does not fit the objects.
pub const TRANSFORMER: Rule = Rule {
    id: "render/transformer",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a change that does not fit the objects",
    what: "A prefix, namespace, label, image or number of replicas for a field of another type, or for a workload that is not there.",
    why: "Kustomize refuses the kustomization, and nothing of it is applied.",
    example: "\
replicas:
- name: wbe
  count: 3
",
    instead: "\
replicas:
- name: web
  count: 3
",
};

/// A variable that cannot be read.
pub const VARIABLE: Rule = Rule {
    id: "render/variable",
    severity: Severity::Deny,
    tags: tags!["render", "kustomize"],
    title: "a variable that cannot be read",
    what: "An entry of `vars` whose object or field is not there, or whose name is taken.",
    why: "Kustomize refuses the kustomization, and nothing of it is applied.",
    example: "\
vars:
- name: HOST
  objref:
    apiVersion: v1
    kind: Service
    name: wbe
",
    instead: "\
vars:
- name: HOST
  objref:
    apiVersion: v1
    kind: Service
    name: web
",
};
