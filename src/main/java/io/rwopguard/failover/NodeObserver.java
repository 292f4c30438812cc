package io.rwopguard.failover;

import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.detection.NodeHealthMonitor;
import io.rwopguard.failover.eligibility.SingleWriterPods;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.inventory.ClaimConsumer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Observes the nodes, evaluates their health, and finds the Pods with single-writer claims there.
 */
final class NodeObserver {

  /**
   * The result of one pass.
   *
   * @param pods the Pods with single-writer claims; only listed if a node may be suspect, or in a
   *     scan
   * @param scan whether the scan interval has passed, so that Pods on healthy nodes are listed too
   * @param now the time of the monotonic clock, in nanoseconds
   */
  record Pass(List<NodeFacts> nodes, List<ClaimConsumer> pods, boolean scan, long now) {}

  private final ClusterState view;
  private final NodeHealthMonitor health;
  private final SingleWriterPods pods;
  private final long scanInterval;
  private OptionalLong lastScan = OptionalLong.empty();

  NodeObserver(
      ClusterState view, NodeHealthMonitor health, SingleWriterPods pods, Duration scanInterval) {
    this.view = view;
    this.health = health;
    this.pods = pods;
    this.scanInterval = scanInterval.toNanos();
  }

  /** Returns the nodes, Leases and requests as the watches know them. */
  ClusterState view() {
    return view;
  }

  /** Returns the evaluation of the nodes. */
  NodeHealthMonitor health() {
    return health;
  }

  /** Returns the source of the Pods with single-writer claims. */
  SingleWriterPods pods() {
    return pods;
  }

  /** Returns what has not been listed yet, and why; empty if the state is complete. */
  Optional<String> unsynced() {
    return view.unsynced().or(pods::unsynced);
  }

  /**
   * Evaluates all nodes, and requests the probes that are due.
   *
   * @param failingOver returns the nodes from which failovers are in progress
   */
  Pass observe(Supplier<Set<String>> failingOver, long now) {
    List<NodeFacts> nodes = view.nodes();
    boolean troubled =
        health.evaluate(nodes, now).values().stream()
            .anyMatch(each -> each.state() != NodeHealth.State.FINE);
    boolean scan = lastScan.isEmpty() || now - lastScan.getAsLong() >= scanInterval;
    boolean probe = scan || health.isAnyLate(now);
    List<ClaimConsumer> placed = probe || troubled ? pods.placed() : List.of();
    if (probe) {
      health.probe(placed, failingOver.get(), now);
    }
    if (scan) {
      lastScan = OptionalLong.of(now);
    }
    return new Pass(nodes, placed, scan, now);
  }

  /** Returns the nodes that could run a Pod, as far as their own state allows. */
  Collection<NodeFacts> live(List<NodeFacts> nodes) {
    Map<String, NodeHealth> verdicts = health.verdicts();
    return nodes.stream()
        .filter(node -> verdicts.containsKey(node.name()))
        .filter(node -> verdicts.get(node.name()).state() == NodeHealth.State.FINE)
        .toList();
  }
}
