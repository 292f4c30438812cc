package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.migration.VolumeLosses;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two runs of the migration of one claim side by side, in the same direction and in opposite ones,
 * beside real controllers. One of them is held at one of its requests while the other runs to its
 * end; then the request arrives. A run of the tests holds at a sample of them. Rows wait more than
 * they work, so that a whole table can be run by several at once (CONTRIBUTING.md).
 */
@Sampled
class MigrationHeldIT {

  /** Number of rows; {@code -DargLine=-Dheld=NUMBER} tests so many. */
  private static final int HELD = Integer.getInteger("held", 3);

  private static final String NAMESPACE = "migration-held";

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private static ControlledCluster cluster;
  private static KubernetesClient client;
  private static VolumeLosses losses;

  private KillingProxy first;
  private KillingProxy second;
  private MigratedSet set;

  @BeforeAll
  static void start() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "disabled");
    client = cluster.client();
    losses = new VolumeLosses(client, NAMESPACE);
  }

  @AfterAll
  static void stop() {
    for (AutoCloseable each : new AutoCloseable[] {losses, cluster}) {
      try {
        if (each != null) {
          each.close();
        }
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static CompletableFuture<CommandLineResult> start(
      KillingProxy proxy, MigratedSet set, String... options) {
    return CompletableFuture.supplyAsync(() -> set.migrate(proxy, options));
  }

  @BeforeEach
  void makeSet() throws Exception {
    first = new KillingProxy(client);
    second = new KillingProxy(client);
    set = new MigratedSet(cluster, NAMESPACE, "db" + NUMBER.incrementAndGet());
  }

  @AfterEach
  void close() throws Exception {
    first.close();
    second.close();
    // a whole table leaves thousands of objects to be looked through otherwise
    client
        .persistentVolumes()
        .withName(set.volumeName())
        .edit(
            volume -> {
              volume.getSpec().setPersistentVolumeReclaimPolicy("Retain");
              return volume;
            });
    cluster.kubectl("delete statefulset --ignore-not-found --wait=false " + set.name());
    cluster.kubectl("delete pvc --ignore-not-found --wait=false " + set.claimName());
  }

  /** Approximate number of requests of a whole run; one that resumes after a kill sends fewer. */
  private static final int REQUESTS = 240;

  /** A whole run that takes over makes some so many. */
  private static final int WRITES = 16;

  private static List<Arguments> held() {
    return Sample.ofThisRun().of("migration-held", rows(1), HELD);
  }

  private static List<Arguments> heldBesideKilled() {
    return Sample.ofThisRun().of("migration-held-killed", rows(6), Math.max(1, HELD / 6));
  }

  /**
   * The rows of a table. {@code -Dpart=2/3} leaves the second of three parts, for a whole table in
   * pieces.
   */
  private static List<Arguments> rows(int step) {
    List<Arguments> all = new ArrayList<>();
    String[] part = System.getProperty("part", "1/1").split("/", 2);
    int piece = 0;
    for (int request = 1; request <= REQUESTS; request += step) {
      for (boolean back : new boolean[] {false, true}) {
        for (boolean otherBack : new boolean[] {false, true}) {
          if (piece++ % Integer.parseInt(part[1]) == Integer.parseInt(part[0]) - 1) {
            all.add(Arguments.of(request, back, otherBack));
          }
        }
      }
    }
    return all;
  }

  /** Runs in this process, which are not to be killed: a program takes seconds to start. */
  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @MethodSource("held")
  void a_request_that_arrives_after_another_run_has_ended_does_no_harm(
      int request, boolean back, boolean otherBack) throws Exception {
    if (back) {
      // there has to be something to go back from
      first.killAt(When.FAILED, 2 + (request * 7) % 12);
      assertThat(set.beginHere(first).exitCode()).isEqualTo(1);
    }
    first.holdAt(request);
    CompletableFuture<CommandLineResult> held =
        CompletableFuture.supplyAsync(
            () ->
                back
                    ? set.migrateHere(first, "--rollback", "--take-over")
                    : set.migrateHere(first));
    boolean isHeld = first.awaitHeld(held);
    // a request that it repeats after the other run has ended starts another migration
    boolean hasWritten = !first.writes().isEmpty();
    CommandLineResult other =
        otherBack
            ? set.migrateHere(second, "--rollback", "--take-over")
            : set.migrateHere(second, "--take-over");
    first.release();
    CommandLineResult late = held.get();
    String what =
        "held at request %d of %d: %s\nbeside: %s"
            .formatted(request, first.requests(), late.output(), other.output());
    assertNotLost(what);
    if (isHeld && other.exitCode() == 0 && (hasWritten || late.exitCode() != 0)) {
      // the other one has done what it was asked for; a move that goes back is never turned around
      set.assertMoved(goesBack(other) ? MigratedSet.SHARED : MigratedSet.EXCLUSIVE);
    }
    CommandLineResult on = set.migrateHere(second, "--take-over");
    assertIsWhole(on, what);
  }

  private void assertNotLost(String what) {
    assertThat(losses.lost()).as(what).doesNotContainKeys(set.volumeName(), "the watch");
  }

  private void assertIsWhole(CommandLineResult on, String what) {
    assertThat(on.exitCode()).as(on.output() + what).isZero();
    assertNotLost(what);
    set.assertMoved(set.claim().getSpec().getAccessModes());
    assertThat(losses.hasSeen(set.volumeName())).isTrue();
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @MethodSource("heldBesideKilled")
  void a_request_that_arrives_after_another_run_was_killed_does_no_harm(
      int request, boolean back, boolean otherBack) throws Exception {
    if (back) {
      first.killAt(When.AFTER, 1 + (request * 7) % 12);
      assertThat(set.migrate(first, "--apply").exitCode()).isEqualTo(137);
    }
    first.holdAt(request);
    CompletableFuture<CommandLineResult> held =
        back ? start(first, set, "--apply", "--rollback") : start(first, set, "--apply");
    first.awaitHeld(held);
    int write = 1 + (request * 5) % WRITES;
    second.killAt(write % 2 == 0 ? When.BEFORE : When.AFTER, write);
    CommandLineResult other =
        otherBack
            ? set.migrate(second, "--apply", "--rollback", "--take-over")
            : set.migrate(second, "--apply", "--take-over");
    first.release();
    CommandLineResult late = held.get();
    String what =
        "held at request %d of %d: %s\nkilled at write %d: %s"
            .formatted(request, first.requests(), late.output(), write, other.output());
    assertNotLost(what);
    second.killAt(When.NEVER, 0);
    assertIsWhole(set.migrate(second, "--apply"), what);
  }

  private static boolean goesBack(CommandLineResult run) {
    return run.output().contains("to ReadWriteOnce:");
  }

  @Test
  void the_table_holds_at_all_requests_of_a_run() throws Exception {
    first.holdAt(0);
    assertThat(set.migrate(first, "--apply").exitCode()).isZero();
    assertThat(first.requests()).isBetween(REQUESTS * 2 / 3, REQUESTS * 5 / 4);
  }

  @Test
  void a_second_run_names_the_first_and_takes_over_only_on_request() throws Exception {
    first.holdAtWrite("DELETE .*persistentvolumeclaims/.*");
    CompletableFuture<CommandLineResult> held = start(first, set, "--apply");
    assertThat(first.awaitHeld(held)).isTrue();
    CommandLineResult refused = set.migrate(second, "--apply", "--rollback");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains(System.getProperty("user.name") + " on ")
        .contains("has been performing this migration since ")
        .contains("take over with --take-over");
    assertThat(second.writes()).isEmpty();

    CommandLineResult taken = set.migrate(second, "--apply", "--rollback", "--take-over");
    assertThat(taken.exitCode()).as(taken.output()).isZero();
    first.release();
    CommandLineResult late = held.get();
    assertThat(late.exitCode()).as(late.output()).isNotZero();
    set.assertMoved(MigratedSet.SHARED);
    assertNotLost(late.output());
  }

  /** The watch of the test sees what it is there for. */
  @Test
  void a_volume_that_would_be_lost_is_noticed() throws Exception {
    cluster.kubectl("delete statefulset " + set.name());
    ControlledCluster.await().until(() -> cluster.pods(set.name()).isEmpty());
    PersistentVolumeClaim claim = set.claim();
    cluster.kubectl("delete pvc " + claim.getMetadata().getName());
    ControlledCluster.await().until(() -> losses.lost().containsKey(set.volumeName()));
    losses.forgive(set.volumeName());
  }
}
