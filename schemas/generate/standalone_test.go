package main

// In:  small schemas, and the committed bundle.
// Out: proof that standalone schemas are complete, closed and named as
//      kubeconform looks them up.
// Never: needs the network or kubeconform.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func strictText(t *testing.T, strict *strictener, input string) string {
	t.Helper()
	var schema any
	if err := decodeJSON([]byte(input), &schema); err != nil {
		t.Fatal(err)
	}
	text, err := canonicalJSON(strict.schema(schema))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestStandaloneSchemas(t *testing.T) {
	cases := map[string]struct{ input, want string }{
		"known fields close an object": {
			`{"type":"object","properties":{"a":{"type":"string"}}}`,
			`{"additionalProperties":false,"properties":{"a":{"type":"string"}},"type":"object"}`,
		},
		"preserved fields and maps stay open": {
			`{"properties":{"a":{"properties":{},"x-kubernetes-preserve-unknown-fields":true},"b":{"additionalProperties":{"type":"string"},"properties":{}}}}`,
			`{"additionalProperties":false,"properties":{"a":{"properties":{}},"b":{"additionalProperties":{"type":"string"},"properties":{}}}}`,
		},
		"branches only restrict": {
			`{"oneOf":[{"properties":{"a":{"type":"string"}},"required":["a"]}]}`,
			`{"oneOf":[{"properties":{"a":{"type":"string"}},"required":["a"]}]}`,
		},
		"int-or-string takes both": {
			`{"x-kubernetes-int-or-string":true,"anyOf":[{"type":"integer"},{"type":"string"}]}`,
			`{"type":["integer","string"]}`,
		},
		"nullable takes null": {
			`{"type":"string","nullable":true,"enum":["a"]}`,
			`{"enum":["a",null],"type":["string","null"]}`,
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			if got := strictText(t, &strictener{custom: true}, test.input); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestReferencesAreInlinedUntilTheyRepeat(t *testing.T) {
	strict := &strictener{definitions: map[string]map[string]any{
		"x.Tree": {"properties": map[string]any{"child": map[string]any{"$ref": "x.Tree"}}, "required": []any{"child"}},
	}}
	want := `{"additionalProperties":false,"properties":{"child":{}},"required":["child"]}`
	if got := strictText(t, strict, `{"$ref":"x.Tree"}`); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOptionalFieldsOfBuiltinKindsMayBeNull(t *testing.T) {
	got := strictText(t, &strictener{}, `{"properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a"]}`)
	if !strings.Contains(got, `"a":{"type":"string"},"b":{"type":["string","null"]}`) {
		t.Error(got)
	}
}

func TestTheCommittedBundleGivesStandaloneFiles(t *testing.T) {
	folder := t.TempDir()
	if err := standalone("..", folder, "1.37"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"configmap-v1.json", "deployment-apps-v1.json", "kustomization-kustomize-v1.json"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
		}
		if strings.Contains(string(content), `"$ref":"`) {
			t.Errorf("%s refers to another file", name)
		}
	}
	if err := standalone("..", folder, "1.9"); err == nil {
		t.Error("1.9 is not in the bundle")
	}
}
