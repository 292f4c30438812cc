package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.cluster.Resources;
import io.rwopguard.cluster.WatchedResource;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.workload.ClaimKey;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The nodes, their Leases and the claims' Leases of a cluster, watched. */
final class ClusterView implements AutoCloseable {

  /** The little that is kept of a node's Lease; what it said is in the heartbeats. */
  private record NodeLease(String node) {}

  private final WatchedResource<NodeFacts> nodes;
  private final WatchedResource<NodeLease> nodeLeases;
  private final WatchedResource<PrimaryLease> primaryLeases;

  ClusterView(KubernetesClient client, Heartbeats heartbeats) {
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
                .inNamespace(FailoverObjects.NODE_LEASES),
            lease -> heard(lease, heartbeats),
            (before, after) -> {
              if (after.isEmpty()) {
                before.ifPresent(gone -> heartbeats.gone(gone.node()));
              }
            });
    primaryLeases =
        new WatchedResource<>(
            "claims' Leases",
            client
                .genericKubernetesResources(Resources.LEASES)
                .inAnyNamespace()
                .withLabel(PrimaryLease.LABEL, PrimaryLease.LABEL_VALUE),
            lease -> PrimaryLease.read(lease),
            (before, after) -> {});
  }

  private static Optional<NodeLease> heard(JsonNode lease, Heartbeats heartbeats) {
    String node = lease.path("metadata").path("name").asText();
    heartbeats.seen(node, renewTime(lease), duration(lease), System.nanoTime());
    return Optional.of(new NodeLease(node));
  }

  static String renewTime(JsonNode lease) {
    return lease.path("spec").path("renewTime").asText("");
  }

  static Duration duration(JsonNode lease) {
    return Duration.ofSeconds(lease.path("spec").path("leaseDurationSeconds").asInt(40));
  }

  void start() {
    nodes.start();
    nodeLeases.start();
    primaryLeases.start();
  }

  /** Watches everything on new connections, because a watch is known to hang. */
  void restart() {
    nodes.restart();
    nodeLeases.restart();
    primaryLeases.restart();
  }

  boolean hasSynced() {
    return nodes.hasSynced() && nodeLeases.hasSynced() && primaryLeases.hasSynced();
  }

  List<NodeFacts> nodes() {
    return nodes.all().toList();
  }

  Optional<NodeFacts> node(String name) {
    return nodes.get(name);
  }

  Optional<PrimaryLease> lease(ClaimKey claim) {
    return primaryLeases.get(claim.namespace() + "/" + PrimaryLease.nameOf(claim));
  }

  List<PrimaryLease> leases() {
    return primaryLeases.all().toList();
  }

  @Override
  public void close() {
    nodes.stop();
    nodeLeases.stop();
    primaryLeases.stop();
  }
}
