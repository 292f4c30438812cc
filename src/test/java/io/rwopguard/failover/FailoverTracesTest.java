package io.rwopguard.failover;

import static io.rwopguard.tracing.InMemoryTracing.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.rwopguard.failover.plan.Reachability.Round;
import io.rwopguard.tracing.BrokenTracing;
import io.rwopguard.tracing.InMemoryTracing;
import io.rwopguard.tracing.Tracing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Failovers of the controller, as traces. */
class FailoverTracesTest {

  private static final String DRIVER = "revoking.example.org";
  private static final Map<String, String> REVOKES =
      Map.of(
          "rwop-guard.failover.drivers.\"%s\".revokes-on-unpublish".formatted(DRIVER),
          "true",
          "rwop-guard.failover.release",
          "volume");

  private final InMemoryTracing memory = new InMemoryTracing(Sampler.alwaysOff());
  private final SmallCluster cluster = new SmallCluster(3);

  private void start() {
    cluster.tracing = memory.tracing();
    cluster.start(REVOKES, Optional.empty());
  }

  private List<String> names() {
    return memory.spans().stream().map(SpanData::getName).toList();
  }

  @Test
  void a_failover_is_a_trace_with_a_span_for_each_step() {
    cluster.workload("db", "node-1", DRIVER);
    start();
    cluster.passFor(60);
    cluster.die("node-1");
    cluster.passFor(60);
    assertThat(cluster.hasPod("db-0")).isFalse();
    assertThat(names()).startsWith("failover detect", "failover taint", "failover delete");
    // another process of the controller gives it up
    start();
    cluster.passFor(31 * 60);
    assertThat(names()).last().isEqualTo("failover");
    SpanData whole = memory.spans("failover").get(0);
    assertThat(attribute(whole, "rwop_guard.outcome")).isEqualTo("gave-up");
    assertThat(whole.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(memory.spans())
        .allSatisfy(
            span -> {
              assertThat(span.getTraceId()).isEqualTo(whole.getTraceId());
              assertThat(attribute(span, "rwop_guard.node")).isEqualTo("node-1");
              assertThat(attribute(span, "rwop_guard.namespace")).isEqualTo("shop");
              assertThat(attribute(span, "rwop_guard.pod")).isEqualTo("db-0");
              assertThat(span.getAttributes().get(AttributeKey.stringArrayKey("rwop_guard.claims")))
                  .containsExactly("data-db");
              assertThat(span.getStartEpochNanos())
                  .isBetween(whole.getStartEpochNanos(), whole.getEndEpochNanos());
              assertThat(span.getEndEpochNanos())
                  .isBetween(span.getStartEpochNanos(), whole.getEndEpochNanos());
            });
    assertThat(memory.spans().subList(0, names().size() - 1))
        .allSatisfy(span -> assertThat(span.getParentSpanId()).isEqualTo(whole.getSpanId()));
    // each step starts where the one before it ended
    SpanData detect = memory.spans("failover detect").get(0);
    assertThat(detect.getStartEpochNanos()).isEqualTo(whole.getStartEpochNanos());
    assertThat(memory.spans("failover taint").get(0).getStartEpochNanos())
        .isEqualTo(detect.getEndEpochNanos());
  }

  @Test
  void a_failover_in_progress_has_the_spans_of_its_steps_so_far() {
    cluster.workload("db", "node-1", DRIVER);
    start();
    cluster.passFor(60);
    cluster.die("node-1");
    cluster.round = Round.NOT_YET;
    cluster.passFor(60);
    assertThat(names()).startsWith("failover detect").doesNotContain("failover delete", "failover");
  }

  @Test
  void tracing_that_fails_changes_nothing_of_a_failover() {
    SmallCluster untraced = failedOver(Tracing.OFF);
    int before = BrokenTracing.failures();
    SmallCluster broken = failedOver(BrokenTracing.tracing());
    assertThat(BrokenTracing.failures()).isGreaterThan(before + 10);
    assertThat(broken.hasPod("db-0")).isFalse();
    assertThat(broken.said).isEqualTo(untraced.said).isNotEmpty();
    assertThat(broken.writes).isEqualTo(untraced.writes).isNotEmpty();
  }

  private static SmallCluster failedOver(Tracing tracing) {
    SmallCluster each = new SmallCluster(3);
    each.workload("db", "node-1", DRIVER);
    each.tracing = tracing;
    each.start(REVOKES, Optional.empty());
    each.passFor(60);
    each.die("node-1");
    each.passFor(35 * 60);
    return each;
  }
}
