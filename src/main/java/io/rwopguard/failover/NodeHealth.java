package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.ApiContact;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeJudge;
import io.rwopguard.failover.plan.NodeVerdict;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reason;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.Suspicion;
import io.rwopguard.inventory.ClaimUser;
import io.rwopguard.inventory.PodPlace;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Keeps the verdicts on the nodes, and evaluates a node once more before each step. */
final class NodeHealth implements NodeEvaluation {

  /**
   * Where Pods are connected to. Nothing listens there (RFC 863), and the refusal is the answer: a
   * database would count, and some would log, connections on which nothing is sent.
   */
  private static final int DISCARD = 9;

  /** An older verdict proves nothing: whatever makes them hangs. */
  private static final long FRESH = Duration.ofSeconds(3).toNanos();

  /** An operator's word that a node is down holds for so long. */
  private static final Duration WORD = Duration.ofMinutes(10);

  private record Evaluated(Map<String, NodeVerdict> verdicts, List<NodeFacts> nodes, long at) {}

  private final ClusterState view;
  private final Heartbeats heartbeats;
  private final Reachability reachability;
  private final ApiContact contact;
  private final NodeJudge judge;
  private final Probes prober;
  private final Clocks clocks;
  private volatile Evaluated evaluated = new Evaluated(Map.of(), List.of(), Long.MIN_VALUE / 2);
  private Map<String, Set<Endpoint>> endpoints = Map.of();

  NodeHealth(
      ClusterState view,
      Heartbeats heartbeats,
      Reachability reachability,
      ApiContact contact,
      NodeJudge judge,
      Probes prober,
      Clocks clocks) {
    this.view = view;
    this.heartbeats = heartbeats;
    this.reachability = reachability;
    this.contact = contact;
    this.judge = judge;
    this.prober = prober;
    this.clocks = clocks;
  }

  /** The verdicts, by node. */
  Map<String, NodeVerdict> verdicts() {
    return evaluated.verdicts();
  }

  /** Evaluates all nodes. */
  Map<String, NodeVerdict> evaluate(List<NodeFacts> nodes, long now) {
    Map<String, NodeVerdict> verdicts =
        judge.judge(nodes, heartbeats, reachability, contact.isSteady(now), now).stream()
            .collect(Collectors.toUnmodifiableMap(NodeVerdict::node, Function.identity()));
    evaluated = new Evaluated(verdicts, List.copyOf(nodes), now);
    return verdicts;
  }

  /** Probes what is due; the Pods, where they are given, say which endpoints there are. */
  void probe(Optional<List<ClaimUser>> pods, long now) {
    pods.ifPresent(given -> endpoints = endpoints(given));
    prober.look(endpoints, late(now), now);
  }

  /** The kubelets of nodes that have such Pods, and the Pods. */
  private Map<String, Set<Endpoint>> endpoints(List<ClaimUser> pods) {
    Map<String, Set<Endpoint>> all = new HashMap<>();
    for (ClaimUser pod : pods) {
      PodPlace place = SingleWriterPods.place(pod);
      Set<Endpoint> ofNode = all.computeIfAbsent(place.node(), node -> new HashSet<>());
      view.node(place.node()).flatMap(NodeFacts::kubelet).ifPresent(ofNode::add);
      if (!place.address().isEmpty()) {
        ofNode.add(new Endpoint(place.address(), DISCARD));
      }
    }
    return all;
  }

  private Set<String> late(long now) {
    return endpoints.keySet().stream()
        .filter(node -> heartbeats.of(node, now).filter(Suspicion::isLate).isPresent())
        .collect(Collectors.toSet());
  }

  /** Of these Pods, those on nodes of which nothing is wrong. */
  List<ClaimUser> onFineNodes(List<ClaimUser> pods) {
    return pods.stream()
        .filter(
            pod ->
                Optional.ofNullable(verdicts().get(SingleWriterPods.place(pod).node()))
                    .filter(verdict -> verdict.state() == NodeVerdict.State.FINE)
                    .isPresent())
        .toList();
  }

  /** The verdict on a node of which an operator says that it is down. */
  NodeVerdict vouchedFor(NodeFacts node) {
    long now = clocks.nanos();
    return judge.judgeAsToldDown(
        node, view.nodes(), heartbeats, reachability, contact.isSteady(now), now);
  }

  @Override
  public Optional<Refusal> refusal(
      FailoverRecord record, Optional<JsonNode> node, boolean deleting) {
    Optional<NodeFacts> live = node.map(NodeReader::read);
    return record.requestedBy().isEmpty() ? automatic(record, live) : vouched(record, live);
  }

  private Optional<Refusal> automatic(FailoverRecord record, Optional<NodeFacts> live) {
    Evaluated last = evaluated;
    if (clocks.nanos() - last.at() > FRESH) {
      return Optional.of(
          new Refusal(
              Reason.API_UNSTEADY,
              "the nodes have not been evaluated for %d s".formatted(FRESH / 1_000_000_000)));
    }
    NodeVerdict verdict = last.verdicts().get(record.node());
    if (verdict == null) {
      return Optional.of(
          new Refusal(Reason.CHANGED, "node %s does not exist any more".formatted(record.node())));
    }
    if (!verdict.isDown()) {
      return verdict
          .refusal()
          .or(
              () ->
                  Optional.of(
                      new Refusal(
                          Reason.NO_SECOND_SIGN,
                          "node %s has not been silent for long enough".formatted(record.node()))));
    }
    return live.flatMap(facts -> judge.worked(facts, verdict.silence()));
  }

  private Optional<Refusal> vouched(FailoverRecord record, Optional<NodeFacts> live) {
    if (live.isEmpty()) {
      return Optional.of(
          new Refusal(Reason.CHANGED, "node %s does not exist any more".formatted(record.node())));
    }
    if (record.times().get(Step.DECIDED).plus(WORD).isBefore(clocks.now())) {
      return Optional.of(
          new Refusal(
              Reason.CHANGED,
              "%s vouched for the death of node %s more than %d minutes ago; request it again"
                  .formatted(record.requestedBy(), record.node(), WORD.toMinutes())));
    }
    return vouchedFor(live.get()).refusal();
  }
}
