package io.rwopguard.tracing;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;

/** Counts spans by what happened to them. */
final class SpanMetrics {

  private static final String NAME = "rwop_guard_trace_spans";
  private static final String DESCRIPTION =
      "Spans that were exported, or not: the collector did not take them, the queue was full, or too many reviews were sampled";

  private final MeterRegistry registry;
  private final Counter exported;
  private final Counter failed;
  private final Counter limited;

  SpanMetrics(MeterRegistry registry) {
    this.registry = registry;
    exported = counter("exported");
    failed = counter("failed");
    limited = counter("limited");
  }

  private Counter counter(String outcome) {
    return Counter.builder(NAME)
        .description(DESCRIPTION)
        .tag("outcome", outcome)
        .register(registry);
  }

  void exported(int spans) {
    exported.increment(spans);
  }

  void failed(int spans) {
    failed.increment(spans);
  }

  void limited() {
    limited.increment();
  }

  /** Counts the spans for which the queue had no room. */
  void watch(DroppedSpans queue) {
    FunctionCounter.builder(NAME, queue, DroppedSpans::count)
        .description(DESCRIPTION)
        .tag("outcome", "dropped")
        .register(registry);
  }
}
