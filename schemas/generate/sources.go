package main

// In:  nothing.
// Out: the table of CRD projects. To add a project, add a row.
// Never: names a version range (each row is one exact release), or a source
//        whose licence does not allow redistribution (see ../README.md).

// customSource is one module and the files in it that hold CRDs.
type customSource struct {
	module   moduleVersion
	patterns []string
	former   bool // an older release: what only it has was dropped since
}

// customProjectRow becomes one part of the bundle. Sources are listed newest
// first: the first source that has a version of a kind provides it, so older
// releases further down add only what has been dropped since.
type customProjectRow struct {
	name    string
	sources []customSource
}

func from(module, version string, patterns ...string) customSource {
	return customSource{moduleVersion{module, version}, patterns, false}
}

func formerly(module, version string, patterns ...string) customSource {
	return customSource{moduleVersion{module, version}, patterns, true}
}

var customProjects = []customProjectRow{
	{"flux", []customSource{
		from("github.com/fluxcd/source-controller", "v1.10.1", "config/crd/bases/*.yaml"),
		from("github.com/fluxcd/kustomize-controller", "v1.10.1", "config/crd/bases/*.yaml"),
		// The operator holds copies of the manifests of every Flux release,
		// and with them the controllers that have no module of their own in
		// the proxy. Only these copies are read, they are under Flux's
		// licence; the operator's own CRDs are under another and stay out.
		from("github.com/controlplaneio-fluxcd/flux-operator", "v0.59.0", "config/data/flux/v2.9.5/*-*er.yaml"),
		// The beta versions went with 2.7, 2.8 and 2.9: here is the last
		// release that had them, with the fields that came to them until then.
		formerly("github.com/controlplaneio-fluxcd/flux-operator", "v0.59.0", "config/data/flux/v2.8.8/*-*er.yaml"),
		formerly("github.com/controlplaneio-fluxcd/flux-operator", "v0.59.0", "config/data/flux/v2.7.5/*-*er.yaml"),
		formerly("github.com/controlplaneio-fluxcd/flux-operator", "v0.59.0", "config/data/flux/v2.6.4/*-*er.yaml"),
	}},
	{"argo-cd", []customSource{
		from("github.com/argoproj/argo-cd/v3", "v3.6.1", "manifests/crds/*-crd.yaml"),
	}},
	{"argo-rollouts", []customSource{
		from("github.com/argoproj/argo-rollouts", "v1.10.2", "manifests/crds/*-crd.yaml"),
	}},
	{"cert-manager", []customSource{
		from("github.com/cert-manager/cert-manager", "v1.21.2", "deploy/crds/*.yaml"),
	}},
	{"prometheus-operator", []customSource{
		from("github.com/prometheus-operator/prometheus-operator", "v0.85.0", "example/prometheus-operator-crd-full/*.yaml"),
	}},
	{"sealed-secrets", []customSource{
		from("github.com/bitnami-labs/sealed-secrets", "v0.40.0", "helm/sealed-secrets/crds/*.yaml"),
	}},
	{"external-secrets", []customSource{
		from("github.com/external-secrets/external-secrets", "v1.3.2", "config/crds/bases/*.yaml"),
		// The last line of releases with v1alpha1 stores and secrets.
		formerly("github.com/external-secrets/external-secrets", "v0.9.20", "config/crds/bases/*.yaml"),
	}},
	{"gateway-api", []customSource{
		// The experimental channel is a superset of the standard one: the same
		// kinds and versions with more fields. A manifest written for either
		// must pass, so the experimental schema wins; the two channels are two
		// sources because the first source with a version provides it.
		from("sigs.k8s.io/gateway-api", "v1.7.0", "config/crd/experimental/*.yaml"),
		from("sigs.k8s.io/gateway-api", "v1.7.0", "config/crd/standard/*.yaml"),
		// Experimental kinds come and go with each release.
		formerly("sigs.k8s.io/gateway-api", "v1.4.0", "config/crd/experimental/*.yaml"),
		formerly("sigs.k8s.io/gateway-api", "v1.1.0", "config/crd/experimental/*.yaml"),
		formerly("sigs.k8s.io/gateway-api", "v1.0.0", "config/crd/experimental/*.yaml"),
		formerly("sigs.k8s.io/gateway-api", "v0.8.1", "config/crd/experimental/*.yaml"),
	}},
	{"kyverno", []customSource{
		// The command line's kinds occur in repositories beside the policies.
		from("github.com/kyverno/kyverno", "v1.19.1", "config/crds/**", "cmd/cli/kubectl-kyverno/config/crds/*.yaml"),
		formerly("github.com/kyverno/kyverno", "v1.12.0", "config/crds/**"),
	}},
	{"gatekeeper", []customSource{
		from("github.com/open-policy-agent/gatekeeper/v3", "v3.23.1", "charts/gatekeeper/crds/*.yaml"),
	}},

	// From here on: other projects often met in GitOps repositories.
	{"argo-workflows", []customSource{
		// The default installation has the minimal CRDs, which take any spec;
		// the full ones also refuse what Argo itself reads, such as a number
		// as the value of a parameter.
		from("github.com/argoproj/argo-workflows/v3", "v3.7.0", "manifests/base/crds/minimal/*.yaml"),
	}},
	{"argo-events", []customSource{
		from("github.com/argoproj/argo-events", "v1.9.6", "manifests/base/crds/*.yaml"),
	}},
	{"cilium", []customSource{
		from("github.com/cilium/cilium", "v1.20.2", "pkg/k8s/apis/cilium.io/client/crds/*/*.yaml"),
		formerly("github.com/cilium/cilium", "v1.16.0", "pkg/k8s/apis/cilium.io/client/crds/*/*.yaml"),
	}},
	{"cloudnative-pg", []customSource{
		from("github.com/cloudnative-pg/cloudnative-pg", "v1.28.0", "config/crd/bases/*.yaml"),
	}},
	{"cluster-api", []customSource{
		from("sigs.k8s.io/cluster-api", "v1.14.2", "core/config/crd/bases/*.yaml",
			"bootstrap/kubeadm/config/crd/bases/*.yaml", "controlplane/kubeadm/config/crd/bases/*.yaml"),
	}},
	{"contour", []customSource{
		from("github.com/projectcontour/contour", "v1.33.8", "examples/contour/01-crds.yaml"),
	}},
	{"crossplane", []customSource{
		from("github.com/crossplane/crossplane/v2", "v2.1.0", "cluster/crds/*.yaml"),
		formerly("github.com/crossplane/crossplane", "v1.20.0", "cluster/crds/*.yaml"),
	}},
	{"envoy-gateway", []customSource{
		from("github.com/envoyproxy/gateway", "v1.9.1", "charts/gateway-helm/charts/crds/crds/generated/*.yaml"),
	}},
	{"external-dns", []customSource{
		from("sigs.k8s.io/external-dns", "v0.23.0", "config/crd/standard/*.yaml"),
	}},
	{"external-snapshotter", []customSource{
		from("github.com/kubernetes-csi/external-snapshotter/client/v8", "v8.7.0", "config/crd/*.yaml"),
	}},
	{"flagger", []customSource{
		from("github.com/fluxcd/flagger", "v1.36.1", "artifacts/flagger/crd.yaml"),
	}},
	{"istio", []customSource{
		from("istio.io/api", "v1.31.4", "kubernetes/customresourcedefinitions.gen.yaml"),
	}},
	{"karpenter", []customSource{
		from("sigs.k8s.io/karpenter", "v1.15.0", "pkg/apis/crds/*.yaml"),
		formerly("sigs.k8s.io/karpenter", "v1.0.0", "pkg/apis/crds/*.yaml"),
	}},
	{"keda", []customSource{
		from("github.com/kedacore/keda/v2", "v2.21.0", "config/crd/bases/*.yaml"),
	}},
	{"knative", []customSource{
		from("knative.dev/serving", "v0.51.0", "config/core/300-resources/*.yaml"),
		from("knative.dev/eventing", "v0.46.0", "config/core/resources/*.yaml",
			"config/channels/in-memory-channel/resources/*.yaml"),
	}},
	{"longhorn", []customSource{
		from("github.com/longhorn/longhorn-manager", "v1.10.0", "k8s/crds.yaml"),
		formerly("github.com/longhorn/longhorn-manager", "v1.9.0", "k8s/crds.yaml"),
	}},
	{"metallb", []customSource{
		from("go.universe.tf/metallb", "v0.16.2", "config/crd/bases/*.yaml"),
	}},
	{"network-policy-api", []customSource{
		from("sigs.k8s.io/network-policy-api", "v0.1.1", "config/crd/policy*.yaml"),
	}},
	{"tekton", []customSource{
		from("github.com/tektoncd/pipeline", "v1.6.0", "config/300-crds/*.yaml"),
		from("github.com/tektoncd/triggers", "v0.32.0", "config/300-*.yaml"),
	}},
	{"traefik", []customSource{
		from("github.com/traefik/traefik/v3", "v3.7.13",
			"docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"),
		// The last release with the group traefik.containo.us.
		formerly("github.com/traefik/traefik/v2", "v2.11.0",
			"docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"),
	}},
	{"trust-manager", []customSource{
		from("github.com/cert-manager/trust-manager", "v0.25.0", "deploy/crds/*.yaml"),
	}},
	{"velero", []customSource{
		from("github.com/vmware-tanzu/velero", "v1.18.3", "config/crd/v1/bases/*.yaml", "config/crd/v2alpha1/bases/*.yaml"),
	}},
	{"vertical-pod-autoscaler", []customSource{
		from("k8s.io/autoscaler/vertical-pod-autoscaler", "v1.8.1", "deploy/vpa-v1-crd-gen.yaml"),
	}},
}
