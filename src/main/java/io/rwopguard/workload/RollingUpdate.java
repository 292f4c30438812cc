package io.rwopguard.workload;

/**
 * How a Deployment or DaemonSet replaces its Pods when it does so one after the other; for a
 * Deployment resolved as its controller does it (k8s.io/kubernetes pkg/controller/deployment/util
 * ResolveFenceposts).
 *
 * @param maxUnavailable Pods that may be missing meanwhile
 * @param field where that is decided: a Deployment's maxUnavailable, a DaemonSet's maxSurge
 */
public record RollingUpdate(int maxUnavailable, FieldPath field) {

  /** Resolves the two limits, each a number or a percentage of the replicas. */
  static RollingUpdate resolve(
      String maxSurge, String maxUnavailable, int replicas, FieldPath rollingUpdate) {
    long surge = resolve(maxSurge, replicas, true, rollingUpdate.field("maxSurge"));
    FieldPath field = rollingUpdate.field("maxUnavailable");
    long unavailable = resolve(maxUnavailable, replicas, false, field);
    // an update that may neither add nor take away a Pod could never begin
    boolean stuck = surge == 0 && unavailable == 0;
    return new RollingUpdate(stuck ? 1 : (int) Math.min(unavailable, replicas), field);
  }

  private static long resolve(String limit, int replicas, boolean up, FieldPath field) {
    try {
      if (!limit.endsWith("%")) {
        return Long.parseLong(limit);
      }
      long hundredths = Long.parseLong(limit.substring(0, limit.length() - 1)) * replicas;
      return Math.floorDiv(up ? hundredths + 99 : hundredths, 100L);
    } catch (NumberFormatException e) {
      throw new MalformedObjectException(field, "a number or a percentage", limit);
    }
  }
}
