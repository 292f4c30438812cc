package io.rwopguard.testing.nodes;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The real cluster with failover switched on, and what its tests ask of it. */
public final class FailoverCluster {

  public static final String NAMESPACE = "databases";

  private static final String DRIVERS = "failover.drivers.";
  private static final Duration TRUST = Duration.ofSeconds(13);
  private static final Set<String> NODES = Set.of("node-1", "node-2", "node-3");

  public final RealCluster cluster;
  public final Release release;
  public final Writers writers;

  public FailoverCluster() {
    cluster = RealCluster.running();
    release = new Release(cluster);
    writers = new Writers(cluster, NAMESPACE);
  }

  /** Installs the chart, with failover as most tests want it, and more settings. */
  public void deploy(String... more) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "failover.mode=enforce",
                "failover.release=volume",
                DRIVERS + "fenced\\.csi\\.rwop-guard\\.io.revokesOnUnpublish=true",
                "settings.rwop-guard\\.failover\\.maintenance\\.recovery-hold-off=10s",
                "settings.rwop-guard\\.failover\\.limits\\.max-per-claim-per-hour=1000",
                "settings.rwop-guard\\.failover\\.limits\\.max-per-node-per-hour=1000",
                "settings.rwop-guard\\.failover\\.limits\\.max-per-hour=1000"));
    settings.addAll(Arrays.asList(more));
    release.deploy(settings.toArray(String[]::new));
    release.awaitRefusing();
  }

  public void createNamespace() {
    cluster.kubectl("", "delete namespace --ignore-not-found " + NAMESPACE).succeeded();
    cluster.create(
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: %s, labels: {rwop-guard.io/failover: enabled}}
        """
            .formatted(NAMESPACE));
  }

  /** Removes what a class made, but for the release: the next class changes its settings. */
  public void leave() {
    heal();
    cluster.kubectl("", "delete namespace " + NAMESPACE);
  }

  /** Waits until all nodes are well and untainted, and both replicas have been for a while. */
  public void calm() {
    heal();
    RealCluster.await().until(() -> release.readyPods() == 2 && release.pods().size() == 2);
    RealCluster.await()
        .until(() -> release.readyControllers() == 2 && release.controllers().size() == 2);
    // a replica distrusts the API server for ten seconds after its start and after a fault
    Duration calm = min(cluster.undisturbedFor(), release.runningFor());
    if (calm.compareTo(TRUST) < 0) {
      RealCluster.pause(TRUST.minus(calm));
    }
  }

  /** Heals all nodes and waits until they are ready and untainted. */
  public void heal() {
    NODES.forEach(node -> cluster.node("heal", node));
    RealCluster.await()
        .until(() -> nodes().stream().allMatch(node -> isReady(node) && !isTainted(node)));
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  public List<Node> nodes() {
    return cluster.client().nodes().list().getItems().stream()
        .filter(node -> NODES.contains(node.getMetadata().getName()))
        .toList();
  }

  /** Returns the time since a node renewed its Lease. All nodes share this machine's clock. */
  double secondsSinceRenewal(String node) {
    var renewed =
        cluster
            .client()
            .leases()
            .inNamespace("kube-node-lease")
            .withName(node)
            .get()
            .getSpec()
            .getRenewTime();
    return Duration.between(renewed.toInstant(), Instant.now()).toMillis() / 1000.0;
  }

  public static boolean isReady(Node node) {
    return node.getStatus().getConditions().stream()
        .anyMatch(each -> each.getType().equals("Ready") && each.getStatus().equals("True"));
  }

  public static boolean isTainted(Node node) {
    return !node.getSpec().getTaints().isEmpty();
  }

  /** The nodes other than these. */
  public List<String> othersThan(String... nodes) {
    return NODES.stream().filter(node -> !List.of(nodes).contains(node)).sorted().toList();
  }

  /** The Pod that leads failover. */
  public Optional<Pod> leader() {
    Lease lease =
        cluster
            .client()
            .leases()
            .inNamespace(Release.NAMESPACE)
            .withName("rwop-guard-failover")
            .get();
    String holder =
        lease == null ? "" : Objects.requireNonNullElse(lease.getSpec().getHolderIdentity(), "");
    return release.controllers().stream()
        .filter(pod -> holder.startsWith(pod.getMetadata().getName() + "_"))
        .findFirst();
  }

  public Set<String> replicasNodes() {
    return release.controllers().stream()
        .map(pod -> pod.getSpec().getNodeName())
        .collect(Collectors.toSet());
  }

  /** The annotations of a writer's Lease. */
  public Map<String, String> leaseOf(String writer) {
    Lease lease =
        cluster
            .client()
            .leases()
            .inNamespace(NAMESPACE)
            .withName("rwop-guard-data-" + writer + "-0")
            .get();
    return lease == null || lease.getMetadata().getAnnotations() == null
        ? Map.of()
        : lease.getMetadata().getAnnotations();
  }

  /**
   * Returns what the leader shows on its management port, fetched through the API server. The
   * leader may be on a node that is cut off. Then nothing answers, and another replica leads soon.
   */
  public String report() {
    return leader()
        .map(
            pod ->
                cluster
                    .kubectl(
                        "",
                        "get --request-timeout=5s --raw /api/v1/namespaces/rwop-guard/pods/%s:9000/proxy/failover"
                            .formatted(pod.getMetadata().getName()))
                    .output())
        .orElse("");
  }

  /** Returns the events of the writer's Pod, its claim and its node. */
  public List<String> events(String of) {
    return cluster.client().v1().events().inAnyNamespace().list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(of))
        .filter(event -> "rwop-guard".equals(event.getSource().getComponent()))
        .map(event -> event.getReason() + ": " + event.getMessage())
        .toList();
  }
}
