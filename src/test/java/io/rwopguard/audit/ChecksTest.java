package io.rwopguard.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.CsiDriver;
import io.rwopguard.inventory.Volume;
import io.rwopguard.model.Severity;
import io.rwopguard.rules.ClusterCheck;
import io.rwopguard.rules.Finding;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the checks that only an audit has. */
class ChecksTest {

  private static final String CONTROLLER =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: ebs-csi-controller}
      spec:
        replicas: %d
        template:
          spec:
            containers:
              - {name: driver, image: "example.org/ebs-csi-driver:v1.0.0"}
              - {name: p, image: "registry.k8s.io/sig-storage/csi-provisioner:v2.2.2"}
              - {name: a, image: "registry.k8s.io/sig-storage/csi-attacher:v4.0.0"}
              - {name: r, image: "registry.k8s.io/sig-storage/csi-resizer:canary"}
      """;

  private static List<Finding> inController(int replicas) {
    return SidecarCheck.check(Manifests.facts(Manifests.parse(CONTROLLER.formatted(replicas))));
  }

  @Test
  void a_sidecar_that_is_too_old_is_warned_of_and_one_of_no_known_age_is_noted() {
    List<Finding> found = inController(1);
    assertThat(found).extracting(Finding::severity).containsExactly(Severity.WARN, Severity.AUDIT);
    assertThat(found)
        .extracting(finding -> finding.field().text())
        .containsExactly(
            "spec.template.spec.containers[1].image", "spec.template.spec.containers[3].image");
    assertThat(found.get(0).message())
        .contains("csi-provisioner v2.2.2", "v3.0.0 is the first version", "csi-sidecar-version");
    assertThat(found.get(1).message())
        .contains("csi-resizer", "does not show its version", "v1.3.0");
  }

  @Test
  void a_driver_that_is_switched_off_is_left_alone() {
    assertThat(inController(0)).isEmpty();
  }

  @Test
  void a_driver_that_does_not_attach_is_noted_with_the_volumes_it_serves() {
    AttachCheck check = new AttachCheck();
    for (String name : List.of("d", "b", "e", "a", "c")) {
      check.add(volume(name, "unfenced.csi", "ReadWriteOncePod"));
    }
    List<AuditFinding> found = check.findings(new FixtureInventory());
    assertThat(found).hasSize(1);
    assertThat(found.get(0).object().label()).isEqualTo("CSIDriver unfenced.csi");
    assertThat(found.get(0).finding().rule()).isEqualTo(ClusterCheck.ATTACH_REQUIRED.id());
    assertThat(found.get(0).finding().message())
        .contains("spec.attachRequired", "5 ReadWriteOncePod volumes (a, b, c and 2 more)");
  }

  @Test
  void reports_no_other_volumes_of_attaching_drivers_and_none_of_unknown_drivers() {
    AttachCheck check = new AttachCheck();
    check.add(volume("shared", "unfenced.csi", "ReadWriteMany"));
    check.add(volume("mixed", "unfenced.csi", "ReadWriteOncePod", "ReadWriteOnce"));
    check.add(volume("fine", "fenced.csi", "ReadWriteOncePod"));
    check.add(volume("unknown", "unheard-of.csi", "ReadWriteOncePod"));
    check.add(new Volume("by-hand", List.of("ReadWriteOncePod"), Optional.empty()));
    assertThat(check.findings(new FixtureInventory())).isEmpty();
  }

  @Test
  void a_driver_that_is_known_not_to_fence_is_noted() {
    assertThat(noted(new CsiDriver("rook-ceph.rbd.csi.ceph.com", true)))
        .containsExactly(
            "spec.attachRequired: with Ceph RBD, an unreachable node loses access only while it has the taint node.kubernetes.io/out-of-service; the driver serves 1 ReadWriteOncePod volume (data); stop a node before you force-delete its Pods, or use the fence that docs/reference/drivers.md names for this driver (driver-does-not-fence)");
    assertThat(noted(new CsiDriver("ebs.csi.aws.com", true)))
        .singleElement()
        .asString()
        .contains("an unreachable node keeps access until it is stopped");
    assertThat(noted(new CsiDriver("pd.csi.storage.gke.io", true))).isEmpty();
    assertThat(noted(new CsiDriver("csi.vsphere.vmware.com", true))).isEmpty();
  }

  @Test
  void a_driver_whose_attach_required_is_not_as_shipped_is_noted() {
    assertThat(noted(new CsiDriver("pd.csi.storage.gke.io", false)))
        .anySatisfy(
            message ->
                assertThat(message)
                    .isEqualTo(
                        "spec.attachRequired: it is false, and Google Compute Engine persistent disk ships it as true; the driver serves 1 ReadWriteOncePod volume (data); install the CSIDriver that the project ships (attach-required-changed)"))
        .anySatisfy(message -> assertThat(message).contains("(attach-required)"))
        .hasSize(2);
    assertThat(noted(new CsiDriver("nfs.csi.k8s.io", false)))
        .singleElement()
        .asString()
        .contains("(attach-required)");
  }

  @ParameterizedTest
  @CsvSource({
    "cephfs.csi.ceph.com, no since v3.7.0 and yes by ceph-csi-operator",
    "rook-ceph.cephfs.csi.ceph.com, a setting of Rook",
    "nfs.csi.ceph.com, yes by ceph-csi-operator",
    "rook-ceph.nfs.csi.ceph.com, a setting of Rook",
    "file.csi.azure.com, a value of its chart",
    "topolvm.io, yes before v0.9.0",
  })
  void a_driver_that_ships_both_by_version_or_installation_has_not_changed(
      String driver, String why) {
    for (boolean attaches : List.of(true, false)) {
      assertThat(noted(new CsiDriver(driver, attaches)))
          .as("attachRequired: %s, %s", attaches, why)
          .noneMatch(message -> message.contains("(attach-required-changed)"));
    }
    assertThat(noted(new CsiDriver(driver, false)))
        .singleElement()
        .asString()
        .contains("(attach-required)");
  }

  @ParameterizedTest
  @CsvSource({
    "ebs.csi.aws.com, false",
    "rbd.csi.ceph.com, false",
    "nfs.csi.k8s.io, true",
    "nfs.manila.csi.openstack.org, true",
  })
  void a_driver_that_always_ships_one_value_has_changed_with_the_other(
      String driver, boolean attaches) {
    assertThat(noted(new CsiDriver(driver, attaches)))
        .anyMatch(message -> message.contains("(attach-required-changed)"));
    assertThat(noted(new CsiDriver(driver, !attaches)))
        .noneMatch(message -> message.contains("(attach-required-changed)"));
  }

  private static List<String> noted(CsiDriver driver) {
    AttachCheck check = new AttachCheck();
    check.add(volume("data", driver.name(), "ReadWriteOncePod"));
    return check.findings(new FixtureInventory().driver(driver)).stream()
        .map(each -> each.finding().message())
        .toList();
  }

  private static Volume volume(String name, String driver, String... modes) {
    return new Volume(name, List.of(modes), Optional.of(driver));
  }
}
