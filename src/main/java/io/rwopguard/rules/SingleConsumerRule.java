package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.NodePinning;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ParallelPods;
import io.rwopguard.model.Severity;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds more than one Pod on a ReadWriteOncePod claim. All Pods beyond the first stay Pending
 * forever: the scheduler's VolumeRestrictions counts any Pod that has not ended. A Job's Pods take
 * turns, and a StatefulSet's claim templates give each Pod a claim.
 */
public final class SingleConsumerRule implements Rule {

  private final AttachedClaims attached;

  SingleConsumerRule(AttachedClaims attached) {
    this.attached = attached;
  }

  @Override
  public String id() {
    return "single-consumer";
  }

  @Override
  public String summary() {
    return "more than one Pod on a ReadWriteOncePod claim, by the object's own numbers: Deployment,"
        + " ReplicaSet, ReplicationController, StatefulSet (not its claim templates), DaemonSet;"
        + " only a warning for a parallel Job, whose Pods take turns; in the scope ReadWriteOnce"
        + " also on such a claim, as a warning";
  }

  @Override
  public String why() {
    return "The second Pod is accepted and then waits forever: the scheduler finds no node for"
        + " it while the first holds the claim.";
  }

  @Override
  public String byDefault() {
    return "deny; warn for a parallel Job and for a ReadWriteOnce claim";
  }

  @Override
  public String remedy() {
    return "run one Pod, or give each its own claim through a StatefulSet's volumeClaimTemplates";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    ParallelPods pods = object.parallelPods().filter(some -> some.count() > 1).orElse(null);
    if (pods == null || isHeldToOneNode(object, pods)) {
      return List.of();
    }
    return Stream.concat(
            NamedClaims.exclusive(object, inventory).stream()
                .map(
                    claim ->
                        exclusive(claim.name(), NamedClaims.whyExclusive(claim, inventory), pods)),
            attached.sharedBy(object, inventory).stream()
                .map(claim -> AttachedClaims.tooMany(this, pods.field(), claim, many(pods))))
        .toList();
  }

  private Finding exclusive(String claim, String whyExclusive, ParallelPods pods) {
    String end = pods.takeTurns() ? "they take turns" : "all but the first stay Pending forever";
    return new Finding(
        id(),
        pods.takeTurns() ? Severity.WARN : Severity.DENY,
        pods.field(),
        claim,
        "%s, and %s: %s".formatted(many(pods), whyExclusive, end),
        remedy());
  }

  private static String many(ParallelPods pods) {
    return pods.count() == ParallelPods.ONE_ON_EACH_NODE
        ? "a DaemonSet runs a Pod on each node"
        : pods.count() + " Pods run at a time";
  }

  /** Returns whether a DaemonSet is limited to one host, where it runs one Pod. */
  private static boolean isHeldToOneNode(ObjectFacts object, ParallelPods pods) {
    return pods.count() == ParallelPods.ONE_ON_EACH_NODE
        && NodePinning.isHeldToOneNode(object.podTemplate().orElseThrow().spec());
  }
}
