package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// validator has two of the service's rules, sole-access-mode and csi-only.
type validator struct {
	claims  *claims
	decoder admission.Decoder
}

func (v *validator) Handle(ctx context.Context, req admission.Request) admission.Response {
	if req.Operation != admissionv1.Create && req.Operation != admissionv1.Update || req.SubResource != "" {
		return admission.Allowed("")
	}
	var denial, warning string
	var err error
	switch req.Kind.Kind {
	case "PersistentVolume":
		var volume corev1.PersistentVolume
		if err = v.decoder.Decode(req, &volume); err == nil {
			denial = ofVolume(&volume)
		}
	case "PersistentVolumeClaim":
		var claim corev1.PersistentVolumeClaim
		if err = v.decoder.Decode(req, &claim); err == nil {
			denial, warning = v.ofClaim(ctx, "spec", &claim.Spec)
		}
	case "StatefulSet":
		var set appsv1.StatefulSet
		if err = v.decoder.Decode(req, &set); err == nil {
			denial, warning = v.ofTemplates(ctx, set.Spec.VolumeClaimTemplates)
		}
	}
	if err != nil {
		return admission.Errored(http.StatusBadRequest, err)
	}
	if denial != "" {
		return admission.Denied(denial)
	}
	if warning != "" {
		return admission.Allowed("").WithWarnings(warning)
	}
	return admission.Allowed("")
}

func ofVolume(volume *corev1.PersistentVolume) string {
	modes := volume.Spec.AccessModes
	if isMixed(modes) {
		return mixed("spec", modes)
	}
	if isExclusive(modes) && volume.Spec.CSI == nil {
		return "spec: ReadWriteOncePod needs a CSI driver that enforces it at the storage, but this volume has none; " +
			"use a volume of a CSI driver, or write accessModes: [\"ReadWriteOnce\"] (csi-only)"
	}
	return ""
}

func (v *validator) ofTemplates(ctx context.Context, templates []corev1.PersistentVolumeClaim) (denial, warning string) {
	for i := range templates {
		field := fmt.Sprintf("spec.volumeClaimTemplates[%d].spec", i)
		if denial, warning = v.ofClaim(ctx, field, &templates[i].Spec); denial != "" {
			break
		}
	}
	return denial, warning
}

func (v *validator) ofClaim(ctx context.Context, field string, claim *corev1.PersistentVolumeClaimSpec) (denial, warning string) {
	if isMixed(claim.AccessModes) {
		return mixed(field, claim.AccessModes), ""
	}
	if isExclusive(claim.AccessModes) && strings.HasPrefix(v.claims.provisioner(ctx, claim.StorageClassName), "kubernetes.io/") {
		return "", field + ".storageClassName: ReadWriteOncePod needs a CSI driver to enforce it at the storage; " +
			"use a StorageClass of a CSI driver (csi-only)"
	}
	return "", ""
}

func mixed(field string, modes []corev1.PersistentVolumeAccessMode) string {
	return fmt.Sprintf("%s.accessModes: ReadWriteOncePod stands beside another mode in %v, and nothing enforces a single Pod unless it is "+
		"the only mode; write accessModes: [\"ReadWriteOncePod\"] only, or remove ReadWriteOncePod (sole-access-mode)", field, modes)
}
