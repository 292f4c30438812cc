package io.rwopguard.testing.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sample;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.process.CommandLineResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** StatefulSets in several namespaces beside real controllers, moved by one command. */
public final class MigratedFleet implements AutoCloseable {

  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %1$s-%2$s}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        csi: {driver: rbd.csi.ceph.com, volumeHandle: %1$s-%2$s}
        claimRef: {namespace: %1$s, name: %3$s}
      """;

  private static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %2$s, namespace: %1$s}
      spec:
        serviceName: %2$s
        selector: {matchLabels: {app: %2$s}}
        template:
          metadata: {labels: {app: %2$s}}
          spec:
            terminationGracePeriodSeconds: 1
            containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
        volumeClaimTemplates:
          - metadata: {name: data, labels: {moved: %3$s}}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              resources: {requests: {storage: 1Gi}}
      """;

  private final String prefix;
  private final ControlledCluster cluster;
  private final KubernetesClient client;
  private final KillingProxy proxy;
  private final VolumeLosses losses;

  /** Creates namespaces whose names begin with this and end with their number. */
  public MigratedFleet(String prefix, int namespaces) throws Exception {
    this.prefix = prefix;
    cluster = new ControlledCluster(prefix, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
    losses = new VolumeLosses(client, prefix);
    for (int i = 0; i < namespaces; i++) {
      client
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(namespace(i))
                  .addToLabels("rwop-guard.io/mutate", "disabled")
                  .endMetadata()
                  .build())
          .create();
    }
  }

  /** Returns a document with a volume, named after namespace and name, for a claim. */
  public static String volume(String namespace, String name, String claim) {
    return VOLUME.formatted(namespace, name, claim) + "---\n";
  }

  public ControlledCluster cluster() {
    return cluster;
  }

  public KillingProxy proxy() {
    return proxy;
  }

  public String namespace(int i) {
    return prefix + "-" + i;
  }

  /** A StatefulSet of one, its claim and its volume. */
  public final class Moved {

    private final String namespace;
    private final String name;

    private Moved(String namespace, String name) {
      this.namespace = namespace;
      this.name = name;
    }

    public String claimName() {
      return "data-" + name + "-0";
    }

    public PersistentVolumeClaim claim() {
      return client.persistentVolumeClaims().inNamespace(namespace).withName(claimName()).get();
    }

    public PersistentVolume volume() {
      return client.persistentVolumes().withName(namespace + "-" + name).get();
    }

    public StatefulSet set() {
      return client.apps().statefulSets().inNamespace(namespace).withName(name).get();
    }

    /** Returns whether its move was started, and is not complete. */
    public boolean isHalfway() {
      return volume().getMetadata().getAnnotations() != null
          && volume().getMetadata().getAnnotations().containsKey("rwop-guard.io/migration");
    }

    /** Returns whether its move is complete. */
    public boolean isMoved() {
      return volume().getSpec().getAccessModes().contains("ReadWriteOncePod") && !isHalfway();
    }

    public boolean runs() {
      var pod = client.pods().inNamespace(namespace).withName(name + "-0").get();
      return pod != null && pod.getStatus().getPhase().equals("Running");
    }

    public void assertModes(String mode) {
      PersistentVolumeClaim claim = claim();
      assertThat(claim.getSpec().getAccessModes()).as(toString()).containsExactly(mode);
      assertThat(claim.getSpec().getVolumeName()).isEqualTo(namespace + "-" + name);
      PersistentVolume volume = volume();
      assertThat(volume.getSpec().getAccessModes()).as(toString()).containsExactly(mode);
      assertThat(volume.getSpec().getClaimRef().getUid()).isEqualTo(claim.getMetadata().getUid());
      assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
      assertThat(volume.getMetadata().getAnnotations().keySet())
          .noneMatch(key -> key.startsWith("rwop-guard.io/"));
      StatefulSet set = set();
      assertThat(set.getSpec().getReplicas()).as(toString()).isEqualTo(1);
      assertThat(set.getSpec().getVolumeClaimTemplates().get(0).getSpec().getAccessModes())
          .containsExactly(mode);
    }

    @Override
    public String toString() {
      return namespace + "/" + claimName();
    }
  }

  public List<Moved> make(String label, int namespaces, int each) throws Exception {
    List<Moved> all = new ArrayList<>();
    StringBuilder manifests = new StringBuilder();
    for (int i = 0; i < namespaces; i++) {
      for (int j = 0; j < each; j++) {
        String name = label + j;
        all.add(new Moved(namespace(i), name));
        manifests.append(volume(namespace(i), name, "data-" + name + "-0"));
        manifests.append(SET.formatted(namespace(i), name, label)).append("---\n");
      }
    }
    cluster.createWhereItSays(manifests.toString());
    ControlledCluster.await()
        .atMost(Duration.ofMinutes(5))
        .until(() -> all.stream().allMatch(Moved::runs));
    return all;
  }

  public CommandLineResult migrate(String label, String... options) {
    List<String> command =
        new ArrayList<>(List.of("migrate", "--all-namespaces", "--selector", "moved=" + label));
    command.addAll(List.of(options));
    return proxy.run(command.toArray(String[]::new));
  }

  public CompletableFuture<CommandLineResult> start(String label, String... options) {
    return CompletableFuture.supplyAsync(() -> migrate(label, options));
  }

  public void assertNothingLost(List<Moved> all) {
    assertThat(losses.lost()).as("seed %d", Sample.ofThisRun().seed()).isEmpty();
    assertThat(all).allMatch(each -> losses.hasSeen(each.volume().getMetadata().getName()));
  }

  @Override
  public void close() {
    losses.close();
    proxy.close();
    cluster.close();
  }
}
