package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.Sample;
import io.rwopguard.testing.nodes.FailoverCluster;
import io.rwopguard.testing.nodes.OnQuietMachine;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.ResultTable;
import io.rwopguard.testing.nodes.Writers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Tests a zero grace period without failover, on a node that is cut off. Kubernetes evicts its Pods
 * after five minutes, and their objects are gone at once. The test takes a quarter of an hour.
 */
@OnQuietMachine
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@EnabledIfSystemProperty(named = Sample.TABLES, matches = Sample.WHOLE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailoverOffOnClusterIT {

  private static final List<String> CLASSES = List.of("fenced", "attached", "unfenced");

  /** 50 s until a node is not ready, 300 s of toleration, 360 s until a volume is forced off. */
  private static final Duration CUT = Duration.ofSeconds(800);

  private static final ResultTable TABLE =
      new ResultTable(
          "failover-off",
          "storage",
          "the Pod's grace period",
          "another Pod wrote after",
          "two writers for");

  private FailoverCluster failover;

  @BeforeAll
  void start() {
    failover = new FailoverCluster();
    failover.release.deploy();
    failover.release.awaitRefusing();
    failover.cluster.createNamespace(FailoverCluster.NAMESPACE, true);
  }

  @AfterAll
  void stop() {
    if (failover != null) {
      failover.heal();
      failover.cluster.kubectl("", "delete namespace " + FailoverCluster.NAMESPACE);
      failover.release.uninstallIfThere();
    }
  }

  @Test
  void a_partition_with_zero_grace_and_no_failover() {
    String node = "node-2";
    for (String other : failover.othersThan(node)) {
      failover.cluster.kubectl("", "cordon " + other).succeeded();
    }
    CLASSES.forEach(storage -> failover.writers.start(storage, storage));
    failover.cluster.kubectl("", "uncordon node-1 node-2 node-3").succeeded();
    List<Long> graces =
        CLASSES.stream()
            .map(each -> failover.writers.pod(each).orElseThrow())
            .map(pod -> pod.getSpec().getTerminationGracePeriodSeconds())
            .toList();
    double cut = Writers.now();
    failover.cluster.node("cut", node);
    RealCluster.pause(CUT);
    failover.cluster.node("heal", node);
    RealCluster.pause(Duration.ofSeconds(45));
    for (int i = 0; i < CLASSES.size(); i++) {
      Writers.Writing writing = failover.writers.read(CLASSES.get(i));
      List<String> pods = writing.since(cut);
      Duration both = writing.twoWriters(cut);
      TABLE.add(
          "`%s`".formatted(CLASSES.get(i)),
          graces.get(i) + " s",
          pods.size() < 2 ? "never" : "%.0f s".formatted(writing.first(pods.get(1)) - cut),
          both.isZero() ? "-" : FailoverDeathsOnClusterIT.seconds(both));
    }
    assertThat(failover.writers.read("fenced").twoWriters(cut)).isZero();
  }
}
