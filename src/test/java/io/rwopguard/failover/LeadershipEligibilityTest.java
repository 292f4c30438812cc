package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Checks when a replica leaves the election to others. */
class LeadershipEligibilityTest {

  private Duration time = Duration.ofSeconds(-100);
  private final LeadershipEligibility eligibility = new LeadershipEligibility(() -> time.toNanos());

  private void pass(int seconds) {
    time = time.plusSeconds(seconds);
  }

  private boolean stands() {
    return eligibility.obstacle().isEmpty();
  }

  /** The seconds for which every attempt fails until the replica no longer stands. */
  private int secondsOfFailures() {
    for (int second = 0; second < 1000; second++) {
      if (!stands()) {
        return second;
      }
      eligibility.failedToTakeOver(new IllegalStateException("no such right"));
      pass(1);
    }
    return -1;
  }

  private int secondsOfPause() {
    for (int second = 0; second < 1000; second++) {
      if (stands()) {
        return second;
      }
      pass(1);
    }
    return -1;
  }

  @Test
  void stands_only_once_everything_was_listed() {
    assertThat(eligibility.obstacle()).hasValueSatisfying(why -> assertThat(why).contains("list"));
    eligibility.observed(Optional.of("csidrivers: forbidden"));
    assertThat(eligibility.obstacle().orElse("")).contains("csidrivers: forbidden");
    eligibility.observed(Optional.empty());
    assertThat(stands()).isTrue();
  }

  @Test
  void a_watch_that_starts_again_has_ten_seconds() {
    eligibility.observed(Optional.empty());
    pass(9);
    eligibility.observed(Optional.of("nodes: not listed yet"));
    assertThat(stands()).isTrue();
    pass(1);
    eligibility.observed(Optional.of("nodes: not listed yet"));
    assertThat(stands()).isFalse();
    eligibility.observed(Optional.empty());
    assertThat(stands()).isTrue();
  }

  @Test
  void stands_again_after_longer_and_longer_pauses_while_the_take_over_fails() {
    eligibility.observed(Optional.empty());
    eligibility.takesOver();
    assertThat(secondsOfFailures()).isEqualTo(11);
    assertThat(eligibility.obstacle().orElse("")).contains("no such right", "taking over");
    assertThat(secondsOfPause()).isBetween(23, 25);
    eligibility.takesOver();
    assertThat(secondsOfFailures()).isEqualTo(11);
    assertThat(secondsOfPause()).isBetween(48, 50);
    for (int i = 0; i < 6; i++) {
      eligibility.takesOver();
      secondsOfFailures();
      secondsOfPause();
    }
    eligibility.takesOver();
    secondsOfFailures();
    assertThat(secondsOfPause()).isBetween(58, 60);
  }

  @Test
  void a_take_over_that_succeeds_starts_the_pauses_again() {
    eligibility.observed(Optional.empty());
    eligibility.takesOver();
    secondsOfFailures();
    secondsOfPause();
    eligibility.takesOver();
    eligibility.tookOver();
    assertThat(stands()).isTrue();
    eligibility.takesOver();
    secondsOfFailures();
    assertThat(secondsOfPause()).isBetween(23, 25);
  }

  @Test
  void a_take_over_that_never_ends_counts_as_failed() {
    eligibility.observed(Optional.empty());
    eligibility.takesOver();
    pass(59);
    assertThat(stands()).isTrue();
    pass(1);
    assertThat(eligibility.obstacle().orElse("")).contains("not completed");
    assertThat(secondsOfPause()).isEqualTo(25);
  }

  @Test
  void a_replica_that_no_longer_leads_has_no_take_over_that_could_fail() {
    eligibility.observed(Optional.empty());
    eligibility.takesOver();
    eligibility.failedToTakeOver(new IllegalStateException("once"));
    eligibility.leadsNoLonger();
    pass(100);
    assertThat(stands()).isTrue();
  }
}
