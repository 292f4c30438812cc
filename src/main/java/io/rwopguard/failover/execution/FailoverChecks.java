package io.rwopguard.failover.execution;

import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.detection.NodeReevaluation;
import io.rwopguard.failover.eligibility.CandidateSelector;
import io.rwopguard.failover.eligibility.NodeCoverage;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Checks the conditions for a step of a failover, each time again: what allowed a failover to start
 * may have changed since.
 */
final class FailoverChecks {

  /** The time after which the Pod, its workload and its claims are evaluated again. */
  private static final long JUDGED_FOR = Duration.ofSeconds(10).toNanos();

  /** The age up to which probes count at a deletion. Earlier ones prove nothing at that moment. */
  private static final long FRESH_PROBES = Duration.ofSeconds(5).toNanos();

  private final FailoverStore objects;
  private final FailoverSteps steps;
  private final CandidateSelector candidates;
  private final NodeCoverage coverage;
  private final Clocks clocks;

  FailoverChecks(
      FailoverStore objects,
      FailoverSteps steps,
      CandidateSelector candidates,
      NodeCoverage coverage,
      Clocks clocks) {
    this.objects = objects;
    this.steps = steps;
    this.candidates = candidates;
    this.coverage = coverage;
    this.clocks = clocks;
  }

  /** Derives the targets from the cluster if this process does not know them yet. */
  Optional<Refusal> derive(ActiveFailover each, Supplier<Collection<NodeFacts>> liveNodes) {
    if (each.targets.isPresent()) {
      return Optional.empty();
    }
    FailoverRecord record = each.record();
    if (steps.oldPod(record).isPresent()) {
      return judgeAgain(each, liveNodes);
    }
    each.targets = candidates.targets(record);
    each.judged = clocks.nanos();
    return each.targets.isPresent()
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                RefusalReason.UNKNOWN_VOLUME,
                "the claims of Pod %s, their volumes or the guarantee that stops their writer could not be determined from the cluster and the settings. rwop-guard tries again"
                    .formatted(record)));
  }

  private Optional<Refusal> judgeAgain(
      ActiveFailover each, Supplier<Collection<NodeFacts>> liveNodes) {
    FailoverRecord record = each.record();
    CandidateSelector.Verdict verdict =
        candidates.judge(record.namespace(), record.pod(), record.node(), liveNodes.get());
    boolean same = verdict.pod().filter(pod -> pod.uid().equals(record.podUid())).isPresent();
    Optional<Refusal> refusal =
        same
            ? verdict.refusal()
            : Optional.of(
                new Refusal(
                    RefusalReason.CHANGED,
                    "Pod %s was deleted or recreated after its failover started. rwop-guard does not touch another Pod of the same name"
                        .formatted(record)));
    List<FailoverTarget> targets =
        each.byVolume
            ? verdict.targets().stream().map(FailoverTarget::byVolume).toList()
            : verdict.targets();
    each.targets = refusal.isPresent() ? Optional.empty() : Optional.of(targets);
    each.judged = clocks.nanos();
    return refusal;
  }

  /**
   * Returns why there is nothing left to fail over once the Pod is gone; empty if there is. It
   * reads the cluster only from time to time.
   */
  String pointless(ActiveFailover each) {
    FailoverRecord record = each.record();
    long now = clocks.nanos();
    boolean gone = record.podUid().isEmpty() || record.has(Step.DELETED);
    if (!gone || now - each.checked < JUDGED_FOR) {
      return each.pointless;
    }
    each.checked = now;
    each.pointless = whyPointless(record);
    return each.pointless;
  }

  private String whyPointless(FailoverRecord record) {
    if (!candidates.claimsExist(record)) {
      return "claim %s does not exist any more".formatted(record.claim());
    }
    return record
        .workload()
        .filter(key -> !candidates.wantsReplacement(key, record.pod()))
        .map(
            key ->
                "%s no longer needs a Pod: it was deleted, is being deleted or is scaled to zero"
                    .formatted(key))
        .orElse("");
  }

  /** Returns why a step has to wait now, although the failover was started. */
  Optional<Refusal> held(
      ActiveFailover each,
      Act act,
      NodeReevaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      Supplier<Collection<NodeFacts>> liveNodes,
      FailoverSteps.Seen seen) {
    Optional<Refusal> refusal = paused.get();
    if (refusal.isPresent()) {
      return refusal;
    }
    if (act == Act.FENCE && seen.node().isEmpty()) {
      // the machine may still write, and Kubernetes continues without this controller
      return evaluation.unsteady();
    }
    refusal = optedOut(each, act, seen).or(() -> atLast(each, act, evaluation, paused, seen));
    if (refusal.isPresent() || !isBeforeDeletion(act)) {
      return refusal;
    }
    return coverage
        .beforeDeletion(each.record(), each.targets.orElse(List.of()))
        .or(
            () ->
                clocks.nanos() - each.judged < JUDGED_FOR
                    ? Optional.empty()
                    : judgeAgain(each, liveNodes))
        // the reads in between took time, so the freshest evidence comes last
        .or(() -> atLast(each, act, evaluation, paused, seen))
        .or(() -> renewed(each.record()));
  }

  /**
   * Returns a refusal if another actor deleted the Pod and its workload opted out. Without consent,
   * its volumes are not detached.
   */
  private Optional<Refusal> optedOut(ActiveFailover each, Act act, FailoverSteps.Seen seen) {
    return act == Act.RELEASE
            && !each.deleted
            && seen.observed().oldPod() == OldPod.GONE
            && each.record().workload().filter(candidates::optsOut).isPresent()
        ? Optional.of(
            new Refusal(
                RefusalReason.OPTED_OUT,
                "another client deleted Pod %s, and its workload was annotated rwop-guard.io/failover: disabled afterwards. Its volumes stay attached until Kubernetes detaches them six minutes after the deletion. To detach them earlier, remove the annotation"
                    .formatted(each.record())))
        : Optional.empty();
  }

  private Optional<Refusal> renewed(FailoverRecord record) {
    String renewTime = objects.nodeLease(record.node()).map(NodeReader::renewTime).orElse("");
    return renewTime.isEmpty() || renewTime.equals(record.renewTime())
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                RefusalReason.CHANGED,
                "node %s has just renewed its Lease, so it is not dead. The failover waits while the node renews it"
                    .formatted(record.node())));
  }

  /** Returns the earliest start of a round of probes that allows the deletion of the Pod now. */
  long probedSince(ActiveFailover each) {
    return Math.max(each.started, clocks.nanos() - FRESH_PROBES);
  }

  /** Returns whether a step prepares the deletion of the Pod, or is the deletion. */
  static boolean isBeforeDeletion(Act act) {
    return act == Act.DELETE || act == Act.DECLARE_OUT_OF_SERVICE;
  }

  /**
   * Returns why a write must not be sent, by the state in memory: failover is paused, or the node
   * is not considered dead. It is called again directly before the write, since the worker may have
   * waited for the API server and for other workers.
   */
  Optional<Refusal> atLast(
      ActiveFailover each,
      Act act,
      NodeReevaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      FailoverSteps.Seen seen) {
    Optional<Refusal> refusal = paused.get();
    if (refusal.isPresent()) {
      return refusal;
    }
    // after this controller's own deletion, a driver that revokes needs no dead node
    if (act == Act.RELEASE && each.deleted && !isNodeToBeOff(each)) {
      return Optional.empty();
    }
    boolean probed = isBeforeDeletion(act) || (act == Act.RELEASE && !each.deleted);
    return evaluation.refusal(
        each.record(),
        seen.node(),
        probed ? OptionalLong.of(probedSince(each)) : OptionalLong.empty());
  }

  private static boolean isNodeToBeOff(ActiveFailover each) {
    return each.targets.stream()
        .flatMap(List::stream)
        .anyMatch(target -> target.fence() || target.isOutOfService());
  }
}
