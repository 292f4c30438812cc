package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.OwnTaints;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * Remembers the removals of the taint {@code node.kubernetes.io/out-of-service} from silent nodes,
 * and puts the taint back where PodGC evicted a Pod under it so late that its volume would be
 * detached without it.
 */
final class Withdrawals {

  private static final Logger LOG = Logger.getLogger(Withdrawals.class);

  /** The API server ends a request after this (kube-apiserver --request-timeout). */
  private static final Duration ARRIVES_WITHIN = Duration.ofMinutes(1);

  /** How long PodGC may still evict what it saw under the taint. */
  private static final Duration EVICTED_WITHIN = Duration.ofSeconds(10);

  /** Kubernetes has detached by then what an evicted Pod left (six minutes), taint or not. */
  private static final Duration DETACHED_WITHIN = Duration.ofMinutes(10);

  /** Between two reads of what is attached to a node that nothing is done for. */
  private static final long READ_AGAIN = Duration.ofSeconds(1).toNanos();

  /**
   * A withdrawal.
   *
   * @param nodeUid the Node object's UID; empty if it is not known
   * @param renewTime of the node's last renewal: another one shows that it is back
   * @param until when it is certain that nothing has to be undone
   * @param next when this is looked at again
   */
  private record Withdrawal(String nodeUid, String renewTime, long until, long next) {}

  private final FailoverObjects objects;
  private final PendingDetaches detaches;
  private final Predicate<String> isDeclared;
  private final Clocks clocks;

  /** By node. */
  private final Map<String, Withdrawal> withdrawals = new ConcurrentHashMap<>();

  /**
   * Creates it without withdrawals.
   *
   * @param isDeclared whether a node has the taint, in a version that no late withdrawal names
   */
  Withdrawals(
      FailoverObjects objects,
      PendingDetaches detaches,
      Predicate<String> isDeclared,
      Clocks clocks) {
    this.objects = objects;
    this.detaches = detaches;
    this.isDeclared = isDeclared;
    this.clocks = clocks;
  }

  /** A withdrawal is sent now, and may be carried out although its answer is lost. */
  void sending(FailoverRecord failover) {
    remember(failover, ARRIVES_WITHIN);
  }

  /** The withdrawal was carried out or refused. */
  void sent(FailoverRecord failover) {
    remember(failover, EVICTED_WITHIN);
  }

  /**
   * Adopts the withdrawal that the record of a failover tells of, also of one that has ended. It is
   * looked at once at least: the lead may have been vacant for longer than evictions take.
   */
  void adopt(FailoverRecord failover) {
    Instant at = failover.times().get(Step.WITHDRAWN);
    Instant now = clocks.now();
    if (at != null && now.isBefore(at.plus(DETACHED_WITHIN))) {
      Duration left = Duration.between(now, at.plus(ARRIVES_WITHIN).plus(EVICTED_WITHIN));
      remember(failover, left.isNegative() ? Duration.ZERO : left);
    }
  }

  private void remember(FailoverRecord failover, Duration time) {
    long now = clocks.nanos();
    Withdrawal withdrawal =
        new Withdrawal(failover.nodeUid(), failover.renewTime(), now + time.toNanos(), now);
    withdrawals.put(failover.node(), withdrawal);
  }

  /** The nodes to look at now. */
  List<String> due() {
    return withdrawals.entrySet().stream()
        .filter(each -> clocks.nanos() - each.getValue().next() >= 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Another replica leads. */
  void clear() {
    withdrawals.clear();
  }

  /** Puts the taint of a node back if a volume is detached from it. Its lock has to be held. */
  void putBackIfNeeded(String name) {
    Withdrawal withdrawal = withdrawals.get(name);
    JsonNode node = withdrawal == null ? null : objects.node(name).orElse(null);
    if (node == null || isAnother(node, withdrawal) || isBack(name, withdrawal)) {
      withdrawals.remove(name);
      return;
    }
    long now = clocks.nanos();
    boolean pending = detaches.fromSilent(name).isPresent();
    if (pending && isThereAgain(name, node)) {
      LOG.infof(
          "Node %s has its out-of-service taint again: a volume of a Pod that was deleted meanwhile is being detached from it",
          name);
      withdrawals.remove(name);
    } else if (!pending && now - withdrawal.until() >= 0) {
      withdrawals.remove(name);
    } else {
      withdrawals.put(
          name,
          new Withdrawal(
              withdrawal.nodeUid(), withdrawal.renewTime(), withdrawal.until(), now + READ_AGAIN));
    }
  }

  /** One that is still there needs a version that the withdrawal does not name. */
  private boolean isThereAgain(String name, JsonNode node) {
    return NodeReader.taints(node).stream()
            .anyMatch(taint -> taint.key().equals(OwnTaints.OUT_OF_SERVICE_KEY))
        ? isDeclared.test(name)
        : objects.taint(node, OwnTaints.OUT_OF_SERVICE);
  }

  private static boolean isAnother(JsonNode node, Withdrawal withdrawal) {
    return !withdrawal.nodeUid().isEmpty()
        && !withdrawal.nodeUid().equals(node.path("metadata").path("uid").asText());
  }

  private boolean isBack(String name, Withdrawal withdrawal) {
    String renewTime = objects.nodeLease(name).map(ClusterView::renewTime).orElse("");
    return !renewTime.isEmpty() && !renewTime.equals(withdrawal.renewTime());
  }
}
