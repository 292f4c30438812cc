package io.rwopguard.failover;

import io.rwopguard.failover.plan.FailoverRecord;
import io.rwopguard.failover.plan.FailoverTarget;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Stops the old writer of volumes whose driver cannot. */
interface Fence {

  /**
   * What is known of the fences that a failover needs.
   *
   * @param confirmed whether every one of them has confirmed, for this boot of the node
   * @param text what is pending or what went wrong; empty if nothing
   */
  record Answer(boolean confirmed, String text) {}

  /** Asks what has not been asked yet; never blocks and never throws. */
  Answer ask(FailoverRecord record, List<FailoverTarget> targets);

  /** Tells what is known without asking. */
  boolean isConfirmed(FailoverRecord record, List<FailoverTarget> targets);

  /**
   * Un-fences a node that is back.
   *
   * @param bootId the node's boot ID now; empty if it is unknown
   * @param renewTime what the node's Lease says now: one that was fenced has to have renewed it
   *     since
   * @return why the node may not run Pods yet; empty if it may
   */
  Optional<String> whyNotReturned(String node, String bootId, String renewTime);

  /**
   * Reads what was fenced before, by this replica or an earlier leader.
   *
   * @return what is wrong with records that have to be left alone
   */
  List<String> refresh();

  /** What is wrong with fences of nodes that do not exist, by this test. */
  List<String> ofMissingNodes(Predicate<String> exists);

  /** The nodes for which a fence was asked and not yet taken back. */
  Set<String> fencedNodes();

  /**
   * Whether a fence of a node waits until this boot of it has ended; with an empty boot ID, whether
   * one waits for any boot to end.
   */
  boolean awaitsReboot(String node, String bootId);

  /** The taints that a node has only because a fence of ours works on it. */
  Set<Taint> ownTaints(String node);

  /** Whether a fence that stops the node as a whole has confirmed, for this boot. */
  boolean isNodeConfirmed(FailoverRecord record);
}
