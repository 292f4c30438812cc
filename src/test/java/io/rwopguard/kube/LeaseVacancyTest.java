package io.rwopguard.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;

/** Checks when a replica may take the Lease of an election that it does not hold. */
class LeaseVacancyTest {

  private static final Duration LEASE = Duration.ofSeconds(6);
  private static final Instant START = Instant.parse("2026-11-27T00:00:00Z");

  private Duration time = Duration.ZERO;
  private Duration suspended = Duration.ZERO;
  private final LeaseVacancy vacancy =
      new LeaseVacancy(LEASE, () -> time.toNanos(), () -> START.plus(time).plus(suspended));

  private static Lease lease(String uid, String holder, int renewed, int seconds) {
    return new LeaseBuilder()
        .withNewMetadata()
        .withUid(uid)
        .endMetadata()
        .withNewSpec()
        .withHolderIdentity(holder)
        .withLeaseDurationSeconds(seconds)
        .withRenewTime(
            renewed < 0
                ? null
                : ZonedDateTime.ofInstant(START.plusSeconds(renewed), ZoneOffset.UTC))
        .endSpec()
        .build();
  }

  /** Reads this state each second; returns the seconds until the Lease is free. */
  private int secondsUntilFree(Lease found) {
    for (int second = 0; second < 100; second++) {
      if (vacancy.isFree(found)) {
        return second;
      }
      time = time.plusSeconds(1);
    }
    return -1;
  }

  @Test
  void a_lease_that_is_not_there_is_free_after_a_whole_duration() {
    assertThat(secondsUntilFree(null)).isEqualTo(6);
  }

  @Test
  void a_lease_that_was_deleted_is_free_after_the_duration_that_it_had() {
    assertThat(vacancy.isFree(lease("a", "other", 0, 20))).isFalse();
    assertThat(secondsUntilFree(null)).isEqualTo(20);
  }

  @Test
  void a_renewal_counts_from_when_it_was_seen() {
    assertThat(secondsUntilFree(lease("a", "other", -1000, 6))).isEqualTo(6);
    assertThat(secondsUntilFree(lease("a", "other", 1000, 6))).isEqualTo(6);
    assertThat(secondsUntilFree(lease("a", "third", 1000, 6))).isEqualTo(6);
  }

  @Test
  void a_lease_with_an_absurd_duration_is_free_after_a_minute() {
    assertThat(secondsUntilFree(lease("a", "other", 0, Integer.MAX_VALUE))).isEqualTo(60);
  }

  @Test
  void a_lease_that_its_holder_gave_back_is_free_at_once() {
    assertThat(vacancy.isFree(lease("a", "other", 0, 6))).isFalse();
    assertThat(secondsUntilFree(lease("a", "", 1, 1))).isZero();
  }

  @Test
  void a_lease_that_lacks_its_holder_or_renewal_may_have_been_recreated() {
    assertThat(secondsUntilFree(lease("a", "", -1, 6))).isEqualTo(6);
    assertThat(secondsUntilFree(lease("b", "other", -1, 6))).isEqualTo(6);
    assertThat(secondsUntilFree(lease("c", "", 1, 6))).isEqualTo(6);
  }

  @Test
  void a_lease_that_was_replaced_is_not_free_although_it_says_that_it_was_given_back() {
    assertThat(vacancy.isFree(lease("a", "other", 0, 6))).isFalse();
    assertThat(secondsUntilFree(lease("restored", "", 1, 1))).isEqualTo(6);
  }

  @Test
  void an_older_state_of_the_same_lease_says_nothing_of_who_held_it_since() {
    assertThat(vacancy.isFree(lease("a", "other", 9, 6))).isFalse();
    assertThat(secondsUntilFree(lease("a", "", 3, 1))).isEqualTo(6);
  }

  private static Lease after(int transitions, Lease lease) {
    lease.getSpec().setLeaseTransitions(transitions);
    return lease;
  }

  /** Written by a replica whose clock is ahead, or in two steps. */
  @Test
  void a_state_of_fewer_holders_is_older_whatever_its_times_say() {
    assertThat(vacancy.isFree(after(8, lease("a", "other", 9, 6)))).isFalse();
    assertThat(secondsUntilFree(after(7, lease("a", "", 99, 1)))).isEqualTo(6);
    assertThat(vacancy.isFree(after(8, lease("a", "other", 9, 6)))).isFalse();
    assertThat(vacancy.isFree(after(6, lease("a", "third", 1, 6)))).isFalse();
    assertThat(secondsUntilFree(after(7, lease("a", "", 99, 1)))).isEqualTo(6);
  }

  @Test
  void one_that_replaced_another_does_not_shorten_its_duration() {
    assertThat(vacancy.isFree(lease("a", "other", 0, 20))).isFalse();
    assertThat(secondsUntilFree(lease("restored", "", 1, 1))).isEqualTo(20);
  }

  @Test
  void one_that_was_given_back_long_ago_may_be_a_restored_backup() {
    time = time.plusSeconds(100);
    assertThat(secondsUntilFree(lease("a", "", 1, 1))).isEqualTo(6);
  }

  @Test
  void one_that_was_given_back_just_before_this_replica_started_is_free_at_once() {
    assertThat(secondsUntilFree(lease("a", "", 1, 1))).isZero();
  }

  @Test
  void changes_between_two_reads_that_were_far_apart_are_unknown() {
    assertThat(vacancy.isFree(null)).isFalse();
    time = time.plusSeconds(20);
    assertThat(secondsUntilFree(null)).isEqualTo(6);
  }

  @Test
  void a_machine_that_was_suspended_measures_again() {
    assertThat(vacancy.isFree(null)).isFalse();
    time = time.plusSeconds(1);
    assertThat(vacancy.isFree(null)).isFalse();
    suspended = Duration.ofHours(1);
    assertThat(secondsUntilFree(null)).isEqualTo(6);
  }
}
