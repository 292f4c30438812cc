package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.NodeFacts.Taint;

/** The taints that failover puts on a node, and takes back. */
public final class OwnTaints {

  /** The key of the taint that keeps new Pods from a node that may come back for a moment. */
  public static final String FAILED_OVER_KEY = "rwop-guard.io/failed-over";

  private static final String NO_SCHEDULE = "NoSchedule";
  private static final String REBOOT = "reboot-";
  private static final String UNKNOWN = "unknown";
  private static final int LONGEST_VALUE = 63;

  /** The taint that keeps new Pods from a node that may come back for a moment. */
  public static final Taint FAILED_OVER = new Taint(FAILED_OVER_KEY, "true", NO_SCHEDULE);

  /** k8s.io/api core/v1 TaintNodeOutOfService. */
  public static final String OUT_OF_SERVICE_KEY = "node.kubernetes.io/out-of-service";

  /**
   * Lets the attach/detach controller and PodGC act at once; both look at the key alone, and with
   * this effect nobody evicts the node's other Pods.
   */
  public static final Taint OUT_OF_SERVICE =
      new Taint(OUT_OF_SERVICE_KEY, "rwop-guard", "NoSchedule");

  private OwnTaints() {}

  /**
   * The taint for a node whose drivers keep stale mappings: it goes only once the node has another
   * boot ID. Where that was unknown, only a person removes it.
   */
  public static Taint untilRebootOf(String bootId) {
    String value = REBOOT + (bootId.isEmpty() ? UNKNOWN : bootId);
    return new Taint(
        FAILED_OVER_KEY,
        value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE),
        NO_SCHEDULE);
  }

  /** Whether a taint keeps a node as long as another one would. */
  public static boolean isAsStrongAs(Taint taint, Taint wanted) {
    return isFailedOver(taint)
        && (taint.value().equals(wanted.value()) || !wanted.value().startsWith(REBOOT));
  }

  /** Whether a taint is one that a reboot ends. */
  public static boolean isUntilReboot(Taint taint) {
    return isFailedOver(taint) && taint.value().startsWith(REBOOT);
  }

  /** Whether a node of this boot ID has to reboot before this taint may go. */
  public static boolean waitsForReboot(Taint taint, String bootId) {
    return isUntilReboot(taint)
        && (bootId.isEmpty()
            || taint.value().equals(untilRebootOf("").value())
            || taint.value().equals(untilRebootOf(bootId).value()));
  }

  /** Whether a taint is one of ours. */
  public static boolean isOwn(Taint taint) {
    return isFailedOver(taint) || isOwnOutOfService(taint);
  }

  /** Whether it keeps new Pods from a node that was failed over from. */
  public static boolean isFailedOver(Taint taint) {
    return taint.key().equals(FAILED_OVER_KEY);
  }

  /** Whether it is the out-of-service taint, set by rwop-guard. */
  public static boolean isOwnOutOfService(Taint taint) {
    return taint.key().equals(OUT_OF_SERVICE_KEY) && taint.value().equals(OUT_OF_SERVICE.value());
  }
}
