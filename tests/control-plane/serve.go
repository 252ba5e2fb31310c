// The `serve` part: starts the servers, and takes them away again.
//
// In: which optional servers to start; where to find other builds of the servers (environment).
// Out: one line of JSON on standard output once everything answers: where the kubeconfig is.
// Never: it does not stay. It stops every server and removes its folder when its standard input
// closes or a signal asks it to, so a test has nothing to clean up even when it is killed.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// How long etcd and the API server together may take. They need two seconds on an idle machine;
// a test run that compiles at the same time needs more.
const startLimit = 90 * time.Second

// A free port is found by binding and letting go, so another process can take it in between. That
// is rare enough for a second and a third try to settle it.
const startAttempts = 3

type server struct {
	name          string
	command       *exec.Cmd
	standardInput io.WriteCloser // Held open: the server ends when it closes.
	logFile       string
	ended         chan struct{}
}

// What a test needs to know about the running control plane.
type announcement struct {
	Kubeconfig string `json:"kubeconfig"`
	Server     string `json:"server"`
	Token      string `json:"token"`
}

func runServe(arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	optional := flags.String("with", "", "also start these: kube-controller-manager,kube-scheduler")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		asked <- os.Interrupt
	}()

	directory, err := os.MkdirTemp("", "control-plane-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(directory)

	var servers []*server
	defer func() { stopAll(servers) }()
	var ready announcement
	for attempt := 1; ; attempt++ {
		servers, ready, err = startServers(filepath.Join(directory, fmt.Sprint(attempt)), *optional, asked)
		if err == nil {
			break
		}
		stopAll(servers)
		if attempt == startAttempts || errors.Is(err, errAskedToStop) {
			return err
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	<-asked
	return nil
}

// Etcd and the API server first; whatever else was asked for once the API server answers.
func startServers(directory, optional string, asked <-chan os.Signal) ([]*server, announcement, error) {
	var servers []*server
	failed := func(err error) ([]*server, announcement, error) { return servers, announcement{}, err }

	if err := os.MkdirAll(directory, 0o700); err != nil {
		return failed(err)
	}
	access, err := writeCredentials(directory)
	if err != nil {
		return failed(err)
	}
	ports, err := freePorts(3)
	if err != nil {
		return failed(err)
	}
	store, storePeer := localAddress("http", ports[0]), localAddress("http", ports[1])
	access.server = localAddress("https", ports[2])

	etcd, err := startServer(directory, "etcd",
		"--data-dir="+filepath.Join(directory, "etcd"),
		"--listen-client-urls="+store, "--advertise-client-urls="+store,
		"--listen-peer-urls="+storePeer, "--unsafe-no-fsync")
	if err != nil {
		return failed(err)
	}
	servers = append(servers, etcd)
	apiServer, err := startServer(directory, "kube-apiserver",
		"--etcd-servers="+store,
		fmt.Sprintf("--secure-port=%d", ports[2]),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		// It would publish the address inside the cluster, where a loopback address is refused, and
		// nothing runs inside this cluster that would want it.
		"--endpoint-reconciler-type=none",
		"--cert-dir="+access.certificates,
		"--service-cluster-ip-range=10.0.0.0/24",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+access.serviceAccountKey,
		"--service-account-signing-key-file="+access.serviceAccountKey,
		"--token-auth-file="+access.tokens,
		"--authorization-mode=RBAC",
		// Clusters people use allow privileged containers and leave them to policies.
		"--allow-privileged=true")
	if err != nil {
		return failed(err)
	}
	servers = append(servers, apiServer)
	if err := waitUntilReady(access, servers, asked); err != nil {
		return failed(err)
	}
	for _, name := range strings.FieldsFunc(optional, func(r rune) bool { return r == ',' }) {
		extra, err := startOptional(directory, name, access)
		if err != nil {
			return failed(err)
		}
		servers = append(servers, extra)
	}
	return servers, announcement{Kubeconfig: access.kubeconfig, Server: access.server, Token: access.token}, nil
}

func startOptional(directory, name string, access *credentials) (*server, error) {
	switch name {
	case "kube-controller-manager":
		return startServer(directory, name,
			"--kubeconfig="+access.kubeconfig,
			"--root-ca-file="+access.authority(),
			"--service-account-private-key-file="+access.serviceAccountKey,
			"--use-service-account-credentials=true",
			"--leader-elect=false", "--secure-port=0")
	case "kube-scheduler":
		return startServer(directory, name,
			"--kubeconfig="+access.kubeconfig,
			"--leader-elect=false", "--secure-port=0")
	}
	return nil, fmt.Errorf("no server is called %q", name)
}

// This program is every server itself, unless the environment names another build. The variables
// are the ones that test suites of Kubernetes controllers commonly read.
func programFor(name string) (program string, leading []string, err error) {
	variable := "TEST_ASSET_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if chosen := os.Getenv(variable); chosen != "" {
		return chosen, nil, nil
	}
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		chosen := filepath.Join(assets, name)
		if _, err := os.Stat(chosen); err == nil {
			return chosen, nil, nil
		}
	}
	program, err = os.Executable()
	return program, []string{name}, err
}

func startServer(directory, name string, arguments ...string) (*server, error) {
	program, leading, err := programFor(name)
	if err != nil {
		return nil, err
	}
	logFile := filepath.Join(directory, name+".log")
	output, err := os.Create(logFile)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	command := exec.Command(program, append(leading, arguments...)...)
	command.Env = append(os.Environ(), exitWithStandardInput+"=true")
	command.Stdout, command.Stderr = output, output
	standardInput, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	started := &server{name, command, standardInput, logFile, make(chan struct{})}
	go func() {
		_ = command.Wait()
		close(started.ended)
	}()
	return started, nil
}

// Nothing in the store is worth keeping, so no server is given time to say goodbye.
func stopAll(servers []*server) {
	for _, each := range servers {
		_ = each.command.Process.Kill()
	}
	for _, each := range servers {
		<-each.ended
	}
}

func (s *server) lastWords() string {
	text, _ := os.ReadFile(s.logFile)
	return string(text[max(0, len(text)-2000):])
}

// All ports are held until the last one is found, so that no two are the same.
func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func localAddress(scheme string, port int) string {
	return fmt.Sprintf("%s://127.0.0.1:%d", scheme, port)
}
