package io.rwopguard.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.nodes.Measurements;
import io.rwopguard.testing.nodes.OnRealCluster;
import io.rwopguard.testing.nodes.RealCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Checks what the cluster's storage does to a node that a volume is taken from: other tests rest on
 * it.
 */
@OnRealCluster
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VolumesOnClusterIT {

  private static final String NAMESPACE = "volumes";

  private RealCluster cluster;

  @BeforeAll
  void start() {
    cluster = RealCluster.running();
    cluster.createNamespace(NAMESPACE, false);
  }

  @AfterAll
  void tidy() {
    if (cluster != null) {
      cluster.kubectl("", "delete namespace " + NAMESPACE);
    }
  }

  @Test
  void a_fenced_volume_that_is_detached_is_lost_to_the_containers_of_its_node() {
    Instant began = createAndDetach("fenced");
    List<Write> writes = writes("fenced");
    List<Write> failed =
        writes.stream().dropWhile(write -> write.outcome().startsWith("written")).toList();
    // it may be detached between the two of one attempt
    assertThat(writes.stream().filter(write -> write.outcome().equals("written failed")))
        .hasSizeLessThanOrEqualTo(1);
    // through the file that was open as well as through one that is opened again
    assertThat(failed).hasSizeGreaterThan(5).allMatch(w -> w.outcome().equals("failed failed"));
    Duration took = Duration.between(began, failed.get(0).time());
    Measurements.record("an attachment deleted, until the first failed write on its node", took);
    assertThat(took).isLessThan(Duration.ofSeconds(5));
    // what is lost can be unmounted
    cluster.kubectl("", "delete pod fenced -n volumes --timeout=60s").succeeded();
  }

  @Test
  void a_volume_that_was_only_attached_is_written_to_after_it_was_detached() {
    createAndDetach("attached");
    assertThat(writes("attached"))
        .hasSizeGreaterThan(5)
        .allMatch(write -> write.outcome().equals("written written"));
    cluster.kubectl("", "delete pod attached -n volumes --timeout=60s").succeeded();
  }

  /** Outcome of two attempts of a container to write: to an open file, and to one it opened. */
  private record Write(Instant time, String outcome) {}

  private Instant createAndDetach(String storageClass) {
    cluster.create(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %1$s, namespace: volumes}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: writer
              image: registry.invalid/busybox:1
              command:
                - sh
                - -c
                - |
                  exec 3>> /data/open 2> /dev/null
                  while true; do
                    open=failed; reopened=failed
                    echo x >&3 && open=written
                    echo x >> /data/reopened && reopened=written
                    echo $open $reopened
                    sleep 0.2
                  done
              volumeMounts: [{name: data, mountPath: /data, subPath: folder}]
          volumes:
            - name: data
              ephemeral:
                volumeClaimTemplate:
                  spec:
                    storageClassName: %1$s
                    accessModes: [ReadWriteOncePod]
                    resources: {requests: {storage: 1Gi}}
        """
            .formatted(storageClass));
    RealCluster.await().until(() -> hasBegun(storageClass));
    String volume =
        cluster
            .client()
            .persistentVolumeClaims()
            .inNamespace(NAMESPACE)
            .withName(storageClass + "-data")
            .get()
            .getSpec()
            .getVolumeName();
    String attachment =
        cluster.client().storage().v1().volumeAttachments().list().getItems().stream()
            .filter(a -> volume.equals(a.getSpec().getSource().getPersistentVolumeName()))
            .findFirst()
            .orElseThrow()
            .getMetadata()
            .getName();
    Instant now = Instant.now();
    // returns when the driver has detached it
    cluster.kubectl("", "delete volumeattachment " + attachment).succeeded();
    RealCluster.pause(Duration.ofSeconds(3));
    return now;
  }

  private boolean hasBegun(String pod) {
    // before its container is there it has no log
    return cluster.kubectl("", "logs -n volumes " + pod).output().lines().count() > 2;
  }

  private List<Write> writes(String pod) {
    return cluster
        .kubectl("", "logs --timestamps -n volumes " + pod)
        .succeeded()
        .lines()
        .map(line -> line.split(" ", 2))
        .map(words -> new Write(Instant.parse(words[0]), words[1]))
        .toList();
  }
}
