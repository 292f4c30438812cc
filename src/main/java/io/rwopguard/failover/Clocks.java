package io.rwopguard.failover;

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
record Clocks(LongSupplier monotonic, InstantSource wall) {

  static final Clocks SYSTEM = new Clocks(System::nanoTime, InstantSource.system());

  long nanos() {
    return monotonic.getAsLong();
  }

  /** Returns the wall clock's time, to the precision that API servers and annotations keep. */
  Instant now() {
    return wall.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
