package io.rwopguard.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.ApiServer.KubectlResult;
import io.rwopguard.testing.apiserver.OnSecondApiServer;
import io.rwopguard.testing.controllers.ControlledCluster;
import io.rwopguard.testing.network.KillingProxy;
import io.rwopguard.testing.process.CommandLineResult;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Tests claims and volumes that controllers treat differently from those of the other tests. They
 * are bound without a reservation, deleted with their StatefulSet, or applied by a deployment tool.
 */
@OnSecondApiServer
@Sampled(methods = 1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationOddVolumesIT {

  private static final String NAMESPACE = "migration-odd";
  private static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";

  /** Nothing but its class finds a claim this volume. */
  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: migration-odd-%1$s}
      spec:
        accessModes: [ReadWriteOnce]
        capacity: {storage: 1Gi}
        persistentVolumeReclaimPolicy: Delete
        storageClassName: migration-odd-%1$s
        csi: {driver: rbd.csi.ceph.com, volumeHandle: migration-odd-%1$s}
      """;

  private static final String DEPLOYMENT =
      """
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: %1$s, labels: {team: storage, old: "yes"}, annotations: {example.org/tier: gold}}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: migration-odd-%1$s
        resources: {requests: {storage: 1Gi}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: %1$s}
      spec:
        replicas: 1
        strategy: {type: Recreate}
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            containers: [{name: wiki, image: wiki}]
            volumes: [{name: pages, persistentVolumeClaim: {claimName: %1$s}}]
      """;

  private static final String SET =
      """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: %1$s}
      spec:
        replicas: 1
        serviceName: %1$s
        persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Retain}
        selector: {matchLabels: {app: %1$s}}
        template:
          metadata: {labels: {app: %1$s}}
          spec:
            containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
        volumeClaimTemplates:
          - metadata: {name: data}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: migration-odd-%1$s
              resources: {requests: {storage: 1Gi}}
      """;

  private ControlledCluster cluster;
  private KubernetesClient client;
  private KillingProxy proxy;

  @BeforeAll
  void start() throws Exception {
    cluster = new ControlledCluster(NAMESPACE, "disabled");
    client = cluster.client();
    proxy = new KillingProxy(client);
  }

  @AfterAll
  void stop() {
    if (proxy != null) {
      proxy.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void count() {
    proxy.killAt(KillingProxy.When.NEVER, 0);
  }

  private PersistentVolumeClaim claim(String name) {
    return client.persistentVolumeClaims().inNamespace(NAMESPACE).withName(name).get();
  }

  private PersistentVolume volume(String name) {
    return client.persistentVolumes().withName("migration-odd-" + name).get();
  }

  private KubectlResult applyAsHelm(String manifest) throws Exception {
    return cluster.attempt(manifest, "apply --server-side --field-manager=helm -f -");
  }

  /** Moves a claim, whose volume has to be its own and complete afterwards. */
  private void move(String volume, String claim) {
    String before = claim(claim).getMetadata().getUid();
    CommandLineResult moved = proxy.run("migrate", NAMESPACE + "/" + claim, "--apply");
    assertThat(moved.exitCode()).as(moved.output()).isZero();
    assertWhole(volume, claim);
    assertThat(claim(claim).getMetadata().getUid()).isNotEqualTo(before);
  }

  private void assertWhole(String volume, String claim) {
    PersistentVolumeClaim after = claim(claim);
    assertThat(after.getMetadata().getDeletionTimestamp()).isNull();
    assertThat(after.getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
    PersistentVolume of = volume(volume);
    assertThat(of.getMetadata().getDeletionTimestamp()).isNull();
    assertThat(of.getSpec().getAccessModes()).containsExactly("ReadWriteOncePod");
    assertThat(of.getSpec().getClaimRef().getUid()).isEqualTo(after.getMetadata().getUid());
    assertThat(of.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
    assertThat(of.getStatus().getPhase()).isEqualTo("Bound");
  }

  /** If the volume had the annotation, its controller would remove the whole reservation. */
  @Test
  void a_volume_that_its_controller_bound_is_reserved_and_bound_by_uid() throws Exception {
    cluster.create(VOLUME.formatted("found"));
    cluster.create(DEPLOYMENT.formatted("found"));
    cluster.pod("found");
    assertThat(volume("found").getMetadata().getAnnotations())
        .containsEntry(BOUND_BY_CONTROLLER, "yes");
    move("found", "found");
    cluster.pod("found");
    assertThat(volume("found").getMetadata().getAnnotations())
        .doesNotContainKey(BOUND_BY_CONTROLLER);
  }

  @Test
  void a_claim_that_its_set_takes_along_outlives_the_set_that_is_recreated() throws Exception {
    cluster.create(VOLUME.formatted("owned"));
    cluster.create(SET.formatted("owned"));
    cluster.pod("owned");
    var sets = client.apps().statefulSets().inNamespace(NAMESPACE).withName("owned");
    String old = sets.get().getMetadata().getUid();
    ControlledCluster.await().until(() -> owners("data-owned-0").equals(List.of(old)));
    move("owned", "data-owned-0");
    String recreated = sets.get().getMetadata().getUid();
    assertThat(recreated).isNotEqualTo(old);
    awaitCollectionOf(old);
    assertWhole("owned", "data-owned-0");
    cluster.pod("owned");
    // as the set's author wants it
    ControlledCluster.await().until(() -> owners("data-owned-0").equals(List.of(recreated)));
  }

  private List<String> owners(String claim) {
    return claim(claim).getMetadata().getOwnerReferences().stream()
        .map(OwnerReference::getUid)
        .toList();
  }

  /** Waits until the garbage collector knows that the set with this UID is gone. */
  private void awaitCollectionOf(String set) {
    var orphan =
        client.resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("orphan")
                .withNamespace(NAMESPACE)
                .addNewOwnerReference()
                .withApiVersion("apps/v1")
                .withKind("StatefulSet")
                .withName("owned")
                .withUid(set)
                .endOwnerReference()
                .endMetadata()
                .build());
    orphan.create();
    ControlledCluster.await().until(() -> orphan.get() == null);
  }

  @Test
  void the_next_helm_upgrade_of_a_plain_claim_conflicts_with_nothing() throws Exception {
    cluster.create(VOLUME.formatted("helm"));
    String manifest = DEPLOYMENT.formatted("helm");
    KubectlResult installed = applyAsHelm(manifest);
    assertThat(installed.exitCode()).as(installed.output()).isZero();
    cluster.pod("helm");
    move("helm", "helm");
    cluster.pod("helm");
    String same = manifest.replace("[ReadWriteOnce]", "[ReadWriteOncePod]");
    KubectlResult upgraded = applyAsHelm(same);
    assertThat(upgraded.output()).doesNotContain("conflict");
    assertThat(upgraded.exitCode()).as(upgraded.output()).isZero();
    // what belongs to helm still it can change and take away
    String next =
        same.replace("team: storage, old: \"yes\"", "team: other")
            .replace("tier: gold", "tier: silver")
            .replace("replicas: 1", "replicas: 0");
    KubectlResult changed = applyAsHelm(next);
    assertThat(changed.exitCode()).as(changed.output()).isZero();
    var metadata = claim("helm").getMetadata();
    assertThat(metadata.getLabels()).containsEntry("team", "other").doesNotContainKey("old");
    assertThat(metadata.getAnnotations()).containsEntry("example.org/tier", "silver");
    assertThat(metadata.getManagedFields())
        .extracting(each -> each.getManager())
        .contains("helm")
        .doesNotContain("rwop-guard");
    assertWhole("helm", "helm");
  }
}
