package io.rwopguard.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** Tracing that keeps its spans in memory, with the SDK's own exporter for tests. */
public final class InMemoryTracing {

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final AtomicInteger limited = new AtomicInteger();
  private final Tracing tracing;

  /** Creates tracing that obeys the callers, and otherwise decides by this sampler. */
  public InMemoryTracing(Sampler otherwise) {
    KeyedIds ids = new KeyedIds();
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setIdGenerator(ids)
            .setSampler(
                new ReviewSampler(
                    Sampler.parentBased(otherwise),
                    new SpanBudget(5, () -> 0),
                    limited::incrementAndGet))
            .addSpanProcessor(SimpleSpanProcessor.create(exporter))
            .build();
    OpenTelemetrySdk sdk =
        OpenTelemetrySdk.builder()
            .setTracerProvider(provider)
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    tracing = new Tracing(Optional.of(new OpenTelemetrySpans(sdk, ids)));
  }

  public Tracing tracing() {
    return tracing;
  }

  /** The spans that have ended, in their order. */
  public List<SpanData> spans() {
    return exporter.getFinishedSpanItems();
  }

  /** The spans of this name. */
  public List<SpanData> spans(String name) {
    return spans().stream().filter(span -> span.getName().equals(name)).toList();
  }

  public static String attribute(SpanData span, String key) {
    return span.getAttributes().get(AttributeKey.stringKey(key));
  }

  int limited() {
    return limited.get();
  }
}
