package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.Severity;
import java.util.List;

/**
 * Finds {@code nodeName} on a Pod, which bypasses the scheduler. Only the scheduler keeps a second
 * Pod on another node away from a ReadWriteOncePod claim.
 */
public final class BypassesSchedulerRule implements Rule {

  @Override
  public String id() {
    return "bypasses-scheduler";
  }

  @Override
  public String summary() {
    return "nodeName in a Pod or template that uses a ReadWriteOncePod claim";
  }

  @Override
  public String why() {
    return "A Pod with nodeName bypasses the scheduler, which enforces the mode across nodes. The"
        + " kubelet only knows its own node.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "replace nodeName with nodeSelector: {kubernetes.io/hostname: NODE}";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    PodTemplate template = object.podTemplate().orElse(null);
    if (template == null || !template.spec().hasNonNull("nodeName")) {
      return List.of();
    }
    return NamedClaims.exclusive(object, inventory).stream()
        .map(
            claim ->
                new Finding(
                    id(),
                    Severity.WARN,
                    template.specPath().field("nodeName"),
                    claim.name(),
                    "it bypasses the scheduler, which keeps a second Pod off the ReadWriteOncePod claim %s"
                        .formatted(claim.name()),
                    remedy()))
        .toList();
  }
}
