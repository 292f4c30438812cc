package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
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

  private Sign at(double now) {
    return reachability.of("n", nanos(now));
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  @Test
  void nothing_is_known_of_who_was_never_tried() {
    assertThat(at(0)).isEqualTo(Sign.UNKNOWN);
  }

  @Test
  void who_answered_just_now_is_reached_and_soon_that_is_old_news() {
    tried(KUBELET, true, 0);
    assertThat(at(5)).isEqualTo(Sign.REACHED);
    assertThat(at(6)).isEqualTo(Sign.UNKNOWN);
  }

  @Test
  void it_takes_two_failures_some_time_apart() {
    tried(KUBELET, true, 0);
    tried(KUBELET, false, 10);
    assertThat(at(10)).isEqualTo(Sign.UNKNOWN);
    tried(KUBELET, false, 11);
    assertThat(at(11)).isEqualTo(Sign.UNKNOWN);
    tried(KUBELET, false, 12);
    assertThat(at(12)).isEqualTo(Sign.UNREACHABLE);
  }

  @Test
  void who_answered_longer_ago_than_a_minute_is_not_missed() {
    tried(KUBELET, true, 0);
    tried(KUBELET, false, 61);
    tried(KUBELET, false, 63);
    assertThat(at(63)).isEqualTo(Sign.UNKNOWN);
  }

  @Test
  void a_pod_that_answers_speaks_for_its_node() {
    tried(KUBELET, true, 0);
    tried(POD, true, 0);
    for (double time = 10; time < 14; time++) {
      tried(KUBELET, false, time);
      tried(POD, true, time);
    }
    assertThat(at(14)).isEqualTo(Sign.REACHED);
  }

  @Test
  void all_that_answered_have_to_be_missed() {
    tried(KUBELET, true, 0);
    tried(POD, true, 0);
    tried(KUBELET, false, 10);
    tried(KUBELET, false, 12);
    tried(POD, false, 12);
    assertThat(at(12)).isEqualTo(Sign.UNKNOWN);
    tried(POD, false, 14);
    tried(KUBELET, false, 14);
    assertThat(at(14)).isEqualTo(Sign.UNREACHABLE);
  }

  @Test
  void who_never_answered_neither_speaks_for_nor_against() {
    tried(KUBELET, true, 0);
    tried(POD, false, 0);
    tried(KUBELET, false, 10);
    tried(KUBELET, false, 12);
    assertThat(at(12)).isEqualTo(Sign.UNREACHABLE);
  }

  @Test
  void what_is_gone_is_forgotten() {
    tried(POD, true, 0);
    reachability.keep("n", Set.of(KUBELET));
    assertThat(at(1)).isEqualTo(Sign.UNKNOWN);
    tried(KUBELET, true, 2);
    reachability.keepNodes(Set.of("m"));
    assertThat(at(2)).isEqualTo(Sign.UNKNOWN);
  }
}
