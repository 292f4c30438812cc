package main

import (
	"context"
	"encoding/json"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// mutator sets up the templates of StatefulSets and Deployments on ReadWriteOncePod volumes as the service does by default: probes, grace
// period and the annotation that tells of them.
type mutator struct {
	claims  *claims
	decoder admission.Decoder
}

func (m *mutator) Handle(ctx context.Context, req admission.Request) admission.Response {
	if req.Operation != admissionv1.Create && req.Operation != admissionv1.Update || req.SubResource != "" {
		return admission.Allowed("")
	}
	switch req.Kind.Kind {
	case "StatefulSet":
		var set, old appsv1.StatefulSet
		if err := m.decode(req, &set, &old); err != nil {
			return admission.Errored(http.StatusBadRequest, err)
		}
		return m.answer(ctx, req, &set, &set.Spec.Template, &old.Spec.Template, set.Spec.VolumeClaimTemplates)
	case "Deployment":
		var deployment, old appsv1.Deployment
		if err := m.decode(req, &deployment, &old); err != nil {
			return admission.Errored(http.StatusBadRequest, err)
		}
		return m.answer(ctx, req, &deployment, &deployment.Spec.Template, &old.Spec.Template, nil)
	}
	return admission.Allowed("")
}

func (m *mutator) decode(req admission.Request, object, old runtime.Object) error {
	if err := m.decoder.Decode(req, object); err != nil || req.Operation == admissionv1.Create {
		return err
	}
	return m.decoder.DecodeRaw(req.OldObject, old)
}

func (m *mutator) answer(
	ctx context.Context, req admission.Request, object metav1.Object, template, old *corev1.PodTemplateSpec,
	claimTemplates []corev1.PersistentVolumeClaim,
) admission.Response {
	// a controller would undo it for ever, and an update that leaves the template alone restarts nothing
	if metav1.GetControllerOf(object) != nil || object.GetDeletionTimestamp() != nil ||
		req.Operation == admissionv1.Update && apiequality.Semantic.DeepEqual(template, old) {
		return admission.Allowed("")
	}
	volumes, attached := m.claims.exclusiveVolumes(ctx, req.Namespace, &template.Spec, claimTemplates)
	if len(volumes) == 0 {
		return admission.Allowed("")
	}
	edits := &edits{template: template, volumes: volumes, attached: attached}
	if err := edits.make(); err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.PatchResponseFromRaw(req.Object.Raw, raw).WithWarnings(edits.warnings...)
}
