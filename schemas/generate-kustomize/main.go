// Command generate-kustomize writes what Plimsoll's Kustomize renderer has to
// know of Kubernetes' types.
//
// In:  the OpenAPI document that the pinned version of Kustomize carries.
// Out: ../kustomize/merge.json and ../kustomize/scope.json.
// Never: runs as part of a build. The files are committed; only a maintainer
// who raises the version of Kustomize runs this.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kustomize/kyaml/openapi"
)

func main() {
	check := flag.Bool("check", false, "compare the committed files with what would be written, and write nothing")
	folder := flag.String("folder", filepath.Join("..", "kustomize"), "the folder of the files")
	flag.Parse()
	if err := run(*folder, *check); err != nil {
		fmt.Fprintln(os.Stderr, "generate-kustomize:", err)
		os.Exit(1)
	}
}

// run makes both files before it touches the first, so that a failure leaves
// the committed ones as they were.
func run(folder string, check bool) error {
	merge, err := mergeSchemas(openapi.Schema().Definitions)
	if err != nil {
		return err
	}
	scope, err := clusterScoped()
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name    string
		content any
	}{{"merge.json", merge}, {"scope.json", scope}} {
		text, err := encode(file.content)
		if err != nil {
			return err
		}
		path := filepath.Join(folder, file.name)
		if check {
			err = compare(path, text)
		} else {
			err = os.WriteFile(path, text, 0o644)
		}
		if err != nil {
			return err
		}
		fmt.Printf("%-12s %6d bytes\n", file.name, len(text))
	}
	return nil
}

func compare(path string, wanted []byte) error {
	found, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(found, wanted) {
		return fmt.Errorf("%s is not what Kustomize's document says: run this without -check", path)
	}
	return nil
}

// encode writes the members of an object on a line each, so that a diff shows
// what a new version changed. Go's encoder sorts the keys of maps.
func encode(content any) ([]byte, error) {
	var members map[string]json.RawMessage
	text, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("{")
	for position, name := range sortedKeys(members) {
		if position > 0 {
			out.WriteString(",")
		}
		fmt.Fprintf(&out, "\n%q:", name)
		var lines map[string]json.RawMessage
		if err := json.Unmarshal(members[name], &lines); err != nil {
			out.Write(members[name])
			continue
		}
		out.WriteString("{")
		for position, line := range sortedKeys(lines) {
			if position > 0 {
				out.WriteString(",")
			}
			fmt.Fprintf(&out, "\n%q:%s", line, lines[line])
		}
		out.WriteString("}")
	}
	out.WriteString("}\n")
	return out.Bytes(), nil
}
