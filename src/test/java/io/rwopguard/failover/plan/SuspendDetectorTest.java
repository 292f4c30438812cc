package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SuspendDetectorTest {

  private Duration monotonic = Duration.ZERO;
  private Instant ofDay = Instant.parse("2026-11-26T12:00:00Z");
  private final SuspendDetector watch = new SuspendDetector(() -> monotonic.toNanos(), () -> ofDay);

  private boolean after(Duration run, Duration suspended) {
    monotonic = monotonic.plus(run);
    ofDay = ofDay.plus(run).plus(suspended);
    return watch.steppedApart();
  }

  @Test
  void clocks_that_run_alike_are_no_step_however_long_they_run() {
    assertThat(after(Duration.ofDays(100), Duration.ZERO)).isFalse();
  }

  @Test
  void a_suspended_machine_is_noticed_once() {
    assertThat(after(Duration.ofSeconds(1), Duration.ofHours(1))).isTrue();
    assertThat(after(Duration.ofSeconds(1), Duration.ZERO)).isFalse();
  }

  @Test
  void a_clock_that_is_slewed_or_corrected_a_little_is_no_step() {
    assertThat(after(Duration.ofSeconds(1), Duration.ofSeconds(3))).isFalse();
    assertThat(after(Duration.ofSeconds(1), Duration.ofMillis(3001))).isTrue();
    assertThat(after(Duration.ofSeconds(1), Duration.ofSeconds(-4))).isTrue();
  }
}
