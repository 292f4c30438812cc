package io.rwopguard.failover;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.plan.NodeHealth;
import io.rwopguard.kube.ConditionLog;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Evaluates the nodes every half second, from the state of the watches, and starts what is due.
 * Every replica evaluates, so that its timers are warm when it becomes the leader. Only the leader
 * acts, and only in mode {@code enforce}. It never waits for a failover, since failovers run in
 * parallel.
 */
final class FailoverController {

  private static final Logger LOG = Logger.getLogger(FailoverController.class);

  private final NodeObserver observer;
  private final Leadership leadership;
  private final FailoverEngine failovers;
  private final LeaderTasks tasks;
  private final ConditionLog problems;
  private final Clocks clocks;

  FailoverController(
      NodeObserver observer,
      Leadership leadership,
      FailoverEngine failovers,
      LeaderTasks tasks,
      ConditionLog problems,
      Clocks clocks) {
    this.observer = observer;
    this.leadership = leadership;
    this.failovers = failovers;
    this.tasks = tasks;
    this.problems = problems;
    this.clocks = clocks;
  }

  /** Returns the verdicts on the nodes. */
  Map<String, NodeHealth> verdicts() {
    return observer.health().verdicts();
  }

  /** Returns the evaluation of whether this replica can lead. */
  LeadershipEligibility eligibility() {
    return leadership.eligibility();
  }

  /** Returns the failovers whose steps keep failing. */
  StuckFailovers stuck() {
    return failovers.stuck();
  }

  boolean isPaused() {
    return leadership.isPaused();
  }

  /**
   * Runs one pass over the nodes, the failovers and the requests. It catches everything that is
   * thrown, so that the next pass runs.
   *
   * @return whether the pass made progress; a leader without progress must not continue to lead
   */
  boolean look() {
    try {
      Optional<String> unsynced = observer.unsynced();
      leadership.eligibility().observed(unsynced);
      if (unsynced.isEmpty()) {
        look(clocks.nanos());
        problems.solved("failover");
      }
      return true;
    } catch (NotLeaderException e) {
      problems.found(
          "failover",
          "this replica is no longer certain to lead; the next leader resumes. If this recurs, check the load of the node and of the API server");
      return true;
    } catch (KubernetesClientException e) {
      problems.found("failover", e);
      return true;
    } catch (Throwable e) {
      // for example, an OutOfMemoryError
      String text =
          "the evaluation of the nodes failed (%s). The next one starts within seconds. A leader whose evaluations keep failing gives up its Lease. If this recurs, check the memory of the Pod and report the stack trace"
              .formatted(e);
      boolean news = !problems.with("failover").equals(Optional.of(text));
      problems.found("failover", text);
      if (news) {
        LOG.error("unexpected error in the failover loop", e);
      }
      return false;
    }
  }

  /** Resumes the failovers that waited for a round of probes which has ended since. */
  void resumeProbed() {
    if (leadership.mayAct()) {
      failovers.resumeProbed();
    }
  }

  private void look(long now) {
    NodeObserver.Pass pass = observer.observe(failovers::nodes, now);
    if (leadership.isOver()) {
      leadership.end(
          () -> {
            failovers.leadsNoLonger();
            tasks.leadsNoLonger();
          });
      return;
    }
    leadership.begin();
    if (leadership.isTakeoverDue(now)) {
      tasks.takeOver(leadership);
    }
    if (leadership.mayAct()) {
      failovers.run(pass);
      tasks.run(pass, failovers::nodes);
    }
  }
}
