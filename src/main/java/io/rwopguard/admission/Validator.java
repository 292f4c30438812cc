package io.rwopguard.admission;

import io.rwopguard.inventory.ClaimKey;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import jakarta.inject.Singleton;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Decides whether a request goes through. */
@Singleton
final class Validator {

  private final Inventory inventory;

  Validator(Inventory inventory) {
    this.inventory = inventory;
  }

  /** Completes at once, on the calling thread, where every claim is known or none is asked for. */
  CompletionStage<AdmissionResponse> decide(AdmissionRequest request) {
    if (!request.concernsObject() || isUpdateOfPod(request)) {
      return CompletableFuture.completedFuture(AdmissionResponse.allowed(request.uid()));
    }
    ObjectFacts object = request.facts();
    if (object.beingDeleted()) {
      // its finalizers have to go, whatever is wrong with it
      return CompletableFuture.completedFuture(AdmissionResponse.allowed(request.uid()));
    }
    Optional<ObjectFacts> before = request.oldFacts();
    Set<ClaimKey> claims = new HashSet<>(Inventory.claimsOf(object));
    before.map(Inventory::claimsOf).ifPresent(claims::addAll);
    return inventory
        .learn(claims)
        .thenApply(
            known -> {
              List<Finding> findings =
                  before.isPresent()
                      ? RuleSet.findings(object, before.get(), known)
                      : RuleSet.findings(object, known);
              return AdmissionResponse.of(request.uid(), findings);
            });
  }

  /**
   * Nothing that the rules look at can change in a Pod, and the scheduler has set what an author
   * would be warned of.
   */
  private static boolean isUpdateOfPod(AdmissionRequest request) {
    return request.operation().equals(AdmissionRequest.UPDATE)
        && request.kind().equals(Optional.of(Kind.POD));
  }
}
