package io.rwopguard.failover.detection;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.kube.OwnLabels;
import io.rwopguard.kube.Resources;
import io.rwopguard.kube.WatchedNamespaces;
import io.rwopguard.kube.WatchedResource;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.KubeObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Watches the nodes, their Leases and the claims' Leases of a cluster. */
public final class FailoverCache implements ClusterState, AutoCloseable {

  /** The little that is kept of a node's Lease. The heartbeats keep its renewals. */
  private record NodeLease(String node) {}

  private final WatchedResource<NodeFacts> nodes;
  private final WatchedResource<NodeLease> nodeLeases;
  private final WatchedNamespaces<PrimaryLease> primaryLeases;
  private final WatchedResource<RequestedFailover> requests;

  /**
   * Prepares the watches.
   *
   * @param namespace the controller's own, where manual failovers are requested
   * @param namespaces those whose claims' Leases are watched; all if it is empty
   */
  public FailoverCache(
      KubernetesClient client,
      String namespace,
      Set<String> namespaces,
      Heartbeats heartbeats,
      Clocks clocks) {
    nodes =
        new WatchedResource<>(
            client,
            Resources.NODES,
            node -> Optional.of(NodeReader.read(node)),
            (before, after) -> {});
    nodeLeases =
        new WatchedResource<>(
            "node Leases",
            client
                .genericKubernetesResources(Resources.LEASES)
                .inNamespace(FailoverStore.NODE_LEASES),
            lease -> heard(lease, heartbeats, clocks),
            (before, after) -> {
              if (after.isEmpty()) {
                before.ifPresent(gone -> heartbeats.gone(gone.node()));
              }
            });
    primaryLeases =
        new WatchedNamespaces<>(
            client,
            Resources.LEASES,
            namespaces,
            Map.of(PrimaryLease.LABEL, PrimaryLease.LABEL_VALUE),
            lease -> PrimaryLease.read(lease),
            (before, after) -> {});
    requests =
        new WatchedResource<>(
            "requests for manual failovers",
            client
                .genericKubernetesResources(Resources.CONFIG_MAPS)
                .inNamespace(namespace)
                .withLabel(OwnLabels.RECORD, RequestedFailover.LABEL_VALUE),
            FailoverCache::request,
            (before, after) -> {});
  }

  private static Optional<RequestedFailover> request(JsonNode map) {
    JsonNode metadata = KubeObject.of(map).metadata();
    return Optional.of(
        new RequestedFailover(
            metadata.path("name").asText(),
            Instant.parse(metadata.path("creationTimestamp").asText()),
            map.path("data").has("answer")));
  }

  private static Optional<NodeLease> heard(JsonNode lease, Heartbeats heartbeats, Clocks clocks) {
    String node = KubeObject.of(lease).name();
    heartbeats.seen(
        node, NodeReader.renewTime(lease), NodeReader.leaseDuration(lease), clocks.nanos());
    return Optional.of(new NodeLease(node));
  }

  /** Starts the watches. */
  public void start() {
    nodes.start();
    nodeLeases.start();
    primaryLeases.start();
    requests.start();
  }

  /** Restarts all watches on new connections, because a watch is known to hang. */
  public void restart() {
    nodes.restart();
    nodeLeases.restart();
    primaryLeases.restart();
    requests.restart();
  }

  /** Lists everything again whose state is older than the latest event of its watch. */
  public void restartIfStateWentBack() {
    nodes.restartIfStateWentBack();
    nodeLeases.restartIfStateWentBack();
    primaryLeases.restartIfStateWentBack();
    requests.restartIfStateWentBack();
  }

  @Override
  public boolean hasSynced() {
    return unsynced().isEmpty();
  }

  @Override
  public Optional<String> unsynced() {
    return nodes
        .unsynced()
        .or(nodeLeases::unsynced)
        .or(primaryLeases::unsynced)
        .or(requests::unsynced);
  }

  /** Returns the chosen namespaces whose Leases may not be read, and why. */
  public Map<String, String> unreadable() {
    return primaryLeases.unreadable();
  }

  @Override
  public List<NodeFacts> nodes() {
    return nodes.all().toList();
  }

  @Override
  public Optional<NodeFacts> node(String name) {
    return nodes.get(name);
  }

  @Override
  public Optional<PrimaryLease> lease(ClaimKey claim) {
    return primaryLeases.get(claim.namespace() + "/" + PrimaryLease.nameOf(claim));
  }

  @Override
  public List<RequestedFailover> requests() {
    return requests.all().toList();
  }

  @Override
  public void close() {
    nodes.stop();
    nodeLeases.stop();
    primaryLeases.stop();
    requests.stop();
  }
}
