package main

// In:  the generated APILifecycle* methods in Kubernetes' own API modules, the
//      observed range of every kind, and a small table of older removals.
// Out: one entry per kind: introduced, deprecated, removed, replacement.
// Never: compiles or runs the modules; their source is only parsed, so that
//        old releases can be read with today's compiler.

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"sort"
	"strconv"
	"strings"
)

// lifecycleModules are read in this order; the first that knows a kind wins.
// Newest first: planned removals of old releases were sometimes postponed.
// The older ones are here because a type leaves the module some time after
// its API is removed.
var lifecycleModules = []struct {
	module moduleVersion
	root   string // folder that holds <group>/<version>
}{
	{moduleVersion{"k8s.io/api", "v0.37.2"}, ""},
	{moduleVersion{"k8s.io/kube-aggregator", "v0.37.2"}, "pkg/apis/"},
	{moduleVersion{"k8s.io/apiextensions-apiserver", "v0.37.2"}, "pkg/apis/"},
	{moduleVersion{"k8s.io/api", "v0.36.3"}, ""},
	{moduleVersion{"k8s.io/api", "v0.35.4"}, ""},
	{moduleVersion{"k8s.io/api", "v0.34.4"}, ""},
	{moduleVersion{"k8s.io/api", "v0.33.13"}, ""},
	{moduleVersion{"k8s.io/api", "v0.32.13"}, ""},
	{moduleVersion{"k8s.io/api", "v0.31.14"}, ""},
	{moduleVersion{"k8s.io/api", "v0.30.14"}, ""},
	{moduleVersion{"k8s.io/api", "v0.28.15"}, ""},
	{moduleVersion{"k8s.io/api", "v0.26.15"}, ""},
	{moduleVersion{"k8s.io/api", "v0.24.17"}, ""},
	{moduleVersion{"k8s.io/api", "v0.21.14"}, ""},
}

const lifecycleFile = "zz_generated.prerelease-lifecycle.go"

type lifecycleEntry struct {
	groupVersionKind
	Introduced  string            `json:"introduced,omitempty"`
	Deprecated  string            `json:"deprecated,omitempty"`
	Removed     string            `json:"removed,omitempty"`
	Replacement *groupVersionKind `json:"replacement,omitempty"`
}

// readLifecycle parses all lifecycle files of one module.
func readLifecycle(archive *moduleArchive, root string) ([]lifecycleEntry, []moduleFile, error) {
	var entries []lifecycleEntry
	files, err := archive.match(root+"*/*/"+lifecycleFile, root+"*/*/register.go")
	if err != nil {
		return nil, nil, err
	}
	groups := map[string]string{}
	for _, file := range files {
		if folder, isRegister := strings.CutSuffix(file.Name, "register.go"); isRegister {
			if groups[folder], err = readGroupName(file); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, file := range files {
		folder, isLifecycle := strings.CutSuffix(file.Name, lifecycleFile)
		if !isLifecycle {
			continue
		}
		parts := strings.Split(strings.TrimSuffix(folder, "/"), "/")
		found, err := parseLifecycle(file, groups[folder], parts[len(parts)-1])
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, found...)
	}
	return entries, files, nil
}

func readGroupName(file moduleFile) (string, error) {
	source, err := parser.ParseFile(token.NewFileSet(), file.Name, file.Content, 0)
	if err != nil {
		return "", err
	}
	group, found := "", false
	ast.Inspect(source, func(node ast.Node) bool {
		value, isValue := node.(*ast.ValueSpec)
		if isValue && len(value.Names) == 1 && value.Names[0].Name == "GroupName" && len(value.Values) == 1 {
			if literal, isLiteral := value.Values[0].(*ast.BasicLit); isLiteral {
				group, err = strconv.Unquote(literal.Value)
				found = true
			}
		}
		return true
	})
	// Some packages name the group in the parent folder's constant; none of
	// those has lifecycle methods, except apiextensions and apiregistration,
	// which do declare it here.
	if !found {
		return "", nil
	}
	return group, err
}

// parseLifecycle reads bodies of the form "return 1, 26" and
// "return schema.GroupVersionKind{Group: ..., Version: ..., Kind: ...}".
func parseLifecycle(file moduleFile, group, version string) ([]lifecycleEntry, error) {
	source, err := parser.ParseFile(token.NewFileSet(), file.Name, file.Content, 0)
	if err != nil {
		return nil, err
	}
	byKind := map[string]*lifecycleEntry{}
	for _, declaration := range source.Decls {
		function, isFunction := declaration.(*ast.FuncDecl)
		if !isFunction || function.Recv == nil || !strings.HasPrefix(function.Name.Name, "APILifecycle") {
			continue
		}
		kind := receiverName(function)
		// A list lives and dies with its element.
		if kind == "" || strings.HasSuffix(kind, "List") || strings.HasSuffix(kind, "Options") {
			continue
		}
		statement, isReturn := function.Body.List[0].(*ast.ReturnStmt)
		if !isReturn {
			return nil, fmt.Errorf("%s: %s.%s has an unknown form", file.Name, kind, function.Name.Name)
		}
		entry := byKind[kind]
		if entry == nil {
			entry = &lifecycleEntry{groupVersionKind: groupVersionKind{group, version, kind}}
			byKind[kind] = entry
		}
		switch function.Name.Name {
		case "APILifecycleIntroduced":
			entry.Introduced = releaseOf(statement)
		case "APILifecycleDeprecated":
			entry.Deprecated = releaseOf(statement)
		case "APILifecycleRemoved":
			entry.Removed = releaseOf(statement)
		case "APILifecycleReplacement":
			entry.Replacement = replacementOf(statement)
		}
	}
	var entries []lifecycleEntry
	for _, kind := range sortedKeys(byKind) {
		entries = append(entries, *byKind[kind])
	}
	return entries, nil
}

func receiverName(function *ast.FuncDecl) string {
	if pointer, isPointer := function.Recv.List[0].Type.(*ast.StarExpr); isPointer {
		if name, isName := pointer.X.(*ast.Ident); isName {
			return name.Name
		}
	}
	return ""
}

// releaseOf reads "return 1, 26". Zero means "never" and stays empty.
func releaseOf(statement *ast.ReturnStmt) string {
	var numbers []string
	for _, result := range statement.Results {
		if literal, isLiteral := result.(*ast.BasicLit); isLiteral {
			numbers = append(numbers, literal.Value)
		}
	}
	if len(numbers) != 2 || numbers[0] == "0" {
		return ""
	}
	return strings.Join(numbers, ".")
}

func replacementOf(statement *ast.ReturnStmt) *groupVersionKind {
	literal, isLiteral := statement.Results[0].(*ast.CompositeLit)
	if !isLiteral {
		return nil
	}
	fields := map[string]string{}
	for _, element := range literal.Elts {
		pair, isPair := element.(*ast.KeyValueExpr)
		if !isPair {
			continue
		}
		key, isName := pair.Key.(*ast.Ident)
		value, isText := pair.Value.(*ast.BasicLit)
		if isName && isText {
			fields[key.Name], _ = strconv.Unquote(value.Value)
		}
	}
	return &groupVersionKind{fields["Group"], fields["Version"], fields["Kind"]}
}

// mergeLifecycle joins the sources. Earlier lists win as a whole: mixing the
// plan of one release with that of another would invent a third.
func mergeLifecycle(lists ...[]lifecycleEntry) map[groupVersionKind]*lifecycleEntry {
	merged := map[groupVersionKind]*lifecycleEntry{}
	for _, list := range lists {
		for _, entry := range list {
			if _, known := merged[entry.groupVersionKind]; !known {
				copied := entry
				merged[entry.groupVersionKind] = &copied
			}
		}
	}
	return merged
}

// fillLifecycle takes from the table what no generated method says.
func fillLifecycle(merged map[groupVersionKind]*lifecycleEntry, table []lifecycleEntry) {
	for _, row := range table {
		entry := merged[row.groupVersionKind]
		if entry == nil {
			copied := row
			merged[row.groupVersionKind] = &copied
			continue
		}
		if entry.Introduced == "" {
			entry.Introduced = row.Introduced
		}
		if entry.Deprecated == "" {
			entry.Deprecated = row.Deprecated
		}
		if entry.Removed == "" {
			entry.Removed = row.Removed
		}
		if entry.Replacement == nil {
			entry.Replacement = row.Replacement
		}
	}
}

// reconcileLifecycle corrects plans by what the releases really serve. A kind
// that vanishes inside the range of the bundle was removed there; one still
// served past its planned removal was reprieved.
func reconcileLifecycle(merged map[groupVersionKind]*lifecycleEntry, kinds []kubernetesKind, newest string) {
	for _, kind := range kinds {
		entry := merged[kind.groupVersionKind]
		if entry == nil {
			entry = &lifecycleEntry{groupVersionKind: kind.groupVersionKind}
		}
		if kind.First != "" {
			entry.Introduced = kind.First
		}
		if kind.Last != "" {
			entry.Removed = nextMinor(kind.Last)
		} else if entry.Removed != "" && minorNumber(entry.Removed) <= minorNumber(newest) {
			entry.Removed = ""
		}
		// Alpha versions may go without a deprecated release; the plan then
		// names a deprecation that never came.
		if entry.Removed != "" && entry.Deprecated != "" && minorNumber(entry.Deprecated) > minorNumber(entry.Removed) {
			entry.Deprecated = entry.Removed
		}
		if entry.Introduced != "" || entry.Removed != "" || entry.Deprecated != "" {
			merged[kind.groupVersionKind] = entry
		}
	}
}

// completeReplacements names a successor where upstream names none, or one
// that is gone as well: the most stable version of the same kind that the
// newest minor serves.
func completeReplacements(merged map[groupVersionKind]*lifecycleEntry, kinds []kubernetesKind) {
	current := map[groupVersionKind]bool{}
	best := map[groupKind]groupVersionKind{}
	for _, kind := range kinds {
		if kind.Last != "" {
			continue
		}
		current[kind.groupVersionKind] = true
		key := groupKind{kind.Group, kind.Kind}
		if known, present := best[key]; !present || stability(kind.Version) > stability(known.Version) {
			best[key] = kind.groupVersionKind
		}
	}
	for gvk, entry := range merged {
		if entry.Deprecated == "" && entry.Removed == "" {
			continue
		}
		key := groupKind{gvk.Group, gvk.Kind}
		if entry.Replacement != nil {
			replacement := *entry.Replacement
			// networking.k8s.io/v1beta1 IngressClass names IngressClassList.
			replacement.Kind = strings.TrimSuffix(replacement.Kind, "List")
			entry.Replacement = &replacement
			if current[replacement] {
				continue
			}
			// apps/v1beta1 DeploymentRollback names a kind that never was.
			if merged[replacement] == nil {
				entry.Replacement = nil
			}
			key = groupKind{replacement.Group, replacement.Kind}
		}
		if successor, present := best[key]; present && stability(successor.Version) > stability(gvk.Version) {
			entry.Replacement = &successor
		}
	}
}

// stability orders versions as Kubernetes does: v2 > v1 > v2beta1 > v1beta2 >
// v1alpha1.
func stability(version string) int {
	rank := 1000000
	major, minor, isPrerelease := version, "", false
	if before, after, found := strings.Cut(version, "beta"); found {
		major, minor, isPrerelease = before, after, true
		rank = 500000
	} else if before, after, found := strings.Cut(version, "alpha"); found {
		major, minor, isPrerelease = before, after, true
		rank = 0
	}
	majorNumber, _ := strconv.Atoi(strings.TrimPrefix(major, "v"))
	rank += majorNumber * 1000
	if isPrerelease {
		minorNumber, _ := strconv.Atoi(minor)
		rank += minorNumber
	}
	return rank
}

func nextMinor(minor string) string {
	major, rest, _ := strings.Cut(minor, ".")
	number, _ := strconv.Atoi(rest)
	return major + "." + strconv.Itoa(number+1)
}

func sortLifecycle(merged map[groupVersionKind]*lifecycleEntry) []lifecycleEntry {
	entries := make([]lifecycleEntry, 0, len(merged))
	for _, entry := range merged {
		entries = append(entries, *entry)
	}
	sort.Slice(entries, func(left, right int) bool {
		return entries[left].less(entries[right].groupVersionKind)
	})
	return entries
}
