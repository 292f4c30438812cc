package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.FailoverCluster;
import io.rwopguard.testing.nodes.FenceControllersOnNodes;
import io.rwopguard.testing.nodes.FencedWriter;
import io.rwopguard.testing.nodes.OnQuietMachine;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.RequestStream;
import io.rwopguard.testing.nodes.Writers;
import java.time.Duration;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Deaths of nodes with something special about them. */
@OnQuietMachine
@Sampled(methods = FailoverScenario.SAMPLED, classes = 2, turn = 1)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FailoverScenariosOnClusterIT extends FailoverScenario {

  @Test
  void a_driver_that_attaches_nothing() {
    writers.start("unfenced", "unfenced");
    try {
      failover.calm();
      String on = writers.node("unfenced");
      String before = writers.pod("unfenced").orElseThrow().getMetadata().getUid();
      failover.cluster.node("kill", on);
      awaitReported("unfenced-driver");
      RealCluster.pause(Duration.ofSeconds(10));
      assertThat(writers.pod("unfenced").orElseThrow().getMetadata().getUid()).isEqualTo(before);
      TABLE.add(
          "a node dies, the driver has `attachRequired: false`",
          "nothing: refused, nothing would stop an old writer",
          "nothing, \"unfenced-driver\"",
          "-",
          "never");
    } finally {
      failover.cluster.node("heal", node);
      writers.stop("unfenced");
    }
  }

  @Test
  void a_leader_that_is_killed_in_mid_action() {
    Pod leader = failover.leader().orElseThrow();
    failover.cluster.node("kill", node);
    boolean onIt = leader.getSpec().getNodeName().equals(node);
    if (!onIt) {
      RealCluster.await()
          .pollInterval(Duration.ofMillis(20))
          .until(() -> failover.leaseOf(WRITER).containsKey("rwop-guard.io/failover-in-progress"));
      failover.cluster.killContainers(leader);
    }
    awaitSuccessor();
    RealCluster.await()
        .until(() -> !failover.leaseOf(WRITER).containsKey("rwop-guard.io/failover-in-progress"));
    row(
        "a node dies, and the leader is killed once it has started",
        "another replica resumes it",
        onIt ? "the leader was on that node" : "the failover was ended");
  }

  @Test
  void a_leader_on_the_node_that_dies() {
    String leaders = failover.leader().orElseThrow().getSpec().getNodeName();
    moveTo(leaders);
    started = Writers.now();
    failover.cluster.node("kill", leaders);
    awaitSuccessor();
    row(
        "the node that dies is the leader's own",
        "another replica leads and acts",
        "the Pod moved");
  }

  @Test
  void a_webhook_replica_that_the_api_server_is_connected_to_on_the_node_that_dies() {
    String leaders = failover.leader().orElseThrow().getSpec().getNodeName();
    String other =
        failover.replicasNodes().stream()
            .filter(each -> !each.equals(leaders))
            .findFirst()
            .orElseThrow();
    moveTo(other);
    failover.cluster.kubectl(RequestStream.REFUSED, "create --dry-run=server -f -");
    started = Writers.now();
    failover.cluster.node("kill", other);
    awaitSuccessor();
    row(
        "the node that dies has a webhook replica that the API server is connected to",
        "the new Pod does not wait for it",
        "the Pod moved");
  }

  @Test
  void no_other_node_to_go_to() {
    String before = uid();
    for (String other : failover.othersThan(node)) {
      failover.cluster.kubectl("", "cordon " + other).succeeded();
    }
    failover.cluster.node("kill", node);
    awaitReported("no-node");
    RealCluster.pause(Duration.ofSeconds(10));
    assertThat(uid()).isEqualTo(before);
    failover.cluster.kubectl("", "uncordon node-1 node-2 node-3").succeeded();
    awaitSuccessor();
    row(
        "a node dies while the others are cordoned",
        "nothing, until one is not",
        "nothing, \"no-node\"; then the Pod moved");
  }

  @Test
  void a_node_that_has_been_drained() {
    failover
        .cluster
        .kubectl(
            "",
            "drain %s --ignore-daemonsets --delete-emptydir-data --force --timeout=90s"
                .formatted(node))
        .succeeded();
    RealCluster.await()
        .until(() -> writers.writesNow(WRITER) && !writers.node(WRITER).equals(node));
    String moved = uid();
    failover.cluster.node("kill", node);
    RealCluster.pause(Duration.ofSeconds(25));
    assertThat(uid()).isEqualTo(moved);
    row("a node is drained and switched off", "nothing", "nothing");
  }

  @Test
  void a_pod_of_another_owner_on_the_node_that_dies() {
    failover.cluster.createNamespace("elsewhere", false);
    Writers others = new Writers(failover.cluster, "elsewhere");
    others.start(
        "other", "fenced", "nodeSelector: {kubernetes.io/hostname: %s}".formatted(node), 30);
    try {
      failover.calm();
      started = Writers.now();
      String before = others.pod("other").orElseThrow().getMetadata().getUid();
      failover.cluster.node("kill", node);
      awaitSuccessor();
      RealCluster.pause(Duration.ofSeconds(5));
      assertThat(others.pod("other").orElseThrow().getMetadata().getUid()).isEqualTo(before);
      row(
          "a node dies on which a Pod of a namespace runs that does not ask for failover",
          "that one is left alone",
          "it was; the other moved");
    } finally {
      failover.cluster.node("heal", node);
      others.stop("other");
      failover.cluster.kubectl("", "delete namespace elsewhere --wait=false");
    }
  }

  @Test
  void a_cut_node_that_a_network_fence_keeps_from_the_storage() {
    try (FencedWriter fenced =
        new FencedWriter(failover, "blocked", FenceControllersOnNodes.BLOCKED_CLASS)) {
      started = fenced.cutUntilSuccessorWrites();
      assertThat(fenced.isBlocked()).isTrue();
      // nothing is known of the driver's mappings: the block ends with the boot, not with the cut
      fenced.healUntilRebootIsAskedFor();
      assertThat(fenced.isBlocked()).isTrue();
      fenced.switchOff();
      fenced.healUntilReturned();
      assertThat(fenced.isBlocked()).isFalse();
      row(
          "blocked",
          "a node is cut off, its container writes on, and a NetworkFence serves the driver",
          "the storage blocks the node before another Pod writes, and until it has rebooted",
          "it did; the Pod moved");
    }
  }

  @Test
  void a_cut_node_that_a_remediation_switches_off() {
    try (FencedWriter fenced =
        new FencedWriter(failover, "powered", FenceControllersOnNodes.POWERED_CLASS)) {
      started = fenced.cutUntilSuccessorWrites();
      assertThat(fenced.wasSwitchedOff()).isTrue();
      fenced.healUntilReturned();
      row(
          "powered",
          "the same, and a FenceAgentsRemediation serves the driver",
          "the node is off before another Pod writes, and returns with its boot",
          "it was; the Pod moved");
    }
  }

  @Test
  void a_pod_that_crashes_again_and_again_on_a_healthy_node() {
    failover.cluster.create(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: crashing, namespace: %s}
        spec:
          serviceName: crashing
          selector: {matchLabels: {app: crashing}}
          template:
            metadata: {labels: {app: crashing}}
            spec:
              containers:
                - name: db
                  image: registry.invalid/busybox:1
                  command: [sh, -c, "exit 1"]
                  volumeMounts: [{name: data, mountPath: /data}]
          volumeClaimTemplates:
            - metadata: {name: data}
              spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
        """
            .formatted(FailoverCluster.NAMESPACE));
    failover.deploy("settings.rwop-guard\\.failover\\.failing-pods\\.report-after=20s");
    RealCluster.await().until(() -> writers.pod("crashing").isPresent());
    String before = writers.pod("crashing").orElseThrow().getMetadata().getUid();
    RealCluster.await()
        .until(
            () ->
                failover.events("crashing-0").stream()
                    .anyMatch(event -> event.startsWith("PodKeepsFailing")));
    assertThat(writers.pod("crashing").orElseThrow().getMetadata().getUid()).isEqualTo(before);
    writers.stop("crashing");
    failover.deploy();
    TABLE.add(
        "a Pod crashes again and again on a node that is fine",
        "it is reported and left there",
        "an event says so",
        "-",
        "never");
  }
}
