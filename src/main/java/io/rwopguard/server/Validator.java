package io.rwopguard.server;

import io.quarkus.runtime.Startup;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.model.Kind;
import io.rwopguard.model.ObjectFacts;
import io.rwopguard.policy.PolicyReader;
import io.rwopguard.rules.Author;
import io.rwopguard.rules.RuleSet;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.config.Config;

/** Decides whether a request is allowed. */
@Singleton
@Startup // so that an invalid setting fails the start
final class Validator {

  private final Inventory inventory;
  private final RuleSet rules;
  private final Authors authors;

  Validator(Inventory inventory, RwopGuardConfig config, Config settings, Authors authors) {
    this.inventory = inventory;
    this.authors = authors;
    this.rules = PolicyReader.read(config, settings);
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
    if (!request.concernsObject() || isUpdateOfPod(request)) {
      return CompletableFuture.completedFuture(AdmissionResponse.allowed(request.uid()));
    }
    ObjectFacts object = request.facts();
    if (object.beingDeleted()) {
      // its finalizers have to be removed, whatever problems it has
      return CompletableFuture.completedFuture(AdmissionResponse.allowed(request.uid()));
    }
    Optional<ObjectFacts> before = request.oldFacts();
    return (mayRead
            ? inventory.learn(rules.questions(object, before, inventory))
            : CompletableFuture.completedFuture(inventory))
        .thenApply(
            known -> {
              Author author = authors.of(request.user(), object);
              return AdmissionResponse.of(
                  request.uid(),
                  rules.findings(object, before, known, author),
                  author == Author.USER && RuleSet.isKept(object, known)
                      ? Authors.hint(request.user())
                      : Optional.empty());
            });
  }

  /**
   * Returns whether this is an update of a Pod. Fields that the rules read cannot change in it, and
   * its author would get warnings about fields that the scheduler set.
   */
  private static boolean isUpdateOfPod(AdmissionRequest request) {
    return request.operation().equals(AdmissionRequest.UPDATE)
        && request.kind().equals(Optional.of(Kind.POD));
  }
}
