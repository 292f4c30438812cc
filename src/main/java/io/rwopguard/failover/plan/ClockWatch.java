package io.rwopguard.failover.plan;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Notices that the machine was suspended. The monotonic clock does not run meanwhile, so that all
 * that was last heard looks younger than it is; the time of day tells.
 */
public final class ClockWatch {

  private static final Duration TOLERANCE = Duration.ofSeconds(3);

  private final LongSupplier nanos;
  private final InstantSource wall;
  private long lastNanos;
  private Instant lastWall;

  /** Compares the steps of these clocks from now on. */
  public ClockWatch(LongSupplier nanos, InstantSource wall) {
    this.nanos = nanos;
    this.wall = wall;
    lastNanos = nanos.getAsLong();
    lastWall = wall.instant();
  }

  /**
   * Returns whether the clocks stepped apart since the last call: the machine was suspended, or its
   * time of day was set. Either way, silence since then proves nothing.
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
