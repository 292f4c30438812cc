package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.cluster.ClusterFenceApi;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.fence.ApiLedgerStore;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.fence.FenceLedger;
import io.rwopguard.failover.fence.FenceProvider;
import io.rwopguard.failover.fence.FenceRegistry;
import io.rwopguard.failover.fence.FenceRoutes;
import io.rwopguard.failover.fence.FenceStatus;
import io.rwopguard.failover.fence.FenceTarget;
import io.rwopguard.failover.fence.RegistryFence;
import io.rwopguard.failover.plan.Reachability.Round;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Passes of the controller that fail, and failovers whose settings or permission change. */
class FailoverControllerTest {

  private static final String REVOKING = "revoking.example.org";
  private static final String FENCED = "fenced.example.org";
  private static final String CEPH = "rbd.csi.ceph.com";
  private static final Map<String, String> REVOKES =
      Map.of("rwop-guard.failover.drivers.\"%s\".revokes-on-unpublish".formatted(REVOKING), "true");

  /** A node is taken for dead, and its Pod deleted, within this many seconds. */
  private static final int FAILED_OVER = 60;

  static List<Throwable> failures() {
    return List.of(
        new StackOverflowError("test"),
        new OutOfMemoryError("test"),
        new NoClassDefFoundError("test"),
        new AssertionError("test"),
        new IllegalStateException("test"));
  }

  private static void fail(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) failure;
  }

  @ParameterizedTest
  @MethodSource("failures")
  void a_pass_that_fails_is_no_progress_and_the_next_one_works(Throwable failure) {
    SmallCluster cluster = new SmallCluster(3);
    cluster.workload("db", "node-1", REVOKING);
    cluster.start(REVOKES, Optional.empty());
    assertThat(cluster.pass()).isTrue();
    cluster.die("node-1");
    cluster.beforeNodes = () -> fail(failure);
    for (int i = 0; i < 10; i++) {
      assertThat(cluster.pass()).isFalse();
    }
    assertThat(cluster.problems.with("failover").orElse(""))
        .contains(failure.toString(), "check the memory");
    cluster.beforeNodes = () -> {};
    assertThat(cluster.pass()).isTrue();
    assertThat(cluster.problems.with("failover")).isEmpty();
    cluster.passFor(FAILED_OVER);
    assertThat(cluster.hasPod("db-0")).isFalse();
  }

  /** The API server or the election may be at fault: another leader would meet the same. */
  @Test
  void a_pass_that_the_api_server_or_the_election_ends_is_progress() {
    SmallCluster cluster = new SmallCluster(3);
    cluster.start(REVOKES, Optional.empty());
    cluster.beforeNodes = () -> fail(new KubernetesClientException("no answer"));
    assertThat(cluster.pass()).isTrue();
    assertThat(cluster.problems.with("failover").orElse("")).contains("no answer");
    cluster.beforeNodes = () -> fail(new NotLeaderException());
    assertThat(cluster.pass()).isTrue();
    assertThat(cluster.problems.with("failover").orElse("")).contains("no longer certain to lead");
    cluster.beforeNodes = () -> {};
    assertThat(cluster.pass()).isTrue();
    assertThat(cluster.problems.with("failover")).isEmpty();
  }

  /** A node dies, and the failover of its Pod waits for the probes before the deletion. */
  private static FailoverController startAndAwaitProbes(SmallCluster cluster) {
    cluster.workload("db", "node-1", REVOKING);
    FailoverController controller = cluster.start(REVOKES, Optional.empty());
    cluster.passFor(FAILED_OVER);
    cluster.die("node-1");
    cluster.round = Round.NOT_YET;
    cluster.passFor(FAILED_OVER);
    assertThat(cluster.records()).hasSize(1);
    return controller;
  }

  @Test
  void a_deletion_follows_the_end_of_the_probes_that_it_waits_for() {
    SmallCluster cluster = new SmallCluster(3);
    FailoverController controller = startAndAwaitProbes(cluster);
    int[] requests = {0};
    cluster.afterRequest = () -> requests[0]++;
    controller.resumeProbed();
    assertThat(requests[0]).as("none before they have ended").isZero();
    cluster.round = Round.UNREACHED;
    controller.resumeProbed();
    assertThat(cluster.hasPod("db-0")).isFalse();
    requests[0] = 0;
    controller.resumeProbed();
    assertThat(requests[0]).as("nothing waits for them any more").isZero();
  }

  @Test
  void an_answer_to_the_last_probes_keeps_the_pod() {
    SmallCluster cluster = new SmallCluster(3);
    FailoverController controller = startAndAwaitProbes(cluster);
    cluster.round = Round.REACHED;
    controller.resumeProbed();
    assertThat(cluster.hasPod("db-0")).isTrue();
  }

  /** A fence that never confirms. */
  private static final class PendingFence implements FenceProvider {

    @Override
    public String name() {
      return "power";
    }

    @Override
    public FenceScope scope() {
      return FenceScope.NODE;
    }

    @Override
    public FenceStatus fence(FenceTarget target) {
      return FenceStatus.pending("it is being switched off");
    }

    @Override
    public FenceStatus unfence(FenceTarget target) {
      return FenceStatus.unfenced();
    }

    @Override
    public FenceStatus status(FenceTarget target) {
      return FenceStatus.pending("it is being switched off");
    }
  }

  private static Fence fence(SmallCluster cluster, List<FenceProvider> providers) {
    Map<String, Set<String>> routes = new HashMap<>();
    providers.forEach(provider -> routes.put(provider.name(), Set.of(FENCED)));
    FenceLedger ledger =
        new FenceLedger(
            new ApiLedgerStore(
                new ClusterFenceApi(cluster.objects, () -> true), SmallCluster.NAMESPACE),
            SmallCluster.NAMESPACE);
    return new RegistryFence(
        new FenceRegistry(
            providers, new FenceRoutes(routes), driver -> false, ledger, cluster.clocks().wall()));
  }

  private static Map<String, String> statingThatAFenceStops() {
    Map<String, String> settings = new HashMap<>(REVOKES);
    settings.put("rwop-guard.failover.drivers.\"%s\".stopped-by-fence".formatted(FENCED), "true");
    return settings;
  }

  private static SmallCluster waitingForItsFence() {
    SmallCluster cluster = new SmallCluster(5);
    cluster.workload("fenced", "node-1", FENCED);
    cluster.workload("db", "node-2", REVOKING);
    cluster.start(
        statingThatAFenceStops(), Optional.of(fence(cluster, List.of(new PendingFence()))));
    cluster.passFor(15);
    cluster.die("node-1");
    cluster.passFor(FAILED_OVER);
    assertThat(cluster.records()).hasSize(1);
    assertThat(cluster.said).anyMatch(text -> text.contains("it is being switched off"));
    assertThat(cluster.hasPod("fenced-0")).isTrue();
    return cluster;
  }

  private static void assertOnlyTheOtherIsFailedOver(SmallCluster cluster) {
    cluster.writes.clear();
    cluster.passFor(15);
    cluster.die("node-2");
    cluster.passFor(FAILED_OVER);
    assertThat(cluster.hasPod("fenced-0")).isTrue();
    assertThat(cluster.hasPod("db-0")).isFalse();
    assertThat(effects(cluster)).isNotEmpty().noneMatch(write -> write.contains("fenced"));
  }

  /** The statement is left, and with it the failover waits. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void without_the_fence_that_a_failover_waits_for_nothing_is_deleted(boolean registry) {
    SmallCluster cluster = waitingForItsFence();
    cluster.said.clear();
    cluster.start(
        statingThatAFenceStops(),
        registry ? Optional.of(fence(cluster, List.of())) : Optional.empty());
    assertOnlyTheOtherIsFailedOver(cluster);
    assertThat(cluster.said)
        .anyMatch(text -> text.startsWith("the fence has not confirmed that node node-1"));
  }

  @Test
  void without_the_statement_that_a_fence_stops_its_driver_nothing_is_deleted() {
    SmallCluster cluster = waitingForItsFence();
    cluster.said.clear();
    cluster.start(REVOKES, Optional.of(fence(cluster, List.of())));
    assertOnlyTheOtherIsFailedOver(cluster);
    assertThat(cluster.said).anyMatch(text -> text.startsWith("held up: "));
  }

  /** Returns the requests that take something from a node or its Pods. */
  private static List<String> effects(SmallCluster cluster) {
    return cluster.writes.stream()
        .filter(
            write ->
                write.startsWith("delete pods ")
                    || write.startsWith("delete volumeattachments ")
                    || (write.startsWith("patch nodes ")
                        && (write.contains("volumesInUse")
                            || (write.contains("out-of-service") && !write.contains("timeAdded")))))
        .toList();
  }

  /**
   * Runs a failover that is paused after one of its requests. Requests are counted from the death
   * of the node.
   *
   * @return what was done after the pause; empty if the failover takes fewer requests
   */
  private static Optional<List<String>> pausedAfter(
      int request, String driver, String release, int[] before) {
    SmallCluster cluster = new SmallCluster(3);
    cluster.workload("db", "node-1", driver);
    String prefix = "rwop-guard.failover.drivers.\"%s\".".formatted(driver);
    cluster.start(
        Map.of(prefix + "revokes-on-unpublish", "true", prefix + "release", release),
        Optional.empty());
    cluster.passFor(15);
    cluster.die("node-1");
    int[] requests = {0};
    cluster.afterRequest =
        () -> {
          if (!cluster.records().isEmpty() && requests[0]++ == request) {
            before[0] = effects(cluster).size();
            cluster.writes.clear();
            cluster.annotations.put(FailoverSwitch.PAUSED, "true");
          }
        };
    for (int i = 0; i < 2 * FAILED_OVER && cluster.records().isEmpty(); i++) {
      cluster.pass();
    }
    cluster.passFor(5);
    if (cluster.annotations.isEmpty()) {
      return Optional.empty();
    }
    cluster.passFor(15);
    List<String> after = effects(cluster);
    cluster.annotations.clear();
    cluster.passFor(15);
    assertThat(cluster.hasPod("db-0")).as("resumed").isFalse();
    return Optional.of(after);
  }

  @ParameterizedTest
  @CsvSource({
    REVOKING + ",volume,2",
    REVOKING + ",attachment,2",
    REVOKING + ",out-of-service,2",
    CEPH + ",out-of-service,2"
  })
  void nothing_is_deleted_or_detached_after_a_pause_that_the_replica_has_read(
      String driver, String release, int steps) {
    Map<Integer, List<String>> found = new TreeMap<>();
    List<Integer> before = new ArrayList<>();
    for (int request = 0; ; request++) {
      int[] effects = {0};
      List<String> after = pausedAfter(request, driver, release, effects).orElse(null);
      if (after == null) {
        break;
      }
      before.add(effects[0]);
      if (!after.isEmpty()) {
        found.put(request, after);
      }
    }
    assertThat(before).as("it is paused before and after each step").contains(0, steps);
    assertThat(found).isEmpty();
  }
}
