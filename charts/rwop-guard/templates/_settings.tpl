{{- /*
The text of application.properties: what the chart decides, then the value "settings".
A number that YAML has made a float is written as the whole number that it was.
*/ -}}
{{- define "rwop-guard.settings" -}}
{{- $user := include "rwop-guard.properties" (list "" .Values.settings) -}}
{{- range regexFindAll "(?m)^[^=]+=" $user -1 -}}
{{- include "rwop-guard.refuseDecided" (list "settings" (trimSuffix "=" .)) -}}
{{- end -}}
{{- range .Values.extraEnv -}}
{{- include "rwop-guard.refuseDecided" (list "extraEnv" .name) -}}
{{- /* properties of the JVM are settings too */ -}}
{{- if regexMatch "^(JDK_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS)$" .name -}}
{{- range regexFindAll "-D[^=\\s]+" (.value | default "") -1 -}}
{{- include "rwop-guard.refuseDecided" (list "extraEnv" (trimPrefix "-D" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.certificates.mode "self" -}}
rwop-guard.tls.self-managed.enabled=true
rwop-guard.tls.self-managed.secret={{ include "rwop-guard.tlsSecret" . }}
rwop-guard.tls.self-managed.ca-secret={{ include "rwop-guard.caSecret" . }}
rwop-guard.tls.self-managed.service={{ include "rwop-guard.fullname" . }}
rwop-guard.tls.self-managed.webhook-configurations={{ include "rwop-guard.fullname" . }}
rwop-guard.tls.self-managed.lease={{ include "rwop-guard.lease" . }}
{{- else -}}
rwop-guard.tls.certificate={{ include "rwop-guard.tlsDirectory" . }}/tls.crt
rwop-guard.tls.key={{ include "rwop-guard.tlsDirectory" . }}/tls.key
{{- end }}
{{- if eq .Values.tls.minimum "1.3" }}
quarkus.tls.rwop-guard.protocols=TLSv1.3
{{- end }}
{{- if .Values.management.secure }}
rwop-guard.management.reader-role={{ include "rwop-guard.metricsReader" . }}
{{- with .Values.management.audiences }}
{{ include "rwop-guard.property" (list "rwop-guard.management.audiences" .) | trim }}
{{- end }}
{{- end }}
{{- if eq .Values.logging.format "json" }}
quarkus.log.console.filter=json
quarkus.log.console.format=%s%n
{{- end }}
{{- include "rwop-guard.failoverSettings" . }}
{{ $user }}
{{- end }}

{{- define "rwop-guard.clientsSettings" -}}
{{- if .Values.clientCertificates.configMap }}
rwop-guard.clients.ca-certificate={{ include "rwop-guard.clientsDirectory" . }}/ca.crt
{{- with .Values.clientCertificates.names }}
{{ include "rwop-guard.property" (list "rwop-guard.clients.names" .) | trim }}
{{- end }}
{{- else if .Values.clientCertificates.names -}}
{{- fail "clientCertificates.names: The names have no effect without a CA, and any caller would get answers. Set clientCertificates.configMap, too, or remove the names" -}}
{{- end -}}
{{- end }}

{{- define "rwop-guard.clientsDirectory" -}}
/etc/rwop-guard/clients
{{- end }}

{{- /* The same for the Pods that answer API servers: a mistake in failover's settings stops none of them. */ -}}
{{- define "rwop-guard.webhookSettings" -}}
{{- $all := include "rwop-guard.settings" . -}}
{{- regexReplaceAll "(?m)^(%[^.=]+\\.)?rwop-guard\\.failover\\..*\n?" $all "" -}}
{{- include "rwop-guard.clientsSettings" . -}}
{{- if .Values.denialEvents }}
rwop-guard.denial-events=true
{{- end }}
{{- /* what a statement for tolerations may contradict is set here, too */ -}}
{{- range regexFindAll "(?m)^rwop-guard\\.failover\\.drivers\\.[^=]*\\.against-known-behavior=.*$" $all -1 }}
{{ . }}
{{- end -}}
{{- end }}

{{- define "rwop-guard.failoverSettings" -}}
{{- /* a statement for tolerations needs it, too, whatever the mode is */}}
{{- range $name, $driver := .Values.failover.drivers }}
{{- with $driver.againstKnownBehavior }}
rwop-guard.failover.drivers."{{ $name }}".against-known-behavior={{ . }}
{{- end }}
{{- end }}
{{- if ne (include "rwop-guard.failoverMode" .) "off" }}
rwop-guard.failover.mode={{ include "rwop-guard.failoverMode" . }}
rwop-guard.failover.lease={{ include "rwop-guard.failoverLease" . }}
rwop-guard.failover.release={{ .Values.failover.release }}
{{- with .Values.failover.namespaces }}
rwop-guard.failover.namespaces={{ join "," . }}
{{- end }}
{{- range $name, $driver := .Values.failover.drivers }}
{{- with $driver.revokesOnUnpublish }}
rwop-guard.failover.drivers."{{ $name }}".revokes-on-unpublish={{ . }}
{{- end }}
{{- with $driver.stoppedByFence }}
rwop-guard.failover.drivers."{{ $name }}".stopped-by-fence={{ . }}
{{- end }}
{{- with $driver.release }}
rwop-guard.failover.drivers."{{ $name }}".release={{ . }}
{{- end }}
{{- end }}
{{- range $name, $class := .Values.failover.storageClasses }}
{{- with $class.release }}
rwop-guard.failover.storage-classes."{{ $name }}".release={{ . }}
{{- end }}
{{- end }}
{{- include "rwop-guard.fenceSettings" . }}
{{- end }}
{{- end }}

{{- /* Lines of a map, whose names stand below a prefix: (list prefix map). */ -}}
{{- define "rwop-guard.properties" -}}
{{- $prefix := index . 0 -}}
{{- range $name, $value := index . 1 -}}
{{- include "rwop-guard.property" (list (print $prefix $name) $value) -}}
{{- end -}}
{{- end }}

{{- /* Lines of one value: (list name value). A list of plain values is one line with commas, a list of maps a line for each entry of each. */ -}}
{{- define "rwop-guard.property" -}}
{{- $name := index . 0 -}}
{{- $value := index . 1 -}}
{{- if kindIs "map" $value -}}
{{- include "rwop-guard.properties" (list (print $name ".") $value) -}}
{{- else if kindIs "slice" $value -}}
{{- $plain := list -}}
{{- range $i, $element := $value -}}
{{- if or (kindIs "map" $element) (kindIs "slice" $element) -}}
{{- include "rwop-guard.property" (list (printf "%s[%d]" $name $i) $element) -}}
{{- else -}}
{{- $plain = append $plain (include "rwop-guard.plain" $element | replace "\\" "\\\\" | replace "," "\\,") -}}
{{- end -}}
{{- end -}}
{{- if $plain -}}
{{- include "rwop-guard.line" (list $name (join "," $plain)) -}}
{{- end -}}
{{- else if not (kindIs "invalid" $value) -}}
{{- include "rwop-guard.line" (list $name (include "rwop-guard.plain" $value)) -}}
{{- end -}}
{{- end }}

{{- define "rwop-guard.plain" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end }}

{{- /* One line, with the escapes of Java's Properties. */ -}}
{{- define "rwop-guard.line" -}}
{{- $name := index . 0 | replace "\\" "\\\\" | replace " " "\\ " | replace ":" "\\:" | replace "=" "\\=" -}}
{{- $value := index . 1 | replace "\\" "\\\\" | replace "\n" "\\n" | replace "\r" "\\r" | replace "\t" "\\t" -}}
{{- if hasPrefix " " $value -}}{{- $value = print "\\" $value -}}{{- end -}}
{{ $name }}={{ $value }}{{ "\n" }}
{{- end }}
