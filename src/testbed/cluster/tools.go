//go:build tools

// Package tools names the commands to build, so that go.mod and go.sum pin all that they need.
package tools

import (
	_ "github.com/containerd/containerd/v2/cmd/containerd"
	_ "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"
	_ "github.com/containerd/containerd/v2/cmd/ctr"
	_ "github.com/kubernetes-csi/external-attacher/v4/cmd/csi-attacher"
	_ "helm.sh/helm/v4/cmd/helm"
)
