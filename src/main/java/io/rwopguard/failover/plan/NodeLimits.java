package io.rwopguard.failover.plan;

import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Safety limits of the evaluation of nodes.
 *
 * @param suspectPercent the share of all nodes that may be suspect at a time
 * @param suspectPercentOfZone the same share for the nodes of one zone
 * @param maintenanceAnnotations the annotations that mark a node as under maintenance
 * @param externalRemediationTaints the taints of other controllers that take care of a node
 * @param rebootWindow the time within which a node that was shutting down may return
 */
public record NodeLimits(
    int suspectPercent,
    int suspectPercentOfZone,
    Set<String> maintenanceAnnotations,
    Set<Pattern> externalRemediationTaints,
    Duration rebootWindow) {

  public NodeLimits {
    maintenanceAnnotations = Set.copyOf(maintenanceAnnotations);
    externalRemediationTaints = Set.copyOf(externalRemediationTaints);
  }

  /** Returns whether so many of all nodes are more than a single fault explains. */
  static boolean tooMany(int silent, int all, int percent) {
    return silent > Math.max(1, all * percent / 100);
  }
}
