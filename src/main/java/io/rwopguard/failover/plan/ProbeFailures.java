package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.ProbeSchedule.Target;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Remembers the endpoints that failed last, including those that are not probed at present. It
 * decides when a failed probe is repeated, and which endpoints yield to others. All times are of
 * {@link System#nanoTime}. It is not safe for use by several threads.
 */
final class ProbeFailures {

  /**
   * The usual interval: short enough to have an answer within any minute, even if a few are lost.
   */
  static final long USUAL = Duration.ofSeconds(20).toNanos();

  static final long CLOSER = Duration.ofMillis(900).toNanos();

  /** The number of times that the interval is doubled after failures until it is the usual one. */
  private static final int DOUBLED = 5;

  /**
   * The number of failures, each after another renewal, after which an earlier answer does not
   * count. They take about two minutes at the usual interval, and more than a minute at any
   * interval.
   */
  private static final int RENEWALS = 7;

  /** The time without a probe after which an endpoint that failed is worth another one. */
  private static final long HOLDS = Duration.ofMinutes(5).toNanos();

  /**
   * The failures of an endpoint since its last answer.
   *
   * @param doubled the number of times that the interval until the next probe is doubled
   * @param renewals the number of times that its node renewed its Lease between two failures
   * @param renewTime the last renewal of the node's Lease before the last failure
   */
  private record Failing(int failures, int doubled, int renewals, String renewTime, long last) {}

  private final Map<Target, Failing> failing = new HashMap<>();

  /** Forgets the failures of an endpoint that answered. */
  void answered(Target target) {
    failing.remove(target);
  }

  /**
   * Records a failed probe.
   *
   * @param closer whether the endpoint is probed closely now, so that the interval is not doubled
   * @param renewTime the last renewal of the node's Lease, or empty
   */
  void failed(Target target, boolean closer, String renewTime, long now) {
    Failing before = failing.getOrDefault(target, new Failing(0, 0, 0, renewTime, now));
    failing.put(
        target,
        new Failing(
            before.failures() + 1,
            closer ? 0 : before.doubled() + 1,
            before.renewals() + (before.renewTime().equals(renewTime) ? 0 : 1),
            renewTime,
            now));
  }

  /** Returns the interval after which an endpoint is probed again if it is not probed closely. */
  long interval(Target target) {
    Failing it = failing.get(target);
    return it == null || it.doubled() >= DOUBLED ? USUAL : CLOSER << it.doubled();
  }

  /** Returns whether enough probes in a row failed, the last of them not long ago. */
  boolean hasFailed(Target target, long now) {
    Failing it = failing.get(target);
    return it != null && it.failures() >= Reachability.FAILURES && now - it.last() < HOLDS;
  }

  /** Returns whether an endpoint has failed while its node kept renewing its Lease. */
  boolean isBlocked(Target target) {
    Failing it = failing.get(target);
    return it != null && it.renewals() >= RENEWALS;
  }

  /** Returns the time since the last failure, or the longest possible time if there was none. */
  long sinceLast(Target target, long now) {
    Failing it = failing.get(target);
    return it == null ? Long.MAX_VALUE : now - it.last();
  }

  /** Forgets all endpoints but these. */
  void keep(Predicate<Target> known) {
    failing.keySet().removeIf(known.negate());
  }
}
