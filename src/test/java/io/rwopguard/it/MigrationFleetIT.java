package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.cluster.Resources;
import io.rwopguard.it.KillingProxy.When;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Many claims in many namespaces, moved by one command that is killed at random again and again: a
 * few in each run of the tests, and 200 in 20 namespaces with {@code -DargLine=-Dtables=whole}.
 */
@Sampled(methods = 2)
class MigrationFleetIT {

  private static final int NAMESPACES = Sample.isWhole() ? 20 : 3;
  private static final int CLAIMS = Sample.isWhole() ? 10 : 3;
  private static final int KILLS = Sample.isWhole() ? 20 : 2;
  private static final String PREFIX = "fleet";

  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %1$s-%2$s}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        csi: {driver: rbd.csi.ceph.com, volumeHandle: %1$s-%2$s}
        claimRef: {namespace: %1$s, name: data-%2$s-0}
      """;

  private static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %2$s, namespace: %1$s}
      spec:
        serviceName: %2$s
        selector: {matchLabels: {app: %2$s}}
        template:
          metadata: {labels: {app: %2$s}}
          spec:
            terminationGracePeriodSeconds: 1
            containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
        volumeClaimTemplates:
          - metadata: {name: data, labels: {moved: %3$s}}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              resources: {requests: {storage: 1Gi}}
      """;

  private static ControlledCluster cluster;
  private static KubernetesClient client;
  private static KillingProxy proxy;
  private static VolumeLosses losses;
  private static ForeignKinds kinds;

  @BeforeAll
  static void start() throws Exception {
    cluster = new ControlledCluster(PREFIX, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
    losses = new VolumeLosses(client, PREFIX);
    kinds = new ForeignKinds(cluster);
    for (int i = 0; i < NAMESPACES; i++) {
      client
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(namespace(i))
                  .addToLabels("rwop-guard.io/mutate", "disabled")
                  .endMetadata()
                  .build())
          .create();
    }
  }

  @AfterAll
  static void stop() {
    for (AutoCloseable each :
        new AutoCloseable[] {losses, proxy, kinds == null ? null : kinds::remove, cluster}) {
      try {
        if (each != null) {
          each.close();
        }
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static String namespace(int i) {
    return PREFIX + "-" + i;
  }

  private record Moved(String namespace, String name) {

    PersistentVolumeClaim claim() {
      return client
          .persistentVolumeClaims()
          .inNamespace(namespace)
          .withName("data-" + name + "-0")
          .get();
    }

    PersistentVolume volume() {
      return client.persistentVolumes().withName(namespace + "-" + name).get();
    }

    boolean runs() {
      var pod = client.pods().inNamespace(namespace).withName(name + "-0").get();
      return pod != null && pod.getStatus().getPhase().equals("Running");
    }

    void assertModes(String mode) {
      PersistentVolumeClaim claim = claim();
      assertThat(claim.getSpec().getAccessModes()).as(toString()).containsExactly(mode);
      assertThat(claim.getSpec().getVolumeName()).isEqualTo(namespace + "-" + name);
      PersistentVolume volume = volume();
      assertThat(volume.getSpec().getAccessModes()).as(toString()).containsExactly(mode);
      assertThat(volume.getSpec().getClaimRef().getUid()).isEqualTo(claim.getMetadata().getUid());
      assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
      assertThat(volume.getMetadata().getAnnotations().keySet())
          .noneMatch(key -> key.startsWith("rwop-guard.io/"));
      var set = client.apps().statefulSets().inNamespace(namespace).withName(name).get();
      assertThat(set.getSpec().getReplicas()).as(toString()).isEqualTo(1);
      assertThat(set.getSpec().getVolumeClaimTemplates().get(0).getSpec().getAccessModes())
          .containsExactly(mode);
    }
  }

  private static List<Moved> make(String label, int namespaces, int each) throws Exception {
    List<Moved> all = new ArrayList<>();
    StringBuilder manifests = new StringBuilder();
    for (int i = 0; i < namespaces; i++) {
      for (int j = 0; j < each; j++) {
        String name = label + j;
        all.add(new Moved(namespace(i), name));
        manifests.append(VOLUME.formatted(namespace(i), name)).append("---\n");
        manifests.append(SET.formatted(namespace(i), name, label)).append("---\n");
      }
    }
    cluster.createWhereItSays(manifests.toString());
    ControlledCluster.await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> all.stream().allMatch(Moved::runs));
    return all;
  }

  private static CommandLineResult migrate(String label, String... options) {
    List<String> command =
        new ArrayList<>(List.of("migrate", "--all-namespaces", "--selector", "moved=" + label));
    command.addAll(List.of(options));
    return proxy.run(command.toArray(String[]::new));
  }

  @Test
  void killed_again_and_again_all_claims_are_whole_in_the_end() throws Exception {
    List<Moved> all = make("kill", NAMESPACES, CLAIMS);
    SplittableRandom random = Sample.ofThisRun().random("migration-fleet");
    int killed = 0;
    for (int i = 0; i < KILLS; i++) {
      int write = 1 + random.nextInt(all.size() * 14 / KILLS);
      proxy.killAt(random.nextBoolean() ? When.BEFORE : When.AFTER, write);
      CommandLineResult run =
          migrate("kill", "--apply", "--max-parallel", "6", "--max-failures", "1000");
      assertThat(run.exitCode()).as(run.output()).isIn(137, 0);
      killed += run.exitCode() == 137 ? 1 : 0;
      assertThat(losses.lost()).as("seed %d", Sample.ofThisRun().seed()).isEmpty();
    }
    assertThat(killed).isPositive();
    proxy.killAt(When.NEVER, 0);
    Path report = Path.of("target/migration-fleet.json").toAbsolutePath();
    CommandLineResult last =
        migrate("kill", "--apply", "--max-parallel", "6", "--report", report.toString());
    assertThat(last.exitCode()).as(last.output()).isZero();
    all.forEach(each -> each.assertModes("ReadWriteOncePod"));
    ControlledCluster.await().until(() -> all.stream().allMatch(Moved::runs));
    assertThat(losses.lost()).isEmpty();
    assertThat(all).allMatch(each -> losses.hasSeen(each.namespace() + "-" + each.name()));
    JsonNode json = new JsonMapper().readTree(Files.readString(report));
    assertThat(json.path("counts").path("moved").asInt())
        .isEqualTo(json.path("workloads").size())
        .isPositive();
    CommandLineResult nothing = migrate("kill", "--apply");
    assertThat(nothing.output()).contains("Workloads: none");
  }

  @Test
  void a_signal_pauses_and_the_same_command_resumes() throws Exception {
    List<Moved> all = make("pause", 1, 3);
    proxy.holdAtWrite("DELETE .*persistentvolumeclaims/.*");
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> migrate("pause", "--apply"));
    assertThat(proxy.awaitHeld(running)).isTrue();
    proxy.terminate();
    Thread.sleep(500);
    proxy.release();
    CommandLineResult paused = running.get();
    assertThat(paused.exitCode()).as(paused.output()).isEqualTo(143);
    assertThat(paused.output())
        .contains("paused: what is in progress is moved to its end")
        .contains("Workloads: 1 moved, 2 not begun");
    all.get(0).assertModes("ReadWriteOncePod");
    all.get(1).assertModes("ReadWriteOnce");
    CommandLineResult resumed = migrate("pause", "--apply", "--max-parallel", "2");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    assertThat(resumed.output()).contains("Workloads: 2 moved");
    all.forEach(each -> each.assertModes("ReadWriteOncePod"));
  }

  @Test
  void what_is_refused_and_what_fails_stops_no_other() throws Exception {
    List<Moved> all = make("some", 1, 3);
    client
        .apps()
        .statefulSets()
        .inNamespace(namespace(0))
        .withName("some0")
        .edit(
            set -> {
              set.getMetadata().setLabels(Map.of("kustomize.toolkit.fluxcd.io/name", "db"));
              return set;
            });
    CommandLineResult planned = migrate("some");
    assertThat(planned.output())
        .contains("refused    fleet-0/data-some0-0")
        .contains("ready      fleet-0/data-some1-0, away for 11 s")
        .contains("Workloads: 2 ready, 1 refused")
        .contains("Nothing has been done");
    CommandLineResult done = migrate("some", "--apply");
    assertThat(done.exitCode()).as(done.output()).isEqualTo(1);
    assertThat(done.output()).contains("Workloads: 2 moved, 1 refused");
    all.get(0).assertModes("ReadWriteOnce");
    all.get(1).assertModes("ReadWriteOncePod");
  }

  @Test
  void a_snapshot_is_ready_before_the_workload_is_touched() throws Exception {
    Moved one = make("snap", 1, 1).get(0);
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> migrate("snap", "--apply", "--snapshot-class", "fast"));
    var snapshots =
        client.genericKubernetesResources(Resources.VOLUME_SNAPSHOTS).inNamespace(namespace(0));
    ControlledCluster.await().until(() -> !snapshots.list().getItems().isEmpty());
    GenericKubernetesResource snapshot = snapshots.list().getItems().get(0);
    JsonNode spec = new JsonMapper().valueToTree(snapshot.getAdditionalProperties().get("spec"));
    assertThat(spec.path("volumeSnapshotClassName").asText()).isEqualTo("fast");
    assertThat(spec.path("source").path("persistentVolumeClaimName").asText())
        .isEqualTo("data-snap0-0");
    Thread.sleep(2000);
    assertThat(one.runs()).isTrue();
    assertThat(
            client
                .apps()
                .statefulSets()
                .inNamespace(one.namespace())
                .withName(one.name())
                .get()
                .getSpec()
                .getReplicas())
        .isEqualTo(1);
    // as the snapshot controller does
    snapshot.setAdditionalProperty("status", Map.of("readyToUse", true));
    snapshots.resource(snapshot).updateStatus();
    CommandLineResult done = running.get();
    assertThat(done.exitCode()).as(done.output()).isZero();
    one.assertModes("ReadWriteOncePod");
    assertThat(snapshots.list().getItems()).hasSize(1);
  }
}
