package io.rwopguard.failover.execution;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.detection.NodeReevaluation;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.FailoverPlanner;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.report.FailoverAnnotations;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.kube.ConditionLog;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Carries out failovers step by step, and plans each step on the state that it has just observed.
 * Before a step that cannot be undone, it evaluates again what allowed the failover to start.
 */
public final class FailoverWorker {

  /** The number of steps in one run: steps that may follow at once do, but not without end. */
  private static final int STEPS_AT_ONCE = 12;

  /** The pause between two runs at first. A failover that takes minutes is observed less often. */
  private static final Duration SOON = Duration.ofMillis(400);

  private static final Duration LATER = Duration.ofSeconds(2);
  private static final Duration LONG = Duration.ofMinutes(1);

  private final ActiveFailovers failovers;
  private final FailoverStore objects;
  private final FailoverSteps steps;
  private final FailoverChecks checks;
  private final FailoverAnnotations annotations;
  private final FailoverActions acts;
  private final OutOfServiceTaints outOfService;
  private final Optional<? extends Fence> fence;
  private final FailoverReporter speaker;
  private final Clocks clocks;

  FailoverWorker(
      ActiveFailovers failovers,
      FailoverStore objects,
      FailoverSteps steps,
      FailoverChecks checks,
      FailoverAnnotations annotations,
      FailoverActions acts,
      OutOfServiceTaints outOfService,
      Optional<? extends Fence> fence,
      FailoverReporter speaker,
      Clocks clocks) {
    this.failovers = failovers;
    this.objects = objects;
    this.steps = steps;
    this.checks = checks;
    this.annotations = annotations;
    this.acts = acts;
    this.outOfService = outOfService;
    this.fence = fence;
    this.speaker = speaker;
    this.clocks = clocks;
  }

  /** Removes the out-of-service taint of a node that is back, between other writes to the taint. */
  public void removing(String node, Runnable removal) {
    outOfService.removing(node, removal);
  }

  /** Adds taints again that were withdrawn too early. */
  public void putBackTaints() {
    outOfService.putBack();
  }

  /** Adopts earlier withdrawals: this replica leads, and has read the earlier leaders' records. */
  public void tookOver() {
    outOfService.tookOver();
  }

  /** Forgets all withdrawals, since another replica leads. */
  public void clear() {
    outOfService.clear();
  }

  /** Returns whether a failover is to be observed again by now. */
  public boolean isDue(ActiveFailover each) {
    return clocks.nanos() - each.nextLook >= 0;
  }

  /** Returns whether the round of probes that a failover waited for has ended. */
  public boolean isProbed(ActiveFailover each, NodeReevaluation evaluation) {
    return each.awaitsProbes && evaluation.isProbed(each.record().node(), checks.probedSince(each));
  }

  /**
   * Runs the steps of one failover that are possible now.
   *
   * @param evaluation of its node
   * @param paused returns at any moment why nothing may be done; empty if it may
   * @param liveNodes the nodes that could run the Pod
   */
  public void run(
      ActiveFailover each,
      NodeReevaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      Supplier<Collection<NodeFacts>> liveNodes) {
    long now = clocks.nanos();
    boolean young = now - each.started < LONG.toNanos();
    each.nextLook = now + (young ? SOON : LATER).toNanos();
    each.awaitsProbes = false;
    if (!each.record().has(Step.DELETED)) {
      // requests a round of probes, which runs during the steps before the deletion
      var unused = evaluation.isProbed(each.record().node(), checks.probedSince(each));
    }
    if (each.changedElsewhere) {
      ActiveFailovers.Reloaded reloaded = failovers.reload(each);
      if (reloaded == ActiveFailovers.Reloaded.ENDED) {
        speaker.dropped(each.record());
      }
      if (reloaded != ActiveFailovers.Reloaded.RESUMED) {
        return;
      }
    }
    for (int i = 0; i < STEPS_AT_ONCE; i++) {
      if (!(step(each, evaluation, paused, liveNodes) instanceof StepResult.Continue)) {
        return;
      }
    }
  }

  /** Carries out one step, and reports what holds it up. */
  private StepResult step(
      ActiveFailover each,
      NodeReevaluation evaluation,
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
            acts.taint(record, targets),
            failovers.isOutOfServiceNeededBeside(each),
            fenced,
            checks.pointless(each));
    if (seen.observed().node() != Node.BACK) {
      each.backSince = OptionalLong.empty();
    }
    if (seen.observed().oldPod() != OldPod.THERE) {
      each.needsOutOfService = !derived || FailoverActions.needsOutOfService(targets, seen);
    }
    if (derived) {
      warnIfGoneUnfenced(each, targets, seen);
      if (!failovers.keep(
          each,
          current -> FailoverPlanner.observe(current, targets, seen.observed(), clocks.now()))) {
        return StepResult.WAIT;
      }
      speaker.observed(record, each.record());
    }
    Next next = plan(each, targets, seen);
    if (!derived && !isSafeWithoutTargets(next)) {
      return heldUp(each, notDerived.orElseThrow(), seen);
    }
    return switch (next.act()) {
      case FINISH -> end(each, next, seen, evaluation);
      case WAIT -> {
        speaker.waits(each.record(), next.why());
        yield StepResult.WAIT;
      }
      // never held up, since it only undoes an earlier step
      case WITHDRAW -> outOfService.withdraw(each, seen) ? StepResult.CONTINUE : StepResult.WAIT;
      default -> {
        if (FailoverChecks.isBeforeDeletion(next.act()) && clocks.nanos() - each.refusedUntil < 0) {
          yield StepResult.WAIT;
        }
        Optional<Refusal> held = checks.held(each, next.act(), evaluation, paused, liveNodes, seen);
        if (held.isPresent()) {
          yield heldUp(each, held.get(), seen);
        }
        // a new evaluation may have chosen another way to detach the volumes
        if (!each.targets.equals(Optional.of(targets))) {
          yield StepResult.CONTINUE;
        }
        StepResult result =
            acts.act(next, new FailoverActions.Situation(each, targets, evaluation, paused, seen));
        yield result instanceof StepResult.HeldUp heldUp
            ? heldUp(each, heldUp.why(), seen)
            : result;
      }
    };
  }

  private Next plan(ActiveFailover each, List<FailoverTarget> targets, FailoverSteps.Seen seen) {
    Instant now = clocks.now();
    Next next = FailoverPlanner.next(each.record(), targets, seen.observed(), now);
    if (next.act() != Act.WITHDRAW || !outOfService.mustStay(each, seen)) {
      return next;
    }
    return FailoverPlanner.next(each.record(), targets, seen.observed().keepingOutOfService(), now)
        .adding(
            "node %s keeps the taint %s until it renews its Lease, because another volume may still be detached under the taint"
                .formatted(each.record().node(), FailoverTaints.OUT_OF_SERVICE_KEY));
  }

  /** Derives the targets. A failed read must not keep a node tainted that is back. */
  private Optional<Refusal> derive(ActiveFailover each, Supplier<Collection<NodeFacts>> liveNodes) {
    try {
      return checks.derive(each, liveNodes);
    } catch (KubernetesClientException e) {
      each.targets = Optional.empty();
      return Optional.of(
          new Refusal(
              RefusalReason.UNKNOWN_VOLUME,
              "Pod %s, its claims or its volumes could not be read: %s. rwop-guard tries again. If this lasts, grant the controller the rights that the chart's README lists"
                  .formatted(each.record(), ConditionLog.textOf(e))));
    }
  }

  /**
   * Waits. The obstacle to a deletion may last, so the node does not stay out of service meanwhile.
   */
  private StepResult heldUp(ActiveFailover each, Refusal why, FailoverSteps.Seen seen) {
    if (why.reason() == RefusalReason.AWAITING_PROBES) {
      // every failover waits a second or so for probes, which is not worth a report
      each.nextLook = clocks.nanos();
      each.awaitsProbes = true;
      return StepResult.WAIT;
    }
    speaker.waits(each.record(), "held up: " + why);
    if (seen.observed().oldPod() == OldPod.THERE) {
      // another failover of the node must not withdraw the taint while a deletion may need it
      each.needsOutOfService = outOfService.mayBeDeleted(each, OldPod.THERE);
      if (seen.observed().ownOutOfService() && !outOfService.mustStay(each, seen)) {
        outOfService.withdraw(each, seen);
      }
    }
    return StepResult.WAIT;
  }

  private static boolean isSafeWithoutTargets(Next next) {
    return next.act() == Act.WITHDRAW
        || (next.act() == Act.FINISH && next.outcome().filter(Outcome.DONE::equals).isEmpty());
  }

  private void warnIfGoneUnfenced(
      ActiveFailover each, List<FailoverTarget> targets, FailoverSteps.Seen seen) {
    boolean needsFence = targets.stream().anyMatch(FailoverTarget::fence);
    if (needsFence
        && !seen.observed().fenced()
        // a fence that was undone later was in effect when this controller deleted the Pod
        && !(each.record().has(Step.FENCED) && (each.deleted || each.record().has(Step.DELETED)))
        && seen.observed().oldPod() == OldPod.GONE
        && seen.observed().node() != Node.BACK
        && !each.unfencedAndGone) {
      each.unfencedAndGone = true;
      speaker.goneUnfenced(each.record());
    }
  }

  private StepResult end(
      ActiveFailover each, Next next, FailoverSteps.Seen seen, NodeReevaluation evaluation) {
    Outcome outcome = next.outcome().orElseThrow();
    FailoverRecord record = each.record();
    if (outcome == Outcome.NODE_BACK
        && record.requestedBy().isEmpty()
        && evaluation.refusal(record, seen.node(), OptionalLong.empty()).isEmpty()) {
      // it was back only for a moment: the same volumes must be detached again
      String boot = seen.node().map(NodeReader::bootId).orElse("");
      String renewTime = objects.nodeLease(record.node()).map(NodeReader::renewTime).orElse("");
      // an administrator who vouched meanwhile saw the earlier silence, which has ended
      failovers.keepIf(
          each,
          current -> current.requestedBy().isEmpty(),
          current -> current.forSilence(renewTime, boot));
      return StepResult.WAIT;
    }
    if (!failovers.end(each, outcome)) {
      return StepResult.WAIT;
    }
    speaker.ended(record, outcome, next.why());
    annotations.showEnd(record.endedBy(outcome), outcome);
    speaker.traceEnded(record, outcome);
    return StepResult.WAIT;
  }
}
