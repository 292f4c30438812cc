package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.controllers.DeniedCreations;
import io.rwopguard.testing.migration.InterruptedMigration;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.process.CommandLineResult;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Moves whose claim or StatefulSet the API server does not let be recreated. */
@OnSecondApiServer
@Sampled(methods = 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationDeniedIT {

  private static final String NAMESPACE = "migration-denied";
  private static final String CREATION_OF_CLAIM = "POST .*/persistentvolumeclaims";

  /** It is the first write to the volume after the creation of the claim. */
  private static final String COPY_OF_SET = "PATCH .*/persistentvolumes/.*";

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

  private static void assertRefused(CommandLineResult result) {
    assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
  }

  private void assertCompletes() {
    CommandLineResult done = moves.migrate("--apply");
    assertThat(done.exitCode()).as(done.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  /** Nothing was written, and the set runs as it was. */
  private void assertUntouched() {
    assertThat(moves.proxy().writes()).isEmpty();
    assertThat(set.hasFirstClaim()).isTrue();
    assertThat(set.set().getSpec().getReplicas()).isEqualTo(1);
    assertThat(set.volume().getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
    Map<String, String> annotations = set.volume().getMetadata().getAnnotations();
    assertThat(annotations.keySet()).noneMatch(key -> key.startsWith("rwop-guard.io/"));
  }

  @Test
  void a_claim_that_could_not_be_recreated_is_not_deleted() throws Exception {
    CommandLineResult refused =
        DeniedCreations.ofClaims(
            cluster, set.claimName(), DeniedCreations.ALWAYS, () -> moves.migrate("--apply"));
    assertRefused(refused);
    assertThat(refused.output())
        .contains("PersistentVolumeClaim " + set.claimName())
        .contains("so it is not deleted")
        .contains(DeniedCreations.MESSAGE);
    assertUntouched();
  }

  @Test
  void a_claim_that_is_too_large_for_a_copy_is_not_deleted() {
    annotateClaim("x".repeat(110_000));
    CommandLineResult refused = moves.migrate("--apply");
    assertRefused(refused);
    assertThat(refused.output())
        .contains("PersistentVolumeClaim " + set.claimName() + " is too large to copy");
    assertUntouched();

    // with a copy that does fit the volume takes all that a move writes
    annotateClaim("x".repeat(90_000));
    assertCompletes();
    assertThat(set.claim().getMetadata().getAnnotations().get("example.org/large")).hasSize(90_000);
  }

  private void annotateClaim(String value) {
    KubernetesClient client = cluster.client();
    client
        .persistentVolumeClaims()
        .inNamespace(NAMESPACE)
        .withName(set.claimName())
        .edit(
            claim -> {
              claim.getMetadata().getAnnotations().put("example.org/large", value);
              return claim;
            });
  }

  private static String block(CommandLineResult result) {
    return result
        .output()
        .lines()
        .filter(line -> line.startsWith("  ") && line.contains("kubectl "))
        .collect(Collectors.joining("\n"));
  }

  @Test
  void a_claim_that_is_denied_after_its_deletion_is_restored_by_the_lines_that_are_printed()
      throws Exception {
    CommandLineResult refused =
        DeniedCreations.ofClaims(
            cluster,
            set.claimName(),
            DeniedCreations.UNTRIED,
            () -> {
              CommandLineResult result = moves.migrate("--apply");
              // who follows the lines too soon starts nothing without its claim
              assertThat(cluster.shell(block(result)).exitCode()).isNotZero();
              return result;
            });
    assertRefused(refused);
    assertThat(refused.output())
        .contains(DeniedCreations.MESSAGE)
        .contains("claim %s/%s is deleted".formatted(NAMESPACE, set.claimName()))
        .contains("rwop-guard.io/migration-claim");
    assertThat(set.claim()).isNull();
    assertThat(set.set().getSpec().getReplicas()).isZero();

    // the claim, until it is bound, whether it is bound to its volume, and the replicas
    assertThat(block(refused).lines()).hasSize(4);
    KubectlResult restored = cluster.shell(block(refused));
    assertThat(restored.exitCode()).as(restored.output()).isZero();
    cluster.pod(set.name());
    assertThat(set.claim().getSpec().getVolumeName()).isEqualTo(set.volumeName());
    assertThat(set.claim().getSpec().getAccessModes()).isEqualTo(MigratedSet.EXCLUSIVE);
    assertThat(set.volume().getSpec().getClaimRef().getUid())
        .isEqualTo(set.claim().getMetadata().getUid());
    assertCompletes();
  }

  @Test
  void a_set_that_could_not_be_recreated_any_more_is_not_deleted() throws Exception {
    String uid = set.set().getMetadata().getUid();
    CommandLineResult refused =
        DeniedCreations.ofSets(
            cluster,
            set.name(),
            DeniedCreations.LABELED,
            () -> {
              CompletableFuture<CommandLineResult> running =
                  moves.holdAfter(CREATION_OF_CLAIM, COPY_OF_SET);
              cluster.kubectl("label statefulset " + set.name() + " denied=yes");
              return moves.release(running);
            });
    assertRefused(refused);
    assertThat(refused.output())
        .contains("StatefulSet " + set.name())
        .contains("so it is not deleted")
        .contains(DeniedCreations.MESSAGE)
        .doesNotContain("kubectl create")
        .contains("scale statefulset/%s --replicas=1".formatted(set.name()));
    assertThat(set.volume().getMetadata().getAnnotations())
        .containsKey("rwop-guard.io/migration-set");
    assertThat(set.set().getMetadata().getUid()).isEqualTo(uid);
    assertThat(set.set().getMetadata().getDeletionTimestamp()).isNull();
    assertCompletes();
  }
}
