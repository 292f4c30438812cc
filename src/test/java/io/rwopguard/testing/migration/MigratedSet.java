package io.rwopguard.testing.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.migration.Migration;
import io.rwopguard.migration.plan.MigrationOptions;
import io.rwopguard.migration.plan.MigrationOptions.Vouched;
import io.rwopguard.migration.plan.RefusedException;
import io.rwopguard.model.ClaimKey;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.process.CommandLineResult;
import io.rwopguard.testing.process.Program;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A StatefulSet of one replica beside real controllers. Its claim is moved from one access mode to
 * the other. The claim is bound to a volume that is deleted with it.
 */
public final class MigratedSet {

  public static final List<String> SHARED = List.of("ReadWriteOnce");
  public static final List<String> EXCLUSIVE = List.of("ReadWriteOncePod");

  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: %1$s}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        csi: {driver: rbd.csi.ceph.com, volumeHandle: %1$s}
        claimRef: {namespace: %2$s, name: data-%3$s-0}
      """;

  private static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %1$s, namespace: %2$s, labels: {app: %1$s, team: storage}}
      spec:
        replicas: 1
        serviceName: %1$s
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
        volumeClaimTemplates:
          - metadata: {name: data, labels: {kept: "yes"}, annotations: {example.org/kept: too}}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: ""
              selector: {matchLabels: {made: by-hand}}
              resources: {requests: {storage: 1Gi}}
      """;

  private final ControlledCluster cluster;
  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final String firstClaim;

  /** Makes one, and waits until it runs. */
  public MigratedSet(ControlledCluster cluster, String namespace, String name) throws Exception {
    this.cluster = cluster;
    this.client = cluster.client();
    this.namespace = namespace;
    this.name = name;
    cluster.create(VOLUME.formatted(volumeName(), namespace, name));
    cluster.create(manifest());
    cluster.pod(name);
    assertThat(claim().getStatus().getPhase()).isEqualTo("Bound");
    firstClaim = claim().getMetadata().getUid();
  }

  /** The set as its author wrote it. */
  public String manifest() {
    return SET.formatted(name, namespace);
  }

  public String name() {
    return name;
  }

  public String volumeName() {
    return namespace + "-" + name;
  }

  public String claimName() {
    return "data-" + name + "-0";
  }

  public PersistentVolumeClaim claim() {
    return client.persistentVolumeClaims().inNamespace(namespace).withName(claimName()).get();
  }

  public PersistentVolume volume() {
    return client.persistentVolumes().withName(volumeName()).get();
  }

  public StatefulSet set() {
    return client.apps().statefulSets().inNamespace(namespace).withName(name).get();
  }

  public boolean hasFirstClaim() {
    return firstClaim.equals(claim().getMetadata().getUid());
  }

  /** Deletes the set; its claim and volume stay. */
  public void delete() throws Exception {
    cluster.kubectl("delete statefulset " + name);
    ControlledCluster.await().until(() -> cluster.pods(name).isEmpty());
  }

  /** Makes a ConfigMap own the set, as an operator that is no controller of it does. */
  public OwnerReference ownedByConfigMap() {
    String uid =
        client
            .resource(
                new ConfigMapBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .withNamespace(namespace)
                    .endMetadata()
                    .build())
            .create()
            .getMetadata()
            .getUid();
    OwnerReference owner =
        new OwnerReferenceBuilder()
            .withApiVersion("v1")
            .withKind("ConfigMap")
            .withName(name)
            .withUid(uid)
            .build();
    client
        .apps()
        .statefulSets()
        .inNamespace(namespace)
        .withName(name)
        .edit(
            set -> {
              set.getMetadata().getOwnerReferences().add(owner);
              return set;
            });
    return owner;
  }

  public CommandLineResult migrate(KillingProxy proxy, String... options) {
    List<String> command = new ArrayList<>(List.of("migrate", namespace + "/" + claimName()));
    command.addAll(List.of(options));
    return proxy.run(command.toArray(String[]::new));
  }

  /**
   * Does what {@code migrate --apply} does, in this process. Options are --rollback and
   * --take-over.
   */
  public CommandLineResult migrateHere(KillingProxy proxy, String... options) {
    return migrateHere(proxy, Program.PATIENCE, options);
  }

  /** Begins a move, which ends with the first request that fails. */
  public CommandLineResult beginHere(KillingProxy proxy) {
    return migrateHere(proxy, Duration.ofNanos(-1));
  }

  private CommandLineResult migrateHere(KillingProxy proxy, Duration patience, String... options) {
    List<String> said = new CopyOnWriteArrayList<>();
    List<String> asked = List.of(options);
    try (KubernetesClient through = proxy.client()) {
      Migration migration =
          Migration.of(
              through,
              new ClaimKey(namespace, claimName()),
              new MigrationOptions(
                  asked.contains("--rollback"),
                  asked.contains("--take-over"),
                  Optional.empty(),
                  "",
                  new Vouched(false, false, false)));
      said.add(migration.goesBack() ? "to ReadWriteOnce:" : "to ReadWriteOncePod:");
      migration.plan();
      said.addAll(migration.notes());
      migration.apply(said::add, patience);
      return new CommandLineResult(0, String.join("\n", said));
    } catch (RefusedException | KubernetesClientException e) {
      said.add(e.toString());
      return new CommandLineResult(1, String.join("\n", said));
    }
  }

  /**
   * The end of a move, there or back: all as it was but for the access mode and the claim's UID.
   */
  public void assertMoved(List<String> modes) {
    cluster.pod(name);
    PersistentVolumeClaim claim = claim();
    assertThat(claim.getSpec().getAccessModes()).isEqualTo(modes);
    assertThat(claim.getSpec().getVolumeName()).isEqualTo(volumeName());
    assertThat(claim.getSpec().getSelector().getMatchLabels()).containsEntry("made", "by-hand");
    assertThat(claim.getMetadata().getLabels())
        .containsEntry("kept", "yes")
        .doesNotContainKey("rwop-guard.io/migration-run");
    assertThat(claim.getMetadata().getAnnotations()).containsEntry("example.org/kept", "too");
    PersistentVolume volume = volume();
    assertThat(volume.getSpec().getAccessModes()).isEqualTo(modes);
    assertThat(volume.getSpec().getClaimRef().getUid()).isEqualTo(claim.getMetadata().getUid());
    assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
    assertThat(volume.getMetadata().getAnnotations().keySet())
        .noneMatch(key -> key.startsWith("rwop-guard.io/"));
    StatefulSet set = set();
    assertThat(set.getSpec().getVolumeClaimTemplates().get(0).getSpec().getAccessModes())
        .isEqualTo(modes);
    assertThat(set.getSpec().getReplicas()).isEqualTo(1);
    assertThat(set.getMetadata().getLabels())
        .containsEntry("team", "storage")
        .doesNotContainKey("rwop-guard.io/migration-run");
  }
}
