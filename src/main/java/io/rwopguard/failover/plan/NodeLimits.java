package io.rwopguard.failover.plan;

import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * When rather nothing is believed of a silent node.
 *
 * @param suspectPercent of all nodes that may be silent at a time
 * @param suspectPercentOfZone the same for the nodes of one zone
 * @param maintenanceAnnotations that say that somebody works on a node
 * @param takenCareOf taints of others that take care of a node
 * @param rebootWindow how long a node that was shutting down may take to come back
 */
public record NodeLimits(
    int suspectPercent,
    int suspectPercentOfZone,
    Set<String> maintenanceAnnotations,
    Set<Pattern> takenCareOf,
    Duration rebootWindow) {

  public NodeLimits {
    maintenanceAnnotations = Set.copyOf(maintenanceAnnotations);
    takenCareOf = Set.copyOf(takenCareOf);
  }

  /** Whether so many of so many are more than a single fault. */
  static boolean tooMany(int silent, int all, int percent) {
    return silent > Math.max(1, all * percent / 100);
  }
}
