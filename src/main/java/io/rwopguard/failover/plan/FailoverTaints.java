package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.NodeFacts.Taint;

/** The taints that failover sets on a node and removes again. */
public final class FailoverTaints {

  /** The key of the taint that keeps new Pods from a node that may only be back for a moment. */
  public static final String FAILED_OVER_KEY = "rwop-guard.io/failed-over";

  private static final String NO_SCHEDULE = "NoSchedule";
  private static final String REBOOT = "reboot-";
  private static final String UNKNOWN = "unknown";
  private static final int LONGEST_VALUE = 63;

  /** The taint that keeps new Pods from a node that may only be back for a moment. */
  public static final Taint FAILED_OVER = new Taint(FAILED_OVER_KEY, "true", NO_SCHEDULE);

  /** The key {@code TaintNodeOutOfService} of k8s.io/api core/v1. */
  public static final String OUT_OF_SERVICE_KEY = "node.kubernetes.io/out-of-service";

  /**
   * The taint that lets the attach/detach controller and PodGC act at once. Both evaluate the key
   * alone, and with this effect no controller evicts the node's other Pods.
   */
  public static final Taint OUT_OF_SERVICE =
      new Taint(OUT_OF_SERVICE_KEY, "rwop-guard", "NoSchedule");

  private FailoverTaints() {}

  /**
   * Returns the taint for a node whose drivers keep stale mappings. It is removed only once the
   * node has another boot ID. If the boot ID was unknown, only a person removes it.
   */
  public static Taint untilRebootOf(String bootId) {
    String value = REBOOT + (bootId.isEmpty() ? UNKNOWN : bootId);
    return new Taint(
        FAILED_OVER_KEY,
        value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE),
        NO_SCHEDULE);
  }

  /** Returns whether a taint keeps a node tainted for as long as another one would. */
  public static boolean isAsStrongAs(Taint taint, Taint wanted) {
    return isFailedOver(taint)
        && (taint.value().equals(wanted.value()) || !wanted.value().startsWith(REBOOT));
  }

  /** Returns whether a taint lasts until a reboot. */
  public static boolean isUntilReboot(Taint taint) {
    return isFailedOver(taint) && taint.value().startsWith(REBOOT);
  }

  /** Returns whether a node with this boot ID has to reboot before this taint may be removed. */
  public static boolean waitsForReboot(Taint taint, String bootId) {
    return isUntilReboot(taint)
        && (bootId.isEmpty()
            || taint.value().equals(untilRebootOf("").value())
            || taint.value().equals(untilRebootOf(bootId).value()));
  }

  /** Returns whether a taint is one of ours. */
  public static boolean isOwn(Taint taint) {
    return isFailedOver(taint) || isOwnOutOfService(taint);
  }

  /**
   * Returns whether a taint is the one that keeps new Pods from a node after a failover from it.
   */
  public static boolean isFailedOver(Taint taint) {
    return taint.key().equals(FAILED_OVER_KEY);
  }

  /** Returns whether a taint is the out-of-service taint, set by rwop-guard. */
  public static boolean isOwnOutOfService(Taint taint) {
    return taint.key().equals(OUT_OF_SERVICE_KEY) && taint.value().equals(OUT_OF_SERVICE.value());
  }
}
