{{- /*
What all Pods of this chart have in common: (dict "root" $ "account" "..." "secrets" true). "secrets" says whether Secrets are mounted;
"affinity" and "dnsPolicy" are there for Pods with another default, "once" for Pods that do not stay.
*/ -}}
{{- define "rwop-guard.pod" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ .account }}
{{- /* each of them asks the API server */}}
automountServiceAccountToken: true
enableServiceLinks: false
{{- with include "rwop-guard.pullSecrets" .root }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with $values.dnsPolicy | default .dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with $values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "rwop-guard.podSecurityContext" . | nindent 2 }}
{{- /* the image is for Linux alone, and a node of Windows would try to pull it forever */}}
nodeSelector:
  {{- mergeOverwrite (dict "kubernetes.io/os" "linux") ($values.nodeSelector | default dict) | toYaml | nindent 2 }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- /* rules about other Pods are for those that stay: they could leave no node for one that runs once */}}
{{- with .once | default false | ternary (pick ($values.affinity | default dict) "nodeAffinity") (.affinity | default $values.affinity) }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Those of the chart, and those of all charts of an installation, which are names or objects with a name. */ -}}
{{- define "rwop-guard.pullSecrets" -}}
{{- $secrets := .Values.image.pullSecrets | default list -}}
{{- range .Values.global.imagePullSecrets -}}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) -}}
{{- end -}}
{{- with $secrets | uniq }}{{ toYaml . }}{{ end -}}
{{- end }}

{{- /*
The image names its user by number, so that a Pod need not: OpenShift refuses an ID that is not in the range of the namespace, and chooses
one itself. A mounted Secret needs the group, except where OpenShift sets it.
*/ -}}
{{- define "rwop-guard.podSecurityContext" -}}
{{- $group := and .secrets (not (.root.Capabilities.APIVersions.Has "security.openshift.io/v1")) -}}
{{- $context := dict "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- range $field, $value := .root.Values.podSecurityContext -}}
{{- if and (not (kindIs "invalid" $value)) (or $group (ne $field "fsGroup")) -}}
{{- $_ := set $context $field $value -}}
{{- end -}}
{{- end -}}
{{ toYaml $context }}
{{- end }}

{{- /*
Labels and annotations of a Pod: (dict "root" $ "labels" (dict ...) "annotations" (dict ...)). The chart finds its Pods by its own labels,
so these win over those of the user.
*/ -}}
{{- define "rwop-guard.podMetadata" -}}
{{- $values := .root.Values -}}
{{- $labels := dict -}}
{{- $annotations := dict -}}
{{- if $values.mesh.optOut -}}
{{- $labels = dict "sidecar.istio.io/inject" "false" "istio.io/dataplane-mode" "none" -}}
{{- $annotations = dict "linkerd.io/inject" "disabled" -}}
{{- end -}}
labels:
  {{- mergeOverwrite $labels ($values.commonLabels | default dict) ($values.podLabels | default dict) .labels | toYaml | nindent 2 }}
{{- with mergeOverwrite $annotations ($values.podAnnotations | default dict) .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /*
Environment variables of the JVM, of tracing and of the user: (dict "root" $ "webhook" true). Of two entries with one name Kubernetes takes the last, so
JDK_JAVA_OPTIONS of both are one entry; the JVM takes the last of two options.
*/ -}}
{{- define "rwop-guard.environment" -}}
{{- $options := include "rwop-guard.jvmOptions" .root -}}
{{- $others := list -}}
{{- range .root.Values.extraEnv -}}
{{- if and $.webhook (regexMatch "^(_[A-Z0-9_]+_)?RWOP_GUARD_FAILOVER_" (regexReplaceAll "[^A-Z0-9]" (.name | upper) "_")) -}}
{{- /* a mistake in failover's settings stops no webhook */ -}}
{{- else if and (eq .name "JDK_JAVA_OPTIONS") (not .valueFrom) -}}
{{- $options = printf "%s %s" $options (.value | default "") | trim -}}
{{- else -}}
{{- $others = append $others . -}}
{{- end -}}
{{- end -}}
{{- with $options }}
- {name: JDK_JAVA_OPTIONS, value: {{ . | quote }}}
{{- end }}
{{- if .root.Values.tracing.endpoint }}
{{- /* The variable of the Pod's name is not POD_NAME: one of the user may come after what refers to it. */}}
{{- $own := list (dict "name" "OTEL_EXPORTER_OTLP_ENDPOINT" "value" .root.Values.tracing.endpoint) }}
{{- $own = append $own (dict "name" "OTEL_SERVICE_NAME" "value" (ternary (include "rwop-guard.fullname" .root) (include "rwop-guard.controllerName" .root) .webhook)) }}
{{- $own = append $own (dict "name" "OTEL_TRACES_SAMPLER" "value" "parentbased_traceidratio") }}
{{- $own = append $own (dict "name" "OTEL_TRACES_SAMPLER_ARG" "value" (toString (ternary 0.01 .root.Values.tracing.sampleRatio (kindIs "invalid" .root.Values.tracing.sampleRatio)))) }}
{{- $own = append $own (dict "name" "TRACING_POD_NAME" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name"))) }}
{{- $own = append $own (dict "name" "OTEL_RESOURCE_ATTRIBUTES" "value" (printf "k8s.pod.name=$(TRACING_POD_NAME),k8s.namespace.name=%s" .root.Release.Namespace)) }}
{{- /* those of the user win, and a name may be there once only */}}
{{- range $each := $own }}
{{- $given := false }}
{{- range $others }}{{ if eq .name $each.name }}{{ $given = true }}{{ end }}{{ end }}
{{- if not $given }}
- {{ toJson $each }}
{{- end }}
{{- end }}
{{- end }}
{{- with $others }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Container settings that hold for every Pod of this chart. */ -}}
{{- define "rwop-guard.containerSecurityContext" -}}
{{- $own := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL")) -}}
{{ mergeOverwrite $own (deepCopy (.Values.containerSecurityContext | default dict)) | toYaml }}
{{- end }}
