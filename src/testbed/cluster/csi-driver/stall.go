package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// stallStep is how often a request that hangs asks whether the storage answers again.
const stallStep = 10 * time.Millisecond

// stall makes the storage hang, as an NFS server or a storage cluster does while it fails over: no request fails, and none is answered. A program
// that hangs can be killed, as with NFS; on a block device it often cannot. A file says until when, so that nothing hangs for longer, whatever
// happens to who asked for it.
type stall string

func stallOf(data string) stall { return stall(filepath.Join(data, "stalled")) }

func (s stall) begin(length time.Duration) error {
	// at once in its whole length
	draft := string(s) + ".draft"
	if err := os.WriteFile(draft, []byte(strconv.FormatInt(time.Now().Add(length).UnixMilli(), 10)), 0o644); err != nil {
		return err
	}
	return os.Rename(draft, string(s))
}

func (s stall) end() error {
	if err := os.Remove(string(s)); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

func (s stall) lasts() bool {
	content, err := os.ReadFile(string(s))
	if err != nil {
		return false
	}
	end, err := strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	return err == nil && time.Now().UnixMilli() < end
}

// wait returns when the storage answers: false if the program was interrupted before, and does not want the answer any more.
func (s stall) wait(interrupted <-chan struct{}) bool {
	for s.lasts() {
		select {
		case <-interrupted:
			return false
		case <-time.After(stallStep):
		}
	}
	return true
}
