package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.cluster.Resources;
import java.util.Set;
import java.util.TreeSet;

/** Reads from the cluster which addresses a NetworkFence has to block for a node. */
final class NetworkFences {

  static final String GROUP = "csiaddons.openshift.io";

  static final ResourceDefinitionContext FENCES = type("NetworkFence", "networkfences", false);

  static final ResourceDefinitionContext CSI_ADDONS_NODES =
      type("CSIAddonsNode", "csiaddonsnodes", true);

  private static final ResourceDefinitionContext CSI_NODES =
      new ResourceDefinitionContext.Builder()
          .withGroup("storage.k8s.io")
          .withVersion("v1")
          .withKind("CSINode")
          .withPlural("csinodes")
          .withNamespaced(false)
          .build();

  private NetworkFences() {}

  private static ResourceDefinitionContext type(String kind, String plural, boolean namespaced) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(GROUP)
        .withVersion("v1alpha1")
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(namespaced)
        .build();
  }

  /** Returns the node's internal addresses, each as a separate block. */
  static Set<String> internalAddresses(FenceApi api, String node) {
    Set<String> cidrs = new TreeSet<>();
    api.get(Resources.NODES, "", node)
        .ifPresent(
            object -> {
              for (JsonNode address : object.path("status").path("addresses")) {
                if (address.path("type").asText().equals("InternalIP")) {
                  String ip = address.path("address").asText();
                  cidrs.add(ip + (ip.contains(":") ? "/128" : "/32"));
                }
              }
            });
    return cidrs;
  }

  /** Returns the blocks that the driver reports for the node's client in its CSIAddonsNode. */
  static Set<String> reported(FenceApi api, String node, String driver, String networkFenceClass) {
    Set<String> cidrs = new TreeSet<>();
    String id = api.get(CSI_NODES, "", node).map(csiNode -> idAt(csiNode, driver)).orElse("");
    if (id.isEmpty()) {
      return cidrs;
    }
    for (JsonNode client : api.list(CSI_ADDONS_NODES, "", "", "")) {
      JsonNode its = client.path("spec").path("driver");
      if (!its.path("name").asText().equals(driver) || !its.path("nodeID").asText().equals(id)) {
        continue;
      }
      for (JsonNode status : client.path("status").path("networkFenceClientStatus")) {
        if (status.path("networkFenceClassName").asText().equals(networkFenceClass)) {
          for (JsonNode details : status.path("ClientDetails")) {
            details.path("cidrs").forEach(cidr -> cidrs.add(cidr.asText()));
          }
        }
      }
    }
    return cidrs;
  }

  /** Returns the name that the driver itself has for the node. */
  private static String idAt(JsonNode csiNode, String driver) {
    for (JsonNode each : csiNode.path("spec").path("drivers")) {
      if (each.path("name").asText().equals(driver)) {
        return each.path("nodeID").asText();
      }
    }
    return "";
  }
}
