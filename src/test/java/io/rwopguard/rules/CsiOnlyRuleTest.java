package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.Manifests;
import io.rwopguard.inventory.NoCluster;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CsiOnlyRuleTest {

  private static List<Finding> check(String fixture) {
    var file = Manifests.RESOURCES.resolve("rules/csi-only/fail/" + fixture);
    return new CsiOnlyRule(Set.of()).check(Manifests.facts(Manifests.read(file)), new NoCluster());
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
  void only_warns_of_a_volume_that_a_provisioner_made() {
    assertThat(check("provisioned-host-path.yaml"))
        .singleElement()
        .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.WARN));
  }
}
