package io.rwopguard.failover.plan;

import static io.rwopguard.failover.plan.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.VolumeRelease;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests which volumes get another writer only after a fence has confirmed. */
class DriverGuaranteesTest {

  /** A driver that revokes access, and to whose volumes a fenced node cannot write either. */
  private static final String BOTH = "both.example.org";

  private static final DriverGuarantees STATEMENTS = statements(Set.of());

  private static DriverGuarantees statements(Set<String> underTaint) {
    return new DriverGuarantees(
        Set.of(BOTH, Pods.REVOKING),
        underTaint,
        Set.of(BOTH),
        VolumeRelease.VOLUME,
        Map.of(),
        Map.of("slow", VolumeRelease.OUT_OF_SERVICE));
  }

  private static VolumeFacts volume(String driver, Boolean attaches, boolean manyWriters) {
    return pod().volume(driver, attaches, manyWriters, "{}").make().volumes().orElseThrow().get(0);
  }

  @Test
  void an_attached_volume_whose_driver_revokes_access_needs_no_fence_as_well() {
    assertThat(STATEMENTS.needsFence(volume(BOTH, true, false))).isFalse();
  }

  @Test
  void a_volume_that_is_not_attached_cannot_be_revoked_so_it_needs_its_fence() {
    assertThat(STATEMENTS.needsFence(volume(BOTH, false, false))).isTrue();
    assertThat(STATEMENTS.needsFence(volume(BOTH, null, false))).as("unknown").isTrue();
  }

  /** A failover does not detach such a volume. */
  @Test
  void a_volume_of_many_writers_needs_its_fence_whatever_its_driver_revokes() {
    assertThat(STATEMENTS.needsFence(volume(BOTH, true, true))).isTrue();
  }

  @Test
  void a_driver_that_revokes_access_under_the_taint_alone_needs_its_fence_for_other_releases() {
    DriverGuarantees statements = statements(Set.of(BOTH));
    VolumeFacts usual = volume(BOTH, true, false);
    VolumeFacts slow =
        new VolumeFacts(
            usual.claim(),
            usual.claimUid(),
            usual.volume(),
            false,
            false,
            usual.driver(),
            usual.inTree(),
            usual.handle(),
            "slow",
            usual.attaches(),
            usual.nodeAffinity());
    assertThat(statements.needsFence(usual)).isTrue();
    assertThat(statements.needsFence(slow)).isFalse();
  }

  @Test
  void a_driver_that_no_fence_stops_waits_for_none() {
    assertThat(STATEMENTS.needsFence(volume(Pods.REVOKING, false, true))).isFalse();
    assertThat(STATEMENTS.needsFence(volume(null, null, true))).isFalse();
  }
}
