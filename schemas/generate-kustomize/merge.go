package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// mergeFile is merge.json.
type mergeFile struct {
	// OpenAPI is the Kubernetes release that the document describes.
	OpenAPI string `json:"openapi"`
	// Kinds leads from apiVersion to kind to the definition it starts at.
	Kinds map[string]map[string]string `json:"kinds"`
	// Definitions holds those that lead to a list which is merged.
	Definitions map[string]*shape `json:"definitions"`
}

// shape is what is left of a schema when only merging counts.
type shape struct {
	Reference string            `json:"ref,omitempty"`
	Fields    map[string]*shape `json:"fields,omitempty"`
	Values    *shape            `json:"values,omitempty"`
	Items     *shape            `json:"items,omitempty"`
	Strategy  string            `json:"strategy,omitempty"`
	Keys      []string          `json:"keys,omitempty"`
}

func mergeSchemas(definitions spec.Definitions) (*mergeFile, error) {
	leading := leadingDefinitions(definitions)
	file := &mergeFile{
		OpenAPI:     openapi.GetSchemaVersion(),
		Kinds:       map[string]map[string]string{},
		Definitions: map[string]*shape{},
	}
	for _, name := range sortedKeys(leading) {
		for _, kind := range kindsOf(definitions[name]) {
			kinds := file.Kinds[kind.APIVersion]
			if kinds == nil {
				kinds = map[string]string{}
				file.Kinds[kind.APIVersion] = kinds
			}
			if other, taken := kinds[kind.Kind]; taken {
				return nil, fmt.Errorf("%v is both %s and %s", kind, other, name)
			}
			kinds[kind.Kind] = name
		}
	}
	// Only what a kind reaches is kept
	var reach func(*shape)
	keep := func(name string) {
		if _, done := file.Definitions[name]; !done {
			schema := definitions[name]
			made := shapeOf(&schema, leading)
			file.Definitions[name] = made
			reach(made)
		}
	}
	reach = func(from *shape) {
		if from == nil {
			return
		}
		if from.Reference != "" {
			keep(from.Reference)
		}
		for _, field := range from.Fields {
			reach(field)
		}
		reach(from.Values)
		reach(from.Items)
	}
	for _, kinds := range file.Kinds {
		for _, name := range kinds {
			keep(name)
		}
	}
	return file, nil
}

// leadingDefinitions finds the definitions with a merged list somewhere below
// them: from those that hold one, up along the references, until no more join.
func leadingDefinitions(definitions spec.Definitions) map[string]bool {
	leading := map[string]bool{}
	for grown := true; grown; {
		grown = false
		for name := range definitions {
			schema := definitions[name]
			if !leading[name] && shapeOf(&schema, leading) != nil {
				leading[name] = true
				grown = true
			}
		}
	}
	return leading
}

// shapeOf is nil for a schema that leads nowhere. What stands beside a
// reference does not count: Kustomize puts the definition in its place.
func shapeOf(schema *spec.Schema, leading map[string]bool) *shape {
	if schema == nil {
		return nil
	}
	if reference := schema.Ref.String(); reference != "" {
		name, ours := strings.CutPrefix(reference, "#/definitions/")
		if !ours || !leading[name] {
			return nil
		}
		return &shape{Reference: name}
	}
	made := &shape{}
	for name := range schema.Properties {
		property := schema.Properties[name]
		if field := shapeOf(&property, leading); field != nil {
			if made.Fields == nil {
				made.Fields = map[string]*shape{}
			}
			made.Fields[name] = field
		}
	}
	if schema.AdditionalProperties != nil {
		made.Values = shapeOf(schema.AdditionalProperties.Schema, leading)
	}
	if schema.Items != nil && len(schema.Type) == 1 && schema.Type[0] == "array" {
		made.Items = shapeOf(schema.Items.Schema, leading)
	}
	strategy, keys := (&openapi.ResourceSchema{Schema: schema}).PatchStrategyAndKeyList()
	if slices.Contains(strings.Split(strategy, ","), "merge") {
		made.Strategy, made.Keys = strategy, keys
	}
	if made.Fields == nil && made.Values == nil && made.Items == nil && made.Strategy == "" {
		return nil
	}
	return made
}

func sortedKeys[V any](of map[string]V) []string {
	return slices.Sorted(maps.Keys(of))
}
