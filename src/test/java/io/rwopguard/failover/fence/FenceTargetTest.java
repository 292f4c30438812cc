package io.rwopguard.failover.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.FenceScope;
import java.util.List;
import org.junit.jupiter.api.Test;

class FenceTargetTest {

  private static FenceTarget target(String node, String bootId, String... volumes) {
    return new FenceTarget(
        node,
        "uid",
        bootId,
        "then",
        List.of(volumes).stream().map(id -> new FencedVolume("d", id, "pv", id)).toList(),
        "shop",
        "db-0",
        "u1");
  }

  @Test
  void the_key_names_the_node_the_boot_and_with_its_scope_the_volumes() {
    FenceTarget target = target("n", "b", "v1", "v2");
    assertThat(target.key(FenceScope.VOLUMES))
        .isEqualTo(target("n", "b", "v2", "v1").key(FenceScope.VOLUMES))
        .isNotEqualTo(target("n", "b", "v1").key(FenceScope.VOLUMES));
    assertThat(target.key(FenceScope.NODE))
        .isEqualTo(target("n", "b", "v1").key(FenceScope.NODE))
        .isNotEqualTo(target("n", "c", "v1").key(FenceScope.NODE));
  }

  @Test
  void no_two_lists_of_parts_have_the_same_key() {
    assertThat(target("n1", "b").key(FenceScope.NODE))
        .isNotEqualTo(target("n", "1b").key(FenceScope.NODE));
    assertThat(target("n", "b", "v", "w").key(FenceScope.VOLUMES))
        .isNotEqualTo(target("n", "b", "v1:w").key(FenceScope.VOLUMES));
  }
}
