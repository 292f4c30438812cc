package io.rwopguard.failover.plan;

import io.rwopguard.model.ClaimKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Limits the failovers that start within an hour.
 *
 * @param maxPerClaimPerHour the limit for one claim
 * @param maxPerNodePerHour the limit for one node
 * @param maxPerHour the limit for the cluster
 */
public record Budget(int maxPerClaimPerHour, int maxPerNodePerHour, int maxPerHour) {

  /** The period that the limits apply to. Older failovers do not count. */
  public static final Duration HOUR = Duration.ofHours(1);

  /** A failover that was started. */
  public record Entry(Instant at, String node, Set<ClaimKey> claims) {

    public Entry {
      claims = Set.copyOf(claims);
    }

    /**
     * Returns whether this failover counts. One that is further in the future than clocks may
     * differ does not.
     */
    private boolean counts(Instant now) {
      return at.isAfter(now.minus(HOUR)) && !at.isAfter(now.plus(FailoverRecord.CLOCK_SKEW));
    }
  }

  /** Returns why another failover may not start now; empty if it may. */
  public Optional<Refusal> check(
      Collection<Entry> history, String node, Set<ClaimKey> claims, Instant now) {
    var lately = history.stream().filter(entry -> entry.counts(now)).toList();
    for (ClaimKey claim : claims) {
      long same = lately.stream().filter(entry -> entry.claims().contains(claim)).count();
      if (same >= maxPerClaimPerHour) {
        return refuse("claim " + claim, same, "max-per-claim-per-hour", maxPerClaimPerHour);
      }
    }
    long fromNode = lately.stream().filter(entry -> entry.node().equals(node)).count();
    if (fromNode >= maxPerNodePerHour) {
      return refuse("node " + node, fromNode, "max-per-node-per-hour", maxPerNodePerHour);
    }
    return lately.size() >= maxPerHour
        ? refuse("the cluster", lately.size(), "max-per-hour", maxPerHour)
        : Optional.empty();
  }

  private static Optional<Refusal> refuse(String what, long count, String setting, int limit) {
    return Optional.of(
        new Refusal(
            RefusalReason.BUDGET_USED_UP,
            "%s had %d failovers within the last hour, and rwop-guard.failover.limits.%s=%d allows no more. Find the cause before you raise the limit"
                .formatted(what, count, setting, limit)));
  }
}
