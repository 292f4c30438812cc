package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule.Target;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Tests when a failed probe is repeated, and when an endpoint yields to others. */
class ProbeFailuresTest {

  private static final Target POD =
      new Target("n", new Endpoint("10.1.0.1", ProbeSchedule.DISCARD));
  private static final Target OTHER =
      new Target("n", new Endpoint("10.1.0.2", ProbeSchedule.DISCARD));
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final long FIVE_MINUTES = Duration.ofMinutes(5).toNanos();

  private final ProbeFailures failures = new ProbeFailures();

  private void failed(int times) {
    for (int i = 1; i <= times; i++) {
      failures.failed(POD, false, "then", i * SECOND);
    }
  }

  private Duration interval() {
    return Duration.ofNanos(failures.interval(POD));
  }

  @Test
  void the_interval_is_doubled_after_each_failure_up_to_the_usual_one() {
    assertThat(interval()).isEqualTo(Duration.ofSeconds(20));
    for (int millis : new int[] {1800, 3600, 7200, 14_400, 20_000, 20_000}) {
      failed(1);
      assertThat(interval()).isEqualTo(Duration.ofMillis(millis));
    }
  }

  @Test
  void a_failure_while_the_endpoint_is_probed_closely_starts_the_doubling_again() {
    failed(4);
    failures.failed(POD, true, "then", 5 * SECOND);
    assertThat(interval()).isEqualTo(Duration.ofMillis(900));
    failed(1);
    assertThat(interval()).isEqualTo(Duration.ofMillis(1800));
  }

  @Test
  void three_failures_in_a_row_count_for_five_minutes() {
    failed(2);
    assertThat(failures.hasFailed(POD, 2 * SECOND)).isFalse();
    failed(1);
    assertThat(failures.hasFailed(POD, SECOND)).isTrue();
    assertThat(failures.hasFailed(POD, SECOND + FIVE_MINUTES - 1)).isTrue();
    assertThat(failures.hasFailed(POD, SECOND + FIVE_MINUTES)).isFalse();
  }

  @Test
  void the_endpoint_that_was_not_probed_for_longest_comes_first() {
    failed(4);
    assertThat(failures.sinceLast(POD, 7 * SECOND)).isEqualTo(3 * SECOND);
    assertThat(failures.sinceLast(OTHER, 7 * SECOND)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void an_endpoint_is_blocked_if_its_node_renews_its_lease_seven_times_between_failures() {
    for (int renewal = 0; renewal < 7; renewal++) {
      failures.failed(POD, false, "renewal " + renewal, renewal * SECOND);
      failures.failed(POD, false, "renewal " + renewal, renewal * SECOND);
      assertThat(failures.isBlocked(POD)).isFalse();
    }
    failures.failed(POD, false, "renewal 7", 7 * SECOND);
    assertThat(failures.isBlocked(POD)).isTrue();
  }

  @Test
  void an_answer_ends_all_failures() {
    failed(6);
    failures.answered(POD);
    assertThat(failures.hasFailed(POD, 7 * SECOND)).isFalse();
    assertThat(interval()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void only_endpoints_that_are_gone_are_forgotten() {
    failed(3);
    failures.failed(OTHER, false, "then", SECOND);
    failures.keep(POD::equals);
    assertThat(failures.hasFailed(POD, 4 * SECOND)).isTrue();
    assertThat(failures.sinceLast(OTHER, 4 * SECOND)).isEqualTo(Long.MAX_VALUE);
  }
}
