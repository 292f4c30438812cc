package io.rwopguard.failover.plan;

import static io.rwopguard.failover.plan.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class NodeHealthEvaluatorTest {

  private static final Duration LEASE = Duration.ofSeconds(40);
  private static final Endpoint KUBELET = new Endpoint("10.0.0.1", 10_250);
  private static final NodeLimits LIMITS =
      new NodeLimits(
          34,
          55,
          Set.of("rwop-guard.io/maintenance"),
          Set.of(Pattern.compile("medik8s.io/.*")),
          Duration.ofMinutes(5));

  private final Heartbeats heartbeats = new Heartbeats();
  private final Reachability reachability = new Reachability();
  private final List<NodeFacts> nodes = new ArrayList<>();
  private final NodeHealthEvaluator judge =
      new NodeHealthEvaluator(new SuspicionThreshold(Duration.ofSeconds(15)), LIMITS, "own");
  private boolean steady = true;
  private double now = 100;

  /** Creates three nodes, the second of which will be the suspect one. */
  NodeHealthEvaluatorTest() {
    add(node("a"));
    add(node("own"));
  }

  private void add(Nodes node) {
    nodes.add(node.make());
  }

  private void silentFor(double seconds, String... names) {
    for (String name : names) {
      heartbeats.seen(name, "then", LEASE, nanos(now - seconds));
    }
    nodes.stream()
        .map(NodeFacts::name)
        .filter(name -> !List.of(names).contains(name))
        .forEach(name -> heartbeats.seen(name, "just now", LEASE, nanos(now - 2)));
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  private NodeHealth verdict(String name) {
    return judge.judge(nodes, heartbeats, reachability, steady, nanos(now)).stream()
        .filter(verdict -> verdict.node().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private void assertRefused(String name, RefusalReason reason) {
    NodeHealth verdict = verdict(name);
    assertThat(verdict.state()).isEqualTo(NodeHealth.State.SUSPECT);
    assertThat(verdict.refusal().map(Refusal::reason)).contains(reason);
  }

  private void assertDown(String name) {
    assertThat(verdict(name).refusal()).isEmpty();
    assertThat(verdict(name).isDown()).isTrue();
  }

  private void answeredAndThenFell(String name) {
    reachability.tried(name, KUBELET, true, nanos(now - 20));
    failed(name);
  }

  private void failed(String name) {
    reachability.tried(name, KUBELET, false, nanos(now - 6));
    reachability.tried(name, KUBELET, false, nanos(now - 3));
    reachability.tried(name, KUBELET, false, nanos(now - 1));
  }

  @Test
  void a_node_that_renews_its_lease_is_fine() {
    add(node("b"));
    silentFor(14.9, "b");
    assertThat(verdict("b").state()).isEqualTo(NodeHealth.State.FINE);
  }

  @Test
  void a_node_without_a_lease_says_nothing() {
    add(node("b").ready(Ready.UNKNOWN));
    heartbeats.seen("a", "just now", LEASE, nanos(now));
    assertThat(verdict("b").state()).isEqualTo(NodeHealth.State.FINE);
  }

  @Test
  void silence_and_not_ready_are_two_signs() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(15, "b");
    assertDown("b");
  }

  @Test
  void silence_of_a_node_that_counts_as_ready_is_one_sign() {
    add(node("b"));
    silentFor(45, "b");
    assertRefused("b", RefusalReason.NO_SECOND_SIGNAL);
  }

  @Test
  void silence_and_a_kubelet_that_answered_a_moment_ago_are_two_signs() {
    add(node("b"));
    silentFor(16, "b");
    answeredAndThenFell("b");
    assertDown("b");
  }

  @Test
  void a_kubelet_that_never_answered_is_no_sign() {
    add(node("b"));
    silentFor(16, "b");
    failed("b");
    assertRefused("b", RefusalReason.NO_SECOND_SIGNAL);
  }

  @Test
  void an_answer_holds_although_no_probe_came_after_it() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    reachability.tried("b", KUBELET, true, nanos(now - 5.1));
    assertRefused("b", RefusalReason.REACHABLE);
  }

  @Test
  void one_lost_packet_makes_no_node_dead() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    reachability.tried("b", KUBELET, true, nanos(now - 1));
    reachability.tried("b", KUBELET, false, nanos(now));
    assertRefused("b", RefusalReason.REACHABLE);
  }

  @Test
  void not_ready_is_no_second_sign_of_a_node_that_was_not_probed_lately() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    reachability.tried("b", KUBELET, true, nanos(now - 70));
    assertRefused("b", RefusalReason.NO_SECOND_SIGNAL);
    reachability.tried("b", KUBELET, false, nanos(now - 6));
    reachability.tried("b", KUBELET, false, nanos(now - 3));
    assertRefused("b", RefusalReason.NO_SECOND_SIGNAL);
    reachability.tried("b", KUBELET, false, nanos(now - 1));
    assertDown("b");
  }

  @Test
  void not_ready_is_the_second_sign_of_a_node_that_a_network_policy_hides() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    failed("b");
    assertDown("b");
  }

  @Test
  void the_probe_of_another_replica_is_a_veto() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    failed("b");
    reachability.reachedByPeer("peer", "b", "then", nanos(now - 9));
    assertRefused("b", RefusalReason.REACHABLE);
    heartbeats.seen("own", "later", LEASE, nanos(now + 2));
    heartbeats.seen("a", "later", LEASE, nanos(now + 2));
    now += 2;
    failed("b");
    assertDown("b");
  }

  @Test
  void nodes_without_leases_do_not_count() {
    for (int i = 0; i < 10; i++) {
      add(node("virtual" + i));
    }
    add(node("b").ready(Ready.UNKNOWN));
    heartbeats.seen("a", "then", LEASE, nanos(now - 60));
    heartbeats.seen("b", "then", LEASE, nanos(now - 60));
    heartbeats.seen("own", "now", LEASE, nanos(now));
    assertRefused("b", RefusalReason.TOO_MANY_SUSPECT);
    heartbeats.gone("own");
    assertRefused("b", RefusalReason.ALL_SUSPECT);
  }

  @Test
  void a_node_is_evaluated_again_as_it_is_now() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    assertThat(again(node("b").ready(Ready.UNKNOWN))).isEmpty();
    assertThat(again(node("b").ready(Ready.UNKNOWN).cordoned()))
        .contains(RefusalReason.MAINTENANCE);
    assertThat(again(node("b").ready(Ready.UNKNOWN).taint("medik8s.io/x", "", "NoExecute")))
        .contains(RefusalReason.EXTERNAL_REMEDIATION);
    assertThat(again(node("b"))).contains(RefusalReason.NO_SECOND_SIGNAL);
    reachability.tried("b", KUBELET, true, nanos(now));
    assertThat(again(node("b").ready(Ready.UNKNOWN))).contains(RefusalReason.REACHABLE);
    heartbeats.seen("b", "renewed", LEASE, nanos(now));
    assertThat(again(node("b").ready(Ready.UNKNOWN))).contains(RefusalReason.CHANGED);
  }

  private Optional<RefusalReason> again(Nodes live) {
    return judge
        .judgeAgain(live.make(), heartbeats, reachability, false, nanos(now))
        .map(Refusal::reason);
  }

  @Test
  void a_node_that_still_answers_is_cut_off_and_not_dead() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    answeredAndThenFell("b");
    reachability.tried("b", new Endpoint("10.1.0.1", 5432), true, nanos(now - 1));
    assertRefused("b", RefusalReason.REACHABLE);
  }

  @Test
  void a_shorter_lease_is_missed_sooner() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(0, "b");
    heartbeats.seen("b", "earlier", Duration.ofSeconds(8), nanos(now - 3));
    assertDown("b");
  }

  @Test
  void nothing_is_believed_while_the_api_server_does_not_answer_steadily() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    steady = false;
    assertRefused("b", RefusalReason.API_SERVER_UNSTABLE);
  }

  @Test
  void finds_no_node_dead_when_every_node_is_suspect() {
    silentFor(60, "a", "own");
    assertRefused("a", RefusalReason.ALL_SUSPECT);
  }

  @Test
  void finds_no_node_dead_when_too_many_are_suspect() {
    for (int i = 0; i < 8; i++) {
      add(node("n" + i).ready(Ready.UNKNOWN));
    }
    silentFor(60, "n0", "n1", "n2");
    assertDown("n0");
    silentFor(60, "n0", "n1", "n2", "n3");
    assertRefused("n0", RefusalReason.TOO_MANY_SUSPECT);
  }

  @Test
  void finds_no_node_dead_when_too_many_of_a_zone_are_suspect() {
    for (int i = 0; i < 8; i++) {
      add(node("n" + i).zone("one").ready(Ready.UNKNOWN));
    }
    for (int i = 0; i < 3; i++) {
      add(node("m" + i).zone("two").ready(Ready.UNKNOWN));
    }
    silentFor(60, "m0");
    assertDown("m0");
    silentFor(60, "m0", "m1");
    assertRefused("m0", RefusalReason.TOO_MANY_SUSPECT);
  }

  @Test
  void a_replica_does_not_evaluate_its_own_node() {
    nodes.removeIf(node -> node.name().equals("own"));
    add(node("own").ready(Ready.UNKNOWN));
    silentFor(60, "own");
    assertRefused("own", RefusalReason.OWN_NODE);
  }

  @Test
  void a_cordoned_node_is_left_to_who_cordoned_it() {
    add(node("b").ready(Ready.UNKNOWN).cordoned());
    silentFor(60, "b");
    assertRefused("b", RefusalReason.MAINTENANCE);
  }

  @Test
  void a_node_in_maintenance_is_left_alone() {
    add(node("b").ready(Ready.UNKNOWN).annotation("rwop-guard.io/maintenance"));
    silentFor(60, "b");
    assertRefused("b", RefusalReason.MAINTENANCE);
  }

  @Test
  void a_node_that_another_controller_takes_care_of_is_left_to_it() {
    add(node("b").ready(Ready.UNKNOWN).taint("medik8s.io/remediation", "x", "NoExecute"));
    silentFor(60, "b");
    assertRefused("b", RefusalReason.EXTERNAL_REMEDIATION);
    nodes.removeIf(node -> node.name().equals("b"));
    add(
        node("b")
            .ready(Ready.UNKNOWN)
            .taint(FailoverTaints.OUT_OF_SERVICE_KEY, "nodeshutdown", "NoExecute"));
    assertRefused("b", RefusalReason.EXTERNAL_REMEDIATION);
  }

  @Test
  void does_not_take_our_taints_for_those_of_another_controller() {
    add(
        node("b")
            .ready(Ready.UNKNOWN)
            .taint(FailoverTaints.OUT_OF_SERVICE_KEY, "rwop-guard", "NoSchedule"));
    silentFor(60, "b");
    assertDown("b");
  }

  @Test
  void a_node_that_was_shutting_down_has_time_to_come_back() {
    add(node("b").shuttingDown());
    silentFor(299, "b");
    assertRefused("b", RefusalReason.REBOOTING);
    heartbeats.seen("b", "earlier", LEASE, nanos(now - 301));
    assertDown("b");
  }

  @Test
  void restarts_the_silence_of_nodes_after_an_outage_of_the_api_server() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(60, "b");
    heartbeats.beginAnew(nanos(now));
    now += 14;
    nodes.stream()
        .filter(node -> !node.name().equals("b"))
        .forEach(node -> heartbeats.seen(node.name(), "later", LEASE, nanos(now)));
    assertThat(verdict("b").state()).isEqualTo(NodeHealth.State.FINE);
    now += 1;
    assertDown("b");
  }

  @Test
  void a_lease_that_says_the_same_again_renews_nothing() {
    add(node("b").ready(Ready.UNKNOWN));
    silentFor(16, "b");
    heartbeats.seen("b", "then", LEASE, nanos(now));
    assertDown("b");
  }

  @Test
  void a_vouch_replaces_the_second_sign_and_no_more() {
    add(node("b").cordoned());
    NodeFacts told = nodes.get(2);
    silentFor(11, "b");
    assertThat(toldDown(told).refusal().map(Refusal::reason)).contains(RefusalReason.ALIVE);
    heartbeats.seen("b", "earlier", LEASE, nanos(now - 12));
    assertThat(toldDown(told).isDown()).isTrue();
    nodes.set(2, node("b").cordoned().taint("medik8s.io/remediation", "x", "NoExecute").make());
    assertThat(toldDown(nodes.get(2)).refusal().map(Refusal::reason))
        .contains(RefusalReason.EXTERNAL_REMEDIATION);
    reachability.tried("b", KUBELET, true, nanos(now - 1));
    assertThat(toldDown(told).refusal().map(Refusal::reason)).contains(RefusalReason.REACHABLE);
    heartbeats.seen("a", "earlier", LEASE, nanos(now - 60));
    heartbeats.seen("own", "earlier", LEASE, nanos(now - 60));
    assertThat(toldDown(told).refusal().map(Refusal::reason))
        .contains(RefusalReason.TOO_MANY_SUSPECT);
    steady = false;
    assertThat(toldDown(told).refusal().map(Refusal::reason))
        .contains(RefusalReason.API_SERVER_UNSTABLE);
  }

  private NodeHealth toldDown(NodeFacts node) {
    return judge.judgeAsToldDown(node, nodes, heartbeats, reachability, steady, nanos(now));
  }
}
