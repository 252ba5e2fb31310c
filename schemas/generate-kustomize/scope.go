package main

import (
	"fmt"
	"path"
	"strings"
	_ "unsafe" // for go:linkname

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	"google.golang.org/protobuf/proto"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/openapi/kubernetesapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const kindExtension = "x-kubernetes-group-version-kind"

// scopeFile is scope.json.
type scopeFile struct {
	// OpenAPI is the Kubernetes release that the document describes.
	OpenAPI string `json:"openapi"`
	// Cluster leads from apiVersion to the kinds that live outside namespaces.
	Cluster map[string][]string `json:"cluster"`
}

// precomputed is the table that Kustomize asks before its document. Nothing of
// its interface lists it.
//
//go:linkname precomputed sigs.k8s.io/kustomize/kyaml/openapi.precomputedIsNamespaceScoped
var precomputed map[yaml.TypeMeta]bool

// clusterScoped asks Kustomize about every kind that it could know: those of
// its table, of its document's definitions and of its document's paths.
func clusterScoped() (*scopeFile, error) {
	document, err := builtinDocument()
	if err != nil {
		return nil, err
	}
	candidates := map[yaml.TypeMeta]bool{}
	for kind := range precomputed {
		candidates[kind] = true
	}
	for _, schema := range document.Definitions {
		for _, kind := range kindsOf(schema) {
			candidates[kind] = true
		}
	}
	if document.Paths == nil || len(precomputed) == 0 {
		return nil, fmt.Errorf("neither the table of scopes nor the paths of the document may be empty")
	}
	for _, item := range document.Paths.Paths {
		if item.Get == nil {
			continue
		}
		if kind, found := kindFrom(item.Get.Extensions[kindExtension]); found {
			candidates[kind] = true
		}
	}
	// From here on the paths count too
	openapi.Schema()
	found := map[string]map[string]bool{}
	for kind := range candidates {
		if openapi.IsCertainlyClusterScoped(kind) {
			if found[kind.APIVersion] == nil {
				found[kind.APIVersion] = map[string]bool{}
			}
			found[kind.APIVersion][kind.Kind] = true
		}
	}
	file := &scopeFile{OpenAPI: openapi.GetSchemaVersion(), Cluster: map[string][]string{}}
	for version, kinds := range found {
		file.Cluster[version] = sortedKeys(kinds)
	}
	return file, nil
}

func builtinDocument() (*spec.Swagger, error) {
	version := kubernetesapi.DefaultOpenAPI
	asset := path.Join("kubernetesapi", strings.ReplaceAll(version, ".", "_"), "swagger.pb")
	var packed openapi_v2.Document
	if err := proto.Unmarshal(kubernetesapi.OpenAPIMustAsset[version](asset), &packed); err != nil {
		return nil, err
	}
	var document spec.Swagger
	if _, err := document.FromGnostic(&packed); err != nil {
		return nil, err
	}
	return &document, nil
}

func kindsOf(schema spec.Schema) []yaml.TypeMeta {
	listed, _ := schema.Extensions[kindExtension].([]any)
	var kinds []yaml.TypeMeta
	for _, entry := range listed {
		if kind, found := kindFrom(entry); found {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func kindFrom(entry any) (yaml.TypeMeta, bool) {
	members, found := entry.(map[string]any)
	if !found {
		return yaml.TypeMeta{}, false
	}
	group, _ := members["group"].(string)
	version, _ := members["version"].(string)
	kind, _ := members["kind"].(string)
	if group != "" {
		version = group + "/" + version
	}
	return yaml.TypeMeta{APIVersion: version, Kind: kind}, version != "" && kind != ""
}
