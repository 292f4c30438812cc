package io.rwopguard.failover;

import io.rwopguard.failover.execution.ActiveFailover;
import io.rwopguard.failover.execution.ActiveFailovers;
import io.rwopguard.failover.execution.FailoverWorker;
import java.util.Set;

/** Starts failovers, and resumes those in progress, in parallel. */
final class FailoverEngine {

  private final NodeObserver observer;
  private final FailoverDecider decider;
  private final ActiveFailovers failovers;
  private final FailoverWorker worker;
  private final StuckFailovers stuck;
  private final FailoverSwitch enabled;
  private final Lanes lanes;

  FailoverEngine(
      NodeObserver observer,
      FailoverDecider decider,
      ActiveFailovers failovers,
      FailoverWorker worker,
      StuckFailovers stuck,
      FailoverSwitch enabled,
      Lanes lanes) {
    this.observer = observer;
    this.decider = decider;
    this.failovers = failovers;
    this.worker = worker;
    this.stuck = stuck;
    this.enabled = enabled;
    this.lanes = lanes;
  }

  /** Returns the nodes from which failovers are in progress. */
  Set<String> nodes() {
    return failovers.nodes();
  }

  /** Returns the failovers whose steps keep failing. */
  StuckFailovers stuck() {
    return stuck;
  }

  /** Forgets everything, since another replica leads. */
  void leadsNoLonger() {
    failovers.clear();
    worker.clear();
    decider.clear();
  }

  /** Resumes the failovers that are due, starts those that a pass shows, and answers requests. */
  void run(NodeObserver.Pass pass) {
    failovers.inProgress().stream().filter(worker::isDue).forEach(this::resume);
    decider.begin(pass, this::run);
    stuck.keep(failovers.records());
    decider.answer(pass.nodes());
    if (enabled.isEnforced()) {
      lanes.run("withdrawn out-of-service taints", worker::putBackTaints);
    }
  }

  /** Resumes the failovers that waited for a round of probes which has ended since. */
  void resumeProbed() {
    failovers.inProgress().stream()
        .filter(each -> worker.isProbed(each, observer.health()))
        .forEach(this::resume);
  }

  private void resume(ActiveFailover each) {
    lanes.run("failover of Pod " + each.record(), () -> run(each));
  }

  private void run(ActiveFailover each) {
    stuck.run(
        each.record(),
        () ->
            worker.run(
                each,
                observer.health(),
                enabled::inactive,
                () -> observer.live(observer.view().nodes())));
  }
}
