package io.rwopguard.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.PodVolume;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DriversTest {

  /** The grace period depends on whether the driver attaches, and that is the same driver. */
  @Test
  void the_driver_of_a_class_in_tree_is_the_one_that_serves_it() {
    assertThat(driverOf("migrated-class")).contains("ebs.csi.aws.com");
  }

  /** Kubernetes 1.30 serves Portworx by its own driver, which is no CSI driver. */
  @Test
  void the_csi_driver_of_portworx_is_not_that_of_its_class_in_tree() {
    assertThat(driverOf("portworx-class")).contains("kubernetes.io/portworx-volume");
  }

  private static Optional<String> driverOf(String storageClass) {
    ObjectNode set =
        Manifests.read(
            Manifests.RESOURCES.resolve("rules/csi-only/fail/template-of-a-migrated-class.yaml"));
    set.withObject("/spec/volumeClaimTemplates/0/spec").put("storageClassName", storageClass);
    List<PodVolume> volumes = Manifests.facts(set).podTemplate().orElseThrow().volumes();
    assertThat(volumes).hasSize(1);
    return Drivers.nameOf(volumes.get(0), "shop", new FixtureInventory());
  }
}
