package io.rwopguard.failover.cluster;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/**
 * The sources of time.
 *
 * @param monotonic the monotonic clock, as in {@link System#nanoTime}
 * @param wall the wall clock, as the operating system has it
 */
public record Clocks(LongSupplier monotonic, InstantSource wall) {

  /** The clocks of the operating system. */
  public static final Clocks SYSTEM = new Clocks(System::nanoTime, InstantSource.system());

  /** Returns the monotonic clock's time in nanoseconds. */
  public long nanos() {
    return monotonic.getAsLong();
  }

  /** Returns the wall clock's time, to the precision that API servers and annotations keep. */
  public Instant now() {
    return wall.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
