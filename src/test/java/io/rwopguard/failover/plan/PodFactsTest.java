package io.rwopguard.failover.plan;

import static io.rwopguard.failover.plan.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.model.ClaimKey;
import org.junit.jupiter.api.Test;

/** Tests what is derived from the facts about a Pod and its volumes. */
class PodFactsTest {

  private static final ClaimKey FIRST = new ClaimKey("shop", "data0");
  private static final ClaimKey THIRD = new ClaimKey("shop", "data2");

  @Test
  void the_claims_of_a_failover_are_those_that_one_node_may_write_to() {
    PodFacts pod =
        pod()
            .volume(Pods.REVOKING, true)
            .volume("nfs.example.org", false, true, "{}")
            .volume(Pods.REVOKING, true)
            .make();
    assertThat(pod.claims()).containsExactlyInAnyOrder(FIRST, THIRD);
    assertThat(pod.claim()).as("of events").contains(FIRST);
  }

  @Test
  void a_pod_with_an_unknown_volume_or_only_shared_ones_has_no_such_claim() {
    PodFacts unknown = pod().volumesUnknown().make();
    PodFacts shared = pod().volume("nfs.example.org", false, true, "{}").make();
    assertThat(unknown.claims()).isEmpty();
    assertThat(unknown.claim()).isEmpty();
    assertThat(shared.claims()).isEmpty();
    assertThat(shared.claim()).isEmpty();
  }

  /** The kubelet writes this name to {@code status.volumesInUse}. */
  @Test
  void a_volume_in_use_is_recognized_by_its_driver_and_handle() {
    VolumeFacts volume = pod().volume("x.example.org", true).make().volumes().get().get(0);
    assertThat(volume.uniqueName()).isEqualTo("kubernetes.io/csi/x.example.org^handle-data0");
  }

  @Test
  void a_volume_is_detached_separately_where_its_node_cannot_be_out_of_service() {
    assertThat(target(VolumeRelease.OUT_OF_SERVICE).byVolume())
        .isEqualTo(target(VolumeRelease.VOLUME));
    for (VolumeRelease other :
        new VolumeRelease[] {
          VolumeRelease.POD_ONLY, VolumeRelease.VOLUME, VolumeRelease.ATTACHMENT
        }) {
      assertThat(target(other).byVolume()).isEqualTo(target(other));
    }
  }

  private static FailoverTarget target(VolumeRelease release) {
    return new FailoverTarget(
        "data", "pv", "d", "h", "kubernetes.io/csi/d^h", "csi-1", release, true);
  }
}
