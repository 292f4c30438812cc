package io.rwopguard.model;

/**
 * The way in which a Deployment or DaemonSet replaces its Pods one after another. A Deployment's
 * limits are resolved like in its controller (k8s.io/kubernetes pkg/controller/deployment/util
 * ResolveFenceposts).
 *
 * @param maxUnavailable Pods that may be missing in the meantime
 * @param field the field that decides on it: a Deployment's maxUnavailable, a DaemonSet's maxSurge
 */
public record RollingUpdate(int maxUnavailable, FieldPath field) {

  /** Resolves the two limits, each a number or a percentage of the replicas. */
  static RollingUpdate resolve(
      String maxSurge, String maxUnavailable, int replicas, FieldPath rollingUpdate) {
    long surge = resolve(maxSurge, replicas, true, rollingUpdate.field("maxSurge"));
    FieldPath field = rollingUpdate.field("maxUnavailable");
    long unavailable = resolve(maxUnavailable, replicas, false, field);
    // an update that may neither add nor delete a Pod could never start
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
