package main

import "github.com/hanwen/go-fuse/v2/fuse"

// What a view passes on as it is, if its fence lets it.

func (v *view) Lookup(c <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Lookup(c, in, name, out) })
}

func (v *view) GetAttr(c <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.GetAttr(c, in, out) })
}

func (v *view) SetAttr(c <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.SetAttr(c, in, out) })
}

func (v *view) Unlink(c <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Unlink(c, in, name) })
}

func (v *view) Rmdir(c <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Rmdir(c, in, name) })
}

func (v *view) Rename(c <-chan struct{}, in *fuse.RenameIn, oldName string, newName string) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Rename(c, in, oldName, newName) })
}

func (v *view) Link(c <-chan struct{}, in *fuse.LinkIn, filename string, out *fuse.EntryOut) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Link(c, in, filename, out) })
}

func (v *view) Readlink(c <-chan struct{}, in *fuse.InHeader) ([]byte, fuse.Status) {
	return guarded(v, c, func() ([]byte, fuse.Status) { return v.volume.Readlink(c, in) })
}

func (v *view) Access(c <-chan struct{}, in *fuse.AccessIn) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Access(c, in) })
}

func (v *view) GetXAttr(c <-chan struct{}, in *fuse.InHeader, attr string, dest []byte) (uint32, fuse.Status) {
	return guarded(v, c, func() (uint32, fuse.Status) { return v.volume.GetXAttr(c, in, attr, dest) })
}

func (v *view) ListXAttr(c <-chan struct{}, in *fuse.InHeader, dest []byte) (uint32, fuse.Status) {
	return guarded(v, c, func() (uint32, fuse.Status) { return v.volume.ListXAttr(c, in, dest) })
}

func (v *view) SetXAttr(c <-chan struct{}, in *fuse.SetXAttrIn, attr string, data []byte) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.SetXAttr(c, in, attr, data) })
}

func (v *view) RemoveXAttr(c <-chan struct{}, in *fuse.InHeader, attr string) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.RemoveXAttr(c, in, attr) })
}

func (v *view) Lseek(c <-chan struct{}, in *fuse.LseekIn, out *fuse.LseekOut) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Lseek(c, in, out) })
}

func (v *view) Write(c <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	return guarded(v, c, func() (uint32, fuse.Status) { return v.volume.Write(c, in, data) })
}

func (v *view) Writev(c <-chan struct{}, in *fuse.WriteIn, data [][]byte) (uint32, fuse.Status) {
	return guarded(v, c, func() (uint32, fuse.Status) { return v.volume.Writev(c, in, data) })
}

func (v *view) CopyFileRange(c <-chan struct{}, in *fuse.CopyFileRangeIn) (uint32, fuse.Status) {
	return guarded(v, c, func() (uint32, fuse.Status) { return v.volume.CopyFileRange(c, in) })
}

func (v *view) Ioctl(c <-chan struct{}, in *fuse.IoctlIn, inbuf []byte, out *fuse.IoctlOut, outbuf []byte) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Ioctl(c, in, inbuf, out, outbuf) })
}

// Flush never hangs: a program that is killed still closes its files.
func (v *view) Flush(c <-chan struct{}, in *fuse.FlushIn) fuse.Status {
	return v.pass(func() fuse.Status { return v.volume.Flush(c, in) })
}

func (v *view) Fsync(c <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Fsync(c, in) })
}

func (v *view) Fallocate(c <-chan struct{}, in *fuse.FallocateIn) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Fallocate(c, in) })
}

func (v *view) OpenDir(c <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.OpenDir(c, in, out) })
}

func (v *view) ReadDir(c <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.ReadDir(c, in, out) })
}

func (v *view) ReadDirPlus(c <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.ReadDirPlus(c, in, out) })
}

func (v *view) FsyncDir(c <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.FsyncDir(c, in) })
}

func (v *view) StatFs(c <-chan struct{}, in *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.StatFs(c, in, out) })
}

func (v *view) Statx(c <-chan struct{}, in *fuse.StatxIn, out *fuse.StatxOut) fuse.Status {
	return v.guard(c, func() fuse.Status { return v.volume.Statx(c, in, out) })
}

// The kernel does not ask for these: it keeps locks itself, for the processes of a node.

func (v *view) GetLk(c <-chan struct{}, in *fuse.LkIn, out *fuse.LkOut) fuse.Status {
	return fuse.ENOSYS
}

func (v *view) SetLk(c <-chan struct{}, in *fuse.LkIn) fuse.Status { return fuse.ENOSYS }

func (v *view) SetLkw(c <-chan struct{}, in *fuse.LkIn) fuse.Status { return fuse.ENOSYS }

// These are let through: they give back what was opened, or are no requests.

func (v *view) SetDebug(debug bool) { v.volume.SetDebug(debug) }

func (v *view) Forget(nodeid, nlookup uint64) { v.volume.Forget(nodeid, nlookup) }

func (v *view) Release(c <-chan struct{}, in *fuse.ReleaseIn) { v.volume.Release(c, in) }

func (v *view) ReleaseDir(in *fuse.ReleaseIn) { v.volume.ReleaseDir(in) }

func (v *view) Init(server *fuse.Server) { v.volume.Init(server) }

func (v *view) OnUnmount() { v.volume.OnUnmount() }
