package io.rwopguard.config;

/** The place of the short grace period of a Pod with a ReadWriteOncePod volume. */
public enum GraceProfile {
  /** The Pod has the short grace period, so that every deletion ends it at once. */
  POD,
  /**
   * Only its liveness probes have it, so that only the restart of an unhealthy container is quick.
   */
  PROBE
}
