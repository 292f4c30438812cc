package io.rwopguard.admission;

import io.rwopguard.inventory.Inventory;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.workload.ObjectFacts;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/** Decides whether a request goes through. */
@Singleton
final class Validator {

  private final Inventory inventory;

  Validator(Inventory inventory) {
    this.inventory = inventory;
  }

  AdmissionResponse decide(AdmissionRequest request) {
    if (!request.concernsObject()) {
      return AdmissionResponse.allowed(request.uid());
    }
    ObjectFacts object = request.facts();
    if (object.beingDeleted()) {
      // its finalizers have to go, whatever is wrong with it
      return AdmissionResponse.allowed(request.uid());
    }
    Optional<ObjectFacts> before = request.oldFacts();
    List<Finding> findings =
        before.isPresent()
            ? RuleSet.findings(object, before.get(), inventory)
            : RuleSet.findings(object, inventory);
    return AdmissionResponse.of(request.uid(), findings);
  }
}
