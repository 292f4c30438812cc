package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When nodes are silent, and when the watch of their Leases is late. */
class HeartbeatsTest {

  private static final Duration LEASE = Duration.ofSeconds(40);

  private final Heartbeats heartbeats = new Heartbeats();

  private static long at(int second) {
    return Duration.ofSeconds(second).toNanos();
  }

  @Test
  void an_interruption_counts_silence_from_zero_but_not_that_the_watch_told_of_no_renewal() {
    heartbeats.seen("node", "first", LEASE, at(0));
    heartbeats.beginAnew(at(10));
    // a list repeats what was known
    heartbeats.seen("node", "first", LEASE, at(11));
    assertThat(heartbeats.unheard(at(11))).isEmpty();
    assertThat(heartbeats.late(at(12))).isEmpty();
    assertThat(heartbeats.unheard(at(12))).containsOnlyKeys("node");
    assertThat(heartbeats.late(at(22))).containsOnlyKeys("node");
    heartbeats.seen("node", "second", LEASE, at(23));
    assertThat(heartbeats.unheard(at(23))).isEmpty();
    assertThat(heartbeats.late(at(23))).isEmpty();
  }
}
