package io.rwopguard.failover.execution;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.eligibility.Coverage;
import io.rwopguard.failover.eligibility.Coverage.Covering;
import io.rwopguard.failover.execution.TaintWithdrawal.Silence;
import io.rwopguard.failover.plan.FailoverPlanner.Node;
import io.rwopguard.failover.plan.FailoverPlanner.OldPod;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.kube.ConditionLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Decides when the taint {@code node.kubernetes.io/out-of-service} of a node may be removed, and
 * when a Pod may be deleted under it. A driver that revokes access only under the taint must find
 * it there at each detach. That applies to every volume that lost its Pod through this controller.
 */
final class OutOfServiceTaints {

  private static final Logger LOG = Logger.getLogger(OutOfServiceTaints.class);

  /** The time within which a detach is expected to end that started before a node came back. */
  private static final long DETACHES_WITHIN = Duration.ofSeconds(10).toNanos();

  private static final long ARRIVES_WITHIN = TaintWithdrawals.ARRIVES_WITHIN.toNanos();

  private final ActiveFailovers failovers;
  private final FailoverStore objects;
  private final FailoverSteps steps;
  private final PendingDetaches detaches;
  private final FailoverReporter speaker;
  private final Clocks clocks;

  /** The locks, by node: a lock excludes deletions under the taint while the taint is withdrawn. */
  private final Map<String, Object> locks = new ConcurrentHashMap<>();

  /** The times, by node and failover, at which deletions without an answer yet were sent. */
  private final Map<String, Map<String, Long>> unanswered = new ConcurrentHashMap<>();

  private final TaintWithdrawals withdrawals;

  OutOfServiceTaints(
      ActiveFailovers failovers,
      FailoverStore objects,
      FailoverSteps steps,
      PendingDetaches detaches,
      Coverage coverage,
      FailoverReporter speaker,
      ConditionLog problems,
      Clocks clocks) {
    this.failovers = failovers;
    this.objects = objects;
    this.steps = steps;
    this.detaches = detaches;
    this.speaker = speaker;
    this.clocks = clocks;
    this.withdrawals =
        new TaintWithdrawals(objects, detaches, surroundings(coverage), problems, clocks);
  }

  private TaintWithdrawals.Surroundings surroundings(Coverage coverage) {
    return new TaintWithdrawals.Surroundings() {

      @Override
      public Object lockOf(String node) {
        return OutOfServiceTaints.this.lockOf(node);
      }

      @Override
      public boolean isDeclared(String node) {
        return OutOfServiceTaints.this.isDeclared(node);
      }

      @Override
      public Optional<Refusal> uncovered(FailoverRecord record, List<FailoverTarget> targets) {
        List<Covering> all = new ArrayList<>(List.of(new Covering(record, targets)));
        // another failover from the node may have set the taint, and has more fences
        for (ActiveFailover each : failovers.inProgress()) {
          FailoverRecord other = each.record();
          if (Silence.of(other).equals(Silence.of(record))) {
            all.add(new Covering(other, each.targets.orElse(List.of())));
          }
        }
        return coverage.refusalAgain(record, all);
      }

      @Override
      public void putBack(FailoverRecord record, String why) {
        speaker.taintedAgain(record, why);
      }
    };
  }

  /** Returns the lock for writes to a node's taint and for deletions that rely on it. */
  Object lockOf(String node) {
    return locks.computeIfAbsent(node, name -> new Object());
  }

  /** Records that a deletion is sent now. Returns the value for {@link #answered}. */
  Optional<Long> sending(ActiveFailover each) {
    long now = clocks.nanos();
    each.deletionSent = OptionalLong.of(now);
    return Optional.ofNullable(sentFrom(each.record().node()).put(each.record().key(), now));
  }

  /** Records that the last deletion was carried out or refused. One before it may still arrive. */
  void answered(ActiveFailover each, Optional<Long> before) {
    sentFrom(each.record().node()).compute(each.record().key(), (key, sent) -> before.orElse(null));
  }

  private Map<String, Long> sentFrom(String node) {
    return unanswered.computeIfAbsent(node, name -> new ConcurrentHashMap<>());
  }

  /**
   * Returns whether a deletion that was sent, also by an earlier leader, may still be carried out.
   *
   * @param oldPod the state of the Pod of this failover
   */
  boolean mayBeDeleted(ActiveFailover each, OldPod oldPod) {
    long now = clocks.nanos();
    String node = each.record().node();
    Map<String, Long> sent = sentFrom(node);
    sent.values().removeIf(at -> now - at >= ARRIVES_WITHIN);
    String own = each.record().key();
    boolean adopted = each.adopted && now - each.started < ARRIVES_WITHIN;
    // once the Pod is gone, no deletion of it can be carried out any more
    return (oldPod == OldPod.THERE && (adopted || sent.containsKey(own)))
        || sent.keySet().stream().anyMatch(key -> !key.equals(own))
        || failovers.unadoptedSince(node).filter(since -> now - since < ARRIVES_WITHIN).isPresent();
  }

  /** Returns whether the taint of a node that is not back has to stay for now. */
  boolean mustStay(ActiveFailover each, FailoverSteps.Seen seen) {
    if (seen.observed().node() == Node.BACK) {
      return false;
    }
    String node = each.record().node();
    boolean mayBeDeleted = mayBeDeleted(each, seen.observed().oldPod());
    Optional<String> pending = mayBeDeleted ? Optional.empty() : detaches.fromSilent(node);
    pending.ifPresent(why -> LOG.debugf("Node %s keeps its out-of-service taint: %s", node, why));
    boolean must = mayBeDeleted || pending.isPresent();
    if (must && seen.observed().ownOutOfService() && !failovers.declared().contains(node)) {
      synchronized (lockOf(node)) {
        isDeclared(node);
      }
    }
    return must;
  }

  /**
   * Withdraws the taint. Another failover from the node that starts meanwhile deletes its Pod only
   * after this, and checks the taint once more before it does.
   *
   * @return whether the node is to be observed again at once
   */
  boolean withdraw(ActiveFailover each, FailoverSteps.Seen seen) {
    boolean back = seen.observed().node() == Node.BACK;
    if (back && isBeingDetached(each)) {
      speaker.waits(
          each.record(),
          "node %s is back. It keeps its out-of-service taint for some seconds, until a detach that started under the taint has ended"
              .formatted(each.record().node()));
      return false;
    }
    String node = each.record().node();
    synchronized (lockOf(node)) {
      boolean needed = failovers.isOutOfServiceNeededBeside(each) && !back;
      if (needed || !failovers.isCurrent(each)) {
        return false;
      }
      // in the record, too, before the request: its answer or leadership may be lost, although the
      // API server carries it out
      if (!back
          && !withdrawals.isRecorded(each.record())
          && !failovers.keep(each, record -> record.withdrawing(clocks.now()))) {
        return false;
      }
      failovers.declared().remove(node);
      if (!back) {
        withdrawals.sending(each.record(), each.targets.orElse(List.of()));
      }
      if (steps.withdraw(seen)) {
        speaker.step(each.record(), "removed the out-of-service taint of node " + node);
      }
      if (!back) {
        withdrawals.sent(each.record(), each.targets.orElse(List.of()));
      }
    }
    return true;
  }

  /** Removes the taint of a node that is back. A request without an answer may arrive later. */
  void removing(String node, Runnable removal) {
    synchronized (lockOf(node)) {
      failovers.declared().remove(node);
      removal.run();
    }
  }

  /** Adds taints again that were withdrawn too early: evicted Pods' volumes may detach now. */
  void putBack() {
    withdrawals.putBack();
  }

  /** Adopts the withdrawals of earlier leaders, from the records of their failovers. */
  void tookOver() {
    withdrawals.adopt(failovers.known());
  }

  /** Forgets all withdrawals: another replica leads, and reads the pending detaches itself. */
  void clear() {
    withdrawals.clear();
  }

  /**
   * Returns whether a driver may check for the taint right now, or will at once. Other volumes are
   * mounted on a node that is back, so this holds only for a short time.
   */
  private boolean isBeingDetached(ActiveFailover each) {
    long now = clocks.nanos();
    if (each.backSince.isEmpty()) {
      each.backSince = OptionalLong.of(now);
    }
    return now - each.backSince.getAsLong() < DETACHES_WITHIN
        && (failovers.hasDeletedSince(each.record().node(), now - DETACHES_WITHIN)
            || detaches.inFlight(each.record().node()).isPresent());
  }

  /**
   * Returns whether the taint is there, and no earlier request to withdraw it can still arrive,
   * also of another leader. Such a request names an older version of the node.
   */
  boolean isDeclared(String name) {
    JsonNode node = objects.node(name).orElse(null);
    List<Taint> taints = node == null ? List.of() : NodeReader.taints(node);
    Optional<Taint> own = taints.stream().filter(FailoverTaints::isOwnOutOfService).findFirst();
    if (own.isEmpty()) {
      failovers.declared().remove(name);
      // rwop-guard never withdraws the taint of another program or person
      return taints.stream()
          .anyMatch(taint -> taint.key().equals(FailoverTaints.OUT_OF_SERVICE_KEY));
    }
    if (!failovers.declared().contains(name) && objects.renewTaint(node, own.get(), clocks.now())) {
      failovers.declared().add(name);
    }
    return failovers.declared().contains(name);
  }
}
