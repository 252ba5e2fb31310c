package main

// In:  YAML files of modules that hold CustomResourceDefinitions.
// Out: per project, one schema line and one index entry for each version of
//      each custom kind.
// Never: drops a version because a newer release no longer has it; such
//        versions come from the older release that still did.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"

	"sigs.k8s.io/yaml"
)

// customKind is one line of the index.
type customKind struct {
	Group    string          `json:"group"`
	Kind     string          `json:"kind"`
	Plural   string          `json:"plural"`
	Scope    string          `json:"scope"`
	Versions []customVersion `json:"versions"`
}

// customVersion leaves out what is usual: served, not dropped, not deprecated,
// from the newest source.
type customVersion struct {
	Version    string `json:"version"`
	ID         int    `json:"id"`
	Status     bool   `json:"status,omitempty"`
	Unserved   bool   `json:"unserved,omitempty"`
	Dropped    bool   `json:"dropped,omitempty"`
	Deprecated bool   `json:"deprecated,omitempty"`
	Warning    string `json:"warning,omitempty"`
	Source     int    `json:"source,omitempty"`
}

type customResourceDefinition struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       struct {
		Group string `json:"group"`
		Names struct {
			Kind   string `json:"kind"`
			Plural string `json:"plural"`
		} `json:"names"`
		Scope                 string `json:"scope"`
		PreserveUnknownFields bool   `json:"preserveUnknownFields"`
		Versions              []struct {
			Name               string `json:"name"`
			Served             bool   `json:"served"`
			Deprecated         bool   `json:"deprecated"`
			DeprecationWarning string `json:"deprecationWarning"`
			Schema             struct {
				OpenAPI map[string]any `json:"openAPIV3Schema"`
			} `json:"schema"`
			Subresources struct {
				Status *map[string]any `json:"status"`
			} `json:"subresources"`
		} `json:"versions"`
	} `json:"spec"`
}

// parseDefinitions takes every v1 CRD out of a multi-document YAML file and
// ignores all other objects.
func parseDefinitions(file moduleFile) ([]customResourceDefinition, error) {
	var definitions []customResourceDefinition
	for _, document := range splitDocuments(withoutTemplates(file.Content)) {
		if !bytes.Contains(document, []byte("CustomResourceDefinition")) {
			continue
		}
		content, err := yaml.YAMLToJSON(document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		var definition customResourceDefinition
		if err := decodeJSON(content, &definition); err != nil {
			// Another kind of object that only mentions the word.
			var header struct{ Kind string }
			if json.Unmarshal(content, &header) == nil && header.Kind != "CustomResourceDefinition" {
				continue
			}
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		if definition.Kind == "CustomResourceDefinition" && definition.APIVersion == "apiextensions.k8s.io/v1" {
			definitions = append(definitions, definition)
		}
	}
	return definitions, nil
}

// splitDocuments cuts at lines that begin with "---"; CRD files are generated
// and never hold such a line inside a block scalar.
func splitDocuments(content []byte) [][]byte {
	var documents [][]byte
	var current []byte
	for _, line := range bytes.SplitAfter(content, []byte("\n")) {
		if bytes.HasPrefix(line, []byte("---")) {
			documents = append(documents, current)
			current = nil
			continue
		}
		current = append(current, line...)
	}
	return append(documents, current)
}

// templatedValue is a key whose whole value is a Helm action, which YAML would
// take for a broken flow mapping.
var templatedValue = regexp.MustCompile(`^(\s*[A-Za-z]+:) \{\{.*\}\}$`)

// withoutTemplates removes Helm actions that fill a line or a value: some
// projects wrap their CRDs in an "if" and template labels, never the schema.
func withoutTemplates(content []byte) []byte {
	if !bytes.Contains(content, []byte("{{")) {
		return content
	}
	var kept []byte
	for _, line := range bytes.SplitAfter(content, []byte("\n")) {
		trimmed := bytes.TrimSpace(line)
		if bytes.HasPrefix(trimmed, []byte("{{")) && bytes.HasSuffix(trimmed, []byte("}}")) {
			continue
		}
		if parts := templatedValue.FindSubmatch(bytes.TrimRight(line, "\r\n")); parts != nil {
			line = append(append([]byte{}, parts[1]...), '\n')
		}
		kept = append(kept, line...)
	}
	return kept
}

// groupKind names a custom kind without its version.
type groupKind struct{ group, kind string }

// customProject collects one part.
type customProject struct {
	part  customPart
	kinds map[groupKind]*collectedKind
}

type collectedKind struct {
	customKind
	texts map[string]string // schema line by version
}

func newCustomProject(name string) *customProject {
	return &customProject{part: customPart{name: name}, kinds: map[groupKind]*collectedKind{}}
}

// addSource takes the definitions of one module. Sources come newest first and
// the first to hold a version keeps it; what a former release adds to that was
// dropped since.
func (project *customProject) addSource(name string, former bool, definitions []customResourceDefinition) error {
	source := len(project.part.sources)
	project.part.sources = append(project.part.sources, name)
	for _, definition := range definitions {
		spec := definition.Spec
		if spec.Scope != "Namespaced" && spec.Scope != "Cluster" {
			return fmt.Errorf("%s %s: scope %q", spec.Group, spec.Names.Kind, spec.Scope)
		}
		key := groupKind{spec.Group, spec.Names.Kind}
		kind := project.kinds[key]
		if kind == nil {
			kind = &collectedKind{
				customKind: customKind{Group: spec.Group, Kind: spec.Names.Kind, Plural: spec.Names.Plural, Scope: spec.Scope},
				texts:      map[string]string{},
			}
			project.kinds[key] = kind
		}
		for _, version := range spec.Versions {
			if _, known := kind.texts[version.Name]; known {
				continue
			}
			text, err := customSchemaLine(version.Schema.OpenAPI, spec.PreserveUnknownFields)
			if err != nil {
				return err
			}
			kind.texts[version.Name] = text
			kind.Versions = append(kind.Versions, customVersion{
				Version:    version.Name,
				Status:     version.Subresources.Status != nil,
				Unserved:   !version.Served,
				Dropped:    former,
				Deprecated: version.Deprecated,
				Warning:    version.DeprecationWarning,
				Source:     source,
			})
		}
	}
	return nil
}

// customSchemaLine marks a CRD that still has preserveUnknownFields: true at
// its top with the per-schema keyword, which means the same at the root.
func customSchemaLine(schema map[string]any, preserveUnknownFields bool) (string, error) {
	if schema == nil {
		schema = map[string]any{"type": "object"}
		preserveUnknownFields = true
	}
	simplified := simplifySchema(schema).(map[string]any)
	if preserveUnknownFields {
		simplified["x-kubernetes-preserve-unknown-fields"] = true
	}
	return canonicalJSON(simplified)
}

// finish numbers the lines. Sorted by group, kind and version, the versions of
// one kind are neighbours and compress well.
func (project *customProject) finish() (customPart, *lineStore) {
	lines := newLineStore()
	for _, kind := range project.kinds {
		project.part.kinds = append(project.part.kinds, kind.customKind)
	}
	sort.Slice(project.part.kinds, func(left, right int) bool {
		one, other := project.part.kinds[left], project.part.kinds[right]
		if one.Group != other.Group {
			return one.Group < other.Group
		}
		return one.Kind < other.Kind
	})
	for _, kind := range project.part.kinds {
		texts := project.kinds[groupKind{kind.Group, kind.Kind}].texts
		sort.Slice(kind.Versions, func(left, right int) bool {
			return kind.Versions[left].Version < kind.Versions[right].Version
		})
		for index := range kind.Versions {
			kind.Versions[index].ID = lines.add(texts[kind.Versions[index].Version])
		}
	}
	return project.part, lines
}

// countVersions is the number of group, version, kind triples.
func (part *customPart) countVersions() int {
	count := 0
	for _, kind := range part.kinds {
		count += len(kind.Versions)
	}
	return count
}
