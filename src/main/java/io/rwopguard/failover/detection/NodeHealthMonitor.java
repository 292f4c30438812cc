package io.rwopguard.failover.detection;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.ApiServerHealth;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.Heartbeats;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Endpoint;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.plan.NodeHealthEvaluator;
import io.rwopguard.failover.plan.ProbeSchedule;
import io.rwopguard.failover.plan.Probes;
import io.rwopguard.failover.plan.Reachability;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.plan.SuspendDetector;
import io.rwopguard.failover.plan.SuspicionThreshold;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.inventory.PodStatus;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongPredicate;

/** Keeps the verdicts on the nodes, and evaluates a node again before each step. */
public final class NodeHealthMonitor implements NodeReevaluation {

  /** The age up to which a verdict counts: an older one means that the evaluation hangs. */
  private static final long FRESH = Duration.ofSeconds(3).toNanos();

  /** The time for which an administrator's assertion that a node is dead holds. */
  public static final Duration WORD = Duration.ofMinutes(10);

  private record Evaluated(Map<String, NodeHealth> verdicts, long at) {}

  private final ClusterState view;
  private final Heartbeats heartbeats;
  private final Reachability reachability;
  private final ApiServerHealth contact;
  private final LongPredicate watches;
  private final NodeHealthEvaluator judge;
  private final Probes probes;
  private final SuspendDetector clockWatch;
  private final Optional<? extends Fence> fence;
  private final Clocks clocks;
  private volatile Set<String> probed = Set.of();
  private volatile Evaluated evaluated = new Evaluated(Map.of(), Long.MIN_VALUE / 2);

  /**
   * Creates a monitor without verdicts.
   *
   * @param watches whether a list from the API server confirms at this time what the watches report
   */
  public NodeHealthMonitor(
      ClusterState view,
      Heartbeats heartbeats,
      Reachability reachability,
      ApiServerHealth contact,
      LongPredicate watches,
      NodeHealthEvaluator judge,
      Probes probes,
      Optional<? extends Fence> fence,
      Clocks clocks) {
    this.view = view;
    this.heartbeats = heartbeats;
    this.reachability = reachability;
    this.contact = contact;
    this.watches = watches;
    this.judge = judge;
    this.probes = probes;
    this.fence = fence;
    this.clockWatch = new SuspendDetector(clocks.monotonic(), clocks.wall());
    this.clocks = clocks;
  }

  /** Returns the verdicts, by node. */
  public Map<String, NodeHealth> verdicts() {
    return evaluated.verdicts();
  }

  /** Evaluates all nodes. */
  public Map<String, NodeHealth> evaluate(List<NodeFacts> nodes, long now) {
    if (clockWatch.steppedApart()) {
      // this machine was suspended, so its last heartbeats are older than they look
      heartbeats.beginAnew(now);
      contact.interrupted(now);
    }
    Map<String, NodeHealth> byNode = new LinkedHashMap<>();
    judge
        .judge(withoutOwnTaints(nodes), heartbeats, reachability, isSteady(now), now)
        .forEach(verdict -> byNode.put(verdict.node(), verdict));
    Map<String, NodeHealth> verdicts = Collections.unmodifiableMap(byNode);
    evaluated = new Evaluated(verdicts, now);
    return verdicts;
  }

  /** Returns whether the API server and the watches work, so that only nodes miss renewals. */
  private boolean isSteady(long now) {
    return contact.isSteady(now) && watches.test(now);
  }

  /** Returns a node without the taints of our fences, which are no other controller's. */
  private NodeFacts withoutOwnTaints(NodeFacts node) {
    return fence.map(asked -> node.without(asked.ownTaints(node.name()))).orElse(node);
  }

  private List<NodeFacts> withoutOwnTaints(List<NodeFacts> nodes) {
    return fence.isEmpty() ? nodes : nodes.stream().map(this::withoutOwnTaints).toList();
  }

  /**
   * Sets the targets of the probes: the nodes of these Pods, and every node whose renewal is late.
   * Such a node may have lost its last Pod while its volumes are still attached.
   */
  public void probe(List<ClaimConsumer> pods, Set<String> failingOver, long now) {
    Map<String, Set<Endpoint>> all = endpoints(pods);
    for (NodeFacts node : view.nodes()) {
      boolean late = heartbeats.of(node.name(), now).filter(SuspicionThreshold::isLate).isPresent();
      if (late || failingOver.contains(node.name())) {
        node.kubelet()
            .ifPresent(
                kubelet -> all.computeIfAbsent(node.name(), name -> new HashSet<>()).add(kubelet));
      }
    }
    probes.targets(all);
    // only now: a node without endpoints counts as one that no probe reaches
    probed = Set.copyOf(all.keySet());
  }

  /** Returns whether the renewal of any node is late, so that the node has to be probed now. */
  public boolean isAnyLate(long now) {
    return !heartbeats.late(now).isEmpty();
  }

  /** Returns the Pods' endpoints, and the kubelets of their nodes. */
  private Map<String, Set<Endpoint>> endpoints(List<ClaimConsumer> pods) {
    Map<String, Set<Endpoint>> all = new HashMap<>();
    for (ClaimConsumer pod : pods) {
      PodStatus place = place(pod);
      Set<Endpoint> maxPerNodePerHour = all.computeIfAbsent(place.node(), node -> new HashSet<>());
      view.node(place.node()).flatMap(NodeFacts::kubelet).ifPresent(maxPerNodePerHour::add);
      if (!place.address().isEmpty()) {
        maxPerNodePerHour.add(new Endpoint(place.address(), ProbeSchedule.DISCARD));
      }
    }
    return all;
  }

  private static PodStatus place(ClaimConsumer pod) {
    return pod.place().orElseThrow();
  }

  /** Returns those of the Pods that are on healthy nodes. */
  public List<ClaimConsumer> onFineNodes(List<ClaimConsumer> pods) {
    return pods.stream()
        .filter(
            pod ->
                Optional.ofNullable(verdicts().get(place(pod).node()))
                    .filter(verdict -> verdict.state() == NodeHealth.State.FINE)
                    .isPresent())
        .toList();
  }

  /** Returns the verdict on a node that an administrator declares dead. */
  public NodeHealth vouchedFor(NodeFacts node) {
    long now = clocks.nanos();
    return judge.judgeAsToldDown(
        withoutOwnTaints(node), view.nodes(), heartbeats, reachability, isSteady(now), now);
  }

  @Override
  public Optional<Refusal> refusal(
      FailoverRecord record, Optional<JsonNode> node, OptionalLong deletingSince) {
    if (node.isEmpty()) {
      return Optional.of(
          new Refusal(
              RefusalReason.CHANGED,
              "node %s does not exist any more, which does not prove that the machine is off"
                  .formatted(record.node())));
    }
    boolean vouched = !record.requestedBy().isEmpty();
    return (vouched ? wordOf(record) : verdictOn(record))
        .or(
            () ->
                judge.judgeAgain(
                    withoutOwnTaints(NodeReader.read(node.get())),
                    heartbeats,
                    reachability,
                    vouched,
                    clocks.nanos()))
        .or(() -> lastProbes(record, deletingSince));
  }

  @Override
  public Optional<Refusal> unsteady() {
    return isSteady(clocks.nanos())
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                RefusalReason.API_SERVER_UNSTABLE,
                "the API server has not answered steadily for a while"));
  }

  @Override
  public boolean isProbed(String node, long since) {
    return probes.round(node, since) != Round.NOT_YET && isTarget(node);
  }

  /** Returns whether the kubelet of a node is probed, if it has one. */
  private boolean isTarget(String node) {
    return probed.contains(node) || view.node(node).flatMap(NodeFacts::kubelet).isEmpty();
  }

  private Optional<Refusal> verdictOn(FailoverRecord record) {
    Evaluated last = evaluated;
    if (clocks.nanos() - last.at() > FRESH) {
      return Optional.of(
          new Refusal(
              RefusalReason.API_SERVER_UNSTABLE,
              "the nodes have not been evaluated for %d s".formatted(FRESH / 1_000_000_000)));
    }
    NodeHealth verdict = last.verdicts().get(record.node());
    if (verdict == null) {
      return Optional.of(
          new Refusal(
              RefusalReason.CHANGED, "node %s does not exist any more".formatted(record.node())));
    }
    if (verdict.isDown()) {
      return Optional.empty();
    }
    return verdict
        .refusal()
        .or(
            () ->
                Optional.of(
                    new Refusal(
                        RefusalReason.NO_SECOND_SIGNAL,
                        "node %s has not missed its Lease renewals for long enough"
                            .formatted(record.node()))));
  }

  private Optional<Refusal> wordOf(FailoverRecord record) {
    if (record.vouched().plus(WORD).isBefore(clocks.now())) {
      return Optional.of(
          new Refusal(
              RefusalReason.CHANGED,
              "the confirmation by %s that node %s is dead is more than %d minutes old. Repeat the manual failover"
                  .formatted(record.requestedBy(), record.node(), WORD.toMinutes())));
    }
    Optional<NodeFacts> known = view.node(record.node());
    return known.isEmpty()
        ? Optional.of(
            new Refusal(
                RefusalReason.CHANGED, "node %s does not exist any more".formatted(record.node())))
        : vouchedFor(known.get()).refusal();
  }

  /** Returns a refusal unless a round of probes after the decision ended and reached nothing. */
  private Optional<Refusal> lastProbes(FailoverRecord record, OptionalLong deletingSince) {
    if (deletingSince.isEmpty()) {
      return Optional.empty();
    }
    if (!isTarget(record.node())) {
      return Optional.of(
          new Refusal(
              RefusalReason.AWAITING_PROBES,
              "node %s has not been probed yet".formatted(record.node())));
    }
    return switch (probes.round(record.node(), deletingSince.getAsLong())) {
      case UNREACHED -> Optional.empty();
      case REACHED ->
          Optional.of(
              new Refusal(
                  RefusalReason.REACHABLE,
                  "node %s or a Pod on it answered the last probes before the deletion, so it is not dead"
                      .formatted(record.node())));
      case NOT_YET ->
          Optional.of(
              new Refusal(
                  RefusalReason.AWAITING_PROBES,
                  "the last probes of node %s before the deletion have not ended"
                      .formatted(record.node())));
    };
  }
}
