package io.rwopguard.failover.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Holds the evaluation of nodes to what it promises, over random schedules of probes. */
class ReachabilityPropertyTest {

  private static final Duration LEASE = Duration.ofSeconds(40);
  private static final int SCHEDULES = 20_000;
  private static final long FIVE_SECONDS = Duration.ofSeconds(5).toNanos();

  @Test
  void a_node_that_answered_lately_is_never_dead() {
    int dead = 0;
    for (long seed = 0; seed < SCHEDULES; seed++) {
      dead += check(seed) ? 1 : 0;
    }
    assertThat(dead).as("schedules in which the node is dead").isGreaterThan(SCHEDULES / 100);
  }

  private static boolean check(long seed) {
    Random random = new Random(seed);
    Reachability reachability = new Reachability();
    Heartbeats heartbeats = new Heartbeats();
    List<Endpoint> endpoints =
        List.of(new Endpoint("a", 10_250), new Endpoint("b", 9), new Endpoint("c", 9))
            .subList(0, 1 + random.nextInt(3));
    reachability.keep("n", Set.copyOf(endpoints));
    double loss = random.nextDouble();
    Map<Endpoint, Integer> failures = new HashMap<>();
    Map<Endpoint, Long> answered = new HashMap<>();
    long now = 0;
    long decision = seconds(random.nextDouble() * 60 + 20);
    heartbeats.seen("n", "then", LEASE, 0);
    heartbeats.seen("m", "now", LEASE, decision);
    long death = seconds(random.nextDouble() * 80);
    double pause = random.nextDouble() * 6;
    while (true) {
      now += seconds(random.nextDouble() * pause);
      Endpoint endpoint = endpoints.get(random.nextInt(endpoints.size()));
      long started = now;
      now += seconds(random.nextDouble());
      if (now > decision) {
        break;
      }
      boolean reached = started < death && random.nextDouble() > loss;
      reachability.tried("n", endpoint, reached, started, now);
      if (reached) {
        answered.put(endpoint, started);
        failures.put(endpoint, 0);
      } else {
        failures.merge(endpoint, 1, Integer::sum);
      }
    }
    Ready ready = random.nextBoolean() ? Ready.TRUE : Ready.UNKNOWN;
    List<NodeFacts> nodes = List.of(Nodes.node("n").ready(ready).make(), Nodes.node("m").make());
    boolean dead =
        new NodeHealthEvaluator(
                new SuspicionThreshold(Duration.ofSeconds(15)),
                new NodeLimits(100, 100, Set.of(), Set.of(), Duration.ZERO),
                "")
            .judge(nodes, heartbeats, reachability, true, decision).stream()
                .anyMatch(NodeHealth::isDown);
    boolean lately =
        answered.entrySet().stream()
            .anyMatch(
                entry ->
                    failures.get(entry.getKey()) < 3 || decision - entry.getValue() < FIVE_SECONDS);
    assertThat(dead && lately).as("seed %d", seed).isFalse();
    return dead;
  }

  private static long seconds(double seconds) {
    return (long) (seconds * 1e9);
  }
}
