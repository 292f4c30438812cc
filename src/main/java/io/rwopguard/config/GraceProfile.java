package io.rwopguard.config;

/** Where the short grace period of a Pod with a ReadWriteOncePod volume goes. */
public enum GraceProfile {
  /** To the Pod: whatever ends it ends it at once. */
  POD,
  /** To its liveness probes: only the restart of an unhealthy container is quick. */
  PROBE
}
