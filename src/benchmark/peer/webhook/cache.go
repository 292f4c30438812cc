package main

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// Only what is read, rather than all of client-go's scheme: that costs start-up time and memory.
var scheme = runtime.NewScheme()

func init() {
	utilruntime.Must(appsv1.AddToScheme(scheme))
	utilruntime.Must(corev1.AddToScheme(scheme))
	utilruntime.Must(storagev1.AddToScheme(scheme))
}

// byClaim is the index of Pods under the claims that they use.
const byClaim = "spec.volumes.persistentVolumeClaim.claimName"

// Of what there are thousands, nothing is kept that is not read.
func cacheOptions() cache.Options {
	return cache.Options{
		DefaultTransform: cache.TransformStripManagedFields(),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Pod{}:                   {Transform: small(smallPod)},
			&corev1.PersistentVolumeClaim{}: {Transform: small(smallClaim)},
			&corev1.PersistentVolume{}:      {Transform: small(smallVolume)},
		},
	}
}

// Before the manager starts, so that it is ready only when it knows all of them.
func startInformers(ctx context.Context, mgr manager.Manager) error {
	kinds := []client.Object{
		&corev1.PersistentVolumeClaim{}, &corev1.PersistentVolume{}, &storagev1.StorageClass{}, &storagev1.CSIDriver{},
	}
	for _, kind := range kinds {
		if _, err := mgr.GetCache().GetInformer(ctx, kind, cache.BlockUntilSynced(false)); err != nil {
			return err
		}
	}
	return mgr.GetFieldIndexer().IndexField(ctx, &corev1.Pod{}, byClaim, claimNames)
}

func claimNames(object client.Object) []string {
	var names []string
	for _, volume := range object.(*corev1.Pod).Spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			names = append(names, volume.PersistentVolumeClaim.ClaimName)
		}
	}
	return names
}

func small[T any](reduce func(T)) func(any) (any, error) {
	return func(object any) (any, error) {
		// anything else is a tombstone
		if known, ok := object.(T); ok {
			reduce(known)
		}
		return object, nil
	}
}

func smallMeta(meta metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: meta.Name, Namespace: meta.Namespace, UID: meta.UID, ResourceVersion: meta.ResourceVersion,
		DeletionTimestamp: meta.DeletionTimestamp, OwnerReferences: meta.OwnerReferences,
	}
}

func smallPod(pod *corev1.Pod) {
	var volumes []corev1.Volume
	for _, volume := range pod.Spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			volumes = append(volumes, volume)
		}
	}
	pod.ObjectMeta = smallMeta(pod.ObjectMeta)
	pod.Spec = corev1.PodSpec{NodeName: pod.Spec.NodeName, Volumes: volumes}
	pod.Status = corev1.PodStatus{Phase: pod.Status.Phase}
}

func smallClaim(claim *corev1.PersistentVolumeClaim) {
	claim.ObjectMeta = smallMeta(claim.ObjectMeta)
	claim.Spec = corev1.PersistentVolumeClaimSpec{
		AccessModes: claim.Spec.AccessModes, StorageClassName: claim.Spec.StorageClassName, VolumeName: claim.Spec.VolumeName,
	}
	claim.Status = corev1.PersistentVolumeClaimStatus{}
}

func smallVolume(volume *corev1.PersistentVolume) {
	volume.ObjectMeta = smallMeta(volume.ObjectMeta)
	spec := corev1.PersistentVolumeSpec{AccessModes: volume.Spec.AccessModes, ClaimRef: volume.Spec.ClaimRef}
	if volume.Spec.CSI != nil {
		spec.CSI = &corev1.CSIPersistentVolumeSource{Driver: volume.Spec.CSI.Driver}
	}
	volume.Spec = spec
	volume.Status = corev1.PersistentVolumeStatus{}
}
