package io.rwopguard.failover;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.plan.RefusalReason;
import io.rwopguard.kube.LeaderElection;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/** Counts what failover did, and measures how long it took. */
final class FailoverMetrics {

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

  FailoverMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  private void watch(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).register(registry);
  }

  /** Registers the gauges that show the state of the controller. */
  void watch(
      LeaderElection leadership,
      FailoverController controller,
      Prober prober,
      UnreadableNamespaces unreadable) {
    watch(
        "rwop_guard_failover_probes_deceived",
        "1 while a service mesh or a firewall answers probes in the place of nodes",
        () -> prober.isDeceived() ? 1 : 0);
    watch(
        "rwop_guard_failover_leader",
        "1 on the replica that acts",
        () -> leadership.isLeader() ? 1 : 0);
    watch(
        "rwop_guard_failover_election_contact_seconds",
        "Time since the API server last answered the election",
        () -> leadership.sinceLastContact().toMillis() / 1000.0);
    watch(
        "rwop_guard_failover_paused",
        "1 while failover is paused",
        () -> controller.isPaused() ? 1 : 0);
    watch(
        "rwop_guard_failover_suspect_nodes",
        "Nodes that have been silent for long",
        () ->
            controller.verdicts().values().stream()
                .filter(verdict -> verdict.state() != NodeHealth.State.FINE)
                .count());
    watch(
        "rwop_guard_failover_unreadable_namespaces",
        "Namespaces of failover.namespaces that may not be read, in which nothing is done",
        () -> unreadable.messages().size());
    watch(
        "rwop_guard_failover_stuck",
        "Failovers in progress that can neither be completed nor given up",
        () -> controller.stuck().count());
    watch(
        "rwop_guard_failover_standing",
        "1 on a replica that stands for election",
        () -> controller.eligibility().obstacle().isEmpty() ? 1 : 0);
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
  void failing() {
    registry.counter("rwop_guard_failing_pods").increment();
  }

  /** Counts a stall of a driver's storage. */
  void stalled(String driver) {
    registry.counter("rwop_guard_storage_stalls", "driver", driver).increment();
  }

  /** Records the durations of a completed failover. */
  void took(FailoverRecord record) {
    between(
        "detection",
        "from a node's last sign of life to the decision",
        record,
        Step.SILENT,
        Step.DECIDED);
    between(
        "release",
        "from the decision until the volumes were free",
        record,
        Step.DECIDED,
        Step.DETACHED);
    between(
        "total",
        "from a node's last sign of life until another Pod ran",
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
