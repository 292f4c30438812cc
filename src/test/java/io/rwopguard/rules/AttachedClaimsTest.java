package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.config.AccessScope;
import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Lookup;
import io.rwopguard.inventory.Nodes;
import io.rwopguard.inventory.manifests.ManifestInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Tests for which objects the nodes of a cluster are read, and which ReadWriteOnce claims count as
 * attached to one node.
 */
class AttachedClaimsTest {

  private static final RuleSet EVERYWHERE =
      new RuleSet(Policy.DEFAULTS, Set.of(), AccessScope.READ_WRITE_ONCE);

  private static final ObjectNode WEB =
      Manifests.parse(
          """
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: web}
          spec:
            replicas: 3
            strategy: {type: Recreate}
            template:
              spec:
                containers: [{name: web}]
                volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
          """);
  private static final ObjectNode STATELESS =
      Manifests.parse(
          """
          apiVersion: apps/v1
          kind: Deployment
          metadata: {name: web}
          spec: {replicas: 3, template: {spec: {containers: [{name: web}]}}}
          """);
  private static final ObjectNode SCALE =
      Manifests.parse(
          """
          apiVersion: autoscaling/v1
          kind: Scale
          metadata: {name: web, namespace: shop}
          spec: {replicas: 3}
          """);

  private static final String DRIVER =
      "{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: block.csi}, spec: {attachRequired: %s}}";
  private static final String STORAGE_CLASS =
      "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: block}, provisioner: block.csi}";
  private static final String CLAIM =
      "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: shop}, spec: {accessModes: [ReadWriteOnce], storageClassName: block, volumeName: '%s'}}";
  private static final String UNBOUND = CLAIM.formatted("");
  private static final String BOUND = CLAIM.formatted("pv");
  private static final String VOLUME =
      "{apiVersion: v1, kind: PersistentVolume, metadata: {name: pv}, spec: {accessModes: [ReadWriteOnce], %s}}";
  private static final String CSI_VOLUME =
      VOLUME.formatted("csi: {driver: block.csi, volumeHandle: h}");

  private static ManifestInventory inScope(String scope, Inventory other) {
    ManifestInventory inventory = new ManifestInventory(other);
    inventory.addOther(
        Manifests.parse(
            "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {%s}}}"
                .formatted(scope.isEmpty() ? "" : "rwop-guard.io/scope: " + scope)));
    return inventory;
  }

  private static boolean readsNodes(RuleSet rules, ObjectNode manifest, String scope) {
    return readsNodes(rules, manifest, inScope(scope, new EmptyInventory()));
  }

  private static boolean readsNodes(RuleSet rules, ObjectNode manifest, Inventory inventory) {
    return rules.questions(Manifests.facts(manifest), Optional.empty(), inventory).nodes();
  }

  /** Returns whether the three Pods of the Deployment are too many for its claim. */
  private static boolean isAttached(Inventory other, String... manifests) {
    ManifestInventory inventory = inScope("ReadWriteOnce", other);
    for (String manifest : manifests) {
      ObjectNode json = Manifests.parse(manifest);
      if (json.path("kind").asText().startsWith("PersistentVolume")) {
        inventory.add(Manifests.facts(json));
      } else {
        inventory.addOther(json);
      }
    }
    return RuleSet.WITH_DEFAULTS
        .findings(Manifests.facts(WEB), Optional.empty(), inventory)
        .stream()
        .anyMatch(finding -> finding.rule().equals("single-consumer"));
  }

  @Test
  void nodes_are_read_for_objects_with_claims_in_the_scope_alone() {
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, WEB, "ReadWriteOnce")).isTrue();
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, WEB, "")).isFalse();
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, WEB, "ReadWriteOncePod")).isFalse();
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, WEB, "typo")).isFalse();
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, STATELESS, "ReadWriteOnce")).isFalse();
  }

  @Test
  void nodes_are_read_everywhere_but_in_namespaces_with_the_narrower_scope() {
    assertThat(readsNodes(EVERYWHERE, WEB, "")).isTrue();
    assertThat(readsNodes(EVERYWHERE, WEB, "typo")).isTrue();
    assertThat(readsNodes(EVERYWHERE, WEB, "ReadWriteOncePod")).isFalse();
  }

  /** The claims of the workload are not known yet. */
  @Test
  void nodes_are_read_for_the_scale_of_a_workload() {
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, SCALE, "ReadWriteOnce")).isTrue();
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, SCALE, "")).isFalse();
  }

  @Test
  void nodes_are_read_for_a_namespace_that_is_not_known_and_may_have_the_label() {
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, WEB, new EmptyInventory())).isTrue();
    assertThat(readsNodes(RuleSet.WITH_DEFAULTS, STATELESS, new EmptyInventory())).isFalse();
  }

  @Test
  void pods_on_the_only_node_share_a_claim() {
    String[] manifests = {DRIVER.formatted(true), STORAGE_CLASS, UNBOUND};
    assertThat(isAttached(on("{metadata: {name: a}}"), manifests)).isFalse();
    assertThat(isAttached(on("{metadata: {name: a}}", "{metadata: {name: b}}"), manifests))
        .isTrue();
    assertThat(isAttached(new RunningInventory(), manifests)).as("unknown nodes").isTrue();
  }

  private static Inventory on(String... nodes) {
    List<Nodes.Node> all = Arrays.stream(nodes).map(Manifests::parse).map(Nodes.Node::of).toList();
    return new RunningInventory(List.of(), Lookup.found(new Nodes(all)));
  }

  @Test
  void the_csi_driver_of_the_cluster_decides_whether_its_volumes_are_attached() {
    Inventory cluster = new RunningInventory();
    assertThat(isAttached(cluster, DRIVER.formatted(true), STORAGE_CLASS, UNBOUND)).isTrue();
    assertThat(isAttached(cluster, DRIVER.formatted(false), STORAGE_CLASS, UNBOUND)).isFalse();
    assertThat(isAttached(cluster, DRIVER.formatted(true), BOUND, CSI_VOLUME)).isTrue();
    assertThat(isAttached(cluster, DRIVER.formatted(false), BOUND, CSI_VOLUME)).isFalse();
  }

  /** A provisioner without a CSI driver, such as one of local volumes, has no CSIDriver object. */
  @Test
  void a_provisioner_without_a_csi_driver_in_the_cluster_attaches_nothing() {
    assertThat(isAttached(new RunningInventory(), STORAGE_CLASS, UNBOUND)).isFalse();
    assertThat(isAttached(new EmptyInventory(), STORAGE_CLASS, UNBOUND))
        .as("manifests alone, which rarely contain the driver")
        .isTrue();
  }

  @Test
  void a_csi_volume_is_attached_although_its_driver_is_not_known() {
    assertThat(isAttached(new RunningInventory(), BOUND, CSI_VOLUME)).isTrue();
    assertThat(isAttached(new EmptyInventory(), BOUND, CSI_VOLUME)).isTrue();
  }

  @Test
  void a_driver_that_is_known_not_to_attach_needs_no_csi_driver_for_that() {
    String volume = VOLUME.formatted("csi: {driver: efs.csi.aws.com, volumeHandle: h}");
    assertThat(isAttached(new RunningInventory(), BOUND, volume)).isFalse();
    assertThat(isAttached(new EmptyInventory(), BOUND, volume)).isFalse();
  }

  @Test
  void a_class_that_is_not_known_most_likely_provisions_block_storage_unless_a_cluster_has_none() {
    assertThat(isAttached(new EmptyInventory(), UNBOUND)).isTrue();
    assertThat(isAttached(new RunningInventory(), UNBOUND)).isFalse();
  }

  @Test
  void a_volume_without_a_csi_driver_is_not_attached() {
    String nfs = VOLUME.formatted("nfs: {server: nfs, path: /}");
    assertThat(isAttached(new RunningInventory(), BOUND, nfs)).isFalse();
    assertThat(isAttached(new EmptyInventory(), BOUND, nfs)).isFalse();
  }
}
