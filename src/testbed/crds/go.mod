// The CRDs of VolumeSnapshots, as the CSI snapshot controller brings them. Nothing is built of it.
module io.rwopguard/crds

go 1.24

require github.com/kubernetes-csi/external-snapshotter/client/v8 v8.2.0
