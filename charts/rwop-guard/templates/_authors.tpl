{{- /*
Who writes an object, for policies and for entries with Fail: the same answers as the service's (class Authors). Anyone can write an
ownerReference or a label, so both count only in what a controller writes.
*/ -}}

{{- /* One credential for all controllers of Kubernetes, or a ServiceAccount for each; nodes own their mirror Pods. */ -}}
{{- define "rwop-guard.byKubernetes" -}}
request.?userInfo.?username.orValue('').matches('^(system:kube-controller-manager|system:serviceaccount:kube-system:.+|system:node:.+)$')
{{- end }}

{{- define "rwop-guard.byController" -}}
({{ include "rwop-guard.byKubernetes" . }}
{{- range include "rwop-guard.listSetting" (list . "rwop-guard.controllers.users") | fromJsonArray }}
|| request.?userInfo.?username.orValue('').matches(r'(?s)^{{ regexQuoteMeta . | replace "\\*" ".*" }}$')
{{- end }}
|| request.?userInfo.?username.orValue('').startsWith('system:serviceaccount:')
{{- /* operators in the namespace of their objects create Pods too, and Pods have to come back */}}
&& (request.?kind.?kind.orValue('') == 'Pod'
{{- if eq (include "rwop-guard.otherNamespaces" .) "true" }}
|| request.?namespace.orValue('') != ''
{{- /* an account of the same namespace is one that its users can act as */}}
&& !request.?userInfo.?username.orValue('').startsWith('system:serviceaccount:' + request.?namespace.orValue('') + ':')
{{- /* they apply what users have written; operators may be named after them */}}
&& (!request.?userInfo.?username.orValue('').matches('(?s)^system:serviceaccount:[^:]+:(.*argo-?cd.*|(kustomize|helm|kapp)-controller.*|(flux|fleet)(-.*)?|(root|ns)-reconciler.*|klusterlet-work.*|provider-(kubernetes|helm)-.*|.*(dashboard|gitlab|jenkins|runner).*)$')
|| request.?userInfo.?username.orValue('').matches('(?s)operator|controller-manager|gitlab-manager|actions-runner-controller'))
{{- end }}))
{{- end }}

{{- define "rwop-guard.otherNamespaces" -}}
{{- $line := regexFind `(?m)^rwop-guard\.controllers\.other-namespaces=.*$` (include "rwop-guard.properties" (list "" .Values.settings)) -}}
{{- $value := trimPrefix "rwop-guard.controllers.other-namespaces=" $line | default "true" -}}
{{- if not (has $value (list "true" "false")) -}}
{{- fail (printf "settings.rwop-guard.controllers.other-namespaces: must be true or false, found %q" $value) -}}
{{- end -}}
{{- $value -}}
{{- end }}

{{- /* Owned by a controller, or by a kind outside Kubernetes, since operators made with Ansible do not set controller. */ -}}
{{- define "rwop-guard.owned" -}}
object.?metadata.?ownerReferences.orValue([]).exists(o, o.?controller.orValue(false)
|| o.?apiVersion.orValue('').contains('/') && !o.?apiVersion.orValue('').matches('^({{ include "rwop-guard.builtInGroups" . }})/'))
{{- end }}

{{- /* The groups of class Operators; ChartOperatorsTest compares. The empty one is the core group. */ -}}
{{- define "rwop-guard.builtInGroups" -}}
{{- get (.Files.Get "files/operators.yaml" | fromYaml) "builtInGroups" | required "files/operators.yaml: the chart is incomplete" | join "|" | replace "." "[.]" -}}|
{{- end }}

{{- /* With the labels of a known operator, at the object or its pod template. */ -}}
{{- define "rwop-guard.labelled" -}}
[object.?metadata.?labels.orValue({}), object.?spec.?template.?metadata.?labels.orValue({}), object.?spec.?jobTemplate.?spec.?template.?metadata.?labels.orValue({}), object.?template.?metadata.?labels.orValue({})].exists(l,
{{ get (.Files.Get "files/operators.yaml" | fromYaml) "labels" | toJson }}.exists(s, s.all(k, k in l && (s[k] == '*' || s[k] == l[k])))
|| l[?'app.kubernetes.io/managed-by'].orValue('').lowerAscii().matches('operator|controller$|^cloudnative-pg$')
&& !l[?'app.kubernetes.io/managed-by'].orValue('').lowerAscii().matches('^((kustomize|helm|source|source-watcher|notification|image-automation|image-reflector|application|kapp)-controller|helm-operator|(flux|fleet).*|argo-?cd.*controller)$'))
{{- end }}

{{- /* The service only audits or warns of it. */ -}}
{{- define "rwop-guard.keptByController" -}}
{{ include "rwop-guard.byController" . }}
&& ({{ include "rwop-guard.owned" . }}
|| {{ include "rwop-guard.labelled" . }})
{{- end }}

{{- /* The entries of a list in the value "settings", as a JSON array; none if it is not set: (list $ name). */ -}}
{{- define "rwop-guard.listSetting" -}}
{{- $pattern := printf `(?m)^%s(\[[0-9]+\])?=(.*)$` (index . 1 | replace "." "\\.") -}}
{{- $entries := list -}}
{{- range regexFindAll $pattern (include "rwop-guard.properties" (list "" (index . 0).Values.settings)) -1 -}}
{{- range splitList "," (regexReplaceAll $pattern . "${2}") -}}
{{- $entry := trim . -}}
{{- if regexMatch `['\\$]` $entry -}}
{{- fail (printf "settings.%s: %q has a quote, a backslash or a dollar sign. No name of a user or namespace has one, and policies do not replace expressions" (index $ 1) $entry) -}}
{{- end -}}
{{- if and (eq (index $ 1) "rwop-guard.warn-only-namespaces") (not (regexMatch `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$` $entry)) -}}
{{- fail (printf "settings.%s: %q is no name of a namespace; patterns do not work here" (index $ 1) $entry) -}}
{{- end -}}
{{- if $entry -}}{{- $entries = append $entries $entry -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $entries | toJson -}}
{{- end }}

{{- /* The namespaces in which the service never denies; as a JSON array. */ -}}
{{- define "rwop-guard.warnOnlyNamespaces" -}}
{{- $set := include "rwop-guard.listSetting" (list . "rwop-guard.warn-only-namespaces") | fromJsonArray -}}
{{- ternary $set (list "kube-system") (not (empty $set)) | toJson -}}
{{- end }}

{{- /*
Refuses a setting that policies and entries with Fail depend on, but that is written where they cannot see it: as a variable or an option
of the JVM: (list $ pattern).
*/ -}}
{{- define "rwop-guard.refuseUnseen" -}}
{{- $root := index . 0 -}}
{{- $pattern := printf "^(_[A-Z0-9_]+_)?RWOP_GUARD_(%s)(_[0-9]+_?)?$" (index . 1) -}}
{{- $names := list -}}
{{- range $root.Values.extraEnv -}}
{{- $names = append $names .name -}}
{{- if regexMatch "^(JDK_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS)$" .name -}}
{{- range regexFindAll "-D[^=\\s]+" (.value | default "") -1 -}}
{{- $names = append $names (trimPrefix "-D" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $names -}}
{{- if regexMatch $pattern (regexReplaceAll "[^A-Z0-9]" (upper .) "_") -}}
{{- fail (printf "extraEnv: %s decides what the service denies, and policies and webhooks with Fail do not see it there. Write it in the value settings" .) -}}
{{- end -}}
{{- end -}}
{{- end }}
