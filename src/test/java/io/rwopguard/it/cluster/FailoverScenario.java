package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.nodes.FailoverCluster;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.ResultTable;
import io.rwopguard.testing.nodes.Writers;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

/**
 * A writer on the real cluster to whom something happens; and the table of what had to come of it
 * and what did. A run tests a sample of them. With {@code -DargLine=-Dtables=whole} it tests all,
 * and each lasts as long as it takes Kubernetes to notice too.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FailoverScenario {

  static final boolean WHOLE = Sample.isWhole();

  /** Number of a class's tests that a run samples: each takes a minute or two. */
  static final int SAMPLED = 1;

  static final String WRITER = "db";
  static final ResultTable TABLE =
      new ResultTable(
          "failover-scenarios",
          "what breaks",
          "what has to happen",
          "what happened",
          "no writer for",
          "two writers");

  FailoverCluster failover;
  Writers writers;

  String node;
  double started;

  @BeforeAll
  void start() {
    failover = new FailoverCluster();
    writers = failover.writers;
    failover.createNamespace();
    failover.deploy();
    writers.start(WRITER, "fenced");
  }

  @AfterAll
  void stop() {
    if (failover != null) {
      failover.leave();
    }
  }

  @BeforeEach
  void calm() {
    failover.calm();
    RealCluster.await().until(() -> writers.writesNow(WRITER));
    node = writers.node(WRITER);
    started = Writers.now();
  }

  @AfterEach
  void undo() {
    failover.cluster.script("etcd", "normal");
    failover.cluster.kubectl("", "uncordon node-1 node-2 node-3");
  }

  static Duration noticed() {
    // a node counts as not ready after 50 s
    return Duration.ofSeconds(WHOLE ? 75 : 30);
  }

  String uid() {
    return writers.pod(WRITER).map(Pod::getMetadata).map(meta -> meta.getUid()).orElse("none");
  }

  void row(String what, String must, String happened) {
    row(WRITER, what, must, happened);
  }

  void row(String writer, String what, String must, String happened) {
    Writers.Writing writing = writers.read(writer);
    Duration both = writing.twoWriters(started);
    TABLE.add(
        what,
        must,
        happened,
        FailoverDeathsOnClusterIT.seconds(writing.longestSilence(started)),
        both.isZero() ? "never" : FailoverDeathsOnClusterIT.seconds(both));
    assertThat(both).as(what).isZero();
  }

  void assertNothingHappened(String before) {
    assertThat(uid()).isEqualTo(before);
    assertThat(writers.pod(WRITER).orElseThrow().getMetadata().getDeletionTimestamp()).isNull();
    assertThat(writers.read(WRITER).longestSilence(started)).isLessThan(Writers.BREATH);
  }

  void awaitSuccessor() {
    RealCluster.await().until(() -> writers.successorWrites(WRITER, started));
  }

  /** Waits until the leader shows one of these reasons. */
  void awaitReported(String... reasons) {
    RealCluster.await()
        .until(() -> Arrays.stream(reasons).anyMatch(reason -> failover.report().contains(reason)));
  }

  void moveTo(String target) {
    for (String other : failover.othersThan(target)) {
      failover.cluster.kubectl("", "cordon " + other).succeeded();
    }
    failover
        .cluster
        .kubectl("", "delete pod %s-0 -n %s".formatted(WRITER, FailoverCluster.NAMESPACE))
        .succeeded();
    RealCluster.await()
        .until(
            () ->
                writers.pod(WRITER).map(p -> target.equals(p.getSpec().getNodeName())).orElse(false)
                    && writers.writesNow(WRITER));
    failover.cluster.kubectl("", "uncordon node-1 node-2 node-3").succeeded();
    // it has to have been reached once, to be missed: a scan takes up the Pod, and it is probed
    RealCluster.pause(Duration.ofSeconds(8));
  }
}
