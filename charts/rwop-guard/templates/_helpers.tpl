{{- define "rwop-guard.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Of every object. 50 characters leave room for the longest suffix. */ -}}
{{- define "rwop-guard.fullname" -}}
{{- $name := include "rwop-guard.name" . -}}
{{- $made := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ .Values.fullnameOverride | default $made | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "rwop-guard.selector" -}}
app.kubernetes.io/name: {{ include "rwop-guard.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: webhook
{{- end }}

{{- /* Without the component, by which Services and budgets choose Pods: a test's Pod is none of theirs. */ -}}
{{- define "rwop-guard.labels" -}}
app.kubernetes.io/name: {{ include "rwop-guard.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "rwop-guard.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (include "rwop-guard.fullname" .) }}
{{- end }}

{{- define "rwop-guard.controllerName" -}}
{{ include "rwop-guard.fullname" . }}-controller
{{- end }}

{{- define "rwop-guard.controllerSelector" -}}
app.kubernetes.io/name: {{ include "rwop-guard.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end }}

{{- define "rwop-guard.controllerServiceAccountName" -}}
{{ .Values.controller.serviceAccount.name | default (include "rwop-guard.controllerName" .) }}
{{- end }}

{{- /* What the controller's Pods run; empty where they have nothing to do. */ -}}
{{- define "rwop-guard.controllerParts" -}}
{{- $parts := list -}}
{{- if ne (include "rwop-guard.failoverMode" .) "off" -}}{{- $parts = append $parts "failover" -}}{{- end -}}
{{- if eq .Values.certificates.mode "self" -}}{{- $parts = append $parts "certificates" -}}{{- end -}}
{{- join "," $parts -}}
{{- end }}

{{- /* global.imageRegistry replaces the registry of the repository: its first part, if that has a dot or a port. */ -}}
{{- define "rwop-guard.image" -}}
{{- $repository := .Values.image.repository -}}
{{- with .Values.global.imageRegistry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $repository "") -}}
{{- end -}}
{{- /* The default: no host below .invalid exists (RFC 6761), so that no stranger can serve an image by its name. */ -}}
{{- if and (hasPrefix "registry.invalid/" $repository) (ne .Values.image.pullPolicy "Never") -}}
{{- fail (printf "image.repository: %s is a placeholder that no node can pull, so no Pod would start. Set image.repository to the name of your image (docs/installation/image.md says how to build one), or set image.pullPolicy to Never if every node has the image already" $repository) -}}
{{- end -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ $repository }}@{{ .digest }}
{{- else -}}
{{ $repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The Secret with the serving certificate, in every mode. */ -}}
{{- define "rwop-guard.tlsSecret" -}}
{{- if eq .Values.certificates.mode "existing" -}}
{{ .Values.certificates.existing.secretName }}
{{- else -}}
{{ include "rwop-guard.fullname" . }}-tls
{{- end }}
{{- end }}

{{- /* The Secret with the CA's key, in mode self. */ -}}
{{- define "rwop-guard.caSecret" -}}
{{ include "rwop-guard.fullname" . }}-ca
{{- end }}

{{- define "rwop-guard.tlsDirectory" -}}/etc/rwop-guard/tls{{- end }}

{{- /* The names by which clients in the cluster verify the serving certificate, the management port's included. */ -}}
{{- define "rwop-guard.servingName" -}}
{{ include "rwop-guard.fullname" . }}.{{ .Release.Namespace }}.svc
{{- end }}

{{- /* Of a kubelet's probe, which verifies no certificate. */ -}}
{{- define "rwop-guard.probeScheme" -}}
{{- if .Values.management.secure }}, scheme: HTTPS{{ end -}}
{{- end }}

{{- /* The ClusterRole of those who may read metrics and the report of failover. */ -}}
{{- define "rwop-guard.metricsReader" -}}
{{ include "rwop-guard.fullname" . }}-metrics-reader
{{- end }}

{{- /* The ServiceAccount as which Prometheus reads; empty if the user has another one. */ -}}
{{- define "rwop-guard.metricsAccount" -}}
{{- if and .Values.management.secure .Values.serviceMonitor.enabled (not .Values.serviceMonitor.authorization) -}}
{{ include "rwop-guard.fullname" . }}-metrics
{{- end -}}
{{- end }}

{{- /* Whether the controllers mount the serving certificate, which they present on the management port. */ -}}
{{- define "rwop-guard.controllerMountsTls" -}}
{{- if and .Values.management.secure (ne .Values.certificates.mode "self") }}true{{ end -}}
{{- end }}

{{- /* The Lease by which the Pods agree on who makes the certificate in mode self. */ -}}
{{- define "rwop-guard.lease" -}}
{{ include "rwop-guard.fullname" . }}-certificates
{{- end }}

{{- /* A value of off without quotes is a boolean by the time it gets here. */ -}}
{{- define "rwop-guard.failoverMode" -}}
{{- .Values.failover.mode | default "off" -}}
{{- end }}

{{- /* The Lease by which the Pods agree on who acts on dead nodes. */ -}}
{{- define "rwop-guard.failoverLease" -}}
{{ include "rwop-guard.fullname" . }}-failover
{{- end }}

{{- /* Every way of release that is chosen somewhere, with commas around each. */ -}}
{{- define "rwop-guard.failoverReleases" -}}
,{{ .Values.failover.release }},
{{- range .Values.failover.drivers }}{{ .release }},{{ end }}
{{- range .Values.failover.storageClasses }}{{ .release }},{{ end }}
{{- end }}

{{- /* Below a whole processor the JVM's second compiler takes the time that requests wait for: docs/reports/performance.md. */}}
{{- define "rwop-guard.jvmOptions" -}}
{{- $cpu := dig "limits" "cpu" "" .Values.resources | default "" | toString }}
{{- if $cpu }}
{{- $thousandths := ternary ($cpu | trimSuffix "m" | float64) (mulf ($cpu | float64) 1000) (hasSuffix "m" $cpu) }}
{{- if lt $thousandths 1000.0 }}-XX:TieredStopAtLevel=1{{ end }}
{{- end }}
{{- end }}

{{- /* The rules of a Pod that asks the API server alone, by a name too: extraEnv may name a host. */}}
{{- define "rwop-guard.apiServerEgress" -}}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with .Values.networkPolicy.apiServerTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- ports:
    {{- range .Values.networkPolicy.dnsPorts }}
    - {port: {{ . }}, protocol: UDP}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end }}

{{- /* The rule of a Pod that exports traces. A policy sees the port behind a Service, which is the same where `networkPolicy.collectorPorts` is empty. */ -}}
{{- define "rwop-guard.collectorEgress" -}}
{{- with .Values.tracing.endpoint }}
{{- $port := ternary 443 80 (hasPrefix "https://" .) }}
{{- $given := regexFind ":[0-9]+$" ((urlParse .).host) | trimPrefix ":" }}
- ports:
    {{- range $.Values.networkPolicy.collectorPorts | default (list ($given | default $port | int)) }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with $.Values.networkPolicy.collectorTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* Whether the cluster has this version of Kubernetes or a later one, pre-releases included; empty if not: (list . "1.30"). */ -}}
{{- define "rwop-guard.atLeast" -}}
{{- if semverCompare (printf ">=%s.0-0" (index . 1)) (index . 0).Capabilities.KubeVersion.Version }}true{{ end -}}
{{- end }}

{{- /* Refuses what is guarded by a ValidatingAdmissionPolicy where there is none, since a guard that is left out protects nothing: (list . "value"). */ -}}
{{- define "rwop-guard.needsPolicies" -}}
{{- $context := index . 0 -}}
{{- if not (include "rwop-guard.atLeast" (list $context "1.30")) -}}
{{- fail (printf "%s: It needs a ValidatingAdmissionPolicy, which Kubernetes has since 1.30, and this cluster has %s. Upgrade the cluster, or remove the value" (index . 1) $context.Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- end }}
