package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.InterruptedMigration;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.process.CommandLineResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Deletes the namespace of a claim while it is being moved. */
@Sampled(methods = 1)
class MigrationNamespaceIT {

  /** Keeps its namespace terminating. */
  private static final String KEPT =
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: kept, finalizers: [example.org/kept]}}";

  private String namespace;
  private InterruptedMigration moves;
  private KubernetesClient client;
  private MigratedSet set;

  @BeforeEach
  void start(TestInfo test) throws Exception {
    namespace = "gone-" + test.getTestMethod().orElseThrow().getName().replace('_', '-');
    moves = new InterruptedMigration(namespace);
    client = moves.cluster().client();
    set = moves.makeSet();
  }

  @AfterEach
  void stop() {
    if (moves != null) {
      moves.close();
    }
  }

  private void deleteNamespace() throws Exception {
    moves.cluster().kubectl("delete namespace --wait=false " + namespace);
  }

  private void awaitGone() {
    ControlledCluster.await().until(() -> client.namespaces().withName(namespace).get() == null);
  }

  private void assertStopped(CommandLineResult stopped, String... words) {
    assertThat(stopped.exitCode()).as(stopped.output()).isEqualTo(1);
    assertThat(stopped.output()).contains(words);
    PersistentVolume volume = set.volume();
    assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Retain");
    assertThat(volume.getSpec().getClaimRef().getName()).isEqualTo(set.claimName());
    assertThat(volume.getMetadata().getDeletionTimestamp()).isNull();
    moves.assertNothingLost();
  }

  private void assertNamespaceIsMissed(CommandLineResult stopped) {
    assertStopped(
        stopped,
        "namespaces \"%s\" not found: the claims cannot be created there".formatted(namespace),
        "Create the namespace again, and run the command again",
        "  " + abandonment(stopped),
        "Its volume %s and the data still exist".formatted(set.volumeName()));
  }

  /** Finds the line that is printed for those who do not need the data any more. */
  private String abandonment(CommandLineResult stopped) {
    return stopped
        .output()
        .lines()
        .map(String::strip)
        .filter(line -> line.contains(" && kubectl annotate pv %s ".formatted(set.volumeName())))
        .findFirst()
        .orElse("no line to abandon the migration");
  }

  @Test
  void the_move_is_completed_in_a_new_one() throws Exception {
    CompletableFuture<CommandLineResult> running = moves.holdAt("POST .*/persistentvolumeclaims");
    moves.cluster().create(KEPT);
    deleteNamespace();
    assertStopped(moves.release(running), "being terminated", "Run the command again to resume");
    moves.cluster().kubectl("patch configmap kept -p {\"metadata\":{\"finalizers\":null}}");
    awaitGone();
    assertNamespaceIsMissed(moves.migrate("--apply"));

    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
    CommandLineResult done = moves.migrate("--apply");
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertThat(set.claim().getSpec().getAccessModes()).isEqualTo(MigratedSet.EXCLUSIVE);
    PersistentVolume volume = set.volume();
    assertThat(volume.getSpec().getAccessModes()).isEqualTo(MigratedSet.EXCLUSIVE);
    assertThat(volume.getSpec().getClaimRef().getUid())
        .isEqualTo(set.claim().getMetadata().getUid());
    assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
    moves.assertNothingLost();
  }

  @Test
  void the_move_is_abandoned_by_the_line_that_is_printed(@TempDir Path folder) throws Exception {
    moves.killAt("DELETE .*/persistentvolumeclaims/.*");
    deleteNamespace();
    awaitGone();
    CommandLineResult stopped = moves.migrate("--apply");
    assertNamespaceIsMissed(stopped);

    String claim = set.volumeName() + "-claim.json";
    String line = "cd '%s' && %s".formatted(folder, abandonment(stopped));
    for (int i = 0; i < 2; i++) {
      // who is not sure that it worked repeats it
      KubectlResult done = moves.cluster().shell(line);
      assertThat(done.exitCode()).as(done.output()).isZero();
      assertThat(folder.resolve(claim)).content().contains(set.claimName(), "ReadWriteOncePod");
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve(claim));
    }
    assertThat(set.volume().getMetadata().getAnnotations().keySet())
        .noneMatch(key -> key.startsWith("rwop-guard.io/"));
    assertThat(set.volume().getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Retain");
    moves.assertNothingLost();
  }
}
