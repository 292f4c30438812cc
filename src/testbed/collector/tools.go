//go:build tools

// Package tools names the commands to build, so that go.mod and go.sum pin all that they need. The collector's command is in a folder.
package tools
