package io.rwopguard.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.quarkus.runtime.ShutdownEvent;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Spans of reviews and of what outlives a process, and the contexts that callers send. */
class TracingTest {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "00f067aa0ba902b7";
  private static final String SAMPLED = "00-" + TRACE + "-" + PARENT + "-01";
  private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");

  private final InMemoryTracing memory = new InMemoryTracing(Sampler.alwaysOff());

  private static CallerContext caller(String traceparent, String... tracestate) {
    Map<String, List<String>> headers =
        Map.of("traceparent", List.of(traceparent), "tracestate", List.of(tracestate));
    return CallerContext.of(name -> headers.getOrDefault(name, List.of()));
  }

  private TraceSpan review(CallerContext caller) {
    return memory.tracing().review("/validate", caller, NOON);
  }

  @Test
  void the_span_of_a_review_is_a_child_of_its_callers() {
    TraceSpan review = review(caller(SAMPLED, "vendor=1"));
    AtomicReference<TraceSpan> within = new AtomicReference<>();
    review.within(() -> within.set(TraceSpan.current()));
    assertThat(within.get()).isSameAs(review);
    assertThat(TraceSpan.current()).isSameAs(TraceSpan.NONE);
    review.request("read Pod").with("empty", "").with("none", List.of()).end();
    review.failed("500").end();
    assertThat(memory.spans())
        .extracting(SpanData::getName)
        .containsExactly("read Pod", "POST /validate");
    SpanData read = memory.spans().get(0);
    SpanData span = memory.spans().get(1);
    assertThat(span.getTraceId()).isEqualTo(TRACE);
    assertThat(span.getParentSpanId()).isEqualTo(PARENT);
    assertThat(span.getSpanContext().getTraceState().get("vendor")).isEqualTo("1");
    assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
    assertThat(Instant.ofEpochSecond(0, span.getStartEpochNanos())).isEqualTo(NOON);
    assertThat(InMemoryTracing.attribute(span, "error.type")).isEqualTo("500");
    assertThat(read.getTraceId()).isEqualTo(TRACE);
    assertThat(read.getParentSpanId()).isEqualTo(span.getSpanId());
    assertThat(read.getKind()).isEqualTo(SpanKind.CLIENT);
    assertThat(read.getAttributes().asMap()).isEmpty();
  }

  @Test
  void a_caller_that_does_not_record_its_request_decides_so_for_the_review() {
    InMemoryTracing all = new InMemoryTracing(Sampler.alwaysOn());
    CallerContext unsampled = caller(SAMPLED.replaceFirst("01$", "00"));
    assertThat(all.tracing().review("/mutate", unsampled, NOON)).isSameAs(TraceSpan.NONE);
    assertThat(all.tracing().review("/mutate", CallerContext.NONE, NOON).isRecorded()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\u0661",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
      })
  void a_malformed_traceparent_counts_as_none(String traceparent) {
    InMemoryTracing all = new InMemoryTracing(Sampler.alwaysOn());
    all.tracing().review("/validate", caller(traceparent), NOON).end();
    assertThat(all.spans())
        .singleElement()
        .satisfies(
            span -> {
              assertThat(span.getParentSpanId()).isEqualTo(SpanId.getInvalid());
              assertThat(span.getTraceId()).isNotEqualTo(TRACE);
            });
  }

  @Test
  void a_traceparent_that_is_sent_twice_counts_as_none() {
    assertThat(CallerContext.of(name -> List.of(SAMPLED, SAMPLED))).isEqualTo(CallerContext.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"no-equals-sign", "=", "a=1,a=2,,,=,\u0000", "A B=c"})
  void a_malformed_tracestate_keeps_the_parent(String tracestate) {
    review(caller(SAMPLED, tracestate)).end();
    assertThat(memory.spans())
        .singleElement()
        .satisfies(span -> assertThat(span.getParentSpanId()).isEqualTo(PARENT));
  }

  @Test
  void a_long_tracestate_is_left_out() {
    String most = "a=" + "b".repeat(510);
    assertThat(caller(SAMPLED, most).tracestate()).isEqualTo(most);
    assertThat(caller(SAMPLED, most + "b").tracestate()).isEmpty();
    assertThat(caller(SAMPLED, "a=1", "b=2").tracestate()).isEmpty();
  }

  @Test
  void callers_cannot_have_more_reviews_recorded_than_the_limit() {
    for (int i = 0; i < 8; i++) {
      review(caller(SAMPLED)).end();
    }
    assertThat(memory.spans()).hasSize(5);
    assertThat(memory.limited()).isEqualTo(3);
    memory.tracing().part("failover delete", "key", NOON).end(NOON);
    assertThat(memory.spans("failover delete")).hasSize(1);
  }

  @Test
  void replicas_derive_the_same_trace_from_a_key() {
    InMemoryTracing other = new InMemoryTracing(Sampler.alwaysOff());
    memory.tracing().part("failover taint", "key", NOON).end(NOON.plusSeconds(1));
    other.tracing().whole("failover", "key", NOON).end(NOON.plusSeconds(2));
    other.tracing().whole("failover", "another key", NOON).end(NOON);
    SpanData part = memory.spans().get(0);
    SpanData whole = other.spans().get(0);
    assertThat(part.getTraceId()).isEqualTo(whole.getTraceId());
    assertThat(part.getParentSpanId()).isEqualTo(whole.getSpanId());
    assertThat(whole.getParentSpanId()).isEqualTo(SpanId.getInvalid());
    assertThat(whole.getEndEpochNanos() - whole.getStartEpochNanos()).isEqualTo(2_000_000_000L);
    assertThat(other.spans().get(1).getTraceId()).isNotEqualTo(whole.getTraceId());
  }

  @Test
  void a_budget_is_full_again_in_the_next_second() {
    long[] now = {0};
    SpanBudget budget = new SpanBudget(2, () -> now[0]);
    assertThat(List.of(budget.take(), budget.take(), budget.take()))
        .containsExactly(true, true, false);
    now[0] = 999_999_999;
    assertThat(budget.take()).isFalse();
    now[0] = 1_000_000_000;
    assertThat(budget.take()).isTrue();
  }

  @Test
  void nothing_is_recorded_where_tracing_is_off() {
    TraceSpan span = Tracing.OFF.review("/validate", caller(SAMPLED), NOON);
    assertThat(span).isSameAs(TraceSpan.NONE);
    assertThat(Tracing.OFF.whole("failover", "key", NOON)).isSameAs(span);
    assertThat(Tracing.OFF.part("failover", "key", NOON)).isSameAs(span);
    assertThat(span.request("read Pod").with("a", "b").with("a", 1).failed("x")).isSameAs(span);
    assertThat(span.<TraceSpan>within(TraceSpan::current)).isSameAs(span);
  }

  @Test
  void what_a_caller_chooses_does_not_fill_the_memory() {
    InMemoryTracing all = new InMemoryTracing(Sampler.alwaysOn());
    TraceSpan review = all.tracing().review("/validate", CallerContext.NONE, NOON);
    String huge = "x".repeat(299) + "\uD83D\uDE00" + "x".repeat(60_000);
    review.with("name", huge).with("names", Collections.nCopies(5_000, huge)).failed(huge);
    for (int i = 0; i < 100; i++) {
      review.request("read Pod").end();
    }
    review.end();
    assertThat(all.spans("read Pod")).hasSize(32);
    Attributes attributes = all.spans("POST /validate").get(0).getAttributes();
    assertThat(attributes.get(AttributeKey.stringKey("name"))).isEqualTo("x".repeat(299));
    assertThat(attributes.get(AttributeKey.stringKey("error.type"))).hasSize(299);
    assertThat(attributes.get(AttributeKey.stringArrayKey("names")))
        .hasSize(32)
        .allSatisfy(each -> assertThat(each).hasSize(299));
  }

  @Test
  void tracing_that_fails_records_nothing_and_throws_nothing() {
    Tracing broken = BrokenTracing.tracing();
    assertThat(broken.review("/validate", CallerContext.NONE, NOON)).isSameAs(TraceSpan.NONE);
    TraceSpan span = broken.part("failover delete", "key", NOON);
    assertThat(broken.whole("failover", "key", NOON)).isSameAs(TraceSpan.NONE);
    assertThat(span.isRecorded()).isTrue();
    int before = BrokenTracing.failures();
    assertThat(span.with("a", "b").with("a", 1).with("a", true).with("a", List.of("b")))
        .isSameAs(span);
    assertThat(span.failed("x")).isSameAs(span);
    assertThat(span.request("read Pod")).isSameAs(TraceSpan.NONE);
    span.end();
    span.end(NOON);
    assertThat(BrokenTracing.failures()).isEqualTo(before + 8);
    broken.stop(new ShutdownEvent());
  }
}
