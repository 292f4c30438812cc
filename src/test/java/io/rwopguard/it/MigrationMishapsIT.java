package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.migration.TwoRuns;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Checks that neither a resumed migration nor the advice it prints gives a claim the wrong volume,
 * or a workload the wrong number of replicas.
 */
@OnSecondApiServer
@Sampled(methods = 2)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationMishapsIT {

  private static final String NAMESPACE = "migration-mishaps";
  private static final int DELETE_CLAIM = 5;
  private static final String RECORD = "rwop-guard.io/migration";

  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %2$s-%1$s}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        storageClassName: %2$s
        csi: {driver: rbd.csi.ceph.com, volumeHandle: %1$s}
        claimRef: {apiVersion: v1, kind: PersistentVolumeClaim, namespace: %2$s, name: %1$s}
      """;

  private static final String CLAIM =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %1$s}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: %2$s
        resources: {requests: {storage: 1Gi}}
      """;

  private static final String DEPLOYMENT =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: %1$s}
      spec:
        replicas: 1
        strategy: {type: Recreate}
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            containers: [{name: wiki, image: wiki}]
            volumes:
              - {name: pages, persistentVolumeClaim: {claimName: %1$s-pages}}
              - {name: index, persistentVolumeClaim: {claimName: %1$s-index}}
      """;

  private TwoRuns runs;
  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;
  private KillingProxy other;
  private int number;

  private String name;
  private CompletableFuture<CommandLineResult> early;

  @BeforeAll
  void start() throws Exception {
    runs = new TwoRuns(NAMESPACE);
    cluster = runs.cluster();
    client = cluster.client();
    proxy = runs.first();
    other = runs.second();
  }

  @AfterAll
  void stop() {
    // not there where the tests were skipped
    if (runs != null) {
      runs.close();
    }
  }

  @BeforeEach
  void count() {
    number++;
    name = "m" + number;
    runs.reset();
  }

  private void makeBound(String claim) throws Exception {
    cluster.create(VOLUME.formatted(claim, NAMESPACE));
    cluster.create(CLAIM.formatted(claim, NAMESPACE));
    ControlledCluster.await()
        .until(
            () ->
                client
                    .persistentVolumeClaims()
                    .inNamespace(NAMESPACE)
                    .withName(claim)
                    .get()
                    .getStatus()
                    .getPhase()
                    .equals("Bound"));
  }

  private PersistentVolume volume(String claim) {
    return client.persistentVolumes().withName(NAMESPACE + "-" + claim).get();
  }

  private static CommandLineResult migrate(KillingProxy through, String claim, String... options) {
    String[] command = new String[options.length + 2];
    command[0] = "migrate";
    command[1] = NAMESPACE + "/" + claim;
    System.arraycopy(options, 0, command, 2, options.length);
    return through.run(command);
  }

  /** The set's controller would make the claim with a new, empty volume. */
  @Test
  void does_not_advise_to_scale_up_while_the_claim_is_being_deleted() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, name);
    // the fourth write copies the claim, the fifth deletes it
    runs.killedAfter(set, 4);
    cluster.kubectl(
        "patch pvc %s --type=merge -p {\"metadata\":{\"finalizers\":[\"example.org/hold\"]}}"
            .formatted(set.claimName()));
    cluster.kubectl("delete pvc %s --wait=false".formatted(set.claimName()));

    CommandLineResult refused = set.migrate(proxy, "--apply");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("is being deleted, and waits for its finalizers: example.org/hold")
        .contains("Do not scale it up before claim %s/%s".formatted(NAMESPACE, set.claimName()))
        .doesNotContain("kubectl -n %s scale".formatted(NAMESPACE));

    cluster.kubectl(
        "patch pvc %s --type=merge -p {\"metadata\":{\"finalizers\":null}}"
            .formatted(set.claimName()));
    CommandLineResult resumed = set.migrate(proxy, "--apply");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  /** A backup restores a volume in the middle of a move under another claim. */
  @Test
  void the_record_of_another_claim_moves_nothing() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, name);
    runs.killedAfter(set, 1);
    String restored = name + "-restored";
    makeBound(restored);
    client
        .persistentVolumes()
        .withName(NAMESPACE + "-" + restored)
        .edit(
            volume -> {
              volume
                  .getMetadata()
                  .getAnnotations()
                  .putAll(Map.of(RECORD, set.volume().getMetadata().getAnnotations().get(RECORD)));
              return volume;
            });

    for (String option : new String[] {"--apply", "--rollback"}) {
      CommandLineResult refused = migrate(proxy, restored, option);
      assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
      assertThat(refused.output())
          .contains(
              "has the record of a migration of another claim, " + NAMESPACE + "/data-" + name);
    }
    CommandLineResult resumed = set.migrate(proxy, "--apply");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);

    String output = migrate(proxy, restored, "--apply").output();
    cluster.shell(output.substring(output.indexOf("kubectl annotate")).strip());
    CommandLineResult moved = migrate(proxy, restored, "--apply");
    assertThat(moved.exitCode()).as(moved.output()).isZero();
  }

  @Test
  void a_claim_that_is_not_bound_does_not_get_the_volume_of_an_earlier_one() throws Exception {
    makeBound(name);
    client
        .persistentVolumes()
        .withName(NAMESPACE + "-" + name)
        .edit(
            volume -> {
              volume.getSpec().setPersistentVolumeReclaimPolicy("Retain");
              return volume;
            });
    cluster.kubectl("delete pvc " + name);
    cluster.create(CLAIM.formatted(name, "none-provisions-" + NAMESPACE));
    String uid =
        client
            .persistentVolumeClaims()
            .inNamespace(NAMESPACE)
            .withName(name)
            .get()
            .getMetadata()
            .getUid();

    CommandLineResult refused = migrate(proxy, name, "--apply");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output()).contains("belonged to an earlier claim of the same name");
    assertThat(
            client
                .persistentVolumeClaims()
                .inNamespace(NAMESPACE)
                .withName(name)
                .get()
                .getMetadata()
                .getUid())
        .isEqualTo(uid);

    // as it says
    cluster.kubectl("delete pvc " + name);
    CommandLineResult moved = migrate(proxy, name, "--apply");
    assertThat(moved.exitCode()).as(moved.output()).isZero();
  }

  /**
   * Holds the move of one claim of a Deployment before its first write. Then it starts that of
   * another claim, and holds it before it deletes the claim.
   */
  private CompletableFuture<CommandLineResult> late() throws Exception {
    makeBound(name + "-pages");
    makeBound(name + "-index");
    cluster.create(DEPLOYMENT.formatted(name));
    cluster.pod(name);
    other.holdAtWrite("PATCH .*/persistentvolumes/.*");
    CompletableFuture<CommandLineResult> late =
        CompletableFuture.supplyAsync(() -> migrate(other, name + "-index", "--apply"));
    assertThat(other.awaitHeld(late)).isTrue();
    proxy.holdAtWrite("DELETE .*/persistentvolumeclaims/.*");
    early = CompletableFuture.supplyAsync(() -> migrate(proxy, name + "-pages", "--apply"));
    assertThat(proxy.awaitHeld(early)).isTrue();
    return late;
  }

  private void assertWithdrawn(CommandLineResult run) {
    assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
    assertThat(run.output())
        .contains(
            "a migration of claim %s/%s-pages, which ".formatted(NAMESPACE, name),
            "was started at the same time");
    PersistentVolume volume = volume(name + "-index");
    assertThat(volume.getMetadata().getAnnotations().keySet())
        .noneMatch(key -> key.startsWith("rwop-guard.io/"));
    assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
  }

  private void assertEarlyIsMoved() throws Exception {
    proxy.release();
    CommandLineResult moved = early.get();
    assertThat(moved.exitCode()).as(moved.output()).isZero();
    var deployments = client.apps().deployments().inNamespace(NAMESPACE);
    assertThat(deployments.withName(name).get().getSpec().getReplicas()).isEqualTo(1);
  }

  /** Each would take the other's 0 for the replicas that the workload had. */
  @Test
  void one_of_two_moves_of_one_workload_at_the_same_time_gives_way() throws Exception {
    CompletableFuture<CommandLineResult> late = late();
    other.release();
    assertWithdrawn(late.get());
    assertEarlyIsMoved();
  }

  /** A run that is killed before it has given way does so when it is resumed. */
  @Test
  void a_move_that_did_not_give_way_does_so_when_it_is_resumed() throws Exception {
    CompletableFuture<CommandLineResult> late = late();
    other.killAt(When.AFTER, 1);
    other.release();
    assertThat(late.get().exitCode()).isEqualTo(137);
    other.killAt(When.NEVER, 0);
    assertWithdrawn(migrate(other, name + "-index", "--apply"));
    assertEarlyIsMoved();
  }

  @Test
  void a_signal_in_the_middle_says_how_to_resume() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, name);
    proxy.holdAtWrite("DELETE .*/persistentvolumeclaims/.*");
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> migrate(proxy, set.claimName(), "--apply"));
    assertThat(proxy.awaitHeld(running)).isTrue();
    proxy.terminate();
    CommandLineResult broken = running.get();
    assertThat(broken.exitCode()).isEqualTo(143);
    assertThat(broken.output()).contains("interrupted; run the same command to resume");
    proxy.release();
    CommandLineResult resumed = migrate(proxy, set.claimName(), "--apply");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    assertThat(resumed.output()).doesNotContain("interrupted;");
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  /** A user wants to get at the data while the claim is away. */
  @Test
  void a_volume_whose_move_is_in_progress_is_not_forgotten_for_another_claim() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, name);
    runs.killedAfter(set, DELETE_CLAIM);
    cluster.create(
        CLAIM
            .formatted("rescue-" + name, "\"\"")
            .replace("spec:", "spec:\n  volumeName: " + set.volumeName()));
    CommandLineResult refused = migrate(proxy, "rescue-" + name, "--apply");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("migrate %s/%s --apply".formatted(NAMESPACE, set.claimName()))
        .doesNotContain("annotate");
    CommandLineResult resumed = set.migrate(proxy, "--apply");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  /** The last observed state is out of date once something was deleted after it. */
  @Test
  void no_line_starts_a_workload_whose_claim_was_deleted_after_the_last_look() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, name);
    proxy.killAt(When.FAILED_AFTER, DELETE_CLAIM);
    CommandLineResult failed = set.beginHere(proxy);
    assertThat(failed.exitCode()).as(failed.output()).isEqualTo(1);
    assertThat(failed.output())
        .contains("Do not scale the workload up before its claims are bound")
        .doesNotContain("kubectl");
    proxy.killAt(When.NEVER, 0);
    CommandLineResult resumed = set.migrate(proxy, "--apply", "--take-over");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }
}
