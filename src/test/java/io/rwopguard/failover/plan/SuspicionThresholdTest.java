package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.Heartbeats.Silence;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SuspicionThresholdTest {

  private static Silence silence(Duration duration, Duration lease) {
    return new Silence(duration, lease, "");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 40, 41, 3600, Integer.MAX_VALUE})
  void silence_is_overdue_and_late_from_these_parts_of_the_lease_on(int seconds) {
    assertParts(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 79, 99, 1_000_000_007})
  void the_parts_of_a_lease_are_exact_where_it_is_no_multiple_of_them(long nanos) {
    assertParts(Duration.ofNanos(nanos));
  }

  private static void assertParts(Duration lease) {
    Duration overdue = lease.multipliedBy(21).dividedBy(80);
    Duration late = lease.multipliedBy(3).dividedBy(10);
    assertThat(SuspicionThreshold.isOverdue(silence(overdue, lease))).isTrue();
    assertThat(SuspicionThreshold.isOverdue(silence(overdue.minusNanos(1), lease))).isFalse();
    assertThat(SuspicionThreshold.isLate(silence(late, lease))).isTrue();
    assertThat(SuspicionThreshold.isLate(silence(late.minusNanos(1), lease))).isFalse();
  }

  @Test
  void suspect_after_is_for_a_lease_of_forty_seconds_and_scales_with_others() {
    SuspicionThreshold suspicion = new SuspicionThreshold(Duration.ofSeconds(15));
    assertThat(suspicion.after(Duration.ofSeconds(40))).isEqualTo(Duration.ofSeconds(15));
    assertThat(suspicion.after(Duration.ofSeconds(80))).isEqualTo(Duration.ofSeconds(30));
    assertThat(suspicion.after(Duration.ofSeconds(1))).isEqualTo(Duration.ofSeconds(3));
    assertThat(new SuspicionThreshold(Duration.ofSeconds(2)).after(Duration.ofSeconds(40)))
        .isEqualTo(Duration.ofSeconds(3));
  }
}
