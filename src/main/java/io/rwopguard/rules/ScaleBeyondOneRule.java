package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import java.util.List;

/**
 * Applies {@link SingleConsumerRule} to the {@code scale} subresource. Its requests contain only a
 * number, so the rule looks up the workload.
 */
public final class ScaleBeyondOneRule implements Rule {

  private final AttachedClaims attached;

  ScaleBeyondOneRule(AttachedClaims attached) {
    this.attached = attached;
  }

  @Override
  public String id() {
    return "scale-beyond-one";
  }

  @Override
  public String summary() {
    return "scaling to more than one Pod (kubectl scale, or any other client of the scale"
        + " subresource) on a ReadWriteOncePod claim; scaling down is never refused; in the scope"
        + " ReadWriteOnce also on such a claim, as a warning";
  }

  @Override
  public String why() {
    return "The added Pods stay Pending forever, since the first holds the claim. A scale request"
        + " carries no pod template, so no other rule detects it.";
  }

  @Override
  public String byDefault() {
    return "deny; warn for a ReadWriteOnce claim";
  }

  @Override
  public String remedy() {
    return "keep it at one Pod, or give each its own claim through a StatefulSet's"
        + " volumeClaimTemplates";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    return object.kind() == Kind.SCALE
        ? ScaledWorkload.findings(this, "would run %d Pods", attached, object, inventory)
        : List.of();
  }
}
