package io.rwopguard.kube;

import java.time.Duration;
import java.util.function.LongSupplier;

/** Reports whether a loop still makes progress. It is safe for use by several threads. */
public final class Progress {

  private final LongSupplier nanos;
  private final long limit;
  private volatile long last;

  /**
   * Starts to count now.
   *
   * @param limit the time without progress after which the loop counts as stuck
   */
  public Progress(LongSupplier nanos, Duration limit) {
    this.nanos = nanos;
    this.limit = limit.toNanos();
    last = nanos.getAsLong();
  }

  /** Records that the loop completed a part of its work. */
  public void made() {
    last = nanos.getAsLong();
  }

  /** Returns whether the loop made progress lately. */
  public boolean isRecent() {
    return nanos.getAsLong() - last < limit;
  }
}
