package main

// In:  nothing.
// Out: lifecycles that no generated method records, because the API went
//      before those methods existed (1.18), or was only ever announced in
//      release notes and server warnings.
// Never: overrides generated data; it only fills what that leaves empty.

// earlyLifecycle follows the "Deprecated API Migration Guide" of the
// Kubernetes documentation.
var earlyLifecycle = []lifecycleEntry{
	// Removed in 1.16, together with apps/v1beta1 and apps/v1beta2. Their
	// types are long gone for PodSecurityPolicy in extensions/v1beta1.
	early("extensions", "v1beta1", "PodSecurityPolicy", "1.3", "1.11", "1.16", "policy", "v1beta1", "PodSecurityPolicy"),
	early("extensions", "v1beta1", "Deployment", "1.2", "1.9", "1.16", "apps", "v1", "Deployment"),
	early("extensions", "v1beta1", "DaemonSet", "1.2", "1.9", "1.16", "apps", "v1", "DaemonSet"),
	early("extensions", "v1beta1", "ReplicaSet", "1.2", "1.9", "1.16", "apps", "v1", "ReplicaSet"),
	early("extensions", "v1beta1", "NetworkPolicy", "1.3", "1.9", "1.16", "networking.k8s.io", "v1", "NetworkPolicy"),
	early("extensions", "v1beta1", "Ingress", "1.1", "1.14", "1.22", "networking.k8s.io", "v1", "Ingress"),

	// Removed without a successor: Pod Security Admission works on namespace
	// labels and has no object of its own.
	early("policy", "v1beta1", "PodSecurityPolicy", "1.10", "1.21", "1.25", "", "", ""),

	// Alpha versions dropped before the range of the bundle, still met in old
	// repositories.
	early("batch", "v2alpha1", "CronJob", "1.5", "1.8", "1.21", "batch", "v1", "CronJob"),
	early("settings.k8s.io", "v1alpha1", "PodPreset", "1.6", "1.19", "1.20", "", "", ""),
	early("auditregistration.k8s.io", "v1alpha1", "AuditSink", "1.13", "1.18", "1.19", "", "", ""),
	early("scheduling.k8s.io", "v1alpha1", "PriorityClass", "1.8", "1.14", "1.24", "scheduling.k8s.io", "v1", "PriorityClass"),
	early("rbac.authorization.k8s.io", "v1alpha1", "Role", "1.5", "1.17", "1.23", "rbac.authorization.k8s.io", "v1", "Role"),
	early("rbac.authorization.k8s.io", "v1alpha1", "RoleBinding", "1.5", "1.17", "1.23", "rbac.authorization.k8s.io", "v1", "RoleBinding"),
	early("rbac.authorization.k8s.io", "v1alpha1", "ClusterRole", "1.5", "1.17", "1.23", "rbac.authorization.k8s.io", "v1", "ClusterRole"),
	early("rbac.authorization.k8s.io", "v1alpha1", "ClusterRoleBinding", "1.5", "1.17", "1.23", "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding"),
	early("node.k8s.io", "v1alpha1", "RuntimeClass", "1.12", "1.22", "1.24", "node.k8s.io", "v1", "RuntimeClass"),
	early("discovery.k8s.io", "v1alpha1", "EndpointSlice", "1.16", "1.17", "1.19", "discovery.k8s.io", "v1", "EndpointSlice"),
	early("flowcontrol.apiserver.k8s.io", "v1alpha1", "FlowSchema", "1.18", "1.20", "1.24", "flowcontrol.apiserver.k8s.io", "v1", "FlowSchema"),
	early("flowcontrol.apiserver.k8s.io", "v1alpha1", "PriorityLevelConfiguration", "1.18", "1.20", "1.24", "flowcontrol.apiserver.k8s.io", "v1", "PriorityLevelConfiguration"),

	// Served by the aggregator and the CRD server: their modules do carry
	// generated methods today, these rows are the net below them.
	early("apiregistration.k8s.io", "v1beta1", "APIService", "1.7", "1.19", "1.22", "apiregistration.k8s.io", "v1", "APIService"),
	early("apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition", "1.7", "1.16", "1.22", "apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
	early("admissionregistration.k8s.io", "v1beta1", "MutatingWebhookConfiguration", "1.9", "1.16", "1.22", "admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration"),
	early("admissionregistration.k8s.io", "v1beta1", "ValidatingWebhookConfiguration", "1.9", "1.16", "1.22", "admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration"),
	// Stable versions that are deprecated without a planned removal: the
	// server warns, the generated methods do not know.
	early("", "v1", "ComponentStatus", "1.0", "1.19", "", "", "", ""),
	early("", "v1", "Endpoints", "1.0", "1.33", "", "discovery.k8s.io", "v1", "EndpointSlice"),

	// The first drafts of dynamic resource allocation were dropped whole from
	// one release to the next. Classes became device classes, parameters
	// moved into the claims.
	early("resource.k8s.io", "v1alpha1", "ResourceClaim", "1.26", "1.27", "1.27", "resource.k8s.io", "v1", "ResourceClaim"),
	early("resource.k8s.io", "v1alpha1", "ResourceClaimTemplate", "1.26", "1.27", "1.27", "resource.k8s.io", "v1", "ResourceClaimTemplate"),
	early("resource.k8s.io", "v1alpha1", "ResourceClass", "1.26", "1.27", "1.27", "resource.k8s.io", "v1", "DeviceClass"),
	early("resource.k8s.io", "v1alpha1", "PodScheduling", "1.26", "1.27", "1.27", "", "", ""),
	early("resource.k8s.io", "v1alpha2", "ResourceClaim", "1.27", "1.31", "1.31", "resource.k8s.io", "v1", "ResourceClaim"),
	early("resource.k8s.io", "v1alpha2", "ResourceClaimTemplate", "1.27", "1.31", "1.31", "resource.k8s.io", "v1", "ResourceClaimTemplate"),
	early("resource.k8s.io", "v1alpha2", "ResourceClass", "1.27", "1.31", "1.31", "resource.k8s.io", "v1", "DeviceClass"),
	early("resource.k8s.io", "v1alpha2", "PodSchedulingContext", "1.27", "1.31", "1.31", "", "", ""),
	early("resource.k8s.io", "v1alpha2", "ResourceClaimParameters", "1.30", "1.31", "1.31", "", "", ""),
	early("resource.k8s.io", "v1alpha2", "ResourceClassParameters", "1.30", "1.31", "1.31", "", "", ""),
	early("resource.k8s.io", "v1alpha2", "ResourceSlice", "1.30", "1.31", "1.31", "resource.k8s.io", "v1", "ResourceSlice"),

	// Superseded before it was ever enabled by default.
	early("admissionregistration.k8s.io", "v1alpha1", "InitializerConfiguration", "1.7", "1.13", "1.14", "", "", ""),
}

// early builds one row; an empty replacement kind means there is none.
func early(group, version, kind, introduced, deprecated, removed, newGroup, newVersion, newKind string) lifecycleEntry {
	entry := lifecycleEntry{
		groupVersionKind: groupVersionKind{group, version, kind},
		Introduced:       introduced,
		Deprecated:       deprecated,
		Removed:          removed,
	}
	if newKind != "" {
		entry.Replacement = &groupVersionKind{newGroup, newVersion, newKind}
	}
	return entry
}
