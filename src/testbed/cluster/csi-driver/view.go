package main

import (
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// view is a node's view of a volume: a FUSE file system that passes each request to the volume's directory if the fence lets it, and fails it
// with EIO otherwise, also one through a file that has been open for long. The kernel keeps nothing that it could answer by itself. (What is
// mapped into memory, privately as only that can be, is the exception.)
// No method is inherited: one that a later go-fuse adds does not go round the fence unseen.
type view struct {
	volume fuse.RawFileSystem
	fence  fence
	stall  stall
}

// mountView returns once the volume can be used there. It ends with its last use after it was unmounted, or with this process.
func mountView(volume, name, at string, fence fence, stall stall) error {
	root, err := fs.NewLoopbackRoot(volume)
	if err != nil {
		return err
	}
	never := time.Duration(0)
	options := &fs.Options{
		EntryTimeout: &never, AttrTimeout: &never, NegativeTimeout: &never,
		// permissions are as they are, and the kernel checks them
		NullPermissions: true,
		MountOptions: fuse.MountOptions{
			FsName: name, Name: "fenced", DirectMountStrict: true, AllowOther: true, Options: []string{"default_permissions"},
			// with these the kernel would read and write by itself, or later
			DisabledCapabilities: fuse.CAP_PASSTHROUGH | fuse.CAP_WRITEBACK_CACHE | fuse.CAP_CACHE_SYMLINKS,
		},
	}
	server, err := fuse.NewServer(&view{fs.NewNodeFS(root, options), fence, stall}, at, &options.MountOptions)
	if err != nil {
		return err
	}
	go server.Serve()
	return server.WaitMount()
}

func guarded[T any](v *view, c <-chan struct{}, pass func() (T, fuse.Status)) (T, fuse.Status) {
	if !v.stall.wait(c) {
		return *new(T), fuse.EINTR
	}
	return fenced(v, pass)
}

func fenced[T any](v *view, pass func() (T, fuse.Status)) (T, fuse.Status) {
	leave, may := v.fence.enter()
	if !may {
		return *new(T), fuse.EIO
	}
	defer leave()
	return pass()
}

func (v *view) guard(c <-chan struct{}, pass func() fuse.Status) fuse.Status {
	_, code := guarded(v, c, func() (struct{}, fuse.Status) { return struct{}{}, pass() })
	return code
}

// pass is guard for what does not hang.
func (v *view) pass(pass func() fuse.Status) fuse.Status {
	_, code := fenced(v, func() (struct{}, fuse.Status) { return struct{}{}, pass() })
	return code
}

// inherit gives a new file the group of a directory that says so, as fsGroup wants; the directory below does it, but go-fuse then sets the owner
// that it is told.
func (v *view) inherit(cancel <-chan struct{}, header *fuse.InHeader) {
	var directory fuse.AttrOut
	input := &fuse.GetAttrIn{InHeader: fuse.InHeader{NodeId: header.NodeId, Caller: header.Caller}}
	if v.volume.GetAttr(cancel, input, &directory).Ok() && directory.Mode&unix.S_ISGID != 0 {
		header.Gid = directory.Gid
	}
}

// direct: the kernel asks here for all that is read, and hands over at once all that is written.
func direct(opened *fuse.OpenOut) { opened.OpenFlags = fuse.FOPEN_DIRECT_IO }

// What a program says when it opens a file and the volume's directory is not told: the buffers here are not aligned as O_DIRECT wants them.
const untold = unix.O_DIRECT

func (v *view) Create(c <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	return v.guard(c, func() fuse.Status {
		v.inherit(c, &in.InHeader)
		in.Flags &^= untold
		defer direct(&out.OpenOut)
		return v.volume.Create(c, in, name, out)
	})
}

// Tmpfile: programs do without it, and what go-fuse makes could not be given a name.
func (v *view) Tmpfile(c <-chan struct{}, in *fuse.CreateIn, out *fuse.CreateOut) fuse.Status {
	return fuse.ENOSYS
}

func (v *view) Open(c <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	return v.guard(c, func() fuse.Status {
		in.Flags &^= untold
		defer direct(out)
		return v.volume.Open(c, in, out)
	})
}

// Read fetches the data here: go-fuse's own files would do so after the request has left the fence.
func (v *view) Read(c <-chan struct{}, in *fuse.ReadIn, buffer []byte) (fuse.ReadResult, fuse.Status) {
	return guarded(v, c, func() (fuse.ReadResult, fuse.Status) {
		result, code := v.volume.Read(c, in, buffer)
		if !code.Ok() {
			return nil, code
		}
		defer result.Done()
		data, code := result.Bytes(buffer)
		return fuse.ReadResultData(data), code
	})
}

func (v *view) Mkdir(c <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	return v.guard(c, func() fuse.Status { v.inherit(c, &in.InHeader); return v.volume.Mkdir(c, in, name, out) })
}

func (v *view) Mknod(c <-chan struct{}, in *fuse.MknodIn, name string, out *fuse.EntryOut) fuse.Status {
	return v.guard(c, func() fuse.Status { v.inherit(c, &in.InHeader); return v.volume.Mknod(c, in, name, out) })
}

func (v *view) Symlink(c <-chan struct{}, in *fuse.InHeader, target, name string, out *fuse.EntryOut) fuse.Status {
	return v.guard(c, func() fuse.Status { v.inherit(c, in); return v.volume.Symlink(c, in, target, name, out) })
}

func (v *view) String() string { return "a view of " + v.fence.file }
