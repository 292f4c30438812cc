package io.rwopguard.admission;

import io.quarkus.runtime.Startup;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.rwopguard.config.RuleMode;
import io.rwopguard.config.RwopGuardConfig;
import io.rwopguard.inventory.ClaimKey;
import io.rwopguard.inventory.Inventory;
import io.rwopguard.rules.Finding;
import io.rwopguard.rules.Rule;
import io.rwopguard.rules.RuleSet;
import io.rwopguard.rules.Severity;
import io.rwopguard.workload.Kind;
import io.rwopguard.workload.ObjectFacts;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    Map<String, Optional<Severity>> modes = new HashMap<>();
    config.rules().forEach((id, mode) -> modes.put(id, severity(mode)));
    // asked for by name, a setting is also found in the environment, whose names cannot tell a dash
    // from a dot
    for (Rule rule : RuleSet.rules()) {
      settings
          .getOptionalValue("rwop-guard.rules." + rule.id(), RuleMode.class)
          .ifPresent(mode -> modes.put(rule.id(), severity(mode)));
    }
    try {
      this.rules = new RuleSet(modes);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException("rwop-guard.rules: " + e.getMessage());
    }
  }

  private static Optional<Severity> severity(RuleMode mode) {
    return switch (mode) {
      case DENY -> Optional.of(Severity.DENY);
      case WARN -> Optional.of(Severity.WARN);
      case AUDIT -> Optional.of(Severity.AUDIT);
      case OFF -> Optional.empty();
    };
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
                      ? rules.findings(object, before.get(), known)
                      : rules.findings(object, known);
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
