package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.migration.TwoRuns;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Tests what people and admission undo or remove while a migration is interrupted. The migration
 * neither runs forever nor brings back what its owner has stopped.
 */
@Sampled(methods = 2)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationUndoneIT {

  private static final String NAMESPACE = "migration-undone";

  /** Writes of a whole move of a StatefulSet's claim, by their number. */
  private static final int RETAIN = 2;

  private static final int DELETE_CLAIM = 5;
  private static final int KEEP_SET = 8;
  private static final int NOTE_SET = 11;

  /** Sets the access modes of claims of one name back. */
  private static final String POLICY =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: MutatingAdmissionPolicy
      metadata: {name: shared-%1$s}
      spec:
        failurePolicy: Fail
        reinvocationPolicy: Never
        matchConstraints:
          resourceRules:
            - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [persistentvolumeclaims]}
        matchConditions:
          - name: mine
            expression: "object.metadata.namespace == 'migration-undone' && object.metadata.name.contains('%1$s')"
        mutations:
          - patchType: JSONPatch
            jsonPatch:
              expression: "[JSONPatch{op: 'replace', path: '/spec/accessModes', value: ['ReadWriteOnce']}]"
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: MutatingAdmissionPolicyBinding
      metadata: {name: shared-%1$s}
      spec: {policyName: shared-%1$s}
      """;

  private TwoRuns runs;
  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;
  private KillingProxy other;
  private int number;

  private MigratedSet set;

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
  void makeSet() throws Exception {
    number++;
    runs.reset();
    set = new MigratedSet(cluster, NAMESPACE, "db" + number);
  }

  private void killedAfter(int write) {
    runs.killedAfter(set, write);
  }

  private CommandLineResult resumed() {
    CommandLineResult resumed = set.migrate(proxy, "--apply");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    assertThat(set.claim().getSpec().getAccessModes()).isEqualTo(MigratedSet.EXCLUSIVE);
    assertThat(set.volume().getMetadata().getAnnotations().keySet())
        .noneMatch(key -> key.startsWith("rwop-guard.io/"));
    return resumed;
  }

  @Test
  void a_workload_that_its_owner_has_scaled_to_0_meanwhile_stays_at_0() throws Exception {
    killedAfter(RETAIN);
    cluster.kubectl("scale statefulset " + set.name() + " --replicas=0");
    ControlledCluster.await().until(() -> cluster.pods(set.name()).isEmpty());
    CommandLineResult done = resumed();
    assertThat(done.output())
        .contains("another client scaled StatefulSet %s from 1 to 0".formatted(set.name()));
    assertThat(set.set().getSpec().getReplicas()).as(done.output()).isZero();
    assertThat(set.set().getSpec().getVolumeClaimTemplates().get(0).getSpec().getAccessModes())
        .isEqualTo(MigratedSet.EXCLUSIVE);
  }

  @Test
  void a_workload_that_its_owner_has_uninstalled_meanwhile_stays_away() throws Exception {
    killedAfter(NOTE_SET);
    set.delete();
    resumed();
    assertThat(set.set()).isNull();
  }

  /** The usual recipes do this with a volume that is Released. */
  @Test
  void keeps_a_volume_for_its_claim_that_a_user_has_freed_meanwhile() throws Exception {
    killedAfter(DELETE_CLAIM);
    // without a version: the volume's controller may write the volume at the same time
    cluster.kubectl(
        "patch pv %s --type=merge -p {\"spec\":{\"claimRef\":null}}".formatted(set.volumeName()));
    resumed();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  @Test
  void a_workload_that_runs_on_the_moved_claim_already_is_not_stopped_again() throws Exception {
    killedAfter(KEEP_SET);
    cluster.kubectl("scale statefulset " + set.name() + " --replicas=1");
    String pod = cluster.pod(set.name()).getMetadata().getUid();
    resumed();
    set.assertMoved(MigratedSet.EXCLUSIVE);
    assertThat(cluster.pod(set.name()).getMetadata().getUid()).isEqualTo(pod);
  }

  @Test
  void a_claim_that_is_gone_with_its_volume_keeps_no_other_one_back() {
    killedAfter(RETAIN);
    client
        .persistentVolumes()
        .withName(set.volumeName())
        .edit(
            volume -> {
              volume
                  .getMetadata()
                  .getAnnotations()
                  .computeIfPresent(
                      "rwop-guard.io/migration",
                      (key, record) ->
                          record.replace(
                              "\"claims\":[\"%s\"".formatted(set.claimName()),
                              "\"claims\":[\"%s\",\"data-%s-7\""
                                  .formatted(set.claimName(), set.name())));
              return volume;
            });
    assertThat(resumed().output())
        .contains("claim data-%s-7 and its volume were deleted".formatted(set.name()));
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  @Test
  void a_claim_that_admission_would_change_back_is_not_touched() throws Exception {
    cluster.create(POLICY.formatted(set.name()));
    String trial =
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s-trial}
        spec: {accessModes: [ReadWriteOncePod], storageClassName: "", resources: {requests: {storage: 1Gi}}}
        """
            .formatted(set.name());
    ControlledCluster.await()
        .until(
            () ->
                cluster
                    .attempt(trial, "create --dry-run=server -o yaml -f -")
                    .output()
                    .contains("- ReadWriteOnce\n"));
    CommandLineResult refused = set.migrate(proxy, "--apply");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("would be created with the access modes [\"ReadWriteOnce\"]");
    assertThat(proxy.writes()).isEmpty();
    assertThat(set.hasFirstClaim()).isTrue();
    cluster.kubectl("delete mutatingadmissionpolicybinding shared-" + set.name());
  }

  /** Its controller would create its own claim, with a new and empty volume. */
  @Test
  void a_set_that_an_earlier_run_sent_is_not_made_between_a_claim_and_the_next() throws Exception {
    proxy.holdAtWrite("POST .*/statefulsets");
    CompletableFuture<CommandLineResult> first =
        CompletableFuture.supplyAsync(() -> set.migrate(proxy, "--apply"));
    assertThat(proxy.awaitHeld(first)).isTrue();
    other.holdAtWrite("POST .*/persistentvolumeclaims");
    CompletableFuture<CommandLineResult> second =
        CompletableFuture.supplyAsync(
            () -> set.migrate(other, "--apply", "--rollback", "--take-over"));
    assertThat(other.awaitHeld(second)).isTrue();
    proxy.release();
    first.get();
    assertThat(set.claim()).isNull();
    assertThat(set.set().getSpec().getReplicas()).isZero();
    other.release();
    CommandLineResult back = second.get();
    assertThat(back.exitCode()).as(back.output()).isZero();
    set.assertMoved(MigratedSet.SHARED);
  }

  @Test
  void moves_that_another_command_left_halfway_are_no_whole_fleet() throws Exception {
    String name = set.claimName();
    cluster.kubectl("label pvc %s only=%s".formatted(name, set.name()));
    proxy.killAt(When.AFTER, 5);
    assertThat(
            proxy
                .run("migrate", NAMESPACE, "--selector", "only=" + set.name(), "--apply")
                .exitCode())
        .isEqualTo(137);
    proxy.killAt(When.NEVER, 0);
    CommandLineResult fleet = proxy.run("migrate", NAMESPACE, "--selector", "only", "--apply");
    assertThat(fleet.exitCode()).as(fleet.output()).isEqualTo(1);
    assertThat(fleet.output())
        .contains("another command started its migration")
        .contains("rwop-guard migrate %s/%s --apply".formatted(NAMESPACE, name));
    resumed();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  /**
   * The last request of the run arrives too late, and what it finds looks like a move that was
   * never started.
   */
  @Test
  void a_run_whose_move_another_has_ended_begins_no_new_one() throws Exception {
    proxy.holdAtWrite("PATCH .*/persistentvolumes/.*\"rwop-guard.io/migration\":null.*");
    CompletableFuture<CommandLineResult> late =
        CompletableFuture.supplyAsync(() -> set.migrate(proxy, "--apply"));
    assertThat(proxy.awaitHeld(late)).isTrue();
    CommandLineResult back = set.migrate(other, "--apply", "--rollback", "--take-over");
    assertThat(back.exitCode()).as(back.output()).isZero();
    set.assertMoved(MigratedSet.SHARED);
    String version = set.set().getMetadata().getResourceVersion();

    proxy.release();
    CommandLineResult ended = late.get();
    assertThat(ended.exitCode()).as(ended.output()).isEqualTo(1);
    // a busy machine needs longer for the other run than the client waits for an answer
    boolean waited = ended.output().contains("trying again");
    assertThat(ended.output())
        .containsAnyOf(
            "the migration has ended, and another run",
            waited ? "took over this migration" : "the migration has ended, and another run");
    set.assertMoved(MigratedSet.SHARED);
    assertThat(set.set().getMetadata().getResourceVersion()).isEqualTo(version);
  }
}
