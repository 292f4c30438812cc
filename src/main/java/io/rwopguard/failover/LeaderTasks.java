package io.rwopguard.failover;

import io.rwopguard.failover.detection.CrashLoopMonitor;
import io.rwopguard.failover.execution.TaintCleanup;
import io.rwopguard.failover.record.PrimaryLeases;
import java.util.Set;
import java.util.function.Supplier;

/** Runs what a leader does beside failovers: its takeover, taints, Leases, and crash loops. */
final class LeaderTasks {

  private final NodeObserver observer;
  private final Takeover takeover;
  private final TaintCleanup taints;
  private final PrimaryLeases primaryLeases;
  private final CrashLoopMonitor crashLoops;
  private final FailoverSwitch enabled;
  private final Lanes lanes;

  LeaderTasks(
      NodeObserver observer,
      Takeover takeover,
      TaintCleanup taints,
      PrimaryLeases primaryLeases,
      CrashLoopMonitor crashLoops,
      FailoverSwitch enabled,
      Lanes lanes) {
    this.observer = observer;
    this.takeover = takeover;
    this.taints = taints;
    this.primaryLeases = primaryLeases;
    this.crashLoops = crashLoops;
    this.enabled = enabled;
    this.lanes = lanes;
  }

  /** Starts to take over what earlier leaders left. */
  void takeOver(Leadership leadership) {
    Leadership.Term term = leadership.term();
    lanes.run("taking over failovers", () -> takeover.run(leadership, term));
  }

  /**
   * Starts the tasks that are due.
   *
   * @param failingOver returns the nodes from which failovers are in progress, at any moment
   */
  void run(NodeObserver.Pass pass, Supplier<Set<String>> failingOver) {
    if (enabled.isEnforced()) {
      lanes.run(
          "taints",
          () -> taints.look(pass.nodes(), observer.health().verdicts(), failingOver, pass.now()));
    }
    if (!pass.scan()) {
      return;
    }
    if (enabled.isEnforced()) {
      primaryLeases.update();
    }
    lanes.run(
        "failing Pods",
        () -> crashLoops.look(observer.health().onFineNodes(pass.pods()), pass.now()));
  }

  /** Forgets everything, since another replica leads. */
  void leadsNoLonger() {
    taints.clear();
  }
}
