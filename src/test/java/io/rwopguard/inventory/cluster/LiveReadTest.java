package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.rwopguard.tracing.BrokenTracing;
import io.rwopguard.tracing.CallerContext;
import io.rwopguard.tracing.InMemoryTracing;
import io.rwopguard.tracing.TraceSpan;
import java.time.Instant;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Live reads as spans: of long names, of reads that fail, and where tracing fails itself. */
class LiveReadTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final LiveReadMetrics metrics = new LiveReadMetrics(registry);
  private final InMemoryTracing memory = new InMemoryTracing(Sampler.alwaysOn());

  private String send(TraceSpan review, String name, Supplier<String> request) {
    return review.within(
        () -> LiveRead.of("PersistentVolumeClaim", name, name, metrics).send(request));
  }

  private TraceSpan review() {
    return memory.tracing().review("/validate", CallerContext.NONE, Instant.EPOCH);
  }

  private double count(String outcome) {
    return registry.get("rwop_guard_live_reads").tag("outcome", outcome).counter().count();
  }

  @Test
  void a_span_has_the_beginning_of_a_long_name() {
    String claim = "claim-" + "x".repeat(60_000);
    assertThat(send(review(), claim, () -> "found")).isEqualTo("found");
    SpanData span = memory.spans("read PersistentVolumeClaim").get(0);
    assertThat(InMemoryTracing.attribute(span, "rwop_guard.name"))
        .startsWith("claim-x")
        .hasSize(300);
    assertThat(InMemoryTracing.attribute(span, "rwop_guard.namespace")).hasSize(300);
  }

  @Test
  void the_span_of_a_read_ends_whatever_the_read_throws() {
    TraceSpan review = review();
    assertThatThrownBy(
            () ->
                send(
                    review,
                    "data",
                    () -> {
                      throw new IllegalStateException("no answer");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(memory.spans("read PersistentVolumeClaim"))
        .singleElement()
        .satisfies(
            span ->
                assertThat(InMemoryTracing.attribute(span, "rwop_guard.outcome"))
                    .isEqualTo("failed"));
    assertThat(count("failed")).isEqualTo(1);
  }

  @Test
  void a_read_has_its_answer_where_tracing_fails() {
    int before = BrokenTracing.failures();
    assertThat(send(BrokenTracing.span(), "data", () -> "found")).isEqualTo("found");
    assertThat(BrokenTracing.failures()).isGreaterThan(before);
    assertThat(count("found")).isEqualTo(1);
  }
}
