package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.kube.Resources;
import io.rwopguard.kube.SharedRead;
import io.rwopguard.model.KubeObject;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Reads from the cluster which addresses a NetworkFence has to block for a node.
 *
 * <p>No address is guessed: a block of another address would confirm a fence that stops nothing.
 */
final class NodeAddresses {

  private static final ResourceDefinitionContext CSI_NODES =
      new ResourceDefinitionContext.Builder()
          .withGroup("storage.k8s.io")
          .withVersion("v1")
          .withKind("CSINode")
          .withPlural("csinodes")
          .withNamespaced(false)
          .build();

  private static final String NODE_LEASES = "kube-node-lease";
  private static final String INTERNAL_IP = "InternalIP";

  private final FenceApi api;
  private final String driver;
  private final Optional<String> networkFenceClass;
  private final String source;

  /** The CSIAddonsNodes of all nodes: the API server has no selector for those of one node. */
  private final SharedRead<List<JsonNode>> clients;

  NodeAddresses(FenceApi api, String driver, Optional<String> networkFenceClass) {
    this.api = api;
    this.driver = driver;
    this.networkFenceClass = networkFenceClass;
    this.source = networkFenceClass.map(name -> driver + "/" + name).orElse(INTERNAL_IP);
    this.clients = new SharedRead<>(() -> api.list(NetworkFences.CSI_ADDONS_NODES, "", "", ""));
  }

  /** Returns the addresses that are known now. */
  Set<NodeAddress> known(String node) {
    return networkFenceClass
        .map(name -> reported(node, name))
        .orElseGet(() -> internalAddresses(node))
        .stream()
        .map(cidr -> new NodeAddress(source, cidr))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Returns the addresses that are known now and those that the ledger keeps from this silence;
   * empty if there are none. If none is known now and a machine has returned under the node's name,
   * an unknown address is among them.
   */
  Set<NodeAddress> needed(FenceTarget target) {
    Set<NodeAddress> known = known(target.node());
    Set<NodeAddress> stored = stored(target);
    if (!known.isEmpty()) {
      stored.removeIf(NodeAddress::isUnknown);
      return NodeAddress.union(stored, known);
    }
    return !stored.isEmpty() && hasReturned(target)
        ? NodeAddress.union(stored, Set.of(new NodeAddress(source, "")))
        : stored;
  }

  private Set<NodeAddress> stored(FenceTarget target) {
    return target.addresses().stream()
        .filter(address -> address.source().equals(source))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private boolean hasReturned(FenceTarget target) {
    boolean registered =
        api.get(Resources.NODES, "", target.node())
            .filter(
                node ->
                    !node.at("/metadata/uid").asText().equals(target.nodeUid())
                        || !node.at("/status/nodeInfo/bootID").asText().equals(target.bootId()))
            .isPresent();
    return registered
        || api.get(Resources.LEASES, NODE_LEASES, target.node())
            .filter(lease -> !lease.at("/spec/renewTime").asText().equals(target.renewTime()))
            .isPresent();
  }

  /** Explains why {@link #needed} returned nothing, or an unknown address. */
  String whyUnknown(FenceTarget target) {
    String why = whyUnknown(target.node());
    return stored(target).isEmpty()
        ? why
        : "node %s has registered again or renewed its Lease since its addresses were stored, so it may have others; %s"
            .formatted(target.node(), why);
  }

  /** Explains why {@link #known} returned nothing. */
  String whyUnknown(String node) {
    return networkFenceClass
        .map(
            name ->
                "no CSIAddonsNode of driver %s reports addresses of node %s for NetworkFenceClass %s in status.networkFenceClientStatus. Without them it is unknown which address the storage has to block. Check that CSINode %s names the driver and that the csi-addons sidecar of the node plugin reports fence clients. If the storage sees the node under its internal addresses, set secret-name and secret-namespace instead of network-fence-class"
                    .formatted(driver, node, name, node))
        .orElseGet(
            () ->
                "Node %s does not exist or has no address of type InternalIP, so there is no address to block. Check status.addresses of the Node"
                    .formatted(node));
  }

  /** Returns the node's internal addresses, each as a separate block. */
  private Set<String> internalAddresses(String node) {
    Set<String> cidrs = new TreeSet<>();
    api.get(Resources.NODES, "", node)
        .ifPresent(
            object -> {
              for (JsonNode address : KubeObject.of(object).status().path("addresses")) {
                if (address.path("type").asText().equals(INTERNAL_IP)) {
                  String ip = address.path("address").asText();
                  cidrs.add(ip + (ip.contains(":") ? "/128" : "/32"));
                }
              }
            });
    return cidrs;
  }

  /** Returns the blocks that the driver reports for the node's client in its CSIAddonsNode. */
  private Set<String> reported(String node, String fenceClass) {
    Set<String> cidrs = new TreeSet<>();
    String id = api.get(CSI_NODES, "", node).map(this::idAt).orElse("");
    if (id.isEmpty()) {
      return cidrs;
    }
    for (JsonNode client : clients.get()) {
      JsonNode its = KubeObject.of(client).spec().path("driver");
      if (!its.path("name").asText().equals(driver) || !its.path("nodeID").asText().equals(id)) {
        continue;
      }
      for (JsonNode status : KubeObject.of(client).status().path("networkFenceClientStatus")) {
        if (status.path("networkFenceClassName").asText().equals(fenceClass)) {
          for (JsonNode details : status.path("ClientDetails")) {
            details.path("cidrs").forEach(cidr -> cidrs.add(cidr.asText()));
          }
        }
      }
    }
    return cidrs;
  }

  /** Returns the driver's own name of the node. */
  private String idAt(JsonNode csiNode) {
    for (JsonNode each : KubeObject.of(csiNode).spec().path("drivers")) {
      if (each.path("name").asText().equals(driver)) {
        return each.path("nodeID").asText();
      }
    }
    return "";
  }
}
