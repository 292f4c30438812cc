package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.nodes.Measurements;
import io.rwopguard.testing.nodes.OnQuietMachine;
import io.rwopguard.testing.nodes.RealCluster;
import io.rwopguard.testing.nodes.Release;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Checks that a real kubelet restarts a container that the injected probe finds unhealthy. */
@OnQuietMachine
@Sampled(classes = 2, turn = 0)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RestartOnClusterIT {

  private static final String NAMESPACE = "restarted";
  private static final String OTHER_NAMESPACE = "not-restarted";
  private static final List<String> NAMES = List.of("one", "two", "three");

  /** A database that is healthy as long as a file on its volume is there, and has no probe. */
  private static final String DATABASE =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %1$s, namespace: %2$s}
      spec:
        serviceName: %1$s
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata:
            labels: {app: %1$s}
            annotations: {rwop-guard.io/healthcheck-file: healthy}
          spec:
            containers:
              - name: db
                image: registry.invalid/busybox:1
                command: [sh, -c, "touch /data/healthy; trap exit TERM; while true; do sleep 1; done"]
                volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
          - metadata: {name: data}
            spec: {accessModes: [ReadWriteOncePod], resources: {requests: {storage: 1Gi}}}
      """;

  private RealCluster cluster;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    Release.deployed(cluster);
    cluster.createNamespace(NAMESPACE, true);
    cluster.createNamespace(OTHER_NAMESPACE, false);
  }

  @AfterAll
  void tidy() {
    if (cluster != null) {
      cluster.kubectl("", "delete namespace %s %s".formatted(NAMESPACE, OTHER_NAMESPACE));
    }
  }

  @Test
  void restarts_an_unhealthy_writer_within_twelve_seconds_and_leaves_one_elsewhere_alone() {
    for (String name : NAMES) {
      cluster.create(DATABASE.formatted(name, NAMESPACE));
    }
    cluster.create(DATABASE.formatted("one", OTHER_NAMESPACE));
    NAMES.forEach(name -> awaitRunning(NAMESPACE, name));
    awaitRunning(OTHER_NAMESPACE, "one");

    removeHealthFile(OTHER_NAMESPACE, "one");
    Map<String, Long> removed = new HashMap<>();
    NAMES.forEach(name -> removed.put(name, removeHealthFile(NAMESPACE, name)));
    List<Duration> taken = new ArrayList<>();
    RealCluster.await()
        .until(
            () -> {
              removed.keySet().stream()
                  .filter(name -> restarts(NAMESPACE, name) == 1)
                  .toList()
                  .forEach(
                      name ->
                          taken.add(Duration.ofNanos(System.nanoTime() - removed.remove(name))));
              return removed.isEmpty();
            });
    taken.sort(null);
    Measurements.record(
        "health file removed until the container is restarted, median of three", taken.get(1));
    Measurements.record("the slowest of these three", taken.get(2));
    assertThat(taken.get(1)).isLessThan(Duration.ofSeconds(12));

    // it had more time than any of the others
    assertThat(restarts(OTHER_NAMESPACE, "one")).isZero();
    assertThat(pod(OTHER_NAMESPACE, "one").getSpec().getContainers().get(0).getLivenessProbe())
        .isNull();
  }

  /** Returns when it was removed, in nanoseconds. */
  private long removeHealthFile(String namespace, String name) {
    cluster
        .kubectl("", "exec -n %s %s-0 -- rm /data/healthy".formatted(namespace, name))
        .succeeded();
    return System.nanoTime();
  }

  private void awaitRunning(String namespace, String name) {
    RealCluster.await()
        .until(
            () -> {
              Pod pod = pod(namespace, name);
              return pod != null
                  && pod.getStatus().getContainerStatuses().stream()
                      .anyMatch(status -> Boolean.TRUE.equals(status.getReady()));
            });
  }

  private int restarts(String namespace, String name) {
    return pod(namespace, name).getStatus().getContainerStatuses().stream()
        .filter(status -> status.getState().getRunning() != null)
        .mapToInt(ContainerStatus::getRestartCount)
        .sum();
  }

  private Pod pod(String namespace, String name) {
    return cluster.client().pods().inNamespace(namespace).withName(name + "-0").get();
  }
}
