package main

// In:  schema lines and index tables, all in memory.
// Out: the bytes of the part files, of index.json and of manifest.json.
// Never: reads the clock, the network or a map's iteration order: equal input
//        gives equal bytes.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// absentLine stands for "this minor has no such definition".
const absentLine = -1

// compressionWindow spans a whole part, so that any two equal passages can be
// shared; decoders need this much memory at most.
const compressionWindow = 16 << 20

// lineStore gives each distinct line a number, in order of arrival.
type lineStore struct {
	lines  []string
	number map[string]int
}

func newLineStore() *lineStore { return &lineStore{number: map[string]int{}} }

func (store *lineStore) add(line string) int {
	if known, present := store.number[line]; present {
		return known
	}
	store.number[line] = len(store.lines)
	store.lines = append(store.lines, line)
	return len(store.lines) - 1
}

// text ends every line, the last one included, with a newline.
func (store *lineStore) text() []byte {
	var buffer bytes.Buffer
	for _, line := range store.lines {
		buffer.WriteString(line)
		buffer.WriteByte('\n')
	}
	return buffer.Bytes()
}

// definitionRun says: from this minor on (an index into "minors") the
// definition is this line, until the next run.
type definitionRun struct {
	minor int
	line  int
}

func (run definitionRun) MarshalJSON() ([]byte, error) {
	if run.line == absentLine {
		return []byte(fmt.Sprintf("[%d,null]", run.minor)), nil
	}
	return []byte(fmt.Sprintf("[%d,%d]", run.minor, run.line)), nil
}

func compress(content []byte) ([]byte, error) {
	// One goroutine: with more, block borders depend on scheduling.
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedBestCompression),
		zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(compressionWindow),
		zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	defer encoder.Close()
	return encoder.EncodeAll(content, nil), nil
}

func decompress(content []byte) ([]byte, error) {
	decoder, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer decoder.Close()
	return decoder.DecodeAll(content, nil)
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func sortedKeys[Value any](table map[string]Value) []string {
	keys := make([]string, 0, len(table))
	for key := range table {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// indexFile is everything index.json holds.
type indexFile struct {
	minors      []string
	definitions map[string][]definitionRun
	kinds       []kubernetesKind
	lifecycle   []lifecycleEntry
	custom      []customPart
}

// customPart is one CRD project.
type customPart struct {
	name    string
	sources []string // module@version, newest first
	kinds   []customKind
}

// encode writes one entry per line, so that a new release shows as a short
// diff, and no other white space.
func (index *indexFile) encode() ([]byte, error) {
	writer := &lineWriter{}
	writer.raw("{\"format\":1,\n\"kubernetes\":{\"minors\":")
	writer.value(index.minors)
	writer.raw(",\n\"definitions\":{")
	writer.definitions(index.definitions)
	writer.raw("},\n\"kinds\":[")
	for position, kind := range index.kinds {
		writer.next(position)
		writer.value(kind)
	}
	writer.raw("]},\n\"lifecycle\":[")
	for position, entry := range index.lifecycle {
		writer.next(position)
		writer.value(entry)
	}
	writer.raw("],\n\"custom\":{")
	for position, part := range index.custom {
		writer.next(position)
		writer.value(part.name)
		writer.raw(":{\"sources\":")
		writer.value(part.sources)
		writer.raw(",\"kinds\":[")
		for position, kind := range part.kinds {
			writer.next(position)
			writer.value(kind)
		}
		writer.raw("]}")
	}
	writer.raw("}}\n")
	if writer.err == nil && !json.Valid(writer.buffer.Bytes()) {
		return nil, fmt.Errorf("index.json would not be valid JSON")
	}
	return writer.buffer.Bytes(), writer.err
}

// definitions groups the names by package: "io.k8s.api.core.v1.PodSpec" is
// "PodSpec" below "io.k8s.api.core.v1". Written out in full, the packages
// would be a third of the file.
func (writer *lineWriter) definitions(definitions map[string][]definitionRun) {
	packages := map[string][]string{}
	for _, name := range sortedKeys(definitions) {
		folder, _ := splitDefinition(name)
		packages[folder] = append(packages[folder], name)
	}
	for position, folder := range sortedKeys(packages) {
		writer.next(position)
		writer.value(folder)
		writer.raw(":{")
		for position, name := range packages[folder] {
			_, short := splitDefinition(name)
			writer.next(position)
			writer.value(short)
			writer.raw(":")
			writer.value(definitions[name])
		}
		writer.raw("}")
	}
}

// splitDefinition cuts at the last dot.
func splitDefinition(name string) (folder, short string) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return "", name
	}
	return name[:dot], name[dot+1:]
}

type lineWriter struct {
	buffer bytes.Buffer
	err    error
}

func (writer *lineWriter) raw(text string) { writer.buffer.WriteString(text) }

func (writer *lineWriter) next(position int) {
	if position > 0 {
		writer.raw(",")
	}
	writer.raw("\n")
}

func (writer *lineWriter) value(value any) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil && writer.err == nil {
		writer.err = err
	}
	writer.raw(strings.TrimSuffix(buffer.String(), "\n"))
}

// minorNumber turns "1.30" into 130-like comparable numbers; minors are never
// compared as text, since "1.9" > "1.10".
func minorNumber(minor string) int {
	major, rest, _ := strings.Cut(minor, ".")
	majorNumber, _ := strconv.Atoi(major)
	restNumber, _ := strconv.Atoi(rest)
	return majorNumber*1000 + restNumber
}
