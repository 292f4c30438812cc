package io.rwopguard.tracing;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Records reviews and failovers as spans where OTEL_EXPORTER_OTLP_ENDPOINT names a collector. It
 * loads and starts nothing of OpenTelemetry elsewhere.
 */
@Singleton
@Startup // so that an invalid setting is reported at the start
public final class Tracing {

  private static final Logger LOG = Logger.getLogger(Tracing.class);

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
        started(
            TracingSettings.ofProcess(), LOG, () -> OpenTelemetrySpans.start(registry, version)));
  }

  Tracing(Optional<Spans> spans) {
    this.spans = spans;
  }

  /**
   * Starts to record. Whatever prevents it is logged and costs the traces only: others set these
   * variables too, such as an operator that injects them into all Pods.
   */
  static Optional<Spans> started(TracingSettings settings, Logger log, Supplier<Spans> start) {
    try {
      return settings.isOn() ? Optional.of(start.get()) : Optional.empty();
    } catch (ConfigurationException e) {
      log.errorf("no traces are recorded: %s", e.getMessage());
    } catch (RuntimeException | LinkageError e) {
      // its message may have a value
      log.errorf("no traces are recorded: OpenTelemetry cannot start (%s)", e.getClass().getName());
    }
    return Optional.empty();
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
    return start(on -> on.review(route, caller, arrived));
  }

  /**
   * Starts the span of something that outlives this process, such as a failover. Every replica
   * derives its IDs from the key, so spans of several replicas form one trace.
   */
  public TraceSpan whole(String name, String key, Instant start) {
    return start(on -> on.whole(name, key, start));
  }

  /** Starts the span of a part of something that outlives this process. */
  public TraceSpan part(String name, String key, Instant start) {
    return start(on -> on.part(name, key, start));
  }

  private TraceSpan start(Function<Spans, TraceSpan> span) {
    return spans
        .map(on -> TraceGuard.get(() -> span.apply(on), TraceSpan.NONE))
        .orElse(TraceSpan.NONE);
  }

  void stop(@Observes @Priority(LAST) ShutdownEvent event) {
    spans.ifPresent(on -> TraceGuard.run(on::stop));
  }
}
