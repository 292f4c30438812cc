package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.InterruptedMigration;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.process.CommandLineResult;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A move that was killed or held, and what others have changed before it continues. */
@OnSecondApiServer
@Sampled(methods = 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationResumeIT {

  private static final String NAMESPACE = "migration-resume";
  private static final String DELETION_OF_CLAIM = "DELETE .*/persistentvolumeclaims/.*";
  private static final String CREATION_OF_SET = "POST .*/statefulsets";

  /** It is the first write to the volume after the deletion of the claim. */
  private static final String RELEASE = "PATCH .*/persistentvolumes/.*";

  private static final String BACKUP =
      """
      apiVersion: batch/v1
      kind: CronJob
      metadata: {name: backup-%1$s}
      spec:
        schedule: "0 0 1 1 *"
        jobTemplate:
          spec:
            template:
              spec:
                restartPolicy: Never
                containers: [{name: c, image: c}]
                volumes: [{name: data, persistentVolumeClaim: {claimName: %2$s}}]
      """;

  /** A volume, and a claim of the moved claim's name that is bound to it. */
  private static final String ANOTHER =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %1$s}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        csi: {driver: rbd.csi.ceph.com, volumeHandle: %1$s}
        claimRef: {namespace: migration-resume, name: %2$s}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %2$s, namespace: migration-resume}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: ""
        volumeName: %1$s
        resources: {requests: {storage: 1Gi}}
      """;

  private InterruptedMigration moves;
  private ControlledCluster cluster;

  private MigratedSet set;

  @BeforeAll
  void start() throws Exception {
    moves = new InterruptedMigration(NAMESPACE);
    cluster = moves.cluster();
  }

  @AfterAll
  void stop() {
    if (moves != null) {
      moves.close();
    }
  }

  @BeforeEach
  void makeSet() throws Exception {
    set = moves.makeSet();
  }

  @AfterEach
  void nothingIsLost() {
    moves.assertNothingLost();
  }

  private CommandLineResult completed(String... options) {
    CommandLineResult done = moves.migrate(options);
    assertThat(done.exitCode()).as(done.output()).isZero();
    return done;
  }

  /** The move is neither resumed by accident nor left where it can only be completed manually. */
  private void assertOnlyGoesBack(String problem) {
    CommandLineResult refused = moves.migrate("--apply");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output()).contains(problem).contains(moves.since()).contains("--rollback");
    assertThat(moves.proxy().writes()).isEmpty();
    assertThat(set.hasFirstClaim()).isTrue();

    String output = completed("--apply", "--rollback").output();
    assertThat(output.lines())
        .anyMatch(line -> line.startsWith("Note: since ") && line.contains(problem));
    set.assertMoved(MigratedSet.SHARED);
  }

  @Test
  void a_consumer_that_came_meanwhile_is_named_and_the_move_can_go_back() throws Exception {
    moves.killAt(DELETION_OF_CLAIM);
    cluster.create(BACKUP.formatted(set.name(), set.claimName()));
    assertOnlyGoesBack("CronJob backup-" + set.name() + " uses claim");
  }

  @Test
  void a_gitops_tool_that_came_meanwhile_is_named_and_the_move_can_go_back() throws Exception {
    moves.killAt(DELETION_OF_CLAIM);
    cluster.kubectl("label statefulset " + set.name() + " kustomize.toolkit.fluxcd.io/name=db");
    assertOnlyGoesBack("kustomize.toolkit.fluxcd.io/name");
  }

  @Test
  void a_set_that_its_author_has_recreated_keeps_what_the_author_wrote() throws Exception {
    moves.killAt(CREATION_OF_SET);
    assertThat(set.set()).isNull();
    cluster.create(set.manifest().replace("image: db,", "image: \"db:2\","));
    completed("--apply");
    set.assertMoved(MigratedSet.EXCLUSIVE);
    assertThat(set.set().getSpec().getTemplate().getSpec().getContainers().get(0).getImage())
        .isEqualTo("db:2");
  }

  @Test
  void a_claim_of_the_same_name_on_another_volume_is_never_deleted() throws Exception {
    String other = set.volumeName() + "-other";
    CompletableFuture<CommandLineResult> running = moves.holdAfter(DELETION_OF_CLAIM, RELEASE);
    cluster.create(ANOTHER.formatted(other, set.claimName()));
    CommandLineResult refused = moves.release(running);
    assertNames(refused, other);
    assertThat(moves.proxy().writes()).noneMatch(write -> write.startsWith("DELETE"));
    ControlledCluster.await().until(() -> set.claim().getStatus().getPhase().equals("Bound"));
    PersistentVolumeClaim claim = set.claim();
    assertThat(claim.getSpec().getVolumeName()).isEqualTo(other);
    assertNames(moves.migrate("--apply"), other);
    assertThat(moves.proxy().writes()).isEmpty();
    assertNames(moves.migrate("--apply", "--rollback"), other);
    assertThat(moves.proxy().writes()).isEmpty();
    assertThat(set.claim()).isEqualTo(claim);
    moves.assertNothingLost();

    cluster.kubectl(
        "patch pv " + other + " -p {\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}");
    cluster.kubectl("delete pvc " + set.claimName());
    completed("--apply");
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  private void assertNames(CommandLineResult refused, String other) {
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains(
            "is bound to volume %s, but the migration is for volume %s"
                .formatted(other, set.volumeName()))
        .contains("set the reclaim policy of " + other + " to Retain")
        .doesNotContain("kubectl create");
  }

  @Test
  void a_move_that_is_resumed_says_how_old_it_is() throws Exception {
    moves.killAt(DELETION_OF_CLAIM);
    assertThat(completed().output())
        .containsPattern(
            "migration was started at " + moves.since() + " \\(\\d minutes ago\\)\\.\n");
    moves.begunAt(
        Instant.now().minus(Duration.ofHours(73)).truncatedTo(ChronoUnit.SECONDS).toString());
    assertThat(completed("--apply").output()).contains("(3 days ago)");
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }
}
