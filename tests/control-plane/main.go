// A Kubernetes control plane for tests, in one program.
//
// In: the name of a part as the first argument, and that part's own arguments after it.
// Out: whatever the part prints; its exit status is the program's.
// Never: it does not decide what runs together. That is `serve` (serve.go) for the servers, and the
// test itself for the clients (`kubectl`, `dry-run`).
package main

import (
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // CronJob time zones are checked against this data, not against the machine's.

	_ "k8s.io/client-go/plugin/pkg/client/auth" // A user's own cluster may need one of these.
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// The variable that `serve` sets for the servers it starts, see exitWhenStandardInputCloses.
const exitWithStandardInput = "EXIT_WHEN_STANDARD_INPUT_CLOSES"

// Each part reads os.Args itself, as it would in a program of its own (kubectl looks there for
// plug-ins, the servers for their flags), so the part's name is moved to the place of the program's.
func main() {
	if len(os.Args) < 2 {
		usage()
	}
	part := os.Args[1]
	os.Args = append([]string{part}, os.Args[2:]...)
	if os.Getenv(exitWithStandardInput) != "" {
		go exitWhenStandardInputCloses()
	}
	switch part {
	case "etcd":
		exitWith(runEtcd(os.Args[1:]))
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "kubectl":
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			kubectlutil.CheckErr(err)
		}
	case "serve":
		exitWith(runServe(os.Args[1:]))
	case "dry-run":
		exitWith(runDryRun(os.Args[1:], os.Stdin, os.Stdout))
	default:
		usage()
	}
}

// A server must not outlive the test that wanted it, even when that test is killed and can clean
// nothing up. The starter holds the other end of this pipe, and the kernel closes it for the dead.
func exitWhenStandardInputCloses() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: control-plane etcd|kube-apiserver|kube-controller-manager|"+
		"kube-scheduler|kubectl|serve|dry-run [arguments]")
	os.Exit(2)
}
