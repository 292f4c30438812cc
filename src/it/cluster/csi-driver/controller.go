package main

import (
	"context"
	"errors"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// controller gives a volume to one node at a time. Which one has it is written in a file, so that a controller that starts anew knows it.
type controller struct {
	csi.UnimplementedControllerServer
	data string
	lock sync.Mutex
}

func (c *controller) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	response := &csi.ControllerGetCapabilitiesResponse{}
	for _, capability := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_PUBLISH_UNPUBLISH_VOLUME,
		csi.ControllerServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		response.Capabilities = append(response.Capabilities, &csi.ControllerServiceCapability{
			Type: &csi.ControllerServiceCapability_Rpc{Rpc: &csi.ControllerServiceCapability_RPC{Type: capability}}})
	}
	return response, nil
}

func (c *controller) ControllerPublishVolume(_ context.Context, request *csi.ControllerPublishVolumeRequest) (*csi.ControllerPublishVolumeResponse, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	holder, err := c.holder(request.VolumeId)
	if err != nil {
		return nil, err
	}
	if holder != "" && holder != request.NodeId {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s is attached to %s", request.VolumeId, holder)
	}
	if err := os.MkdirAll(filepath.Dir(c.file(request.VolumeId)), 0o755); err != nil {
		return nil, err
	}
	log.Printf("attach %s to %s", request.VolumeId, request.NodeId)
	return &csi.ControllerPublishVolumeResponse{}, os.WriteFile(c.file(request.VolumeId), []byte(request.NodeId), 0o644)
}

func (c *controller) ControllerUnpublishVolume(_ context.Context, request *csi.ControllerUnpublishVolumeRequest) (*csi.ControllerUnpublishVolumeResponse, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	holder, err := c.holder(request.VolumeId)
	if err != nil {
		return nil, err
	}
	if holder == request.NodeId || request.NodeId == "" {
		log.Printf("detach %s from %s", request.VolumeId, holder)
		if err := os.Remove(c.file(request.VolumeId)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return &csi.ControllerUnpublishVolumeResponse{}, nil
}

// holder is the node that a volume is attached to, or nothing.
func (c *controller) holder(volume string) (string, error) {
	if strings.ContainsRune(volume, filepath.Separator) {
		return "", status.Errorf(codes.InvalidArgument, "no volume can be called %s", volume)
	}
	content, err := os.ReadFile(c.file(volume))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(content), err
}

func (c *controller) file(volume string) string {
	return filepath.Join(c.data, "attached", volume)
}
