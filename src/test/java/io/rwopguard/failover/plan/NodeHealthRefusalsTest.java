package io.rwopguard.failover.plan;

import static io.rwopguard.failover.plan.Nodes.node;
import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Tests why a node that stopped renewing its Lease does not count as dead, in particular one that a
 * person declared dead.
 */
class NodeHealthRefusalsTest {

  private static final Duration LEASE = Duration.ofSeconds(40);
  private static final Endpoint KUBELET = new Endpoint("10.0.0.1", 10_250);
  private static final double NOW = 1000;
  private static final List<NodeFacts> OTHERS = List.of(node("a").make(), node("own").make());

  private final Heartbeats heartbeats = new Heartbeats();
  private final Reachability reachability = new Reachability();
  private final NodeHealthEvaluator evaluator =
      new NodeHealthEvaluator(
          new SuspicionThreshold(Duration.ofSeconds(15)),
          new NodeLimits(
              34, 55, Set.of(), Set.of(Pattern.compile("medik8s.io/.*")), Duration.ofMinutes(5)),
          "own");

  NodeHealthRefusalsTest() {
    OTHERS.forEach(other -> heartbeats.seen(other.name(), "now", LEASE, nanos(NOW)));
  }

  private static long nanos(double seconds) {
    return (long) (seconds * 1e9);
  }

  private void silentFor(double seconds) {
    heartbeats.seen("b", "then", LEASE, nanos(NOW - seconds));
  }

  private Optional<Refusal> refusal(NodeFacts node) {
    List<NodeFacts> nodes = List.of(OTHERS.get(0), OTHERS.get(1), node);
    NodeHealth health = evaluator.judge(nodes, heartbeats, reachability, true, nanos(NOW)).get(2);
    assertThat(health.isDown()).isEqualTo(health.refusal().isEmpty());
    return health.refusal();
  }

  private Optional<RefusalReason> toldDown(NodeFacts node) {
    List<NodeFacts> nodes = List.of(OTHERS.get(0), OTHERS.get(1), node);
    NodeHealth health =
        evaluator.judgeAsToldDown(node, nodes, heartbeats, reachability, true, nanos(NOW));
    assertThat(health.isDown()).isEqualTo(health.refusal().isEmpty());
    return health.refusal().map(Refusal::reason);
  }

  private Optional<RefusalReason> toldDownBeforeTheWrite(NodeFacts node) {
    return evaluator
        .judgeAgain(node, heartbeats, reachability, true, nanos(NOW))
        .map(Refusal::reason);
  }

  @Test
  void a_taint_of_an_administrator_is_no_remediation() {
    silentFor(60);
    assertThat(
            refusal(node("b").ready(Ready.UNKNOWN).taint("dedicated", "db", "NoSchedule").make()))
        .isEmpty();
  }

  @Test
  void a_node_that_was_shutting_down_counts_as_dead_from_the_end_of_the_reboot_window() {
    silentFor(299.9);
    assertThat(refusal(node("b").shuttingDown().make()).map(Refusal::reason))
        .contains(RefusalReason.REBOOTING);
    heartbeats.gone("b");
    silentFor(300);
    assertThat(refusal(node("b").shuttingDown().make())).isEmpty();
  }

  @Test
  void a_missing_second_signal_is_explained_by_ready_or_by_the_probes() {
    silentFor(60);
    assertThat(refusal(node("b").make()).orElseThrow().text())
        .startsWith(
            "node b has stopped renewing its Lease but is still Ready, and no earlier probe succeeded");
    reachability.keep("b", Set.of(KUBELET));
    assertThat(refusal(node("b").ready(Ready.UNKNOWN).make()).orElseThrow().text())
        .startsWith(
            "node b has stopped renewing its Lease, but too few probes of it or its Pods have failed");
  }

  @Test
  void a_node_without_a_lease_is_not_dead_if_it_answered_within_the_last_minute() {
    reachability.tried("b", KUBELET, true, nanos(NOW - 60));
    assertThat(toldDown(node("b").make())).contains(RefusalReason.REACHABLE);
    assertThat(toldDownBeforeTheWrite(node("b").make())).contains(RefusalReason.REACHABLE);
  }

  @Test
  void a_node_without_a_lease_is_dead_if_a_person_says_so_and_it_does_not_answer() {
    assertThat(toldDown(node("b").make())).isEmpty();
    reachability.tried("b", KUBELET, true, nanos(NOW - 60.1));
    assertThat(toldDown(node("b").make())).isEmpty();
    assertThat(toldDownBeforeTheWrite(node("b").make())).isEmpty();
  }

  @Test
  void a_person_does_not_end_the_reboot_window() {
    silentFor(60);
    assertThat(toldDown(node("b").shuttingDown().make())).contains(RefusalReason.REBOOTING);
    heartbeats.gone("b");
    silentFor(300);
    assertThat(toldDown(node("b").shuttingDown().make())).isEmpty();
  }

  @Test
  void the_declaration_of_a_person_is_checked_again_before_the_write() {
    silentFor(12);
    assertThat(toldDownBeforeTheWrite(node("b").cordoned().make())).isEmpty();
    assertThat(toldDownBeforeTheWrite(node("own").make())).contains(RefusalReason.OWN_NODE);
    heartbeats.seen("b", "renewed", LEASE, nanos(NOW - 11.9));
    assertThat(toldDownBeforeTheWrite(node("b").cordoned().make())).contains(RefusalReason.ALIVE);
  }
}
