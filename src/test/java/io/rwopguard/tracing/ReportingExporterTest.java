package io.rwopguard.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.testing.trace.TestSpanData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.logging.Handler;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Exports that fail, fail again and succeed again. */
class ReportingExporterTest {

  private static final String CATEGORY = ReportingExporterTest.class.getName();

  private static final SpanData SPAN =
      TestSpanData.builder()
          .setName("span")
          .setKind(SpanKind.SERVER)
          .setStatus(StatusData.unset())
          .setStartEpochNanos(0)
          .setEndEpochNanos(1)
          .setHasEnded(true)
          .build();

  private final List<String> lines = new ArrayList<>();
  private final Handler handler = new LinesHandler(lines);
  private final java.util.logging.Logger logger = java.util.logging.Logger.getLogger(CATEGORY);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final InMemorySpanExporter memory = InMemorySpanExporter.create();
  private final List<Runnable> later = new ArrayList<>();
  private Throwable failure;
  private Error thrown;
  private CompletableResultCode pending;
  private long now = Long.MAX_VALUE - 1;

  private final ReportingExporter exporter =
      new ReportingExporter(
          new SpanExporter() {
            @Override
            public CompletableResultCode export(Collection<SpanData> spans) {
              if (thrown != null) {
                throw thrown;
              }
              if (pending != null) {
                return pending;
              }
              return failure == null
                  ? memory.export(spans)
                  : CompletableResultCode.ofExceptionalFailure(failure);
            }

            @Override
            public CompletableResultCode flush() {
              return memory.flush();
            }

            @Override
            public CompletableResultCode shutdown() {
              return memory.shutdown();
            }
          },
          new SpanMetrics(registry),
          Logger.getLogger(CATEGORY),
          () -> now,
          later::add);

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void listenNoLonger() {
    logger.removeHandler(handler);
  }

  private void export(Throwable result) {
    failure = result;
    exporter.export(List.of(SPAN, SPAN));
  }

  private double count(String outcome) {
    return registry.get("rwop_guard_trace_spans").tag("outcome", outcome).counter().count();
  }

  @Test
  void a_failure_is_reported_once_until_it_is_over() {
    export(new CompletionException("http://me:secret@host", new ConnectException("secret")));
    export(new IllegalStateException("secret"));
    now += Duration.ofHours(1).toNanos();
    export(new IllegalStateException("secret"));
    assertThat(lines)
        .singleElement()
        .asString()
        .contains("WARN", "does not take spans (ConnectException)")
        .doesNotContain("secret");
    export(null);
    export(null);
    assertThat(lines).hasSize(2).last().asString().contains("INFO", "resolved");
    assertThat(count("failed")).isEqualTo(6);
    assertThat(count("exported")).isEqualTo(4);
  }

  @Test
  void a_collector_that_comes_and_goes_is_reported_once_a_minute() {
    for (int i = 0; i < 12; i++) {
      export(new ConnectException());
      export(null);
      now += Duration.ofSeconds(10).toNanos();
    }
    assertThat(lines).hasSize(4);
  }

  @Test
  void an_export_that_throws_has_failed() {
    thrown = new NoClassDefFoundError("secret");
    assertThat(exporter.export(List.of(SPAN)).isSuccess()).isFalse();
    assertThat(count("failed")).isEqualTo(1);
    assertThat(lines)
        .singleElement()
        .asString()
        .contains("NoClassDefFoundError")
        .doesNotContain("secret");
  }

  @Test
  void an_export_without_a_result_has_failed_when_the_sdk_no_longer_waits() {
    pending = new CompletableResultCode();
    export(null);
    assertThat(count("failed")).isZero();
    later.forEach(Runnable::run);
    assertThat(count("failed")).isEqualTo(2);
    assertThat(lines).singleElement().asString().contains("no answer");
    pending.succeed();
    assertThat(count("failed")).isEqualTo(2);
    assertThat(count("exported")).isZero();
  }

  @Test
  void an_export_with_a_result_is_counted_once() {
    pending = new CompletableResultCode();
    export(null);
    pending.succeed();
    later.forEach(Runnable::run);
    assertThat(count("failed")).isZero();
    assertThat(count("exported")).isEqualTo(2);
  }
}
