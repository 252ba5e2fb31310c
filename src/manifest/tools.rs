//! Files that are written like objects and are the configuration of some tool.
//!
//! In: an object, by its group, version and kind. Out: the tool that reads it. It is one table, and never a guess from the
//! name of a file.

use super::object::{GroupVersionKind, Object};

/// Groups whose kinds are files of tools and are never sent to an API server.
const TOOL_GROUPS: &[(&str, &str)] = &[
    ("apiserver.config.k8s.io", "the API server"),
    ("apiserver.k8s.io", "the API server"),
    ("audit.k8s.io", "the API server"),
    ("backstage.io", "Backstage"),
    ("builtin", "kustomize"),
    ("bunnyshell.com", "Bunnyshell"),
    ("chainsaw.kyverno.io", "Chainsaw"),
    ("cli.kyverno.io", "the Kyverno command line"),
    ("client.authentication.k8s.io", "a client"),
    ("config.karmada.io", "Karmada"),
    ("config.kubernetes.io", "kustomize"),
    ("config.kueue.x-k8s.io", "Kueue"),
    ("controller-runtime.sigs.k8s.io", "a controller"),
    ("controllermanager.config.k8s.io", "the controller manager"),
    ("ctlptl.dev", "ctlptl"),
    ("devfile.io", "a devfile"),
    ("eksctl.io", "eksctl"),
    ("fn.kpt.dev", "kpt"),
    ("imgpkg.carvel.dev", "imgpkg"),
    ("k0sctl.k0sproject.io", "k0sctl"),
    ("k3d.io", "k3d"),
    ("kapp.k14s.io", "kapp"),
    ("kbld.k14s.io", "kbld"),
    ("kind.x-k8s.io", "kind"),
    ("krew.googlecontainertools.github.com", "krew"),
    ("kubeadm.k8s.io", "kubeadm"),
    ("kubecontrolplane.config.openshift.io", "OpenShift"),
    ("kubelet.config.k8s.io", "the kubelet"),
    ("kubeproxy.config.k8s.io", "kube-proxy"),
    ("kubescheduler.config.k8s.io", "the scheduler"),
    ("kuttl.dev", "KUTTL"),
    ("meta.pkg.crossplane.io", "a Crossplane package"),
    ("okteto.com", "Okteto"),
    ("resourcequota.admission.k8s.io", "the API server"),
    ("schema.plugin.fluxcd.io", "flux schema"),
    ("scorecard.operatorframework.io", "the Operator SDK"),
    ("skaffold", "Skaffold"),
    ("tanka.dev", "Tanka"),
    ("test.gatekeeper.sh", "Gator"),
    ("tilt.dev", "Tilt"),
    ("vendir.k14s.io", "vendir"),
];

/// Kinds of tools in groups whose other kinds are objects.
const TOOL_KINDS: &[(&str, &str, &str)] = &[
    ("argoproj.io", "ConfigManagementPlugin", "a plugin of Argo CD"),
    ("clusterctl.cluster.x-k8s.io", "Metadata", "clusterctl"),
    ("install.istio.io", "IstioOperator", "istioctl"),
    ("kpt.dev", "Kptfile", "kpt"),
];

/// The groups without a dot that API servers have or had: those of custom resources need one.
const GROUPS_WITHOUT_A_DOT: &[&str] = &["", "apps", "autoscaling", "batch", "extensions", "policy"];

/// The scheduler's policy file of old has the group, version and the name of other projects' kinds, but these fields.
const SCHEDULER_POLICY: &[&str] = &["priorities", "predicates", "extenders"];

/// The tool whose file this is; none for an object.
pub(super) fn tool_of(object: &Object<'_>) -> Option<&'static str> {
    let GroupVersionKind { group, version, kind } = &object.kind;
    let has = |field: &&str| object.node.get(field).is_some();
    if let Some((_, tool)) = TOOL_GROUPS.iter().find(|known| known.0 == group) {
        return Some(tool);
    }
    if let Some((_, _, tool)) = TOOL_KINDS.iter().find(|known| known.0 == group && known.1 == kind) {
        return Some(tool);
    }
    match (group.as_str(), version.as_str(), kind.as_str()) {
        ("", _, "Config") if has(&"clusters") => Some("a client (kubeconfig)"),
        ("", _, "Policy") if SCHEDULER_POLICY.iter().any(has) => Some("the scheduler"),
        ("", "builtin", _) => Some("kustomize"),
        // The core group has no other version than `v1`, and objects have `metadata`.
        ("", "v1alpha1", _) if !has(&"metadata") => Some("Talos"),
        _ if group.ends_with(".config.k8s.io") => Some("a component of Kubernetes"),
        _ if !group.contains('.') && !GROUPS_WITHOUT_A_DOT.contains(&group.as_str()) && !has(&"metadata") => {
            Some("a tool")
        }
        _ => None,
    }
}
