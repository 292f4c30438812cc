package io.rwopguard.failover.plan;

import io.rwopguard.config.VolumeRelease;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverRecord.Target;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Says what is to be done next in a failover that has been begun, by what is seen of the cluster
 * just now and not by what was done: a step may have been done by who led before, or undone.
 */
public final class FailoverPlanner {

  private FailoverPlanner() {}

  /** What to do. */
  public enum Act {
    /** Keep new Pods from the node. */
    TAINT,
    /** Ask the fence to stop the node. */
    FENCE,
    /** Delete the Pod, without waiting for its kubelet. */
    DELETE,
    /** Take a volume from the node. */
    RELEASE,
    /** Look again later. */
    WAIT,
    /** It has been done. */
    FINISH,
    /** It need not be done any more, and nothing has been. */
    CALL_OFF
  }

  /**
   * The next step.
   *
   * @param target the volume to release
   * @param why what is waited for, or why it is called off
   */
  public record Next(Act act, Optional<Target> target, String why) {

    private static Next of(Act act) {
      return new Next(act, Optional.empty(), "");
    }

    private static Next of(Act act, String why) {
      return new Next(act, Optional.empty(), why);
    }
  }

  /** How the Pod that is replaced is now. */
  public enum OldPod {
    THERE,
    /** Its deletion has been forced, and a finalizer keeps it. */
    FINALIZED,
    GONE
  }

  /**
   * What is seen of a volume that the Pod leaves behind.
   *
   * @param attached whether its VolumeAttachment to the node is still there
   * @param beingDetached whether that is being deleted
   * @param inUse whether the node counts it among its volumes in use
   */
  public record Volume(boolean attached, boolean beingDetached, boolean inUse) {}

  /**
   * What is seen of the cluster.
   *
   * @param nodeIsBack whether the node has renewed its Lease since
   * @param nodeIsGone whether the node's object has been deleted
   * @param tainted whether it has our taint
   * @param outOfService whether it has the taint of that name
   * @param fenced whether the fence has confirmed
   * @param volumes by the claim's name
   * @param successorRuns whether a Pod that came after runs
   */
  public record Sight(
      boolean nodeIsBack,
      boolean nodeIsGone,
      boolean tainted,
      boolean outOfService,
      boolean fenced,
      OldPod oldPod,
      Map<String, Volume> volumes,
      boolean successorRuns) {

    public Sight {
      volumes = Map.copyOf(volumes);
    }
  }

  /** The next step of a failover. */
  public static Next next(FailoverRecord record, Sight sight) {
    boolean acts = !sight.nodeIsBack();
    if (sight.oldPod() == OldPod.THERE) {
      if (!acts) {
        return Next.of(
            Act.CALL_OFF,
            "node %s is back, and Pod %s is still there".formatted(record.node(), record.pod()));
      }
      if (!sight.tainted() && !sight.nodeIsGone()) {
        return Next.of(Act.TAINT);
      }
      if (record.needsFence() && !sight.fenced()) {
        return Next.of(Act.FENCE);
      }
      return Next.of(Act.DELETE);
    }
    if (sight.oldPod() == OldPod.FINALIZED) {
      return Next.of(
          Act.WAIT,
          "a finalizer keeps Pod %s; whoever set it has to take it away".formatted(record.pod()));
    }
    Optional<Target> unreleased =
        record.volumes().stream()
            .filter(target -> acts && !sight.nodeIsGone())
            .filter(target -> isToBeReleased(target, sight))
            .findFirst();
    if (unreleased.isPresent()) {
      return new Next(Act.RELEASE, unreleased, "");
    }
    Optional<Target> attached =
        record.volumes().stream().filter(target -> volume(target, sight).attached()).findFirst();
    if (attached.isPresent()) {
      return Next.of(
          Act.WAIT,
          "the volume of claim %s is still attached to node %s%s"
              .formatted(attached.get().claim(), record.node(), patience(attached.get())));
    }
    return sight.successorRuns()
        ? Next.of(Act.FINISH)
        : Next.of(Act.WAIT, "the Pod that comes after %s does not run yet".formatted(record.pod()));
  }

  private static String patience(Target target) {
    return target.release() == VolumeRelease.POD_ONLY
        ? "; Kubernetes takes it away after six minutes (rwop-guard.failover.release=pod-only)"
        : "";
  }

  private static boolean isToBeReleased(Target target, Sight sight) {
    Volume volume = volume(target, sight);
    if (!volume.attached()) {
      return false;
    }
    return switch (target.release()) {
      case POD_ONLY -> false;
      case VOLUME -> volume.inUse();
      case OUT_OF_SERVICE -> !sight.outOfService();
      case ATTACHMENT -> !volume.beingDetached();
    };
  }

  private static Volume volume(Target target, Sight sight) {
    return sight.volumes().getOrDefault(target.claim(), new Volume(false, false, false));
  }

  /** The step that a sight shows to be done beyond what the record has; in their order. */
  public static FailoverRecord seen(FailoverRecord record, Sight sight, Instant now) {
    FailoverRecord seen = record;
    if (sight.tainted()) {
      seen = seen.with(Step.TAINTED, now);
    }
    if (sight.oldPod() == OldPod.GONE) {
      seen = seen.with(Step.DELETED, now);
      boolean released =
          record.volumes().stream().noneMatch(target -> isToBeReleased(target, sight));
      boolean detached =
          record.volumes().stream().noneMatch(target -> volume(target, sight).attached());
      seen = released ? seen.with(Step.RELEASED, now) : seen;
      seen = detached ? seen.with(Step.DETACHED, now) : seen;
      seen = detached && sight.successorRuns() ? seen.with(Step.RUNNING, now) : seen;
    }
    return seen;
  }
}
