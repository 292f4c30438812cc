//go:build tools

// Package tools names the commands to build, so that go.mod and go.sum pin all that they need.
package tools

import (
	_ "github.com/prometheus/prometheus/cmd/prometheus"
	_ "github.com/prometheus/prometheus/cmd/promtool"
)
