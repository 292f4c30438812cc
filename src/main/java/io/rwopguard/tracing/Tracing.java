package io.rwopguard.tracing;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Records reviews and failovers as spans where OTEL_EXPORTER_OTLP_ENDPOINT names a collector. It
 * loads and starts nothing of OpenTelemetry elsewhere.
 */
@Singleton
@Startup // so that an invalid setting fails the start
public final class Tracing {

  /** Records nothing. */
  public static final Tracing OFF = new Tracing(Optional.empty());

  /** After everything that may still end a span. */
  private static final int LAST = 10_000;

  private final Optional<Spans> spans;

  @Inject
  Tracing(
      MeterRegistry registry,
      @ConfigProperty(name = "quarkus.application.version", defaultValue = "unknown")
          String version) {
    this(
        TracingSettings.ofProcess().isOn()
            ? Optional.of(OpenTelemetrySpans.start(registry, version))
            : Optional.empty());
  }

  Tracing(Optional<Spans> spans) {
    this.spans = spans;
  }

  /** Returns whether anything is recorded. */
  public boolean isOn() {
    return spans.isPresent();
  }

  /**
   * Starts the span of a review.
   *
   * @param route the path at which it arrived
   */
  public TraceSpan review(String route, CallerContext caller, Instant arrived) {
    return spans.map(on -> on.review(route, caller, arrived)).orElse(TraceSpan.NONE);
  }

  /**
   * Starts the span of something that outlives this process, such as a failover. Every replica
   * derives its IDs from the key, so spans of several replicas form one trace.
   */
  public TraceSpan whole(String name, String key, Instant start) {
    return spans.map(on -> on.whole(name, key, start)).orElse(TraceSpan.NONE);
  }

  /** Starts the span of a part of something that outlives this process. */
  public TraceSpan part(String name, String key, Instant start) {
    return spans.map(on -> on.part(name, key, start)).orElse(TraceSpan.NONE);
  }

  void stop(@Observes @Priority(LAST) ShutdownEvent event) {
    spans.ifPresent(Spans::stop);
  }
}
