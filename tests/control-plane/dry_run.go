// The `dry-run` part: asks the API server for its verdict on many manifests at once.
//
// In: on standard input {"setup": [YAML], "objects": [{"name", "manifest"}]}; the cluster of the
// kubeconfig. `setup` is really created first (it may hold several documents a text), in its order.
// Out: on standard output [{"name", "accepted", "code", "message", "warnings"}], in the input's order.
// Never: it does not create an object of `objects`, nor judge one itself. The manifest's own bytes
// are sent, so that duplicate keys and YAML scalars are read by the server and not by a client.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

// Enough to hide the latency of a single request; more would only queue in the server.
const parallelRequests = 8

type dryRunInput struct {
	Setup   []string       `json:"setup"`
	Objects []dryRunObject `json:"objects"`
}

type dryRunObject struct {
	Name     string `json:"name"`
	Manifest string `json:"manifest"`
}

type verdict struct {
	Name     string   `json:"name"`
	Accepted bool     `json:"accepted"`
	Code     int      `json:"code"`
	Message  string   `json:"message"`
	Warnings []string `json:"warnings,omitempty"`
}

// The connection to one cluster, and what it takes to find the address of an object's kind.
type cluster struct {
	base      *url.URL
	http      *http.Client
	mapper    *restmapper.DeferredDiscoveryRESTMapper
	clientset kubernetes.Interface
}

func runDryRun(arguments []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("dry-run", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "the cluster to ask; else KUBECONFIG")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	var input dryRunInput
	if err := json.NewDecoder(in).Decode(&input); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	target, err := connect(*kubeconfig)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := setUp(ctx, target, input.Setup); err != nil {
		return err
	}

	verdicts := make([]verdict, len(input.Objects))
	next := make(chan int)
	var workers sync.WaitGroup
	for range parallelRequests {
		workers.Go(func() {
			for index := range next {
				verdicts[index] = target.judge(ctx, input.Objects[index])
			}
		})
	}
	for index := range input.Objects {
		next <- index
	}
	close(next)
	workers.Wait()
	return json.NewEncoder(out).Encode(verdicts)
}

func connect(kubeconfig string) (*cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, err
	}
	// Warnings are part of the verdict; the client would print them instead.
	config.WarningHandler = rest.NoWarnings{}
	config.QPS, config.Burst = 1000, 1000
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	kinds, err := discovery.NewDiscoveryClientForConfigAndClient(config, client)
	if err != nil {
		return nil, err
	}
	clientset, err := kubernetes.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds))
	return &cluster{base: base, http: client, mapper: mapper, clientset: clientset}, nil
}

func (c *cluster) judge(ctx context.Context, object dryRunObject) verdict {
	options := url.Values{"dryRun": {"All"}, "fieldValidation": {"Strict"}, "fieldManager": {"conformance"}}
	given := c.create(ctx, []byte(object.Manifest), options)
	given.Name = object.Name
	return given
}

// Sends the text as it is. Only what decides the address is read here, and as laxly as can be:
// whatever is wrong with the rest is for the server to say.
func (c *cluster) create(ctx context.Context, manifest []byte, options url.Values) verdict {
	address, err := c.address(manifest)
	if err != nil {
		return verdict{Code: http.StatusBadRequest, Message: err.Error()}
	}
	address.RawQuery = options.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(manifest))
	if err != nil {
		return verdict{Message: err.Error()}
	}
	request.Header.Set("Content-Type", "application/yaml")
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return verdict{Message: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return verdict{Message: err.Error()}
	}
	given := verdict{Code: response.StatusCode, Accepted: response.StatusCode < 300}
	for _, header := range response.Header.Values("Warning") {
		given.Warnings = append(given.Warnings, warningText(header))
	}
	if !given.Accepted {
		var status metav1.Status
		if err := json.Unmarshal(body, &status); err == nil && status.Message != "" {
			given.Message = status.Message
		} else {
			given.Message = string(body)
		}
	}
	return given
}

func (c *cluster) address(manifest []byte) (*url.URL, error) {
	kind, namespace, err := identify(manifest)
	if err != nil {
		return nil, err
	}
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	path := []string{"apis", mapping.Resource.Group, mapping.Resource.Version}
	if mapping.Resource.Group == "" {
		path = []string{"api", mapping.Resource.Version}
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		if namespace == "" {
			namespace = metav1.NamespaceDefault
		}
		path = append(path, "namespaces", namespace)
	}
	return c.base.JoinPath(append(path, mapping.Resource.Resource)...), nil
}

func identify(manifest []byte) (schema.GroupVersionKind, string, error) {
	var document map[string]any
	if err := yaml.Unmarshal(manifest, &document); err != nil {
		return schema.GroupVersionKind{}, "", err
	}
	version, _ := document["apiVersion"].(string)
	kind, _ := document["kind"].(string)
	if version == "" || kind == "" {
		return schema.GroupVersionKind{}, "", fmt.Errorf("apiVersion and kind must both be given")
	}
	metadata, _ := document["metadata"].(map[string]any)
	namespace, _ := metadata["namespace"].(string)
	return schema.FromAPIVersionAndKind(version, kind), namespace, nil
}
