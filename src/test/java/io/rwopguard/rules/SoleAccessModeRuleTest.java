package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.inventory.EmptyInventory;
import io.rwopguard.model.Severity;
import io.rwopguard.testing.manifests.Manifests;
import java.util.List;
import org.junit.jupiter.api.Test;

class SoleAccessModeRuleTest {

  private static List<Finding> check(String fixture) {
    var file = Manifests.RESOURCES.resolve("rules/sole-access-mode/fail/" + fixture);
    return new SoleAccessModeRule()
        .check(Manifests.facts(Manifests.read(file)), new EmptyInventory());
  }

  @Test
  void denies_a_volume_that_mixes_access_modes_and_says_what_to_write() {
    assertThat(check("volume-with-two-modes.yaml"))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.severity()).isEqualTo(Severity.DENY);
              assertThat(finding.message())
                  .isEqualTo(
                      "spec.accessModes: ReadWriteOncePod is combined with ReadWriteOnce, and"
                          + " nothing enforces a single Pod unless it is the only mode; write"
                          + " accessModes: [\"ReadWriteOncePod\"] only, or remove ReadWriteOncePod"
                          + " (sole-access-mode)");
            });
  }

  @Test
  void says_how_often_the_mode_is_named() {
    assertThat(check("volume-with-the-mode-twice.yaml"))
        .singleElement()
        .satisfies(finding -> assertThat(finding.detail()).contains("listed 2 times"));
  }

  @Test
  void names_all_the_other_modes() {
    assertThat(check("claim-with-three-modes.yaml"))
        .singleElement()
        .satisfies(
            finding -> assertThat(finding.detail()).contains("ReadWriteMany and ReadOnlyMany"));
  }

  @Test
  void points_at_the_very_field() {
    assertThat(check("second-claim-template.yaml"))
        .extracting(finding -> finding.field().text())
        .containsExactly("spec.volumeClaimTemplates[1].spec.accessModes");
    assertThat(check("ephemeral-volume-of-a-cronjob.yaml"))
        .extracting(finding -> finding.field().text())
        .containsExactly(
            "spec.jobTemplate.spec.template.spec.volumes[0].ephemeral.volumeClaimTemplate.spec"
                + ".accessModes");
  }
}
