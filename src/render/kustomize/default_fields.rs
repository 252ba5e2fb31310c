//! Where Kustomize's transformers work unless a kustomization says more.
//!
//! In: nothing. Out: the default configuration of Kustomize v5.8 (`sigs.k8s.io/kustomize/api` v0.21.1). It never holds
//! a kind or a path that Kustomize's tables do not: what they miss, a render misses too.
//!
//! The order is that of Kustomize at work, not of its source: it sorts every list by group, version and kind when it
//! reads it ([`super::field_spec`] says how), and its sort does not keep the order of what is equal. The tables were
//! written down as they come out of that sort. Referrers within a target are not sorted.

use std::borrow::Cow;

use super::field_spec::{Configuration, FieldSpec, NameReference};

/// Fields of one kind that follow each other in a table.
struct Fields {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    create: bool,
    paths: &'static [&'static str],
}

/// A kind, and the fields that hold names of its objects.
struct Target {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    referrers: &'static [Fields],
}

const fn of(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    create: bool,
    paths: &'static [&'static str],
) -> Fields {
    Fields { group, version, kind, create, paths }
}

const fn target(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    referrers: &'static [Fields],
) -> Target {
    Target { group, version, kind, referrers }
}

impl Configuration {
    /// What Kustomize starts from. `labels` has no fields by default: `metadata/labels` is always among them.
    pub(super) fn default_fields() -> Self {
        Self {
            name_references: NAME_REFERENCES.iter().map(name_reference).collect(),
            namespace: specs(NAMESPACE),
            name_prefix: specs(NAME_PREFIX),
            name_suffix: specs(NAME_SUFFIX),
            labels: Vec::new(),
            common_labels: specs(COMMON_LABELS),
            template_labels: specs(TEMPLATE_LABELS),
            volume_claim_template_labels: specs(VOLUME_CLAIM_TEMPLATE_LABELS),
            common_annotations: specs(COMMON_ANNOTATIONS),
            images: specs(IMAGES),
            replicas: specs(REPLICAS),
            variable_references: specs(VARIABLE_REFERENCES),
        }
    }
}

fn name_reference(target: &Target) -> NameReference {
    NameReference {
        group: Cow::Borrowed(target.group),
        version: Cow::Borrowed(target.version),
        kind: Cow::Borrowed(target.kind),
        referrers: specs(target.referrers),
    }
}

fn specs(table: &[Fields]) -> Vec<FieldSpec> {
    let specs_of = |fields: &Fields| {
        let (group, version, kind) = (fields.group, fields.version, fields.kind);
        let create = fields.create;
        fields.paths.iter().map(move |path| FieldSpec {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
            path: Cow::Borrowed(path),
            create,
        })
    };
    table.iter().flat_map(specs_of).collect()
}

/// Where the pods of a workload select other pods.
const POD_SELECTORS: &[&str] = &[
    concat!(
        "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/",
        "podAffinityTerm/labelSelector/matchLabels"
    ),
    concat!(
        "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/",
        "labelSelector/matchLabels"
    ),
    concat!(
        "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/",
        "podAffinityTerm/labelSelector/matchLabels"
    ),
    concat!(
        "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/",
        "labelSelector/matchLabels"
    ),
    "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
];

/// Where `namePrefix` is put in front.
static NAME_PREFIX: &[Fields] = &[of("", "", "", false, &["metadata/name"])];

/// Where `nameSuffix` is put behind.
static NAME_SUFFIX: &[Fields] = &[of("", "", "", false, &["metadata/name"])];

/// Where `namespace` is set, besides `metadata/namespace`, which is always.
static NAMESPACE: &[Fields] = &[
    of("", "", "Namespace", true, &["metadata/name"]),
    of(
        "apiextensions.k8s.io",
        "",
        "CustomResourceDefinition",
        false,
        &["spec/conversion/webhook/clientConfig/service/namespace"],
    ),
    of("apiregistration.k8s.io", "", "APIService", true, &["spec/service/namespace"]),
];

/// Where `commonLabels`, and `labels` with `includeSelectors`, are set.
static COMMON_LABELS: &[Fields] = &[
    of("", "v1", "Service", true, &["spec/selector"]),
    of("apps", "", "Deployment", false, POD_SELECTORS),
    of("", "", "Deployment", true, &["spec/template/metadata/labels", "spec/selector/matchLabels"]),
    of("apps", "", "StatefulSet", true, &["spec/selector/matchLabels", "spec/volumeClaimTemplates[]/metadata/labels"]),
    of("apps", "", "StatefulSet", false, POD_SELECTORS),
    of("apps", "", "StatefulSet", true, &["spec/template/metadata/labels"]),
    of(
        "batch",
        "",
        "CronJob",
        true,
        &["spec/jobTemplate/metadata/labels", "spec/jobTemplate/spec/template/metadata/labels"],
    ),
    of("batch", "", "CronJob", false, &["spec/jobTemplate/spec/selector/matchLabels"]),
    of("policy", "", "PodDisruptionBudget", false, &["spec/selector/matchLabels"]),
    of("batch", "", "Job", false, &["spec/selector/matchLabels"]),
    of("batch", "", "Job", true, &["spec/template/metadata/labels"]),
    of(
        "networking.k8s.io",
        "",
        "NetworkPolicy",
        false,
        &[
            "spec/egress/to/podSelector/matchLabels",
            "spec/ingress/from/podSelector/matchLabels",
            "spec/podSelector/matchLabels",
        ],
    ),
    of("", "v1", "ReplicationController", true, &["spec/template/metadata/labels", "spec/selector"]),
    of("", "", "DaemonSet", true, &["spec/template/metadata/labels", "spec/selector/matchLabels"]),
    of("", "", "ReplicaSet", true, &["spec/template/metadata/labels", "spec/selector/matchLabels"]),
    of("", "", "", true, &["metadata/labels"]),
];

/// Where `labels` with `includeTemplates` are set.
static TEMPLATE_LABELS: &[Fields] = &[
    of("", "", "Deployment", true, &["spec/template/metadata/labels"]),
    of("apps", "", "StatefulSet", true, &["spec/template/metadata/labels"]),
    of(
        "batch",
        "",
        "CronJob",
        true,
        &["spec/jobTemplate/metadata/labels", "spec/jobTemplate/spec/template/metadata/labels"],
    ),
    of("batch", "", "Job", true, &["spec/template/metadata/labels"]),
    of("", "v1", "ReplicationController", true, &["spec/template/metadata/labels"]),
    of("", "", "DaemonSet", true, &["spec/template/metadata/labels"]),
    of("", "", "ReplicaSet", true, &["spec/template/metadata/labels"]),
    of("", "", "", true, &["metadata/labels"]),
];

/// Where `labels` with `includeVolumeClaimTemplates` are set.
static VOLUME_CLAIM_TEMPLATE_LABELS: &[Fields] =
    &[of("apps", "", "StatefulSet", true, &["spec/volumeClaimTemplates[]/metadata/labels"])];

/// Where `commonAnnotations` are set.
static COMMON_ANNOTATIONS: &[Fields] = &[
    of("", "", "Deployment", true, &["spec/template/metadata/annotations"]),
    of("", "", "StatefulSet", true, &["spec/template/metadata/annotations"]),
    of(
        "batch",
        "",
        "CronJob",
        true,
        &["spec/jobTemplate/metadata/annotations", "spec/jobTemplate/spec/template/metadata/annotations"],
    ),
    of("batch", "", "Job", true, &["spec/template/metadata/annotations"]),
    of("", "v1", "ReplicationController", true, &["spec/template/metadata/annotations"]),
    of("", "", "DaemonSet", true, &["spec/template/metadata/annotations"]),
    of("", "", "ReplicaSet", true, &["spec/template/metadata/annotations"]),
    of("", "", "", true, &["metadata/annotations"]),
];

/// Where `images` looks for images.
static IMAGES: &[Fields] = &[of(
    "",
    "",
    "",
    true,
    &[
        "spec/containers[]/image",
        "spec/initContainers[]/image",
        "spec/volumes[]/image/reference",
        "spec/template/spec/containers[]/image",
        "spec/template/spec/initContainers[]/image",
        "spec/template/spec/volumes[]/image/reference",
        "spec/jobTemplate/spec/template/spec/volumes[]/image/reference",
    ],
)];

/// Where `replicas` sets the count.
static REPLICAS: &[Fields] = &[
    of("", "", "Deployment", true, &["spec/replicas"]),
    of("", "", "StatefulSet", true, &["spec/replicas"]),
    of("", "", "ReplicaSet", true, &["spec/replicas"]),
    of("", "", "ReplicationController", true, &["spec/replicas"]),
];

/// Where `vars` are replaced.
static VARIABLE_REFERENCES: &[Fields] = &[
    of("", "", "Service", false, &["spec/ports/port", "spec/ports/targetPort"]),
    of("", "", "PersistentVolume", false, &["spec/nfs/server"]),
    of(
        "",
        "",
        "Deployment",
        false,
        &[
            "spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/env/value",
            "spec/template/spec/initContainers/command",
            "spec/template/spec/initContainers/args",
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/volumes/nfs/server",
            "spec/template/metadata/annotations",
            "spec/template/spec/containers/command",
            "spec/template/spec/containers/args",
        ],
    ),
    of(
        "",
        "",
        "StatefulSet",
        false,
        &[
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/initContainers/args",
            "spec/volumeClaimTemplates/spec/nfs/server",
            "spec/template/spec/initContainers/command",
            "spec/template/spec/containers/command",
            "spec/template/spec/containers/args",
            "spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/env/value",
        ],
    ),
    of(
        "",
        "",
        "CronJob",
        false,
        &[
            "spec/jobTemplate/spec/template/spec/initContainers/env/value",
            "spec/jobTemplate/spec/template/spec/initContainers/command",
            "spec/jobTemplate/spec/template/spec/initContainers/args",
            "spec/jobTemplate/spec/template/spec/containers/volumeMounts/mountPath",
            "spec/jobTemplate/spec/template/spec/containers/env/value",
            "spec/jobTemplate/spec/template/spec/containers/command",
            "spec/jobTemplate/spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/jobTemplate/spec/template/volumes/nfs/server",
            "spec/jobTemplate/spec/template/spec/containers/args",
        ],
    ),
    of(
        "",
        "",
        "DaemonSet",
        false,
        &[
            "spec/template/spec/containers/command",
            "spec/template/spec/volumes/nfs/server",
            "spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/env/value",
            "spec/template/spec/initContainers/command",
            "spec/template/spec/initContainers/args",
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/containers/args",
        ],
    ),
    of("", "", "Ingress", false, &["spec/tls/secretName", "spec/tls/hosts", "spec/rules/host"]),
    of(
        "",
        "",
        "Job",
        false,
        &[
            "spec/template/spec/initContainers/command",
            "spec/template/spec/volumes/nfs/server",
            "spec/template/spec/containers/args",
            "spec/template/spec/containers/command",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/args",
            "spec/template/spec/initContainers/env/value",
            "spec/template/spec/initContainers/volumeMounts/mountPath",
        ],
    ),
    of(
        "",
        "",
        "Pod",
        false,
        &[
            "spec/containers/volumeMounts/mountPath",
            "spec/containers/args",
            "spec/initContainers/command",
            "spec/initContainers/env/value",
            "spec/initContainers/volumeMounts/mountPath",
            "spec/volumes/nfs/server",
            "spec/initContainers/args",
            "spec/containers/env/value",
            "spec/containers/command",
        ],
    ),
    of(
        "",
        "",
        "ReplicaSet",
        false,
        &[
            "spec/template/spec/volumes/nfs/server",
            "spec/template/spec/containers/volumeMounts/mountPath",
            "spec/template/spec/containers/env/value",
            "spec/template/spec/containers/command",
            "spec/template/spec/containers/args",
            "spec/template/spec/initContainers/args",
            "spec/template/spec/initContainers/volumeMounts/mountPath",
            "spec/template/spec/initContainers/env/value",
            "spec/template/spec/initContainers/command",
        ],
    ),
    of("", "", "", false, &["metadata/labels", "metadata/annotations"]),
];

/// Which fields hold the name of an object of a kind.
static NAME_REFERENCES: &[Target] = &[
    target(
        "storage.k8s.io",
        "v1",
        "StorageClass",
        &[
            of("", "", "PersistentVolume", false, &["spec/storageClassName"]),
            of("", "", "PersistentVolumeClaim", false, &["spec/storageClassName"]),
            of("", "", "StatefulSet", false, &["spec/volumeClaimTemplates/spec/storageClassName"]),
        ],
    ),
    target(
        "",
        "v1",
        "ServiceAccount",
        &[
            of("rbac.authorization.k8s.io", "", "RoleBinding", false, &["subjects"]),
            of("rbac.authorization.k8s.io", "", "ClusterRoleBinding", false, &["subjects"]),
            of("", "", "Pod", false, &["spec/serviceAccountName"]),
            of("", "", "StatefulSet", false, &["spec/template/spec/serviceAccountName"]),
            of("", "", "Deployment", false, &["spec/template/spec/serviceAccountName"]),
            of("", "", "ReplicationController", false, &["spec/template/spec/serviceAccountName"]),
            of("", "", "CronJob", false, &["spec/jobTemplate/spec/template/spec/serviceAccountName"]),
            of("", "", "Job", false, &["spec/template/spec/serviceAccountName"]),
            of("", "", "DaemonSet", false, &["spec/template/spec/serviceAccountName"]),
        ],
    ),
    target(
        "rbac.authorization.k8s.io",
        "",
        "Role",
        &[of("rbac.authorization.k8s.io", "", "RoleBinding", false, &["roleRef/name"])],
    ),
    target(
        "rbac.authorization.k8s.io",
        "",
        "ClusterRole",
        &[
            of("rbac.authorization.k8s.io", "", "RoleBinding", false, &["roleRef/name"]),
            of("rbac.authorization.k8s.io", "", "ClusterRoleBinding", false, &["roleRef/name"]),
        ],
    ),
    target(
        "",
        "v1",
        "ConfigMap",
        &[
            of(
                "",
                "v1",
                "Pod",
                false,
                &[
                    "spec/volumes/configMap/name",
                    "spec/containers/env/valueFrom/configMapKeyRef/name",
                    "spec/initContainers/env/valueFrom/configMapKeyRef/name",
                    "spec/containers/envFrom/configMapRef/name",
                    "spec/initContainers/envFrom/configMapRef/name",
                    "spec/volumes/projected/sources/configMap/name",
                ],
            ),
            of(
                "",
                "",
                "PodTemplate",
                false,
                &[
                    "template/spec/volumes/configMap/name",
                    "template/spec/containers/env/valueFrom/configMapKeyRef/name",
                    "template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                    "template/spec/containers/envFrom/configMapRef/name",
                    "template/spec/initContainers/envFrom/configMapRef/name",
                    "template/spec/volumes/projected/sources/configMap/name",
                ],
            ),
            of(
                "",
                "",
                "Deployment",
                false,
                &[
                    "spec/template/spec/volumes/configMap/name",
                    "spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/containers/envFrom/configMapRef/name",
                    "spec/template/spec/initContainers/envFrom/configMapRef/name",
                    "spec/template/spec/volumes/projected/sources/configMap/name",
                ],
            ),
            of(
                "",
                "",
                "ReplicaSet",
                false,
                &[
                    "spec/template/spec/volumes/configMap/name",
                    "spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/containers/envFrom/configMapRef/name",
                    "spec/template/spec/initContainers/envFrom/configMapRef/name",
                    "spec/template/spec/volumes/projected/sources/configMap/name",
                ],
            ),
            of(
                "",
                "",
                "DaemonSet",
                false,
                &[
                    "spec/template/spec/volumes/configMap/name",
                    "spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/containers/envFrom/configMapRef/name",
                    "spec/template/spec/initContainers/envFrom/configMapRef/name",
                    "spec/template/spec/volumes/projected/sources/configMap/name",
                ],
            ),
            of(
                "",
                "",
                "StatefulSet",
                false,
                &[
                    "spec/template/spec/volumes/configMap/name",
                    "spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/containers/envFrom/configMapRef/name",
                    "spec/template/spec/initContainers/envFrom/configMapRef/name",
                    "spec/template/spec/volumes/projected/sources/configMap/name",
                ],
            ),
            of(
                "",
                "",
                "Job",
                false,
                &[
                    "spec/template/spec/volumes/configMap/name",
                    "spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                    "spec/template/spec/containers/envFrom/configMapRef/name",
                    "spec/template/spec/initContainers/envFrom/configMapRef/name",
                    "spec/template/spec/volumes/projected/sources/configMap/name",
                ],
            ),
            of(
                "",
                "",
                "CronJob",
                false,
                &[
                    "spec/jobTemplate/spec/template/spec/volumes/configMap/name",
                    "spec/jobTemplate/spec/template/spec/volumes/projected/sources/configMap/name",
                    "spec/jobTemplate/spec/template/spec/containers/env/valueFrom/configMapKeyRef/name",
                    "spec/jobTemplate/spec/template/spec/initContainers/env/valueFrom/configMapKeyRef/name",
                    "spec/jobTemplate/spec/template/spec/containers/envFrom/configMapRef/name",
                    "spec/jobTemplate/spec/template/spec/initContainers/envFrom/configMapRef/name",
                ],
            ),
            of("", "", "Node", false, &["spec/configSource/configMap"]),
            of("", "", "Role", false, &["rules/resourceNames"]),
            of("", "", "ClusterRole", false, &["rules/resourceNames"]),
            of(
                "",
                "",
                "Ingress",
                false,
                &[r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"],
            ),
        ],
    ),
    target(
        "",
        "v1",
        "Secret",
        &[
            of(
                "",
                "v1",
                "Pod",
                false,
                &[
                    "spec/volumes/secret/secretName",
                    "spec/containers/env/valueFrom/secretKeyRef/name",
                    "spec/initContainers/env/valueFrom/secretKeyRef/name",
                    "spec/containers/envFrom/secretRef/name",
                    "spec/initContainers/envFrom/secretRef/name",
                    "spec/imagePullSecrets/name",
                    "spec/volumes/projected/sources/secret/name",
                ],
            ),
            of(
                "",
                "",
                "PodTemplate",
                false,
                &[
                    "template/spec/volumes/secret/secretName",
                    "template/spec/containers/env/valueFrom/secretKeyRef/name",
                    "template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                    "template/spec/containers/envFrom/secretRef/name",
                    "template/spec/initContainers/envFrom/secretRef/name",
                    "template/spec/imagePullSecrets/name",
                    "template/spec/volumes/projected/sources/secret/name",
                ],
            ),
            of(
                "",
                "",
                "Deployment",
                false,
                &[
                    "spec/template/spec/volumes/secret/secretName",
                    "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/containers/envFrom/secretRef/name",
                    "spec/template/spec/initContainers/envFrom/secretRef/name",
                    "spec/template/spec/imagePullSecrets/name",
                    "spec/template/spec/volumes/projected/sources/secret/name",
                ],
            ),
            of(
                "",
                "",
                "ReplicaSet",
                false,
                &[
                    "spec/template/spec/volumes/secret/secretName",
                    "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/containers/envFrom/secretRef/name",
                    "spec/template/spec/initContainers/envFrom/secretRef/name",
                    "spec/template/spec/imagePullSecrets/name",
                    "spec/template/spec/volumes/projected/sources/secret/name",
                ],
            ),
            of(
                "",
                "",
                "DaemonSet",
                false,
                &[
                    "spec/template/spec/volumes/secret/secretName",
                    "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/containers/envFrom/secretRef/name",
                    "spec/template/spec/initContainers/envFrom/secretRef/name",
                    "spec/template/spec/imagePullSecrets/name",
                    "spec/template/spec/volumes/projected/sources/secret/name",
                ],
            ),
            of(
                "",
                "",
                "StatefulSet",
                false,
                &[
                    "spec/template/spec/volumes/secret/secretName",
                    "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/containers/envFrom/secretRef/name",
                    "spec/template/spec/initContainers/envFrom/secretRef/name",
                    "spec/template/spec/imagePullSecrets/name",
                    "spec/template/spec/volumes/projected/sources/secret/name",
                ],
            ),
            of(
                "",
                "",
                "Job",
                false,
                &[
                    "spec/template/spec/volumes/secret/secretName",
                    "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                    "spec/template/spec/containers/envFrom/secretRef/name",
                    "spec/template/spec/initContainers/envFrom/secretRef/name",
                    "spec/template/spec/imagePullSecrets/name",
                    "spec/template/spec/volumes/projected/sources/secret/name",
                ],
            ),
            of(
                "",
                "",
                "CronJob",
                false,
                &[
                    "spec/jobTemplate/spec/template/spec/volumes/secret/secretName",
                    "spec/jobTemplate/spec/template/spec/volumes/projected/sources/secret/name",
                    "spec/jobTemplate/spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                    "spec/jobTemplate/spec/template/spec/initContainers/env/valueFrom/secretKeyRef/name",
                    "spec/jobTemplate/spec/template/spec/containers/envFrom/secretRef/name",
                    "spec/jobTemplate/spec/template/spec/initContainers/envFrom/secretRef/name",
                    "spec/jobTemplate/spec/template/spec/imagePullSecrets/name",
                ],
            ),
            of(
                "",
                "",
                "Ingress",
                false,
                &[
                    "spec/tls/secretName",
                    r"metadata/annotations/ingress.kubernetes.io\/auth-secret",
                    r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret",
                    r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret",
                    "spec/tls/secretName",
                ],
            ),
            of("", "", "ServiceAccount", false, &["imagePullSecrets/name"]),
            of(
                "",
                "",
                "StorageClass",
                false,
                &[
                    "parameters/secretName",
                    "parameters/adminSecretName",
                    "parameters/userSecretName",
                    "parameters/secretRef",
                ],
            ),
            of("", "", "Role", false, &["rules/resourceNames"]),
            of("", "", "ClusterRole", false, &["rules/resourceNames"]),
            of(
                "serving.knative.dev",
                "v1",
                "Service",
                false,
                &["spec/template/spec/containers/env/valueFrom/secretKeyRef/name"],
            ),
            of("", "", "PersistentVolume", false, &["spec/azureFile/secretName"]),
        ],
    ),
    target(
        "",
        "v1",
        "Service",
        &[
            of("apps", "", "StatefulSet", false, &["spec/serviceName"]),
            of(
                "",
                "",
                "Ingress",
                false,
                &[
                    "spec/rules/http/paths/backend/serviceName",
                    "spec/backend/serviceName",
                    "spec/rules/http/paths/backend/service/name",
                    "spec/defaultBackend/service/name",
                ],
            ),
            of("apiregistration.k8s.io", "", "APIService", false, &["spec/service/name"]),
            of(
                "admissionregistration.k8s.io",
                "",
                "ValidatingWebhookConfiguration",
                false,
                &["webhooks/clientConfig/service"],
            ),
            of(
                "admissionregistration.k8s.io",
                "",
                "MutatingWebhookConfiguration",
                false,
                &["webhooks/clientConfig/service"],
            ),
        ],
    ),
    target(
        "scheduling.k8s.io",
        "v1",
        "PriorityClass",
        &[
            of("", "", "Pod", false, &["spec/priorityClassName"]),
            of("", "", "StatefulSet", false, &["spec/template/spec/priorityClassName"]),
            of("", "", "Deployment", false, &["spec/template/spec/priorityClassName"]),
            of("", "", "ReplicationController", false, &["spec/template/spec/priorityClassName"]),
            of("", "", "CronJob", false, &["spec/jobTemplate/spec/template/spec/priorityClassName"]),
            of("", "", "Job", false, &["spec/template/spec/priorityClassName"]),
            of("", "", "DaemonSet", false, &["spec/template/spec/priorityClassName"]),
        ],
    ),
    target(
        "",
        "v1",
        "PersistentVolume",
        &[
            of("", "", "PersistentVolumeClaim", false, &["spec/volumeName"]),
            of("", "", "ClusterRole", false, &["rules/resourceNames"]),
        ],
    ),
    target(
        "",
        "v1",
        "PersistentVolumeClaim",
        &[
            of("", "", "Pod", false, &["spec/volumes/persistentVolumeClaim/claimName"]),
            of("", "", "StatefulSet", false, &["spec/template/spec/volumes/persistentVolumeClaim/claimName"]),
            of("", "", "Deployment", false, &["spec/template/spec/volumes/persistentVolumeClaim/claimName"]),
            of("", "", "ReplicationController", false, &["spec/template/spec/volumes/persistentVolumeClaim/claimName"]),
            of(
                "",
                "",
                "CronJob",
                false,
                &["spec/jobTemplate/spec/template/spec/volumes/persistentVolumeClaim/claimName"],
            ),
            of("", "", "Job", false, &["spec/template/spec/volumes/persistentVolumeClaim/claimName"]),
            of("", "", "DaemonSet", false, &["spec/template/spec/volumes/persistentVolumeClaim/claimName"]),
        ],
    ),
    target("", "", "Deployment", &[of("", "", "HorizontalPodAutoscaler", false, &["spec/scaleTargetRef/name"])]),
    target("", "", "StatefulSet", &[of("", "", "HorizontalPodAutoscaler", false, &["spec/scaleTargetRef/name"])]),
    target(
        "admissionregistration.k8s.io",
        "",
        "ValidatingAdmissionPolicy",
        &[of("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicyBinding", false, &["spec/policyName"])],
    ),
    target("networking.k8s.io/v1", "v1", "IngressClass", &[of("", "", "Ingress", false, &["spec/ingressClassName"])]),
    target("", "", "ReplicaSet", &[of("", "", "HorizontalPodAutoscaler", false, &["spec/scaleTargetRef/name"])]),
    target(
        "",
        "",
        "ReplicationController",
        &[of("", "", "HorizontalPodAutoscaler", false, &["spec/scaleTargetRef/name"])],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn written(specs: &[FieldSpec], kind: &str) -> Vec<(String, bool)> {
        specs.iter().filter(|spec| spec.kind == kind).map(|spec| (spec.path.to_string(), spec.create)).collect()
    }

    #[test]
    fn every_list_has_as_many_fields_as_kustomize_has() {
        let defaults = Configuration::default_fields();
        let lists = [
            ("namespace", defaults.namespace.len(), 3),
            ("namePrefix", defaults.name_prefix.len(), 1),
            ("nameSuffix", defaults.name_suffix.len(), 1),
            ("labels", defaults.labels.len(), 0),
            ("commonLabels", defaults.common_labels.len(), 32),
            ("templateLabels", defaults.template_labels.len(), 9),
            ("volumeClaimTemplateLabels", defaults.volume_claim_template_labels.len(), 1),
            ("commonAnnotations", defaults.common_annotations.len(), 9),
            ("images", defaults.images.len(), 7),
            ("replicas", defaults.replicas.len(), 4),
            ("varReference", defaults.variable_references.len(), 72),
            ("nameReference", defaults.name_references.len(), 16),
            ("referrers", defaults.name_references.iter().map(|target| target.referrers.len()).sum(), 167),
        ];
        for (name, found, wanted) in lists {
            assert_eq!(found, wanted, "{name}");
        }
    }

    #[test]
    fn every_list_is_in_the_order_that_sorting_leaves_it_in() {
        let written = format!("{:?}", Configuration::default_fields());
        assert_eq!(format!("{:?}", Configuration::default_fields().sorted()), written);
    }

    #[test]
    fn merging_the_defaults_into_nothing_or_themselves_changes_nothing() {
        let written = format!("{:?}", Configuration::default_fields());
        let empty = Configuration::default();
        assert_eq!(format!("{:?}", empty.merge(Configuration::default_fields()).unwrap()), written);
        let twice = Configuration::default_fields().merge(Configuration::default_fields()).unwrap();
        assert_eq!(format!("{twice:?}"), written);
    }

    #[test]
    fn selectors_get_common_labels_where_kustomize_creates_them() {
        let defaults = Configuration::default_fields();
        assert_eq!(written(&defaults.common_labels, "Service"), [("spec/selector".to_owned(), true)]);
        let disruption = [("spec/selector/matchLabels".to_owned(), false)];
        assert_eq!(written(&defaults.common_labels, "PodDisruptionBudget"), disruption);
        assert!(written(&defaults.template_labels, "Service").is_empty());
    }

    #[test]
    fn an_ingress_class_is_never_found_because_its_group_holds_a_version_upstream() {
        let defaults = Configuration::default_fields();
        let class = defaults.name_references.iter().find(|target| target.kind == "IngressClass").unwrap();
        assert_eq!((class.group.as_ref(), class.version.as_ref()), ("networking.k8s.io/v1", "v1"));
    }
}
