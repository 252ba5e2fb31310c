package main

// In:  two tiny releases, one tiny CRD, and the committed bundle.
// Out: proof that equal definitions are stored once, that ranges and dropped
//      versions come out right, and that the committed files are whole.
// Never: needs the network.

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func document(pod string, deployments bool) moduleFile {
	paths := `"/api/v1/pods":{"get":{"x-kubernetes-group-version-kind":{"group":"","version":"v1","kind":"Pod"}}},
	"/api/v1/namespaces/{namespace}/pods":{"post":{"x-kubernetes-group-version-kind":{"group":"","version":"v1","kind":"Pod"}}},
	"/api/v1/namespaces/{namespace}/pods/{name}/eviction":{"post":{"x-kubernetes-group-version-kind":{"group":"policy","version":"v1","kind":"Eviction"}}}`
	schemas := `"core.Pod":` + pod + `,
	"core.PodList":{"properties":{"items":{"items":{"$ref":"#/components/schemas/core.Pod"}}},"x-kubernetes-group-version-kind":[{"group":"","version":"v1","kind":"PodList"}]}`
	if deployments {
		paths += `,"/apis/apps/v1/things":{"post":{"x-kubernetes-group-version-kind":{"group":"apps","version":"v1","kind":"Thing"}}}`
		schemas += `,"apps.Thing":{"x-kubernetes-group-version-kind":[{"group":"apps","version":"v1","kind":"Thing"}]}`
	}
	return moduleFile{"test.json", []byte(`{"paths":{` + paths + `},"components":{"schemas":{` + schemas + `}}}`)}
}

func podSchema(extra string) string {
	return `{"type":"object","description":"not compared",` + extra +
		`"x-kubernetes-group-version-kind":[{"group":"","version":"v1","kind":"Pod"}]}`
}

func readTestMinors(t *testing.T, files ...moduleFile) []*minorSchemas {
	t.Helper()
	var minors []*minorSchemas
	for _, file := range files {
		minor, err := readMinor([]moduleFile{file})
		if err != nil {
			t.Fatal(err)
		}
		minors = append(minors, minor)
	}
	return minors
}

func TestEqualDefinitionsAreStoredOnce(t *testing.T) {
	minors := readTestMinors(t, document(podSchema(""), true), document(podSchema(""), false), document(podSchema(`"maxProperties":1,`), false))
	lines, runs, err := mergeMinors(minors)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]definitionRun{
		"apps.Thing":   {{0, 0}, {1, absentLine}},
		"core.Pod":     {{0, 1}, {2, 2}},
		"core.PodList": {{0, 3}},
	}
	if !reflect.DeepEqual(runs, want) || len(lines.lines) != 4 {
		t.Errorf("runs %v, %d lines", runs, len(lines.lines))
	}
	kinds, err := mergeKinds(minors, []string{"1.1", "1.2", "1.3"})
	if err != nil {
		t.Fatal(err)
	}
	wantKinds := []kubernetesKind{
		{groupVersionKind: groupVersionKind{"", "v1", "Pod"}, Plural: "pods", Scope: "Namespaced", Definition: "core.Pod", List: true},
		{groupVersionKind: groupVersionKind{"apps", "v1", "Thing"}, Plural: "things", Scope: "Cluster", Definition: "apps.Thing", Last: "1.1", Virtual: true},
	}
	if !reflect.DeepEqual(kinds, wantKinds) {
		t.Errorf("kinds %+v", kinds)
	}
}

func TestUnknownReferenceIsAnError(t *testing.T) {
	file := moduleFile{"test.json", []byte(`{"components":{"schemas":{"A":{"$ref":"#/components/schemas/B"}}}}`)}
	if _, err := readMinor([]moduleFile{file}); err == nil {
		t.Error("accepted")
	}
}

const testDefinition = `{{- if .Values.crds }}
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  labels: {{- include "labels" . | nindent 4 }}
    app: test
spec:
  group: test.example.com
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
  - name: NEWEST
    served: true
    schema:
      openAPIV3Schema: {type: object, description: gone}
    subresources: {status: {}}
  - name: v1alpha1
    served: false
    deprecated: true
    schema:
      openAPIV3Schema: {type: object}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
data: {text: CustomResourceDefinition}
`

func TestOlderSourcesAddOnlyDroppedVersions(t *testing.T) {
	project := newCustomProject("test")
	for _, newest := range []string{"v1", "v1beta1"} {
		file := moduleFile{"crd.yaml", []byte(strings.ReplaceAll(testDefinition, "NEWEST", newest))}
		definitions, err := parseDefinitions(file)
		if err != nil || len(definitions) != 1 {
			t.Fatal(definitions, err)
		}
		if err := project.addSource("module@"+newest, newest != "v1", definitions); err != nil {
			t.Fatal(err)
		}
	}
	part, lines := project.finish()
	want := []customVersion{
		{Version: "v1", Status: true},
		{Version: "v1alpha1", Unserved: true, Deprecated: true},
		{Version: "v1beta1", Status: true, Dropped: true, Source: 1},
	}
	if len(part.kinds) != 1 || !reflect.DeepEqual(part.kinds[0].Versions, want) {
		t.Errorf("kinds %+v", part.kinds)
	}
	if len(lines.lines) != 1 || lines.lines[0] != `{"type":"object"}` {
		t.Errorf("lines %q", lines.lines)
	}
}

func TestCompressionIsStable(t *testing.T) {
	content := bytes.Repeat([]byte("{\"type\":\"object\"}\n"), 5000)
	first, err := compress(content)
	if err != nil {
		t.Fatal(err)
	}
	second, _ := compress(content)
	back, err := decompress(first)
	if err != nil || !bytes.Equal(first, second) || !bytes.Equal(back, content) {
		t.Error("compression is not stable or not reversible", err)
	}
}

func TestCommittedBundleIsWhole(t *testing.T) {
	if err := checkBundle(".."); err != nil {
		t.Error(err)
	}
}
