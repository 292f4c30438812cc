package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.kube.Resources;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.controllers.ForeignKinds;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A VolumeSnapshot that is wanted before a move, and is denied, fails or is not ready yet. */
@OnSecondApiServer
@Sampled(methods = 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationSnapshotIT {

  private static final String NAMESPACE = "migration-snapshot";
  private static final String SOURCE = "snapshot.storage.kubernetes.io/pvc-as-source-protection";

  /** The number of its creation among the writes of a move. */
  private static final int SNAPSHOT = 3;

  /** The number of this write without a snapshot. */
  private static final int SCALE_DOWN = 3;

  /** Number of writes that a resumed run makes to volume, claim and workload before any other. */
  private static final int TAKE_OVER = 3;

  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;
  private ForeignKinds kinds;

  @BeforeAll
  void start() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
    kinds = new ForeignKinds(cluster);
  }

  @AfterAll
  void stop() throws Exception {
    if (proxy != null) {
      proxy.close();
    }
    if (kinds != null) {
      kinds.remove();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void reset() throws Exception {
    proxy.killAt(When.NEVER, 0);
    cluster.kubectl("delete volumesnapshots --all");
  }

  private static final String DENIED =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicy
      metadata: {name: no-snapshots}
      spec:
        failurePolicy: Fail
        matchConstraints:
          resourceRules:
            - {apiGroups: [snapshot.storage.k8s.io], apiVersions: [v1], operations: [CREATE], resources: [volumesnapshots]}
        validations:
          - {expression: "!object.metadata.name.startsWith('data-denied')", message: the test denies it}
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicyBinding
      metadata: {name: no-snapshots}
      spec: {policyName: no-snapshots, validationActions: [Deny]}
      """;

  @Test
  void one_that_admission_denies_ends_the_run_before_the_workload_is_touched() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, "denied");
    String trial =
        "{apiVersion: snapshot.storage.k8s.io/v1, kind: VolumeSnapshot, metadata: {name: data-denied}, spec: {source: {persistentVolumeClaimName: c}}}";
    cluster.create(DENIED);
    ControlledCluster.await()
        .until(
            () ->
                cluster
                    .attempt(trial, "create --dry-run=server -f -")
                    .output()
                    .contains("the test denies it"));
    CommandLineResult refused = set.migrate(proxy, "--apply", "--snapshot", "--wait", "1");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("the migration is not complete")
        .contains("the test denies it")
        .doesNotContain("timed out after");
    assertThat(set.hasFirstClaim()).isTrue();
    assertThat(set.set().getSpec().getReplicas()).isEqualTo(1);
    cluster.kubectl("delete validatingadmissionpolicybinding no-snapshots");
    CommandLineResult moved = set.migrate(proxy, "--apply");
    assertThat(moved.exitCode()).as(moved.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  @Test
  void one_that_fails_refuses_the_move_before_the_workload_is_touched() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, "db");
    Pod pod = cluster.pod("db");
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> set.migrate(proxy, "--apply", "--snapshot"));
    String error = "no default VolumeSnapshotClass of driver rbd.csi.ceph.com";
    GenericKubernetesResource snapshot = fail(running, error);
    JsonNode spec = new JsonMapper().valueToTree(snapshot.getAdditionalProperties().get("spec"));
    assertThat(spec.has("volumeSnapshotClassName")).isFalse();
    assertThat(spec.at("/source/persistentVolumeClaimName").asText()).isEqualTo(set.claimName());
    CommandLineResult refused = running.get();
    String name = snapshot.getMetadata().getName();
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("VolumeSnapshot %s/%s failed (%s)".formatted(NAMESPACE, name, error))
        .contains("Delete it, and run the command again with or without --snapshot");
    assertThat(proxy.writes())
        .isNotEmpty()
        .allMatch(write -> write.contains("/persistentvolumes/") || write.startsWith("POST "))
        .filteredOn(write -> write.startsWith("POST "))
        .containsExactly(
            "POST /apis/snapshot.storage.k8s.io/v1/namespaces/%s/volumesnapshots"
                .formatted(NAMESPACE));
    assertThat(set.hasFirstClaim()).isTrue();
    assertThat(set.set().getSpec().getReplicas()).isEqualTo(1);
    assertThat(cluster.pod("db").getMetadata().getUid()).isEqualTo(pod.getMetadata().getUid());
    assertRemediationHelps(set, name);
  }

  /** The advice in the refusal works. */
  private void assertRemediationHelps(MigratedSet set, String snapshot) throws Exception {
    CommandLineResult again = set.migrate(proxy, "--apply", "--snapshot");
    assertThat(again.exitCode()).as(again.output()).isEqualTo(1);
    assertThat(again.output())
        .contains("VolumeSnapshot %s/%s failed".formatted(NAMESPACE, snapshot));
    // the snapshot controller would keep the claim that this run deletes
    CommandLineResult beside = set.migrate(proxy, "--apply");
    assertThat(beside.exitCode()).as(beside.output()).isEqualTo(1);
    assertThat(beside.output()).contains("VolumeSnapshot %s of claim ".formatted(snapshot));
    assertThat(set.set().getSpec().getReplicas()).isEqualTo(1);
    cluster.kubectl("delete volumesnapshot " + snapshot);
    CommandLineResult moved = set.migrate(proxy, "--apply");
    assertThat(moved.exitCode()).as(moved.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  /** It is created by a run that resumes, so that the workload is at 0 replicas by then. */
  @Test
  void one_that_fails_late_says_how_the_workload_is_started() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, "late");
    proxy.killAt(When.AFTER, SCALE_DOWN);
    CommandLineResult killed = set.migrate(proxy, "--apply");
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(137);
    proxy.killAt(When.NEVER, 0);
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> set.migrate(proxy, "--apply", "--snapshot"));
    fail(running, "the disk is full");
    CommandLineResult refused = running.get();
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("failed (the disk is full)")
        .contains("StatefulSet late is at 0 replicas")
        .contains("  kubectl -n %s scale statefulset/late --replicas=1".formatted(NAMESPACE));
  }

  /** Waits for the snapshot, and writes an error to it as the snapshot controller does. */
  private GenericKubernetesResource fail(Future<?> running, String error) {
    var snapshots =
        client.genericKubernetesResources(Resources.VOLUME_SNAPSHOTS).inNamespace(NAMESPACE);
    ControlledCluster.await()
        .until(() -> running.isDone() || !snapshots.list().getItems().isEmpty());
    GenericKubernetesResource snapshot = snapshots.list().getItems().get(0);
    snapshot.setAdditionalProperty(
        "status", Map.of("readyToUse", false, "error", Map.of("message", error)));
    snapshots.resource(snapshot).updateStatus();
    return snapshot;
  }

  /** The snapshot controller keeps the claim until some time after the snapshot is ready. */
  @Test
  void one_that_is_not_ready_when_the_run_is_killed_is_awaited_by_the_next() throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, "resumed");
    var snapshots =
        client.genericKubernetesResources(Resources.VOLUME_SNAPSHOTS).inNamespace(NAMESPACE);
    proxy.killAt(When.AFTER, SNAPSHOT);
    CommandLineResult killed = set.migrate(proxy, "--apply", "--snapshot");
    assertThat(killed.exitCode()).as(killed.output()).isEqualTo(137);
    GenericKubernetesResource snapshot = snapshots.list().getItems().get(0);
    setSource(set, "[\"kubernetes.io/pvc-protection\",\"%s\"]".formatted(SOURCE));
    proxy.killAt(When.NEVER, 0);
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> set.migrate(proxy, "--apply", "--snapshot"));
    ControlledCluster.await().until(() -> running.isDone() || proxy.writes().size() >= TAKE_OVER);
    int requests = proxy.requests();
    ControlledCluster.await().until(() -> running.isDone() || proxy.requests() > requests + 30);
    assertThat(set.set().getSpec().getReplicas()).as("%s", running.getNow(null)).isEqualTo(1);
    snapshot.setAdditionalProperty("status", Map.of("readyToUse", true));
    snapshots.resource(snapshot).updateStatus();
    ControlledCluster.await()
        .until(() -> running.isDone() || set.claim().getMetadata().getDeletionTimestamp() != null);
    setSource(set, "null");
    CommandLineResult moved = running.get();
    assertThat(moved.exitCode()).as(moved.output()).isZero();
    assertThat(moved.output())
        .contains("the snapshot of claim %s/%s is ready".formatted(NAMESPACE, set.claimName()));
    assertThat(proxy.writes()).noneMatch(write -> write.endsWith("/volumesnapshots"));
    assertThat(snapshots.list().getItems())
        .extracting(each -> each.getMetadata().getUid())
        .containsExactly(snapshot.getMetadata().getUid());
    assertThat(set.claim().getMetadata().getFinalizers()).doesNotContain(SOURCE);
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  @Test
  void the_lines_for_kubectl_make_one_and_wait_for_it(@TempDir Path folder) throws Exception {
    MigratedSet set = new MigratedSet(cluster, NAMESPACE, "by-hand");
    CommandLineResult shown = set.migrate(proxy, "--show-kubectl", "--snapshot");
    assertThat(shown.exitCode()).as(shown.output()).isZero();
    CompletableFuture<KubectlResult> running =
        shell("cd '%s'%n%s".formatted(folder, shown.output()));
    var snapshots =
        client.genericKubernetesResources(Resources.VOLUME_SNAPSHOTS).inNamespace(NAMESPACE);
    ControlledCluster.await()
        .until(() -> running.isDone() || !snapshots.list().getItems().isEmpty());
    assertThat(set.set().getSpec().getReplicas()).as("%s", running.getNow(null)).isEqualTo(1);
    GenericKubernetesResource snapshot = snapshots.list().getItems().get(0);
    snapshot.setAdditionalProperty("status", Map.of("readyToUse", true));
    snapshots.resource(snapshot).updateStatus();
    KubectlResult done = running.get();
    assertThat(done.exitCode()).as(shown.output() + done.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  private CompletableFuture<KubectlResult> shell(String line) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return cluster.shell(line);
          } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
          }
        });
  }

  private void setSource(MigratedSet set, String finalizers) throws Exception {
    cluster.kubectl(
        "patch pvc %s --type=merge -p {\"metadata\":{\"finalizers\":%s}}"
            .formatted(set.claimName(), finalizers));
  }
}
