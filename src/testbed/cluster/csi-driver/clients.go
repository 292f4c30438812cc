package main

import (
	"os"
	"path/filepath"
)

// clients says which nodes may use the volumes of the driver that blocks, in a file for each address. The storage knows a node by nothing else, so
// that a block holds for all its volumes and over a reboot. What was mounted before a block works again after it.
func clients(data string) addresses {
	return addresses{publications{filepath.Join(data, "clients")}}
}

type addresses struct{ publications publications }

// block returns when the node has no access left.
func (a addresses) block(address string) error { return a.publications.revoke(address) }

// unblock gives the access back, or gives it first: a new storage knows no node.
func (a addresses) unblock(address string) error {
	file := a.publications.file(address)
	for _, each := range []string{file, a.publications.revoked(address)} {
		if err := os.MkdirAll(filepath.Dir(each), 0o755); err != nil {
			return err
		}
	}
	if err := a.publications.drain(address); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(address), 0o644)
}

func (a addresses) fence(address string) fence {
	return fence{a.publications.file(address), address}
}
