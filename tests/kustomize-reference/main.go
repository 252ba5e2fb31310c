// What Kustomize makes of a kustomization: the reference that the project's own rendering is held to.
//
// In: on standard input one JSON object a line, the question of `question`, until the input ends.
// Out: for each line, in order, one line: {"yaml": "text"}, or {"err": "why"} for what Kustomize refuses, or panics over.
// Never: it does not touch the network or the disk, runs no plugin, and lets no question influence the next.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// A repository, and what to render of it.
type question struct {
	// By their paths from the root of the repository.
	Files map[string][]byte `json:"files"`
	// The folder to render, from the root.
	Folder string `json:"folder"`
	// "none" or "legacy"; "" for what the program does unasked.
	Reorder string `json:"reorder"`
	// Whether a kustomization may read files outside of its folder.
	Unrestricted bool `json:"unrestricted"`
}

type answer struct {
	YAML  *string `json:"yaml,omitempty"`
	Error *string `json:"err,omitempty"`
}

// Where the repository lies: not at the root of the file system, so that a path can lead out of it.
const root = "/repository"

// The schemas that count where nobody chooses others.
var builtIn = openapi.GetSchemaVersion()

func main() {
	// Upstream's warnings, of deprecated fields above all, are nobody's answer.
	log.SetOutput(io.Discard)
	os.Stderr, _ = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	// What upstream would run (git above all, for remote resources) it does not find, and what it would fetch it does
	// not get.
	os.Setenv("PATH", "")
	http.DefaultTransport = unreachable{}
	if err := answerAll(os.Stdin, os.Stdout); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// A network that is not there.
type unreachable struct{}

func (unreachable) RoundTrip(request *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("the reference does not fetch %s", request.URL)
}

func answerAll(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	writer := bufio.NewWriter(out)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err := answerOne(line, writer); err != nil {
				return err
			}
			// A caller that asks one by one waits for this line; one that asks for many has more
			// already waiting here.
			if lines.Buffered() == 0 {
				if err := writer.Flush(); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return writer.Flush()
		}
		if err != nil {
			return err
		}
	}
}

func answerOne(line []byte, out io.Writer) error {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return fmt.Errorf("a line is not a question: %w", err)
	}
	var given answer
	text, err := render(asked)
	if err == nil && !utf8.ValidString(text) {
		err = errors.New("the output is not UTF-8")
	}
	if err == nil {
		given.YAML = &text
	} else {
		why := err.Error()
		given.Error = &why
	}
	encoded, err := json.Marshal(given)
	if err != nil {
		return err
	}
	_, err = out.Write(append(encoded, '\n'))
	return err
}

func render(asked question) (text string, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	files := filesys.MakeFsInMemory()
	if err := files.MkdirAll(path.Join(root, asked.Folder)); err != nil {
		return "", err
	}
	for name, content := range asked.Files {
		if err := files.WriteFile(path.Join(root, name), content); err != nil {
			return "", err
		}
	}
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	if asked.Reorder != "" {
		options.Reorder = krusty.ReorderOption(asked.Reorder)
	}
	if asked.Unrestricted {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	defer forgetSchemas()
	rendered, err := krusty.MakeKustomizer(options).Run(files, path.Join(root, asked.Folder))
	if err != nil {
		return "", err
	}
	printed, err := rendered.AsYaml()
	return string(printed), err
}

// forgetSchemas undoes what an `openapi` of a question has left in upstream's globals: Run replaces it only where the
// folder that is rendered has an `openapi` of its own. What is built in stays, as reading it takes longest of all.
func forgetSchemas() {
	if openapi.GetSchemaVersion() != builtIn {
		openapi.ResetOpenAPI()
	}
}
