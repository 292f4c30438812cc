package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rwopguard.config.FailoverMode;
import io.rwopguard.failover.Leadership.Term;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.kube.Election;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LeadershipTest {

  private final FakeElection election = new FakeElection();
  private final Leadership leadership = of(FailoverMode.ENFORCE);
  private long nanos = -Duration.ofDays(100).toNanos();

  private static final class FakeElection implements Election {
    private boolean leader = true;
    private long epoch = 7;

    @Override
    public boolean isLeader() {
      return leader;
    }

    @Override
    public boolean isCertain() {
      return leader;
    }

    @Override
    public Map<String, String> annotations() {
      return Map.of();
    }

    @Override
    public String holder() {
      return "";
    }

    @Override
    public long epoch() {
      return epoch;
    }
  }

  private Leadership of(FailoverMode mode) {
    return new Leadership(
        election, new FailoverSwitch(mode, election), new Clocks(() -> nanos, () -> Instant.EPOCH));
  }

  /** Runs what a pass runs, and returns whether this replica may act. */
  private boolean pass() {
    if (leadership.isOver()) {
      leadership.end(() -> {});
      return false;
    }
    leadership.begin();
    return leadership.mayAct();
  }

  @Test
  void a_leader_acts_once_it_has_taken_over() {
    assertThat(pass()).isFalse();
    assertThat(leadership.isTakeoverDue(nanos)).isTrue();
    leadership.tookOver(leadership.term());
    assertThat(pass()).isTrue();
    assertThat(leadership.term().epoch()).isEqualTo(7);
  }

  @Test
  void the_records_are_read_in_each_pass_until_that_succeeds_and_then_each_minute() {
    pass();
    assertThat(leadership.isTakeoverDue(nanos)).isTrue();
    assertThat(leadership.isTakeoverDue(nanos)).isTrue();
    leadership.tookOver(leadership.term());
    assertThat(leadership.isTakeoverDue(nanos)).isFalse();
    assertThat(leadership.isTakeoverDue(nanos + Duration.ofSeconds(59).toNanos())).isFalse();
    assertThat(leadership.isTakeoverDue(nanos + Duration.ofSeconds(60).toNanos())).isTrue();
  }

  @Test
  void another_epoch_is_another_term() {
    pass();
    leadership.tookOver(leadership.term());
    election.epoch = 8;
    assertThat(pass()).isFalse();
    assertThat(pass()).isFalse();
    assertThat(leadership.term().epoch()).isEqualTo(8);
    assertThat(leadership.isTakeoverDue(nanos)).isTrue();
  }

  /**
   * The replica forgot its failovers when it could not renew the Lease. It has to read them again,
   * even if no other replica has led meanwhile.
   */
  @Test
  void leadership_that_returns_in_the_same_epoch_has_nothing_taken_over() {
    pass();
    leadership.tookOver(leadership.term());
    election.leader = false;
    assertThat(pass()).isFalse();
    election.leader = true;
    assertThat(pass()).isFalse();
    assertThat(leadership.isTakeoverDue(nanos)).isTrue();
  }

  @Test
  void a_takeover_that_ends_after_its_term_does_not_count_in_the_next_one_of_that_epoch() {
    pass();
    Term slow = leadership.term();
    election.leader = false;
    pass();
    leadership.tookOver(slow);
    assertThat(pass()).isFalse();
    election.leader = true;
    pass();
    assertThat(leadership.hasTakenOver(leadership.term())).isFalse();
    leadership.tookOver(slow);
    assertThat(pass()).isFalse();
    leadership.tookOver(leadership.term());
    assertThat(pass()).isTrue();
  }

  @Test
  void no_takeover_counts_while_no_term_has_begun() {
    assertThat(leadership.hasTakenOver(leadership.term())).isFalse();
    pass();
    leadership.tookOver(leadership.term());
    election.leader = false;
    pass();
    assertThat(leadership.hasTakenOver(leadership.term())).isFalse();
    assertThat(leadership.mayAct()).isFalse();
  }

  @Test
  void what_a_leader_knew_is_forgotten_before_it_leads_again_even_if_that_fails_at_first() {
    pass();
    leadership.tookOver(leadership.term());
    election.leader = false;
    assertThatThrownBy(
            () ->
                leadership.end(
                    () -> {
                      throw new OutOfMemoryError("thrown by the test");
                    }))
        .isInstanceOf(OutOfMemoryError.class);
    election.leader = true;
    assertThat(leadership.mayAct()).isFalse();
    assertThat(leadership.isOver()).as("the next pass forgets it").isTrue();
    assertThat(pass()).isFalse();
    assertThat(leadership.isOver()).isFalse();
  }

  @Test
  void a_leader_in_mode_observe_has_nothing_to_take_over() {
    Leadership observing = of(FailoverMode.OBSERVE);
    observing.begin();
    assertThat(observing.mayAct()).isTrue();
    assertThat(observing.isTakeoverDue(nanos)).isFalse();
  }

  @Test
  void a_failed_takeover_makes_the_replica_leave_the_election_unless_one_has_succeeded() {
    leadership.eligibility().observed(Optional.empty());
    pass();
    leadership.failedToTakeOver(leadership.term(), new IllegalStateException("no right"));
    nanos += Duration.ofSeconds(11).toNanos();
    leadership.eligibility().observed(Optional.empty());
    leadership.failedToTakeOver(leadership.term(), new IllegalStateException("no right"));
    assertThat(leadership.eligibility().obstacle()).isPresent();
    leadership.tookOver(leadership.term());
    assertThat(leadership.eligibility().obstacle()).isEmpty();
    leadership.failedToTakeOver(leadership.term(), new IllegalStateException("no right"));
    nanos += Duration.ofSeconds(11).toNanos();
    leadership.eligibility().observed(Optional.empty());
    leadership.failedToTakeOver(leadership.term(), new IllegalStateException("no right"));
    assertThat(leadership.eligibility().obstacle()).isEmpty();
  }
}
