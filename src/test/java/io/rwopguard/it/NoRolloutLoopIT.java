package io.rwopguard.it;

import static io.rwopguard.testing.controllers.ControlledCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.controllers.Rollouts;
import io.rwopguard.testing.manifests.Workloads;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks that real controllers and the service never take turns in changing the same thing. There
 * is only one rollout, whether a template was mutated, not mutated or half mutated.
 */
@Sampled(methods = 2)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NoRolloutLoopIT {

  private static final String NAMESPACE = "loops";
  private static final String RWOP = "ReadWriteOncePod";

  /** Template of a service that only sets liveness probes. */
  private static final String LIVENESS_ONLY =
      """
      livenessProbe: {tcpSocket: {port: 5432}, periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 3}
                volumeMounts:""";

  private static final String LIVENESS_ONLY_TRACE =
      "{annotations: {rwop-guard.io/mutated: '{\"liveness\":{\"spec.containers[0].livenessProbe\":null}}'}, labels: {app: half}}";

  /** Template whose author sets everything that would be mutated. */
  private static final String OUTSPOKEN_PROBE =
      """
      livenessProbe: {tcpSocket: {port: 5432}, periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 10}
                volumeMounts:""";

  private static final String OUTSPOKEN_GRACE = "terminationGracePeriodSeconds: 30\n      volumes:";

  private static final String OUTSPOKEN_STRATEGY =
      """
      replicas: 1
        strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}""";

  private ControlledCluster cluster;
  private Rollouts rollouts;

  @BeforeAll
  void install() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "no");
    rollouts = new Rollouts(cluster, NAMESPACE);
    for (String claim : List.of("older", "restored", "half")) {
      cluster.createClaim(claim, RWOP);
    }
    cluster.create(Workloads.of("Deployment", "older", "replicas: 1"));
    cluster.create(Workloads.of("Deployment", "restored", "replicas: 1"));
    cluster.create(
        Workloads.of("Deployment", "half", "replicas: 1")
            .replace("volumeMounts:", LIVENESS_ONLY)
            .replace("metadata: {labels: {app: half}}", "metadata: " + LIVENESS_ONLY_TRACE));
    for (String name : List.of("older", "restored", "half")) {
      cluster.pod(name);
    }
    cluster.installService();
    cluster.kubectl("label namespace loops rwop-guard.io/mutate=enabled --overwrite");
    String late =
        Workloads.of("Deployment", "older", "replicas: 1").replace("{name: older", "{name: l");
    await()
        .until(
            () ->
                cluster
                    .attempt(late, "create --dry-run=server -o yaml -f -")
                    .output()
                    .contains("livenessProbe"));
  }

  @AfterAll
  void uninstall() {
    // not there where the tests were skipped
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void nothing_was_denied() throws Exception {
    cluster.assertNothingDenied();
  }

  private static void assertMutated(PodTemplateSpec template) {
    assertThat(template.getMetadata().getAnnotations()).containsKey(PodAnnotations.TRACE);
    assertThat(template.getSpec().getTerminationGracePeriodSeconds()).isZero();
    Probe liveness = template.getSpec().getContainers().get(0).getLivenessProbe();
    assertThat(liveness.getPeriodSeconds()).isEqualTo(5);
    assertThat(liveness.getFailureThreshold()).isEqualTo(2);
  }

  private static void assertSetUp(Pod pod) {
    assertThat(pod.getSpec().getTerminationGracePeriodSeconds()).isZero();
    assertThat(pod.getSpec().getContainers().get(0).getLivenessProbe()).isNotNull();
  }

  @Test
  void a_deployment_that_is_mutated_gets_one_replica_set() throws Exception {
    cluster.createClaim("fresh", RWOP);
    cluster.create(Workloads.of("Deployment", "fresh", "replicas: 1"));

    assertSetUp(cluster.pod("fresh"));
    rollouts.assertSettles("fresh", 1);
    Deployment fresh = rollouts.deployment("fresh");
    assertMutated(fresh.getSpec().getTemplate());
    assertThat(fresh.getSpec().getStrategy().getType()).isEqualTo("Recreate");
    assertThat(fresh.getMetadata().getGeneration()).isEqualTo(1);
  }

  @Test
  void a_deployment_that_was_there_before_keeps_its_template_and_its_pods_are_set_up()
      throws Exception {
    Pod old = cluster.pod("older");
    cluster.kubectlWithoutAWord("delete pod " + old.getMetadata().getName());
    Pod second = cluster.podAfter(old);
    assertSetUp(second);
    rollouts.assertSettles("older", 1);

    cluster.kubectlWithoutAWord("delete replicasets -l app=older");
    assertSetUp(cluster.podAfter(second));
    rollouts.assertSettles("older", 1);

    Deployment older = rollouts.deployment("older");
    assertThat(older.getSpec().getTemplate().getMetadata().getAnnotations()).isNullOrEmpty();
    assertThat(older.getMetadata().getGeneration()).isEqualTo(1);
  }

  @Test
  void a_deployment_that_was_mutated_half_way_is_rolled_out_once() throws Exception {
    Pod old = cluster.pod("half");

    cluster.kubectl("rollout restart deployment/half");

    assertSetUp(cluster.podAfter(old));
    rollouts.assertSettles("half", 2);
    Deployment half = rollouts.deployment("half");
    assertMutated(half.getSpec().getTemplate());
    assertThat(half.getSpec().getStrategy().getType()).isEqualTo("Recreate");
    assertThat(half.getMetadata().getGeneration()).isEqualTo(2);
    assertThat(half.getSpec().getTemplate().getMetadata().getAnnotations())
        .hasEntrySatisfying(
            PodAnnotations.TRACE,
            trace -> assertThat(trace).contains("livenessProbe\":null", "\"grace\":", "strategy"));
  }

  /** A rollback to a template from before the service is mutated on its way. */
  @Test
  void a_deployment_goes_back_to_what_was_not_mutated_and_forth_again() throws Exception {
    Pod first = cluster.pod("restored");
    cluster.kubectl("rollout restart deployment/restored");
    Pod second = cluster.podAfter(first);
    rollouts.assertSettles("restored", 2);

    cluster.kubectl("rollout undo deployment/restored");
    Pod third = cluster.podAfter(second);
    assertSetUp(third);
    rollouts.assertSettles("restored", 3);

    cluster.kubectl("rollout undo deployment/restored");
    Pod fourth = cluster.podAfter(third);
    rollouts.assertSettles("restored", 3);
    assertThat(fourth.getMetadata().getLabels()).isEqualTo(second.getMetadata().getLabels());
    assertMutated(rollouts.deployment("restored").getSpec().getTemplate());
  }

  @Test
  void a_stateful_set_restarts_and_goes_back() throws Exception {
    cluster.createClaim("rolled", RWOP);
    cluster.create(Workloads.of("StatefulSet", "rolled", "replicas: 1"));
    Pod first = cluster.pod("rolled");
    cluster.kubectlWithoutAWord("rollout restart statefulset/rolled");
    Pod second = cluster.podAfter(first);
    cluster.kubectlWithoutAWord("rollout undo statefulset/rolled");
    Pod third = cluster.podAfter(second);

    assertSetUp(third);
    assertThat(third.getMetadata().getLabels()).isEqualTo(first.getMetadata().getLabels());
    rollouts.settled("StatefulSet", "rolled");
    assertMutated(rollouts.statefulSet("rolled").getSpec().getTemplate());
  }

  static List<Arguments> appliedAgain() {
    return Sample.ofThisRun()
        .of(
            "applied-again",
            List.of(
                Arguments.of("Deployment", "plain", "apply"),
                Arguments.of("Deployment", "outspoken", "apply"),
                Arguments.of("Deployment", "plain-ss", "apply --server-side"),
                Arguments.of("Deployment", "outspoken-ss", "apply --server-side"),
                Arguments.of("StatefulSet", "set", "apply"),
                Arguments.of("StatefulSet", "outspoken-set", "apply"),
                Arguments.of("StatefulSet", "set-ss", "apply --server-side"),
                Arguments.of("StatefulSet", "outspoken-set-ss", "apply --server-side")),
            3);
  }

  @ParameterizedTest
  @MethodSource("appliedAgain")
  void a_label_and_the_same_manifest_again_restart_nothing(String kind, String name, String apply)
      throws Exception {
    cluster.createClaim(name, RWOP);
    String manifest = manifest(kind, name);
    assertThat(cluster.attempt(manifest, apply + " -f -").exitCode()).isZero();
    cluster.pod(name);
    Rollouts.State before = rollouts.settled(kind, name);

    cluster.kubectl("label %s %s example.org/looked-at=true".formatted(kind, name));
    assertThat(cluster.attempt(manifest, apply + " -f -").exitCode()).isZero();

    assertThat(rollouts.settled(kind, name)).isEqualTo(before);
    if (kind.equals("Deployment")) {
      assertMutated(rollouts.deployment(name).getSpec().getTemplate());
      assertThat(rollouts.deployment(name).getSpec().getStrategy().getType()).isEqualTo("Recreate");
    } else {
      assertMutated(rollouts.statefulSet(name).getSpec().getTemplate());
    }
  }

  private static String manifest(String kind, String name) {
    String plain = Workloads.of(kind, name, "replicas: 1");
    if (!name.startsWith("outspoken")) {
      return plain;
    }
    return plain
        .replace("volumeMounts:", OUTSPOKEN_PROBE)
        .replace("volumes:", OUTSPOKEN_GRACE)
        .replace("replicas: 1", kind.equals("Deployment") ? OUTSPOKEN_STRATEGY : "replicas: 1");
  }
}
