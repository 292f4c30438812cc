package io.rwopguard.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.quarkus.runtime.Startup;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.inventory.LookupRequest;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.mutations.MutationSet;
import io.rwopguard.mutations.PatchBuilder;
import io.rwopguard.policy.MutationReader;
import io.rwopguard.policy.PolicyReader;
import io.rwopguard.rules.Exemption;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Decides on the changes to a request's object. */
@Singleton
@Startup // so that an invalid setting fails the start
final class Mutator {

  private final Inventory inventory;
  private final MutationSet mutations;
  private final RepeatedEdits repeated;
  private final List<Exemption> exemptions;

  Mutator(Inventory inventory, RwopGuardConfig config, RepeatedEdits repeated) {
    this.inventory = inventory;
    this.mutations = MutationReader.read(config);
    this.repeated = repeated;
    this.exemptions = PolicyReader.exemptions(config);
  }

  /**
   * Returns the response. It completes immediately on the calling thread if every claim is known or
   * none is needed.
   */
  CompletionStage<AdmissionResponse> decide(AdmissionRequest request) {
    return decide(request, true);
  }

  /**
   * Returns the response.
   *
   * @param mayRead whether a claim that is not known may be read from the cluster; if not, it stays
   *     unknown, and the response is complete
   */
  CompletionStage<AdmissionResponse> decide(AdmissionRequest request, boolean mayRead) {
    if (!request.concernsObject()) {
      return unchanged(request);
    }
    ObjectFacts object = request.facts();
    Optional<ObjectFacts> before = request.oldFacts();
    boolean concerns = mutations.concerns(object);
    if ((!concerns && !before.map(old -> mutations.mayTakeBack(object, old)).orElse(false))
        || exemptions.stream().anyMatch(exemption -> exemption.coversAll(object))) {
      return unchanged(request);
    }
    boolean keepsTemplate =
        before.isPresent()
            && (object.kind() == Kind.POD
                || object.podTemplate().equals(before.get().podTemplate()));
    if (keepsTemplate && !changesStrategy(request, object)) {
      return unchanged(request);
    }
    if (!concerns) {
      PatchBuilder draft =
          mutations.takeBack(
              object, request.object(), before.get(), request.oldObject(), keepsTemplate);
      return CompletableFuture.completedFuture(
          AdmissionResponse.patched(request.uid(), draft.patch(), draft.warnings()));
    }
    return (mayRead
            ? inventory.learn(LookupRequest.beforeEdits(object))
            : CompletableFuture.completedFuture(inventory))
        .thenApply(known -> answer(request, object, before, keepsTemplate, known));
  }

  private AdmissionResponse answer(
      AdmissionRequest request,
      ObjectFacts object,
      Optional<ObjectFacts> before,
      boolean keepsTemplate,
      Inventory known) {
    Optional<String> stopped = repeated.stopped(request, object);
    if (stopped.isPresent()) {
      return AdmissionResponse.patched(
          request.uid(), JsonNodeFactory.instance.arrayNode(), List.of(stopped.get()));
    }
    PatchBuilder draft;
    if (keepsTemplate) {
      draft = mutations.applyToStrategy(object, request.object(), request.oldObject(), known);
    } else if (before.isPresent()) {
      draft =
          mutations.applyToChange(
              object, request.object(), before.get(), request.oldObject(), known);
    } else {
      draft = mutations.apply(object, request.object(), known);
    }
    repeated.made(request, object, draft, known);
    return AdmissionResponse.patched(request.uid(), draft.patch(), draft.warnings());
  }

  /**
   * Returns whether an update changes the strategy of a Deployment, which restarts nothing. A
   * change of the template does, so an update that keeps the template is left unchanged, like any
   * update of a Pod. A label on a StatefulSet therefore never restarts a database.
   */
  private static boolean changesStrategy(AdmissionRequest request, ObjectFacts object) {
    return object.kind() == Kind.DEPLOYMENT
        && !strategy(request.object()).equals(strategy(request.oldObject()));
  }

  private static JsonNode strategy(JsonNode deployment) {
    return deployment.path("spec").path("strategy");
  }

  private static CompletionStage<AdmissionResponse> unchanged(AdmissionRequest request) {
    return CompletableFuture.completedFuture(AdmissionResponse.allowed(request.uid()));
  }
}
