package io.rwopguard.inventory.cluster;

import io.rwopguard.inventory.cluster.LiveReadMetrics.Outcome;
import io.rwopguard.tracing.TraceSpan;
import java.util.Locale;
import java.util.function.Supplier;

/** One request of a live read, from its start until its answer: for metrics, and as a span. */
final class LiveRead {

  private final LiveReadMetrics metrics;
  private final TraceSpan span;
  private final long start = System.nanoTime();

  private LiveRead(LiveReadMetrics metrics, TraceSpan span) {
    this.metrics = metrics;
    this.span = span;
  }

  /** Starts to read one object; its namespace is empty if it has none. */
  static LiveRead of(String kind, String namespace, String name, LiveReadMetrics metrics) {
    TraceSpan review = TraceSpan.current();
    if (!review.isRecorded()) {
      return new LiveRead(metrics, TraceSpan.NONE);
    }
    return new LiveRead(
        metrics,
        review
            .request("read " + kind)
            .with("rwop_guard.kind", kind)
            .with("rwop_guard.namespace", namespace)
            .with("rwop_guard.name", name));
  }

  /** Sends the request. Its outcome is recorded, whatever it throws. */
  <T> T send(Supplier<T> request) {
    Outcome outcome = Outcome.FAILED;
    try {
      T answer = request.get();
      outcome = answer == null ? Outcome.ABSENT : Outcome.FOUND;
      return answer;
    } finally {
      ended(outcome);
    }
  }

  private void ended(Outcome outcome) {
    metrics.ended(outcome, start);
    span.with("rwop_guard.outcome", outcome.name().toLowerCase(Locale.ROOT));
    if (outcome == Outcome.FAILED) {
      span.failed("request_failed");
    }
    span.end();
  }
}
