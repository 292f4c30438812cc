package io.rwopguard.failover.execution;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeFacts.Ready;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.EventRecorder.About;
import io.rwopguard.kube.EventSink;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Removes our taints from nodes that are back.
 *
 * <p>The out-of-service taint is removed after the first renewal of the node's Lease that this
 * class sees. On a healthy node, the taint detaches volumes that are mounted. It is not removed
 * before, since a volume may still be detached under it.
 *
 * <p>The other taint is removed once the node has been healthy for a while and every fence was
 * undone. With drivers that keep stale mappings, it also takes a reboot. No failover in progress
 * keeps the out-of-service taint on a healthy node. A taint that was removed while the ledger of
 * fences still needs it is added again.
 */
public final class TaintCleanup {

  private static final Logger LOG = Logger.getLogger(TaintCleanup.class);
  private static final String NOT_REMOVED =
      "the taint %s could not be removed: %s. Until it is removed, Kubernetes may detach volumes from the node. rwop-guard tries again after the next Lease renewal. Allow the controller's ServiceAccount to patch nodes";
  private static final long READ_AGAIN = Duration.ofSeconds(2).toNanos();

  /** The longest time between two renewals: a kubelet renews its Lease every ten seconds. */
  private static final long RENEWS_WITHIN = Duration.ofSeconds(15).toNanos();

  private static final long STEADY_FOR = Duration.ofSeconds(25).toNanos();

  /**
   * The renewals of a node's Lease.
   *
   * @param read when it was last read
   * @param renewed when it was last seen to change
   * @param steadySince since when it has been changing without a longer pause
   */
  private record Renewal(String renewTime, long read, long renewed, long steadySince) {}

  private final FailoverStore objects;
  private final Optional<? extends Fence> fence;
  private final EventSink events;

  /** The time that a node has to be healthy. A node that flaps is healthy for a shorter time. */
  private final long trustedAfter;

  /** Removes a node's out-of-service taint between other writes to it. */
  private final BiConsumer<String, Runnable> removing;

  /** Tests whether a node is late with the renewal of its Lease. */
  private final Predicate<String> isLate;

  private final Map<String, Long> healthySince = new ConcurrentHashMap<>();

  private final Map<String, Renewal> renewals = new ConcurrentHashMap<>();

  /**
   * Creates the clean-up of taints.
   *
   * @param trustedAfter the time that a node has to be healthy before it accepts Pods again
   * @param removing removes a node's out-of-service taint between other writes to it
   * @param isLate tests whether a node is late with the renewal of its Lease
   */
  public TaintCleanup(
      FailoverStore objects,
      Optional<? extends Fence> fence,
      EventSink events,
      Duration trustedAfter,
      BiConsumer<String, Runnable> removing,
      Predicate<String> isLate) {
    this.objects = objects;
    this.fence = fence;
    this.events = events;
    this.trustedAfter = trustedAfter.toNanos();
    this.removing = removing;
    this.isLate = isLate;
  }

  /**
   * Evaluates all nodes.
   *
   * @param failovers returns at any moment the nodes of failovers in progress, which withdraw that
   *     taint themselves. A healthy verdict may only mean that the silence is counted from zero
   */
  public void look(
      Collection<NodeFacts> nodes,
      Map<String, NodeHealth> verdicts,
      Supplier<Set<String>> failovers,
      long now) {
    Set<String> fenced = fence.<Set<String>>map(Fence::fencedNodes).orElse(Set.of());
    healthySince.keySet().removeIf(name -> !verdicts.containsKey(name));
    renewals.keySet().removeIf(name -> !verdicts.containsKey(name));
    for (NodeFacts node : nodes) {
      try {
        look(node, verdicts.get(node.name()), failovers, fenced, now);
      } catch (NotLeaderException e) {
        throw e;
      } catch (RuntimeException e) {
        // one node that cannot be patched does not keep the taints on the others
        tell(
            node.name(),
            "the taints of the node could not be written; rwop-guard tries again: "
                + ConditionLog.textOf(e));
      }
    }
  }

  private void look(
      NodeFacts node,
      NodeHealth verdict,
      Supplier<Set<String>> failovers,
      Set<String> fenced,
      long now) {
    boolean failingOver = failovers.get().contains(node.name());
    boolean alive = verdict != null && verdict.state() == NodeHealth.State.FINE;
    boolean outOfService = node.taints().stream().anyMatch(FailoverTaints::isOwnOutOfService);
    if (!outOfService) {
      renewals.remove(node.name());
    } else if (isReadAgain(node.name(), now)) {
      // before the Lease: if a taint is set meanwhile, the node has another version
      JsonNode read = objects.node(node.name()).orElse(null);
      Renewal before = renewals.get(node.name());
      if (mayBeInService(node.name(), failingOver, now) && read != null) {
        removing.accept(
            node.name(),
            () -> {
              // a failover that started meanwhile relies on the taint that it finds
              if (failingOver || !failovers.get().contains(node.name())) {
                putIntoService(node.name(), read, before);
              }
            });
      }
    }
    if (!alive || node.ready() != Ready.TRUE) {
      healthySince.remove(node.name());
      return;
    }
    long since = healthySince.computeIfAbsent(node.name(), name -> now);
    boolean tainted = node.taints().stream().anyMatch(FailoverTaints::isFailedOver);
    if (fenced.contains(node.name()) && !isTaintedEnough(node)) {
      // the Node object was recreated, or a person removed the taint: no Pod can mount there yet
      objects.node(node.name()).ifPresent(json -> taint(node.name(), json));
    }
    if (tainted && now - since >= trustedAfter && !failingOver) {
      takeBack(node.name());
    }
  }

  private void putIntoService(String name, JsonNode node, Renewal before) {
    try {
      if (!untaint(node, FailoverTaints.OUT_OF_SERVICE_KEY)) {
        // the node changed meanwhile: the same renewal counts again while it is recent
        renewals.put(name, before);
      }
    } catch (KubernetesClientException e) {
      // a policy that guards this taint keeps no node fenced
      tell(name, NOT_REMOVED.formatted(FailoverTaints.OUT_OF_SERVICE_KEY, ConditionLog.textOf(e)));
    }
  }

  /**
   * Returns whether the Lease of a node was seen to be renewed. A failover in progress withdraws
   * the taint itself, but not if its steps fail. So a node that has been renewing for a while loses
   * its taint all the same.
   */
  private boolean mayBeInService(String node, boolean failingOver, long now) {
    // a Lease that was read too long ago proves nothing about the time since
    Renewal before =
        Optional.ofNullable(renewals.get(node))
            .filter(read -> now - read.read() < RENEWS_WITHIN)
            .orElse(null);
    String renewTime = objects.nodeLease(node).map(NodeReader::renewTime).orElse("");
    boolean renewed =
        before != null && !renewTime.isEmpty() && !renewTime.equals(before.renewTime());
    boolean steady = before != null && now - before.renewed() < RENEWS_WITHIN;
    Renewal seen =
        before == null
            ? new Renewal(renewTime, now, now - RENEWS_WITHIN, now)
            : new Renewal(
                renewTime,
                now,
                renewed ? now : before.renewed(),
                renewed && !steady ? now : before.steadySince());
    renewals.put(node, seen);
    return renewed && (!failingOver || (steady && now - seen.steadySince() >= STEADY_FOR));
  }

  private boolean isReadAgain(String node, long now) {
    Renewal before = renewals.get(node);
    return before == null || now - before.read() >= READ_AGAIN;
  }

  private boolean isTaintedEnough(NodeFacts node) {
    boolean reboots = awaitsReboot(node.name(), "");
    return node.taints().stream()
        .anyMatch(
            taint ->
                FailoverTaints.isFailedOver(taint)
                    && (!reboots || FailoverTaints.isUntilReboot(taint)));
  }

  /** Taints a fenced node, unless it has a taint that keeps Pods away for as long. */
  private void taint(String name, JsonNode node) {
    String bootId = NodeReader.bootId(node);
    Taint wanted =
        !bootId.isEmpty() && awaitsReboot(name, bootId)
            ? FailoverTaints.untilRebootOf(bootId)
            : FailoverTaints.FAILED_OVER;
    if (NodeReader.taints(node).stream()
        .noneMatch(taint -> FailoverTaints.isAsStrongAs(taint, wanted))) {
      objects.taint(node, wanted);
    }
  }

  private boolean awaitsReboot(String node, String bootId) {
    return fence.filter(asked -> asked.awaitsReboot(node, bootId)).isPresent();
  }

  /** Forgets the nodes' health: another replica leads, and this state proves nothing later. */
  public void clear() {
    healthySince.clear();
    renewals.clear();
  }

  private void takeBack(String name) {
    if (isLate.test(name)) {
      // it may have died just now, and the un-fence would then conflict with the next fence
      return;
    }
    JsonNode node = objects.node(name).orElse(null);
    if (node == null) {
      return;
    }
    String bootId = NodeReader.bootId(node);
    List<Taint> own =
        NodeReader.taints(node).stream().filter(FailoverTaints::isFailedOver).toList();
    if (own.stream().anyMatch(taint -> FailoverTaints.waitsForReboot(taint, bootId))) {
      tell(
          name,
          "it keeps the taint %s until it reboots, because a driver of the volumes that were detached from it keeps stale mappings. Reboot the node"
              .formatted(FailoverTaints.FAILED_OVER_KEY));
      return;
    }
    Optional<String> fenced =
        fence.flatMap(
            asked ->
                asked.whyNotReturned(
                    name, bootId, objects.nodeLease(name).map(NodeReader::renewTime).orElse("")));
    if (fenced.isPresent()) {
      tell(
          name,
          "it keeps the taint %s until it is un-fenced: %s"
              .formatted(FailoverTaints.FAILED_OVER_KEY, fenced.get()));
      return;
    }
    // the next pass tries again if the node changed meanwhile
    var unused = untaint(node, FailoverTaints.FAILED_OVER_KEY);
  }

  private void tell(String node, String message) {
    events.say(About.node(node), true, "FailoverRebootRequired", message);
  }

  /** Removes one of our taints. Returns false if the node changed since it was read. */
  private boolean untaint(JsonNode node, String key) {
    // one at a time, since each write names the version of the node that was read
    Optional<Taint> own =
        NodeReader.taints(node).stream()
            .filter(FailoverTaints::isOwn)
            .filter(taint -> taint.key().equals(key))
            .findFirst();
    boolean removed = own.isEmpty() || objects.untaint(node, own.get());
    if (removed && own.isPresent()) {
      LOG.infof("Removed the taint %s from node %s", key, KubeObject.of(node).name());
    }
    return removed;
  }
}
