package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.testing.manifests.Manifests;
import org.junit.jupiter.api.Test;

/** Tests the operators of node affinity as the scheduler evaluates them. */
class NodeSelectorsTest {

  private static final String SPEC =
      "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disks, operator: %s, values: [%s]}]}]}}}";

  private static boolean selects(String operator, String values, String disks) {
    return NodeSelectors.selects(
        Manifests.parse(SPEC.formatted(operator, values)),
        Nodes.node("n").label("disks", disks).make());
  }

  @Test
  void more_and_less_exclude_the_number_itself() {
    assertThat(selects("Gt", "'3'", "4")).isTrue();
    assertThat(selects("Gt", "'3'", "3")).isFalse();
    assertThat(selects("Gt", "'3'", "2")).isFalse();
    assertThat(selects("Lt", "'3'", "2")).isTrue();
    assertThat(selects("Lt", "'3'", "3")).isFalse();
    assertThat(selects("Lt", "'3'", "4")).isFalse();
  }

  @Test
  void labels_are_compared_as_numbers_and_not_as_texts() {
    assertThat(selects("Gt", "'9'", "10")).isTrue();
    assertThat(selects("Lt", "'10'", "9")).isTrue();
  }

  @Test
  void what_is_no_single_number_is_neither_more_nor_less() {
    for (String operator : new String[] {"Gt", "Lt"}) {
      assertThat(selects(operator, "'3'", "many")).isFalse();
      assertThat(selects(operator, "many", "3")).isFalse();
      assertThat(selects(operator, "'1', '9'", "5")).isFalse();
      assertThat(selects(operator, "", "5")).isFalse();
    }
  }

  @Test
  void a_node_without_the_label_is_neither_more_nor_less() {
    NodeFacts without = Nodes.node("n").make();
    assertThat(NodeSelectors.selects(Manifests.parse(SPEC.formatted("Gt", "'3'")), without))
        .isFalse();
    assertThat(NodeSelectors.selects(Manifests.parse(SPEC.formatted("Lt", "'3'")), without))
        .isFalse();
  }

  @Test
  void an_operator_that_is_not_known_selects_no_node() {
    assertThat(selects("Near", "'3'", "3")).isFalse();
  }
}
