package main

// In:  small hand-written schemas.
// Out: proof that documentation goes, fields that look like documentation
//      stay, and references come out in one form.
// Never: needs the network or a module.

import "testing"

// simplifiedText is the canonical text after simplification.
func simplifiedText(t *testing.T, input string) string {
	t.Helper()
	var schema any
	if err := decodeJSON([]byte(input), &schema); err != nil {
		t.Fatal(err)
	}
	text, err := canonicalJSON(simplifySchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSimplifySchema(t *testing.T) {
	cases := map[string]struct{ input, want string }{
		"documentation goes": {
			`{"type":"string","description":"d","title":"t","example":1,"examples":[1],"externalDocs":{"url":"u"}}`,
			`{"type":"string"}`,
		},
		"fields named like documentation stay": {
			`{"properties":{"description":{"type":"string","description":"d"},"title":{"type":"string"},"example":{},"externalDocs":{"type":"object"}}}`,
			`{"properties":{"description":{"type":"string"},"example":{},"externalDocs":{"type":"object"},"title":{"type":"string"}}}`,
		},
		"a field named properties is a field": {
			`{"properties":{"properties":{"type":"object","description":"d","properties":{"description":{"type":"string"}}}}}`,
			`{"properties":{"properties":{"properties":{"description":{"type":"string"}},"type":"object"}}}`,
		},
		"a field named $ref is a field": {
			`{"properties":{"$ref":{"type":"string","description":"d"},"allOf":{"type":"array","items":{"description":"d","type":"string"}}}}`,
			`{"properties":{"$ref":{"type":"string"},"allOf":{"items":{"type":"string"},"type":"array"}}}`,
		},
		"data is not a schema": {
			`{"default":{"description":"kept"},"enum":[{"title":"kept"}],"x-kubernetes-validations":[{"rule":"true","message":"kept"}]}`,
			`{"default":{"description":"kept"},"enum":[{"title":"kept"}],"x-kubernetes-validations":[{"message":"kept","rule":"true"}]}`,
		},
		"every nesting keyword is followed": {
			`{"additionalProperties":{"description":"d"},"allOf":[{"title":"t"},{}],"anyOf":[{"title":"t"}],"items":{"description":"d"},"not":{"title":"t"},"oneOf":[{"title":"t"}]}`,
			`{"additionalProperties":{},"allOf":[{},{}],"anyOf":[{}],"items":{},"not":{},"oneOf":[{}]}`,
		},
		"additionalProperties may be a boolean": {
			`{"additionalProperties":true}`,
			`{"additionalProperties":true}`,
		},
		"references are short": {
			`{"items":{"$ref":"#/components/schemas/io.k8s.api.core.v1.Pod"}}`,
			`{"items":{"$ref":"io.k8s.api.core.v1.Pod"}}`,
		},
		"a lone allOf reference moves up, with its siblings": {
			`{"allOf":[{"$ref":"#/components/schemas/A"}],"default":{},"description":"d","x-kubernetes-map-type":"atomic"}`,
			`{"$ref":"A","default":{},"x-kubernetes-map-type":"atomic"}`,
		},
		"other allOf forms stay": {
			`{"allOf":[{"$ref":"#/components/schemas/A"},{"type":"object"}],"items":{"allOf":[{"pattern":"^a"}]}}`,
			`{"allOf":[{"$ref":"A"},{"type":"object"}],"items":{"allOf":[{"pattern":"^a"}]}}`,
		},
		"large numbers and special characters survive": {
			`{"maximum":9223372036854775807,"pattern":"^<&>$"}`,
			`{"maximum":9223372036854775807,"pattern":"^<&>$"}`,
		},
	}
	for name, example := range cases {
		t.Run(name, func(t *testing.T) {
			if got := simplifiedText(t, example.input); got != example.want {
				t.Errorf("got  %s\nwant %s", got, example.want)
			}
		})
	}
}

func TestSimplifySchemaLeavesItsInputAlone(t *testing.T) {
	schema := map[string]any{"description": "d", "properties": map[string]any{"a": map[string]any{"title": "t"}}}
	simplifySchema(schema)
	if schema["description"] != "d" || schema["properties"].(map[string]any)["a"].(map[string]any)["title"] != "t" {
		t.Error("the input was changed")
	}
}

func TestCollectReferencesSkipsFieldsAndData(t *testing.T) {
	var schema any
	input := `{"$ref":"A","properties":{"$ref":{"type":"string"},"b":{"items":{"$ref":"B"}}},"default":{"$ref":"no"},"oneOf":[{"$ref":"C"}]}`
	if err := decodeJSON([]byte(input), &schema); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	collectReferences(schema, found)
	if len(found) != 3 || !found["A"] || !found["B"] || !found["C"] {
		t.Errorf("found %v", sortedKeys(found))
	}
}
