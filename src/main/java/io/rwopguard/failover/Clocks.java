package io.rwopguard.failover;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/**
 * Tells the time.
 *
 * @param monotonic as {@link System#nanoTime} does
 * @param wall as the operating system does
 */
record Clocks(LongSupplier monotonic, InstantSource wall) {

  static final Clocks SYSTEM = new Clocks(System::nanoTime, InstantSource.system());

  long nanos() {
    return monotonic.getAsLong();
  }

  /** The wall clock's time, to the precision that API servers and annotations keep. */
  Instant now() {
    return wall.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
