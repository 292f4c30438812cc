package io.rwopguard.server;

import io.rwopguard.kube.EventRecorder.About;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Limits the Events of a minute: for each namespace, so that the denials of one do not hide those
 * of others, and of all namespaces together, because anyone who may create objects causes them.
 */
final class EventBudget implements Predicate<About> {

  static final int OF_NAMESPACE = 20;
  static final int OF_ALL = 100;
  private static final Duration PERIOD = Duration.ofMinutes(1);

  private final LongSupplier nanos;
  private final Runnable refused;
  private final Map<String, Integer> written = new HashMap<>();
  private long since;
  private int all;

  /**
   * Creates a budget.
   *
   * @param nanos the monotonic clock, in nanoseconds
   * @param refused what to do when an Event is left out
   */
  EventBudget(LongSupplier nanos, Runnable refused) {
    this.nanos = nanos;
    this.refused = refused;
    this.since = nanos.getAsLong();
  }

  @Override
  public synchronized boolean test(About about) {
    long now = nanos.getAsLong();
    if (now - since >= PERIOD.toNanos()) {
      since = now;
      all = 0;
      written.clear();
    }
    if (all >= OF_ALL || written.getOrDefault(about.namespace(), 0) >= OF_NAMESPACE) {
      refused.run();
      return false;
    }
    all++;
    written.merge(about.namespace(), 1, Integer::sum);
    return true;
  }
}
