package io.rwopguard.testing.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.network.KillingProxy.When;
import io.rwopguard.testing.process.CommandLineResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A StatefulSet of one replica with data on its volume. Its claim is moved from one access mode to
 * the other. Each of its Pods writes at its start the checksum of the data that it finds.
 */
public final class MigratedStatefulSet implements AutoCloseable {

  public static final String NAMESPACE = "migration";
  public static final List<String> SHARED = List.of("ReadWriteOnce");
  public static final List<String> EXCLUSIVE = List.of("ReadWriteOncePod");

  private static final String MANIFEST =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %1$s, namespace: migration, labels: {team: storage}}
      spec:
        serviceName: %1$s
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            terminationGracePeriodSeconds: 5
            containers:
              - name: db
                image: registry.invalid/busybox:1
                command:
                  - sh
                  - -c
                  - |
                    trap exit TERM
                    [ -e /data/payload ] || {
                      head -c 4194304 /dev/urandom > /data/partial && sync && mv /data/partial /data/payload
                    }
                    echo $POD_UID $(sha256sum < /data/payload) >> /data/starts
                    while true; do sleep 0.2; done
                env: [{name: POD_UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}]
                volumeMounts: [{name: data, mountPath: /data}]
        volumeClaimTemplates:
          - metadata: {name: data, labels: {kept: "yes"}, annotations: {example.org/kept: too}}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: attached
              resources: {requests: {storage: 1Gi}}
      """;

  private final RealCluster cluster;
  private final String name;
  private final KillingProxy proxy;
  private final String volume;
  private final String firstClaim;
  private final String checksum;

  /** Makes one, and waits until its data is there. */
  public MigratedStatefulSet(RealCluster cluster, String name) {
    this.cluster = cluster;
    this.name = name;
    try {
      proxy = new KillingProxy(cluster.client());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cluster.create(MANIFEST.formatted(name));
    RealCluster.await().until(() -> claim() != null && claim().getSpec().getVolumeName() != null);
    firstClaim = claim().getMetadata().getUid();
    volume = claim().getSpec().getVolumeName();
    checksum = checksumOfNow();
  }

  /** Returns the checksum that the current Pod has found on the volume, once it runs. */
  private String checksumOfNow() {
    RealCluster.await().until(() -> !lastStart().isEmpty());
    return lastStart();
  }

  private String lastStart() {
    Pod pod = cluster.client().pods().inNamespace(NAMESPACE).withName(name + "-0").get();
    Path starts = cluster.volumes().resolve(volume).resolve("starts");
    if (pod == null || !Files.exists(starts)) {
      return "";
    }
    try {
      return Files.readAllLines(starts).stream()
          .filter(line -> line.startsWith(pod.getMetadata().getUid() + " "))
          .reduce("", (first, last) -> last.substring(last.indexOf(' ') + 1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks for the move, by a program that may be killed. */
  public CommandLineResult migrate(String... options) {
    List<String> command = new ArrayList<>(List.of("migrate", NAMESPACE + "/data-" + name + "-0"));
    // the test cluster's driver is one that no other project knows
    command.addAll(List.of("--apply", "--assume-capable"));
    command.addAll(List.of(options));
    return proxy.run(command.toArray(String[]::new));
  }

  /** Restarts the count of its writes from zero, and kills the program at this one. */
  public void killAt(When moment, int write) {
    proxy.killAt(moment, write);
  }

  public List<String> writes() {
    return proxy.writes();
  }

  public PersistentVolumeClaim claim() {
    return cluster
        .client()
        .persistentVolumeClaims()
        .inNamespace(NAMESPACE)
        .withName("data-" + name + "-0")
        .get();
  }

  /** All is as it was but for the access modes and, once there was something to do, the claim. */
  public void assertWhole(List<String> modes) {
    assertThat(checksumOfNow()).isEqualTo(checksum);
    PersistentVolumeClaim claim = claim();
    assertThat(claim.getSpec().getAccessModes()).isEqualTo(modes);
    assertThat(claim.getStatus().getPhase()).isEqualTo("Bound");
    assertThat(claim.getSpec().getVolumeName()).isEqualTo(volume);
    assertThat(claim.getMetadata().getLabels()).containsEntry("kept", "yes");
    assertThat(claim.getMetadata().getAnnotations()).containsEntry("example.org/kept", "too");
    PersistentVolume of = cluster.client().persistentVolumes().withName(volume).get();
    assertThat(of.getSpec().getAccessModes()).isEqualTo(modes);
    assertThat(of.getSpec().getClaimRef().getUid()).isEqualTo(claim.getMetadata().getUid());
    assertThat(of.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
    assertThat(of.getMetadata().getAnnotations().keySet())
        .noneMatch(key -> key.startsWith("rwop-guard.io/"));
    assertThat(claim.getMetadata().getLabels()).doesNotContainKey("rwop-guard.io/migration-run");
    StatefulSet set =
        cluster.client().apps().statefulSets().inNamespace(NAMESPACE).withName(name).get();
    assertThat(set.getSpec().getVolumeClaimTemplates().get(0).getSpec().getAccessModes())
        .isEqualTo(modes);
    assertThat(set.getSpec().getReplicas()).isEqualTo(1);
    assertThat(set.getMetadata().getLabels())
        .containsEntry("team", "storage")
        .doesNotContainKey("rwop-guard.io/migration-run");
  }

  /** Returns whether the claim is the one that was created first. */
  public boolean hasFirstClaim() {
    return claim().getMetadata().getUid().equals(firstClaim);
  }

  /** Takes the set away with its claim, without waiting for it. */
  @Override
  public void close() {
    proxy.close();
    cluster.kubectl("", "delete statefulset -n migration --wait=false " + name);
    cluster.kubectl("", "delete pvc -n migration --wait=false data-" + name + "-0");
  }
}
