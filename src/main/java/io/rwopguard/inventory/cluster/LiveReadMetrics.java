package io.rwopguard.inventory.cluster;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Counts live reads, and measures how long the API server took to answer them. */
final class LiveReadMetrics {

  /** The result of a live read. */
  enum Outcome {
    FOUND,
    ABSENT,
    FAILED,
    /** The read was not sent, because too many others were in progress. */
    REJECTED
  }

  private static final Duration[] BOUNDS = {
    Duration.ofMillis(5),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1)
  };

  private final Map<Outcome, Counter> counters = new EnumMap<>(Outcome.class);
  private final Timer timer;

  LiveReadMetrics(MeterRegistry registry) {
    for (Outcome outcome : Outcome.values()) {
      counters.put(
          outcome,
          Counter.builder("rwop_guard_live_reads")
              .description("Objects that a review read from the API server")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    timer =
        Timer.builder("rwop_guard_live_read_duration")
            .description("Duration of live reads that were sent")
            .serviceLevelObjectives(BOUNDS)
            .register(registry);
  }

  /** Records a read that was sent at this {@link System#nanoTime}, and has ended. */
  void ended(Outcome outcome, long startNanos) {
    counters.get(outcome).increment();
    timer.record(System.nanoTime() - startNanos, TimeUnit.NANOSECONDS);
  }

  void rejected() {
    counters.get(Outcome.REJECTED).increment();
  }
}
