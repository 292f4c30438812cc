package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// nodeServer mounts volumes on a node: by bind mounts, or fenced by views that are mounted elsewhere by bind mounts in turn.
type nodeServer struct {
	csi.UnimplementedNodeServer
	publications
	node    string
	address string
	revoked string
	lock    sync.Mutex
	// the fences of the views that this process serves, by where they are mounted
	views map[string]fence
}

func (n *nodeServer) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: n.node}, nil
}

func (n *nodeServer) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	response := &csi.NodeGetCapabilitiesResponse{}
	for _, capability := range []csi.NodeServiceCapability_RPC_Type{
		csi.NodeServiceCapability_RPC_STAGE_UNSTAGE_VOLUME,
		csi.NodeServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		response.Capabilities = append(response.Capabilities, &csi.NodeServiceCapability{
			Type: &csi.NodeServiceCapability_Rpc{Rpc: &csi.NodeServiceCapability_RPC{Type: capability}}})
	}
	return response, nil
}

func (n *nodeServer) NodeStageVolume(_ context.Context, request *csi.NodeStageVolumeRequest) (*csi.NodeStageVolumeResponse, error) {
	return &csi.NodeStageVolumeResponse{}, n.stage(request.VolumeId, request.StagingTargetPath, request.PublishContext)
}

func (n *nodeServer) NodeUnstageVolume(_ context.Context, request *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	return &csi.NodeUnstageVolumeResponse{}, n.unbind(request.StagingTargetPath)
}

func (n *nodeServer) NodePublishVolume(_ context.Context, request *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	// Attached anew to the same node, the volume may still be staged as it was before, and revoked: the kubelet knows nothing of that.
	if n.revoked != nothing {
		if err := n.stage(request.VolumeId, request.StagingTargetPath, request.PublishContext); err != nil {
			return nil, err
		}
	}
	return &csi.NodePublishVolumeResponse{}, bind(request.StagingTargetPath, request.TargetPath, request.Readonly)
}

func (n *nodeServer) NodeUnpublishVolume(_ context.Context, request *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	return &csi.NodeUnpublishVolumeResponse{}, n.unbind(request.TargetPath)
}

func (n *nodeServer) stage(volume, at string, given map[string]string) error {
	if strings.ContainsRune(volume, filepath.Separator) {
		return status.Errorf(codes.InvalidArgument, "no volume can be called %s", volume)
	}
	directory := filepath.Join(n.data, "volumes", volume)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	if n.revoked == nothing {
		return bind(directory, at, false)
	}
	n.lock.Lock()
	defer n.lock.Unlock()
	wanted := n.fence(volume, n.node, given[publication])
	if n.revoked == byBlock {
		wanted = clients(n.data).fence(n.address)
	}
	leave, may := wanted.enter()
	if !may {
		return status.Errorf(codes.FailedPrecondition, "volume %s is not attached to %s, or not any more by this publication, or the storage blocks %s", volume, n.node, n.node)
	}
	leave()
	mounted, err := isMountPoint(at)
	if err != nil || mounted && n.views[at] == wanted {
		return err
	}
	// of an earlier publication, or of a process that has ended
	if err := n.unbind(at); err != nil {
		return err
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	if err := mountView(directory, volume, at, wanted, stallOf(n.data)); err != nil {
		return err
	}
	if n.views == nil {
		n.views = map[string]fence{}
	}
	n.views[at] = wanted
	return nil
}

// bind mounts a directory at another one, unless something is mounted there already: a call may be repeated.
func bind(from, to string, readOnly bool) error {
	if mounted, err := isMountPoint(to); mounted || err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if readOnly {
		return unix.Mount("", to, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
	}
	return nil
}

func (n *nodeServer) unbind(path string) error {
	flags := 0
	if n.revoked != nothing {
		// It does not matter who still has a file open there: the fence keeps him from the volume.
		flags = unix.MNT_DETACH
	}
	for {
		mounted, err := isMountPoint(path)
		if err != nil {
			return err
		}
		if !mounted {
			if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		}
		if err := unix.Unmount(path, flags); err != nil {
			return err
		}
	}
}

// isMountPoint looks into the list of mounts: a bind mount from the same file system has the same device as the directory above it, and of a
// view that is revoked or dead nothing can be learned.
func isMountPoint(path string) (bool, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false, err
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		if fields := strings.Fields(line); len(fields) > 4 && fields[4] == path {
			return true, nil
		}
	}
	return false, nil
}
