// Command node is what makes a node of a machine, kubelet and kube-proxy, and
// kube-scheduler, in one binary: the first argument says which of them it is.
//
// It stands beside the control plane's binary and not in it, so that most
// tests need not wait for it; both are built from the same modules.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: node kubelet|kube-proxy|kube-scheduler [flags]")
		os.Exit(2)
	}
	program := os.Args[1]
	// Each program reads os.Args itself; hand it the command line it expects.
	os.Args = append([]string{program}, os.Args[2:]...)
	switch program {
	case "kubelet":
		run(kubelet.NewKubeletCommand(context.Background()))
	case "kube-proxy":
		run(proxy.NewProxyCommand())
	case "kube-scheduler":
		run(scheduler.NewSchedulerCommand())
	default:
		fmt.Fprintf(os.Stderr, "node: no program named %q\n", program)
		os.Exit(2)
	}
}

func run(command *cobra.Command) {
	os.Exit(cli.Run(command))
}
