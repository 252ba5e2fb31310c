//! Which kinds live outside namespaces, as far as Kustomize knows.
//!
//! In: apiVersion and kind. Out: whether Kustomize is certain. It never asks the schema bundle or a
//! CustomResourceDefinition: Kustomize takes every kind that its own document does not have for namespaced.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

const SCOPES: &str = include_str!("../../../schemas/kustomize/scope.json");

/// What kustomize has learned since the release that the embedded scopes are from.
const LATER: [&str; 2] = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

static CLUSTER: LazyLock<Scopes> =
    LazyLock::new(|| serde_json::from_str(SCOPES).expect("the embedded scopes are read by a test"));

/// What `schemas/kustomize/scope.json` holds.
#[derive(Debug, Deserialize)]
struct Scopes {
    /// The kinds of an apiVersion that live outside namespaces.
    cluster: FxHashMap<String, Vec<String>>,
}

/// Whether Kustomize is certain that objects of a kind live outside namespaces.
pub(super) fn is_cluster_scoped(api_version: &str, kind: &str) -> bool {
    let is_later = api_version == "admissionregistration.k8s.io/v1" && LATER.contains(&kind);
    is_later || CLUSTER.cluster.get(api_version).is_some_and(|kinds| kinds.iter().any(|known| known == kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kustomize_calls_cluster_scoped_is_all_there_is() {
        let mut found: Vec<String> = CLUSTER
            .cluster
            .iter()
            .flat_map(|(version, kinds)| kinds.iter().map(move |kind| format!("{version} {kind}")))
            .collect();
        found.sort();
        let wanted = [
            "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
            "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
            "admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration",
            "admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration",
            "apiextensions.k8s.io/v1 CustomResourceDefinition",
            "apiextensions.k8s.io/v1beta1 CustomResourceDefinition",
            "apiregistration.k8s.io/v1 APIService",
            "apiregistration.k8s.io/v1beta1 APIService",
            "certificates.k8s.io/v1 CertificateSigningRequest",
            "certificates.k8s.io/v1beta1 CertificateSigningRequest",
            "flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema",
            "flowcontrol.apiserver.k8s.io/v1beta1 PriorityLevelConfiguration",
            "networking.k8s.io/v1 IngressClass",
            "networking.k8s.io/v1beta1 IngressClass",
            "node.k8s.io/v1 RuntimeClass",
            "node.k8s.io/v1beta1 RuntimeClass",
            "policy/v1beta1 PodSecurityPolicy",
            "rbac.authorization.k8s.io/v1 ClusterRole",
            "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
            "rbac.authorization.k8s.io/v1beta1 ClusterRole",
            "rbac.authorization.k8s.io/v1beta1 ClusterRoleBinding",
            "scheduling.k8s.io/v1 PriorityClass",
            "scheduling.k8s.io/v1beta1 PriorityClass",
            "storage.k8s.io/v1 CSIDriver",
            "storage.k8s.io/v1 CSINode",
            "storage.k8s.io/v1 StorageClass",
            "storage.k8s.io/v1 VolumeAttachment",
            "storage.k8s.io/v1beta1 CSIDriver",
            "storage.k8s.io/v1beta1 CSINode",
            "storage.k8s.io/v1beta1 StorageClass",
            "storage.k8s.io/v1beta1 VolumeAttachment",
            "v1 ComponentStatus",
            "v1 Namespace",
            "v1 Node",
            "v1 NodeProxyOptions",
            "v1 PersistentVolume",
        ];
        assert_eq!(found, wanted);
        for entry in wanted {
            let (version, kind) = entry.split_once(' ').unwrap();
            assert!(is_cluster_scoped(version, kind), "{entry}");
        }
    }

    #[test]
    fn what_kustomize_does_not_know_is_namespaced() {
        assert!(!is_cluster_scoped("v1", "ConfigMap"));
        assert!(!is_cluster_scoped("v1beta1", "Namespace"));
        assert!(!is_cluster_scoped("cert-manager.io/v1", "ClusterIssuer"));
        // Younger than Kustomize's document
        assert!(!is_cluster_scoped("flowcontrol.apiserver.k8s.io/v1", "FlowSchema"));
    }
}
