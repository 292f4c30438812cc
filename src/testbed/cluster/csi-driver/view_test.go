package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
)

// Needs root and /dev/fuse: go test ./csi-driver

// storage is a volume's controller and the driver of a node.
type storage struct {
	*testing.T
	*controller
	node    *nodeServer
	staging string
}

func newStorage(t *testing.T) *storage {
	unix.Umask(0)
	data := publications{t.TempDir()}
	s := &storage{t, &controller{publications: data}, &nodeServer{node: "n", publications: data, revoked: byDetach}, filepath.Join(t.TempDir(), "staging")}
	// others than root go there too
	s.must(os.Chmod(filepath.Dir(data.data), 0o755))
	t.Cleanup(func() { s.must(s.node.unbind(s.staging)) })
	return s
}

func (s *storage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *storage) attach() map[string]string {
	s.Helper()
	answer, err := s.ControllerPublishVolume(context.Background(), &csi.ControllerPublishVolumeRequest{VolumeId: "v", NodeId: "n"})
	s.must(err)
	return answer.PublishContext
}

func (s *storage) detach() {
	s.Helper()
	_, err := s.ControllerUnpublishVolume(context.Background(), &csi.ControllerUnpublishVolumeRequest{VolumeId: "v", NodeId: "n"})
	s.must(err)
}

// shell goes to the volume by itself: a directory that this process is asked for while it waits for its own child is never given.
func (s *storage) shell(script string, who syscall.Credential) {
	s.Helper()
	command := exec.Command("/bin/sh", "-euc", "cd "+s.staging+"; "+script)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &who}
	if output, err := command.CombinedOutput(); err != nil {
		s.Errorf("%s: %s\n%s", script, err, output)
	}
}

func TestWhatAPodDoes(t *testing.T) {
	s := newStorage(t)
	s.must(s.node.stage("v", s.staging, s.attach()))
	root := syscall.Credential{}
	for _, script := range []string{
		"echo a > f; echo b >> f; echo c >> f; [ \"$(cat f)\" = \"$(printf 'a\\nb\\nc')\" ]; mv f g; ln g h; rm g; [ $(wc -c < h) = 6 ]",
		"mkdir -p d/e; ln -s h l; [ \"$(readlink l)\" = h ]; [ \"$(ls)\" = \"$(printf 'd\\nh\\nl')\" ]; rm -r d; chmod 000 h; [ $(stat -c %a h) = 0 ]",
		"dd if=/dev/zero of=z bs=1M count=3 conv=fsync 2> /dev/null; [ $(stat -c %s z) = 3145728 ]; truncate -s 5 z; [ $(stat -c %s z) = 5 ]",
		"(umask 0; : > w); [ $(stat -c %a w) = 666 ]; (umask 077; : > o); [ $(stat -c %a o) = 600 ]",
		// fsGroup
		"chgrp 2000 .; chmod 2775 .",
	} {
		s.shell(script, root)
	}
	s.shell("umask 022; mkdir own; echo x > own/file; [ \"$(stat -c '%u %g' own/file)\" = '1000 2000' ]; [ \"$(stat -c '%u %g %a' own)\" = '1000 2000 2755' ]; ! cat o",
		syscall.Credential{Uid: 1000, Gid: 1000, Groups: []uint32{2000}})
}

func TestRevocation(t *testing.T) {
	s := newStorage(t)
	first := s.attach()
	s.must(s.node.stage("v", s.staging, first))
	open, err := os.Create(filepath.Join(s.staging, "f"))
	s.must(err)
	_, err = open.Write([]byte("abc"))
	s.must(err)
	refused := func() {
		t.Helper()
		_, write := open.Write([]byte("x"))
		_, read := open.ReadAt(make([]byte, 1), 0)
		_, again := os.Open(open.Name())
		_, list := os.ReadDir(s.staging)
		_, stat := os.Stat(s.staging)
		for i, err := range []error{write, read, again, list, stat, open.Sync(), os.Remove(open.Name()), os.Mkdir(s.staging+"/d", 0o755), open.Truncate(0)} {
			if !errors.Is(err, unix.EIO) {
				t.Errorf("%d is not refused: %v", i, err)
			}
		}
	}
	s.detach()
	refused()
	second := s.attach()
	refused()
	if err := s.node.stage("v", s.staging, first); err == nil {
		t.Error("staged by a publication that has ended")
	}
	s.must(s.node.stage("v", s.staging, second))
	if _, err := open.Write([]byte("x")); !errors.Is(err, unix.EIO) {
		t.Errorf("a file that was open before is not refused: %v", err)
	}
	if content, err := os.ReadFile(open.Name()); err != nil || string(content) != "abc" {
		t.Errorf("%s %v", content, err)
	}
}

func TestBlock(t *testing.T) {
	s := newStorage(t)
	s.node.revoked, s.node.address = byBlock, "192.0.2.1"
	if err := s.node.stage("v", s.staging, nil); err == nil {
		t.Error("staged on a node that the storage does not know")
	}
	storage := clients(s.data)
	s.must(storage.unblock("192.0.2.1"))
	s.must(storage.unblock("192.0.2.2"))
	s.must(s.node.stage("v", s.staging, nil))
	open, err := os.Create(filepath.Join(s.staging, "f"))
	s.must(err)
	defer open.Close()
	for range 2 {
		_, err = open.Write([]byte("abc"))
		s.must(err)
		// a call may be repeated
		s.must(storage.block("192.0.2.1"))
		s.must(storage.block("192.0.2.1"))
		if _, err := open.Write([]byte("x")); !errors.Is(err, unix.EIO) {
			t.Errorf("a write of a blocked node is not refused: %v", err)
		}
		if again, err := os.Open(open.Name()); !errors.Is(err, unix.EIO) {
			t.Errorf("a blocked node opens a file: %v", err)
			_ = again.Close()
		}
		s.must(storage.unblock("192.0.2.1"))
		s.must(storage.unblock("192.0.2.1"))
	}
	s.must(storage.block("192.0.2.2"))
	if content, err := os.ReadFile(open.Name()); err != nil || string(content) != "abcabc" {
		t.Errorf("%s %v", content, err)
	}
}

// After a detach has returned, nothing arrives that began before.
func TestNothingArrivesLate(t *testing.T) {
	s := newStorage(t)
	var writers sync.WaitGroup
	for range 50 {
		s.must(s.node.stage("v", s.staging, s.attach()))
		for range 4 {
			file, err := os.OpenFile(filepath.Join(s.staging, "f"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
			s.must(err)
			writers.Add(1)
			go func() {
				defer writers.Done()
				defer file.Close()
				for err := error(nil); err == nil; _, err = file.Write(make([]byte, 65536)) {
				}
			}()
		}
		time.Sleep(20 * time.Millisecond)
		s.detach()
		below := filepath.Join(s.data, "volumes", "v", "f")
		before, err := os.Stat(below)
		s.must(err)
		writers.Wait()
		after, err := os.Stat(below)
		s.must(err)
		if before.Size() == 0 || before.Size() != after.Size() {
			t.Fatalf("%d bytes when it was detached, %d after", before.Size(), after.Size())
		}
		s.must(os.Remove(below))
	}
}

func TestStall(t *testing.T) {
	s := newStorage(t)
	s.must(s.node.stage("v", s.staging, s.attach()))
	s.shell("echo a > f", syscall.Credential{})
	stall := stallOf(s.node.data)
	s.must(stall.begin(time.Minute))
	killed := exec.Command("/bin/sh", "-c", "cat "+s.staging+"/f")
	s.must(killed.Start())
	answered := exec.Command("/bin/cat", s.staging+"/f")
	s.must(answered.Start())
	end := make(chan error, 2)
	go func() { end <- killed.Wait() }()
	select {
	case err := <-end:
		s.Fatal("it did not hang: ", err)
	case <-time.After(500 * time.Millisecond):
	}
	s.must(killed.Process.Kill())
	if err := <-end; err == nil {
		s.Error("a program that was killed is said to have succeeded")
	}
	s.must(stall.end())
	s.must(answered.Wait())
	s.must(stall.begin(time.Millisecond))
	s.shell("[ $(cat f) = a ]", syscall.Credential{})
}
