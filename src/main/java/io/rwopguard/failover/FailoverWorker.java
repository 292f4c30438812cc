package io.rwopguard.failover;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.Failovers.InProgress;
import io.rwopguard.failover.plan.FailoverPlanner;
import io.rwopguard.failover.plan.FailoverPlanner.Act;
import io.rwopguard.failover.plan.FailoverPlanner.Next;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.OwnTaints;
import io.rwopguard.failover.plan.Reason;
import io.rwopguard.failover.plan.Refusal;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
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

  private final Failovers failovers;
  private final FailoverObjects objects;
  private final FailoverSteps steps;
  private final FailoverChecks checks;
  private final FailoverAnnotations annotations;
  private final NodeCoverage coverage;
  private final Optional<? extends Fence> fence;
  private final Predicate<String> keepsStaleMappings;
  private final Speaker speaker;
  private final Clocks clocks;

  /** By node: what must not happen while its out-of-service taint is withdrawn. */
  private final Map<String, Object> locks = new ConcurrentHashMap<>();

  FailoverWorker(
      Failovers failovers,
      FailoverObjects objects,
      FailoverSteps steps,
      FailoverChecks checks,
      FailoverAnnotations annotations,
      NodeCoverage coverage,
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
    this.fence = fence;
    this.keepsStaleMappings = keepsStaleMappings;
    this.speaker = speaker;
    this.clocks = clocks;
  }

  /** Whether a failover is to be observed again by now. */
  boolean isDue(InProgress each) {
    return clocks.nanos() - each.nextLook >= 0;
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
    if (each.changedElsewhere && !failovers.reload(each)) {
      speaker.dropped(each.record());
      return;
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
    Optional<Refusal> notDerived = checks.derive(each, liveNodes);
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
    each.needsOutOfService = !derived || needsOutOfService(targets, seen);
    if (derived) {
      warnIfGoneUnfenced(each, targets, seen);
      if (!failovers.keep(
          each, FailoverPlanner.observe(record, targets, seen.observed(), clocks.now()))) {
        return false;
      }
    }
    Next next = FailoverPlanner.next(each.record(), targets, seen.observed(), clocks.now());
    if (!derived && !isSafeWithoutTargets(next)) {
      speaker.waits(each.record(), notDerived.map(why -> "held up: " + why).orElse("held up"));
      return false;
    }
    return switch (next.act()) {
      case FINISH -> end(each, next, seen, evaluation);
      case WAIT -> {
        speaker.waits(each.record(), next.why());
        yield false;
      }
      case WITHDRAW -> {
        // never held up: it gives something back
        withdraw(each, seen);
        // if not, the node changed meanwhile: it is observed again at once
        yield true;
      }
      default -> {
        Optional<Refusal> held = checks.held(each, next.act(), evaluation, paused, liveNodes, seen);
        if (held.filter(why -> why.reason() == Reason.AWAITING_PROBES).isPresent()) {
          // a second or so in every failover, and no news
          each.nextLook = clocks.nanos();
          yield false;
        }
        if (held.isPresent()) {
          speaker.waits(each.record(), "held up: " + held.get());
          yield false;
        }
        yield act(each, next, targets, seen);
      }
    };
  }

  private static boolean needsOutOfService(List<FailoverTarget> targets, FailoverSteps.Seen seen) {
    return targets.stream()
        .filter(target -> target.release() == VolumeRelease.OUT_OF_SERVICE)
        .anyMatch(target -> seen.observed().volumes().get(target.claim()).attached());
  }

  /**
   * Another failover from the node that starts meanwhile deletes its Pod only after this: a driver
   * that revokes under the taint alone must find it there when it detaches.
   */
  private void withdraw(InProgress each, FailoverSteps.Seen seen) {
    synchronized (lockOf(each.record().node())) {
      boolean needed =
          failovers.isOutOfServiceNeededBeside(each) && seen.observed().node() != Node.BACK;
      if (!needed && steps.withdraw(seen)) {
        speaker.step(
            each.record(), "removed the out-of-service taint of node " + each.record().node());
      }
    }
  }

  private Object lockOf(String node) {
    return locks.computeIfAbsent(node, name -> new Object());
  }

  private static boolean isSafeWithoutTargets(Next next) {
    return next.act() == Act.WITHDRAW
        || (next.act() == Act.FINISH && next.outcome().filter(Outcome.DONE::equals).isEmpty());
  }

  private boolean act(
      InProgress each, Next next, List<FailoverTarget> targets, FailoverSteps.Seen seen) {
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
      case DELETE -> {
        synchronized (lockOf(record.node())) {
          if (steps.delete(record, seen)) {
            each.deleted = true;
            speaker.step(record, "its object is deleted");
          }
        }
        return true;
      }
      case RELEASE -> {
        return release(each, next.target().orElseThrow(), seen);
      }
      default -> throw new IllegalStateException("no step: " + next);
    }
  }

  private Taint taint(FailoverRecord record, List<FailoverTarget> targets) {
    boolean stale = targets.stream().map(FailoverTarget::driver).anyMatch(keepsStaleMappings);
    return stale ? OwnTaints.untilRebootOf(record.bootId()) : OwnTaints.FAILED_OVER;
  }

  private boolean release(InProgress each, FailoverTarget target, FailoverSteps.Seen seen) {
    FailoverRecord record = each.record();
    FailoverTarget used = target;
    if (target.release() == VolumeRelease.OUT_OF_SERVICE) {
      Optional<Refusal> uncovered = coverage.refusal(record, each.targets.orElse(List.of()));
      if (uncovered.isPresent()) {
        if (coverage.needsOutOfService(target)) {
          speaker.waits(record, "held up: " + uncovered.get());
          return false;
        }
        speaker.step(
            record, "released by `volume` instead of `out-of-service`: " + uncovered.get());
        used = target.releasedBy(VolumeRelease.VOLUME);
        if (!seen.observed().volumes().get(target.claim()).inUse()) {
          speaker.waits(
              record, "the volume of claim %s is being detached".formatted(target.claim()));
          return false;
        }
      }
    }
    if (releaseOneByOne(used, record, seen)) {
      speaker.step(
          record,
          "the volume of claim %s is detached from node %s (%s)"
              .formatted(used.claim(), record.node(), used.release()));
    }
    return true;
  }

  /**
   * Of many failovers from one node each writes to the same Node object: one after the other, on
   * the object as it is by then, instead of one that succeeds and many that conflict.
   */
  private boolean releaseOneByOne(
      FailoverTarget target, FailoverRecord record, FailoverSteps.Seen seen) {
    synchronized (lockOf(record.node())) {
      String uid = seen.node().map(json -> json.path("metadata").path("uid").asText()).orElse("");
      return objects
          .node(record.node())
          .filter(json -> json.path("metadata").path("uid").asText().equals(uid))
          .map(json -> steps.release(target, seen.on(json)))
          .orElse(false);
    }
  }

  private void warnIfGoneUnfenced(
      InProgress each, List<FailoverTarget> targets, FailoverSteps.Seen seen) {
    boolean needsFence = targets.stream().anyMatch(FailoverTarget::fence);
    if (needsFence
        && !seen.observed().fenced()
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
    annotations.showEnd(record.endedBy(outcome), outcome);
    speaker.ended(record, outcome, next.why());
    return false;
  }
}
