package io.rwopguard.failover.plan;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.plan.FailoverRecord.Outcome;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Plans the next step of a failover from the observed state alone. An earlier leader may have done
 * a step, or a person may have undone it, so the record's own history decides nothing.
 *
 * <p>The invariant that everything rests on: while a fence that a target needs has not confirmed,
 * no state of the Pod or Node object leads to {@link Act#DECLARE_OUT_OF_SERVICE}, {@link
 * Act#DELETE} or {@link Act#RELEASE}.
 */
public final class FailoverPlanner {

  private FailoverPlanner() {}

  /** The actions of a failover. */
  public enum Act {
    /** Taint the node, so that no new Pod is scheduled to it. */
    TAINT,
    /** Ask the fences that the targets need. */
    FENCE,
    /**
     * Set the out-of-service taint, which states that the node is off, before the Pod is deleted.
     * Kubernetes detaches the volumes of a deleted Pod after six minutes in any case. A driver that
     * revokes access only under the taint has to find it then, whatever delays this controller.
     */
    DECLARE_OUT_OF_SERVICE,
    /** Delete the Pod without waiting for its kubelet. */
    DELETE,
    /** Detach a volume from the node. */
    RELEASE,
    /** Remove our out-of-service taint, because the node is back or the targets are detached. */
    WITHDRAW,
    /** Observe again later. */
    WAIT,
    /** End the failover. */
    FINISH
  }

  /**
   * The next step.
   *
   * @param target the volume to detach
   * @param outcome the outcome of a failover that ends
   * @param why the condition that the failover waits for, or the reason for its end
   */
  public record Next(
      Act act, Optional<FailoverTarget> target, Optional<Outcome> outcome, String why) {

    private static Next of(Act act) {
      return new Next(act, Optional.empty(), Optional.empty(), "");
    }

    private static Next waiting(String why) {
      return new Next(Act.WAIT, Optional.empty(), Optional.empty(), why);
    }

    /** Returns the same step with an addition to its reason. */
    public Next adding(String more) {
      return new Next(act, target, outcome, why.isEmpty() ? more : why + "; " + more);
    }

    private static Next end(Outcome outcome, String why) {
      return new Next(Act.FINISH, Optional.empty(), Optional.of(outcome), why);
    }
  }

  /** The state of the Pod that is replaced. */
  public enum OldPod {
    THERE,
    /** Its deletion is forced, and a finalizer keeps the object. */
    FINALIZED,
    GONE
  }

  /** The state of the node that stopped renewing its Lease. */
  public enum Node {
    SILENT,
    /** It renewed its Lease after the decision. */
    BACK,
    /**
     * The Node object was deleted, or another one has its name. This proves nothing about the
     * machine.
     */
    GONE
  }

  /**
   * The state of a volume that the old Pod leaves behind.
   *
   * @param attached whether its VolumeAttachment to the node exists
   * @param beingDetached whether that VolumeAttachment is being deleted
   * @param inUse whether the node lists it among its volumes in use
   */
  public record Volume(boolean attached, boolean beingDetached, boolean inUse) {

    /** A volume without a VolumeAttachment. */
    public static final Volume DETACHED = new Volume(false, false, false);
  }

  /**
   * The observed state.
   *
   * @param tainted whether the node has our taint, as strong as it has to be, or no object to taint
   * @param outOfService whether the node has an out-of-service taint, of any origin
   * @param ownOutOfService whether that taint is ours, and no other failover needs it
   * @param fenced whether every fence that a target needs has confirmed, for this boot of the node
   * @param volumes the volumes, by the claim's name
   * @param successorRuns whether another Pod on the same claims is ready
   * @param pointless the reason why there is nothing left to fail over; empty if there is
   */
  public record Observed(
      Node node,
      boolean tainted,
      boolean outOfService,
      boolean ownOutOfService,
      boolean fenced,
      OldPod oldPod,
      Map<String, Volume> volumes,
      boolean successorRuns,
      String pointless) {

    public Observed {
      volumes = Map.copyOf(volumes);
    }

    /**
     * Returns the same state without an out-of-service taint to withdraw, since the taint has to
     * stay.
     */
    public Observed keepingOutOfService() {
      return new Observed(
          node, tainted, outOfService, false, fenced, oldPod, volumes, successorRuns, pointless);
    }
  }

  /** Plans the next step. */
  public static Next next(
      FailoverRecord record, List<FailoverTarget> targets, Observed observed, Instant now) {
    if (observed.node() == Node.BACK) {
      return nodeIsBack(record, targets, observed);
    }
    Optional<String> hopeless = hopeless(record, observed, now);
    if (hopeless.isPresent()) {
      return giveUp(record, targets, observed, hopeless.get());
    }
    if (!observed.tainted()) {
      return Next.of(Act.TAINT);
    }
    boolean needsFence = targets.stream().anyMatch(FailoverTarget::fence);
    if (needsFence && !observed.fenced()) {
      return Next.of(Act.FENCE);
    }
    if (observed.oldPod() == OldPod.THERE && cannotBeDeclared(targets, observed)) {
      return Next.waiting(
          "the Node object of node %s was deleted or replaced, so rwop-guard cannot set the out-of-service taint. The driver may revoke access only under that taint. If you know that the machine is off, delete Pod %s yourself"
              .formatted(record.node(), record));
    }
    if (observed.oldPod() == OldPod.THERE) {
      return isToBeDeclared(targets, observed)
          ? Next.of(Act.DECLARE_OUT_OF_SERVICE)
          : Next.of(Act.DELETE);
    }
    if (observed.oldPod() == OldPod.FINALIZED) {
      return Next.waiting(
          "a finalizer keeps Pod %s, and its owner has to remove the finalizer. List it with: kubectl get pod -n %s %s -o jsonpath={.metadata.finalizers}"
              .formatted(record.pod(), record.namespace(), record.pod()));
    }
    return detached(record, targets, observed);
  }

  private static boolean cannotBeDeclared(List<FailoverTarget> targets, Observed observed) {
    return observed.node() == Node.GONE
        && targets.stream().anyMatch(target -> isDetachedUnderTaint(target, observed));
  }

  private static boolean isToBeDeclared(List<FailoverTarget> targets, Observed observed) {
    return observed.node() == Node.SILENT
        && targets.stream()
            .filter(target -> target.isOutOfService())
            .anyMatch(target -> isToBeReleased(target, observed));
  }

  /**
   * Gives up. The taint stays while a volume may be detached under it: without it, a driver that
   * evaluates it would leave the old node its access. It is removed once the node is back.
   */
  private static Next giveUp(
      FailoverRecord record, List<FailoverTarget> targets, Observed observed, String why) {
    if (!observed.ownOutOfService()) {
      return Next.end(Outcome.GAVE_UP, why);
    }
    boolean nothingDetaches =
        observed.oldPod() == OldPod.THERE
            || (!targets.isEmpty()
                && targets.stream().noneMatch(target -> isDetachedUnderTaint(target, observed)));
    return nothingDetaches
        ? Next.of(Act.WITHDRAW)
        : Next.end(
            Outcome.GAVE_UP,
            "%s. Node %s keeps the taint node.kubernetes.io/out-of-service until it renews its Lease, because a volume of Pod %s may still be detached under it. If the node is permanently gone and nothing is attached to it, remove the taint yourself"
                .formatted(why, record.node(), record));
  }

  private static boolean isDetachedUnderTaint(FailoverTarget target, Observed observed) {
    return target.isOutOfService() && volume(target, observed).attached();
  }

  private static Next detached(
      FailoverRecord record, List<FailoverTarget> targets, Observed observed) {
    Optional<FailoverTarget> unreleased =
        targets.stream()
            .filter(target -> observed.node() == Node.SILENT)
            .filter(target -> isToBeReleased(target, observed))
            .findFirst();
    if (unreleased.isPresent()) {
      return new Next(Act.RELEASE, unreleased, Optional.empty(), "");
    }
    Optional<FailoverTarget> attached =
        targets.stream().filter(target -> volume(target, observed).attached()).findFirst();
    if (attached.isPresent()) {
      return Next.waiting(
          "the volume of claim %s is still attached to node %s%s"
              .formatted(attached.get().claim(), record.node(), patience(attached.get())));
    }
    if (observed.ownOutOfService()) {
      return Next.of(Act.WITHDRAW);
    }
    return observed.successorRuns()
        ? Next.end(Outcome.DONE, "")
        : Next.waiting("no Pod that replaces %s is ready yet".formatted(record.pod()));
  }

  /**
   * Plans the end of a failover whose node is back. Nothing destructive happens any more, because
   * the node itself reports what it does.
   */
  private static Next nodeIsBack(
      FailoverRecord record, List<FailoverTarget> targets, Observed observed) {
    if (observed.ownOutOfService()) {
      return Next.of(Act.WITHDRAW);
    }
    if (observed.oldPod() == OldPod.THERE) {
      return Next.end(
          Outcome.CANCELED,
          "node %s is back, and Pod %s still exists".formatted(record.node(), record.pod()));
    }
    boolean attached = targets.stream().anyMatch(target -> volume(target, observed).attached());
    // without targets it is unknown what is attached
    return observed.successorRuns() && !attached && !targets.isEmpty()
        ? Next.end(Outcome.DONE, "")
        : Next.end(
            Outcome.NODE_BACK,
            "node %s is back; Kubernetes completes the rest".formatted(record.node()));
  }

  private static Optional<String> hopeless(FailoverRecord record, Observed observed, Instant now) {
    if (!observed.pointless().isEmpty()) {
      return Optional.of(observed.pointless());
    }
    return now.isAfter(record.decided().plus(FailoverRecord.GIVEN_UP_AFTER))
        ? Optional.of(
            "it did not complete within %d minutes. See the events of the Pod, the claim and the node. Detach the volume yourself once you know that the node is off"
                .formatted(FailoverRecord.GIVEN_UP_AFTER.toMinutes()))
        : Optional.empty();
  }

  private static String patience(FailoverTarget target) {
    return target.release() == VolumeRelease.POD_ONLY
        ? "; Kubernetes detaches it after six minutes (rwop-guard.failover.release=pod-only)"
        : "";
  }

  private static boolean isToBeReleased(FailoverTarget target, Observed observed) {
    Volume volume = volume(target, observed);
    if (!volume.attached()) {
      return false;
    }
    return switch (target.release()) {
      case POD_ONLY -> false;
      case VOLUME -> volume.inUse();
      case OUT_OF_SERVICE -> !observed.outOfService();
      case ATTACHMENT -> !volume.beingDetached();
    };
  }

  private static Volume volume(FailoverTarget target, Observed observed) {
    return observed.volumes().getOrDefault(target.claim(), Volume.DETACHED);
  }

  /** Adds to a record the steps that the observed state shows to be complete, in their order. */
  public static FailoverRecord observe(
      FailoverRecord record, List<FailoverTarget> targets, Observed observed, Instant now) {
    FailoverRecord more = record;
    if (observed.tainted() && observed.node() == Node.SILENT) {
      more = more.with(Step.TAINTED, now);
    }
    if (observed.fenced() && targets.stream().anyMatch(FailoverTarget::fence)) {
      more = more.with(Step.FENCED, now);
    }
    if (observed.oldPod() == OldPod.GONE) {
      more = more.with(Step.DELETED, now);
      boolean released = targets.stream().noneMatch(target -> isToBeReleased(target, observed));
      boolean detached = targets.stream().noneMatch(target -> volume(target, observed).attached());
      more = released ? more.with(Step.RELEASED, now) : more;
      more = detached ? more.with(Step.DETACHED, now) : more;
      more = detached && observed.successorRuns() ? more.with(Step.RUNNING, now) : more;
    }
    return more;
  }
}
