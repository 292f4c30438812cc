package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.model.Severity;
import io.rwopguard.testing.manifests.FixtureInventory;
import io.rwopguard.testing.manifests.Manifests;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests what {@link CsiOnlyRule} says of a claim's StorageClass. */
class CsiOnlyClassTest {

  private static Finding check(String fixture) {
    var file = Manifests.RESOURCES.resolve("rules/csi-only/fail/" + fixture);
    var findings =
        new CsiOnlyRule(Set.of())
            .check(Manifests.facts(Manifests.read(file)), new FixtureInventory());
    assertThat(findings).hasSize(1);
    return findings.get(0);
  }

  @Test
  void says_that_a_class_has_no_provisioner() {
    assertThat(check("claim-of-a-class-without-provisioner.yaml").detail())
        .endsWith("has no provisioner");
    assertThat(check("claim-of-an-in-tree-class.yaml").detail()).contains("is provisioned by");
  }

  @Test
  void no_mode_denies_a_claim_whose_class_a_csi_driver_serves() {
    assertThat(check("claim-of-a-migrated-class.yaml").most()).isEqualTo(Severity.WARN);
    assertThat(check("claim-of-an-in-tree-class.yaml").most()).isEqualTo(Severity.DENY);
  }
}
