package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule.Target;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.failover.plan.Reachability.Sign;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class ProbeScheduleTest {

  private static final Duration LEASE = Duration.ofSeconds(40);
  private static final Endpoint KUBELET = new Endpoint("10.0.0.1", 10_250);

  private final Reachability reachability = new Reachability();
  private final Heartbeats heartbeats = new Heartbeats();
  private final ProbeSchedule schedule = new ProbeSchedule(reachability, heartbeats, 34);
  private final Map<Endpoint, Integer> probes = new HashMap<>();

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  private static Endpoint pod(int node, int number) {
    return new Endpoint("10.1.%d.%d".formatted(node, number), ProbeSchedule.DISCARD);
  }

  private void run(double from, double to, boolean answering) {
    run(from, to, endpoint -> answering);
  }

  private void run(double from, double to, Predicate<Endpoint> answering) {
    for (double time = from; time < to; time += 0.2) {
      for (Target target : schedule.next(nanos(time))) {
        probes.merge(target.endpoint(), 1, Integer::sum);
        schedule.done(target, answering.test(target.endpoint()), nanos(time));
      }
    }
  }

  /** Scans a node every five seconds that renews its Lease at these intervals. */
  private void scan(
      double from, double to, double renewed, Set<Endpoint> offered, Predicate<Endpoint> answers) {
    for (double time = from; time < to; time += 5) {
      int renewal = (int) (time / renewed);
      heartbeats.seen("n", "renewal " + renewal, LEASE, nanos(renewal * renewed));
      schedule.targets(Map.of("n", offered), nanos(time));
      run(time, time + 5, answers);
    }
  }

  private static Set<Endpoint> pods(int from, int to) {
    Set<Endpoint> pods = new HashSet<>();
    for (int i = from; i <= to; i++) {
      pods.add(pod(0, i));
    }
    return pods;
  }

  private boolean answered(Set<Endpoint> some) {
    return some.stream().anyMatch(endpoint -> reachability.hasAnswered("n", endpoint));
  }

  private void nodes(int count, double seen) {
    Map<String, Set<Endpoint>> endpoints = new HashMap<>();
    for (int i = 0; i < count; i++) {
      heartbeats.seen("n" + i, "then", LEASE, nanos(seen));
      endpoints.put("n" + i, Set.of(pod(i, 1)));
    }
    schedule.targets(endpoints, nanos(seen));
  }

  @Test
  void three_thousand_endpoints_are_each_probed_twice_a_minute() {
    nodes(3000, 0);
    for (int i = 0; i < 3000; i++) {
      heartbeats.seen("n" + i, "later", LEASE, nanos(60));
    }
    run(0, 60, true);
    assertThat(probes).hasSize(3000);
    assertThat(probes.values()).allMatch(count -> count >= 2);
  }

  @Test
  void a_late_node_is_probed_about_once_a_second() {
    nodes(10, 100);
    for (int i = 1; i < 10; i++) {
      heartbeats.seen("n" + i, "later", LEASE, nanos(115));
    }
    run(111, 115, true);
    assertThat(probes.get(pod(0, 1))).isBetween(3, 5);
    assertThat(probes.get(pod(1, 1))).isEqualTo(1);
  }

  @Test
  void no_node_is_urgent_while_too_many_are_late() {
    nodes(1000, 100);
    run(100, 105, true);
    probes.clear();
    run(113, 120, true);
    assertThat(probes).isEmpty();
  }

  @Test
  void a_failure_of_what_answered_makes_its_node_urgent() {
    nodes(10, 100);
    run(100, 100.2, true);
    probes.clear();
    Target lost = new Target("n0", pod(0, 1));
    reachability.tried("n0", lost.endpoint(), false, nanos(102));
    run(103, 107, false);
    assertThat(probes.keySet()).containsExactly(pod(0, 1));
    assertThat(probes.get(pod(0, 1))).isGreaterThanOrEqualTo(3);
  }

  @Test
  void the_kubelet_and_three_pods_of_a_node_are_chosen_and_those_that_answer_first() {
    heartbeats.seen("n", "then", LEASE, nanos(0));
    reachability.tried("n", pod(0, 9), true, nanos(0));
    Set<Endpoint> offered = new HashSet<>(Set.of(KUBELET));
    for (int i = 1; i < 10; i++) {
      offered.add(pod(0, i));
    }
    schedule.targets(Map.of("n", offered), nanos(0));
    run(0, 0.1, true);
    assertThat(probes).containsOnlyKeys(KUBELET, pod(0, 9), pod(0, 1), pod(0, 2));
  }

  @Test
  void the_endpoints_of_a_node_are_probed_in_the_order_in_which_they_are_chosen() {
    heartbeats.seen("n", "then", LEASE, nanos(0));
    reachability.tried("n", pod(0, 3), true, nanos(0));
    schedule.targets(Map.of("n", Set.of(pod(0, 1), pod(0, 2), pod(0, 3), KUBELET)), nanos(0));
    assertThat(schedule.next(nanos(0)))
        .extracting(Target::endpoint)
        .containsExactly(KUBELET, pod(0, 3), pod(0, 1), pod(0, 2));
  }

  @Test
  void a_pod_that_is_gone_from_a_late_node_is_still_probed() {
    heartbeats.seen("n", "then", LEASE, nanos(0));
    schedule.targets(Map.of("n", Set.of(pod(0, 1))), nanos(0));
    run(0, 0.1, true);
    schedule.targets(Map.of(), nanos(20));
    run(21, 21.1, true);
    assertThat(probes).containsEntry(pod(0, 1), 2);
    heartbeats.seen("n", "later", LEASE, nanos(22));
    schedule.targets(Map.of(), nanos(22));
    run(45, 45.1, true);
    assertThat(probes).containsEntry(pod(0, 1), 2);
  }

  @Test
  void a_node_that_came_back_is_probed_at_once() {
    heartbeats.seen("n", "then", LEASE, nanos(0));
    schedule.targets(Map.of("n", Set.of(KUBELET)), nanos(0));
    run(0, 1, true);
    run(15, 40, false);
    heartbeats.seen("n", "later", LEASE, nanos(40));
    probes.clear();
    run(40, 41.1, true);
    assertThat(probes).containsEntry(KUBELET, 1);
    run(41.2, 50, true);
    assertThat(probes).containsEntry(KUBELET, 1);
  }

  @Test
  void an_endpoint_that_never_answered_is_probed_again_soon_and_then_as_usual() {
    heartbeats.seen("n", "then", LEASE, nanos(0));
    schedule.targets(Map.of("n", Set.of(KUBELET)), nanos(0));
    run(0, 2.1, false);
    assertThat(probes).containsEntry(KUBELET, 2);
    for (int minute = 0; minute < 10; minute++) {
      heartbeats.seen("n", "at " + minute, LEASE, nanos(60 * minute + 2.2));
      run(60 * minute + 2.2, 60 * minute + 11, false);
    }
    probes.clear();
    heartbeats.seen("n", "at last", LEASE, nanos(1000));
    run(1000, 1009, false);
    assertThat(probes).containsEntry(KUBELET, 1);
  }

  /** A network policy may keep them from being reached. */
  @Test
  void pods_that_never_answer_do_not_take_turns() {
    Set<Endpoint> offered = new HashSet<>();
    for (int i = 1; i <= 9; i++) {
      offered.add(pod(0, i));
    }
    for (int scan = 0; scan < 60; scan++) {
      if (scan == 36) {
        probes.clear();
      }
      heartbeats.seen("n", "at " + scan, LEASE, nanos(5 * scan));
      schedule.targets(Map.of("n", offered), nanos(5 * scan));
      run(5 * scan, 5 * scan + 5, false);
    }
    assertThat(probes.values().stream().mapToInt(count -> count).sum())
        .as("of three Pods in two minutes")
        .isLessThanOrEqualTo(3 * 7);
  }

  /** The controller's own network may not be ready yet when it tries them first. */
  @Test
  void pods_that_failed_are_tried_again_after_some_minutes() {
    Set<Endpoint> open = pods(1, 6);
    scan(0, 30, 10, pods(1, 9), endpoint -> false);
    assertThat(probes.keySet()).containsAll(pods(1, 9));
    scan(30, 365, 10, pods(1, 9), open::contains);
    assertThat(answered(open)).isTrue();
    probes.clear();
    scan(365, 900, 10, pods(1, 9), open::contains);
    assertThat(open).as("those that answer are kept").containsAll(probes.keySet());
  }

  @Test
  void each_pod_that_never_answers_is_tried_once_per_period_and_hardly_more_often() {
    scan(0, 60, 10, pods(1, 9), endpoint -> false);
    for (int period = 0; period < 4; period++) {
      probes.clear();
      scan(60 + 330 * period, 390 + 330 * period, 10, pods(1, 9), endpoint -> false);
      assertThat(probes.keySet()).containsAll(pods(1, 9));
      assertThat(probes.values().stream().mapToInt(count -> count).sum())
          .as("of three Pods in five and a half minutes, and of six others once or twice")
          .isLessThanOrEqualTo(3 * 17 + 2 * 6);
    }
  }

  @Test
  void each_of_many_pods_is_tried_though_trying_all_takes_longer_than_a_period() {
    scan(0, 3000, 10, pods(1, 400), endpoint -> false);
    assertThat(probes.keySet()).containsAll(pods(1, 400));
  }

  @Test
  void pods_that_were_blocked_after_they_answered_yield_after_two_minutes() {
    Set<Endpoint> open = pods(4, 6);
    scan(0, 20, 10, pods(1, 6), endpoint -> true);
    probes.clear();
    scan(20, 100, 10, pods(1, 6), open::contains);
    assertThat(pods(1, 3)).as("may be a failure for a moment").containsAll(probes.keySet());
    scan(100, 175, 10, pods(1, 6), open::contains);
    assertThat(answered(open)).isTrue();
  }

  @Test
  void blocked_pods_of_a_node_that_often_renews_a_little_late_yield_too() {
    Set<Endpoint> open = pods(4, 6);
    scan(0, 20, 15, pods(1, 6), endpoint -> true);
    scan(20, 175, 15, pods(1, 6), open::contains);
    assertThat(answered(open)).isTrue();
  }

  @Test
  void pods_that_answered_before_their_node_was_overdue_do_not_yield_when_it_is_back() {
    Set<Endpoint> open = pods(1, 3);
    scan(0, 20, 10, pods(1, 6), open::contains);
    for (double time = 20; time < 620; time += 5) {
      schedule.targets(Map.of("n", pods(1, 6)), nanos(time));
      run(time, time + 5, false);
    }
    probes.clear();
    scan(620, 640, 10, pods(1, 6), open::contains);
    assertThat(probes).containsOnlyKeys(open);
  }

  @Test
  void the_first_probes_after_a_short_interruption_follow_soon() {
    heartbeats.seen("n", "then", LEASE, nanos(0));
    schedule.targets(Map.of("n", Set.of(KUBELET)), nanos(0));
    run(0, 0.1, true);
    heartbeats.seen("n", "at 10", LEASE, nanos(10));
    heartbeats.seen("n", "at 20", LEASE, nanos(20));
    run(20, 26, false);
    run(26, 30, true);
    heartbeats.seen("n", "at 30", LEASE, nanos(30));
    run(30, 32, true);
    // it dies
    run(32, 46, false);
    assertThat(reachability.of("n", nanos(30), nanos(46))).isEqualTo(Sign.UNREACHABLE);
  }

  @Test
  void a_pod_that_cannot_be_probed_yields_to_others() {
    for (double time = 0; time < 60; time += 0.2) {
      heartbeats.seen("n", "at " + time, LEASE, nanos(time));
      schedule.targets(Map.of("n", pods(1, 4)), nanos(time));
      for (Target target : schedule.next(nanos(time))) {
        if (target.endpoint().equals(pod(0, 4))) {
          schedule.done(target, true, nanos(time));
        } else {
          schedule.notMade(target, nanos(time));
        }
      }
    }
    assertThat(answered(pods(4, 4))).isTrue();
  }

  @Test
  void a_probe_that_outlasts_a_change_of_the_choice_began_when_it_began() {
    heartbeats.seen("n", "then", LEASE, nanos(0));
    schedule.targets(Map.of("n", pods(1, 1)), nanos(0));
    List<Target> early = schedule.next(nanos(1));
    schedule.targets(Map.of(), nanos(1.1));
    schedule.targets(Map.of("n", pods(1, 1)), nanos(1.2));
    early.forEach(target -> schedule.done(target, false, nanos(1.7)));
    assertThat(schedule.round("n", nanos(1.5), nanos(2))).isEqualTo(Round.NOT_YET);
    assertThat(schedule.round("n", nanos(1), nanos(2))).isEqualTo(Round.UNREACHED);
  }

  @Test
  void a_node_that_is_late_with_too_many_others_is_not_probed_sooner() {
    nodes(100, 100);
    run(100, 102, false);
    probes.clear();
    run(113, 119, false);
    assertThat(probes).isEmpty();
  }

  @Test
  void a_round_is_requested_and_its_probes_begin_after_the_request() {
    assertThat(schedule.round("n", nanos(0), nanos(0))).isEqualTo(Round.NOT_YET);
    heartbeats.seen("n", "then", LEASE, nanos(0));
    schedule.targets(Map.of("n", Set.of(KUBELET)), nanos(0));
    List<Target> early = schedule.next(nanos(1));
    assertThat(schedule.round("n", nanos(2), nanos(2))).isEqualTo(Round.NOT_YET);
    early.forEach(target -> schedule.done(target, false, nanos(2.5)));
    assertThat(schedule.round("n", nanos(2), nanos(3))).isEqualTo(Round.NOT_YET);
    run(3, 3.1, false);
    assertThat(schedule.round("n", nanos(2), nanos(4))).isEqualTo(Round.UNREACHED);
    reachability.reachedByPeer("peer", "n", "then", nanos(4));
    assertThat(schedule.round("n", nanos(2), nanos(4))).isEqualTo(Round.REACHED);
  }

  /** Otherwise Pods that are newly chosen all the time would leave no probe for kubelets. */
  @Test
  void an_endpoint_that_is_overdue_goes_before_one_that_was_never_probed() {
    nodes(1, 0);
    run(0, 0.1, true);
    heartbeats.seen("n0", "later", LEASE, nanos(25));
    Map<String, Set<Endpoint>> more = new HashMap<>();
    for (int i = 1; i < 200; i++) {
      heartbeats.seen("n" + i, "then", LEASE, nanos(25));
      more.put("n" + i, Set.of(pod(i, 1)));
    }
    more.put("n0", Set.of(pod(0, 1)));
    schedule.targets(more, nanos(25));
    assertThat(schedule.next(nanos(25))).contains(new Target("n0", pod(0, 1)));
  }

  /** Some of six thousand are always overdue. */
  @Test
  void an_endpoint_that_was_never_probed_gets_its_turn_in_a_large_cluster() {
    nodes(6000, 0);
    run(0, 30, true);
    assertThat(probes).hasSize(6000);
  }

  @Test
  void an_endpoint_that_can_no_longer_be_probed_is_not_missed_for_good() {
    nodes(10, 100);
    run(100, 100.2, true);
    reachability.tried("n0", pod(0, 1), false, nanos(102));
    assertThat(reachability.isMissed("n0", nanos(160))).isTrue();
    assertThat(reachability.isMissed("n0", nanos(163))).isFalse();
  }

  @Test
  void probes_in_flight_are_limited() {
    nodes(3000, 0);
    int started = 0;
    for (int i = 0; i < 100; i++) {
      started += schedule.next(nanos(1)).size();
    }
    assertThat(started).isLessThanOrEqualTo(ProbeSchedule.IN_FLIGHT);
  }
}
