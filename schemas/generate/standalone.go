package main

// In:  the committed bundle, and a minor of Kubernetes.
// Out: one JSON Schema file for each kind, complete in itself and strict, in
//      the layout that kubeconform reads from a folder.
// Never: needs the network. These files serve comparisons; Plimsoll itself
//        reads the bundle, and reads it more exactly than they can say.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// standalone writes the schemas of a minor, and of all custom kinds, into a
// folder. Only what kubeconform's file names cannot tell apart is left out,
// and said.
func standalone(schemas, folder, minor string) error {
	bundle, err := openBundle(filepath.Join(schemas, "bundle"))
	if err != nil {
		return err
	}
	position := slices.Index(bundle.index.Kubernetes.Minors, minor)
	if position < 0 {
		return fmt.Errorf("minor %q is not one of %v", minor, bundle.index.Kubernetes.Minors)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	writer := &standaloneWriter{folder: folder, taken: map[string]groupVersionKind{}}
	if err := bundle.writeBuiltin(writer, position); err != nil {
		return err
	}
	if err := bundle.writeCustom(writer); err != nil {
		return err
	}
	fmt.Printf("%d schemas of Kubernetes %s and of custom kinds\n", len(writer.taken), minor)
	return nil
}

// bundleIndex is the part of index.json that finds schemas.
type bundleIndex struct {
	Kubernetes struct {
		Minors      []string
		Definitions map[string]map[string][][2]*int
		Kinds       []kubernetesKind
	}
	Custom map[string]struct{ Kinds []customKind }
}

type openedBundle struct {
	folder string
	index  bundleIndex
}

func openBundle(folder string) (*openedBundle, error) {
	content, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if err != nil {
		return nil, err
	}
	bundle := &openedBundle{folder: folder}
	return bundle, json.Unmarshal(content, &bundle.index)
}

func (bundle *openedBundle) lines(part string) ([][]byte, error) {
	packed, err := os.ReadFile(filepath.Join(bundle.folder, part+".zst"))
	if err != nil {
		return nil, err
	}
	text, err := decompress(packed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part, err)
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")), nil
}

func (bundle *openedBundle) writeBuiltin(writer *standaloneWriter, minor int) error {
	lines, err := bundle.lines("kubernetes")
	if err != nil {
		return err
	}
	strict := &strictener{definitions: map[string]map[string]any{}}
	for folder, names := range bundle.index.Kubernetes.Definitions {
		for name, runs := range names {
			line := absentLine
			for _, run := range runs {
				if *run[0] <= minor {
					line = absentLine
					if run[1] != nil {
						line = *run[1]
					}
				}
			}
			if line == absentLine {
				continue
			}
			var definition map[string]any
			if err := decodeJSON(lines[line], &definition); err != nil {
				return fmt.Errorf("%s.%s: %w", folder, name, err)
			}
			strict.definitions[folder+"."+name] = definition
		}
	}
	for _, kind := range bundle.index.Kubernetes.Kinds {
		if !bundle.serves(kind, minor) {
			continue
		}
		schema := strict.schema(map[string]any{"$ref": kind.Definition})
		if err := writer.write(kind.groupVersionKind, schema); err != nil {
			return err
		}
	}
	return nil
}

func (bundle *openedBundle) serves(kind kubernetesKind, minor int) bool {
	minors := bundle.index.Kubernetes.Minors
	from, until := slices.Index(minors, kind.First), slices.Index(minors, kind.Last)
	return (from < 0 || from <= minor) && (until < 0 || minor <= until)
}

func (bundle *openedBundle) writeCustom(writer *standaloneWriter) error {
	for _, part := range sortedKeys(bundle.index.Custom) {
		lines, err := bundle.lines(part)
		if err != nil {
			return err
		}
		for _, kind := range bundle.index.Custom[part].Kinds {
			for _, version := range kind.Versions {
				var schema map[string]any
				if err := decodeJSON(lines[version.ID], &schema); err != nil {
					return fmt.Errorf("%s: %s: %w", part, kind.Kind, err)
				}
				gvk := groupVersionKind{kind.Group, version.Version, kind.Kind}
				if err := writer.write(gvk, customRoot((&strictener{custom: true}).schema(schema))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// customRoot adds what every object has and CRDs do not say.
func customRoot(schema any) any {
	root, isObject := schema.(map[string]any)
	if !isObject {
		return schema
	}
	properties, isObject := root["properties"].(map[string]any)
	if !isObject {
		return schema
	}
	for name, kind := range map[string]string{"apiVersion": "string", "kind": "string", "metadata": "object"} {
		if _, known := properties[name]; !known {
			properties[name] = map[string]any{"type": kind}
		}
	}
	return schema
}

type standaloneWriter struct {
	folder string
	taken  map[string]groupVersionKind
}

func (writer *standaloneWriter) write(gvk groupVersionKind, schema any) error {
	name := standaloneName(gvk)
	if owner, taken := writer.taken[name]; taken {
		fmt.Fprintf(os.Stderr, "left out: %v has the file name of %v\n", gvk, owner)
		return nil
	}
	writer.taken[name] = gvk
	// The draft whose exclusiveMinimum is a flag, as OpenAPI v3 has it.
	if root, isObject := schema.(map[string]any); isObject {
		root["$schema"] = "http://json-schema.org/draft-04/schema#"
	}
	text, err := canonicalJSON(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(writer.folder, name), []byte(text+"\n"), 0o644)
}

// standaloneName is kubeconform's "{{ .ResourceKind }}{{ .KindSuffix }}.json":
// of a group only the first label counts.
func standaloneName(gvk groupVersionKind) string {
	parts := []string{gvk.Kind}
	if label, _, _ := strings.Cut(gvk.Group, "."); label != "" {
		parts = append(parts, label)
	}
	return strings.ToLower(strings.Join(append(parts, gvk.Version), "-")) + ".json"
}

// strictener turns schemas of the bundle into JSON Schema that needs no other
// file and refuses fields that it does not name.
type strictener struct {
	definitions map[string]map[string]any
	// The definitions that are being inlined: JSONSchemaProps holds itself.
	open   []string
	custom bool
}

func (strict *strictener) schema(value any) any {
	return strict.nested(value, true)
}

// nested closes schemas, but for branches of allOf, anyOf, oneOf and not:
// these only restrict values.
func (strict *strictener) nested(value any, closes bool) any {
	schema, isObject := value.(map[string]any)
	if !isObject {
		return value
	}
	if name, isText := schema["$ref"].(string); isText {
		return strict.inlined(name)
	}
	result := map[string]any{}
	for keyword, content := range schema {
		switch {
		case strings.HasPrefix(keyword, "x-kubernetes-"), keyword == "default", keyword == "nullable":
		case namedSchemaKeywords[keyword]:
			named := map[string]any{}
			for name, field := range content.(map[string]any) {
				named[name] = strict.nested(field, closes)
			}
			result[keyword] = named
		case listSchemaKeywords[keyword] && keyword != "items":
			branches := []any{}
			for _, branch := range content.([]any) {
				branches = append(branches, strict.nested(branch, false))
			}
			result[keyword] = branches
		case singleSchemaKeywords[keyword]:
			result[keyword] = strict.nested(content, closes && keyword != "not")
		default:
			result[keyword] = content
		}
	}
	strict.finish(schema, result, closes)
	return result
}

func (strict *strictener) inlined(name string) any {
	definition, known := strict.definitions[name]
	if !known || slices.Contains(strict.open, name) {
		return map[string]any{}
	}
	strict.open = append(strict.open, name)
	defer func() { strict.open = strict.open[:len(strict.open)-1] }()
	return strict.nested(definition, true)
}

// finish says in JSON Schema what the schema says in Kubernetes' own words.
func (strict *strictener) finish(schema, result map[string]any, closes bool) {
	if schema["x-kubernetes-int-or-string"] == true {
		delete(result, "anyOf")
		result["type"] = []any{"integer", "string"}
	}
	if schema["nullable"] == true {
		allowNull(result)
	}
	properties, hasProperties := result["properties"].(map[string]any)
	if !hasProperties {
		return
	}
	if schema["x-kubernetes-embedded-resource"] == true {
		customRoot(result)
	}
	_, described := result["additionalProperties"]
	if closes && !described && schema["x-kubernetes-preserve-unknown-fields"] != true {
		result["additionalProperties"] = false
	}
	if !strict.custom {
		// Go's decoders read the null of an optional field as absent.
		required, _ := result["required"].([]any)
		for name, field := range properties {
			if optional, isObject := field.(map[string]any); isObject && !slices.Contains(required, any(name)) {
				allowNull(optional)
			}
		}
	}
}

func allowNull(schema map[string]any) {
	switch kind := schema["type"].(type) {
	case string:
		schema["type"] = []any{kind, "null"}
	case []any:
		schema["type"] = append(kind, "null")
	}
	if values, isList := schema["enum"].([]any); isList {
		schema["enum"] = append(slices.Clone(values), nil)
	}
}
