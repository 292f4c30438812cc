package io.rwopguard.failover.execution;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.VersionedWrites;
import io.rwopguard.failover.detection.NodeReevaluation;
import io.rwopguard.failover.eligibility.NodeCoverage;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Carries out the steps of a failover that cannot be undone: taint, fence, delete, detach. It
 * checks the state in memory once more directly before each write.
 */
final class FailoverActions {

  /** The pause after a refused deletion, which is mostly refused again. */
  private static final long REFUSED_FOR = Duration.ofSeconds(30).toNanos();

  /**
   * The codes of definite refusals: 408 and 429 say nothing about an earlier request. 404, 409 and
   * 422 are denials here, since {@link VersionedWrites} tells them from a Pod that has changed.
   */
  private static final Set<Integer> REFUSALS = Set.of(400, 401, 403, 404, 405, 409, 422);

  /**
   * The state that a step acts on.
   *
   * @param evaluation of the failover's node
   * @param paused returns at any moment why nothing may be done; empty if it may
   * @param seen the state that was observed before the step was planned
   */
  record Situation(
      ActiveFailover each,
      List<FailoverTarget> targets,
      NodeReevaluation evaluation,
      Supplier<Optional<Refusal>> paused,
      FailoverSteps.Seen seen) {

    FailoverRecord record() {
      return each.record();
    }
  }

  private final ActiveFailovers failovers;
  private final FailoverStore objects;
  private final FailoverSteps steps;
  private final FailoverChecks checks;
  private final NodeCoverage coverage;
  private final OutOfServiceTaints outOfService;
  private final Optional<? extends Fence> fence;
  private final Predicate<String> keepsStaleMappings;
  private final FailoverReporter speaker;
  private final Clocks clocks;

  FailoverActions(
      ActiveFailovers failovers,
      FailoverStore objects,
      FailoverSteps steps,
      FailoverChecks checks,
      NodeCoverage coverage,
      OutOfServiceTaints outOfService,
      Optional<? extends Fence> fence,
      Predicate<String> keepsStaleMappings,
      FailoverReporter speaker,
      Clocks clocks) {
    this.failovers = failovers;
    this.objects = objects;
    this.steps = steps;
    this.checks = checks;
    this.coverage = coverage;
    this.outOfService = outOfService;
    this.fence = fence;
    this.keepsStaleMappings = keepsStaleMappings;
    this.speaker = speaker;
    this.clocks = clocks;
  }

  static boolean needsOutOfService(List<FailoverTarget> targets, FailoverSteps.Seen seen) {
    return targets.stream()
        .filter(FailoverTarget::isOutOfService)
        .anyMatch(target -> seen.observed().volumes().get(target.claim()).attached());
  }

  /** Carries out the planned step, after all checks that precede it. */
  StepResult act(Next next, Situation now) {
    FailoverRecord record = now.record();
    switch (next.act()) {
      case TAINT -> {
        if (steps.taint(now.seen(), taint(record, now.targets()))) {
          speaker.step(
              record, "tainted node %s, so that it accepts no new Pods".formatted(record.node()));
        }
        return StepResult.CONTINUE;
      }
      case FENCE -> {
        Fence.Answer answer =
            fence
                .map(asked -> asked.ask(record, now.targets()))
                .orElse(
                    new Fence.Answer(
                        false,
                        "no fence is configured any more (rwop-guard.failover.fences), but the settings state that a fence stops the writers of this driver. Configure the fence again"));
        speaker.waits(
            record,
            answer.confirmed()
                ? "every fence has confirmed"
                : "the fence has not confirmed that node %s is stopped: %s"
                    .formatted(record.node(), answer.text()));
        return answer.confirmed() ? StepResult.CONTINUE : StepResult.WAIT;
      }
      case DECLARE_OUT_OF_SERVICE -> {
        now.each().needsOutOfService = true;
        return declare(now);
      }
      case DELETE -> {
        return delete(now);
      }
      case RELEASE -> {
        return release(next.target().orElseThrow(), now);
      }
      default -> throw new IllegalStateException("no step: " + next);
    }
  }

  /** Returns the taint that keeps new Pods from the node. */
  Taint taint(FailoverRecord record, List<FailoverTarget> targets) {
    boolean stale = targets.stream().map(FailoverTarget::driver).anyMatch(keepsStaleMappings);
    return stale ? FailoverTaints.untilRebootOf(record.bootId()) : FailoverTaints.FAILED_OVER;
  }

  /** Sets the out-of-service taint before the deletion, or chooses to detach each volume. */
  private StepResult declare(Situation now) {
    ActiveFailover each = now.each();
    List<FailoverTarget> targets = now.targets();
    Optional<Refusal> uncovered = whyNotDeclared(each, targets);
    if (uncovered.isPresent()) {
      speaker.step(
          each.record(),
          "volumes will be detached with release=volume instead of release=out-of-service: "
              + uncovered.get());
      each.byVolume = true;
      each.targets = Optional.of(targets.stream().map(FailoverTarget::byVolume).toList());
      return StepResult.CONTINUE;
    }
    FailoverTarget target =
        targets.stream().filter(FailoverTarget::isOutOfService).findFirst().orElseThrow();
    return releaseOneByOne(
        Act.DECLARE_OUT_OF_SERVICE,
        target,
        now,
        "set the out-of-service taint on node %s".formatted(each.record().node()));
  }

  /**
   * Returns why the volumes are not detached by the out-of-service taint, although another way
   * exists. Empty if the taint may be set.
   */
  private Optional<Refusal> whyNotDeclared(ActiveFailover each, List<FailoverTarget> targets) {
    if (targets.stream().anyMatch(coverage::needsOutOfService)) {
      // the checks before this step have just covered that
      return Optional.empty();
    }
    try {
      return coverage.refusal(each.record(), targets);
    } catch (KubernetesClientException e) {
      return Optional.of(
          new Refusal(
              RefusalReason.UNCOVERED_NODE,
              "the other Pods and volumes on node %s could not be read: %s. Allow the controller to list Pods and VolumeAttachments"
                  .formatted(each.record().node(), ConditionLog.textOf(e))));
    }
  }

  private StepResult delete(Situation now) {
    ActiveFailover each = now.each();
    String node = each.record().node();
    Optional<Refusal> refusal = Optional.empty();
    if (needsOutOfService(now.targets(), now.seen())) {
      each.needsOutOfService = true;
      synchronized (outOfService.lockOf(node)) {
        // another failover may have withdrawn the taint since it was observed
        if (outOfService.isDeclared(node)) {
          refusal = deleteNow(now);
        }
      }
    } else {
      refusal = deleteNow(now);
    }
    return StepResult.unless(refusal);
  }

  private Optional<Refusal> deleteNow(Situation now) {
    ActiveFailover each = now.each();
    FailoverRecord record = each.record();
    Optional<Refusal> refusal =
        checks.atLast(each, Act.DELETE, now.evaluation(), now.paused(), now.seen());
    if (refusal.isPresent()) {
      return refusal;
    }
    Optional<Long> before = outOfService.sending(each);
    try {
      boolean deleted = steps.delete(record, now.seen());
      outOfService.answered(each, before);
      if (deleted) {
        each.deleted = true;
        speaker.step(record, "deleted the Pod object");
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
              RefusalReason.CHANGED,
              "the API server refuses to delete Pod %s: %s. rwop-guard tries again. Fix the webhook or the permission that the answer names"
                  .formatted(record, ConditionLog.textOf(e))));
    }
  }

  private StepResult release(FailoverTarget target, Situation now) {
    ActiveFailover each = now.each();
    FailoverRecord record = each.record();
    FailoverTarget used = target;
    if (target.isOutOfService()) {
      Optional<Refusal> uncovered = coverage.refusal(record, each.targets.orElse(List.of()));
      if (uncovered.isPresent()) {
        if (coverage.needsOutOfService(target)) {
          speaker.waits(record, "held up: " + uncovered.get());
          return StepResult.WAIT;
        }
        speaker.step(
            record,
            "detaching with release=volume instead of release=out-of-service: " + uncovered.get());
        used = target.byVolume();
        if (!now.seen().observed().volumes().get(target.claim()).inUse()) {
          speaker.waits(
              record, "the volume of claim %s is being detached".formatted(target.claim()));
          return StepResult.WAIT;
        }
      }
    }
    return releaseOneByOne(
        Act.RELEASE,
        used,
        now,
        "detaching the volume of claim %s from node %s (%s)"
            .formatted(used.claim(), record.node(), used.release()));
  }

  /**
   * Writes to the Node object in turn, since many failovers from one node write to it. Each write
   * uses the object as it is by then. Otherwise one would succeed and many would conflict.
   */
  private StepResult releaseOneByOne(
      Act act, FailoverTarget target, Situation before, String done) {
    ActiveFailover each = before.each();
    FailoverSteps.Seen seen = before.seen();
    FailoverRecord record = each.record();
    Optional<Refusal> refusal = Optional.empty();
    synchronized (outOfService.lockOf(record.node())) {
      String uid = seen.node().map(json -> KubeObject.of(json).uid()).orElse("");
      Optional<FailoverSteps.Seen> now =
          objects
              .node(record.node())
              .filter(json -> KubeObject.of(json).uid().equals(uid))
              .map(seen::on);
      if (now.isPresent()) {
        refusal = checks.atLast(each, act, before.evaluation(), before.paused(), now.get());
        if (refusal.isEmpty() && steps.release(target, now.get())) {
          if (target.isOutOfService()) {
            failovers.declared().add(record.node());
          }
          speaker.step(record, done);
        }
      }
    }
    return StepResult.unless(refusal);
  }
}
