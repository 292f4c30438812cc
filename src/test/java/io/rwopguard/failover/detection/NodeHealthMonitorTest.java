package io.rwopguard.failover.detection;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.MemoryCluster;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.plan.ApiServerHealth;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeHealthEvaluator;
import io.rwopguard.failover.plan.NodeLimits;
import io.rwopguard.failover.plan.Probes;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.plan.SuspicionThreshold;
import io.rwopguard.failover.record.PrimaryLease;
import io.rwopguard.failover.record.TestRecords;
import io.rwopguard.model.ClaimKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks for how long a person's statement that a node is dead counts. */
class NodeHealthMonitorTest {

  private static final Instant START = Instant.parse("2026-11-27T01:02:03Z");
  private static final String NODE = "node-2";

  private Duration time = Duration.ZERO;
  private final Clocks clocks = new Clocks(() -> time.toNanos(), () -> START.plus(time));
  private final Heartbeats heartbeats = new Heartbeats();
  private final ApiServerHealth contact = new ApiServerHealth(0, Duration.ofSeconds(1));
  private Optional<NodeFacts> node = Optional.of(NodeReader.read(json(NODE)));
  private final NodeHealthMonitor health =
      new NodeHealthMonitor(
          new Nodes(),
          heartbeats,
          new Reachability(),
          contact,
          now -> true,
          new NodeHealthEvaluator(
              new SuspicionThreshold(Duration.ofSeconds(20)),
              new NodeLimits(50, 50, Set.of(), Set.of(), Duration.ofMinutes(5)),
              ""),
          new NoProbes(),
          Optional.empty(),
          clocks);

  private static JsonNode json(String name) {
    return MemoryCluster.tree("{'metadata':{'name':'%s'}}".formatted(name));
  }

  private final class Nodes implements ClusterState {

    @Override
    public boolean hasSynced() {
      return true;
    }

    @Override
    public List<NodeFacts> nodes() {
      return List.of(
          NodeReader.read(json("node-1")),
          NodeReader.read(json(NODE)),
          NodeReader.read(json("node-3")));
    }

    @Override
    public Optional<NodeFacts> node(String name) {
      return node;
    }

    @Override
    public Optional<PrimaryLease> lease(ClaimKey claim) {
      return Optional.empty();
    }

    @Override
    public List<RequestedFailover> requests() {
      return List.of();
    }
  }

  private static final class NoProbes implements Probes {

    @Override
    public void targets(Map<String, Set<Endpoint>> endpoints) {}

    @Override
    public Round round(String name, long since) {
      return Round.UNREACHED;
    }
  }

  @BeforeEach
  void fallSilent() {
    heartbeats.seen(NODE, "then", Duration.ofSeconds(40), clocks.nanos());
    passUntil(Duration.ofMinutes(1));
  }

  /** The API server answers, and the other nodes renew their Leases. */
  private void passUntil(Duration end) {
    while (time.compareTo(end) < 0) {
      Duration next = time.plusSeconds(1);
      time = next.compareTo(end) < 0 ? next : end;
      var unused = contact.answered(clocks.nanos(), Duration.ofMillis(5));
      for (String name : List.of("node-1", "node-3")) {
        heartbeats.seen(name, time.toString(), Duration.ofSeconds(40), clocks.nanos());
      }
    }
  }

  private FailoverRecord vouchedNow(String operator) {
    return TestRecords.of("one", START).vouchedBy(operator, clocks.now());
  }

  private Optional<Refusal> refusal(FailoverRecord record) {
    return health.refusal(record, Optional.of(json(NODE)), OptionalLong.empty());
  }

  @Test
  void a_word_holds_for_ten_minutes() {
    FailoverRecord record = vouchedNow("jane");
    Duration given = time;
    assertThat(refusal(record)).isEmpty();
    passUntil(given.plusMinutes(10));
    assertThat(refusal(record)).isEmpty();
    passUntil(given.plusMinutes(10).plusMillis(1));
    assertThat(refusal(record))
        .hasValueSatisfying(
            refusal -> {
              assertThat(refusal.reason()).isEqualTo(RefusalReason.CHANGED);
              assertThat(refusal.text())
                  .contains("by jane", NODE, "more than 10 minutes old", "Repeat the manual");
            });
    assertThat(refusal(record.vouchedBy("jack", clocks.now()))).as("another word").isEmpty();
  }

  /** A failover that a person requested was vouched for when it was decided. */
  @Test
  void a_word_is_given_with_the_decision_where_no_later_one_is_recorded() {
    FailoverRecord vouched = vouchedNow("jane");
    FailoverRecord record =
        new FailoverRecord(
            vouched.key(),
            vouched.namespace(),
            vouched.pod(),
            vouched.podUid(),
            vouched.node(),
            vouched.nodeUid(),
            vouched.bootId(),
            vouched.renewTime(),
            vouched.claims(),
            vouched.sharedClaims(),
            vouched.controller(),
            vouched.workload(),
            vouched.requestedBy(),
            Map.of(FailoverRecord.Step.DECIDED, clocks.now()),
            vouched.outcome());
    Duration given = time;
    assertThat(refusal(record)).isEmpty();
    passUntil(given.plusMinutes(10).plusMillis(1));
    assertThat(refusal(record).map(Refusal::reason)).contains(RefusalReason.CHANGED);
  }

  @Test
  void a_word_says_nothing_of_a_node_that_is_gone_or_has_renewed_its_lease() {
    FailoverRecord record = vouchedNow("jane");
    heartbeats.seen(NODE, "now", Duration.ofSeconds(40), clocks.nanos());
    assertThat(refusal(record).map(Refusal::reason)).contains(RefusalReason.ALIVE);
    node = Optional.empty();
    assertThat(refusal(record).map(Refusal::reason)).contains(RefusalReason.CHANGED);
  }

  /** A word replaces the second sign, and not the check of the API server. */
  @Test
  void a_word_counts_only_while_the_api_server_answers_steadily() {
    FailoverRecord record = vouchedNow("jane");
    contact.failed(clocks.nanos());
    assertThat(refusal(record).map(Refusal::reason)).contains(RefusalReason.API_SERVER_UNSTABLE);
  }
}
