package io.rwopguard.failover;

import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.failover.execution.ActiveFailovers;
import io.rwopguard.failover.execution.FailoverWorker;
import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.report.FailoverReporter;
import io.rwopguard.kube.ConditionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Adopts the failovers and the fences of earlier leaders. */
final class Takeover {

  private final NodeObserver observer;
  private final ActiveFailovers failovers;
  private final FailoverWorker worker;
  private final Optional<? extends Fence> fence;
  private final Supplier<String> clusterUid;
  private final FailoverReporter reporter;
  private final ConditionLog problems;

  /**
   * Creates a takeover.
   *
   * @param clusterUid reads the UID of the cluster, which the records name
   */
  Takeover(
      NodeObserver observer,
      ActiveFailovers failovers,
      FailoverWorker worker,
      Optional<? extends Fence> fence,
      Supplier<String> clusterUid,
      FailoverReporter reporter,
      ConditionLog problems) {
    this.observer = observer;
    this.failovers = failovers;
    this.worker = worker;
    this.fence = fence;
    this.clusterUid = clusterUid;
    this.reporter = reporter;
    this.problems = problems;
  }

  /**
   * Adopts all records.
   *
   * @param term in which this replica led when the takeover became due; the next may have started
   */
  void run(Leadership leadership, Leadership.Term term) {
    try {
      adopt(leadership, term);
      leadership.tookOver(term);
    } catch (NotLeaderException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      leadership.failedToTakeOver(term, e);
      throw e;
    }
  }

  private void adopt(Leadership leadership, Leadership.Term term) {
    List<String> unreadable = fence.<List<String>>map(Fence::refresh).orElse(List.of());
    failovers
        .takeOver(clusterUid.get(), term.epoch())
        .forEach(
            record -> reporter.step(record, "resumes a failover that an earlier leader started"));
    fence.ifPresent(asked -> report(asked, unreadable));
    if (!leadership.hasTakenOver(term)) {
      worker.tookOver();
    }
  }

  /** Reports fence records that only a person can end. */
  private void report(Fence asked, List<String> unreadable) {
    Set<String> failingOver = failovers.nodes();
    List<String> found = new ArrayList<>(unreadable);
    found.addAll(
        asked.ofMissingNodes(
            node -> observer.view().node(node).isPresent() || failingOver.contains(node)));
    if (found.isEmpty()) {
      problems.solved("fence records");
    } else {
      problems.found("fence records", String.join("; ", found));
    }
  }
}
