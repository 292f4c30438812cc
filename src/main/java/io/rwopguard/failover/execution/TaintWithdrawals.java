package io.rwopguard.failover.execution;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NodeReader;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.execution.TaintWithdrawal.Silence;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverRecord.Step;
import io.rwopguard.failover.plan.FailoverTaints;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.failover.plan.Refusal;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.model.KubeObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Remembers the removals of the taint {@code node.kubernetes.io/out-of-service} from nodes that do
 * not renew their Lease. PodGC may evict a Pod under the taint so late that its volume would be
 * detached without the taint. In that case, this class adds the taint again. That takes evidence: a
 * taint that nothing needs force-deletes the Pods that terminate on the node.
 */
final class TaintWithdrawals {

  private static final Logger LOG = Logger.getLogger(TaintWithdrawals.class);

  /** The time after which the API server ends a request (kube-apiserver --request-timeout). */
  static final Duration ARRIVES_WITHIN = Duration.ofMinutes(1);

  /**
   * The time for which PodGC may still evict Pods that it saw under the taint. It sends at most 20
   * requests a second (kube-controller-manager --kube-api-qps), two for each Pod.
   */
  private static final Duration EVICTED_WITHIN = Duration.ofSeconds(30);

  /**
   * The age up to which a recorded withdrawal counts as new. The withdrawal that is sent may be
   * that much later than its record.
   */
  private static final Duration RECORDED_FOR = Duration.ofSeconds(10);

  private static final Duration RECORDED_BEFORE = Duration.ofSeconds(15);

  /**
   * The time after which nothing is left to protect. The attach/detach controller detaches a volume
   * without a taint six minutes after its Pod is gone (k8s.io/kubernetes
   * attach_detach_controller.go, ReconcilerMaxWaitForUnmountDuration).
   */
  private static final Duration WATCHED_FOR = Duration.ofMinutes(10);

  /** The pause between two reads of the attachments of a node that needs nothing. */
  private static final long READ_AGAIN = Duration.ofSeconds(1).toNanos();

  /** The pause after a state that does not end within a second; evidence lasts for minutes. */
  private static final long TRIED_AGAIN = Duration.ofSeconds(10).toNanos();

  /** The failovers, as far as a withdrawal needs and affects them. */
  interface Surroundings {

    /** Returns the lock that orders the writes to a node's taint. */
    Object lockOf(String node);

    /** Returns whether a node has the taint, in a version that no late withdrawal names. */
    boolean isDeclared(String node);

    /** Returns why the node of a failover may not get the taint again; empty if it may. */
    Optional<Refusal> uncovered(FailoverRecord failover, List<FailoverTarget> targets);

    /** Reports that the taint was added again. */
    void putBack(FailoverRecord failover, String why);
  }

  private final FailoverStore objects;
  private final PendingDetaches detaches;
  private final Surroundings surroundings;
  private final ConditionLog problems;
  private final Clocks clocks;
  private final Map<Silence, TaintWithdrawal> withdrawals = new ConcurrentHashMap<>();

  TaintWithdrawals(
      FailoverStore objects,
      PendingDetaches detaches,
      Surroundings surroundings,
      ConditionLog problems,
      Clocks clocks) {
    this.objects = objects;
    this.detaches = detaches;
    this.surroundings = surroundings;
    this.problems = problems;
    this.clocks = clocks;
  }

  /** Records that a withdrawal is sent now. It may be carried out although its answer is lost. */
  void sending(FailoverRecord failover, List<FailoverTarget> targets) {
    withdrawals.put(
        Silence.of(failover), withdrawal(failover, targets, ARRIVES_WITHIN.plus(EVICTED_WITHIN)));
  }

  /** Records that the withdrawal was carried out or refused. */
  void sent(FailoverRecord failover, List<FailoverTarget> targets) {
    withdrawals.put(Silence.of(failover), withdrawal(failover, targets, EVICTED_WITHIN));
  }

  private TaintWithdrawal withdrawal(
      FailoverRecord failover, List<FailoverTarget> targets, Duration time) {
    long now = clocks.nanos();
    return new TaintWithdrawal(
        failover, targets, now + time.toNanos(), now + WATCHED_FOR.toNanos(), now);
  }

  /**
   * Returns whether the record of a failover has a withdrawal that counts as new. To record it
   * again at each attempt would load the API server.
   */
  boolean isRecorded(FailoverRecord failover) {
    Instant at = failover.times().get(Step.WITHDRAWN);
    Instant now = clocks.now();
    return at != null && !at.isAfter(now) && at.isAfter(now.minus(RECORDED_FOR));
  }

  /**
   * Adopts the withdrawals in the records of failovers, including some that have ended. Each is
   * evaluated at least once, since a volume whose Pod was evicted without a leader stays attached
   * for six minutes. A clock that is ahead prolongs nothing. No clock decides to which silence a
   * withdrawal belongs.
   */
  void adopt(Collection<FailoverRecord> failovers) {
    failovers.stream().filter(failover -> failover.has(Step.WITHDRAWN)).forEach(this::adopt);
  }

  private void adopt(FailoverRecord failover) {
    Instant at = failover.times().get(Step.WITHDRAWN);
    Instant now = clocks.now();
    Duration age = at.isAfter(now) ? Duration.ZERO : Duration.between(at, now);
    if (age.compareTo(WATCHED_FOR) < 0) {
      Duration left = ARRIVES_WITHIN.plus(EVICTED_WITHIN).plus(RECORDED_BEFORE).minus(age);
      TaintWithdrawal adopted =
          withdrawal(failover, List.of(), left.isNegative() ? Duration.ZERO : left);
      withdrawals.merge(Silence.of(failover), adopted, TaintWithdrawal::orLater);
    }
  }

  /** Forgets all withdrawals, since another replica leads. */
  void clear() {
    withdrawals.keySet().forEach(silence -> problems.forget(subject(silence)));
    withdrawals.clear();
  }

  /** Adds taints again that were withdrawn too early. */
  void putBack() {
    withdrawals.forEach(
        (silence, withdrawal) -> {
          long now = clocks.nanos();
          TaintWithdrawal looked = withdrawal.lookedAt(now, TRIED_AGAIN);
          // before anything can fail, so that the next evaluation is later in any case
          if (now - withdrawal.next() >= 0 && withdrawals.replace(silence, withdrawal, looked)) {
            look(silence, looked, now);
          }
        });
  }

  private void look(Silence silence, TaintWithdrawal withdrawal, long now) {
    TaintWithdrawal kept = withdrawal;
    try {
      State state = look(silence, withdrawal);
      boolean over = state == State.OVER || (state == State.CALM && now - withdrawal.until() >= 0);
      if (over) {
        withdrawals.remove(silence, withdrawal);
      } else if (state == State.CALM || state == State.MISSED) {
        kept = withdrawal.lookedAt(clocks.nanos(), READ_AGAIN);
        withdrawals.replace(silence, withdrawal, kept);
      }
      if (state != State.REFUSED) {
        // also if the volume was detached without the taint, although that is not intended
        problems.forget(subject(silence));
      }
    } catch (NotLeaderException e) {
      throw e;
    } catch (RuntimeException e) {
      // also exceptions without an API answer: one node does not stop the evaluation of the others
      problems.found(
          subject(silence),
          "the taint may be needed again, but adding it fails: %s. rwop-guard tries again. If this lasts, check the network to the API server and the rights of the controller's ServiceAccount"
              .formatted(ConditionLog.textOf(e)));
    }
    if (now - withdrawal.end() >= 0 && withdrawals.remove(silence, kept)) {
      LOG.warnf(
          "%s: the taint was not added again within %d minutes, and Kubernetes now detaches the volumes of the node without it. If a driver there revokes access only under that taint, make sure that the node is off",
          subject(silence), WATCHED_FOR.toMinutes());
    }
    if (!withdrawals.containsKey(silence)) {
      problems.forget(subject(silence));
    }
  }

  private static String subject(Silence silence) {
    return "withdrawn out-of-service taint of node %s, last renewal %s"
        .formatted(silence.node(), silence.renewTime());
  }

  private enum State {
    /** Nothing is being detached. */
    CALM,
    /** The taint is needed, and its write failed. */
    MISSED,
    /** The taint is needed, and may not be set. */
    REFUSED,
    /** The node has the taint of another program or a person, who may remove it at any time. */
    FOREIGN,
    /** The node has the taint, is gone, has rebooted, or has renewed its Lease. */
    OVER
  }

  private State look(Silence silence, TaintWithdrawal withdrawal) {
    if (!lasts(silence, objects.node(silence.node()))) {
      return State.OVER;
    }
    Optional<String> left = detaches.left(silence.node());
    if (left.isEmpty()) {
      return State.CALM;
    }
    Optional<Refusal> uncovered =
        surroundings.uncovered(withdrawal.failover(), withdrawal.targets());
    if (uncovered.isPresent()) {
      // for now: the volumes that are not covered may be detached before the others
      problems.found(
          subject(silence),
          "the taint is not added again, although %s: %s".formatted(left.get(), uncovered.get()));
      return State.REFUSED;
    }
    synchronized (surroundings.lockOf(silence.node())) {
      return withdrawal.equals(withdrawals.get(silence))
          ? putBack(silence, withdrawal, left.get())
          : State.MISSED;
    }
  }

  /**
   * Adds the taint again. Reads the node again, as detaching changes its version, then the Lease.
   */
  private State putBack(Silence silence, TaintWithdrawal withdrawal, String why) {
    Optional<JsonNode> node = objects.node(silence.node());
    if (!lasts(silence, node)) {
      return State.OVER;
    }
    Optional<Taint> there =
        NodeReader.taints(node.get()).stream()
            .filter(taint -> taint.key().equals(FailoverTaints.OUT_OF_SERVICE_KEY))
            .findFirst();
    if (there.filter(taint -> !FailoverTaints.isOwnOutOfService(taint)).isPresent()) {
      return State.FOREIGN;
    }
    // an existing taint needs a version that the withdrawal does not name
    boolean tainted =
        there.isPresent()
            ? surroundings.isDeclared(silence.node())
            : objects.taint(node.get(), FailoverTaints.OUT_OF_SERVICE);
    if (tainted) {
      surroundings.putBack(withdrawal.failover(), why);
    }
    return tainted ? State.OVER : State.MISSED;
  }

  private static boolean isAnother(String before, String now) {
    return !before.isEmpty() && !now.isEmpty() && !before.equals(now);
  }

  /** Returns whether a node exists, has not rebooted, and has not renewed its Lease since. */
  private boolean lasts(Silence silence, Optional<JsonNode> node) {
    String uid = node.map(json -> KubeObject.of(json).uid()).orElse("");
    String bootId = node.map(NodeReader::bootId).orElse("");
    if (node.isEmpty()
        || isAnother(silence.nodeUid(), uid)
        || isAnother(silence.bootId(), bootId)) {
      return false;
    }
    String renewTime = objects.nodeLease(silence.node()).map(NodeReader::renewTime).orElse("");
    return renewTime.isEmpty() || renewTime.equals(silence.renewTime());
  }
}
