package main

import (
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	period    = 5
	threshold = 2
	timeout   = 3
	// an hour to start
	startupThreshold   = 3600 / period
	defaultGracePeriod = 30
	traceAnnotation    = "rwop-guard.io/mutated"
)

// edits are made in a pod template that uses these volumes.
type edits struct {
	template *corev1.PodTemplateSpec
	volumes  []string
	attached bool
	trace    trace
	warnings []string
}

// trace has what each edit replaced, by the field.
type trace struct {
	Liveness map[string]any `json:"liveness,omitempty"`
	Startup  map[string]any `json:"startup,omitempty"`
	Grace    map[string]any `json:"grace,omitempty"`
}

func (e *edits) make() error {
	hooks := false
	for i := range e.template.Spec.Containers {
		container := &e.template.Spec.Containers[i]
		hooks = hooks || container.Lifecycle != nil && container.Lifecycle.PreStop != nil
		if slices.ContainsFunc(container.VolumeMounts, func(mount corev1.VolumeMount) bool { return slices.Contains(e.volumes, mount.Name) }) {
			e.probes(fmt.Sprintf("spec.containers[%d]", i), container)
		}
	}
	if !hooks {
		e.grace()
	}
	if e.trace.Liveness == nil && e.trace.Startup == nil && e.trace.Grace == nil {
		return nil
	}
	text, err := json.Marshal(e.trace)
	if err != nil {
		return err
	}
	if e.template.Annotations == nil {
		e.template.Annotations = map[string]string{}
	}
	e.template.Annotations[traceAnnotation] = string(text)
	return nil
}

func (e *edits) probes(path string, container *corev1.Container) {
	before := container.LivenessProbe
	switch {
	case before != nil && isQuick(before):
		return
	case before != nil:
		probe := *before
		container.LivenessProbe = &probe
		e.trace.Liveness = note(e.trace.Liveness, path+".livenessProbe.periodSeconds", before.PeriodSeconds)
		e.trace.Liveness = note(e.trace.Liveness, path+".livenessProbe.failureThreshold", before.FailureThreshold)
	default:
		check, found := checkOf(container)
		if !found {
			e.warnings = append(e.warnings, "container "+container.Name+": no liveness probe was added, since no port, probe or profile shows how to check it")
			return
		}
		container.LivenessProbe = &corev1.Probe{ProbeHandler: check, TimeoutSeconds: timeout}
		e.trace.Liveness = note(e.trace.Liveness, path+".livenessProbe", nil)
	}
	container.LivenessProbe.PeriodSeconds = period
	container.LivenessProbe.FailureThreshold = threshold
	if container.StartupProbe == nil {
		// the same check, with times of its own
		startup := corev1.Probe{
			ProbeHandler: container.LivenessProbe.ProbeHandler, TimeoutSeconds: container.LivenessProbe.TimeoutSeconds,
			PeriodSeconds: period, FailureThreshold: startupThreshold,
		}
		container.StartupProbe = &startup
		e.trace.Startup = note(e.trace.Startup, path+".startupProbe", nil)
	}
}

func isQuick(probe *corev1.Probe) bool {
	return max(probe.PeriodSeconds, probe.TimeoutSeconds)*probe.FailureThreshold <= period*threshold
}

func checkOf(container *corev1.Container) (corev1.ProbeHandler, bool) {
	if container.StartupProbe != nil {
		return container.StartupProbe.ProbeHandler, true
	}
	for _, port := range container.Ports {
		if port.Protocol == "" || port.Protocol == corev1.ProtocolTCP {
			return corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(port.ContainerPort)}}, true
		}
	}
	return corev1.ProbeHandler{}, false
}

func (e *edits) grace() {
	spec := &e.template.Spec
	now, wanted := int64(defaultGracePeriod), int64(0)
	if spec.TerminationGracePeriodSeconds != nil {
		now = *spec.TerminationGracePeriodSeconds
	}
	if !e.attached {
		wanted = 1
	}
	if now == wanted {
		return
	}
	var before any
	if spec.TerminationGracePeriodSeconds != nil {
		before = now
	}
	e.trace.Grace = note(e.trace.Grace, "spec.terminationGracePeriodSeconds", before)
	spec.TerminationGracePeriodSeconds = &wanted
	if now > defaultGracePeriod {
		e.warnings = append(e.warnings, fmt.Sprintf(
			"terminationGracePeriodSeconds is now %d instead of %d; the annotation rwop-guard.io/grace: probe keeps the old value", wanted, now))
	}
}

func note(fields map[string]any, field string, before any) map[string]any {
	if fields == nil {
		fields = map[string]any{}
	}
	fields[field] = before
	return fields
}
