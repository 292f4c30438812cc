package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.Sample;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.nodes.Measurements;
import io.rwopguard.testing.nodes.MigratedStatefulSet;
import io.rwopguard.testing.nodes.OnRealCluster;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import io.rwopguard.testing.nodes.ResultTable;
import io.rwopguard.testing.process.CommandLineResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Moves data on a volume that is attached to a real node from ReadWriteOnce to ReadWriteOncePod,
 * while the webhook is installed. The move runs whole, and killed before and after a write. A run
 * kills at a sample of the writes, and at every write with {@code -DargLine=-Dtables=whole}.
 */
@OnRealCluster
@Sampled
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationOnClusterIT {

  /** Moves are mostly waiting for Pods. */
  private static final int AT_ONCE = 4;

  private static final int KILLS = 4;

  private RealCluster cluster;
  private Release release;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    release = Release.deployed(cluster);
    cluster.createNamespace(MigratedStatefulSet.NAMESPACE, true);
  }

  @AfterAll
  void tidy() {
    if (cluster != null) {
      cluster.kubectl("", "delete namespace " + MigratedStatefulSet.NAMESPACE);
      release.uninstallIfThere();
    }
  }

  /** A kill at this write, after which the move is resumed or rolled back. */
  private record Kill(int write, When when, boolean back) {}

  @Test
  void a_volume_with_data_is_moved_whole_and_then_killed_at_writes() throws Exception {
    List<String> writes = moveOne();
    List<Kill> all = new ArrayList<>();
    for (int write = 1; write <= writes.size(); write++) {
      for (When when : List.of(When.BEFORE, When.AFTER)) {
        all.add(new Kill(write, when, false));
        all.add(new Kill(write, when, true));
      }
    }
    ResultTable table =
        new ResultTable("migration-killed", "killed", "at this write", "resumed", "rolled back");
    ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
    try {
      Map<Kill, Future<String>> runs = new LinkedHashMap<>();
      for (Kill kill : Sample.ofThisRun().of("migration-killed", all, KILLS)) {
        runs.put(kill, workers.submit(() -> killedAt(kill.write(), kill.when(), kill.back())));
      }
      for (Kill on : all.stream().filter(kill -> !kill.back()).toList()) {
        Kill back = new Kill(on.write(), on.when(), true);
        if (runs.containsKey(on) || runs.containsKey(back)) {
          table.add(
              on.when() == When.BEFORE ? "before" : "after",
              "%d, `%s`".formatted(on.write(), writes.get(on.write() - 1)),
              runs.containsKey(on) ? outcome(runs.get(on)) : "-",
              runs.containsKey(back) ? outcome(runs.get(back)) : "-");
        }
      }
    } finally {
      workers.shutdownNow();
    }
  }

  private static String outcome(Future<String> run) throws InterruptedException {
    try {
      return run.get();
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause().getMessage(), e.getCause());
    }
  }

  /** The writes that it takes, with names that all moves share. */
  private List<String> moveOne() {
    try (MigratedStatefulSet moved = new MigratedStatefulSet(cluster, "whole")) {
      moved.assertWhole(MigratedStatefulSet.SHARED);
      moved.killAt(When.NEVER, 0);
      long began = System.nanoTime();
      CommandLineResult done = moved.migrate();
      assertThat(done.exitCode()).as(done.output()).isZero();
      Measurements.record(
          "a StatefulSet's claim moved to ReadWriteOncePod, from the command to its end",
          Duration.ofNanos(System.nanoTime() - began));
      List<String> writes = moved.writes();
      moved.assertWhole(MigratedStatefulSet.EXCLUSIVE);
      assertThat(moved.hasFirstClaim()).isFalse();
      assertThat(moved.migrate().output()).contains("is already complete");
      return writes.stream()
          .map(write -> write.replaceAll("/(apis|api)/([a-z]+/)?v[0-9]+/", ""))
          .map(write -> write.replaceAll("persistentvolumes/pvc-[-0-9a-f]+", "persistentvolumes/*"))
          .map(write -> write.replace("namespaces/migration/", "").replace("whole", "db"))
          .toList();
    }
  }

  private String killedAt(int write, When when, boolean back) {
    String name = (back ? "back" : "on") + write + (when == When.BEFORE ? "b" : "a");
    try (MigratedStatefulSet moved = new MigratedStatefulSet(cluster, name)) {
      moved.killAt(when, write);
      CommandLineResult killed = moved.migrate();
      assertThat(killed.exitCode()).as(killed.output()).isEqualTo(137);
      moved.killAt(When.NEVER, 0);
      CommandLineResult again = back ? moved.migrate("--rollback") : moved.migrate();
      if (again.exitCode() == 1 && again.output().contains("no migration of claim")) {
        // before the first write, and after the last
        assertThat(back).isTrue();
        List<String> modes = moved.claim().getSpec().getAccessModes();
        moved.assertWhole(modes);
        return modes.equals(MigratedStatefulSet.SHARED) ? "nothing had started" : "it was over";
      }
      assertThat(again.exitCode())
          .as("killed %s write %d, %s: %s", when, write, back ? "back" : "on", again.output())
          .isZero();
      boolean over = again.output().contains("is already complete");
      moved.assertWhole(back ? MigratedStatefulSet.SHARED : MigratedStatefulSet.EXCLUSIVE);
      return over ? "it was over" : "whole";
    }
  }
}
