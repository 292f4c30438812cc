package io.rwopguard.audit.report;

import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A kind of policy report, for namespaces and for the cluster. All known kinds have the same
 * fields.
 */
public record ReportApi(String group, String version, String kind, String clusterKind) {

  /** The known kinds, the best first: OpenReports succeeds the working group's reports. */
  private static final List<ReportApi> KNOWN =
      List.of(
          new ReportApi("openreports.io", "v1alpha1", "Report", "ClusterReport"),
          new ReportApi("wgpolicyk8s.io", "v1beta1", "PolicyReport", "ClusterPolicyReport"),
          new ReportApi("wgpolicyk8s.io", "v1alpha2", "PolicyReport", "ClusterPolicyReport"));

  /** Returns the kinds that the cluster serves, the best first. */
  static List<ReportApi> servedBy(KubernetesClient client) {
    return KNOWN.stream().filter(api -> api.isServedBy(client)).toList();
  }

  private boolean isServedBy(KubernetesClient client) {
    try {
      APIResourceList resources = client.getApiResources(apiVersion());
      Set<String> kinds =
          resources == null
              ? Set.of()
              : resources.getResources().stream()
                  .map(APIResource::getKind)
                  .collect(Collectors.toSet());
      return kinds.contains(kind) && kinds.contains(clusterKind);
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  /** Returns the known kinds, for a message that none is available. */
  static String known() {
    return KNOWN.stream()
        .map(api -> "%s (%s)".formatted(api.kind(), api.apiVersion()))
        .collect(Collectors.joining(", "));
  }

  String apiVersion() {
    return group + "/" + version;
  }

  /** Returns the API path of a report; the cluster's own if the namespace is empty. */
  String path(String namespace, String name) {
    return namespace.isEmpty()
        ? "/apis/%s/%s/%s".formatted(apiVersion(), plural(clusterKind), name)
        : "/apis/%s/namespaces/%s/%s/%s".formatted(apiVersion(), namespace, plural(kind), name);
  }

  private static String plural(String kindName) {
    return kindName.toLowerCase(Locale.ROOT) + "s";
  }

  ResourceDefinitionContext reports() {
    return resource(kind, true);
  }

  ResourceDefinitionContext clusterReports() {
    return resource(clusterKind, false);
  }

  private ResourceDefinitionContext resource(String kindName, boolean namespaced) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(group)
        .withVersion(version)
        .withKind(kindName)
        .withPlural(plural(kindName))
        .withNamespaced(namespaced)
        .build();
  }
}
