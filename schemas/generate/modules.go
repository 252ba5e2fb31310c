package main

// In:  a module path and an exact version.
// Out: the files of that module, read straight from its zip, and its go.sum hash.
// Never: resolves "latest", runs code of a module, or skips the checksum database.

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"sort"
	"strings"
)

// moduleVersion pins one module. Both parts are literal: a range or "latest"
// would make a regeneration depend on the day it is run.
type moduleVersion struct {
	Path    string
	Version string
}

func (module moduleVersion) String() string { return module.Path + "@" + module.Version }

// moduleArchive is an opened module zip.
type moduleArchive struct {
	moduleVersion
	Sum   string // the "h1:" hash as go.sum holds it
	files map[string]*zip.File
	close func() error
}

// moduleFile is one file of a module, its name relative to the module root.
type moduleFile struct {
	Name    string
	Content []byte
}

// openModule downloads (or finds in the module cache) and opens one module.
func openModule(module moduleVersion) (*moduleArchive, error) {
	command := exec.Command("go", "mod", "download", "-json", module.String())
	// Outside any module and workspace: the command must neither read nor
	// write a go.mod, and its answer must not depend on where we stand.
	command.Dir = os.TempDir()
	command.Env = append(os.Environ(), "GOWORK=off")
	var output bytes.Buffer
	command.Stdout = &output
	runError := command.Run()
	var answer struct{ Zip, Sum, Error string }
	if err := json.Unmarshal(output.Bytes(), &answer); err != nil {
		return nil, fmt.Errorf("%s: go mod download: %v (%v)", module, runError, err)
	}
	// A module whose go.mod asks for a newer Go than the one running is
	// downloaded and verified like any other, then reported as an error. We
	// only read its files, so that one error is harmless.
	tooNew := strings.Contains(answer.Error, "requires go ")
	if answer.Zip == "" || answer.Sum == "" || (answer.Error != "" && !tooNew) {
		return nil, fmt.Errorf("%s: go mod download: %s", module, answer.Error)
	}
	reader, err := zip.OpenReader(answer.Zip)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", module, err)
	}
	archive := &moduleArchive{moduleVersion: module, Sum: answer.Sum, files: map[string]*zip.File{}, close: reader.Close}
	prefix := module.String() + "/"
	for _, file := range reader.File {
		archive.files[strings.TrimPrefix(file.Name, prefix)] = file
	}
	return archive, nil
}

// match returns the files whose name matches one of the patterns, sorted by
// name. A pattern is path.Match's, except that a final "/**" takes a whole
// folder. A pattern that matches nothing is an error: upstream has moved its
// files and the table must follow.
func (archive *moduleArchive) match(patterns ...string) ([]moduleFile, error) {
	chosen := map[string]bool{}
	for _, pattern := range patterns {
		found := false
		for name := range archive.files {
			matched, err := matchName(pattern, name)
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", pattern, err)
			}
			if matched {
				chosen[name], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s: no file matches %q", archive, pattern)
		}
	}
	names := make([]string, 0, len(chosen))
	for name := range chosen {
		names = append(names, name)
	}
	sort.Strings(names)
	files := make([]moduleFile, 0, len(names))
	for _, name := range names {
		content, err := archive.read(name)
		if err != nil {
			return nil, err
		}
		files = append(files, moduleFile{name, content})
	}
	return files, nil
}

func matchName(pattern, name string) (bool, error) {
	if folder, whole := strings.CutSuffix(pattern, "/**"); whole {
		return strings.HasPrefix(name, folder+"/"), nil
	}
	return path.Match(pattern, name)
}

func (archive *moduleArchive) read(name string) ([]byte, error) {
	file, present := archive.files[name]
	if !present {
		return nil, fmt.Errorf("%s: no file %s", archive, name)
	}
	reader, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", archive, name, err)
	}
	defer reader.Close()
	content, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", archive, name, err)
	}
	return content, nil
}
