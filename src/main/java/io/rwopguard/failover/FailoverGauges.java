package io.rwopguard.failover;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.rwopguard.failover.detection.Prober;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.report.UnreadableNamespaces;
import io.rwopguard.kube.LeaderElection;
import java.util.function.Supplier;

/** Shows the state of the controller in gauges. */
final class FailoverGauges {

  private final MeterRegistry registry;

  FailoverGauges(MeterRegistry registry) {
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
        "1 while a service mesh or a firewall answers probes on behalf of nodes",
        () -> prober.isDeceived() ? 1 : 0);
    watch("rwop_guard_failover_leader", "1 on the leader", () -> leadership.isLeader() ? 1 : 0);
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
        "Nodes that are suspect or dead",
        () ->
            controller.verdicts().values().stream()
                .filter(verdict -> verdict.state() != NodeHealth.State.FINE)
                .count());
    watch(
        "rwop_guard_failover_unreadable_namespaces",
        "Namespaces of failover.namespaces that the controller may not read, where it fails nothing over",
        () -> unreadable.messages().size());
    watch(
        "rwop_guard_failover_stuck",
        "Failovers in progress that can neither be completed nor given up",
        () -> controller.stuck().count());
    watch(
        "rwop_guard_failover_standing",
        "1 on a replica that is a candidate in the election",
        () -> controller.eligibility().obstacle().isEmpty() ? 1 : 0);
  }
}
