package io.rwopguard.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.List;

/** A span of OpenTelemetry. */
final class RecordedSpan extends TraceSpan {

  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

  private final Tracer tracer;
  private final Span span;

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
    return of(
        tracer,
        tracer
            .spanBuilder(name)
            .setSpanKind(SpanKind.CLIENT)
            .setParent(Context.root().with(span))
            .startSpan());
  }

  @Override
  public TraceSpan with(String key, String value) {
    if (!value.isEmpty()) {
      span.setAttribute(key, value);
    }
    return this;
  }

  @Override
  public TraceSpan with(String key, long value) {
    span.setAttribute(key, value);
    return this;
  }

  @Override
  public TraceSpan with(String key, boolean value) {
    span.setAttribute(key, value);
    return this;
  }

  @Override
  public TraceSpan with(String key, List<String> values) {
    if (!values.isEmpty()) {
      span.setAttribute(AttributeKey.stringArrayKey(key), values);
    }
    return this;
  }

  @Override
  public TraceSpan failed(String type) {
    span.setAttribute(ERROR_TYPE, type);
    span.setStatus(StatusCode.ERROR);
    return this;
  }

  @Override
  public void end() {
    span.end();
  }

  @Override
  public void end(Instant at) {
    span.end(at);
  }
}
