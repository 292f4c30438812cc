package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// inFlight is how long a revocation waits for what a node has begun. It takes milliseconds, unless somebody has stopped that node's driver.
const inFlight = time.Second

// publications says which node has which volume, in a file for each that is attached. All nodes see it, cut off or not, as they would notice the
// masking of a disk array. Each attachment has a token of its own: what was mounted under an earlier one of the same node stays revoked.
type publications struct{ data string }

// of is the node that has a volume, and the token of that publication, or nothing.
func (p publications) of(volume string) (node, token string, err error) {
	if strings.ContainsRune(volume, filepath.Separator) {
		return "", "", status.Errorf(codes.InvalidArgument, "no volume can be called %s", volume)
	}
	content, err := os.ReadFile(p.file(volume))
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", nil
	}
	node, token, _ = strings.Cut(string(content), " ")
	return node, token, err
}

func (p publications) grant(volume, node string) (string, error) {
	for _, file := range []string{p.file(volume), p.revoked(volume)} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return "", err
		}
	}
	token := rand.Text()
	return token, os.WriteFile(p.file(volume), []byte(node+" "+token), 0o644)
}

// revoke returns when the node has no access left: no request begins any more, and all that began have ended.
func (p publications) revoke(volume string) error {
	if err := os.Rename(p.file(volume), p.revoked(volume)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return p.drain(volume)
}

// drain ends a revocation, also one that was started before and did not come to its end.
func (p publications) drain(volume string) error {
	file, err := os.OpenFile(p.revoked(volume), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	for end := time.Now().Add(inFlight); ; time.Sleep(time.Millisecond) {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			break
		}
		if time.Now().After(end) {
			return status.Errorf(codes.Aborted, "a request to volume %s has not ended: %s", volume, err)
		}
	}
	// for a request that has opened the file and not locked it yet
	if err := file.Truncate(0); err != nil {
		return err
	}
	return os.Remove(p.revoked(volume))
}

func (p publications) file(volume string) string    { return filepath.Join(p.data, "attached", volume) }
func (p publications) revoked(volume string) string { return filepath.Join(p.data, "revoked", volume) }

// fence lets requests through for as long as one publication lasts.
type fence struct {
	file, content string
}

func (p publications) fence(volume, node, token string) fence {
	return fence{p.file(volume), node + " " + token}
}

// enter says whether a request may begin; one that may has to leave. Nothing is remembered between two requests.
func (f fence) enter() (leave func(), may bool) {
	file, err := unix.Open(f.file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, false
	}
	leave = func() { _ = unix.Close(file) }
	// shared with other requests, and what a revocation waits for
	if err := uninterrupted(func() error { return unix.Flock(file, unix.LOCK_SH) }); err != nil {
		leave()
		return nil, false
	}
	content := make([]byte, len(f.content)+1)
	n, err := unix.Read(file, content)
	if err != nil || string(content[:n]) != f.content {
		leave()
		return nil, false
	}
	return leave, true
}

// uninterrupted calls again what a signal has interrupted: Go's runtime sends them to its own threads.
func uninterrupted(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
