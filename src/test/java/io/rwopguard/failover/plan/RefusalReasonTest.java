package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Tests how refusals are reported. */
class RefusalReasonTest {

  @Test
  void what_concerns_the_whole_cluster_is_reported_once_and_all_else_for_each_node() {
    assertThat(Arrays.stream(RefusalReason.values()).filter(RefusalReason::isOfTheCluster))
        .containsExactly(
            RefusalReason.API_SERVER_UNSTABLE,
            RefusalReason.ALL_SUSPECT,
            RefusalReason.TOO_MANY_SUSPECT);
  }

  @Test
  void an_event_ends_with_the_id_of_the_reason() {
    Refusal refusal = new Refusal(RefusalReason.NO_SECOND_SIGNAL, "wait for a second signal");
    assertThat("nothing is failed over: " + refusal)
        .isEqualTo("nothing is failed over: wait for a second signal (no-second-signal)");
  }
}
