package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.OnRealCluster;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Lets the storage hang for 45 seconds, as during its failover. A database whose check waits for
 * the storage keeps running if rwop-guard chose the check's patience. A check of every 5 seconds
 * that may fail twice kills it.
 */
@OnRealCluster
@Sampled(classes = 2, turn = 1)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StorageStallOnClusterIT {

  private static final String GUARDED = "stalled";
  private static final String PLAIN = "stalled-plain";
  private static final int STALL = 45;

  /** A database that writes all the time. */
  private static final String DATABASE =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: db, namespace: %s}
      spec:
        serviceName: db
        selector: {matchLabels: {app: db}}
        template:
          metadata: {labels: {app: db}, annotations: {%s}}
          spec:
            terminationGracePeriodSeconds: 1
            containers:
              - name: db
                image: registry.invalid/busybox:1
                command: [sh, -c, "while true; do date > /data/log; sleep 0.2; done"]
                volumeMounts: [{name: data, mountPath: /data}]
                %s
        volumeClaimTemplates:
          - metadata: {name: data}
            spec:
              accessModes: [ReadWriteOncePod]
              storageClassName: fenced
              resources: {requests: {storage: 1Gi}}
      """;

  /** A check that writes to the volume, as the injected one does, but does not wait for storage. */
  private static final String QUICK =
      "livenessProbe: {periodSeconds: 5, failureThreshold: 2, exec: {command: [sh, -c, \"echo > /data/.health; sync /data/.health\"]}}";

  private RealCluster cluster;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    Release.deployed(cluster);
    cluster.createNamespace(GUARDED, true);
    cluster.createNamespace(PLAIN, false);
  }

  @AfterAll
  void tidy() {
    if (cluster != null) {
      cluster.script("storage", "resume");
      cluster.kubectl("", "delete namespace %s %s".formatted(GUARDED, PLAIN));
    }
  }

  @Test
  void a_database_survives_a_stall_of_its_storage_that_kills_one_with_a_quick_check() {
    cluster.create(DATABASE.formatted(GUARDED, "rwop-guard.io/healthcheck-write: .health", ""));
    cluster.create(DATABASE.formatted(PLAIN, "", QUICK));
    awaitWriting(GUARDED);
    awaitWriting(PLAIN);
    String before = container(GUARDED).getContainerID();

    long start = System.nanoTime();
    cluster.script("storage", "stall", String.valueOf(STALL));
    RealCluster.await().until(() -> failedChecks(GUARDED) > 0);
    while (System.nanoTime() - start < Duration.ofSeconds(STALL + 1).toNanos()) {
      RealCluster.pause(Duration.ofMillis(200));
    }
    cluster.script("storage", "resume");
    awaitWriting(GUARDED);
    RealCluster.await().until(() -> container(PLAIN).getRestartCount() > 0);
    // a check that failed for too long would be acted on now
    RealCluster.pause(Duration.ofSeconds(15));

    assertThat(container(GUARDED).getRestartCount()).isZero();
    assertThat(container(GUARDED).getContainerID()).isEqualTo(before);
    Probe probe = spec(GUARDED).getLivenessProbe();
    assertThat(probe.getPeriodSeconds() * probe.getFailureThreshold()).isGreaterThan(STALL);
  }

  private Pod pod(String namespace) {
    return cluster.client().pods().inNamespace(namespace).withName("db-0").get();
  }

  private Container spec(String namespace) {
    return pod(namespace).getSpec().getContainers().get(0);
  }

  private ContainerStatus container(String namespace) {
    return pod(namespace).getStatus().getContainerStatuses().get(0);
  }

  /** The kubelet counts repetitions in one Event. */
  private int failedChecks(String namespace) {
    return cluster.client().v1().events().inNamespace(namespace).list().getItems().stream()
        .filter(event -> "Unhealthy".equals(event.getReason()))
        .mapToInt(event -> event.getCount() == null ? 1 : event.getCount())
        .sum();
  }

  private void awaitWriting(String namespace) {
    RealCluster.await()
        .until(
            () ->
                cluster.kubectl("", "exec -n " + namespace + " db-0 -- cat /data/log").exitCode()
                    == 0);
  }
}
