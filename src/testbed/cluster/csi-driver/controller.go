package main

import (
	"context"
	"log"
	"sync"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// publication is what a node is told of the attachment that it mounts a volume by: its token.
const publication = "publication"

// controller gives a volume to one node at a time.
type controller struct {
	csi.UnimplementedControllerServer
	publications
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
	holder, token, err := c.of(request.VolumeId)
	if err != nil {
		return nil, err
	}
	if holder != "" && holder != request.NodeId {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s is attached to %s", request.VolumeId, holder)
	}
	// a call may be repeated, and is then about the same publication
	if holder == "" {
		if err := c.drain(request.VolumeId); err != nil {
			return nil, err
		}
		log.Printf("attach %s to %s", request.VolumeId, request.NodeId)
		if token, err = c.grant(request.VolumeId, request.NodeId); err != nil {
			return nil, err
		}
	}
	return &csi.ControllerPublishVolumeResponse{PublishContext: map[string]string{publication: token}}, nil
}

func (c *controller) ControllerUnpublishVolume(_ context.Context, request *csi.ControllerUnpublishVolumeRequest) (*csi.ControllerUnpublishVolumeResponse, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	holder, _, err := c.of(request.VolumeId)
	if err != nil {
		return nil, err
	}
	// with no holder there may be a revocation to bring to its end
	if holder == "" || holder == request.NodeId || request.NodeId == "" {
		log.Printf("detach %s from %s", request.VolumeId, holder)
		if err := c.revoke(request.VolumeId); err != nil {
			return nil, err
		}
	}
	return &csi.ControllerUnpublishVolumeResponse{}, nil
}
