package io.rwopguard.admission;

import io.quarkus.runtime.Startup;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.Questions;
import io.rwopguard.mutations.Draft;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.rules.Exemption;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import io.rwopguard.workload.PodTemplate;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Decides what is changed in a request's object. */
@Singleton
@Startup // so that a setting that cannot work ends the start
final class Mutator {

  private final Inventory inventory;
  private final MutationSet mutations;
  private final List<Exemption> exemptions;

  Mutator(Inventory inventory, RwopGuardConfig config) {
    this.inventory = inventory;
    this.mutations = MutationReader.read(config);
    this.exemptions = PolicyReader.exemptions(config);
  }

  /** Completes at once, on the calling thread, where every claim is known or none is asked for. */
  CompletionStage<AdmissionResponse> decide(AdmissionRequest request) {
    if (!request.concernsObject()) {
      return unchanged(request);
    }
    ObjectFacts object = request.facts();
    if (!mutations.concerns(object)
        || exemptions.stream().anyMatch(exemption -> exemption.coversAll(object))
        || keepsItsTemplate(request, object)) {
      return unchanged(request);
    }
    return inventory
        .learn(Questions.aboutClaimsOf(object))
        .thenApply(
            known -> {
              Draft draft = mutations.apply(object, request.object(), known);
              return AdmissionResponse.patched(request.uid(), draft.patch(), draft.warnings());
            });
  }

  /**
   * Whether an update leaves the Pods as they are: a Pod's own (its probes and grace period cannot
   * change), and one that does not touch the template, so that a label on a StatefulSet never
   * restarts a database.
   */
  private static boolean keepsItsTemplate(AdmissionRequest request, ObjectFacts object) {
    if (!request.operation().equals(AdmissionRequest.UPDATE)) {
      return false;
    }
    Optional<PodTemplate> before = request.oldFacts().flatMap(ObjectFacts::podTemplate);
    return object.kind() == Kind.POD || object.podTemplate().equals(before);
  }

  private static CompletionStage<AdmissionResponse> unchanged(AdmissionRequest request) {
    return CompletableFuture.completedFuture(AdmissionResponse.allowed(request.uid()));
  }
}
