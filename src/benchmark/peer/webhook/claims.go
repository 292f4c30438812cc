package main

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// claims answers from the cache what claims and their storage are.
type claims struct{ known client.Reader }

func isExclusive(modes []corev1.PersistentVolumeAccessMode) bool {
	return len(modes) == 1 && modes[0] == corev1.ReadWriteOncePod
}

func isMixed(modes []corev1.PersistentVolumeAccessMode) bool {
	return len(modes) > 1 && slices.Contains(modes, corev1.ReadWriteOncePod)
}

// exclusiveVolumes finds the volumes of a pod template that only one Pod may use, and whether each of their drivers attaches volumes.
func (c *claims) exclusiveVolumes(
	ctx context.Context, namespace string, spec *corev1.PodSpec, templates []corev1.PersistentVolumeClaim,
) (names []string, attached bool) {
	attached = true
	add := func(name, driver string) {
		names = append(names, name)
		attached = attached && c.attaches(ctx, driver)
	}
	for i := range templates {
		if claim := &templates[i]; isExclusive(claim.Spec.AccessModes) {
			add(claim.Name, c.provisioner(ctx, claim.Spec.StorageClassName))
		}
	}
	for i := range spec.Volumes {
		volume := &spec.Volumes[i]
		switch {
		case slices.Contains(names, volume.Name): // the claim template goes before the volume of its name
		case volume.Ephemeral != nil && volume.Ephemeral.VolumeClaimTemplate != nil:
			if claim := volume.Ephemeral.VolumeClaimTemplate.Spec; isExclusive(claim.AccessModes) {
				add(volume.Name, c.provisioner(ctx, claim.StorageClassName))
			}
		case volume.PersistentVolumeClaim != nil:
			if driver, exclusive := c.ofClaim(ctx, namespace, volume.PersistentVolumeClaim.ClaimName); exclusive {
				add(volume.Name, driver)
			}
		}
	}
	return names, attached
}

func (c *claims) ofClaim(ctx context.Context, namespace, name string) (driver string, exclusive bool) {
	var claim corev1.PersistentVolumeClaim
	if c.known.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &claim) != nil {
		return "", false
	}
	exclusive = isExclusive(claim.Spec.AccessModes)
	if claim.Spec.VolumeName == "" {
		return c.provisioner(ctx, claim.Spec.StorageClassName), exclusive
	}
	var volume corev1.PersistentVolume
	if c.known.Get(ctx, types.NamespacedName{Name: claim.Spec.VolumeName}, &volume) != nil {
		return "", exclusive
	}
	if volume.Spec.CSI != nil {
		driver = volume.Spec.CSI.Driver
	}
	return driver, exclusive || isExclusive(volume.Spec.AccessModes)
}

func (c *claims) provisioner(ctx context.Context, class *string) string {
	if class == nil {
		return c.defaultProvisioner(ctx)
	}
	var known storagev1.StorageClass
	if c.known.Get(ctx, types.NamespacedName{Name: *class}, &known) != nil {
		return ""
	}
	return known.Provisioner
}

func (c *claims) defaultProvisioner(ctx context.Context) string {
	var classes storagev1.StorageClassList
	if c.known.List(ctx, &classes) != nil {
		return ""
	}
	for i := range classes.Items {
		if classes.Items[i].Annotations["storageclass.kubernetes.io/is-default-class"] == "true" {
			return classes.Items[i].Provisioner
		}
	}
	return ""
}

func (c *claims) attaches(ctx context.Context, driver string) bool {
	var known storagev1.CSIDriver
	if driver == "" || c.known.Get(ctx, types.NamespacedName{Name: driver}, &known) != nil {
		return true
	}
	return known.Spec.AttachRequired == nil || *known.Spec.AttachRequired
}
