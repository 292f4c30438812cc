package io.rwopguard.failover;

import io.rwopguard.config.FailoverMode;
import io.rwopguard.failover.FailoverController.Parts;
import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.eligibility.CandidateSelector;
import io.rwopguard.failover.eligibility.SingleWriterPods;
import io.rwopguard.failover.execution.ActiveFailover;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.inventory.ClaimConsumer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Decides which failovers start: those from dead nodes, and those that a person requests. */
final class FailoverDecider {

  private final Parts parts;
  private final FailoverMode mode;
  private final Consumer<ActiveFailover> resume;
  private final RefusalBackoff pace = new RefusalBackoff();

  /**
   * Creates the decisions of this replica.
   *
   * @param resume resumes a failover at once
   */
  FailoverDecider(Parts parts, FailoverMode mode, Consumer<ActiveFailover> resume) {
    this.parts = parts;
    this.mode = mode;
    this.resume = resume;
  }

  /** Forgets what was refused before, so that a new leader evaluates everything at once. */
  void clear() {
    pace.clear();
  }

  /** Returns why nothing may be done at this moment. It is called before each step. */
  Optional<Refusal> inactive() {
    if (mode != FailoverMode.ENFORCE) {
      return Optional.of(
          new Refusal(
              RefusalReason.PAUSED,
              "failover runs in mode observe and changes nothing. Set rwop-guard.failover.mode=enforce to enable it"));
    }
    return FailoverService.isPaused(parts.election())
        ? Optional.of(
            new Refusal(
                RefusalReason.PAUSED,
                "failover is paused. To resume it, remove the annotation %s from its Lease"
                    .formatted(FailoverService.PAUSED)))
        : Optional.empty();
  }

  /** Starts the failovers of Pods on dead nodes, and reports those that are refused. */
  void begin(List<NodeFacts> nodes, List<ClaimConsumer> pods, long now) {
    Map<String, List<ClaimConsumer>> byNode =
        pods.stream().collect(Collectors.groupingBy(pod -> SingleWriterPods.place(pod).node()));
    Set<String> spokenOf = new HashSet<>();
    List<NodeHealth> down = new ArrayList<>();
    for (NodeHealth verdict : parts.health().verdicts().values()) {
      List<ClaimConsumer> onNode = byNode.getOrDefault(verdict.node(), List.of());
      if (verdict.state() == NodeHealth.State.FINE) {
        continue;
      }
      spokenOf.add(verdict.node());
      onNode.forEach(pod -> spokenOf.add(pod.key().namespace() + "/" + pod.key().name()));
      if (verdict.refusal().isPresent()) {
        if (!onNode.isEmpty()) {
          parts.speaker().refused(verdict.node(), verdict.refusal().get(), onNode.size());
        }
        continue;
      }
      down.add(verdict);
      onNode.forEach(pod -> begin(pod, verdict, nodes, now));
    }
    for (NodeHealth verdict : down) {
      waitingFor(verdict, nodes, now).forEach(spokenOf::add);
    }
    parts.failovers().records().forEach(each -> spokenOf.add(each.toString()));
    parts.speaker().keep(spokenOf);
    pace.forget(now);
  }

  /** Starts the failover of a Pod on a dead node, in parallel with others. */
  private void begin(ClaimConsumer pod, NodeHealth node, List<NodeFacts> nodes, long now) {
    String uid = SingleWriterPods.place(pod).uid();
    if (parts.failovers().isInProgress(uid) || !pace.isDue(uid, node.silence(), now)) {
      return;
    }
    parts
        .lanes()
        .run(
            "failover of Pod " + pod.key().namespace() + "/" + pod.key().name(),
            () -> {
              decide(
                  parts
                      .candidates()
                      .judge(pod.key().namespace(), pod.key().name(), node.node(), live(nodes)),
                  node);
              resumeAtOnce(uid);
            });
  }

  /**
   * Starts failovers for Pods that wait for volumes which are still attached to a dead node. The
   * Pod there is gone already: evicted, or deleted by a person.
   *
   * @return all Pods that may wait for a volume
   */
  private List<String> waitingFor(NodeHealth node, List<NodeFacts> nodes, long now) {
    List<ClaimConsumer> waiting = parts.pods().waiting();
    if (!waiting.isEmpty() && pace.isDue("waiting for " + node.node(), node.silence(), now)) {
      parts
          .lanes()
          .run(
              "volumes left on node " + node.node(),
              () ->
                  parts.pods().waitingFor(node.node(), waiting).stream()
                      .filter(
                          pod -> pod.claims().stream().noneMatch(parts.failovers()::isInProgress))
                      .forEach(pod -> release(pod, node, nodes)));
    }
    return waiting.stream().map(pod -> pod.key().namespace() + "/" + pod.key().name()).toList();
  }

  /** Starts to detach the volumes that a Pod waits for, in the lane of that Pod. */
  private void release(ClaimConsumer pod, NodeHealth node, List<NodeFacts> nodes) {
    String namespace = pod.key().namespace();
    parts
        .lanes()
        .run(
            "failover of Pod " + namespace + "/" + pod.key().name(),
            () ->
                decide(
                    parts
                        .candidates()
                        .judgeSuccessor(namespace, pod.key().name(), node.node(), live(nodes)),
                    node));
  }

  private void decide(CandidateSelector.Verdict judged, NodeHealth node) {
    if (judged.pod().isEmpty()) {
      return;
    }
    Optional<Refusal> inactive = inactive();
    if (judged.refusal().isPresent()) {
      parts.speaker().refused(judged.pod().get(), judged.refusal().get(), judged.aloud());
    } else if (inactive.isPresent()) {
      parts.speaker().wouldBegin(judged.pod().get(), FailoverService.isPaused(parts.election()));
    } else {
      parts
          .starter()
          .begin(
              judged,
              node,
              Optional.empty(),
              "it has not renewed its Lease for %d s".formatted(node.silence().toSeconds()))
          .ifPresent(
              refusal -> parts.speaker().refused(judged.pod().get(), refusal, judged.aloud()));
    }
  }

  /** Resumes a failover that was just started, in the lane that started it. */
  private void resumeAtOnce(String uid) {
    parts.failovers().inProgress().stream()
        .filter(each -> each.record().podUid().equals(uid))
        .forEach(resume);
  }

  /** Answers the requests for manual failovers. */
  void answer(List<NodeFacts> nodes) {
    if (mode != FailoverMode.ENFORCE) {
      return;
    }
    Optional<String> inactive = inactive().map(Refusal::toString);
    for (ClusterState.RequestedFailover request : parts.view().requests()) {
      if (pace.isDue("request " + request.name(), Duration.ZERO, parts.clocks().nanos())) {
        parts
            .lanes()
            .run(
                "manual failover " + request.name(),
                () ->
                    parts
                        .requests()
                        .answer(request, parts.health()::vouchedFor, live(nodes), inactive));
      }
    }
  }

  /** Returns the nodes that could run a Pod, as far as their own state allows. */
  Collection<NodeFacts> live(List<NodeFacts> nodes) {
    Map<String, NodeHealth> verdicts = parts.health().verdicts();
    return nodes.stream()
        .filter(node -> verdicts.containsKey(node.name()))
        .filter(node -> verdicts.get(node.name()).state() == NodeHealth.State.FINE)
        .toList();
  }
}
