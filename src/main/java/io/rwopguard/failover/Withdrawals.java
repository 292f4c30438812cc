package io.rwopguard.failover;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.OwnTaints;
import io.rwopguard.failover.plan.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * Remembers the removals of the taint {@code node.kubernetes.io/out-of-service} from silent nodes,
 * and puts the taint back where PodGC evicted a Pod under it so late that its volume would be
 * detached without it. That takes evidence: a taint that nothing needs force-deletes the Pods that
 * terminate on the node.
 */
final class Withdrawals {

  private static final Logger LOG = Logger.getLogger(Withdrawals.class);

  /** The API server ends a request after this (kube-apiserver --request-timeout). */
  static final Duration ARRIVES_WITHIN = Duration.ofMinutes(1);

  /** How long PodGC may still evict what it saw under the taint. */
  private static final Duration EVICTED_WITHIN = Duration.ofSeconds(10);

  /** A record is written before its withdrawal is sent, and only now and then. */
  private static final Duration RECORDED_BEFORE = Duration.ofSeconds(15);

  /** Between two reads of what is attached to a node that nothing is done for. */
  private static final long READ_AGAIN = Duration.ofSeconds(1).toNanos();

  /**
   * A withdrawal.
   *
   * @param failover that it was made for
   * @param targets its volumes; empty if an earlier leader withdrew the taint
   * @param until when it is certain that nothing has to be undone
   * @param next when this is looked at again
   */
  private record Withdrawal(
      FailoverRecord failover, List<FailoverTarget> targets, long until, long next) {

    Withdrawal lookedAt(long now) {
      return new Withdrawal(failover, targets, until, now + READ_AGAIN);
    }
  }

  private final FailoverObjects objects;
  private final PendingDetaches detaches;
  private final Predicate<String> isDeclared;
  private final Coverage coverage;
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
      Coverage coverage,
      Clocks clocks) {
    this.objects = objects;
    this.detaches = detaches;
    this.isDeclared = isDeclared;
    this.coverage = coverage;
    this.clocks = clocks;
  }

  /** A withdrawal is sent now, and may be carried out although its answer is lost. */
  void sending(FailoverRecord failover, List<FailoverTarget> targets) {
    remember(failover, targets, ARRIVES_WITHIN);
  }

  /** The withdrawal was carried out or refused. */
  void sent(FailoverRecord failover, List<FailoverTarget> targets) {
    remember(failover, targets, EVICTED_WITHIN);
  }

  /**
   * Whether the record of a failover tells of a withdrawal that is as good as new. Its rewriting at
   * each attempt would be a load on the API server.
   */
  boolean isRecorded(FailoverRecord failover) {
    Instant at = failover.times().get(Step.WITHDRAWN);
    Instant now = clocks.now();
    return at != null && !at.isAfter(now) && at.isAfter(now.minus(EVICTED_WITHIN));
  }

  /**
   * Adopts the withdrawals that records of failovers tell of, also of some that have ended. Of one
   * node the last counts. A clock that is ahead prolongs nothing.
   */
  void adopt(Collection<FailoverRecord> failovers) {
    failovers.stream()
        .filter(failover -> failover.has(Step.WITHDRAWN))
        .sorted(Comparator.comparing(failover -> failover.times().get(Step.WITHDRAWN)))
        .forEach(this::adopt);
  }

  private void adopt(FailoverRecord failover) {
    Instant at = failover.times().get(Step.WITHDRAWN);
    Instant now = clocks.now();
    Duration age = at.isAfter(now) ? Duration.ZERO : Duration.between(at, now);
    Duration left = ARRIVES_WITHIN.plus(EVICTED_WITHIN).plus(RECORDED_BEFORE).minus(age);
    if (!left.isNegative()) {
      remember(failover, List.of(), left);
    }
  }

  private void remember(FailoverRecord failover, List<FailoverTarget> targets, Duration time) {
    long now = clocks.nanos();
    withdrawals.put(failover.node(), new Withdrawal(failover, targets, now + time.toNanos(), now));
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
    if (withdrawal == null) {
      return;
    }
    long now = clocks.nanos();
    // before anything can fail: the next look is a second later in any case
    withdrawals.put(name, withdrawal.lookedAt(now));
    JsonNode node = objects.node(name).orElse(null);
    if (node == null || isAnother(node, withdrawal) || isBack(name, withdrawal)) {
      withdrawals.remove(name);
      return;
    }
    Optional<String> left = detaches.left(name);
    if (left.isPresent()) {
      putBack(name, node, withdrawal, left.get());
    } else if (now - withdrawal.until() >= 0) {
      withdrawals.remove(name);
    }
  }

  private void putBack(String name, JsonNode node, Withdrawal withdrawal, String why) {
    Optional<Refusal> uncovered =
        coverage.refusalAgain(withdrawal.failover(), withdrawal.targets());
    if (uncovered.isPresent()) {
      LOG.warnf(
          "Node %s does not get its out-of-service taint again, although %s: %s",
          name, why, uncovered.get());
      withdrawals.remove(name);
    } else if (isBack(name, withdrawal)) {
      // it may have come back while what is attached to it was read
      withdrawals.remove(name);
    } else if (isThereAgain(name, node)) {
      LOG.infof("Node %s has its out-of-service taint again: %s", name, why);
      withdrawals.remove(name);
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
    String uid = withdrawal.failover().nodeUid();
    return !uid.isEmpty() && !uid.equals(node.path("metadata").path("uid").asText());
  }

  private boolean isBack(String name, Withdrawal withdrawal) {
    String renewTime = objects.nodeLease(name).map(ClusterView::renewTime).orElse("");
    return !renewTime.isEmpty() && !renewTime.equals(withdrawal.failover().renewTime());
  }
}
