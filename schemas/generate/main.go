// Command generate writes the schema bundle of Plimsoll.
//
// In:  the pinned Go modules of Kubernetes and of CRD projects.
// Out: ../bundle (index.json and one zstd frame per part) and ../manifest.json.
// Never: runs as part of a build. The bundle is committed; only a maintainer
// who raises a version runs this.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "verify the committed bundle against manifest.json, without network")
	schemas := flag.String("schemas", "..", "the folder that holds bundle/ and manifest.json")
	folder := flag.String("standalone", "", "write the schemas as files that kubeconform reads into this folder, without network")
	minor := flag.String("minor", kubernetesReleases[len(kubernetesReleases)-1].Minor, "the minor that -standalone writes")
	flag.Parse()
	run := generate
	switch {
	case *check:
		run = checkBundle
	case *folder != "":
		run = func(schemas string) error { return standalone(schemas, *folder, *minor) }
	}
	if err := run(*schemas); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// outputs gathers everything before the first file is written, so that a
// failure leaves the committed bundle as it was.
type outputs struct {
	index    indexFile
	manifest manifestFile
	files    map[string][]byte
}

func generate(schemas string) error {
	result := &outputs{files: map[string][]byte{}}
	for _, step := range []func(*outputs) error{addKubernetes, addLifecycle, addCustom} {
		if err := step(result); err != nil {
			return err
		}
	}
	index, err := result.index.encode()
	if err != nil {
		return err
	}
	result.files["index.json"] = index
	result.manifest.Index = indexRecord{"index.json", hashOf(index), len(index)}
	if previous, err := loadManifest(filepath.Join(schemas, "manifest.json")); err == nil {
		if err := result.manifest.compareSums(previous); err != nil {
			return err
		}
	}
	if err := result.write(schemas); err != nil {
		return err
	}
	return checkBundle(schemas)
}

func addKubernetes(result *outputs) error {
	var minors []*minorSchemas
	var sources []sourceRead
	for _, release := range kubernetesReleases {
		archive, err := openModule(moduleVersion{"k8s.io/kubernetes", release.Version})
		if err != nil {
			return err
		}
		files, err := archive.match(openAPIPattern)
		if err != nil {
			return err
		}
		minor, err := readMinor(files)
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		minors = append(minors, minor)
		sources = append(sources, recordRead(archive, files))
		result.index.minors = append(result.index.minors, release.Minor)
		if err := archive.close(); err != nil {
			return err
		}
	}
	lines, runs, err := mergeMinors(minors)
	if err != nil {
		return err
	}
	result.index.definitions = runs
	result.index.kinds, err = mergeKinds(minors, result.index.minors)
	if err != nil {
		return err
	}
	return result.addPart("kubernetes", lines, len(result.index.kinds), sources)
}

func addLifecycle(result *outputs) error {
	var lists [][]lifecycleEntry
	for _, source := range lifecycleModules {
		archive, err := openModule(source.module)
		if err != nil {
			return err
		}
		entries, files, err := readLifecycle(archive, source.root)
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		lists = append(lists, entries)
		result.manifest.Lifecycle = append(result.manifest.Lifecycle, recordRead(archive, files))
		if err := archive.close(); err != nil {
			return err
		}
	}
	merged := mergeLifecycle(lists...)
	fillLifecycle(merged, earlyLifecycle)
	minors := result.index.minors
	reconcileLifecycle(merged, result.index.kinds, minors[len(minors)-1])
	completeReplacements(merged, result.index.kinds)
	result.index.lifecycle = sortLifecycle(merged)
	return nil
}

func addCustom(result *outputs) error {
	owners := map[groupVersionKind]string{}
	for _, kind := range result.index.kinds {
		owners[kind.groupVersionKind] = "kubernetes"
	}
	for _, row := range customProjects {
		project := newCustomProject(row.name)
		var sources []sourceRead
		for _, source := range row.sources {
			read, err := addCustomSource(project, source)
			if err != nil {
				return err
			}
			sources = append(sources, read)
		}
		part, lines := project.finish()
		if err := claimKinds(owners, &part); err != nil {
			return err
		}
		result.index.custom = append(result.index.custom, part)
		if err := result.addPart(row.name, lines, part.countVersions(), sources); err != nil {
			return err
		}
	}
	return nil
}

// claimKinds keeps a kind in one part: with two schemas for one kind, the
// verdict would depend on which part is searched first.
func claimKinds(owners map[groupVersionKind]string, part *customPart) error {
	for _, kind := range part.kinds {
		for _, version := range kind.Versions {
			gvk := groupVersionKind{kind.Group, version.Version, kind.Kind}
			if owner, taken := owners[gvk]; taken {
				return fmt.Errorf("%v is in both %s and %s", gvk, owner, part.name)
			}
			owners[gvk] = part.name
		}
	}
	return nil
}

func addCustomSource(project *customProject, source customSource) (sourceRead, error) {
	archive, err := openModule(source.module)
	if err != nil {
		return sourceRead{}, err
	}
	defer archive.close()
	files, err := archive.match(source.patterns...)
	if err != nil {
		return sourceRead{}, err
	}
	var definitions []customResourceDefinition
	for _, file := range files {
		found, err := parseDefinitions(file)
		if err != nil {
			return sourceRead{}, fmt.Errorf("%s: %w", archive, err)
		}
		definitions = append(definitions, found...)
	}
	if len(definitions) == 0 {
		return sourceRead{}, fmt.Errorf("%s: no CustomResourceDefinition in %v", archive, source.patterns)
	}
	if err := project.addSource(archive.String(), source.former, definitions); err != nil {
		return sourceRead{}, fmt.Errorf("%s: %w", archive, err)
	}
	return recordRead(archive, files), nil
}

func (result *outputs) addPart(name string, lines *lineStore, kinds int, sources []sourceRead) error {
	record, packed, err := recordPart(name, lines, kinds, sources)
	if err != nil {
		return err
	}
	fmt.Printf("%-22s %7d bytes, %8d unpacked, %5d lines, %4d kinds\n", name, record.Size, record.DecompressedSize, record.Definitions, record.Kinds)
	result.manifest.Parts = append(result.manifest.Parts, record)
	result.files[record.File] = packed
	return nil
}

// write replaces the bundle folder's content, file by file, and removes parts
// that no longer exist.
func (result *outputs) write(schemas string) error {
	folder := filepath.Join(schemas, "bundle")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if _, wanted := result.files[entry.Name()]; !wanted {
			if err := os.Remove(filepath.Join(folder, entry.Name())); err != nil {
				return err
			}
		}
	}
	for _, name := range sortedKeys(result.files) {
		if err := os.WriteFile(filepath.Join(folder, name), result.files[name], 0o644); err != nil {
			return err
		}
	}
	manifest, err := result.manifest.encode()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(schemas, "manifest.json"), manifest, 0o644)
}
