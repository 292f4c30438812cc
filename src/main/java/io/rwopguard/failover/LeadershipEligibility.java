package io.rwopguard.failover;

import io.rwopguard.kube.ConditionLog;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Evaluates whether this replica could do its work as the leader. A replica that could not leaves
 * the election to the others. It becomes a candidate again after a pause, and pauses longer each
 * time, so that a single replica keeps trying.
 */
final class LeadershipEligibility {

  /** The tolerated time without synced watches: a watch that restarts needs some seconds. */
  private static final long TOLERATED = Duration.ofSeconds(10).toNanos();

  /** The longest takeover: a few requests for each record, all of which time out within seconds. */
  private static final long LONGEST_TAKE_OVER = Duration.ofMinutes(1).toNanos();

  /** The first pause. It is longer than any Lease, so that another replica can take it. */
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(25);

  /** The longest pause: all replicas may pause at once, and none fails over until one returns. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);

  private final LongSupplier nanos;
  private boolean synced;
  private long lastSynced;
  private String missing =
      "it has not listed the objects of the cluster yet. If this lasts, check the API server";
  private Optional<Long> takeOverStarted = Optional.empty();
  private Optional<Long> failing = Optional.empty();
  private Duration nextPause = SHORTEST_PAUSE;
  private Optional<Long> pausedUntil = Optional.empty();
  private String failure = "";

  LeadershipEligibility(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * Records whether the watches are synced.
   *
   * @param unsynced what has not been listed yet, and why
   */
  synchronized void observed(Optional<String> unsynced) {
    if (unsynced.isEmpty()) {
      synced = true;
      lastSynced = nanos.getAsLong();
    } else {
      missing =
          "it cannot list all objects that failover needs (%s). Grant its ServiceAccount the rights that the chart's README lists"
              .formatted(unsynced.get());
      if (nanos.getAsLong() - lastSynced >= TOLERATED) {
        synced = false;
      }
    }
  }

  /** Records that this replica leads and has started to take over. */
  synchronized void takesOver() {
    takeOverStarted = Optional.of(nanos.getAsLong());
    failing = Optional.empty();
  }

  /** Records that a takeover failed. */
  synchronized void failedToTakeOver(Throwable why) {
    long now = nanos.getAsLong();
    if (isPaused(now)) {
      return;
    }
    failing = failing.or(() -> Optional.of(now));
    if (now - failing.get() >= TOLERATED) {
      pause("taking over the failovers keeps failing: " + ConditionLog.textOf(why));
    }
  }

  /** Records that a takeover has succeeded. */
  synchronized void tookOver() {
    takeOverStarted = Optional.empty();
    failing = Optional.empty();
    pausedUntil = Optional.empty();
    nextPause = SHORTEST_PAUSE;
  }

  /** Records that another replica leads. */
  synchronized void leadsNoLonger() {
    takeOverStarted = Optional.empty();
    failing = Optional.empty();
  }

  private void pause(String why) {
    failure =
        why
            + ". It becomes a candidate again after a pause. Check its rights on ConfigMaps and Namespace kube-system, and the latency of the API server";
    pausedUntil = Optional.of(nanos.getAsLong() + nextPause.toNanos());
    Duration doubled = nextPause.multipliedBy(2);
    nextPause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    takeOverStarted = Optional.empty();
    failing = Optional.empty();
  }

  private boolean isPaused(long now) {
    return pausedUntil.filter(until -> now - until < 0).isPresent();
  }

  /** Returns why this replica could do nothing as the leader; empty if it can lead. */
  synchronized Optional<String> obstacle() {
    long now = nanos.getAsLong();
    if (!synced) {
      return Optional.of(missing);
    }
    if (takeOverStarted.filter(start -> now - start >= LONGEST_TAKE_OVER).isPresent()) {
      pause("taking over the failovers has not completed within a minute");
    }
    return isPaused(now) ? Optional.of(failure) : Optional.empty();
  }
}
