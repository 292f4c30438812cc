package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.Controller;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import java.util.List;

/** Finds a HorizontalPodAutoscaler that may add Pods which can never run. */
public final class AutoscaledRule implements Rule {

  /** See the ScaledObject specification in KEDA's documentation. */
  private static final String KEDA_KIND = "ScaledObject";

  private final AttachedClaims attached;

  AutoscaledRule(AttachedClaims attached) {
    this.attached = attached;
  }

  @Override
  public String id() {
    return "autoscaled";
  }

  @Override
  public String summary() {
    return "a HorizontalPodAutoscaler with maxReplicas above 1 for a workload on a ReadWriteOncePod"
        + " claim; in the scope ReadWriteOnce also on such a claim, as a warning";
  }

  @Override
  public String why() {
    return "Under load the autoscaler adds Pods that stay Pending forever, just when they are"
        + " needed.";
  }

  @Override
  public String byDefault() {
    return "deny; warn for a ReadWriteOnce claim";
  }

  @Override
  public String remedy() {
    return "remove the autoscaler, or give each Pod its own claim through a StatefulSet's"
        + " volumeClaimTemplates";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    if (object.kind() != Kind.HORIZONTAL_POD_AUTOSCALER) {
      return List.of();
    }
    List<Finding> found =
        ScaledWorkload.findings(this, "may grow to %d Pods", attached, object, inventory);
    return object
        .controller()
        .map(owner -> found.stream().map(each -> each.withRemedy(remedy(owner))).toList())
        .orElse(found);
  }

  /** Returns the remediation at the owner, which reverts any change to the autoscaler. */
  private static String remedy(Controller owner) {
    String field =
        owner.kindName().equals(KEDA_KIND)
            ? "maxReplicaCount: 1"
            : "the maximum number of Pods to 1";
    return "set %s in %s, which created this autoscaler, or give each Pod its own claim through a StatefulSet's volumeClaimTemplates"
        .formatted(field, owner);
  }
}
