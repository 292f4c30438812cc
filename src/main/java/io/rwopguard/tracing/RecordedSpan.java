package io.rwopguard.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A span of OpenTelemetry. */
final class RecordedSpan extends TraceSpan {

  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

  /** The length of the longest text. Callers choose names, and a queue keeps thousands of spans. */
  static final int LONGEST = 300;

  /** The number of texts in the longest list. */
  static final int MOST = 32;

  /** The number of requests of a span that are recorded. A review sends fewer. */
  static final int REQUESTS = 32;

  private final Tracer tracer;
  private final Span span;
  private final AtomicInteger requests = new AtomicInteger();

  private RecordedSpan(Tracer tracer, Span span) {
    this.tracer = tracer;
    this.span = span;
  }

  /** Returns the span, or none if its trace is not sampled. */
  static TraceSpan of(Tracer tracer, Span span) {
    return span.isRecording() ? new RecordedSpan(tracer, span) : NONE;
  }

  @Override
  public TraceSpan request(String name) {
    if (requests.getAndIncrement() >= REQUESTS) {
      return NONE;
    }
    return TraceGuard.get(
        () ->
            of(
                tracer,
                tracer
                    .spanBuilder(name)
                    .setSpanKind(SpanKind.CLIENT)
                    .setParent(Context.root().with(span))
                    .startSpan()),
        NONE);
  }

  @Override
  public TraceSpan with(String key, String value) {
    return value.isEmpty() ? this : change(() -> span.setAttribute(key, beginning(value)));
  }

  @Override
  public TraceSpan with(String key, long value) {
    return change(() -> span.setAttribute(key, value));
  }

  @Override
  public TraceSpan with(String key, boolean value) {
    return change(() -> span.setAttribute(key, value));
  }

  @Override
  public TraceSpan with(String key, List<String> values) {
    if (values.isEmpty()) {
      return this;
    }
    return change(
        () ->
            span.setAttribute(
                AttributeKey.stringArrayKey(key),
                values.stream().limit(MOST).map(RecordedSpan::beginning).toList()));
  }

  /** Returns the beginning of a text, which does not keep the rest in memory. */
  private static String beginning(String text) {
    if (text.length() <= LONGEST) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
    return text.substring(0, end);
  }

  @Override
  public TraceSpan failed(String type) {
    return change(
        () -> {
          span.setAttribute(ERROR_TYPE, beginning(type));
          span.setStatus(StatusCode.ERROR);
        });
  }

  private TraceSpan change(Runnable change) {
    TraceGuard.run(change);
    return this;
  }

  @Override
  public void end() {
    TraceGuard.run(span::end);
  }

  @Override
  public void end(Instant at) {
    TraceGuard.run(() -> span.end(at));
  }
}
