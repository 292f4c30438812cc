package io.rwopguard.failover.plan;

import io.rwopguard.failover.plan.Heartbeats.Silence;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.NodeHealth.State;
import io.rwopguard.failover.plan.Reachability.Sign;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Evaluates which nodes are dead. A missing renewal alone proves nothing: a second sign is
 * necessary, and no check may prevent failover.
 */
public final class NodeHealthEvaluator {

  /** The time for which an answer of a node without a Lease counts. */
  private static final long WITHOUT_LEASE = Duration.ofMinutes(1).toNanos();

  private final SuspicionThreshold suspicion;
  private final NodeLimits limits;
  private final String ownNode;

  /**
   * Creates an evaluator with these settings.
   *
   * @param ownNode the node that this replica runs on; empty if it runs on none
   */
  public NodeHealthEvaluator(SuspicionThreshold suspicion, NodeLimits limits, String ownNode) {
    this.suspicion = suspicion;
    this.limits = limits;
    this.ownNode = ownNode;
  }

  /** Evaluates all nodes, at this time of {@link System#nanoTime}. */
  public List<NodeHealth> judge(
      Collection<NodeFacts> nodes,
      Heartbeats heartbeats,
      Reachability reachability,
      boolean apiIsSteady,
      long now) {
    List<NodeFacts> heard = heard(nodes, heartbeats, now);
    List<NodeFacts> silent = silent(nodes, heartbeats, now);
    List<NodeHealth> verdicts = new ArrayList<>();
    for (NodeFacts node : nodes) {
      Silence silence = heartbeats.of(node.name(), now).orElse(null);
      if (silence == null) {
        verdicts.add(NodeHealth.fine(node.name(), Duration.ZERO, ""));
      } else if (!suspicion.isSuspect(silence)) {
        verdicts.add(NodeHealth.fine(node.name(), silence.duration(), silence.renewTime()));
      } else {
        Optional<Refusal> refusal =
            ofTheCluster(node, heard, silent, apiIsSteady)
                .or(() -> ofTheNode(node, silence, reachability, now));
        verdicts.add(
            new NodeHealth(
                node.name(),
                refusal.isPresent() ? State.SUSPECT : State.DOWN,
                silence.duration(),
                silence.renewTime(),
                refusal));
      }
    }
    return verdicts;
  }

  /**
   * Evaluates a node that a person declared dead. The declaration replaces the second sign, a
   * cordon and a maintenance annotation, and no other check.
   */
  public NodeHealth judgeAsToldDown(
      NodeFacts node,
      Collection<NodeFacts> nodes,
      Heartbeats heartbeats,
      Reachability reachability,
      boolean apiIsSteady,
      long now) {
    Optional<Silence> silence = heartbeats.of(node.name(), now);
    Optional<Refusal> refusal =
        ofTheCluster(
                node, heard(nodes, heartbeats, now), silent(nodes, heartbeats, now), apiIsSteady)
            .or(() -> ofTheToldNode(node, silence, reachability, now));
    return new NodeHealth(
        node.name(),
        refusal.isPresent() ? State.SUSPECT : State.DOWN,
        silence.map(Silence::duration).orElse(Duration.ZERO),
        silence.map(Silence::renewTime).orElse(""),
        refusal);
  }

  /**
   * Evaluates again, immediately before a write, a node that was found dead.
   *
   * @param live the node as just read from the API server
   * @param toldDown whether a person declared it dead
   * @return why the write must not happen; empty if it may
   */
  public Optional<Refusal> judgeAgain(
      NodeFacts live,
      Heartbeats heartbeats,
      Reachability reachability,
      boolean toldDown,
      long now) {
    Optional<Silence> silence = heartbeats.of(live.name(), now);
    if (toldDown) {
      return ofTheToldNode(live, silence, reachability, now);
    }
    if (silence.filter(suspicion::isSuspect).isEmpty()) {
      return Optional.of(
          new Refusal(
              RefusalReason.CHANGED,
              "node %s renewed its Lease, or no longer has one".formatted(live.name())));
    }
    return ofTheNode(live, silence.get(), reachability, now);
  }

  private Optional<Refusal> ofTheToldNode(
      NodeFacts node, Optional<Silence> silence, Reachability reachability, long now) {
    return ownNode(node)
        .or(() -> silence.filter(s -> !SuspicionThreshold.isLate(s)).map(s -> alive(node, s)))
        .or(
            () ->
                silence.isPresent()
                    ? reached(node, silence.get(), reachability, now)
                    : reachability.of(node.name(), now - WITHOUT_LEASE, now) == Sign.REACHED
                        ? Optional.of(reachable(node))
                        : Optional.empty())
        .or(() -> externalRemediationTaints(node))
        .or(() -> silence.flatMap(s -> rebooting(node, s)));
  }

  /**
   * Returns the nodes with a Lease. Others, such as virtual kubelets, have none to renew, so they
   * do not count.
   */
  private static List<NodeFacts> heard(
      Collection<NodeFacts> nodes, Heartbeats heartbeats, long now) {
    List<NodeFacts> heard = new ArrayList<>();
    for (NodeFacts node : nodes) {
      if (heartbeats.of(node.name(), now).isPresent()) {
        heard.add(node);
      }
    }
    return heard;
  }

  private List<NodeFacts> silent(Collection<NodeFacts> nodes, Heartbeats heartbeats, long now) {
    List<NodeFacts> silent = new ArrayList<>();
    for (NodeFacts node : nodes) {
      if (heartbeats.of(node.name(), now).filter(suspicion::isSuspect).isPresent()) {
        silent.add(node);
      }
    }
    return silent;
  }

  private Optional<Refusal> ofTheCluster(
      NodeFacts node, Collection<NodeFacts> nodes, List<NodeFacts> silent, boolean apiIsSteady) {
    if (!apiIsSteady) {
      return Optional.of(unsteady());
    }
    if (!silent.isEmpty() && silent.size() == nodes.size()) {
      return Optional.of(
          new Refusal(
              RefusalReason.ALL_SUSPECT,
              "no node renews its Lease, which no single fault explains. Check the API server and etcd"));
    }
    if (NodeLimits.tooMany(silent.size(), nodes.size(), limits.suspectPercent())) {
      return Optional.of(
          new Refusal(
              RefusalReason.TOO_MANY_SUSPECT,
              "%d of %d nodes have stopped renewing their Leases, more than rwop-guard.failover.limits.suspect-percent=%d allows. All of them may come back at once. Check the network between the nodes and the API server"
                  .formatted(silent.size(), nodes.size(), limits.suspectPercent())));
    }
    if (node.zone().isEmpty()) {
      return Optional.empty();
    }
    List<NodeFacts> zone = inZoneOf(node, nodes);
    List<NodeFacts> silentInZone = inZoneOf(node, silent);
    return NodeLimits.tooMany(silentInZone.size(), zone.size(), limits.suspectPercentOfZone())
        ? Optional.of(
            new Refusal(
                RefusalReason.TOO_MANY_SUSPECT,
                "%d of %d nodes of zone %s have stopped renewing their Leases, more than rwop-guard.failover.limits.suspect-percent-of-zone=%d allows. Check the network of the zone"
                    .formatted(
                        silentInZone.size(),
                        zone.size(),
                        node.zone(),
                        limits.suspectPercentOfZone())))
        : Optional.empty();
  }

  private static List<NodeFacts> inZoneOf(NodeFacts node, Collection<NodeFacts> nodes) {
    return nodes.stream().filter(other -> other.zone().equals(node.zone())).toList();
  }

  private Optional<Refusal> ofTheNode(
      NodeFacts node, Silence silence, Reachability reachability, long now) {
    return ownNode(node)
        .or(() -> reached(node, silence, reachability, now))
        .or(() -> worked(node, silence))
        .or(() -> secondSign(node, reachability.of(node.name(), since(silence, now), now)));
  }

  private static long since(Silence silence, long now) {
    return now - silence.duration().toNanos();
  }

  private static Optional<Refusal> reached(
      NodeFacts node, Silence silence, Reachability reachability, long now) {
    if (reachability.of(node.name(), since(silence, now), now) == Sign.REACHED) {
      return Optional.of(reachable(node));
    }
    return reachability.isReachedByPeer(node.name(), silence.renewTime(), now)
        ? Optional.of(
            new Refusal(
                RefusalReason.REACHABLE,
                "node %s has stopped renewing its Lease, but another replica of rwop-guard reaches it or a Pod on it. Its Pods may still write. Repair its network or stop the node"
                    .formatted(node.name())))
        : Optional.empty();
  }

  /**
   * Checks for a second sign. Kubernetes derives the condition Ready from the same Lease, so Ready
   * adds nothing for a node that could be probed. It only replaces the second sign of a node that
   * never could be probed.
   */
  private static Optional<Refusal> secondSign(NodeFacts node, Sign sign) {
    if (sign == Sign.UNREACHABLE || (sign == Sign.MUTE && node.ready() != Ready.TRUE)) {
      return Optional.empty();
    }
    String text =
        sign == Sign.MUTE
            ? "node %s has stopped renewing its Lease but is still Ready, and no earlier probe succeeded; waiting for a second signal. If you know that the node is dead, run rwop-guard failover"
            : "node %s has stopped renewing its Lease, but too few probes of it or its Pods have failed since the last answer, or the last probes are too old; waiting for a second signal. If you know that the node is dead, run rwop-guard failover";
    return Optional.of(new Refusal(RefusalReason.NO_SECOND_SIGNAL, text.formatted(node.name())));
  }

  private Optional<Refusal> worked(NodeFacts node, Silence silence) {
    if (node.unschedulable()) {
      return Optional.of(
          new Refusal(
              RefusalReason.MAINTENANCE,
              "node %s is cordoned, so it counts as under maintenance. Uncordon it, or run rwop-guard failover if it is dead"
                  .formatted(node.name())));
    }
    Optional<String> annotation =
        node.annotations().isEmpty()
            ? Optional.empty()
            : limits.maintenanceAnnotations().stream()
                .filter(node.annotations()::contains)
                .sorted()
                .findFirst();
    if (annotation.isPresent()) {
      return Optional.of(
          new Refusal(
              RefusalReason.MAINTENANCE,
              "node %s has the annotation %s, so it counts as under maintenance. Remove the annotation, or run rwop-guard failover if the node is dead"
                  .formatted(node.name(), annotation.get())));
    }
    return externalRemediationTaints(node).or(() -> rebooting(node, silence));
  }

  private Optional<Refusal> externalRemediationTaints(NodeFacts node) {
    return node.taints().stream()
        .filter(this::isOthers)
        .map(Taint::key)
        .findFirst()
        .map(
            key ->
                new Refusal(
                    RefusalReason.EXTERNAL_REMEDIATION,
                    "node %s has the taint %s, so another controller remediates it"
                        .formatted(node.name(), key)));
  }

  private Optional<Refusal> rebooting(NodeFacts node, Silence silence) {
    if (node.shuttingDown() && silence.duration().compareTo(limits.rebootWindow()) < 0) {
      return Optional.of(
          new Refusal(
              RefusalReason.REBOOTING,
              "node %s was shutting down when it stopped renewing its Lease. It has %d s to come back (rwop-guard.failover.maintenance.reboot-window)"
                  .formatted(node.name(), limits.rebootWindow().toSeconds())));
    }
    return Optional.empty();
  }

  private boolean isOthers(Taint taint) {
    return !FailoverTaints.isOwn(taint)
        && (taint.key().equals(FailoverTaints.OUT_OF_SERVICE_KEY)
            || limits.externalRemediationTaints().stream()
                .anyMatch(pattern -> pattern.matcher(taint.key()).matches()));
  }

  private Optional<Refusal> ownNode(NodeFacts node) {
    return node.name().equals(ownNode)
        ? Optional.of(
            new Refusal(
                RefusalReason.OWN_NODE,
                "this replica runs on node %s, so it cannot decide that the node is dead"
                    .formatted(node.name())))
        : Optional.empty();
  }

  private static Refusal alive(NodeFacts node, Silence silence) {
    return new Refusal(
        RefusalReason.ALIVE,
        "node %s renewed its Lease %d s ago. If it is dead, request the failover again in %d s"
            .formatted(
                node.name(),
                silence.duration().toSeconds(),
                silence.lease().multipliedBy(3).dividedBy(10).toSeconds()));
  }

  private static Refusal reachable(NodeFacts node) {
    return new Refusal(
        RefusalReason.REACHABLE,
        "node %s does not renew its Lease, but it or a Pod on it still answers. It is cut off from the API server, or its kubelet has ended, and its Pods may still write. Restart its kubelet, repair its network, or stop the node"
            .formatted(node.name()));
  }

  private static Refusal unsteady() {
    return new Refusal(
        RefusalReason.API_SERVER_UNSTABLE,
        "the API server did not answer this replica steadily during the last 10 s, or rwop-guard.failover.lease-duration if that is longer. Missing renewals may be a connection failure of this replica. Check the API server and the network of this replica");
  }
}
