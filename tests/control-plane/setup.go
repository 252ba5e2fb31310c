// What has to exist before manifests can be judged: definitions, namespaces, and what goes in them.
//
// In: texts of one or more YAML documents.
// Out: the objects exist, and the kinds that they define can be used.
// Never: it replaces nothing. An object that is there already is left as it is, so that tests can
// share one cluster, and can run on a user's own.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

const definitionLimit = 30 * time.Second

func setUp(ctx context.Context, target *cluster, texts []string) error {
	for _, text := range texts {
		documents := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("setup: %w", err)
			}
			if err := setUpOne(ctx, target, document); err != nil {
				return fmt.Errorf("setup: %w\n%s", err, document)
			}
		}
	}
	return nil
}

func setUpOne(ctx context.Context, target *cluster, document []byte) error {
	if isEmpty(document) {
		return nil
	}
	given := target.create(ctx, document, url.Values{"fieldValidation": {"Strict"}})
	if !given.Accepted && given.Code != http.StatusConflict {
		return errors.New(given.Message)
	}
	var object struct {
		Kind     string `json:"kind"`
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
		Spec struct {
			Group string `json:"group"`
			Names struct {
				Kind string `json:"kind"`
			} `json:"names"`
			Versions []struct {
				Name   string `json:"name"`
				Served bool   `json:"served"`
			} `json:"versions"`
		} `json:"spec"`
	}
	// Other kinds have other specs; only the two below are looked at, and those fit.
	_ = yaml.Unmarshal(document, &object)
	switch object.Kind {
	case "Namespace":
		return createDefaultServiceAccount(ctx, target.clientset, object.Metadata.Name)
	case "CustomResourceDefinition":
		for _, version := range object.Spec.Versions {
			if !version.Served {
				continue
			}
			defined := schema.GroupVersionKind{
				Group: object.Spec.Group, Version: version.Name, Kind: object.Spec.Names.Kind,
			}
			if err := waitForKind(ctx, target, defined); err != nil {
				return err
			}
		}
	}
	return nil
}

// A definition is usable when its kind is discovered and its collection can be listed: the
// condition Established alone comes a moment before the address answers.
func waitForKind(ctx context.Context, target *cluster, kind schema.GroupVersionKind) error {
	deadline := time.Now().Add(definitionLimit)
	for {
		err := listKind(ctx, target, kind)
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not served: %w", kind, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func listKind(ctx context.Context, target *cluster, kind schema.GroupVersionKind) error {
	mapping, err := target.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		target.mapper.Reset()
	}
	if err != nil {
		return err
	}
	resource := mapping.Resource
	address := target.base.JoinPath("apis", resource.Group, resource.Version, resource.Resource)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return err
	}
	response, err := target.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

func isEmpty(document []byte) bool {
	for line := range bytes.Lines(document) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}

// A Warning header is: code, agent, quoted text.
func warningText(header string) string {
	parts := strings.SplitN(header, " ", 3)
	if len(parts) < 3 {
		return header
	}
	if text, err := strconv.Unquote(parts[2]); err == nil {
		return text
	}
	return parts[2]
}
