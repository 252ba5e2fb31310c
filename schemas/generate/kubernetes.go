package main

// In:  the OpenAPI v3 documents inside the k8s.io/kubernetes modules.
// Out: the definitions of every minor (shared where equal) and the table of
//      API kinds with scope, plural and the minors that serve them.
// Never: guesses a kind that upstream publishes no endpoint or list type for.

import (
	"fmt"
	"sort"
	"strings"
)

// kubernetesReleases holds the newest patch of each minor, oldest first.
var kubernetesReleases = []struct{ Minor, Version string }{
	{"1.30", "v1.30.14"},
	{"1.31", "v1.31.14"},
	{"1.32", "v1.32.13"},
	{"1.33", "v1.33.13"},
	{"1.34", "v1.34.4"},
	{"1.35", "v1.35.4"},
	{"1.36", "v1.36.3"},
	{"1.37", "v1.37.2"},
}

const openAPIPattern = "api/openapi-spec/v3/*_openapi.json"

type groupVersionKind struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
}

func (gvk groupVersionKind) less(other groupVersionKind) bool {
	if gvk.Group != other.Group {
		return gvk.Group < other.Group
	}
	if gvk.Version != other.Version {
		return gvk.Version < other.Version
	}
	return gvk.Kind < other.Kind
}

// kubernetesKind is one line of the index.
type kubernetesKind struct {
	groupVersionKind
	Plural     string `json:"plural"`
	Scope      string `json:"scope"`
	Definition string `json:"definition"`
	First      string `json:"first,omitempty"`
	Last       string `json:"last,omitempty"`
	Virtual    bool   `json:"virtual,omitempty"`
	List       bool   `json:"list,omitempty"`
}

// endpoint is what the paths of one minor say about a kind.
type endpoint struct {
	plural     string
	namespaced bool
	readable   bool // has a GET: objects of this kind are stored
}

type minorSchemas struct {
	definitions map[string]any
	kinds       map[groupVersionKind]string // definition name
	endpoints   map[groupVersionKind]endpoint
}

type openAPIDocument struct {
	Paths      map[string]map[string]any `json:"paths"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

// readMinor merges all documents of one release.
func readMinor(files []moduleFile) (*minorSchemas, error) {
	minor := &minorSchemas{map[string]any{}, map[groupVersionKind]string{}, map[groupVersionKind]endpoint{}}
	texts := map[string]string{}
	for _, file := range files {
		var document openAPIDocument
		if err := decodeJSON(file.Content, &document); err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		for name, schema := range document.Components.Schemas {
			dropSharedKinds(schema)
			simplified := simplifySchema(schema)
			text, err := canonicalJSON(simplified)
			if err != nil {
				return nil, err
			}
			// Each document repeats the definitions it needs. If two copies
			// differed, one table per minor would be the wrong shape.
			if known, present := texts[name]; present && known != text {
				return nil, fmt.Errorf("%s: definition %s differs between documents", file.Name, name)
			}
			texts[name] = text
			minor.definitions[name] = simplified
			for _, gvk := range schemaKinds(schema) {
				minor.kinds[gvk] = name
			}
		}
		for path, operations := range document.Paths {
			minor.addPath(path, operations)
		}
	}
	return minor, minor.checkReferences()
}

// dropSharedKinds removes the kind list of definitions that stand for many
// kinds (DeleteOptions, Status, WatchEvent). They are not manifests, and since
// 1.37 each document lists only its own group, so the copies differ.
func dropSharedKinds(schema map[string]any) {
	switch kinds := schema["x-kubernetes-group-version-kind"].(type) {
	case []any:
		kind := ""
		if len(kinds) == 1 {
			kind, _ = kinds[0].(map[string]any)["kind"].(string)
		}
		if len(kinds) != 1 || kind == "DeleteOptions" || kind == "Status" || kind == "WatchEvent" {
			delete(schema, "x-kubernetes-group-version-kind")
		}
	}
}

func schemaKinds(schema map[string]any) []groupVersionKind {
	entries, _ := schema["x-kubernetes-group-version-kind"].([]any)
	var kinds []groupVersionKind
	for _, entry := range entries {
		if gvk, valid := decodeKind(entry); valid {
			kinds = append(kinds, gvk)
		}
	}
	return kinds
}

func decodeKind(value any) (groupVersionKind, bool) {
	entry, isObject := value.(map[string]any)
	if !isObject {
		return groupVersionKind{}, false
	}
	group, _ := entry["group"].(string)
	version, _ := entry["version"].(string)
	kind, _ := entry["kind"].(string)
	return groupVersionKind{group, version, kind}, version != "" && kind != ""
}

// addPath learns from collection paths only: /api/v1[/namespaces/{namespace}]/plural
// and /apis/group/version[/namespaces/{namespace}]/plural. Anything deeper is
// an item or a subresource (scale, eviction, exec), whose kinds are never
// written as manifests.
func (minor *minorSchemas) addPath(path string, operations map[string]any) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		parts = parts[3:]
	default:
		return
	}
	namespaced := false
	if len(parts) == 3 && parts[0] == "namespaces" && parts[1] == "{namespace}" {
		namespaced, parts = true, parts[2:]
	}
	if len(parts) != 1 || parts[0] == "watch" {
		return
	}
	for method, operation := range operations {
		details, isObject := operation.(map[string]any)
		if !isObject || (method != "get" && method != "post") {
			continue
		}
		gvk, valid := decodeKind(details["x-kubernetes-group-version-kind"])
		if !valid {
			continue
		}
		known := minor.endpoints[gvk]
		known.plural = parts[0]
		// Namespaced kinds also have a cluster-wide GET; creation decides.
		known.namespaced = known.namespaced || namespaced
		known.readable = known.readable || method == "get"
		minor.endpoints[gvk] = known
	}
}

func (minor *minorSchemas) checkReferences() error {
	references := map[string]bool{}
	for _, schema := range minor.definitions {
		collectReferences(schema, references)
	}
	for name := range references {
		if _, present := minor.definitions[name]; !present {
			return fmt.Errorf("reference to unknown definition %s", name)
		}
	}
	return nil
}

// mergeMinors joins the releases. The lines are ordered by definition name,
// then by the minor that first had that text, so that near-equal lines are
// neighbours: this is what lets the compressor share them.
func mergeMinors(minors []*minorSchemas) (lines *lineStore, runs map[string][]definitionRun, err error) {
	names := map[string]bool{}
	for _, minor := range minors {
		for name := range minor.definitions {
			names[name] = true
		}
	}
	lines, runs = newLineStore(), map[string][]definitionRun{}
	for _, name := range sortedKeys(names) {
		previous := absentLine
		for index, minor := range minors {
			current := absentLine
			if schema, present := minor.definitions[name]; present {
				text, err := canonicalJSON(schema)
				if err != nil {
					return nil, nil, err
				}
				current = lines.add(text)
			}
			if current != previous {
				runs[name] = append(runs[name], definitionRun{index, current})
				previous = current
			}
		}
	}
	return lines, runs, nil
}

// mergeKinds lists the kinds of all minors. It insists that a kind is served
// by an unbroken range of minors: the index stores only first and last, and
// not even these for a kind that every minor serves.
func mergeKinds(minors []*minorSchemas, labels []string) ([]kubernetesKind, error) {
	merged := map[groupVersionKind]*kubernetesKind{}
	lastIndex := map[groupVersionKind]int{}
	for index, minor := range minors {
		for gvk := range minor.endpoints {
			described, err := minor.describe(gvk)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", labels[index], err)
			}
			known, present := merged[gvk]
			if !present {
				known = &described
				merged[gvk] = known
				if index > 0 {
					known.First = labels[index]
				}
			} else if lastIndex[gvk] != index-1 {
				return nil, fmt.Errorf("%v is missing from a minor in the middle of its range", gvk)
			} else if known.Definition != described.Definition || known.Scope != described.Scope || known.List != described.List {
				return nil, fmt.Errorf("%v changes between minors", gvk)
			}
			lastIndex[gvk] = index
		}
	}
	kinds := make([]kubernetesKind, 0, len(merged))
	for gvk, kind := range merged {
		if lastIndex[gvk] != len(minors)-1 {
			kind.Last = labels[lastIndex[gvk]]
		}
		kinds = append(kinds, *kind)
	}
	sort.Slice(kinds, func(left, right int) bool {
		return kinds[left].less(kinds[right].groupVersionKind)
	})
	return kinds, nil
}

// describe joins what paths and definitions say of a kind. Its list type has
// no collection of its own but does occur in files; one flag is enough, as
// both its kind and its definition are the element's with "List" appended.
func (minor *minorSchemas) describe(gvk groupVersionKind) (kubernetesKind, error) {
	definition, present := minor.kinds[gvk]
	if !present {
		return kubernetesKind{}, fmt.Errorf("%v has an endpoint and no definition", gvk)
	}
	served := minor.endpoints[gvk]
	scope := "Cluster"
	if served.namespaced {
		scope = "Namespaced"
	}
	listKind := gvk
	listKind.Kind += "List"
	listDefinition, hasList := minor.kinds[listKind]
	if hasList && listDefinition != definition+"List" {
		return kubernetesKind{}, fmt.Errorf("%v is defined by %s", listKind, listDefinition)
	}
	return kubernetesKind{groupVersionKind: gvk, Plural: served.plural, Scope: scope, Definition: definition, Virtual: !served.readable, List: hasList}, nil
}
