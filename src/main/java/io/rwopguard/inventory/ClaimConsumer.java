package io.rwopguard.inventory;

import io.rwopguard.model.ClaimKey;
import io.rwopguard.model.Controller;
import io.rwopguard.model.NodePinning;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.ObjectKey;
import io.rwopguard.model.Operator;
import io.rwopguard.model.PodTemplate;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A Pod or workload as a cluster knows it, and the claims that it names.
 *
 * @param controller the controller that created and reconciles it
 * @param operator the operator that manages it
 * @param claims the claims of its Pods, in the order of their volumes; none if it needs none, or
 *     creates one for each Pod
 * @param active whether it runs a Pod, or may at any time: not if it has ended, is scaled to zero,
 *     suspended or being deleted
 * @param onOneNode whether its template keeps all its Pods on one node
 * @param place the place of a scheduled Pod
 */
public record ClaimConsumer(
    ObjectKey key,
    Optional<Controller> controller,
    Optional<Operator> operator,
    Set<ClaimKey> claims,
    boolean active,
    boolean onOneNode,
    Optional<PodStatus> place) {

  public ClaimConsumer {
    // in the order of the volumes; most have one claim or none, for which the compact form is
    // enough
    claims =
        claims.size() < 2
            ? Set.copyOf(claims)
            : Collections.unmodifiableSet(new LinkedHashSet<>(claims));
  }

  /** Creates a workload, or a Pod that has no place yet. */
  public ClaimConsumer(
      ObjectKey key, Optional<Controller> controller, Set<ClaimKey> claims, boolean active) {
    this(key, controller, Optional.empty(), claims, active, false, Optional.empty());
  }

  /** Returns the record of a Pod or workload. */
  public static ClaimConsumer of(ObjectFacts object) {
    return new ClaimConsumer(
        object.key(),
        object.controller(),
        object.operator(),
        object.namedClaims(),
        !object.idle() && !object.beingDeleted(),
        object.podTemplate().map(PodTemplate::spec).filter(NodePinning::hold).isPresent(),
        Optional.empty());
  }

  /** Returns whether a controller or an operator manages it. */
  public boolean isKept() {
    return controller.isPresent() || operator.isPresent();
  }

  /** Returns whether a controller or an operator owns it, which labels alone do not prove. */
  public boolean isOwned() {
    return controller.isPresent() || operator.map(Operator::owns).orElse(false);
  }

  /** Returns the key of its controller, if rwop-guard reads its kind. */
  public Optional<ObjectKey> owner() {
    return LookupRequest.ownerIn(key.namespace(), controller);
  }

  /** Returns the same Pod with its place. */
  public ClaimConsumer at(PodStatus where) {
    return new ClaimConsumer(
        key, controller, operator, claims, active, onOneNode, Optional.of(where));
  }
}
