{{- /*
What all Pods of this chart have in common: (dict "root" $ "account" "..." "secrets" true). "secrets" says whether Secrets are mounted.
*/ -}}
{{- define "rwop-guard.pod" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ .account }}
{{- /* each of them asks the API server */}}
automountServiceAccountToken: true
enableServiceLinks: false
{{- with $values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "rwop-guard.podSecurityContext" . | nindent 2 }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "rwop-guard.podSecurityContext" -}}
{{ toYaml .root.Values.podSecurityContext }}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* Container settings that hold for every Pod of this chart. */ -}}
{{- define "rwop-guard.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
