package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.ProbeSchedule.Target;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests which endpoints are chosen, and what is forgotten of those that are gone. */
class ProbeTargetsTest {

  private static final Duration LEASE = Duration.ofSeconds(40);
  private static final Endpoint KUBELET = new Endpoint("10.0.0.1", 10_250);
  private static final Endpoint IPV6 = new Endpoint("fd00::1", 10_250);

  private final Reachability reachability = new Reachability();
  private final ProbeSchedule schedule;

  /** Creates a schedule for one node that renewed its Lease at the start, and is late at 10.5 s. */
  ProbeTargetsTest() {
    Heartbeats heartbeats = new Heartbeats();
    heartbeats.seen("n", "then", LEASE, 0);
    schedule = new ProbeSchedule(reachability, heartbeats, 34);
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  private static Set<Endpoint> pods(int count) {
    Set<Endpoint> pods = new HashSet<>();
    for (int i = 1; i <= count; i++) {
      pods.add(pod(i));
    }
    return pods;
  }

  private static Endpoint pod(int number) {
    return new Endpoint("10.1.0." + number, ProbeSchedule.DISCARD);
  }

  private void offer(double at, Set<Endpoint> endpoints) {
    schedule.targets(Map.of("n", endpoints), nanos(at));
  }

  private List<Endpoint> probed(double at, boolean reached) {
    List<Target> next = schedule.next(nanos(at));
    next.forEach(target -> schedule.done(target, reached, nanos(at)));
    return next.stream().map(Target::endpoint).toList();
  }

  @Test
  void any_family_of_addresses_may_be_probed_until_there_are_targets_and_then_theirs() {
    assertThat(schedule.mayProbe(false)).isTrue();
    assertThat(schedule.mayProbe(true)).isTrue();
    offer(0, Set.of(KUBELET));
    assertThat(schedule.mayProbe(false)).isTrue();
    assertThat(schedule.mayProbe(true)).isFalse();
    offer(1, Set.of(IPV6));
    assertThat(schedule.mayProbe(false)).isFalse();
    assertThat(schedule.mayProbe(true)).isTrue();
    offer(2, Set.of(KUBELET, IPV6));
    assertThat(schedule.mayProbe(false)).isTrue();
    assertThat(schedule.mayProbe(true)).isTrue();
  }

  @Test
  void a_late_node_without_endpoints_gets_those_that_appear() {
    offer(0, Set.of());
    offer(11, Set.of(KUBELET));
    assertThat(probed(11, true)).containsExactly(KUBELET);
  }

  @Test
  void the_choice_for_a_late_node_does_not_change() {
    offer(0, Set.of(KUBELET));
    probed(0, true);
    offer(11, pods(3));
    assertThat(probed(11, true)).containsExactly(KUBELET);
  }

  @Test
  void an_endpoint_that_was_gone_is_probed_at_once() {
    offer(0, Set.of(KUBELET));
    assertThat(probed(0, true)).containsExactly(KUBELET);
    assertThat(probed(1, true)).isEmpty();
    offer(2, Set.of());
    offer(3, Set.of(KUBELET));
    assertThat(probed(3, true)).containsExactly(KUBELET);
  }

  /** Another machine may have the name and the address now. */
  @Test
  void the_answers_of_a_node_that_was_gone_do_not_count() {
    offer(0, Set.of(KUBELET));
    probed(0, true);
    assertThat(reachability.hasAnswered("n", KUBELET)).isTrue();
    schedule.targets(Map.of(), nanos(1));
    offer(2, Set.of(KUBELET));
    assertThat(reachability.hasAnswered("n", KUBELET)).isFalse();
  }

  @Test
  void a_pod_that_failed_yields_to_others() {
    failThrice();
    offer(8.2, pods(4));
    assertThat(probed(8.2, true)).containsExactly(pod(2), pod(3), pod(4));
  }

  /** Another Pod may have the address now. */
  @Test
  void the_failures_of_a_pod_that_was_gone_do_not_count() {
    failThrice();
    offer(8, Set.of());
    offer(8.2, pods(4));
    assertThat(probed(8.2, true)).containsExactly(pod(1), pod(2), pod(3));
  }

  private void failThrice() {
    offer(0, pods(1));
    assertThat(probed(0, false)).containsExactly(pod(1));
    assertThat(probed(2, false)).containsExactly(pod(1));
    assertThat(probed(6, false)).containsExactly(pod(1));
  }
}
