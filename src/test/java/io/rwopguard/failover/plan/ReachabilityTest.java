package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.failover.plan.Reachability.Sign;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReachabilityTest {

  private static final Endpoint KUBELET = new Endpoint("10.0.0.1", 10_250);
  private static final Endpoint POD = new Endpoint("10.1.0.1", 5432);

  private final Reachability reachability = new Reachability();

  private void tried(Endpoint endpoint, boolean reached, double at) {
    reachability.tried("n", endpoint, reached, nanos(at));
  }

  /** Returns the sign of a node that has not renewed its Lease for 5 s. */
  private Sign at(double now) {
    return reachability.of("n", nanos(5), nanos(now));
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  private void failing(Endpoint endpoint, double from, double to) {
    for (double time = from; time <= to; time++) {
      tried(endpoint, false, time);
    }
  }

  @Test
  void a_node_without_endpoints_is_mute() {
    assertThat(at(0)).isEqualTo(Sign.MUTE);
  }

  @Test
  void an_endpoint_that_was_never_tried_says_nothing() {
    reachability.keep("n", Set.of(KUBELET));
    assertThat(at(0)).isEqualTo(Sign.UNKNOWN);
  }

  @Test
  void an_answer_after_the_last_renewal_of_the_node_holds_however_old_it_is() {
    tried(KUBELET, true, 5);
    assertThat(at(10.1)).isEqualTo(Sign.REACHED);
    assertThat(at(3600)).isEqualTo(Sign.REACHED);
  }

  @Test
  void an_old_answer_before_the_last_renewal_of_the_node_is_neither_life_nor_death() {
    tried(KUBELET, true, 4);
    assertThat(at(9)).isEqualTo(Sign.REACHED);
    assertThat(at(9.1)).isEqualTo(Sign.UNKNOWN);
  }

  @Test
  void one_lost_packet_does_not_unmake_an_answer() {
    tried(KUBELET, true, 10);
    tried(KUBELET, false, 11);
    assertThat(at(11)).isEqualTo(Sign.REACHED);
    tried(KUBELET, false, 12);
    tried(KUBELET, false, 13);
    assertThat(at(13)).as("three failures within two seconds").isEqualTo(Sign.REACHED);
    tried(KUBELET, false, 16);
    assertThat(at(16)).isEqualTo(Sign.UNREACHABLE);
  }

  @Test
  void the_failures_last_from_the_begin_of_the_first_to_the_end_of_the_last() {
    tried(KUBELET, true, 4);
    reachability.tried("n", KUBELET, false, nanos(10), nanos(11));
    reachability.tried("n", KUBELET, false, nanos(12), nanos(13));
    reachability.tried("n", KUBELET, false, nanos(14), nanos(15));
    assertThat(at(15)).isEqualTo(Sign.UNREACHABLE);
  }

  @Test
  void failures_that_are_old_say_nothing() {
    tried(KUBELET, true, 4);
    failing(KUBELET, 10, 16);
    assertThat(at(21)).isEqualTo(Sign.UNREACHABLE);
    assertThat(at(21.1)).isEqualTo(Sign.UNKNOWN);
  }

  @Test
  void an_endpoint_that_answered_longer_ago_than_a_minute_is_not_missed() {
    tried(KUBELET, true, 0);
    failing(KUBELET, 61, 70);
    assertThat(at(70)).isEqualTo(Sign.MUTE);
  }

  @Test
  void an_endpoint_that_failed_while_the_node_still_renewed_its_lease_is_blocked_and_not_dead() {
    tried(KUBELET, true, -30);
    failing(KUBELET, -20, 20);
    assertThat(at(20)).isEqualTo(Sign.MUTE);
  }

  @Test
  void a_pod_that_answers_speaks_for_its_node() {
    tried(KUBELET, true, 4);
    failing(KUBELET, 10, 20);
    tried(POD, true, 20);
    assertThat(at(20)).isEqualTo(Sign.REACHED);
  }

  @Test
  void every_endpoint_has_to_fail() {
    tried(KUBELET, true, 4);
    tried(POD, true, 4);
    failing(KUBELET, 10, 16);
    failing(POD, 13, 16);
    assertThat(at(16)).isEqualTo(Sign.UNKNOWN);
    failing(POD, 17, 18);
    assertThat(at(18)).isEqualTo(Sign.UNREACHABLE);
  }

  @Test
  void an_endpoint_that_never_answered_is_no_sign_of_death_and_hides_none() {
    failing(POD, 0, 16);
    assertThat(at(16)).isEqualTo(Sign.MUTE);
    tried(KUBELET, true, 4);
    failing(KUBELET, 10, 16);
    assertThat(at(16)).isEqualTo(Sign.UNREACHABLE);
  }

  @Test
  void forgets_what_is_gone() {
    tried(POD, true, 6);
    reachability.keep("n", Set.of(KUBELET));
    assertThat(at(7)).isEqualTo(Sign.UNKNOWN);
    tried(KUBELET, true, 7);
    reachability.keepNodes(Set.of("m"));
    assertThat(at(7)).isEqualTo(Sign.MUTE);
  }

  @Test
  void a_round_is_complete_when_each_endpoint_was_probed_after_it_was_asked_for() {
    reachability.keep("n", Set.of(KUBELET, POD));
    reachability.tried("n", KUBELET, false, nanos(9), nanos(11));
    reachability.tried("n", POD, false, nanos(10), nanos(11));
    assertThat(reachability.since("n", nanos(10))).isEqualTo(Round.NOT_YET);
    reachability.tried("n", KUBELET, false, nanos(12), nanos(13));
    assertThat(reachability.since("n", nanos(10))).isEqualTo(Round.UNREACHED);
    tried(POD, true, 14);
    assertThat(reachability.since("n", nanos(10))).isEqualTo(Round.REACHED);
    assertThat(reachability.since("n", nanos(15))).isEqualTo(Round.NOT_YET);
  }

  @Test
  void the_report_of_another_replica_holds_for_one_silence_and_ten_seconds() {
    reachability.reachedByPeer("peer", "n", "renewed-at", nanos(10));
    assertThat(reachability.isReachedByPeer("n", "renewed-at", nanos(20))).isTrue();
    assertThat(reachability.isReachedByPeer("n", "renewed-at", nanos(20.1))).isFalse();
    assertThat(reachability.isReachedByPeer("n", "renewed-later", nanos(11))).isFalse();
  }

  @Test
  void an_endpoint_that_answered_a_minute_ago_is_missed() {
    tried(KUBELET, true, 1);
    failing(KUBELET, 61, 70);
    assertThat(at(70)).isEqualTo(Sign.UNREACHABLE);
  }

  /** Its last renewal may have been observed up to three seconds after it died. */
  @Test
  void a_failure_up_to_three_seconds_before_the_last_renewal_is_a_sign_of_death() {
    tried(KUBELET, true, 0);
    failing(KUBELET, 2, 8);
    assertThat(at(8)).isEqualTo(Sign.UNREACHABLE);
    tried(KUBELET, true, 0);
    failing(KUBELET, 1.9, 8);
    assertThat(at(8)).isEqualTo(Sign.MUTE);
  }

  @Test
  void an_endpoint_that_fails_up_to_a_minute_after_its_answer_is_missed_for_a_minute() {
    tried(KUBELET, true, 10);
    tried(KUBELET, false, 70);
    assertThat(reachability.isMissed("n", nanos(70))).isTrue();
    assertThat(reachability.isMissed("n", nanos(130))).isTrue();
    assertThat(reachability.isMissed("n", nanos(130.1))).isFalse();
    tried(POD, true, 10);
    tried(POD, false, 70.1);
    assertThat(reachability.isMissed("n", POD, nanos(70.1))).isFalse();
  }

  @Test
  void an_answer_to_a_probe_that_started_with_the_round_counts() {
    tried(POD, true, 10);
    assertThat(reachability.since("n", nanos(10))).isEqualTo(Round.REACHED);
    assertThat(reachability.since("n", nanos(10.1))).isEqualTo(Round.NOT_YET);
  }

  @Test
  void the_report_of_one_replica_holds_although_another_no_longer_reaches_the_node() {
    reachability.reachedByPeer("one", "n", "renewed-at", nanos(10));
    reachability.reachedByPeer("other", "n", "renewed-at", nanos(20));
    reachability.lostByPeer("other", "n");
    assertThat(reachability.isReachedByPeer("n", "renewed-at", nanos(20))).isTrue();
    reachability.lostByPeer("one", "n");
    assertThat(reachability.isReachedByPeer("n", "renewed-at", nanos(20))).isFalse();
  }

  @Test
  void a_replica_that_never_reached_a_node_cannot_lose_it() {
    reachability.lostByPeer("one", "n");
    assertThat(reachability.isReachedByPeer("n", "renewed-at", nanos(20))).isFalse();
  }
}
