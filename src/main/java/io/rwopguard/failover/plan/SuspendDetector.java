package io.rwopguard.failover.plan;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Detects that the machine was suspended. Meanwhile the monotonic clock does not run, and
 * everything last observed appears younger than it is. The time of day shows the difference.
 */
public final class SuspendDetector {

  private static final Duration TOLERANCE = Duration.ofSeconds(3);

  private final LongSupplier nanos;
  private final InstantSource wall;
  private long lastNanos;
  private Instant lastWall;

  /** Starts to compare the steps of these clocks. */
  public SuspendDetector(LongSupplier nanos, InstantSource wall) {
    this.nanos = nanos;
    this.wall = wall;
    lastNanos = nanos.getAsLong();
    lastWall = wall.instant();
  }

  /**
   * Returns whether the clocks stepped apart since the last call: the machine was suspended, or its
   * time of day was set. In both cases, renewals that were missing since then prove nothing.
   */
  public synchronized boolean steppedApart() {
    long nowNanos = nanos.getAsLong();
    Instant nowWall = wall.instant();
    Duration monotonic = Duration.ofNanos(nowNanos - lastNanos);
    Duration ofDay = Duration.between(lastWall, nowWall);
    lastNanos = nowNanos;
    lastWall = nowWall;
    return ofDay.minus(monotonic).abs().compareTo(TOLERANCE) > 0;
  }
}
