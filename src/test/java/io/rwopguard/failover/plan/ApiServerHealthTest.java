package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ApiServerHealthTest {

  private static final Duration QUICK = Duration.ofMillis(5);

  private final ApiServerHealth contact = new ApiServerHealth(0, Duration.ofSeconds(1));

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  private void answersUntil(double from, double to) {
    for (double time = from; time <= to; time++) {
      contact.answered(nanos(time), QUICK);
    }
  }

  @Test
  void is_steady_after_ten_seconds_of_answers() {
    answersUntil(0, 9);
    assertThat(contact.isSteady(nanos(9))).isFalse();
    answersUntil(10, 11);
    assertThat(contact.isSteady(nanos(11))).isTrue();
  }

  @Test
  void is_not_steady_for_ten_seconds_after_a_failure_or_a_slow_answer() {
    answersUntil(0, 11);
    contact.failed(nanos(12));
    answersUntil(12, 21);
    assertThat(contact.isSteady(nanos(21))).isFalse();
    answersUntil(22, 23);
    assertThat(contact.isSteady(nanos(23))).isTrue();
    contact.answered(nanos(24), Duration.ofMillis(1200));
    assertThat(contact.isSteady(nanos(24))).isFalse();
  }

  @Test
  void is_not_steady_once_it_is_no_longer_asked() {
    answersUntil(0, 11);
    assertThat(contact.isSteady(nanos(16))).isFalse();
  }

  @Test
  void says_when_it_has_been_deaf() {
    assertThat(contact.answered(nanos(0), QUICK)).isTrue();
    assertThat(contact.answered(nanos(2), QUICK)).isFalse();
    assertThat(contact.answered(nanos(7), QUICK)).isTrue();
    assertThat(contact.answered(nanos(8), QUICK)).isFalse();
  }

  @Test
  void a_replica_that_asks_rarely_is_not_deaf() {
    ApiServerHealth rare = new ApiServerHealth(0, Duration.ofMillis(2500));
    rare.answered(nanos(0), QUICK);
    for (double time = 5.5; time < 60; time += 5.5) {
      assertThat(rare.answered(nanos(time), QUICK)).isFalse();
    }
    assertThat(rare.isSteady(nanos(60))).isTrue();
    assertThat(rare.answered(nanos(70), QUICK)).isTrue();
    assertThat(rare.isSteady(nanos(84))).isFalse();
  }

  @Test
  void an_interruption_is_trouble() {
    answersUntil(0, 11);
    contact.interrupted(nanos(11));
    answersUntil(12, 20);
    assertThat(contact.isSteady(nanos(20))).isFalse();
    answersUntil(21, 21);
    assertThat(contact.isSteady(nanos(21))).isTrue();
  }

  @Test
  void a_replica_is_deaf_after_more_than_four_seconds() {
    contact.answered(nanos(0), QUICK);
    assertThat(contact.answered(nanos(4), QUICK)).isFalse();
    assertThat(contact.answered(nanos(8) + 1, QUICK)).isTrue();
  }

  @Test
  void is_steady_for_four_seconds_after_the_last_answer() {
    answersUntil(0, 11);
    assertThat(contact.isSteady(nanos(15))).isTrue();
    assertThat(contact.isSteady(nanos(15) + 1)).isFalse();
  }

  @Test
  void an_answer_is_slow_after_more_than_a_second() {
    answersUntil(0, 11);
    contact.answered(nanos(12), Duration.ofSeconds(1));
    assertThat(contact.isSteady(nanos(12))).isTrue();
    contact.answered(nanos(13), Duration.ofSeconds(1).plusNanos(1));
    assertThat(contact.isSteady(nanos(13))).isFalse();
  }
}
