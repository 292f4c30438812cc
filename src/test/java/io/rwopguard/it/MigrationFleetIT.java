package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.kube.Resources;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.controllers.ForeignKinds;
import io.rwopguard.testing.migration.MigratedFleet;
import io.rwopguard.testing.migration.MigratedFleet.Moved;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Moves many claims in many namespaces by one command that is killed at random again and again.
 * Each run of the tests moves a few. With {@code -DargLine=-Dtables=whole} it moves 200 in 20
 * namespaces.
 */
@OnSecondApiServer
@Sampled(methods = 2)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationFleetIT {

  private static final int NAMESPACES = Sample.isWhole() ? 20 : 3;
  private static final int CLAIMS = Sample.isWhole() ? 10 : 3;
  private static final int KILLS = Sample.isWhole() ? 20 : 2;
  private static final String PREFIX = "fleet";

  private MigratedFleet fleet;
  private KubernetesClient client;
  private ForeignKinds kinds;

  @BeforeAll
  void start() throws Exception {
    fleet = new MigratedFleet(PREFIX, NAMESPACES);
    client = fleet.cluster().client();
    kinds = new ForeignKinds(fleet.cluster());
  }

  @AfterAll
  void stop() throws Exception {
    if (kinds != null) {
      kinds.remove();
    }
    if (fleet != null) {
      fleet.close();
    }
  }

  @Test
  void killed_again_and_again_all_claims_are_whole_in_the_end() throws Exception {
    List<Moved> all = fleet.make("kill", NAMESPACES, CLAIMS);
    SplittableRandom random = Sample.ofThisRun().random("migration-fleet");
    int killed = 0;
    for (int i = 0; i < KILLS; i++) {
      int write = 1 + random.nextInt(all.size() * 14 / KILLS);
      fleet.proxy().killAt(random.nextBoolean() ? When.BEFORE : When.AFTER, write);
      CommandLineResult run =
          fleet.migrate("kill", "--apply", "--max-parallel", "6", "--max-failures", "1000");
      assertThat(run.exitCode()).as(run.output()).isIn(137, 0);
      killed += run.exitCode() == 137 ? 1 : 0;
      fleet.assertNothingLost(all);
    }
    assertThat(killed).isPositive();
    fleet.proxy().killAt(When.NEVER, 0);
    Path report = Path.of("target/migration-fleet.json").toAbsolutePath();
    CommandLineResult last =
        fleet.migrate("kill", "--apply", "--max-parallel", "6", "--report", report.toString());
    assertThat(last.exitCode()).as(last.output()).isZero();
    all.forEach(each -> each.assertModes("ReadWriteOncePod"));
    ControlledCluster.await().until(() -> all.stream().allMatch(Moved::runs));
    fleet.assertNothingLost(all);
    JsonNode json = new JsonMapper().readTree(Files.readString(report));
    assertThat(json.path("counts").path("moved").asInt())
        .isEqualTo(json.path("workloads").size())
        .isPositive();
    CommandLineResult nothing = fleet.migrate("kill", "--apply");
    assertThat(nothing.output()).contains("Workloads: none");
  }

  @Test
  void a_signal_pauses_and_the_same_command_resumes() throws Exception {
    List<Moved> all = fleet.make("pause", 1, 3);
    fleet.proxy().holdAtWrite("DELETE .*persistentvolumeclaims/.*");
    CompletableFuture<CommandLineResult> running = fleet.start("pause", "--apply");
    assertThat(fleet.proxy().awaitHeld(running)).isTrue();
    fleet.proxy().terminate();
    Thread.sleep(500);
    fleet.proxy().release();
    CommandLineResult paused = running.get();
    assertThat(paused.exitCode()).as(paused.output()).isEqualTo(143);
    assertThat(paused.output())
        .contains("paused: migrations in progress will complete")
        .contains("Workloads: 1 moved, 2 not started");
    all.get(0).assertModes("ReadWriteOncePod");
    all.get(1).assertModes("ReadWriteOnce");
    CommandLineResult resumed = fleet.migrate("pause", "--apply", "--max-parallel", "2");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    assertThat(resumed.output()).contains("Workloads: 2 moved");
    all.forEach(each -> each.assertModes("ReadWriteOncePod"));
  }

  @Test
  void a_refused_or_failed_move_stops_no_other() throws Exception {
    List<Moved> all = fleet.make("some", 1, 3);
    client
        .apps()
        .statefulSets()
        .inNamespace(fleet.namespace(0))
        .withName("some0")
        .edit(
            set -> {
              set.getMetadata().setLabels(Map.of("kustomize.toolkit.fluxcd.io/name", "db"));
              return set;
            });
    CommandLineResult planned = fleet.migrate("some");
    assertThat(planned.output())
        .contains("refused    fleet-0/data-some0-0")
        .contains("ready      fleet-0/data-some1-0, downtime 11 s")
        .contains("Workloads: 2 ready, 1 refused")
        .contains("Nothing was changed");
    CommandLineResult done = fleet.migrate("some", "--apply");
    assertThat(done.exitCode()).as(done.output()).isEqualTo(1);
    assertThat(done.output()).contains("Workloads: 2 moved, 1 refused");
    all.get(0).assertModes("ReadWriteOnce");
    all.get(1).assertModes("ReadWriteOncePod");
  }

  @Test
  void a_snapshot_is_ready_before_the_workload_is_touched() throws Exception {
    Moved one = fleet.make("snap", 1, 1).get(0);
    CompletableFuture<CommandLineResult> running =
        fleet.start("snap", "--apply", "--snapshot-class", "fast");
    var snapshots =
        client
            .genericKubernetesResources(Resources.VOLUME_SNAPSHOTS)
            .inNamespace(fleet.namespace(0));
    ControlledCluster.await().until(() -> !snapshots.list().getItems().isEmpty());
    GenericKubernetesResource snapshot = snapshots.list().getItems().get(0);
    JsonNode spec = new JsonMapper().valueToTree(snapshot.getAdditionalProperties().get("spec"));
    assertThat(spec.path("volumeSnapshotClassName").asText()).isEqualTo("fast");
    assertThat(spec.path("source").path("persistentVolumeClaimName").asText())
        .isEqualTo("data-snap0-0");
    Thread.sleep(2000);
    assertThat(one.runs()).isTrue();
    assertThat(one.set().getSpec().getReplicas()).isEqualTo(1);
    // as the snapshot controller does
    snapshot.setAdditionalProperty("status", Map.of("readyToUse", true));
    snapshots.resource(snapshot).updateStatus();
    CommandLineResult done = running.get();
    assertThat(done.exitCode()).as(done.output()).isZero();
    one.assertModes("ReadWriteOncePod");
    assertThat(snapshots.list().getItems()).hasSize(1);
  }
}
