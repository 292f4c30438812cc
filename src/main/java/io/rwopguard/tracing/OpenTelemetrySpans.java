package io.rwopguard.tracing;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.opentelemetry.sdk.resources.Resource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Creates spans by the SDK of OpenTelemetry. Its variables {@code OTEL_*} configure it. A queue
 * with a limit is between a review and the export, and drops what it has no room for: a collector
 * that is slow or gone delays nothing.
 */
final class OpenTelemetrySpans implements Spans {

  private static final Logger LOG = Logger.getLogger(Tracing.class);
  private static final String SCOPE = "io.rwopguard";

  /** The number of reviews that are recorded in a second. */
  private static final int REVIEWS_A_SECOND = 100;

  private static final String EXPORT_TIMEOUT = "otel.bsp.export.timeout";

  /** The default of the SDK. */
  private static final Duration LONGEST_EXPORT = Duration.ofSeconds(30);

  /** The time for which the end of the process waits for the last export. */
  private static final long LONGEST_STOP_MILLIS = 500;

  private static final Pattern PROPERTY = Pattern.compile("otel(\\.[a-z0-9]+)+");

  /** The settings of the SDK that variables can replace. */
  static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.service.name", "rwop-guard",
          "otel.exporter.otlp.protocol", "http/protobuf",
          // an API server that records a request decides for its reviews, too
          "otel.traces.sampler", "parentbased_traceidratio",
          "otel.traces.sampler.arg", "0.01",
          "otel.attribute.value.length.limit", String.valueOf(RecordedSpan.LONGEST),
          // the names by which DroppedSpans finds its metric
          "otel.experimental.sdk.telemetry.version", "latest");

  /** Settings that no variable replaces: Prometheus reads the metrics, and the log is a stream. */
  private static final Map<String, String> FIXED =
      Map.of("otel.metrics.exporter", "none", "otel.logs.exporter", "none");

  /** The headers of a caller. Baggage and all others are not read. */
  private static final TextMapGetter<CallerContext> HEADERS =
      new TextMapGetter<>() {
        @Override
        public String get(CallerContext caller, String key) {
          return switch (key) {
            case CallerContext.TRACEPARENT -> caller.traceparent();
            case CallerContext.TRACESTATE -> caller.tracestate();
            default -> null;
          };
        }
      };

  private final OpenTelemetrySdk sdk;
  private final KeyedIds ids;
  private final Tracer tracer;

  OpenTelemetrySpans(OpenTelemetrySdk sdk, KeyedIds ids) {
    this.sdk = sdk;
    this.ids = ids;
    this.tracer = sdk.getTracer(SCOPE);
  }

  /**
   * Starts the SDK by the variables of this process.
   *
   * @throws io.quarkus.runtime.configuration.ConfigurationException if it cannot use one of them
   */
  static OpenTelemetrySpans start(MeterRegistry registry, String version) {
    return start(registry, version, DEFAULTS);
  }

  static OpenTelemetrySpans start(
      MeterRegistry registry, String version, Map<String, String> defaults) {
    SpanMetrics metrics = new SpanMetrics(registry);
    DroppedSpans dropped = new DroppedSpans();
    KeyedIds ids = new KeyedIds();
    SpanBudget budget = new SpanBudget(REVIEWS_A_SECOND, System::nanoTime);
    Resource self = Resource.builder().put("service.version", version).build();
    try {
      OpenTelemetrySdk sdk =
          AutoConfiguredOpenTelemetrySdk.builder()
              .disableShutdownHook()
              .setServiceClassLoader(OpenTelemetrySpans.class.getClassLoader())
              .addPropertiesSupplier(() -> defaults)
              .addPropertiesCustomizer(configured -> FIXED)
              // what the variables say of the resource wins
              .addResourceCustomizer((resource, configured) -> self.merge(resource))
              .addSamplerCustomizer(
                  (sampler, configured) -> new ReviewSampler(sampler, budget, metrics::limited))
              .addSpanExporterCustomizer(
                  (exporter, configured) ->
                      new ReportingExporter(
                          exporter,
                          metrics,
                          LOG,
                          System::nanoTime,
                          after(configured.getDuration(EXPORT_TIMEOUT, LONGEST_EXPORT))))
              .addTracerProviderCustomizer((builder, configured) -> builder.setIdGenerator(ids))
              .addMeterProviderCustomizer(
                  (builder, configured) -> builder.registerMetricReader(dropped))
              .build()
              .getOpenTelemetrySdk();
      metrics.watch(dropped);
      return new OpenTelemetrySpans(sdk, ids);
    } catch (ConfigurationException e) {
      throw new io.quarkus.runtime.configuration.ConfigurationException(
          "OpenTelemetry cannot start with %s. Correct the value, or remove the variable"
              .formatted(variablesIn(String.valueOf(e.getMessage()), defaults)));
    }
  }

  private static Executor after(Duration time) {
    return CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Returns the variables that a message names, or else all that are set. The message may have
   * their values, too.
   */
  private static String variablesIn(String message, Map<String, String> defaults) {
    List<String> named =
        PROPERTY
            .matcher(message)
            .results()
            .map(MatchResult::group)
            .map(TracingSettings::variable)
            .distinct()
            .toList();
    if (!named.isEmpty()) {
      return "the environment variable " + String.join(", ", named);
    }
    return Stream.concat(
            System.getenv().keySet().stream().filter(name -> name.startsWith("OTEL_")),
            defaults.keySet().stream()
                .filter(name -> !DEFAULTS.containsKey(name))
                .map(TracingSettings::variable))
        .distinct()
        .sorted()
        .collect(Collectors.joining(", ", "one of the environment variables ", ""));
  }

  @Override
  public TraceSpan review(String route, CallerContext caller, Instant arrived) {
    Context parent =
        sdk.getPropagators().getTextMapPropagator().extract(Context.root(), caller, HEADERS);
    return RecordedSpan.of(
        tracer,
        tracer
            .spanBuilder("POST " + route)
            .setSpanKind(SpanKind.SERVER)
            .setParent(parent)
            .setStartTimestamp(arrived)
            .startSpan());
  }

  @Override
  public TraceSpan whole(String name, String key, Instant start) {
    return RecordedSpan.of(
        tracer,
        ids.of(
            key,
            () -> tracer.spanBuilder(name).setNoParent().setStartTimestamp(start).startSpan()));
  }

  @Override
  public TraceSpan part(String name, String key, Instant start) {
    SpanContext whole =
        SpanContext.createFromRemoteParent(
            KeyedIds.traceId(key),
            KeyedIds.spanId(key),
            TraceFlags.getSampled(),
            TraceState.getDefault());
    return RecordedSpan.of(
        tracer,
        tracer
            .spanBuilder(name)
            .setParent(Context.root().with(Span.wrap(whole)))
            .setStartTimestamp(start)
            .startSpan());
  }

  @Override
  public void stop() {
    sdk.getSdkTracerProvider().shutdown().join(LONGEST_STOP_MILLIS, TimeUnit.MILLISECONDS);
  }
}
