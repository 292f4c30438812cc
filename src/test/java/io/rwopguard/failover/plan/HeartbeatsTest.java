package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Checks when nodes are overdue, and when the watch of their Leases is late. */
class HeartbeatsTest {

  private static final Duration LEASE = Duration.ofSeconds(40);

  private final Heartbeats heartbeats = new Heartbeats();

  private static long at(int second) {
    return Duration.ofSeconds(second).toNanos();
  }

  @Test
  void an_interruption_restarts_the_silence_of_nodes_but_not_that_of_the_watch() {
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

  @Test
  void a_list_ends_silence_but_is_no_news_of_the_watch() {
    heartbeats.seen("node", "first", LEASE, at(0));
    assertThat(heartbeats.listed("node", "first", "second", LEASE, at(13))).isTrue();
    assertThat(heartbeats.late(at(14))).isEmpty();
    assertThat(heartbeats.unheard(at(14))).containsOnlyKeys("node");
    assertThat(heartbeats.told("node")).contains("first");
    // a watch that starts again repeats what it told
    heartbeats.seen("node", "first", LEASE, at(15));
    assertThat(heartbeats.of("node", at(16)).orElseThrow().renewTime()).isEqualTo("second");
    assertThat(heartbeats.unheard(at(16))).containsOnlyKeys("node");
    // and tells what the list showed: silence continues since the list
    heartbeats.seen("node", "second", LEASE, at(17));
    assertThat(heartbeats.of("node", at(17)).orElseThrow().duration())
        .isEqualTo(Duration.ofSeconds(4));
    assertThat(heartbeats.unheard(at(17))).isEmpty();
  }

  @Test
  void a_list_that_is_older_than_the_watch_makes_no_lease_of_a_node_that_is_gone() {
    heartbeats.seen("node", "first", LEASE, at(0));
    heartbeats.gone("node");
    assertThat(heartbeats.listed("node", "first", "second", LEASE, at(13))).isFalse();
    assertThat(heartbeats.of("node", at(14))).isEmpty();
    assertThat(heartbeats.told("node")).isEmpty();
  }

  /** The pages of a list show what was when the first one was asked for. */
  @Test
  void ignores_a_list_that_is_older_than_the_last_event_of_the_watch() {
    heartbeats.seen("node", "first", LEASE, at(0));
    String told = heartbeats.told("node").orElseThrow();
    heartbeats.seen("node", "third", LEASE, at(13));
    assertThat(heartbeats.listed("node", told, "second", LEASE, at(14))).isFalse();
    assertThat(heartbeats.listed("node", told, "first", LEASE, at(14))).isFalse();
    assertThat(heartbeats.of("node", at(14)).orElseThrow().renewTime()).isEqualTo("third");
    assertThat(heartbeats.of("node", at(14)).orElseThrow().duration())
        .isEqualTo(Duration.ofSeconds(1));
    assertThat(heartbeats.unheard(at(14))).isEmpty();
  }
}
