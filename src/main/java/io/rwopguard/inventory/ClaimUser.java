package io.rwopguard.inventory;

import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Controller;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectKey;
import java.util.Optional;
import java.util.Set;

/**
 * A Pod or workload as a cluster knows it, and the claims that it names.
 *
 * @param controller what made it and keeps it as it is
 * @param claims those of its Pods; none if it needs none, or makes one for each Pod
 * @param active whether it runs a Pod, or may at any time: not one that is over, scaled to zero,
 *     suspended or being deleted
 */
public record ClaimUser(
    ObjectKey key, Optional<Controller> controller, Set<ClaimKey> claims, boolean active) {

  public ClaimUser {
    claims = Set.copyOf(claims);
  }

  /** What is kept of a Pod or workload. */
  public static ClaimUser of(ObjectFacts object) {
    return new ClaimUser(
        object.key(),
        object.controller(),
        object.namedClaims(),
        !object.idle() && !object.beingDeleted());
  }
}
