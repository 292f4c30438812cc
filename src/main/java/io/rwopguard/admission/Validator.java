package io.rwopguard.admission;

import io.quarkus.runtime.Startup;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.policy.PolicyReader;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.config.Config;

/** Decides whether a request goes through. */
@Singleton
@Startup // so that a setting that cannot work ends the start
final class Validator {

  private final Inventory inventory;
  private final RuleSet rules;

  Validator(Inventory inventory, RwopGuardConfig config, Config settings) {
    this.inventory = inventory;
    this.rules = PolicyReader.read(config, settings);
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
    return inventory
        .learn(rules.questions(object, before, inventory))
        .thenApply(
            known -> AdmissionResponse.of(request.uid(), rules.findings(object, before, known)));
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
