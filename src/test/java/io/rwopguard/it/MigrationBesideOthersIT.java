package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.migration.MigratedSet;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Tests what others do with the workload while its claim is moved, and afterwards. These are
 * deployments, server-side apply by Helm or Argo CD, and admission that would not let the workload
 * be recreated.
 */
@Sampled(methods = 2)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationBesideOthersIT {

  private static final String NAMESPACE = "migration-beside";

  /** Refuses StatefulSets of one name with ReadWriteOncePod. */
  private static final String POLICY =
      """
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicy
      metadata: {name: no-%1$s}
      spec:
        failurePolicy: Fail
        matchConstraints:
          resourceRules:
            - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [statefulsets]}
        validations:
          - expression: "!object.metadata.name.startsWith('%1$s') || object.metadata.namespace != 'migration-beside'"
            message: "the test refuses it"
      ---
      apiVersion: admissionregistration.k8s.io/v1
      kind: ValidatingAdmissionPolicyBinding
      metadata: {name: no-%1$s}
      spec: {policyName: no-%1$s, validationActions: [Deny]}
      """;

  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;
  private int number;

  private MigratedSet set;

  @BeforeAll
  void start() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
  }

  @AfterAll
  void stop() {
    if (proxy != null) {
      proxy.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void makeSet() throws Exception {
    number++;
    proxy.killAt(When.NEVER, 0);
    set = new MigratedSet(cluster, NAMESPACE, "db" + number);
  }

  /** Runs the migration until it is about to send this write, and returns it still running. */
  private CompletableFuture<CommandLineResult> holdAt(String write) throws InterruptedException {
    proxy.holdAtWrite(write);
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> set.migrate(proxy, "--apply"));
    assertThat(proxy.awaitHeld(running)).isTrue();
    return running;
  }

  private KubectlResult apply(String manifest, String manager)
      throws IOException, InterruptedException {
    return cluster.attempt(manifest, "apply --server-side --field-manager=" + manager + " -f -");
  }

  @Test
  void keeps_what_is_deployed_while_pods_end() throws Exception {
    CompletableFuture<CommandLineResult> running = holdAt("DELETE .*persistentvolumeclaims/.*");
    cluster.kubectl("set image statefulset/" + set.name() + " db=db:2");
    cluster.kubectl("annotate pvc " + set.claimName() + " example.org/later=yes");
    proxy.release();
    CommandLineResult done = running.get();
    assertThat(done.exitCode()).as(done.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
    assertThat(set.set().getSpec().getTemplate().getSpec().getContainers().get(0).getImage())
        .isEqualTo("db:2");
    assertThat(set.claim().getMetadata().getAnnotations())
        .containsEntry("example.org/later", "yes");
  }

  @Test
  void keeps_what_is_deployed_between_the_copy_and_the_deletion() throws Exception {
    CompletableFuture<CommandLineResult> running = holdAt("DELETE .*statefulsets/.*");
    cluster.kubectl("set image statefulset/" + set.name() + " db=db:2");
    proxy.release();
    CommandLineResult done = running.get();
    assertThat(done.exitCode()).as(done.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
    assertThat(set.set().getSpec().getTemplate().getSpec().getContainers().get(0).getImage())
        .isEqualTo("db:2");
  }

  @Test
  void keeps_what_is_deployed_after_a_killed_run_when_it_is_resumed() throws Exception {
    proxy.killAt(When.BEFORE, 8);
    assertThat(set.migrate(proxy, "--apply").exitCode()).isEqualTo(137);
    proxy.killAt(When.NEVER, 0);
    cluster.kubectl("set image statefulset/" + set.name() + " db=db:3");
    CommandLineResult done = set.migrate(proxy, "--apply");
    assertThat(done.exitCode()).as(done.output()).isZero();
    assertThat(done.output()).contains("the migration was started at ");
    assertThat(set.set().getSpec().getTemplate().getSpec().getContainers().get(0).getImage())
        .isEqualTo("db:3");
  }

  /** Helm 4, Argo CD and Flux do this at their next upgrade or sync. */
  @Test
  void the_next_server_side_apply_conflicts_with_nothing() throws Exception {
    set.delete();
    KubectlResult before = apply(set.manifest(), "helm");
    assertThat(before.exitCode()).as(before.output()).isZero();
    cluster.pod(set.name());
    OwnerReference owner = set.ownedByConfigMap();
    CommandLineResult done = set.migrate(proxy, "--apply");
    assertThat(done.exitCode()).as(done.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
    assertThat(set.set().getMetadata().getOwnerReferences()).containsExactly(owner);
    String next =
        set.manifest()
            .replace("accessModes: [ReadWriteOnce]", "accessModes: [ReadWriteOncePod]")
            .replace("team: storage", "team: other")
            .replace("image: db", "image: \"db:2\"")
            .replace("replicas: 1", "replicas: 0");
    KubectlResult after = apply(next, "helm");
    assertThat(after.output()).doesNotContain("conflict");
    assertThat(after.exitCode()).as(after.output()).isZero();
    assertThat(set.set().getMetadata().getLabels()).containsEntry("team", "other");
    assertThat(set.set().getMetadata().getManagedFields())
        .extracting(each -> each.getManager())
        .doesNotContain("rwop-guard");
  }

  @Test
  void does_not_touch_what_could_not_be_recreated() throws Exception {
    refuseSets();
    CommandLineResult refused = set.migrate(proxy, "--apply");
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("StatefulSet " + set.name() + " could not be recreated, so it is not deleted")
        .contains("the test refuses it");
    assertThat(set.claim().getSpec().getAccessModes()).isEqualTo(MigratedSet.SHARED);
    assertThat(set.hasFirstClaim()).isTrue();
    assertThat(set.set().getSpec().getReplicas()).isEqualTo(1);
    assertThat(set.volume().getMetadata().getAnnotations().keySet())
        .noneMatch(key -> key.startsWith("rwop-guard.io/"));
    allowSets();
  }

  @Test
  void a_set_that_is_refused_after_its_deletion_is_restored_by_the_line_that_is_printed()
      throws Exception {
    CompletableFuture<CommandLineResult> running = holdAt("POST .*/statefulsets");
    refuseSets();
    proxy.release();
    CommandLineResult refused = running.get();
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("the test refuses it")
        .contains("StatefulSet " + set.name() + " is deleted and not recreated")
        .contains("rwop-guard.io/migration-set of volume " + set.volumeName());
    assertThat(set.set()).isNull();
    allowSets();
    String line =
        refused
            .output()
            .lines()
            .filter(each -> each.startsWith("  kubectl get pv"))
            .findFirst()
            .orElseThrow();
    KubectlResult restored = cluster.shell(line);
    assertThat(restored.exitCode()).as(restored.output()).isZero();
    CommandLineResult resumed = set.migrate(proxy, "--apply");
    assertThat(resumed.exitCode()).as(resumed.output()).isZero();
    set.assertMoved(MigratedSet.EXCLUSIVE);
  }

  private void refuseSets() throws IOException, InterruptedException {
    cluster.create(POLICY.formatted(set.name()));
    ControlledCluster.await()
        .until(
            () ->
                cluster
                    .attempt(
                        set.manifest()
                            .replace("name: " + set.name() + ",", "name: " + set.name() + "x,"),
                        "create --dry-run=server -f -")
                    .output()
                    .contains("the test refuses it"));
  }

  private void allowSets() throws IOException, InterruptedException {
    cluster.kubectl("delete validatingadmissionpolicybinding no-" + set.name());
    ControlledCluster.await()
        .until(
            () ->
                !cluster
                    .attempt(
                        set.manifest()
                            .replace("name: " + set.name() + ",", "name: " + set.name() + "x,"),
                        "create --dry-run=server -f -")
                    .output()
                    .contains("the test refuses it"));
  }

  /** Argo CD with self-heal, an operator, a script: it is scaled up again and again. */
  @Test
  void a_tug_of_war_over_replicas_ends_with_the_name_of_who_pulls() throws Exception {
    CompletableFuture<CommandLineResult> running =
        CompletableFuture.supplyAsync(() -> set.migrate(proxy, "--apply"));
    String up = set.manifest();
    while (!running.isDone()) {
      if (set.set().getSpec().getReplicas() == 0) {
        cluster.attempt(
            up, "apply --server-side --force-conflicts --field-manager=argocd-controller -f -");
      }
      Thread.sleep(50);
    }
    CommandLineResult refused = running.get();
    assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
    assertThat(refused.output())
        .contains("was scaled to 0 3 times, and another client scaled it up again each time")
        .contains("argocd-controller");
  }
}
