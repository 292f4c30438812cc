package io.rwopguard.failover;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.cluster.Problems;
import io.rwopguard.failover.Failovers.InProgress;
import io.rwopguard.failover.plan.FailoverPlanner;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.OwnTaints;
import io.rwopguard.failover.plan.Reason;
import io.rwopguard.failover.plan.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Carries failovers on, one step after another, each planned on what was just observed. Before a
 * step that cannot be undone it evaluates again whatever allowed the failover to start.
 */
final class FailoverWorker {

  /** Steps that follow at once on one another are done in one go, but not without end. */
  private static final int STEPS_AT_ONCE = 12;

  /** At first it observes often; what takes minutes less often. */
  private static final Duration SOON = Duration.ofMillis(400);

  private static final Duration LATER = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofMinutes(1);

  /** A deletion that was refused is refused again, mostly. */
  private static final long REFUSED_FOR = Duration.ofSeconds(30).toNanos();

  /**
   * Definite refusals: 408 and 429 say nothing of a request before. 404, 409 and 422 are denials
   * here, since {@link VersionedWrites} tells them from a Pod that has changed.
   */
  private static final Set<Integer> REFUSALS = Set.of(400, 401, 403, 404, 405, 409, 422);

  private final Failovers failovers;
  private final FailoverObjects objects;
  private final FailoverSteps steps;
  private final FailoverChecks checks;
  private final FailoverAnnotations annotations;
  private final NodeCoverage coverage;
  private final OutOfService outOfService;
  private final Optional<? extends Fence> fence;
  private final Predicate<String> keepsStaleMappings;
  private final Speaker speaker;
  private final Clocks clocks;

  FailoverWorker(
      Failovers failovers,
      FailoverObjects objects,
      FailoverSteps steps,
      FailoverChecks checks,
      FailoverAnnotations annotations,
      NodeCoverage coverage,
      OutOfService outOfService,
      Optional<? extends Fence> fence,
      Predicate<String> keepsStaleMappings,
      Speaker speaker,
      Clocks clocks) {
    this.failovers = failovers;
    this.objects = objects;
    this.steps = steps;
    this.checks = checks;
    this.annotations = annotations;
    this.coverage = coverage;
    this.outOfService = outOfService;
    this.fence = fence;
    this.keepsStaleMappings = keepsStaleMappings;
    this.speaker = speaker;
    this.clocks = clocks;
  }

  /** Puts taints back that were withdrawn too early. */
  void putBackTaints() {
    outOfService.putBack();
  }

  /** This replica leads now, and has read the records of earlier leaders. */
  void tookOver() {
    outOfService.tookOver();
  }

  /** Another replica leads. */
  void clear() {
    outOfService.clear();
  }

  /** Whether a failover is to be observed again by now. */
  boolean isDue(InProgress each) {
    return clocks.nanos() - each.nextLook >= 0;
  }

  /** Whether the round of probes that a failover waited for has ended. */
  boolean isProbed(InProgress each, NodeEvaluation evaluation) {
    return each.awaitsProbes && evaluation.isProbed(each.record().node(), checks.probedSince(each));
  }

  /**
   * Carries one failover on.
   *
   * @param evaluation of its node
   * @param paused tells at any moment why nothing may be done; empty if it may
   * @param liveNodes those that could run the Pod
   */
  void run(
      InProgress each,
      NodeEvaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      Supplier<Collection<NodeFacts>> liveNodes) {
    long now = clocks.nanos();
    boolean young = now - each.begun < LONG.toNanos();
    each.nextLook = now + (young ? SOON : LATER).toNanos();
    each.awaitsProbes = false;
    if (!each.record().has(Step.DELETED)) {
      // it is made beside the steps that come before the deletion
      var unused = evaluation.isProbed(each.record().node(), checks.probedSince(each));
    }
    if (each.changedElsewhere) {
      Failovers.Reloaded reloaded = failovers.reload(each);
      if (reloaded == Failovers.Reloaded.ENDED) {
        speaker.dropped(each.record());
      }
      if (reloaded != Failovers.Reloaded.RESUMED) {
        return;
      }
    }
    for (int i = 0; i < STEPS_AT_ONCE; i++) {
      if (!step(each, evaluation, paused, liveNodes)) {
        return;
      }
    }
  }

  /** Does one step; false if there is nothing more to do now. */
  private boolean step(
      InProgress each,
      NodeEvaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      Supplier<Collection<NodeFacts>> liveNodes) {
    Optional<Refusal> notDerived = derive(each, liveNodes);
    FailoverRecord record = each.record();
    boolean derived = each.targets.isPresent();
    List<FailoverTarget> targets = each.targets.orElse(List.of());
    boolean fenced = fence.map(asked -> asked.isConfirmed(record, targets)).orElse(false);
    FailoverSteps.Seen seen =
        steps.observe(
            record,
            targets,
            taint(record, targets),
            failovers.isOutOfServiceNeededBeside(each),
            fenced,
            checks.pointless(each));
    if (seen.observed().node() != Node.BACK) {
      each.backSince = OptionalLong.empty();
    }
    if (seen.observed().oldPod() != OldPod.THERE) {
      each.needsOutOfService = !derived || needsOutOfService(targets, seen);
    }
    if (derived) {
      warnIfGoneUnfenced(each, targets, seen);
      if (!failovers.keep(
          each, FailoverPlanner.observe(record, targets, seen.observed(), clocks.now()))) {
        return false;
      }
    }
    Next next = plan(each, targets, seen);
    if (!derived && !isSafeWithoutTargets(next)) {
      return heldUp(each, notDerived.orElseThrow(), seen);
    }
    return switch (next.act()) {
      case FINISH -> end(each, next, seen, evaluation);
      case WAIT -> {
        speaker.waits(each.record(), next.why());
        yield false;
      }
      // never held up: it gives something back
      case WITHDRAW -> outOfService.withdraw(each, seen);
      default -> {
        if (FailoverChecks.isBeforeDeletion(next.act()) && clocks.nanos() - each.refusedUntil < 0) {
          yield false;
        }
        Optional<Refusal> held = checks.held(each, next.act(), evaluation, paused, liveNodes, seen);
        if (held.isPresent()) {
          yield heldUp(each, held.get(), seen);
        }
        // what was judged again meanwhile may have to be released in another way
        yield !each.targets.equals(Optional.of(targets))
            || act(each, next, targets, evaluation, paused, seen);
      }
    };
  }

  private Next plan(InProgress each, List<FailoverTarget> targets, FailoverSteps.Seen seen) {
    Instant now = clocks.now();
    Next next = FailoverPlanner.next(each.record(), targets, seen.observed(), now);
    if (next.act() != Act.WITHDRAW || !outOfService.mustStay(each, seen)) {
      return next;
    }
    return FailoverPlanner.next(each.record(), targets, seen.observed().keepingOutOfService(), now)
        .adding(
            "node %s keeps the taint %s until it renews its Lease, since another volume may still be detached under it"
                .formatted(each.record().node(), OwnTaints.OUT_OF_SERVICE_KEY));
  }

  /** What cannot be read is not known, and keeps no node that is back tainted. */
  private Optional<Refusal> derive(InProgress each, Supplier<Collection<NodeFacts>> liveNodes) {
    try {
      return checks.derive(each, liveNodes);
    } catch (KubernetesClientException e) {
      each.targets = Optional.empty();
      return Optional.of(
          new Refusal(
              Reason.UNKNOWN_VOLUME,
              "Pod %s, its claims or its volumes could not be read, which is tried again: %s; if it lasts, give the controller the rights that the chart's README lists"
                  .formatted(each.record(), Problems.textOf(e))));
    }
  }

  /**
   * Waits. What holds a deletion up may last, so that the node is not kept out of service for it.
   */
  private boolean heldUp(InProgress each, Refusal why, FailoverSteps.Seen seen) {
    if (why.reason() == Reason.AWAITING_PROBES) {
      // a second or so in every failover, and no news
      each.nextLook = clocks.nanos();
      each.awaitsProbes = true;
      return false;
    }
    speaker.waits(each.record(), "held up: " + why);
    if (seen.observed().oldPod() == OldPod.THERE) {
      // another failover of the node must not withdraw the taint while it may have to be there
      each.needsOutOfService = outOfService.mayBeDeleted(each, OldPod.THERE);
      if (seen.observed().ownOutOfService() && !outOfService.mustStay(each, seen)) {
        outOfService.withdraw(each, seen);
      }
    }
    return false;
  }

  private static boolean needsOutOfService(List<FailoverTarget> targets, FailoverSteps.Seen seen) {
    return targets.stream()
        .filter(FailoverTarget::isOutOfService)
        .anyMatch(target -> seen.observed().volumes().get(target.claim()).attached());
  }

  private static boolean isSafeWithoutTargets(Next next) {
    return next.act() == Act.WITHDRAW
        || (next.act() == Act.FINISH && next.outcome().filter(Outcome.DONE::equals).isEmpty());
  }

  private boolean act(
      InProgress each,
      Next next,
      List<FailoverTarget> targets,
      NodeEvaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      FailoverSteps.Seen seen) {
    FailoverRecord record = each.record();
    switch (next.act()) {
      case TAINT -> {
        if (steps.taint(seen, taint(record, targets))) {
          speaker.step(record, "node %s takes no new Pods".formatted(record.node()));
        }
        return true;
      }
      case FENCE -> {
        Fence.Answer answer =
            fence
                .map(asked -> asked.ask(record, targets))
                .orElse(
                    new Fence.Answer(
                        false,
                        "no fence is configured any more (rwop-guard.failover.fences), but the driver is stated to be stopped by one"));
        speaker.waits(
            record,
            answer.confirmed()
                ? "every fence has confirmed"
                : "the fence has not stopped node %s: %s".formatted(record.node(), answer.text()));
        return answer.confirmed();
      }
      case DECLARE_OUT_OF_SERVICE -> {
        each.needsOutOfService = true;
        return declare(each, targets, evaluation, paused, seen);
      }
      case DELETE -> {
        return delete(each, targets, evaluation, paused, seen);
      }
      case RELEASE -> {
        return release(each, next.target().orElseThrow(), evaluation, paused, seen);
      }
      default -> throw new IllegalStateException("no step: " + next);
    }
  }

  private Taint taint(FailoverRecord record, List<FailoverTarget> targets) {
    boolean stale = targets.stream().map(FailoverTarget::driver).anyMatch(keepsStaleMappings);
    return stale ? OwnTaints.untilRebootOf(record.bootId()) : OwnTaints.FAILED_OVER;
  }

  /** Sets the out-of-service taint before the deletion, or chooses another way to release. */
  private boolean declare(
      InProgress each,
      List<FailoverTarget> targets,
      NodeEvaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      FailoverSteps.Seen seen) {
    Optional<Refusal> uncovered = whyNotDeclared(each, targets);
    if (uncovered.isPresent()) {
      speaker.step(
          each.record(),
          "will be released by `volume` instead of `out-of-service`: " + uncovered.get());
      each.byVolume = true;
      each.targets = Optional.of(targets.stream().map(FailoverTarget::byVolume).toList());
      return true;
    }
    FailoverTarget target =
        targets.stream().filter(FailoverTarget::isOutOfService).findFirst().orElseThrow();
    return releaseOneByOne(
        each,
        Act.DECLARE_OUT_OF_SERVICE,
        target,
        evaluation,
        paused,
        seen,
        "node %s is called out of service".formatted(each.record().node()));
  }

  /** Why a volume that another way releases as well is not released by calling the node off. */
  private Optional<Refusal> whyNotDeclared(InProgress each, List<FailoverTarget> targets) {
    if (targets.stream().anyMatch(coverage::needsOutOfService)) {
      // that was checked just now
      return Optional.empty();
    }
    try {
      return coverage.refusal(each.record(), targets);
    } catch (KubernetesClientException e) {
      return Optional.of(
          new Refusal(
              Reason.UNCOVERED_NODE,
              "what else is on node %s could not be read: %s; let the controller list Pods and VolumeAttachments"
                  .formatted(each.record().node(), Problems.textOf(e))));
    }
  }

  private boolean delete(
      InProgress each,
      List<FailoverTarget> targets,
      NodeEvaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      FailoverSteps.Seen seen) {
    String node = each.record().node();
    Optional<Refusal> refusal = Optional.empty();
    if (needsOutOfService(targets, seen)) {
      each.needsOutOfService = true;
      synchronized (outOfService.lockOf(node)) {
        // another failover may have withdrawn the taint since it was observed
        if (outOfService.isDeclared(node)) {
          refusal = deleteNow(each, evaluation, paused, seen);
        }
      }
    } else {
      refusal = deleteNow(each, evaluation, paused, seen);
    }
    return refusal.map(why -> heldUp(each, why, seen)).orElse(true);
  }

  private Optional<Refusal> deleteNow(
      InProgress each,
      NodeEvaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      FailoverSteps.Seen seen) {
    FailoverRecord record = each.record();
    Optional<Refusal> refusal = checks.atLast(each, Act.DELETE, evaluation, paused, seen);
    if (refusal.isPresent()) {
      return refusal;
    }
    Optional<Long> before = outOfService.sending(each);
    try {
      boolean deleted = steps.delete(record, seen);
      outOfService.answered(each, before);
      if (deleted) {
        each.deleted = true;
        speaker.step(record, "its object is deleted");
      }
      return Optional.empty();
    } catch (KubernetesClientException e) {
      if (!REFUSALS.contains(e.getCode())) {
        throw e;
      }
      outOfService.answered(each, before);
      each.refusedUntil = clocks.nanos() + REFUSED_FOR;
      return Optional.of(
          new Refusal(
              Reason.CHANGED,
              "the API server refuses the deletion of Pod %s, which is tried again: %s; correct the webhook or the right that this names"
                  .formatted(record, Problems.textOf(e))));
    }
  }

  private boolean release(
      InProgress each,
      FailoverTarget target,
      NodeEvaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      FailoverSteps.Seen seen) {
    FailoverRecord record = each.record();
    FailoverTarget used = target;
    if (target.isOutOfService()) {
      Optional<Refusal> uncovered = coverage.refusal(record, each.targets.orElse(List.of()));
      if (uncovered.isPresent()) {
        if (coverage.needsOutOfService(target)) {
          speaker.waits(record, "held up: " + uncovered.get());
          return false;
        }
        speaker.step(
            record, "released by `volume` instead of `out-of-service`: " + uncovered.get());
        used = target.byVolume();
        if (!seen.observed().volumes().get(target.claim()).inUse()) {
          speaker.waits(
              record, "the volume of claim %s is being detached".formatted(target.claim()));
          return false;
        }
      }
    }
    return releaseOneByOne(
        each,
        Act.RELEASE,
        used,
        evaluation,
        paused,
        seen,
        "the volume of claim %s is detached from node %s (%s)"
            .formatted(used.claim(), record.node(), used.release()));
  }

  /**
   * Of many failovers from one node each writes to the same Node object: one after the other, on
   * the object as it is by then, instead of one that succeeds and many that conflict.
   */
  private boolean releaseOneByOne(
      InProgress each,
      Act act,
      FailoverTarget target,
      NodeEvaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      FailoverSteps.Seen seen,
      String done) {
    FailoverRecord record = each.record();
    Optional<Refusal> refusal = Optional.empty();
    synchronized (outOfService.lockOf(record.node())) {
      String uid = seen.node().map(json -> json.path("metadata").path("uid").asText()).orElse("");
      Optional<FailoverSteps.Seen> now =
          objects
              .node(record.node())
              .filter(json -> json.path("metadata").path("uid").asText().equals(uid))
              .map(seen::on);
      if (now.isPresent()) {
        refusal = checks.atLast(each, act, evaluation, paused, now.get());
        if (refusal.isEmpty() && steps.release(target, now.get())) {
          if (target.isOutOfService()) {
            failovers.declared().add(record.node());
          }
          speaker.step(record, done);
        }
      }
    }
    return refusal.map(why -> heldUp(each, why, seen)).orElse(true);
  }

  private void warnIfGoneUnfenced(
      InProgress each, List<FailoverTarget> targets, FailoverSteps.Seen seen) {
    boolean needsFence = targets.stream().anyMatch(FailoverTarget::fence);
    if (needsFence
        && !seen.observed().fenced()
        // a fence that ended later was in effect when this controller deleted the Pod
        && !(each.record().has(Step.FENCED) && (each.deleted || each.record().has(Step.DELETED)))
        && seen.observed().oldPod() == OldPod.GONE
        && seen.observed().node() != Node.BACK
        && !each.unfencedAndGone) {
      each.unfencedAndGone = true;
      speaker.goneUnfenced(each.record());
    }
  }

  private boolean end(
      InProgress each, Next next, FailoverSteps.Seen seen, NodeEvaluation evaluation) {
    Outcome outcome = next.outcome().orElseThrow();
    FailoverRecord record = each.record();
    if (outcome == Outcome.NODE_BACK
        && record.requestedBy().isEmpty()
        && evaluation.refusal(record, seen.node(), OptionalLong.empty()).isEmpty()) {
      // it came back for a moment only: the same volumes have to go again
      String boot = seen.node().map(NodeReader::bootId).orElse("");
      failovers.keep(
          each,
          record.forSilence(
              objects.nodeLease(record.node()).map(ClusterView::renewTime).orElse(""), boot));
      return false;
    }
    if (!failovers.end(each, outcome)) {
      return false;
    }
    speaker.ended(record, outcome, next.why());
    annotations.showEnd(record.endedBy(outcome), outcome);
    return false;
  }
}
