package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.OnRealCluster;
import io.rwopguard.testing.nodes.OperatedPrometheus;
import io.rwopguard.testing.nodes.PodHistory;
import io.rwopguard.testing.nodes.PodHistory.End;
import io.rwopguard.testing.nodes.PodMetrics;
import io.rwopguard.testing.nodes.PrometheusOperator;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A real operator in a namespace that opted in: the Prometheus operator with a Prometheus on
 * ReadWriteOncePod storage. A run watches them for 45 seconds and through a drain. With {@code
 * -DargLine=-Dtables=whole} it watches them for ten minutes, and then asks for edits.
 */
@OnRealCluster
@Sampled(classes = 2, turn = 0)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrometheusOperatorOnClusterIT {

  private static final String NAMESPACE = "operated";

  /**
   * Namespace of the same resource where no mutating webhook is called: what the operator writes
   * itself.
   */
  private static final String UNGUARDED = "operated-unguarded";

  /** The time before a drain, and after it: ten minutes together in the whole form. */
  private static final Duration BEFORE_DRAIN = Duration.ofSeconds(Sample.isWhole() ? 300 : 30);

  private static final Duration AFTER_DRAIN = Duration.ofSeconds(Sample.isWhole() ? 300 : 15);
  private static final Duration EDITED = Duration.ofMinutes(2);

  private static final int SIGKILL = 137;

  private static final String OWN = "{app: own}";
  private static final String OPERATED = "{app.kubernetes.io/managed-by: prometheus-operator}";

  private RealCluster cluster;
  private Release release;
  private PrometheusOperator operator;
  private OperatedPrometheus prometheus;
  private OperatedPrometheus unguarded;
  private PodHistory history;

  @BeforeAll
  void start() throws Exception {
    cluster = RealCluster.running();
    release = Release.deployed(cluster);
    cluster.createNamespace(NAMESPACE, true);
    cluster.createNamespace(UNGUARDED, false);
    operator = new PrometheusOperator(cluster);
    operator.install();
    history = new PodHistory(cluster, NAMESPACE);
    prometheus = new OperatedPrometheus(cluster, NAMESPACE);
    unguarded = new OperatedPrometheus(cluster, UNGUARDED);
  }

  @AfterAll
  void tidy() {
    if (cluster == null) {
      return;
    }
    cluster.kubectl("", "uncordon node-1 node-2 node-3");
    if (history != null) {
      history.close();
    }
    cluster.kubectl(
        "",
        "delete namespace --wait=false --ignore-not-found %s %s".formatted(NAMESPACE, UNGUARDED));
    if (operator != null) {
      operator.uninstall();
    }
    release.uninstallIfThere();
  }

  @Test
  @Order(1)
  void the_default_leaves_a_real_operator_alone_through_a_drain() {
    createClaim();
    RealCluster.await().until(() -> isEdited(OWN));
    assertThat(isEdited(OPERATED)).as("a Pod of the operator is edited").isFalse();
    unguarded.create(0);
    prometheus.create(1);
    prometheus.awaitReady("");
    assertThat(prometheus.statefulSet().getSpec().getTemplate())
        .as("the Pod template, beside that of a namespace without rwop-guard")
        .isEqualTo(unguarded.statefulSet().getSpec().getTemplate());

    Seen before = settled();
    RealCluster.pause(BEFORE_DRAIN);
    assertThat(now()).isEqualTo(before);
    assertNothingToldOfEdits();

    Map<Double, String> written = prometheus.startsByScrape();
    assertThat(new HashSet<>(written.values())).as("processes that wrote samples").hasSize(1);
    Pod drained = prometheus.pod();
    drain(drained);
    RealCluster.pause(AFTER_DRAIN);

    assertThat(now()).as("the drain is no work for the operator").isEqualTo(before);
    assertNothingToldOfEdits();
    assertThat(prometheus.startsByScrape())
        .as("samples from before the drain")
        .containsAllEntriesOf(written);
    assertThat(new HashSet<>(prometheus.startsByScrape().values()))
        .as("processes that wrote samples")
        .hasSize(2);
    assertThat(history.pods()).as("one Pod before the drain and one after it").hasSize(2);
    assertThat(history.ends(drained, "prometheus"))
        .as("how Prometheus ended")
        .extracting(End::exitCode)
        .containsExactly(0);
    assertEndsAndRestarts();
    history.pods().forEach(prometheus::assertAsItsTemplate);
    prometheus.assertClaimAsItsTemplate();
  }

  @Test
  @Order(2)
  @EnabledIfSystemProperty(named = Sample.TABLES, matches = Sample.WHOLE)
  void the_operator_accepts_the_edits_that_a_namespace_asks_for() {
    Seen before = settled();
    cluster
        .kubectl(
            "", "label namespace %s rwop-guard.io/mutate-operators=enabled".formatted(NAMESPACE))
        .succeeded();
    // each replica of rwop-guard has a separate watch
    RealCluster.await().during(Duration.ofSeconds(3)).until(() -> isEdited(OPERATED));
    Pod plain = prometheus.pod();
    cluster
        .kubectl("", "delete pod -n %s %s".formatted(NAMESPACE, plain.getMetadata().getName()))
        .succeeded();
    prometheus.awaitReady(plain.getMetadata().getUid());
    Pod edited = prometheus.pod();
    assertThat(edited.getMetadata().getAnnotations()).containsKey("rwop-guard.io/mutated");
    assertThat(edited.getSpec().getTerminationGracePeriodSeconds()).isZero();

    RealCluster.pause(EDITED);

    assertThat(now()).as("the operator and its StatefulSet").isEqualTo(before);
    assertThat(prometheus.pod().getMetadata().getUid()).isEqualTo(edited.getMetadata().getUid());
    assertNothingToldOfEdits();
    assertEndsAndRestarts();
  }

  /** State that changes when the operator and rwop-guard work against each other. */
  private record Seen(OperatedPrometheus.State set, PrometheusOperator.Work work) {}

  private Seen now() {
    return new Seen(prometheus.state(), operator.work());
  }

  /** Returns what is there once the operator has nothing left to do. */
  private Seen settled() {
    Seen[] last = {now()};
    RealCluster.await()
        .pollInterval(Duration.ofSeconds(1))
        .during(Duration.ofSeconds(5))
        .until(
            () -> {
              Seen now = now();
              boolean same = now.equals(last[0]);
              last[0] = now;
              return same;
            });
    return last[0];
  }

  private void drain(Pod pod) {
    String node = pod.getSpec().getNodeName();
    cluster
        .kubectl(
            "",
            "drain %s --ignore-daemonsets --delete-emptydir-data --force --timeout=3m"
                .formatted(node))
        .succeeded();
    prometheus.awaitReady(pod.getMetadata().getUid());
    assertThat(prometheus.node()).isNotEqualTo(node);
    cluster.kubectl("", "uncordon " + node).succeeded();
    RealCluster.await().until(() -> release.readyPods() == 2 && release.readyControllers() == 2);
  }

  private void createClaim() {
    cluster.create(
        """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: probe, namespace: %s}
        spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
        """
            .formatted(NAMESPACE));
  }

  /** Returns whether rwop-guard edits a Pod with these labels, in a dry run. */
  private boolean isEdited(String labels) {
    return cluster
        .kubectl(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: probe, namespace: %s, labels: %s}
            spec:
              containers:
                - name: db
                  image: registry.invalid/busybox:1
                  ports: [{containerPort: 5432}]
                  volumeMounts: [{name: data, mountPath: /data}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: probe}}]
            """
                .formatted(NAMESPACE, labels),
            "create --dry-run=server -o yaml -f -")
        .succeeded()
        .contains("rwop-guard.io/mutated");
  }

  private void assertNothingToldOfEdits() {
    for (Pod pod : release.pods()) {
      PodMetrics metrics = PodMetrics.of(cluster, pod, 9000, "q/metrics");
      assertThat(metrics.sum("rwop_guard_edits_undone_total")).isZero();
      assertThat(metrics.sum("rwop_guard_edits_stopped_total")).isZero();
    }
  }

  private void assertEndsAndRestarts() {
    assertThat(history.restarts()).as("restarts of containers").isZero();
    assertThat(history.ends()).as("SIGKILL").noneMatch(end -> end.exitCode() == SIGKILL);
    assertThat(history.mostAtOnce()).as("Pods at one time").isEqualTo(1);
  }
}
