package main

import (
	"encoding/json"
	"testing"

	"k8s.io/kube-openapi/pkg/validation/spec"
)

func read(t *testing.T, text string) spec.Definitions {
	t.Helper()
	var definitions spec.Definitions
	if err := json.Unmarshal([]byte(text), &definitions); err != nil {
		t.Fatal(err)
	}
	return definitions
}

func written(t *testing.T, text string) string {
	t.Helper()
	file, err := mergeSchemas(read(t, text))
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(file.Definitions)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

const widget = `"x-kubernetes-group-version-kind":[{"group":"example.com","version":"v1","kind":"Widget"}]`

func TestWhatLeadsToNoMergedListIsLeftOut(t *testing.T) {
	got := written(t, `{
		"Widget":{"properties":{"spec":{"$ref":"#/definitions/Spec"},"status":{"$ref":"#/definitions/Status"}},`+widget+`},
		"Spec":{"properties":{"parts":{"type":"array","items":{"$ref":"#/definitions/Status"},
			"x-kubernetes-patch-strategy":"merge,retainKeys","x-kubernetes-patch-merge-key":"name"}}},
		"Status":{"properties":{"phase":{"type":"string"}}}}`)
	want := `{"Spec":{"fields":{"parts":{"strategy":"merge,retainKeys","keys":["name"]}}},"Widget":{"fields":{"spec":{"ref":"Spec"}}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDefinitionsThatHoldEachOtherAreFollowedOnce(t *testing.T) {
	got := written(t, `{
		"Widget":{"properties":{"next":{"additionalProperties":{"$ref":"#/definitions/Widget"}},
			"finalizers":{"type":"array","x-kubernetes-patch-strategy":"merge"}},`+widget+`},
		"Lonely":{"properties":{"next":{"$ref":"#/definitions/Lonely"}}}}`)
	want := `{"Widget":{"fields":{"finalizers":{"strategy":"merge"},"next":{"values":{"ref":"Widget"}}}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheListOfMapKeysComesBeforeTheSingleKey(t *testing.T) {
	got := written(t, `{"Widget":{"properties":{"ports":{"type":"array","x-kubernetes-patch-strategy":"merge",
		"x-kubernetes-patch-merge-key":"port","x-kubernetes-list-map-keys":["port","protocol"]}},`+widget+`}}`)
	want := `{"Widget":{"fields":{"ports":{"strategy":"merge","keys":["port","protocol"]}}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOneKindHasOneDefinition(t *testing.T) {
	merged := `"properties":{"parts":{"type":"array","x-kubernetes-patch-strategy":"merge"}}`
	_, err := mergeSchemas(read(t, `{"A":{`+merged+`,`+widget+`},"B":{`+merged+`,`+widget+`}}`))
	if err == nil {
		t.Error("two definitions of a kind are accepted")
	}
}

func TestTheCommittedFilesAreWhatKustomizeSays(t *testing.T) {
	if err := run("../kustomize", true); err != nil {
		t.Error(err)
	}
}
