{{- /*
Refuses a setting that other values decide, since rights, mounts and ports are derived from those: (list place name).
Names are compared as environment variables, which is one of the ways to write them. A profile (%prod.NAME, _PROD_NAME) may precede a name, and an index of a list may follow it.
*/ -}}
{{- define "rwop-guard.refuseDecided" -}}
{{- $name := index . 1 -}}
{{- $variable := $name | replace "\\" "" | upper -}}
{{- $variable = regexReplaceAll "[^A-Z0-9]" $variable "_" -}}
{{- range (include "rwop-guard.decided" . | fromYamlArray) -}}
{{- if regexMatch (printf "^(_[A-Z0-9_]+_)?(%s)(_[0-9]+_)?$" .pattern) $variable -}}
{{- fail (printf "%s: The chart decides %s. %s. Rights, mounts and ports follow from the chart's own values alone" (index $ 0) $name .instead) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- /* What is decided, and by what. */ -}}
{{- define "rwop-guard.decided" -}}
- {pattern: RWOP_GUARD_TLS_(CERTIFICATE|KEY), instead: Use certificates.existing}
- {pattern: RWOP_GUARD_TLS_SELF_MANAGED_(ENABLED|SECRET|CA_SECRET|SERVICE|WEBHOOK_CONFIGURATIONS|LEASE), instead: Use certificates.mode and fullnameOverride}
- {pattern: RWOP_GUARD_TLS_DEVELOPMENT_DIRECTORY, instead: Use certificates.mode}
- {pattern: RWOP_GUARD_FAILOVER_MODE, instead: Use failover.mode}
- {pattern: RWOP_GUARD_FAILOVER_LEASE, instead: Use fullnameOverride}
- {pattern: RWOP_GUARD_FAILOVER_NAMESPACES.*, instead: Use failover.namespaces}
- {pattern: RWOP_GUARD_FAILOVER_RELEASE, instead: Use failover.release}
- {pattern: RWOP_GUARD_FAILOVER_DRIVERS_.*, instead: Use failover.drivers}
- {pattern: RWOP_GUARD_FAILOVER_STORAGE_CLASSES_.*, instead: Use failover.storageClasses}
- {pattern: RWOP_GUARD_FAILOVER_FENCES_.*, instead: Use failover.fences}
- {pattern: RWOP_GUARD_RUN, instead: Use failover.mode and certificates.mode}
- {pattern: RWOP_GUARD_(KUBECONFIG|NAMESPACE)|NODE_NAME, instead: Remove it}
- {pattern: (QUARKUS|SMALLRYE)_CONFIG_LOCATIONS, instead: Use settings}
- {pattern: QUARKUS_HTTP_SSL_PORT, instead: Use ports.https}
- {pattern: RWOP_GUARD_DENIAL_EVENTS, instead: Use denialEvents}
- {pattern: RWOP_GUARD_CLIENTS_.*, instead: Use clientCertificates}
- {pattern: QUARKUS_HTTP_INSECURE_REQUESTS|QUARKUS_TLS_RWOP_GUARD_RELOAD_PERIOD, instead: Remove it}
- {pattern: QUARKUS_TLS_RWOP_GUARD_PROTOCOLS, instead: Use tls.minimum}
- {pattern: RWOP_GUARD_MANAGEMENT_(SECURE|READER_ROLE), instead: Use management.secure}
- {pattern: RWOP_GUARD_MANAGEMENT_AUDIENCES, instead: Use management.audiences}
- {pattern: QUARKUS_MANAGEMENT_(TLS_CONFIGURATION_NAME|SSL_.*)|QUARKUS_TLS_RWOP_GUARD_MANAGEMENT_.*, instead: Use management.secure}
- {pattern: QUARKUS_MANAGEMENT_PORT, instead: Use ports.management}
- {pattern: QUARKUS_SHUTDOWN_DELAY, instead: Use shutdown.drainSeconds}
{{- end }}
