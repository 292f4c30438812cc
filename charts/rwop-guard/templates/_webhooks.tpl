{{- /*
CEL conditions by which an object that cannot concern ReadWriteOncePod never leaves the API server. They may let too much through to
the service and never too little: MatchConditionsIT asks the service about everything that they keep back in the tests' fixtures.

Every field is read by ".?", since a condition that fails to be evaluated counts as the webhook's own failure.
*/ -}}

{{- /* A finalizer that has to go must not wait for anybody; the service lets all of these through as well. */ -}}
{{- define "rwop-guard.condition.kept" -}}
- name: not-being-deleted
  expression: '!object.?metadata.?deletionTimestamp.hasValue()'
{{- end }}

{{- /*
A volume or claim: by its own modes; or bound, since what it is bound to may be ReadWriteOncePod (half-migrated).
*/ -}}
{{- define "rwop-guard.condition.volumes" -}}
- name: exclusive-or-bound
  expression: >-
    'ReadWriteOncePod' in object.?spec.?accessModes.orValue([])
    || object.?spec.?claimRef.hasValue()
    || object.?spec.?volumeName.orValue('') != ''
{{- end }}

{{- /*
A Pod, or what makes Pods: one that names a claim, since only the service knows the claim's modes; one that has a claim made from a
ReadWriteOncePod template; one with an annotation of ours. Not "has volumes": ServiceAccount admission gives nearly every Pod one.
"templates" is the CEL list of what may be a pod template.
*/ -}}
{{- define "rwop-guard.condition.pods" -}}
- name: claim-or-annotation
  expression: >-
    {{ .templates }}.exists(t,
    t.?spec.?volumes.orValue([]).exists(v,
    v.?persistentVolumeClaim.hasValue()
    || 'ReadWriteOncePod' in v.?ephemeral.?volumeClaimTemplate.?spec.?accessModes.orValue([]))
    || t.?metadata.?annotations.orValue({}).exists(k, k.contains('rwop-guard.io/')))
    {{- if .workloads }}
    || object.?spec.?volumeClaimTemplates.orValue([]).exists(c,
    'ReadWriteOncePod' in c.?spec.?accessModes.orValue([]))
    || object.?metadata.?annotations.orValue({}).exists(k, k.contains('rwop-guard.io/'))
    {{- end }}
{{- end }}

{{- /*
An entry with Fail comes in two parts. The first has what a rule denies by default; the second has the rest, and is never held up: what
Kubernetes' own controllers write, and changes that no rule denies. A rollout, a rollback or a scale-down must not be refused while the
service is away, since its own Pods may depend on them.

The service does not deny what a controller keeps, either, nor anything in the namespaces in which it only warns.
*/ -}}
{{- define "rwop-guard.mayBeDenied" -}}
!{{ include "rwop-guard.byKubernetes" . }}
&& !(request.?namespace.orValue('') in {{ include "rwop-guard.warnOnlyNamespaces" . }})
{{- /* an operator in the namespace of its objects has to go on while the service is away */}}
&& !(request.?userInfo.?username.orValue('').startsWith('system:serviceaccount:') && {{ include "rwop-guard.owned" . }})
&& !({{ include "rwop-guard.keptByController" . }})
{{- end }}

{{- /* A new claim or volume that cannot work, or a volume that is to become exclusive, whose Pods only the service knows. */ -}}
{{- define "rwop-guard.decides.volumes" -}}
'ReadWriteOncePod' in object.?spec.?accessModes.orValue([])
&& {{ include "rwop-guard.mayBeDenied" . }}
&& (oldObject == null
? object.?spec.?accessModes.orValue([]).size() > 1
|| request.?kind.?kind.orValue('') == 'PersistentVolume'
&& object.?metadata.?annotations[?'pv.kubernetes.io/provisioned-by'].orValue('') == ''
&& !['csi', 'awsElasticBlockStore', 'azureDisk', 'azureFile', 'cinder', 'gcePersistentDisk', 'portworxVolume', 'vsphereVolume'].exists(s, object.?spec[?s].hasValue())
: object.?spec.?accessModes != oldObject.?spec.?accessModes)
{{- end }}

{{- /* More than one Pod on a claim, another claim, a claim template with several modes, or an annotation of ours that is new. */ -}}
{{- define "rwop-guard.decides.workloads" -}}
{{- $places := list "%s.?spec.?template" "%s.?spec.?jobTemplate.?spec.?template" "%s.?template" -}}
{{- $mixed := "'ReadWriteOncePod' in %[1]s.?spec.?accessModes.orValue([]) && %[1]s.?spec.?accessModes.orValue([]).size() > 1" -}}
{{- $new := list (printf "object.?spec.?volumeClaimTemplates.orValue([]).exists(c, %s)" (printf $mixed "c")) -}}
{{- $changed := list "object.?spec.?volumeClaimTemplates != oldObject.?spec.?volumeClaimTemplates" -}}
{{- $claims := list -}}
{{- range $places -}}
{{- $volumes := printf "%s.?spec.?volumes.orValue([])" . -}}
{{- $now := printf $volumes "object" -}}
{{- $before := printf $volumes "oldObject" -}}
{{- $claims = append $claims (printf "%s.exists(v, v.?persistentVolumeClaim.hasValue())" $now) -}}
{{- $new = append $new (printf "%s.exists(v, %s)" $now (printf $mixed "v.?ephemeral.?volumeClaimTemplate")) -}}
{{- $changed = append $changed (printf "%s.exists(v, %s && !(v in %s))" $now (printf $mixed "v.?ephemeral.?volumeClaimTemplate") $before) -}}
{{- /* a claim template hides a volume of its name */}}
{{- $changed = append $changed (printf "%s.exists(v, v.?persistentVolumeClaim.hasValue() && !%s.exists(o, o.?persistentVolumeClaim.?claimName == v.?persistentVolumeClaim.?claimName && !oldObject.?spec.?volumeClaimTemplates.orValue([]).exists(c, c.?metadata.?name == o.?name)))" $now $before) -}}
{{- end -}}
{{- range prepend $places "%s" -}}
{{- $annotations := printf "%s.?metadata.?annotations.orValue({})" . -}}
{{- $ours := "k.contains('rwop-guard.io/')" -}}
{{- if ne . "%s" -}}
{{- /* what the mutation leaves in a template differs from revision to revision, and is never denied there */}}
{{- $ours = printf "%s && k != 'rwop-guard.io/mutated'" $ours -}}
{{- end -}}
{{- $new = append $new (printf "%s.exists(k, %s)" (printf $annotations "object") $ours) -}}
{{- $changed = append $changed (printf "%[1]s.exists(k, %[3]s && %[1]s[?k] != %[2]s[?k])" (printf $annotations "object") (printf $annotations "oldObject") $ours) -}}
{{- end -}}
{{- $changed = append $changed (printf "object.?spec.?replicas.orValue(1) > 1 && oldObject.?spec.?replicas.orValue(1) <= 1 && (%s)" (join " || " $claims)) -}}
{{- $changed = append $changed "request.?kind.?kind.orValue('') == 'DaemonSet' && ['nodeSelector', 'affinity', 'nodeName'].exists(f, object.?spec.?template.?spec[?f] != oldObject.?spec.?template.?spec[?f])" -}}
{{ include "rwop-guard.mayBeDenied" . }}
&& (oldObject == null
? (object.?spec.?replicas.orValue(1) > 1 || request.?kind.?kind.orValue('') == 'DaemonSet')
&& ({{ join "\n|| " $claims }})
|| {{ join "\n|| " $new }}
: {{ join "\n|| " $changed }})
{{- end }}

{{- /* An autoscaler that is to scale beyond one Pod; whose Pods, only the service knows. */ -}}
{{- define "rwop-guard.decides.autoscalers" -}}
{{ include "rwop-guard.mayBeDenied" . }}
&& (oldObject == null
|| oldObject.?spec.?maxReplicas.orValue(1) <= 1
|| object.?spec.?scaleTargetRef != oldObject.?spec.?scaleTargetRef)
{{- end }}

{{- /* Which part of its objects an entry gets: (dict "decides" "..." "part" "all|first|rest") */ -}}
{{- define "rwop-guard.condition.part" -}}
{{- if eq .part "first" }}
      - name: may-be-denied
        expression: >-
          {{- .decides | nindent 10 }}
{{- else if eq .part "rest" }}
      - name: is-not-denied
        expression: >-
          !(
          {{- .decides | nindent 10 }}
          )
{{- end }}
{{- end }}

{{- /* What makes Pods keeps its template at one of three places. */ -}}
{{- define "rwop-guard.podTemplates" -}}
[object.?spec.?template, object.?spec.?jobTemplate.?spec.?template, object.?template]
{{- end }}

{{- /*
For the mutations: whatever runs forever and has a volume from a claim of any mode. An update may have to take back what was set
while the mode was another, so the mode as it is now says nothing.
*/ -}}
{{- define "rwop-guard.condition.mutated" -}}
- name: volume-from-a-claim
  expression: >-
    {{ .template }}.?spec.?restartPolicy.orValue('Always') == 'Always'
    && ({{ .template }}.?spec.?volumes.orValue([]).exists(v,
    v.?persistentVolumeClaim.hasValue() || v.?ephemeral.hasValue())
    {{- if .workloads }}
    || object.?spec.?volumeClaimTemplates.orValue([]).size() > 0
    {{- end -}}
    )
{{- end }}

{{- /* More than one Pod: fewer are never refused. */ -}}
{{- define "rwop-guard.condition.beyondOne" -}}
- name: beyond-one
  expression: 'object.?spec.?{{ . }}.orValue(0) > 1'
{{- end }}

{{- /* What all webhooks have in common: (dict "root" $ "path" "/validate" "failurePolicy" "Ignore" "optIn" false) */ -}}
{{- define "rwop-guard.webhook" -}}
{{- $root := .root -}}
admissionReviewVersions: [v1]
{{- /* an Event about a denial, which a dry run never causes */}}
sideEffects: {{ and .root.Values.denialEvents (eq .path "/validate") | ternary "NoneOnDryRun" "None" }}
timeoutSeconds: {{ $root.Values.webhooks.timeoutSeconds }}
failurePolicy: {{ .failurePolicy }}
matchPolicy: Equivalent
clientConfig:
  {{- if $root.Values.webhooks.url }}
  {{- if eq $root.Values.certificates.mode "self" }}
  {{- fail "webhooks.url: With certificates.mode=self, the controller writes its CA into webhooks that name the chart's Service, and issues certificates for that Service alone. API servers would trust nothing at this address. Set certificates.mode to existing or cert-manager" }}
  {{- end }}
  url: {{ print (trimSuffix "/" $root.Values.webhooks.url) .path }}
  {{- else }}
  service: {namespace: {{ $root.Release.Namespace }}, name: {{ include "rwop-guard.fullname" $root }}, path: {{ .path }}, port: {{ $root.Values.service.port }}}
  {{- end }}
  {{- /* in the other modes another program owns this field, and naming it here would empty it at each upgrade */}}
  {{- if eq $root.Values.certificates.mode "existing" }}
  caBundle: {{ $root.Values.certificates.existing.caBundle }}
  {{- end }}
{{- /* the service must never block its own recovery, nor that of the cluster */}}
namespaceSelector:
  {{- include "rwop-guard.namespaceSelector" (dict "root" $root "labels" (.optIn | default false | ternary (dict "rwop-guard.io/mutate" "enabled") dict)) | nindent 2 }}
{{- with $root.Values.webhooks.objectSelector }}
objectSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* All terms have to be met, so those of the user can only leave out more: (dict "root" $ "labels" (dict ...)) */ -}}
{{- define "rwop-guard.namespaceSelector" -}}
{{- $users := .root.Values.webhooks.namespaceSelector -}}
{{- with merge (deepCopy .labels) ($users.matchLabels | default dict) -}}
matchLabels: {{ toJson . }}
{{ end -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values: {{ concat .root.Values.webhooks.excludedNamespaces (list .root.Release.Namespace) (.excluded | default list) | uniq | sortAlpha | toJson }}
  {{- with $users.matchExpressions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "rwop-guard.webhookMetadata" -}}
name: {{ include "rwop-guard.fullname" . }}
labels:
  {{- mergeOverwrite (deepCopy (.Values.webhooks.labels | default dict)) (include "rwop-guard.labels" . | fromYaml) | toYaml | nindent 2 }}
{{- $annotations := deepCopy (.Values.webhooks.annotations | default dict) }}
{{- if eq .Values.certificates.mode "cert-manager" }}
{{- $_ := set $annotations "cert-manager.io/inject-ca-from" (printf "%s/%s" .Release.Namespace (include "rwop-guard.fullname" .)) }}
{{- end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
