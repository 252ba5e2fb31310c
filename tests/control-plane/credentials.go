// Who may talk to the test's API server, and when it is ready to be talked to.
//
// In: the folder of one control plane, and the address of its API server.
// Out: keys, the list of tokens and a kubeconfig in that folder; "ready", or why not.
// Never: it uses no key or token of the user's: everything is made anew for every start.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

var errAskedToStop = errors.New("asked to stop before the servers were ready")

type credentials struct {
	server            string // The address, known once a port is chosen.
	token             string
	tokens            string
	certificates      string
	serviceAccountKey string
	kubeconfig        string
}

// The API server signs its own certificate and puts it here.
func (c *credentials) authority() string {
	return filepath.Join(c.certificates, "apiserver.crt")
}

func writeCredentials(directory string) (*credentials, error) {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	access := &credentials{
		token:             hex.EncodeToString(random),
		tokens:            filepath.Join(directory, "tokens.csv"),
		certificates:      filepath.Join(directory, "certificates"),
		serviceAccountKey: filepath.Join(directory, "service-account.key"),
		kubeconfig:        filepath.Join(directory, "kubeconfig"),
	}
	// The group makes it an administrator. Tests about other users impersonate them.
	line := fmt.Sprintf("%s,test-administrator,test-administrator,\"system:masters\"\n", access.token)
	if err := os.WriteFile(access.tokens, []byte(line), 0o600); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})
	return access, os.WriteFile(access.serviceAccountKey, block, 0o600)
}

func (c *credentials) writeKubeconfig() error {
	authority, err := os.ReadFile(c.authority())
	if err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: c.server, CertificateAuthorityData: authority}
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{Token: c.token}
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test"}
	config.CurrentContext = "test"
	return clientcmd.WriteToFile(*config, c.kubeconfig)
}

// Ready means that a Pod can be created: the API server says so of itself, and the namespace
// `default` has its service account, which without a controller manager nobody else would make.
func waitUntilReady(access *credentials, servers []*server, asked <-chan os.Signal) error {
	deadline := time.After(startLimit)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	var last error
	for {
		if last = prepare(access); last == nil {
			return nil
		}
		for _, each := range servers {
			select {
			case <-each.ended:
				return fmt.Errorf("%s ended while starting; its last words:\n%s", each.name, each.lastWords())
			default:
			}
		}
		select {
		case <-asked:
			return errAskedToStop
		case <-deadline:
			return fmt.Errorf("the API server was not ready within %s: %w", startLimit, last)
		case <-again.C:
		}
	}
}

func prepare(access *credentials) error {
	// Until the certificate is there, nothing listens either.
	if _, err := os.Stat(access.authority()); err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(&rest.Config{
		Host:            access.server,
		BearerToken:     access.token,
		TLSClientConfig: rest.TLSClientConfig{CAFile: access.authority()},
		Timeout:         10 * time.Second,
	})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
		return err
	}
	if err := createDefaultServiceAccount(ctx, client, "default"); err != nil {
		return err
	}
	return access.writeKubeconfig()
}

func createDefaultServiceAccount(ctx context.Context, client kubernetes.Interface, namespace string) error {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	_, err := client.CoreV1().ServiceAccounts(namespace).Create(ctx, account, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
