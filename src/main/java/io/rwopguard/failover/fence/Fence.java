package io.rwopguard.failover.fence;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Stops the old writer of volumes whose driver cannot stop it. */
public interface Fence {

  /**
   * The state of the fences that a failover needs.
   *
   * @param confirmed whether every one of them has confirmed, for this boot of the node
   * @param text what is pending or what failed; empty if nothing
   */
  record Answer(boolean confirmed, String text) {}

  /** Requests the fences that have not been requested yet. It never blocks and never throws. */
  Answer ask(FailoverRecord record, List<FailoverTarget> targets);

  /** Returns whether all fences have confirmed, without requesting any. */
  boolean isConfirmed(FailoverRecord record, List<FailoverTarget> targets);

  /**
   * Un-fences a node that is back.
   *
   * @param bootId the node's boot ID now; empty if it is unknown
   * @param renewTime the renewal time in the node's Lease now: a node that was fenced must have
   *     renewed it since
   * @return why the node may not run Pods yet; empty if it may
   */
  Optional<String> whyNotReturned(String node, String bootId, String renewTime);

  /**
   * Reads the fences of this replica and of earlier leaders.
   *
   * @return what is wrong with records that have to be left alone
   */
  List<String> refresh();

  /** Returns what is wrong with fences of nodes that do not exist, by this test. */
  List<String> ofMissingNodes(Predicate<String> exists);

  /** Returns the nodes for which a fence was requested and not yet undone. */
  Set<String> fencedNodes();

  /**
   * Returns whether a fence of a node waits until this boot of it has ended. With an empty boot ID,
   * it returns whether a fence waits for any boot to end.
   */
  boolean awaitsReboot(String node, String bootId);

  /** Returns the taints that a node has only because one of our fences acts on it. */
  Set<Taint> ownTaints(String node);

  /** Returns whether a fence that stops the node as a whole has confirmed, for this boot. */
  boolean isNodeConfirmed(FailoverRecord record);
}
