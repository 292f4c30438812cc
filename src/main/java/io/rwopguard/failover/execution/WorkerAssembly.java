package io.rwopguard.failover.execution;

import io.rwopguard.failover.cluster.Clocks;
import io.rwopguard.failover.cluster.FailoverStore;
import io.rwopguard.failover.eligibility.CandidateSelector;
import io.rwopguard.failover.eligibility.NodeCoverage;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.report.FailoverAnnotations;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.kube.ConditionLog;
import java.util.Optional;
import java.util.function.Predicate;

/** Assembles the worker, which carries out failovers. */
public final class WorkerAssembly {

  /**
   * The collaborators of the worker.
   *
   * @param revokesOnUnpublish whether a driver is known to revoke access whenever a volume is
   *     unpublished, and not under the out-of-service taint alone
   * @param keepsStaleMappings whether a driver is known to keep stale mappings until a reboot
   */
  public record Parts(
      ActiveFailovers failovers,
      FailoverStore objects,
      Inventory inventory,
      CandidateSelector candidates,
      NodeCoverage coverage,
      FailoverAnnotations annotations,
      Optional<? extends Fence> fence,
      Predicate<String> revokesOnUnpublish,
      Predicate<String> keepsStaleMappings,
      FailoverReporter speaker,
      ConditionLog problems,
      Clocks clocks) {}

  private WorkerAssembly() {}

  /** Assembles the worker from its collaborators. */
  public static FailoverWorker assemble(Parts parts) {
    ActiveFailovers failovers = parts.failovers();
    FailoverStore objects = parts.objects();
    Clocks clocks = parts.clocks();
    FailoverSteps steps = new FailoverSteps(objects, parts.inventory());
    OutOfServiceTaints outOfService =
        new OutOfServiceTaints(
            failovers,
            objects,
            steps,
            new PendingDetaches(objects, parts.revokesOnUnpublish(), clocks::nanos),
            parts.coverage(),
            parts.speaker(),
            parts.problems(),
            clocks);
    FailoverChecks checks =
        new FailoverChecks(objects, steps, parts.candidates(), parts.coverage(), clocks);
    FailoverActions acts =
        new FailoverActions(
            failovers,
            objects,
            steps,
            checks,
            parts.coverage(),
            outOfService,
            parts.fence(),
            parts.keepsStaleMappings(),
            parts.speaker(),
            clocks);
    return new FailoverWorker(
        failovers,
        objects,
        steps,
        checks,
        parts.annotations(),
        acts,
        outOfService,
        parts.fence(),
        parts.speaker(),
        clocks);
  }
}
