package io.rwopguard.failover;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.config.FailoverMode;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.detection.ClusterState;
import io.rwopguard.failover.detection.CrashLoopMonitor;
import io.rwopguard.failover.detection.NodeHealthMonitor;
import io.rwopguard.failover.eligibility.CandidateSelector;
import io.rwopguard.failover.eligibility.SingleWriterPods;
import io.rwopguard.failover.execution.ActiveFailover;
import io.rwopguard.failover.execution.ActiveFailovers;
import io.rwopguard.failover.execution.FailoverStarter;
import io.rwopguard.failover.execution.FailoverWorker;
import io.rwopguard.failover.execution.TaintCleanup;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.manual.ManualFailoverHandler;
import io.rwopguard.failover.plan.NodeFacts;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.failover.record.PrimaryLeases;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.inventory.ClaimConsumer;
import io.rwopguard.kube.ConditionLog;
import io.rwopguard.kube.Election;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Evaluates the nodes every half second, from the state of the watches, and starts what is due.
 * Every replica evaluates, so that its timers are warm when it becomes the leader. Only the leader
 * acts, and only in mode {@code enforce}. It never waits for a failover, since failovers run in
 * parallel.
 */
final class FailoverController {

  private static final Logger LOG = Logger.getLogger(FailoverController.class);

  /** The time after which the leader notices records of others, such as from a late write. */
  private static final long REFRESH = Duration.ofMinutes(1).toNanos();

  /** The collaborators of the controller. */
  record Parts(
      FailoverStore objects,
      ClusterState view,
      NodeHealthMonitor health,
      SingleWriterPods pods,
      Election election,
      CandidateSelector candidates,
      ActiveFailovers failovers,
      FailoverWorker worker,
      FailoverStarter starter,
      PrimaryLeases primaryLeases,
      ManualFailoverHandler requests,
      TaintCleanup taints,
      CrashLoopMonitor failingPods,
      Lanes lanes,
      Optional<? extends Fence> fence,
      FailoverReporter speaker,
      ConditionLog problems,
      Clocks clocks) {}

  private final Parts parts;
  private final LeadershipEligibility eligibility;
  private final StuckFailovers stuck;
  private final FailoverMode mode;
  private final FailoverDecider decisions;
  private final long scanInterval;
  private static final long NONE = -1;

  private boolean led;
  private volatile long epoch = NONE;
  private volatile boolean tookOver;
  private long lastScan = Long.MIN_VALUE / 2;
  private long lastRefresh;

  FailoverController(Parts parts, FailoverMode mode, Duration scanInterval) {
    this.parts = parts;
    this.eligibility = new LeadershipEligibility(parts.clocks().monotonic());
    this.stuck = new StuckFailovers(parts.speaker(), parts.problems(), parts.clocks());
    this.mode = mode;
    this.decisions = new FailoverDecider(parts, mode, this::run);
    this.scanInterval = scanInterval.toNanos();
  }

  /** Returns the verdicts on the nodes. */
  Map<String, NodeHealth> verdicts() {
    return parts.health().verdicts();
  }

  /** Returns the evaluation of whether this replica can lead. */
  LeadershipEligibility eligibility() {
    return eligibility;
  }

  /** Returns the failovers whose steps keep failing. */
  StuckFailovers stuck() {
    return stuck;
  }

  boolean isPaused() {
    return FailoverService.isPaused(parts.election());
  }

  /**
   * Runs one pass over the nodes, the failovers and the requests. It catches everything that is
   * thrown, so that the next pass runs.
   *
   * @return whether the pass made progress; a leader without progress must not continue to lead
   */
  boolean look() {
    try {
      Optional<String> unsynced = parts.view().unsynced().or(parts.pods()::unsynced);
      eligibility.observed(unsynced);
      if (unsynced.isEmpty()) {
        look(parts.clocks().nanos());
        parts.problems().solved("failover");
      }
      return true;
    } catch (NotLeaderException e) {
      parts
          .problems()
          .found(
              "failover",
              "this replica is no longer certain to lead; the next leader resumes. If this recurs, check the load of the node and of the API server");
      return true;
    } catch (KubernetesClientException e) {
      parts.problems().found("failover", e);
      return true;
    } catch (Throwable e) {
      // for example, an OutOfMemoryError
      String text =
          "the evaluation of the nodes failed (%s). The next one starts within seconds. A leader whose evaluations keep failing gives up its Lease. If this recurs, check the memory of the Pod and report the stack trace"
              .formatted(e);
      boolean news = !parts.problems().with("failover").equals(Optional.of(text));
      parts.problems().found("failover", text);
      if (news) {
        LOG.error("unexpected error in the failover loop", e);
      }
      return false;
    }
  }

  /** Resumes the failovers that waited for a round of probes which has ended since. */
  void resumeProbed() {
    if (led && tookOver) {
      parts.failovers().inProgress().stream()
          .filter(each -> parts.worker().isProbed(each, parts.health()))
          .forEach(this::resume);
    }
  }

  private void look(long now) {
    List<NodeFacts> nodes = parts.view().nodes();
    Map<String, NodeHealth> verdicts = parts.health().evaluate(nodes, now);
    boolean scan = now - lastScan >= scanInterval;
    boolean troubled =
        verdicts.values().stream().anyMatch(each -> each.state() != NodeHealth.State.FINE);
    // the consumers of claims are only listed if a node may be suspect
    boolean probe = scan || parts.health().isAnyLate(now);
    List<ClaimConsumer> pods = probe || troubled ? parts.pods().placed() : List.of();
    if (probe) {
      parts.health().probe(pods, parts.failovers().nodes(), now);
    }
    if (scan) {
      lastScan = now;
    }
    if (!parts.election().isLeader() || (led && parts.election().epoch() != epoch)) {
      led = false;
      epoch = NONE;
      eligibility.leadsNoLonger();
      parts.failovers().clear();
      parts.worker().clear();
      parts.taints().clear();
      return;
    }
    lead(nodes, pods, scan, now);
  }

  private void lead(List<NodeFacts> nodes, List<ClaimConsumer> pods, boolean scan, long now) {
    boolean acts = mode == FailoverMode.ENFORCE;
    if (!led) {
      decisions.clear();
      tookOver = !acts;
      epoch = parts.election().epoch();
      led = true;
      if (acts) {
        eligibility.takesOver();
      }
      LOG.info("This replica leads failover");
    }
    if (acts && (!tookOver || now - lastRefresh >= REFRESH)) {
      lastRefresh = now;
      long term = epoch;
      parts.lanes().run("taking over failovers", () -> tryToTakeOver(term));
    }
    if (!tookOver) {
      return;
    }
    parts.failovers().inProgress().stream().filter(parts.worker()::isDue).forEach(this::resume);
    decisions.begin(nodes, pods, now);
    stuck.keep(parts.failovers().records());
    decisions.answer(nodes);
    if (acts) {
      parts.lanes().run("withdrawn out-of-service taints", parts.worker()::putBackTaints);
      parts
          .lanes()
          .run(
              "taints",
              () -> parts.taints().look(nodes, verdicts(), parts.failovers()::nodes, now));
    }
    if (scan) {
      if (acts) {
        parts.primaryLeases().update();
      }
      parts
          .lanes()
          .run(
              "failing Pods",
              () -> parts.failingPods().look(parts.health().onFineNodes(pods), now));
    }
  }

  private void tryToTakeOver(long term) {
    try {
      takeOver(term);
    } catch (NotLeaderException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      if (!tookOver) {
        eligibility.failedToTakeOver(e);
      }
      throw e;
    }
  }

  private void takeOver(long term) {
    List<String> unreadable = parts.fence().<List<String>>map(Fence::refresh).orElse(List.of());
    parts
        .failovers()
        .takeOver(parts.objects().clusterUid(), term)
        .forEach(
            record ->
                parts.speaker().step(record, "resumes a failover that an earlier leader started"));
    parts.fence().ifPresent(fence -> report(fence, unreadable));
    if (!tookOver) {
      parts.worker().tookOver();
    }
    // this replica may have lost leadership and won it again meanwhile
    tookOver = term == epoch;
    if (tookOver) {
      eligibility.tookOver();
    }
  }

  /** Reports fence records that only a person can end. */
  private void report(Fence fence, List<String> unreadable) {
    Set<String> failingOver = parts.failovers().nodes();
    List<String> problems = new ArrayList<>(unreadable);
    problems.addAll(
        fence.ofMissingNodes(
            node -> parts.view().node(node).isPresent() || failingOver.contains(node)));
    if (problems.isEmpty()) {
      parts.problems().solved("fence records");
    } else {
      parts.problems().found("fence records", String.join("; ", problems));
    }
  }

  private void resume(ActiveFailover each) {
    parts.lanes().run("failover of Pod " + each.record(), () -> run(each));
  }

  private void run(ActiveFailover each) {
    stuck.run(
        each.record(),
        () ->
            parts
                .worker()
                .run(
                    each,
                    parts.health(),
                    decisions::inactive,
                    () -> decisions.live(parts.view().nodes())));
  }
}
