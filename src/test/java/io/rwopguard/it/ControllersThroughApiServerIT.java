package io.rwopguard.it;

import static io.rwopguard.testing.controllers.ControlledCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.rwopguard.testing.apiserver.InstalledService;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.manifests.Workloads;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks what real controllers create of workloads. Nothing that is innocent, or was there before
 * the service, is refused, and all of it happens.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ControllersThroughApiServerIT {

  private static final String NAMESPACE = "controllers";
  private static final String RWOP = "ReadWriteOncePod";
  private static final String RECREATE = "strategy: {type: Recreate}";

  private ControlledCluster cluster;

  @BeforeAll
  void install() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "enabled");
    for (String wrong : List.of("older", "held-background", "held-foreground")) {
      cluster.createClaim(wrong, RWOP);
      cluster.create(
          Workloads.of("Deployment", wrong, "replicas: 3")
              .replace("{name: held", "{finalizers: [example.org/held], name: held"));
    }
    cluster.installService();
  }

  @AfterAll
  void uninstall() {
    // not there where the tests were skipped
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void nothing_was_denied() throws IOException {
    cluster.assertNothingDenied();
  }

  private Deployment deployment(String name) {
    return cluster.client().apps().deployments().inNamespace(NAMESPACE).withName(name).get();
  }

  /** Waits until the controllers have seen all of a workload, and all its Pods are there. */
  private void awaitRollout(String workload) throws Exception {
    cluster.kubectlWithoutAWord("rollout status %s --timeout=2m".formatted(workload));
  }

  private void awaitComplete(String job) throws Exception {
    cluster.kubectlWithoutAWord("wait --for=condition=complete --timeout=2m job/" + job);
  }

  private void awaitGone(Pod pod) {
    await().until(() -> cluster.client().resource(pod).get() == null);
  }

  @Test
  void a_stateful_set_of_five_gets_five_claims_and_five_pods() throws Exception {
    for (int i = 0; i < 5; i++) {
      cluster.createVolume("data-five-" + i, RWOP);
    }
    cluster.createWithoutAWord(
        InstalledService.STATEFUL_SET
            .formatted("five", NAMESPACE, RWOP)
            .replace("app: db", "app: five")
            .replace("serviceName: db", "replicas: 5"));

    awaitRollout("statefulset/five");
    assertThat(cluster.pods("five")).hasSize(5);
    assertThat(cluster.client().persistentVolumeClaims().inNamespace(NAMESPACE).list().getItems())
        .filteredOn(claim -> claim.getMetadata().getName().startsWith("data-five-"))
        .hasSize(5)
        .allSatisfy(claim -> assertThat(claim.getStatus().getPhase()).isEqualTo("Bound"));
  }

  @Test
  void a_stateful_set_of_one_restarts() throws Exception {
    cluster.createClaim("single", RWOP);
    cluster.createWithoutAWord(Workloads.of("StatefulSet", "single", "replicas: 1"));
    Pod old = cluster.pod("single");

    cluster.kubectlWithoutAWord("rollout restart statefulset/single");

    // the labels name the revision
    assertThat(cluster.podAfter(old).getMetadata().getLabels())
        .isNotEqualTo(old.getMetadata().getLabels());
    awaitRollout("statefulset/single");
  }

  @Test
  void a_deployment_restarts_and_goes_back() throws Exception {
    cluster.createClaim("restarted", RWOP);
    cluster.createWithoutAWord(Workloads.of("Deployment", "restarted", RECREATE));
    Pod first = cluster.pod("restarted");

    cluster.kubectlWithoutAWord("rollout restart deployment/restarted");
    Pod second = cluster.podAfter(first);
    cluster.kubectlWithoutAWord("rollout undo deployment/restarted");
    Pod third = cluster.podAfter(second);

    // the labels have the hash of the template
    assertThat(third.getMetadata().getLabels())
        .isEqualTo(first.getMetadata().getLabels())
        .isNotEqualTo(second.getMetadata().getLabels());
    awaitRollout("deployment/restarted");
    assertThat(cluster.replicaSets("restarted")).isEqualTo(2);
  }

  @Test
  void a_pod_that_is_deleted_is_replaced() throws Exception {
    cluster.createClaim("replaced", RWOP);
    cluster.createWithoutAWord(Workloads.of("Deployment", "replaced", RECREATE));
    Pod old = cluster.pod("replaced");

    cluster.kubectlWithoutAWord("delete pod " + old.getMetadata().getName());

    cluster.podAfter(old);
    assertThat(cluster.replicaSets("replaced")).isEqualTo(1);
  }

  /** A ReplicaSet whose template was mutated would not be its Deployment's: it makes another. */
  @Test
  void a_deployment_whose_template_was_left_alone_gets_one_replica_set() throws Exception {
    assertThat(cluster.create(Workloads.of("Deployment", "early", RECREATE)))
        .contains("claim-unknown");
    cluster.createClaim("early", RWOP);
    Pod old = cluster.pod("early");

    cluster.kubectlWithoutAWord("delete replicasets -l app=early");

    Pod mutated = cluster.podAfter(old);
    assertThat(mutated.getSpec().getContainers().get(0).getLivenessProbe()).isNotNull();
    assertThat(cluster.replicaSets("early")).isEqualTo(1);
    assertThat(deployment("early").getStatus().getCollisionCount()).isNull();
  }

  @Test
  void a_job_follows_another_on_the_same_claim() throws Exception {
    cluster.createClaim("backup", RWOP);
    for (String job : List.of("monday", "tuesday")) {
      cluster.createWithoutAWord(Workloads.job(job, "backup"));
      awaitComplete(job);
    }
    assertThat(cluster.pods("backup")).hasSize(2);
  }

  @Test
  void a_cron_job_is_run_manually() throws Exception {
    cluster.createClaim("nightly", RWOP);
    cluster.createWithoutAWord(Workloads.cronJob("nightly"));

    cluster.kubectlWithoutAWord("create job --from=cronjob/nightly now");

    awaitComplete("now");
  }

  @ParameterizedTest
  @CsvSource({"rwo, ReadWriteOnce", "rwx, ReadWriteMany"})
  void a_deployment_on_a_shared_claim_gets_five_pods(String name, String mode) throws Exception {
    cluster.createClaim(name, mode);
    cluster.createWithoutAWord(Workloads.of("Deployment", name, "replicas: 5"));

    awaitRollout("deployment/" + name);
    assertThat(cluster.pods(name)).hasSize(5);
  }

  @Test
  void a_deployment_that_was_wrong_before_is_still_looked_after() throws Exception {
    List<Pod> old = cluster.pods("older");
    assertThat(cluster.kubectl("patch deployment older -p {\"spec\":{\"revisionHistoryLimit\":3}}"))
        .contains("Warning", "single-consumer", "patched");
    cluster.kubectlWithoutAWord("delete replicasets -l app=older");
    old.forEach(this::awaitGone);

    await()
        .until(
            () -> deployment("older").getStatus(),
            status ->
                Long.valueOf(2).equals(status.getObservedGeneration())
                    && Integer.valueOf(3).equals(status.getReplicas())
                    && Integer.valueOf(1).equals(status.getReadyReplicas()));
    assertThat(cluster.replicaSets("older")).isEqualTo(1);
    assertThat(cluster.pods("older")).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"background", "foreground"})
  void an_object_that_was_wrong_before_loses_its_finalizers_and_goes(String cascade)
      throws Exception {
    String name = "held-" + cascade;
    cluster.kubectlWithoutAWord(
        "delete deployment %s --wait=false --cascade=%s".formatted(name, cascade));
    await()
        .until(
            () -> deployment(name).getMetadata(),
            held ->
                held.getDeletionTimestamp() != null
                    && held.getFinalizers().equals(List.of("example.org/held")));

    cluster.kubectlWithoutAWord(
        "patch deployment %s -p {\"metadata\":{\"finalizers\":null}}".formatted(name));

    await()
        .until(
            () ->
                deployment(name) == null
                    && cluster.replicaSets(name) == 0
                    && cluster.pods(name).isEmpty());
  }
}
