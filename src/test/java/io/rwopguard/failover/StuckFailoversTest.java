package io.rwopguard.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.record.TestRecords;
import io.rwopguard.failover.report.FailoverMetrics;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.failover.report.FailoverTraces;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.EventRecorder.About;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Failovers whose steps fail every time are reported until a step succeeds. */
class StuckFailoversTest {

  private static final Instant START = Instant.parse("2026-11-27T00:00:00Z");

  private Duration time = Duration.ZERO;
  private final List<String> events = new ArrayList<>();
  private final Clocks clocks = new Clocks(() -> time.toNanos(), () -> START.plus(time));
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ConditionLog problems = new ConditionLog(getClass(), "docs/guides/failover.md");
  private final FailoverReporter speaker =
      new FailoverReporter(
          (about, warning, reason, message, gist) ->
              events.add(reason + " " + about.kind() + ": " + message),
          new FailoverMetrics(registry),
          FailoverTraces.NONE,
          About.lease("rwop-guard", "rwop-guard-failover"));
  private final StuckFailovers stuck = new StuckFailovers(speaker, problems, clocks);
  private final FailoverRecord record = TestRecords.of("key", START);

  private void fail() {
    KubernetesClientException refusal = new KubernetesClientException("no such right", 403, null);
    assertThatThrownBy(
            () ->
                stuck.run(
                    record,
                    () -> {
                      throw refusal;
                    }))
        .isSameAs(refusal);
  }

  @Test
  void a_failure_that_lasts_shows_in_what_is_reported_of_the_pod() {
    fail();
    assertThat(speaker.decisions()).isEmpty();
    time = Duration.ofSeconds(11);
    fail();
    assertThat(speaker.decisions().get("shop/db-0")).contains("no such right");
    assertThat(stuck.count()).isZero();
  }

  @Test
  void one_that_would_have_been_given_up_is_reported_loudly_until_a_step_succeeds() {
    fail();
    time = StuckFailovers.OVERDUE.plusSeconds(1);
    fail();
    fail();
    assertThat(stuck.count()).isOne();
    assertThat(events)
        .anySatisfy(
            event ->
                assertThat(event)
                    .startsWith("FailoverStuck Node")
                    .contains("no such right", "ConfigMap rwop-guard-failover-key"))
        .anyMatch(event -> event.startsWith("FailoverStuck PersistentVolumeClaim"));
    assertThat(problems.with("ConfigMap rwop-guard-failover-key")).isPresent();
    assertThat(registry.counter("rwop_guard_failovers", "outcome", "stuck").count()).isOne();

    stuck.run(record, () -> {});
    assertThat(stuck.count()).isZero();
    assertThat(problems.with("ConfigMap rwop-guard-failover-key")).isEmpty();
  }

  @Test
  void one_that_has_ended_elsewhere_is_forgotten() {
    fail();
    time = StuckFailovers.OVERDUE.plusSeconds(1);
    fail();
    stuck.keep(List.of(record));
    assertThat(stuck.count()).isOne();
    stuck.keep(List.of());
    assertThat(stuck.count()).isZero();
  }

  @Test
  void a_replica_that_no_longer_leads_has_no_stuck_failovers() {
    assertThatThrownBy(
            () ->
                stuck.run(
                    record,
                    () -> {
                      throw new NotLeaderException();
                    }))
        .isInstanceOf(NotLeaderException.class);
    time = StuckFailovers.OVERDUE.plusSeconds(1);
    assertThat(stuck.count()).isZero();
  }
}
