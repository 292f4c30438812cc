package io.rwopguard.rules;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.SingleWriter;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.model.PodTemplate;
import io.rwopguard.model.Severity;
import java.util.List;

/**
 * Finds a claim that a live read has just reported as missing. A claim that could not be read is no
 * finding, because nothing is known about it.
 */
public final class ClaimUnknownRule implements Rule {

  @Override
  public String id() {
    return "claim-unknown";
  }

  @Override
  public String summary() {
    return "a Pod or template that names a claim which does not exist yet";
  }

  @Override
  public String why() {
    return "The Pod waits until the claim exists, and whether it is ReadWriteOncePod is not"
        + " known: such a Pod is not set up for it.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "create the claim, or correct its name";
  }

  @Override
  public List<Finding> check(ObjectFacts object, Inventory inventory) {
    PodTemplate template = object.podTemplate().orElse(null);
    return NamedClaims.of(object.namedClaims(), SingleWriter.NO_CLAIM_YET, inventory).stream()
        .map(
            claim ->
                new Finding(
                    id(),
                    Severity.WARN,
                    template.specPath().field("volumes"),
                    claim.name(),
                    "there is no claim %s in namespace %s, and Pods wait until there is"
                        .formatted(claim.name(), object.namespace()),
                    remedy()))
        .toList();
  }
}
