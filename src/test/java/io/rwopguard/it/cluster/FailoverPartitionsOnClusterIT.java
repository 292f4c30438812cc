package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.OnQuietMachine;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Writers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** Tests faults that look like the death of a node, and are none. */
@OnQuietMachine
@Sampled(methods = FailoverScenario.SAMPLED, classes = 2, turn = 0)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FailoverPartitionsOnClusterIT extends FailoverScenario {

  @Test
  void a_kubelet_that_has_ended_while_its_container_writes_on() {
    String before = uid();
    failover.cluster.node("part", "stop", node, "kubelet");
    // the leader may run on that node itself, and is none to judge it then
    awaitReported("reachable", "own-node");
    RealCluster.pause(noticed());
    assertNothingHappened(before);
    row(
        "the kubelet ends, its container writes on",
        "nothing: the node still answers",
        "nothing, \"reachable\"");
  }

  @Test
  void a_node_that_cannot_reach_the_api_server_alone() {
    String before = uid();
    failover.cluster.node("deaf", node);
    awaitReported("reachable");
    RealCluster.pause(noticed());
    assertNothingHappened(before);
    row(
        "a node is cut off from the API server alone",
        "nothing: others reach it",
        "nothing, \"reachable\"");
  }

  @Test
  void a_node_that_is_cut_off_from_everything() {
    failover.cluster.node("cut", node);
    awaitSuccessor();
    RealCluster.pause(Duration.ofSeconds(10));
    failover.cluster.node("heal", node);
    RealCluster.pause(Duration.ofSeconds(20));
    row(
        "a node is cut off from everything, and its container writes on",
        "another Pod writes, the old one no longer can",
        "the Pod moved; after the cut healed, too, only the new one wrote");
  }

  @Test
  void a_cut_where_no_user_has_stated_that_the_driver_revokes() {
    writers.start("unstated", "attached");
    try {
      failover.calm();
      started = Writers.now();
      String on = writers.node("unstated");
      String before = writers.pod("unstated").orElseThrow().getMetadata().getUid();
      failover.cluster.node("cut", on);
      awaitReported("unstated-driver");
      RealCluster.pause(Duration.ofSeconds(10));
      assertThat(writers.pod("unstated").orElseThrow().getMetadata().getUid()).isEqualTo(before);
      assertThat(writers.read("unstated").longestSilence(started)).isLessThan(Writers.BREATH);
      assertThat(failover.events("unstated-0"))
          .anyMatch(event -> event.startsWith("FailoverRefused"));
      failover.cluster.node("heal", on);
      TABLE.add(
          "the same, without a statement that the driver takes access away",
          "nothing: refused, with the reason and what to state",
          "nothing, \"unstated-driver\"",
          "-",
          "never");
    } finally {
      writers.stop("unstated");
    }
  }

  @Test
  void an_api_server_that_is_away_for_a_minute() {
    String before = uid();
    failover.cluster.script("api", "stop");
    RealCluster.pause(Duration.ofSeconds(60));
    failover.cluster.script("api", "start");
    RealCluster.pause(Duration.ofSeconds(30));
    assertNothingHappened(before);
    row(
        "the API server is away for 60 s",
        "nothing; silence is counted again from zero",
        "nothing");
  }

  @Test
  void an_etcd_that_is_slow() {
    String before = uid();
    failover.cluster.script("etcd", "slow");
    RealCluster.pause(Duration.ofSeconds(WHOLE ? 90 : 40));
    failover.cluster.script("etcd", "normal");
    RealCluster.pause(Duration.ofSeconds(15));
    assertNothingHappened(before);
    row("etcd stands still for 800 ms of each second", "nothing", "nothing");
  }

  @Test
  void a_node_that_flaps() {
    for (int seconds : List.of(15, 25)) {
      failover.cluster.node("cut", node);
      RealCluster.pause(Duration.ofSeconds(seconds));
      failover.cluster.node("heal", node);
      RealCluster.pause(Duration.ofSeconds(20));
    }
    RealCluster.await().until(() -> writers.writesNow(WRITER));
    List<String> pods = writers.read(WRITER).since(started);
    assertThat(pods).hasSizeBetween(1, 2);
    row(
        "a node is cut off for 15 s, and 20 s later for 25 s",
        "at most one failover",
        "%d failovers".formatted(pods.size() - 1));
  }
}
