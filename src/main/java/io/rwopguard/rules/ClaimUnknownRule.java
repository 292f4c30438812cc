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
    return "The Pod stays Pending until the claim exists. Its access mode is unknown, so the Pod"
        + " gets no probes or grace period for it.";
  }

  @Override
  public String byDefault() {
    return "warn";
  }

  @Override
  public String remedy() {
    return "create the claim or fix the name";
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
                    "PersistentVolumeClaim %s/%s does not exist, and Pods stay Pending until it does"
                        .formatted(object.namespace(), claim.name()),
                    remedy()))
        .toList();
  }
}
