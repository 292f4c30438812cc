{{- /* Lines of application.properties for the fences. */ -}}
{{- define "rwop-guard.fenceSettings" -}}
{{- range $name, $fence := .Values.failover.fences }}
{{- range $setting, $value := $fence }}
{{- if has $setting (list "caCertificate" "tokenFile") }}
{{- include "rwop-guard.fenceFile" (list $ (printf "failover.fences.%s.%s" $name $setting) $value) }}
{{- end }}
{{ include "rwop-guard.property" (list (printf "rwop-guard.failover.fences.%s.%s" $name (kebabcase $setting)) $value) | trim }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Refuses a file that no mount contains, with which the controllers would not start: (list context value file). */ -}}
{{- define "rwop-guard.fenceFile" -}}
{{- $file := index . 2 -}}
{{- $mounted := false -}}
{{- range (index . 0).Values.controller.extraVolumeMounts -}}
{{- if or (eq $file .mountPath) (hasPrefix (print (trimSuffix "/" .mountPath) "/") $file) -}}{{- $mounted = true -}}{{- end -}}
{{- end -}}
{{- if not $mounted -}}
{{- fail (printf "%s: no mount contains %s, and the controllers would not start. Add a volume with the file to controller.extraVolumes and its mount to controller.extraVolumeMounts" (index . 1) $file) -}}
{{- end -}}
{{- end }}

{{- /* Rights on NetworkFences, which are objects of the whole cluster. */ -}}
{{- define "rwop-guard.networkFenceRules" -}}
{{- $fences := false -}}
{{- $classes := false -}}
{{- range .Values.failover.fences -}}
{{- if eq .type "network-fence" -}}
{{- $fences = true -}}
{{- if .networkFenceClass -}}{{- $classes = true -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if $fences }}
- apiGroups: [csiaddons.openshift.io]
  resources: [networkfences]
  verbs: [get, list, create, update, delete]
{{- end }}
{{- if $classes }}
{{- /* the addresses that the driver reports for a node */}}
- apiGroups: [csiaddons.openshift.io]
  resources: [csiaddonsnodes]
  verbs: [list]
- apiGroups: [storage.k8s.io]
  resources: [csinodes]
  verbs: [get]
{{- end }}
{{- end }}

{{- /* Roles in the namespaces of remediation templates. */ -}}
{{- define "rwop-guard.remediationRoles" -}}
{{- $name := print (include "rwop-guard.failoverLease" .) "-remediation" -}}
{{- $namespaces := list -}}
{{- range .Values.failover.fences -}}
{{- if eq .type "fence-agents-remediation" -}}{{- $namespaces = append $namespaces .templateNamespace -}}{{- end -}}
{{- end -}}
{{- range uniq $namespaces }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ . }}
  labels:
    {{- include "rwop-guard.labels" $ | nindent 4 }}
rules:
  - apiGroups: [fence-agents-remediation.medik8s.io]
    resources: [fenceagentsremediations]
    verbs: [get, create, delete]
  - apiGroups: [fence-agents-remediation.medik8s.io]
    resources: [fenceagentsremediationtemplates]
    verbs: [get]
{{- include "rwop-guard.failoverRoleBinding" (list $ $name .) }}
{{- end }}
{{- end }}
