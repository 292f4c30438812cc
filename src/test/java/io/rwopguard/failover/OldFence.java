package io.rwopguard.failover;

import io.rwopguard.failover.fence.Fence;
import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.simulation.OldBehavior;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Reintroduces old faults that show where the controller asks about fences.
 *
 * @param podExists whether the Pod of a record still exists
 * @param hasNoSuccessor whether a failover from a node has no successor that runs
 */
record OldFence(
    Fence fence,
    Set<OldBehavior> old,
    Set<String> confirmed,
    Predicate<FailoverRecord> podExists,
    Predicate<String> hasNoSuccessor)
    implements Fence {

  OldFence(
      Fence fence,
      Set<OldBehavior> old,
      Predicate<FailoverRecord> podExists,
      Predicate<String> hasNoSuccessor) {
    this(fence, old, new HashSet<>(), podExists, hasNoSuccessor);
  }

  @Override
  public Answer ask(FailoverRecord record, List<FailoverTarget> targets) {
    if (isSkipped(record)) {
      return new Answer(true, "");
    }
    Answer answer = fence.ask(record, targets);
    if (answer.confirmed()) {
      confirmed.add(silence(record));
    }
    return answer;
  }

  @Override
  public boolean isConfirmed(FailoverRecord record, List<FailoverTarget> targets) {
    return isSkipped(record) || fence.isConfirmed(record, targets);
  }

  /** S1: the fence is skipped once the Pod is gone. S3: one Pod's confirmation counts for all. */
  private boolean isSkipped(FailoverRecord record) {
    return (old.contains(OldBehavior.S1) && !podExists.test(record))
        || (old.contains(OldBehavior.S3) && confirmed.contains(silence(record)));
  }

  private static String silence(FailoverRecord record) {
    return record.node() + " " + record.renewTime();
  }

  /** S7: a failover ended, and its node was untainted, only once a successor ran. */
  @Override
  public Optional<String> whyNotReturned(String node, String bootId, String renewTime) {
    return old.contains(OldBehavior.S7) && hasNoSuccessor.test(node)
        ? Optional.of("no Pod that replaces its Pod runs")
        : fence.whyNotReturned(node, bootId, renewTime);
  }

  @Override
  public List<String> refresh() {
    return fence.refresh();
  }

  @Override
  public List<String> ofMissingNodes(Predicate<String> exists) {
    return fence.ofMissingNodes(exists);
  }

  @Override
  public Set<String> fencedNodes() {
    return fence.fencedNodes();
  }

  @Override
  public boolean awaitsReboot(String node, String bootId) {
    return fence.awaitsReboot(node, bootId);
  }

  @Override
  public Set<Taint> ownTaints(String node) {
    return fence.ownTaints(node);
  }

  /** S2: the out-of-service taint is set whatever else is on the node. */
  @Override
  public boolean isNodeConfirmed(FailoverRecord record) {
    return old.contains(OldBehavior.S2) || fence.isNodeConfirmed(record);
  }
}
