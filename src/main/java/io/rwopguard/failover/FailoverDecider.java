package io.rwopguard.failover;

import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.eligibility.CandidateSelector;
import io.rwopguard.failover.eligibility.SingleWriterPods;
import io.rwopguard.failover.execution.ActiveFailover;
import io.rwopguard.failover.execution.ActiveFailovers;
import io.rwopguard.failover.execution.FailoverStarter;
import io.rwopguard.failover.manual.ManualFailoverHandler;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.inventory.ClaimConsumer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Decides which failovers start: those from dead nodes, and those that a person requests. */
final class FailoverDecider {

  private final NodeObserver observer;
  private final CandidateSelector candidates;
  private final ActiveFailovers failovers;
  private final FailoverStarter starter;
  private final ManualFailoverHandler requests;
  private final FailoverSwitch enabled;
  private final Lanes lanes;
  private final FailoverReporter reporter;
  private final Clocks clocks;
  private final RefusalBackoff pace = new RefusalBackoff();

  FailoverDecider(
      NodeObserver observer,
      CandidateSelector candidates,
      ActiveFailovers failovers,
      FailoverStarter starter,
      ManualFailoverHandler requests,
      FailoverSwitch enabled,
      Lanes lanes,
      FailoverReporter reporter,
      Clocks clocks) {
    this.observer = observer;
    this.candidates = candidates;
    this.failovers = failovers;
    this.starter = starter;
    this.requests = requests;
    this.enabled = enabled;
    this.lanes = lanes;
    this.reporter = reporter;
    this.clocks = clocks;
  }

  /** Forgets what was refused before, so that a new leader evaluates everything at once. */
  void clear() {
    pace.clear();
  }

  /**
   * Starts the failovers of Pods on dead nodes, and reports those that are refused.
   *
   * @param resume resumes a failover at once
   */
  void begin(NodeObserver.Pass pass, Consumer<ActiveFailover> resume) {
    List<NodeFacts> nodes = pass.nodes();
    long now = pass.now();
    Map<String, List<ClaimConsumer>> byNode =
        pass.pods().stream()
            .collect(Collectors.groupingBy(pod -> SingleWriterPods.place(pod).node()));
    Set<String> spokenOf = new HashSet<>();
    List<NodeHealth> down = new ArrayList<>();
    for (NodeHealth verdict : observer.health().verdicts().values()) {
      List<ClaimConsumer> onNode = byNode.getOrDefault(verdict.node(), List.of());
      if (verdict.state() == NodeHealth.State.FINE) {
        continue;
      }
      spokenOf.add(verdict.node());
      onNode.forEach(pod -> spokenOf.add(pod.key().namespace() + "/" + pod.key().name()));
      if (verdict.refusal().isPresent()) {
        if (!onNode.isEmpty()) {
          reporter.refused(verdict.node(), verdict.refusal().get(), onNode.size());
        }
        continue;
      }
      down.add(verdict);
      onNode.forEach(pod -> begin(pod, verdict, pass, resume));
    }
    for (NodeHealth verdict : down) {
      waitingFor(verdict, nodes, now).forEach(spokenOf::add);
    }
    failovers.records().forEach(each -> spokenOf.add(each.toString()));
    reporter.keep(spokenOf);
    pace.forget(now);
  }

  /** Starts the failover of a Pod on a dead node, in parallel with others. */
  private void begin(
      ClaimConsumer pod, NodeHealth node, NodeObserver.Pass pass, Consumer<ActiveFailover> resume) {
    String uid = SingleWriterPods.place(pod).uid();
    if (failovers.isInProgress(uid) || !pace.isDue(uid, node.silence(), pass.now())) {
      return;
    }
    lanes.run(
        "failover of Pod " + pod.key().namespace() + "/" + pod.key().name(),
        () -> {
          decide(
              candidates.judge(
                  pod.key().namespace(),
                  pod.key().name(),
                  node.node(),
                  observer.live(pass.nodes())),
              node);
          resumeAtOnce(uid, resume);
        });
  }

  /**
   * Starts failovers for Pods that wait for volumes which are still attached to a dead node. The
   * Pod there is gone already: evicted, or deleted by a person.
   *
   * @return all Pods that may wait for a volume
   */
  private List<String> waitingFor(NodeHealth node, List<NodeFacts> nodes, long now) {
    List<ClaimConsumer> waiting = observer.pods().waiting();
    if (!waiting.isEmpty() && pace.isDue("waiting for " + node.node(), node.silence(), now)) {
      lanes.run(
          "volumes left on node " + node.node(),
          () ->
              observer.pods().waitingFor(node.node(), waiting).stream()
                  .filter(pod -> pod.claims().stream().noneMatch(failovers::isInProgress))
                  .forEach(pod -> release(pod, node, nodes)));
    }
    return waiting.stream().map(pod -> pod.key().namespace() + "/" + pod.key().name()).toList();
  }

  /** Starts to detach the volumes that a Pod waits for, in the lane of that Pod. */
  private void release(ClaimConsumer pod, NodeHealth node, List<NodeFacts> nodes) {
    String namespace = pod.key().namespace();
    lanes.run(
        "failover of Pod " + namespace + "/" + pod.key().name(),
        () ->
            decide(
                candidates.judgeSuccessor(
                    namespace, pod.key().name(), node.node(), observer.live(nodes)),
                node));
  }

  private void decide(CandidateSelector.Verdict judged, NodeHealth node) {
    if (judged.pod().isEmpty()) {
      return;
    }
    Optional<Refusal> inactive = enabled.inactive();
    if (judged.refusal().isPresent()) {
      reporter.refused(judged.pod().get(), judged.refusal().get(), judged.aloud());
    } else if (inactive.isPresent()) {
      reporter.wouldBegin(judged.pod().get(), enabled.isPaused());
    } else {
      starter
          .begin(
              judged,
              node,
              Optional.empty(),
              "it has not renewed its Lease for %d s".formatted(node.silence().toSeconds()))
          .ifPresent(refusal -> reporter.refused(judged.pod().get(), refusal, judged.aloud()));
    }
  }

  /** Resumes a failover that was just started, in the lane that started it. */
  private void resumeAtOnce(String uid, Consumer<ActiveFailover> resume) {
    failovers.inProgress().stream()
        .filter(each -> each.record().podUid().equals(uid))
        .forEach(resume);
  }

  /** Answers the requests for manual failovers. */
  void answer(List<NodeFacts> nodes) {
    if (!enabled.isEnforced()) {
      return;
    }
    Optional<String> inactive = enabled.inactive().map(Refusal::toString);
    for (ClusterState.RequestedFailover request : observer.view().requests()) {
      if (pace.isDue("request " + request.name(), Duration.ZERO, clocks.nanos())) {
        lanes.run(
            "manual failover " + request.name(),
            () ->
                requests.answer(
                    request, observer.health()::vouchedFor, observer.live(nodes), inactive));
      }
    }
  }
}
