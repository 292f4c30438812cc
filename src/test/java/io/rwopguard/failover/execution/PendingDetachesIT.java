package io.rwopguard.failover.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.testing.apiserver.ApiServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks which volumes of a node a driver may have to detach under the out-of-service taint. */
class PendingDetachesIT {

  private static final String NODE = "pending-detaches";
  private static final String ATTACHMENT = "pending-detaches-a";
  private static final String POD = "pending-detaches-0";

  private final KubernetesClient client = ApiServer.running().client();
  private final AtomicLong now = new AtomicLong();
  private final FailoverStore objects = new FailoverStore(client, () -> true);
  private final PendingDetaches detaches =
      new PendingDetaches(objects, "revokes.example.com"::equals, now::get);

  @BeforeEach
  void make() {
    client
        .resource(
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pending-detaches}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOncePod]
              claimRef: {namespace: default, name: pending-detaches}
              csi: {driver: taint.example.com, volumeHandle: h}
            """)
        .create();
  }

  @AfterEach
  void remove() {
    attachment(ATTACHMENT)
        .ifPresent(
            found -> {
              found.getMetadata().setFinalizers(List.of());
              client.resource(found).update();
              client.resource(found).delete();
            });
    client.pods().inNamespace("default").withName(POD).withGracePeriod(0).delete();
    var volume = client.persistentVolumes().withName("pending-detaches");
    volume.delete();
    // no controller of this API server takes the protection away
    volume.edit(
        found -> {
          found.getMetadata().setFinalizers(List.of());
          return found;
        });
  }

  private Optional<? extends HasMetadata> attachment(String name) {
    return Optional.ofNullable(client.storage().v1().volumeAttachments().withName(name).get());
  }

  private void attach(String driver) {
    client
        .resource(
            """
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttachment
            metadata: {name: %s, finalizers: [example.com/attacher]}
            spec: {attacher: %s, nodeName: %s, source: {persistentVolumeName: pending-detaches}}
            """
                .formatted(ATTACHMENT, driver, NODE))
        .create();
  }

  private void pod() {
    client
        .resource(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s, namespace: default}
            spec:
              nodeName: %s
              containers: [{name: db, image: db}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: pending-detaches}}]
            """
                .formatted(POD, NODE))
        .create();
  }

  @Test
  void nothing_is_attached() {
    assertThat(detaches.fromSilent(NODE)).isEmpty();
    assertThat(detaches.inFlight(NODE)).isEmpty();
  }

  @Test
  void a_volume_without_a_pod_will_be_detached() {
    attach("taint.example.com");
    assertThat(detaches.fromSilent(NODE))
        .hasValueSatisfying(why -> assertThat(why).contains("no Pod"));
    assertThat(detaches.inFlight(NODE)).isEmpty();
    assertThat(detaches.fromSilent("another-node")).isEmpty();
    assertThat(detaches.left(NODE)).hasValueSatisfying(why -> assertThat(why).contains("no Pod"));
    pod();
    assertThat(detaches.fromSilent(NODE)).as("believed for a while").isPresent();
    now.addAndGet(Duration.ofSeconds(4).toNanos());
    assertThat(detaches.fromSilent(NODE)).isEmpty();
  }

  @Test
  void a_pod_holds_it_until_it_ends() {
    attach("taint.example.com");
    pod();
    assertThat(detaches.fromSilent(NODE)).isEmpty();
    client.pods().inNamespace("default").withName(POD).withGracePeriod(300).delete();
    assertThat(detaches.fromSilent(NODE)).isPresent();
    assertThat(detaches.left(NODE)).as("it may stay for long").isEmpty();
  }

  @Test
  void a_detach_is_in_flight() {
    attach("taint.example.com");
    pod();
    client.storage().v1().volumeAttachments().withName(ATTACHMENT).delete();
    assertThat(detaches.fromSilent(NODE))
        .hasValueSatisfying(why -> assertThat(why).contains("being detached"));
    assertThat(detaches.inFlight(NODE)).isPresent();
    assertThat(detaches.left(NODE)).isPresent();
  }

  @Test
  void a_driver_that_revokes_in_any_case_needs_no_taint() {
    attach("revokes.example.com");
    client.storage().v1().volumeAttachments().withName(ATTACHMENT).delete();
    assertThat(detaches.fromSilent(NODE)).isEmpty();
    assertThat(detaches.inFlight(NODE)).isEmpty();
    assertThat(detaches.left(NODE)).isEmpty();
  }
}
