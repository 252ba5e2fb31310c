package main

// In:  the bundle files and what each was made from.
// Out: manifest.json, and the verdict whether committed files still equal it.
// Never: needs the network to check; never writes while checking.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

type manifestFile struct {
	Index     indexRecord  `json:"index"`
	Parts     []partRecord `json:"parts"`
	Lifecycle []sourceRead `json:"lifecycle_sources"`
}

type indexRecord struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Size   int    `json:"size"`
}

type partRecord struct {
	Name               string       `json:"name"`
	File               string       `json:"file"`
	SHA256             string       `json:"sha256"`
	Size               int          `json:"size"`
	DecompressedSHA256 string       `json:"decompressed_sha256"`
	DecompressedSize   int          `json:"decompressed_size"`
	Definitions        int          `json:"definitions"`
	Kinds              int          `json:"kinds"`
	Sources            []sourceRead `json:"sources"`
}

// sourceRead is one module and what was read of it.
type sourceRead struct {
	Module      string `json:"module"`
	Version     string `json:"version"`
	Sum         string `json:"sum"`
	Files       int    `json:"files"`
	FilesSHA256 string `json:"files_sha256"`
}

// recordRead hashes the contents one after the other, in name order.
func recordRead(archive *moduleArchive, files []moduleFile) sourceRead {
	var all bytes.Buffer
	for _, file := range files {
		all.Write(file.Content)
	}
	return sourceRead{archive.Path, archive.Version, archive.Sum, len(files), hashOf(all.Bytes())}
}

func recordPart(name string, lines *lineStore, kinds int, sources []sourceRead) (partRecord, []byte, error) {
	text := lines.text()
	packed, err := compress(text)
	if err != nil {
		return partRecord{}, nil, err
	}
	unpacked, err := decompress(packed)
	if err != nil || !bytes.Equal(unpacked, text) {
		return partRecord{}, nil, fmt.Errorf("%s: does not survive compression: %v", name, err)
	}
	return partRecord{
		Name: name, File: name + ".zst",
		SHA256: hashOf(packed), Size: len(packed),
		DecompressedSHA256: hashOf(text), DecompressedSize: len(text),
		Definitions: len(lines.lines), Kinds: kinds, Sources: sources,
	}, packed, nil
}

func (manifest *manifestFile) encode() ([]byte, error) {
	content, err := json.MarshalIndent(manifest, "", "  ")
	return append(content, '\n'), err
}

func loadManifest(path string) (*manifestFile, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	manifest := &manifestFile{}
	return manifest, json.Unmarshal(content, manifest)
}

// compareSums refuses a module whose content changed under the same version.
func (manifest *manifestFile) compareSums(previous *manifestFile) error {
	known := map[string]string{}
	for _, source := range previous.sources() {
		known[source.Module+"@"+source.Version] = source.Sum
	}
	for _, source := range manifest.sources() {
		name := source.Module + "@" + source.Version
		if sum, present := known[name]; present && sum != source.Sum {
			return fmt.Errorf("%s: was %s, is now %s", name, sum, source.Sum)
		}
	}
	return nil
}

func (manifest *manifestFile) sources() []sourceRead {
	all := append([]sourceRead{}, manifest.Lifecycle...)
	for _, part := range manifest.Parts {
		all = append(all, part.Sources...)
	}
	return all
}

// checkBundle compares every file with the manifest and the index with the
// lines it points at.
func checkBundle(schemas string) error {
	manifest, err := loadManifest(filepath.Join(schemas, "manifest.json"))
	if err != nil {
		return err
	}
	folder := filepath.Join(schemas, "bundle")
	index, err := os.ReadFile(filepath.Join(folder, manifest.Index.File))
	if err != nil {
		return err
	}
	if hashOf(index) != manifest.Index.SHA256 || len(index) != manifest.Index.Size {
		return fmt.Errorf("%s differs from manifest.json", manifest.Index.File)
	}
	expected := []string{manifest.Index.File}
	lineCounts := map[string]int{}
	for _, part := range manifest.Parts {
		expected = append(expected, part.File)
		packed, err := os.ReadFile(filepath.Join(folder, part.File))
		if err != nil {
			return err
		}
		if hashOf(packed) != part.SHA256 || len(packed) != part.Size {
			return fmt.Errorf("%s differs from manifest.json", part.File)
		}
		text, err := decompress(packed)
		if err != nil {
			return fmt.Errorf("%s: %w", part.File, err)
		}
		lines := bytes.Count(text, []byte("\n"))
		if hashOf(text) != part.DecompressedSHA256 || len(text) != part.DecompressedSize || lines != part.Definitions {
			return fmt.Errorf("%s: content differs from manifest.json", part.File)
		}
		lineCounts[part.Name] = lines
	}
	if err := checkIndex(index, lineCounts); err != nil {
		return fmt.Errorf("%s: %w", manifest.Index.File, err)
	}
	return checkNoStrangers(folder, expected)
}

// checkIndex insists that every line number exists.
func checkIndex(content []byte, lineCounts map[string]int) error {
	var index struct {
		Kubernetes struct {
			Definitions map[string]map[string][][2]*int
			Kinds       []kubernetesKind
		}
		Custom map[string]struct{ Kinds []customKind }
	}
	if err := json.Unmarshal(content, &index); err != nil {
		return err
	}
	for folder, names := range index.Kubernetes.Definitions {
		for name, runs := range names {
			for _, run := range runs {
				if run[1] != nil && (*run[1] < 0 || *run[1] >= lineCounts["kubernetes"]) {
					return fmt.Errorf("definition %s.%s: no line %d", folder, name, *run[1])
				}
			}
		}
	}
	for _, kind := range index.Kubernetes.Kinds {
		folder, name := splitDefinition(kind.Definition)
		if _, present := index.Kubernetes.Definitions[folder][name]; !present {
			return fmt.Errorf("kind %s: no definition %s", kind.Kind, kind.Definition)
		}
	}
	for part, table := range index.Custom {
		for _, kind := range table.Kinds {
			for _, version := range kind.Versions {
				if version.ID < 0 || version.ID >= lineCounts[part] {
					return fmt.Errorf("%s: kind %s: no line %d", part, kind.Kind, version.ID)
				}
			}
		}
	}
	return nil
}

// checkNoStrangers finds files of an earlier generation left in the folder.
func checkNoStrangers(folder string, expected []string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	sort.Strings(expected)
	for _, entry := range entries {
		position := sort.SearchStrings(expected, entry.Name())
		if position == len(expected) || expected[position] != entry.Name() {
			return fmt.Errorf("bundle/%s is not in manifest.json", entry.Name())
		}
	}
	return nil
}
