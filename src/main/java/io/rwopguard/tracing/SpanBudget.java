package io.rwopguard.tracing;

import java.util.function.LongSupplier;

/** A number of reviews that may be recorded in each second. */
final class SpanBudget {

  private static final long SECOND = 1_000_000_000;

  private final int most;
  private final LongSupplier nanos;
  private long since;
  private int taken;

  SpanBudget(int most, LongSupplier nanos) {
    this.most = most;
    this.nanos = nanos;
    this.since = nanos.getAsLong();
  }

  /** Returns whether one more review may be recorded in this second. */
  synchronized boolean take() {
    long now = nanos.getAsLong();
    if (now - since >= SECOND) {
      since = now;
      taken = 0;
    }
    if (taken == most) {
      return false;
    }
    taken++;
    return true;
  }
}
