package io.rwopguard.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.KnownClaims;
import io.rwopguard.Manifests;
import io.rwopguard.workload.PodVolume;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DriversTest {

  /** Whether it attaches decides on the grace period, and that is the same driver. */
  @Test
  void the_driver_of_a_class_in_tree_is_the_one_that_serves_it() throws Exception {
    List<PodVolume> volumes =
        Manifests.facts(
                Manifests.read(
                    Manifests.RESOURCES.resolve(
                        "rules/csi-only/fail/template-of-a-migrated-class.yaml")))
            .podTemplate()
            .orElseThrow()
            .volumes();
    assertThat(volumes).hasSize(1);
    assertThat(Drivers.nameOf(volumes.get(0), "shop", new KnownClaims()))
        .isEqualTo(Optional.of("ebs.csi.aws.com"));
  }
}
