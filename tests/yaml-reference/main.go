// What Kubernetes makes of a YAML document: the reference that the project's own reader and writer are held to.
//
// In: on standard input one JSON object a line, {"in": "text"} or {"print": "JSON"}, until the input ends.
// Out: for each line, in order, one line: {"json": value} or {"err": "why"} as strict reading has
// it (duplicate keys refused), and beside it {"lax": value} or {"lax_err": "why"} without that; for
// JSON to print {"yaml": "text"} or {"err": "why"}, with {"unsteady": true} if it is not the same each time.
// Never: it does not end on a bad document, not even on one that makes the library panic.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"sigs.k8s.io/yaml"
)

type question struct {
	In    string  `json:"in"`
	Print *string `json:"print"`
}

type answer struct {
	Strict      json.RawMessage `json:"json,omitempty"`
	StrictError *string         `json:"err,omitempty"`
	Lax         json.RawMessage `json:"lax,omitempty"`
	LaxError    *string         `json:"lax_err,omitempty"`
	YAML        string          `json:"yaml,omitempty"`
	Unsteady    bool            `json:"unsteady,omitempty"`
}

func main() {
	if err := answerAll(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
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
	if asked.Print != nil {
		given = printOne(*asked.Print)
	} else {
		given.Strict, given.StrictError = convert(yaml.YAMLToJSONStrict, asked.In)
		given.Lax, given.LaxError = convert(yaml.YAMLToJSON, asked.In)
	}
	encoded, err := json.Marshal(given)
	if err != nil {
		return err
	}
	_, err = out.Write(append(encoded, '\n'))
	return err
}

// printOne prints several times: where the library's order of keys is none, the order of Go's maps shows.
func printOne(value string) answer {
	var given answer
	for attempt := range 12 {
		text, failure := convert(yaml.JSONToYAML, value)
		if failure != nil {
			return answer{StrictError: failure}
		}
		given.Unsteady = given.Unsteady || attempt > 0 && given.YAML != string(text)
		given.YAML = string(text)
	}
	return given
}

func convert(how func([]byte) ([]byte, error), text string) (converted json.RawMessage, failure *string) {
	defer func() {
		if panicked := recover(); panicked != nil {
			why := fmt.Sprintf("panic: %v", panicked)
			converted, failure = nil, &why
		}
	}()
	value, err := how([]byte(text))
	if err != nil {
		why := err.Error()
		return nil, &why
	}
	return value, nil
}
