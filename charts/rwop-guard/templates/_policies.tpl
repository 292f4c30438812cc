{{- /*
What all policies have in common, by (dict "root" $ "rule" "csi-only"): who is asked, and whether the rule denies in this namespace.
The order is the service's: the namespace's label for the rule, the setting for the rule, the namespace's general label.
*/ -}}
{{- define "rwop-guard.policy.metadata" -}}
name: {{ include "rwop-guard.fullname" .root }}-{{ .rule }}
labels:
  {{- include "rwop-guard.labels" .root | nindent 2 }}
{{- end }}

{{- define "rwop-guard.policy.conditions" -}}
{{- include "rwop-guard.condition.kept" . }}
{{- /* it would try again forever, and its owner is where the refusal belongs */}}
- name: kept-by-no-controller
  expression: >-
    !(
    {{- include "rwop-guard.keptByController" . | nindent 4 }})
{{- with .Values.webhooks.matchConditions }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "rwop-guard.policy.denies" -}}
{{- $settings := include "rwop-guard.properties" (list "" .root.Values.settings) -}}
{{- $setting := regexFind (printf "(?m)^rwop-guard\\.rules\\.%s=.*$" .rule) $settings | trimPrefix (printf "rwop-guard.rules.%s=" .rule) -}}
- name: labels
  expression: 'namespaceObject == null ? {} : namespaceObject.?metadata.?labels.orValue({})'
- name: mode
  expression: variables.labels[?'rules.rwop-guard.io/{{ .rule }}'].orValue('')
- name: denies
  expression: >-
    variables.mode == 'deny'
    || !(variables.mode in ['warn', 'audit', 'off'])
    && !(variables.labels[?'rwop-guard.io/mode'].orValue('') in ['warn', 'audit', 'off'])
    {{- /* a typing error ends the service's start; here it must not deny anything either */}}
    && {{ has $setting (list "" "deny") }}
{{- end }}

{{- define "rwop-guard.policy.binding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  {{- include "rwop-guard.policy.metadata" . | nindent 2 }}
spec:
  policyName: {{ include "rwop-guard.fullname" .root }}-{{ .rule }}
  validationActions: [Deny]
  matchResources:
    namespaceSelector:
      {{- include "rwop-guard.namespaceSelector" (dict "root" .root "labels" dict "excluded" (include "rwop-guard.warnOnlyNamespaces" .root | fromJsonArray)) | nindent 6 }}
    {{- with .root.Values.webhooks.objectSelector }}
    objectSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}

{{- /* Every kind with a pod template. */ -}}
{{- define "rwop-guard.policy.workloads" -}}
- apiGroups: [""]
  apiVersions: [v1]
  operations: [CREATE]
  resources: [pods]
- apiGroups: [""]
  apiVersions: [v1]
  operations: [CREATE, UPDATE]
  resources: [podtemplates, replicationcontrollers]
- apiGroups: [apps]
  apiVersions: [v1]
  operations: [CREATE, UPDATE]
  resources: [statefulsets, deployments, replicasets, daemonsets]
- apiGroups: [batch]
  apiVersions: [v1]
  operations: [CREATE, UPDATE]
  resources: [jobs, cronjobs]
{{- end }}

{{- /*
The pod template in an object ("object" or "oldObject"), or the object itself where it has none, and where it stands.
*/ -}}
{{- define "rwop-guard.policy.template" -}}
{{ . }}.?spec.?template.or({{ . }}.?spec.?jobTemplate.?spec.?template).or({{ . }}.?template).orValue({{ . }})
{{- end }}

{{- define "rwop-guard.policy.place" -}}
- name: place
  expression: >-
    object.?spec.?template.hasValue() ? 'spec.template.' : object.?spec.?jobTemplate.?spec.?template.hasValue()
    ? 'spec.jobTemplate.spec.template.' : object.?template.hasValue() ? 'template.' : ''
{{- end }}

{{- /*
All access modes that are written in an object: a volume's or claim's own, a StatefulSet's claim templates', ephemeral volumes'. Each is
a list of where it stands and then the modes. A claim template hides a volume of its name. Entries of lists are named: CEL in
Kubernetes 1.30 has no way to number them.
*/ -}}
{{- define "rwop-guard.policy.modes" -}}
[['spec.accessModes'] + {{ . }}.?spec.?accessModes.orValue([])]
+ {{ . }}.?spec.?volumeClaimTemplates.orValue([]).map(c,
['spec.volumeClaimTemplates[' + c.?metadata.?name.orValue('') + '].spec.accessModes'] + c.?spec.?accessModes.orValue([]))
+ ({{ include "rwop-guard.policy.template" . }}).?spec.?volumes.orValue([]).filter(v,
!{{ . }}.?spec.?volumeClaimTemplates.orValue([]).exists(c, c.?metadata.?name.orValue('') == v.name)).map(v,
[variables.place + 'spec.volumes[' + v.name + '].ephemeral.volumeClaimTemplate.spec.accessModes']
+ v.?ephemeral.?volumeClaimTemplate.?spec.?accessModes.orValue([]))
{{- end }}

{{- /*
Variables: what is wrong with an object's annotations, as lists of place, name and problem. By (dict "object" "oldObject" "name" "old").
What may be written is PodAnnotations' to say; PoliciesIT compares.
*/ -}}
{{- define "rwop-guard.policy.annotations" -}}
{{- $check := "'tcp:PORT, http:PORT/PATH, grpc:PORT, exec:COMMAND or none'" -}}
{{- $all := printf "variables.%sAnnotations" .name -}}
{{- $text := printf "string(%s[k])" $all -}}
- name: {{ .name }}Template
  expression: {{ include "rwop-guard.policy.template" .object }}
- name: {{ .name }}Annotations
  expression: variables.{{ .name }}Template.?metadata.?annotations.orValue({})
- name: {{ .name }}Containers
  expression: >-
    (variables.{{ .name }}Template.?spec.?containers.orValue([]) + variables.{{ .name }}Template.?spec.?initContainers.orValue([]))
    .map(c, 'liveness.rwop-guard.io/' + string(c.name))
- name: {{ .name }}OfTemplate
  expression: >-
    {{ $all }}.map(k, string(k)).map(k, [variables.place + 'metadata.annotations', k,
    k.startsWith('liveness.rwop-guard.io/') && !(k in variables.{{ .name }}Containers) ? '-container ' + k.substring(23) + ' does not exist'
    : k.startsWith('liveness.rwop-guard.io/') || k == 'rwop-guard.io/liveness'
    ? ({{ include "rwop-guard.policy.check" $text | replace "\n" " " }} ? '' : {{ $check }})
    : k == 'rwop-guard.io/mutate' ? ({{ $text }} in ['disabled', 'enabled'] ? '' : '"disabled" or "enabled"')
    : k == 'rwop-guard.io/liveness-from' ? ({{ $text }} == 'readiness' ? '' : '"readiness"')
    : k == 'rwop-guard.io/grace' ? ({{ $text }} in ['pod', 'probe'] ? '' : '"pod" or "probe"')
    : k in ['rwop-guard.io/healthcheck-file', 'rwop-guard.io/healthcheck-write'] ? ({{ $text }}.matches(r'\S')
    && !{{ $text }}.startsWith('/') && !{{ $text }}.split('/').exists(s, s == '..') ? '' : "a path below the volume's mount")
    : k == 'rwop-guard.io/grace-period-seconds' ? ({{ $text }}.matches('^[0-9]{1,5}$') && int({{ $text }}) <= 86400
    ? '' : 'a whole number from 0 to 86400')
    : k == 'rwop-guard.io/pre-stop' ? ({{ $text }}.matches(r'\S') ? '' : 'a command')
    : k == 'rwop-guard.io/failover' ? ({{ $text }} in ['enabled', 'disabled'] ? '' : '"enabled" or "disabled"')
    : k == 'rwop-guard.io/failover-shared-volumes' ? ({{ $text }} == 'true' ? '' : '"true"')
    : k == 'rwop-guard.io/delete-when-failing' ? ({{ $text }} == 'true' ? '' : '"true"')
    : k.startsWith('rwop-guard.io/') && !(k in variables.known)
    ? '-this annotation does not exist; the annotations are ' + variables.known.join(', ') : '']).filter(p, p[2] != '')
- name: {{ .name }}Found
  expression: >-
    variables.{{ .name }}OfTemplate.map(p, [p[0], p[1], p[2].startsWith('-') ? p[2].substring(1)
    : 'must be ' + p[2] + ', found "' + (string({{ $all }}[p[1]]).size() > 100 ? string({{ $all }}[p[1]]).substring(0, 100) + '...' : string({{ $all }}[p[1]])) + '"'])
    {{- /* a Pod's own are those above */}}
    + (variables.place == '' ? [] : {{ .object }}.?metadata.?annotations.orValue({}).map(k, string(k)).filter(k, (k in variables.known && k != 'rwop-guard.io/failover')
    || k.startsWith('liveness.rwop-guard.io/')).map(k,
    ['metadata.annotations', k, 'is only read at ' + variables.place + 'metadata.annotations']))
{{- end }}

{{- /* Whether a text says how to check: the same expressions as in PodAnnotations. */ -}}
{{- define "rwop-guard.policy.check" -}}
({{ . }} == 'none' || {{ . }}.matches(r'^(?s:exec:.*\S.*)$')
|| {{ . }}.matches(r'^((tcp|grpc):[0-9]{1,5}|https?:[0-9]{1,5}(/\S*)?)$')
&& int({{ . }}.split(':')[1].split('/')[0]) > 0 && int({{ . }}.split(':')[1].split('/')[0]) <= 65535)
{{- end }}
