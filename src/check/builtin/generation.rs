//! `metadata.generation`: `ValidateObjectMeta` wants none below zero.
//!
//! In: an object. Out: a finding. Of most kinds the server counts generations itself, whatever a manifest says: only the
//! kinds whose value it keeps are looked at, as a server of 1.37 was seen to refuse them.

use super::fields::at_least;
use crate::check::Sink;
use crate::manifest::Object;

const KEPT: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
    ),
    ("apiregistration.k8s.io", &["APIService"]),
    ("apps", &["ControllerRevision"]),
    ("certificates.k8s.io", &["CertificateSigningRequest"]),
    ("coordination.k8s.io", &["Lease"]),
    ("events.k8s.io", &["Event"]),
    ("networking.k8s.io", &["IPAddress", "ServiceCIDR"]),
    ("rbac.authorization.k8s.io", &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]),
    ("resource.k8s.io", &["ResourceClaim", "ResourceClaimTemplate"]),
    (
        "storage.k8s.io",
        &["CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"],
    ),
];

/// Checks the generation of an object.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let kinds = KEPT.iter().find(|(group, _)| *group == object.kind.group).map_or(&[][..], |(_, kinds)| kinds);
    if kinds.contains(&object.kind.kind.as_str())
        && let Some(generation) = object.node.path(&["metadata", "generation"])
    {
        at_least(generation, 0, sink);
    }
}
