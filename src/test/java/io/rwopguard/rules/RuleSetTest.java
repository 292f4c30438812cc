package io.rwopguard.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.Manifests;
import io.rwopguard.inventory.NoCluster;
import org.junit.jupiter.api.Test;

class RuleSetTest {

  private static final String VOLUME =
      """
      apiVersion: v1
      kind: PersistentVolume
      spec: {accessModes: [%s], %s: {}}
      """;

  private static ObjectNode volume(String modes, String source) {
    return Manifests.parse(VOLUME.formatted(modes, source));
  }

  @Test
  void gives_all_findings_in_the_order_of_the_rules() {
    var object = Manifests.facts(volume("ReadWriteOncePod, ReadWriteOnce", "nfs"));

    assertThat(RuleSet.findings(object, new NoCluster()))
        .extracting(Finding::rule)
        .containsExactly("sole-access-mode", "csi-only");
  }

  @Test
  void only_warns_on_an_update_of_what_was_wrong_before() {
    var before = Manifests.facts(volume("ReadWriteOncePod", "nfs"));
    var after = Manifests.facts(volume("ReadWriteOncePod", "nfs"));

    assertThat(RuleSet.findings(after, before, new NoCluster()))
        .extracting(Finding::severity)
        .containsExactly(Severity.WARN);
  }

  @Test
  void denies_an_update_that_makes_it_worse() {
    var before = Manifests.facts(volume("ReadWriteOnce", "nfs"));
    var after = Manifests.facts(volume("ReadWriteOncePod", "nfs"));

    assertThat(RuleSet.findings(after, before, new NoCluster()))
        .extracting(Finding::severity)
        .containsExactly(Severity.DENY);
  }

  @Test
  void ids_are_unique() {
    assertThat(RuleSet.rules()).extracting(Rule::id).doesNotHaveDuplicates();
  }
}
