//go:build tools

// Package tools is empty: all commands of this module are its own, and src/testbed/binaries looks for others here.
package tools
