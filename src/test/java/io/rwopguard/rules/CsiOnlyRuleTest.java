package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.model.Severity;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CsiOnlyRuleTest {

  private static List<Finding> check(String fixture) {
    var file = Manifests.RESOURCES.resolve("rules/csi-only/fail/" + fixture);
    return new CsiOnlyRule(Set.of())
        .check(Manifests.facts(Manifests.read(file)), new EmptyInventory());
  }

  @Test
  void denies_a_hand_made_volume_and_names_its_source() {
    assertThat(check("host-path.yaml"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.DENY);
              assertThat(finding.field().text()).isEqualTo("spec.hostPath");
              assertThat(finding.detail()).contains("hostPath");
            });
  }

  @Test
  void warns_of_a_volume_that_a_csi_driver_serves_although_its_object_is_in_tree() {
    assertThat(check("in-tree-source-that-csi-serves.yaml"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.WARN);
              assertThat(finding.message())
                  .isEqualTo(
                      "spec.awsElasticBlockStore: driver ebs.csi.aws.com serves this volume, but its object is in-tree, so migrate and failover refuse it; recreate the PersistentVolume with a csi source, as docs/guides/migration.md describes (csi-only)");
            });
  }

  /** backwardCompatibleAccessModes of k8s.io/csi-translation-lib plugins/gce_pd.go. */
  @Test
  void says_where_the_translation_loses_the_mode() {
    assertThat(check("in-tree-source-that-forgets-the-mode.yaml"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.WARN);
              assertThat(finding.detail())
                  .startsWith("driver pd.csi.storage.gke.io serves this volume")
                  .endsWith("Kubernetes tells the driver and the kubelet ReadWriteOnce");
            });
  }

  /** CSIMigrationPortworx is off by default up to Kubernetes 1.30. */
  @Test
  void takes_a_portworx_volume_for_served_only_where_it_is_marked() {
    assertThat(check("portworx-that-csi-serves.yaml"))
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.detail())
                    .startsWith("driver pxd.portworx.com serves this volume, but its object"));
    assertThat(check("in-tree-source-that-csi-may-serve.yaml"))
        .singleElement()
        .satisfies(
            finding ->
                assertThat(finding.message())
                    .isEqualTo(
                        "spec.portworxVolume: driver pxd.portworx.com serves this volume only with the feature gate CSIMigrationPortworx (on by default since Kubernetes 1.31), and its object is in-tree, so migrate and failover refuse it; recreate the PersistentVolume with a csi source, as docs/guides/migration.md describes (csi-only)"));
  }

  @Test
  void only_warns_of_a_volume_that_a_provisioner_made() {
    assertThat(check("provisioned-host-path.yaml"))
        .singleElement()
        .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.WARN));
  }
}
