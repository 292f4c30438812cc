package io.rwopguard.failover.report;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.RefusalReason;
import java.time.Duration;
import java.time.Instant;

/** Counts what failover did, and measures how long it took. */
public final class FailoverMetrics {

  private static final Duration[] BOUNDS = {
    Duration.ofSeconds(1),
    Duration.ofSeconds(2),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(15),
    Duration.ofSeconds(20),
    Duration.ofSeconds(30),
    Duration.ofSeconds(60),
    Duration.ofMinutes(2),
    Duration.ofMinutes(10)
  };

  private final MeterRegistry registry;

  /** Creates the counters and timers in a registry. */
  public FailoverMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Counts a Pod that was not failed over. */
  void refused(RefusalReason reason) {
    registry.counter("rwop_guard_failover_refusals", "reason", reason.id()).increment();
  }

  /**
   * Counts an outcome: a failover that was started, ended, got stuck or lost its Pod before the
   * fence confirmed, or that only would have started.
   */
  void came(String outcome) {
    registry.counter("rwop_guard_failovers", "outcome", outcome).increment();
  }

  /** Counts a Pod that keeps failing on a healthy node. */
  public void failing() {
    registry.counter("rwop_guard_failing_pods").increment();
  }

  /** Counts a stall of a driver's storage. */
  public void stalled(String driver) {
    registry.counter("rwop_guard_storage_stalls", "driver", driver).increment();
  }

  /** Records the durations of a completed failover. */
  void took(FailoverRecord record) {
    between(
        "detection",
        "from the last Lease renewal of a node to the decision",
        record,
        Step.SILENT,
        Step.DECIDED);
    between(
        "release",
        "from the decision until the volumes were detached",
        record,
        Step.DECIDED,
        Step.DETACHED);
    between(
        "total",
        "from the last Lease renewal of a node until the replacement Pod was ready",
        record,
        Step.SILENT,
        Step.RUNNING);
  }

  private void between(String what, String description, FailoverRecord record, Step from, Step to) {
    Instant start = record.times().get(from);
    Instant end = record.times().get(to);
    if (start != null && end != null) {
      Timer.builder("rwop_guard_failover_" + what)
          .description("Time " + description)
          .serviceLevelObjectives(BOUNDS)
          .register(registry)
          .record(Duration.between(start, end));
    }
  }
}
