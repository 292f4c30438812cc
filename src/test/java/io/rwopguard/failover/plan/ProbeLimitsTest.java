package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule.Target;
import io.rwopguard.failover.plan.Reachability.Round;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Tests how many probes start at a time, and that requested rounds do not wait for others. */
class ProbeLimitsTest {

  private static final Duration LEASE = Duration.ofSeconds(40);
  private static final Endpoint KUBELET = new Endpoint("10.0.0.1", 10_250);
  private static final Endpoint POD = new Endpoint("10.1.0.1", ProbeSchedule.DISCARD);

  private final Reachability reachability = new Reachability();
  private final Heartbeats heartbeats = new Heartbeats();
  private final ProbeSchedule schedule = new ProbeSchedule(reachability, heartbeats, 34);

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  private static Target target(int node) {
    return new Target("n" + node, new Endpoint("10.0.%d.1".formatted(node), 10_250));
  }

  /** Creates nodes that renew their Leases at the start, each with one endpoint. */
  private void nodes(int count) {
    Map<String, Set<Endpoint>> endpoints = new HashMap<>();
    for (int i = 0; i < count; i++) {
      endpoints.put("n" + i, Set.of(target(i).endpoint()));
    }
    renewed(count, 0);
    schedule.targets(endpoints, nanos(0));
  }

  private void renewed(int count, double at) {
    for (int i = 0; i < count; i++) {
      heartbeats.seen("n" + i, "at " + at, LEASE, nanos(at));
    }
  }

  /** Makes the probes that are due, of up to 250 endpoints. */
  private void probeAll(double at, Predicate<Target> answers) {
    for (int i = 0; i < 5; i++) {
      schedule
          .next(nanos(at))
          .forEach(target -> schedule.done(target, answers.test(target), nanos(at)));
    }
  }

  private int started(double at) {
    return schedule.next(nanos(at)).size();
  }

  @Test
  void usual_probes_start_fifty_at_a_time_up_to_128_in_flight() {
    nodes(300);
    List<Target> first = schedule.next(nanos(0));
    assertThat(first).hasSize(50);
    assertThat(started(0.2)).isEqualTo(50);
    assertThat(started(0.4)).isEqualTo(28);
    assertThat(started(0.6)).isZero();
    schedule.done(first.get(0), true, nanos(0.7));
    assertThat(started(0.8)).isEqualTo(1);
  }

  @Test
  void probes_of_requested_rounds_start_at_once_up_to_256_in_flight() {
    nodes(300);
    for (int i = 0; i < 300; i++) {
      assertThat(schedule.round("n" + i, nanos(0), nanos(0))).isEqualTo(Round.NOT_YET);
    }
    List<Target> first = schedule.next(nanos(0));
    assertThat(first).hasSize(256);
    assertThat(started(0.2)).isZero();
    schedule.notMade(first.get(0), nanos(0.3));
    assertThat(started(0.4)).isEqualTo(1);
  }

  @Test
  void a_requested_round_starts_while_128_usual_probes_are_in_flight() {
    nodes(300);
    Set<Target> inFlight = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      inFlight.addAll(schedule.next(nanos(0)));
    }
    int other = 0;
    while (inFlight.contains(target(other))) {
      other++;
    }
    schedule.round("n" + other, nanos(0.1), nanos(0.1));
    assertThat(schedule.next(nanos(0.2))).containsExactly(target(other));
  }

  @Test
  void a_requested_round_starts_before_the_usual_interval_is_over_and_before_others() {
    nodes(100);
    probeAll(0, target -> true);
    renewed(100, 10);
    assertThat(schedule.round("n7", nanos(15), nanos(15))).isEqualTo(Round.NOT_YET);
    assertThat(schedule.next(nanos(15))).containsExactly(target(7));
    schedule.done(target(7), true, nanos(15));
    assertThat(schedule.round("n7", nanos(15), nanos(15))).isEqualTo(Round.REACHED);

    assertThat(schedule.round("n7", nanos(20.1), nanos(20.1))).isEqualTo(Round.NOT_YET);
    List<Target> next = schedule.next(nanos(20.1));
    assertThat(next).as("fifty others, which have waited longer").hasSize(51);
    assertThat(next.get(0)).isEqualTo(target(7));
  }

  @Test
  void a_probe_that_started_with_a_round_is_not_repeated_for_it() {
    twoEndpoints();
    schedule.next(nanos(1));
    schedule.done(new Target("n", KUBELET), false, nanos(1.1));
    assertThat(schedule.round("n", nanos(1), nanos(1.1))).isEqualTo(Round.NOT_YET);
    assertThat(schedule.next(nanos(1.2))).isEmpty();
    schedule.done(new Target("n", POD), false, nanos(1.3));
    assertThat(schedule.round("n", nanos(1), nanos(1.4))).isEqualTo(Round.UNREACHED);
  }

  @Test
  void the_later_of_two_requested_rounds_is_made_whatever_their_order() {
    assertThat(wantedAfter(2, 3.5)).containsExactly(new Target("n", KUBELET));
    assertThat(wantedAfter(3.5, 2)).containsExactly(new Target("n", KUBELET));
    assertThat(wantedAfter(2, 2)).isEmpty();
  }

  private void twoEndpoints() {
    heartbeats.seen("n", "then", LEASE, nanos(0));
    schedule.targets(Map.of("n", Set.of(KUBELET, POD)), nanos(0));
  }

  /**
   * Returns what two rounds request whose kubelet failed at 3 s, with the Pod's probe in flight.
   */
  private static List<Target> wantedAfter(double since, double andSince) {
    ProbeLimitsTest test = new ProbeLimitsTest();
    test.twoEndpoints();
    test.schedule.next(nanos(1));
    test.schedule.done(new Target("n", KUBELET), false, nanos(1.1));
    assertThat(test.schedule.next(nanos(3))).containsExactly(new Target("n", KUBELET));
    test.schedule.done(new Target("n", KUBELET), false, nanos(3.1));
    assertThat(test.schedule.round("n", nanos(since), nanos(3.5))).isEqualTo(Round.NOT_YET);
    assertThat(test.schedule.round("n", nanos(andSince), nanos(3.5))).isEqualTo(Round.NOT_YET);
    return test.schedule.next(nanos(3.6));
  }

  @Test
  void failing_nodes_are_urgent_while_no_more_fail_at_once_than_the_limit_allows() {
    assertThat(startedAfterFailuresOf(68)).as("of 200 nodes with a limit of 34 %").isEqualTo(68);
  }

  /** The cause is most likely the network of this replica. */
  @Test
  void no_probe_is_urgent_when_too_many_nodes_fail_at_once() {
    assertThat(startedAfterFailuresOf(69)).isEqualTo(50);
  }

  /** Returns how many probes start a second after so many of 200 nodes failed. */
  private int startedAfterFailuresOf(int failing) {
    nodes(200);
    probeAll(0, target -> true);
    renewed(200, 15);
    Set<Target> dead = new HashSet<>();
    for (int i = 0; i < failing; i++) {
      dead.add(target(i));
    }
    probeAll(20, target -> !dead.contains(target));
    return started(21);
  }
}
