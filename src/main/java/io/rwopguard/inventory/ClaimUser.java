package io.rwopguard.inventory;

import io.rwopguard.workload.ClaimKey;
import io.rwopguard.workload.Controller;
import io.rwopguard.workload.NodePinning;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.ObjectKey;
import io.rwopguard.workload.Operator;
import io.rwopguard.workload.PodTemplate;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A Pod or workload as a cluster knows it, and the claims that it names.
 *
 * @param controller what made it and keeps it as it is
 * @param operator the operator that manages it
 * @param claims those of its Pods, in the order of their volumes; none if it needs none, or makes
 *     one for each Pod
 * @param active whether it runs a Pod, or may at any time: not one that is over, scaled to zero,
 *     suspended or being deleted
 * @param onOneNode whether its template holds all its Pods to one node
 * @param place of a Pod that a node was found for
 */
public record ClaimUser(
    ObjectKey key,
    Optional<Controller> controller,
    Optional<Operator> operator,
    Set<ClaimKey> claims,
    boolean active,
    boolean onOneNode,
    Optional<PodPlace> place) {

  public ClaimUser {
    // in the order of the volumes; the compact form is for the many that have only one
    claims =
        claims.size() < 2
            ? Set.copyOf(claims)
            : Collections.unmodifiableSet(new LinkedHashSet<>(claims));
  }

  /** A workload, or a Pod that has no place yet. */
  public ClaimUser(
      ObjectKey key, Optional<Controller> controller, Set<ClaimKey> claims, boolean active) {
    this(key, controller, Optional.empty(), claims, active, false, Optional.empty());
  }

  /** What is kept of a Pod or workload. */
  public static ClaimUser of(ObjectFacts object) {
    return new ClaimUser(
        object.key(),
        object.controller(),
        object.operator(),
        object.namedClaims(),
        !object.idle() && !object.beingDeleted(),
        object.podTemplate().map(PodTemplate::spec).filter(NodePinning::hold).isPresent(),
        Optional.empty());
  }

  /** Whether a controller or an operator manages it. */
  public boolean isKept() {
    return controller.isPresent() || operator.isPresent();
  }

  /** Whether a controller or an operator owns it, which labels alone do not say. */
  public boolean isOwned() {
    return controller.isPresent() || operator.map(Operator::owns).orElse(false);
  }

  /** What names its controller, if rwop-guard reads its kind. */
  public Optional<ObjectKey> owner() {
    return Questions.ownerIn(key.namespace(), controller);
  }

  /** The same Pod at its place. */
  public ClaimUser at(PodPlace where) {
    return new ClaimUser(key, controller, operator, claims, active, onOneNode, Optional.of(where));
  }
}
