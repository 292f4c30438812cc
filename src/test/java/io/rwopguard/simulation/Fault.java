package io.rwopguard.simulation;

/**
 * A fault, or an action of people.
 *
 * @param at when, in nanoseconds
 * @param subject the index of the node, the replica or the workload
 * @param lasts for how long, in nanoseconds; zero or less forever
 * @param detail a number whose meaning depends on the kind
 */
record Fault(Kind kind, long at, int subject, long lasts, int detail) {

  /** The kinds of faults. */
  enum Kind {
    NODE_OFF,
    NODE_CUT_FROM_API,
    NODE_CUT_FROM_ALL,
    KUBELET_DOWN,
    PACKETS_LOST,
    SLOW_API,
    REPLICA_CUT_FROM_API,
    REPLICA_SUSPENDED,
    REPLICA_CRASH,
    REQUEST_ACCIDENT,
    WATCH_HANGS,
    FORCE_DELETE,
    DELETE_POD,
    CORDON,
    PAUSE,
    SCALE_TO_ZERO,
    OPT_OUT,
    DELETE_CLAIM,
    DELETE_WORKLOAD,
    RECREATE
  }

  long end() {
    return at + Math.max(0, lasts);
  }

  @Override
  public String toString() {
    return "%s(%d) at %.1f s for %s, detail %d"
        .formatted(
            kind,
            subject,
            at / (double) VirtualTime.SECOND,
            lasts <= 0 ? "ever" : lasts / VirtualTime.SECOND + " s",
            detail);
  }
}
