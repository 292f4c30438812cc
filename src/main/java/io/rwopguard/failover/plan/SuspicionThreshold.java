package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.Heartbeats.Silence;
import java.time.Duration;

/**
 * Evaluates when a node without a renewal becomes suspect. A kubelet renews its Lease four times in
 * the Lease duration (k8s.io/kubernetes pkg/kubelet/kubelet.go: renewIntervalFraction 0.25).
 */
public final class SuspicionThreshold {

  /** The Lease duration that {@code suspect-after} assumes, the kubelet's default. */
  private static final int USUAL_LEASE_SECONDS = 40;

  private static final Duration SHORTEST = Duration.ofSeconds(3);

  private final Duration after;

  public SuspicionThreshold(Duration after) {
    this.after = after;
  }

  /** Returns how long a node with such a Lease may miss renewals before it is suspect. */
  public Duration after(Duration lease) {
    long seconds = Math.max(1, lease.toSeconds());
    Duration scaled =
        seconds == USUAL_LEASE_SECONDS
            ? after
            : after.multipliedBy(seconds).dividedBy(USUAL_LEASE_SECONDS);
    return scaled.compareTo(SHORTEST) > 0 ? scaled : SHORTEST;
  }

  /** Returns whether a node is suspect after this silence. */
  public boolean isSuspect(Silence silence) {
    return silence.duration().compareTo(after(silence.lease())) >= 0;
  }

  /**
   * Returns whether a renewal is expected at any moment, so that it is time to probe the node. A
   * kubelet renews after a quarter of the Lease and up to 4 % more.
   */
  public static boolean isOverdue(Silence silence) {
    return lasts(silence, 21, 80);
  }

  /** Returns whether a renewal is overdue, so that it is time to probe more closely. */
  public static boolean isLate(Silence silence) {
    return lasts(silence, 3, 10);
  }

  /**
   * Returns whether a silence lasts for this part of the Lease. It runs for every node several
   * times a second, so it avoids the arithmetic of {@link Duration}, which uses {@link
   * java.math.BigDecimal}.
   */
  private static boolean lasts(Silence silence, int numerator, int denominator) {
    long lease = silence.lease().toNanos();
    long part = lease / denominator * numerator + lease % denominator * numerator / denominator;
    return silence.duration().toNanos() >= part;
  }
}
