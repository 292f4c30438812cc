package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.MigratedFleet;
import io.rwopguard.testing.migration.MigratedFleet.Moved;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A fleet that was killed and left moves halfway, and what the next command does with them. */
@Sampled(methods = 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationFleetHalfwayIT {

  /** The number of a write of a move. */
  private static final int DELETE_CLAIM = 5;

  /** No move is complete after so few writes, and several that run side by side have started. */
  private static final int IN_THE_MIDDLE = 11;

  private MigratedFleet fleet;

  private List<Moved> all;

  @BeforeAll
  void start() throws Exception {
    fleet = new MigratedFleet("halfway", 1);
  }

  @AfterAll
  void stop() {
    if (fleet != null) {
      fleet.close();
    }
  }

  @AfterEach
  void nothingIsLost() {
    fleet.assertNothingLost(all);
  }

  private CommandLineResult completed(String label, String... options) {
    CommandLineResult done = fleet.migrate(label, options);
    assertThat(done.exitCode()).as(done.output()).isZero();
    return done;
  }

  private void killedAfter(int write, String label, String... options) {
    fleet.proxy().killAt(When.AFTER, write);
    CommandLineResult killed = fleet.migrate(label, options);
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(137);
    fleet.proxy().killAt(When.NEVER, 0);
  }

  @Test
  void rolls_back_all_that_was_started() throws Exception {
    all = fleet.make("back", 1, 3);
    killedAfter(IN_THE_MIDDLE, "back", "--apply", "--max-parallel", "3");
    long started = all.stream().filter(Moved::isHalfway).count();
    assertThat(started).isPositive();
    assertThat(completed("back", "--rollback", "--apply", "--max-parallel", "3").output())
        .contains("Workloads: %d rolled back\n".formatted(started));
    all.forEach(each -> each.assertModes("ReadWriteOnce"));
    ControlledCluster.await().until(() -> all.stream().allMatch(Moved::runs));
    assertThat(completed("back", "--rollback", "--apply").output()).contains("Workloads: none\n");
  }

  @Test
  void does_not_reverse_a_rollback_and_reports_it() throws Exception {
    all = fleet.make("turned", 1, 1);
    killedAfter(DELETE_CLAIM, "turned", "--apply");
    killedAfter(1, "turned", "--rollback", "--apply");
    assertThat(completed("turned", "--apply").output())
        .contains("rolled back  " + all.get(0))
        .contains("Workloads: 1 rolled back\n");
    all.get(0).assertModes("ReadWriteOnce");
  }

  @Test
  void does_not_undo_what_is_complete_and_reports_it() throws Exception {
    all = fleet.make("done", 1, 2);
    completed("done", "--apply", "--max-parallel", "2");
    fleet.proxy().killAt(When.NEVER, 0);
    CommandLineResult refused = fleet.migrate("done", "--rollback", "--apply");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("a completed migration cannot be rolled back")
        .contains("refused    " + all.get(0))
        .contains("Workloads: 2 refused\n");
    assertThat(fleet.proxy().writes()).isEmpty();
    all.forEach(each -> each.assertModes("ReadWriteOncePod"));
  }

  @Test
  void resumes_what_was_started_while_the_window_is_closed() throws Exception {
    all = fleet.make("window", 1, 3);
    killedAfter(DELETE_CLAIM, "window", "--apply");
    assertThat(all).filteredOn(Moved::isHalfway).containsExactly(all.get(0));
    LocalTime now = LocalTime.now(ZoneId.systemDefault());
    LocalTime opens = now.plusHours(2).truncatedTo(ChronoUnit.MINUTES);
    String window = "%s-%s".formatted(opens, opens.plusHours(1));
    CompletableFuture<CommandLineResult> running =
        fleet.start("window", "--apply", "--max-parallel", "2", "--window", window);
    try {
      ControlledCluster.await().until(() -> running.isDone() || !all.get(0).isHalfway());
      Thread.sleep(2000);
    } finally {
      // it would wait for hours
      fleet.proxy().terminate();
    }
    CommandLineResult paused = running.get();
    assertThat(paused.output())
        .contains("waiting for the window " + window)
        .contains("moved      " + all.get(0))
        .contains("Workloads: 1 moved, 2 not started\n");
    all.get(0).assertModes("ReadWriteOncePod");
    assertThat(fleet.proxy().writes())
        .isNotEmpty()
        .noneMatch(write -> write.contains("window1") || write.contains("window2"));
    all.subList(1, 3).forEach(each -> each.assertModes("ReadWriteOnce"));
  }

  private static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %2$s, namespace: %1$s, labels: {moved: beside}}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: ""
        resources: {requests: {storage: 1Gi}}
      ---
      """;

  private static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: wiki, namespace: %1$s}
      spec:
        strategy: {type: Recreate}
        selector: {matchLabels: {app: wiki}}
        template:
          metadata: {labels: {app: wiki}}
          spec:
            terminationGracePeriodSeconds: 1
            containers: [{name: wiki, image: wiki}]
            volumes:
              - {name: index, persistentVolumeClaim: {claimName: a-index}}
              - {name: pages, persistentVolumeClaim: {claimName: a-pages}}
      """;

  @Test
  void starts_others_while_a_workload_of_two_claims_is_moved() throws Exception {
    String namespace = fleet.namespace(0);
    all = fleet.make("beside", 1, 1);
    fleet
        .cluster()
        .createWhereItSays(
            MigratedFleet.volume(namespace, "a-index", "a-index")
                + CLAIM.formatted(namespace, "a-index")
                + MigratedFleet.volume(namespace, "a-pages", "a-pages")
                + CLAIM.formatted(namespace, "a-pages")
                + DEPLOYMENT.formatted(namespace));
    fleet.proxy().holdAtWrite("DELETE .*/persistentvolumeclaims/a-.*");
    CompletableFuture<CommandLineResult> running =
        fleet.start("beside", "--apply", "--max-parallel", "2");
    try {
      assertThat(fleet.proxy().awaitHeld(running)).isTrue();
      ControlledCluster.await().until(() -> running.isDone() || all.get(0).isMoved());
      assertThat(running).isNotDone();
    } finally {
      fleet.proxy().release();
    }
    CommandLineResult done = running.get();
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertThat(done.output()).contains("Workloads: 3 moved\n");
    all.get(0).assertModes("ReadWriteOncePod");
  }
}
