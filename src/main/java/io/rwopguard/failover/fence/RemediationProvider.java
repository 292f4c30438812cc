package io.rwopguard.failover.fence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.rwopguard.config.FenceScope;
import io.rwopguard.failover.plan.NodeFacts.Taint;
import io.rwopguard.model.KubeObject;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Fences by a medik8s FenceAgentsRemediation, which runs a fence agent that reboots the node.
 *
 * <p>The object has the node's name and is in the template's namespace. Its controller taints the
 * node while the object exists.
 */
public final class RemediationProvider implements FenceProvider {

  private static final String GROUP = "fence-agents-remediation.medik8s.io";

  static final ResourceDefinitionContext REMEDIATIONS =
      type("FenceAgentsRemediation", "fenceagentsremediations");
  static final ResourceDefinitionContext TEMPLATES =
      type("FenceAgentsRemediationTemplate", "fenceagentsremediationtemplates");

  private static final String PROCESSING = "Processing";
  private static final String ACTION_SUCCEEDED = "FenceAgentActionSucceeded";

  /** The taints of all released versions of the controller. */
  private static final Set<Taint> TAINTS =
      Set.of(
          new Taint("medik8s.io/remediation", "fence-agents-remediation", "NoExecute"),
          new Taint("medik8s.io/remediation", "fence-agents-remediation", "NoSchedule"),
          new Taint("medik8s.io/fence-agents-remediation", "", "NoExecute"),
          // since v0.7.0
          new Taint("remediation.medik8s.io/fence-agents-remediation", "", "NoSchedule"));

  /**
   * The settings of a FenceAgentsRemediation.
   *
   * @param template the name of the FenceAgentsRemediationTemplate
   * @param namespace the namespace of the template and of the remediations
   * @param pause the time after a failure until the remediation is created again
   */
  public record Settings(String name, String template, String namespace, Duration pause) {}

  /** The time after a failed request for taints in which no other request is made. */
  private static final Duration FAILURE_HOLDS = Duration.ofSeconds(10);

  private final Settings settings;
  private final FenceApi api;
  private final InstantSource clock;

  /** The nodes whose remediation was read, and whether it was ours. */
  private final Map<String, Boolean> ours = new ConcurrentHashMap<>();

  private volatile Instant lastFailure = Instant.EPOCH;

  /** Creates the provider. */
  public RemediationProvider(Settings settings, FenceApi api, InstantSource clock) {
    this.settings = settings;
    this.api = api;
    this.clock = clock;
  }

  private static ResourceDefinitionContext type(String kind, String plural) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(GROUP)
        .withVersion("v1alpha1")
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public FenceScope scope() {
    return FenceScope.NODE;
  }

  @Override
  public boolean endsWithReboot() {
    return true;
  }

  @Override
  public Set<Taint> ownTaints(String node) {
    if (!ours.containsKey(node) && !failedLately()) {
      try {
        find(node);
      } catch (RuntimeException e) {
        lastFailure = clock.instant();
      }
    }
    // a taint that may belong to another controller keeps failover from the node
    return ours.getOrDefault(node, false) ? TAINTS : Set.of();
  }

  /**
   * Returns whether a request for taints failed lately. The evaluation of all nodes asks for taints
   * one by one. If each of these requests timed out, they would take longer than a leader may go
   * without progress.
   */
  private boolean failedLately() {
    Duration since = Duration.between(lastFailure, clock.instant()).abs();
    return since.compareTo(FAILURE_HOLDS) < 0;
  }

  @Override
  public FenceStatus fence(FenceTarget target) {
    return FenceStatus.attempt(
        () -> {
          Optional<JsonNode> found = find(target.node());
          return found.isEmpty() ? create(target) : continueFence(target, found.get());
        });
  }

  private FenceStatus create(FenceTarget target) {
    Optional<JsonNode> template = api.get(TEMPLATES, settings.namespace(), settings.template());
    if (template.isEmpty()) {
      return FenceStatus.failed(
          "FenceAgentsRemediationTemplate %s/%s does not exist. Create it or change rwop-guard.failover.fences.%s.template"
              .formatted(settings.namespace(), settings.template(), name()));
    }
    ObjectNode object =
        FenceObject.create(REMEDIATIONS, settings.namespace(), target.node(), name(), target);
    object.set("spec", template.get().path("spec").path("template").path("spec").deepCopy());
    if (api.create(REMEDIATIONS, object)) {
      ours.put(target.node(), true);
    }
    return FenceStatus.pending(text(target, "is created"));
  }

  private FenceStatus continueFence(FenceTarget target, JsonNode object) {
    if (!FenceObject.isOurs(object, name(), target.node())) {
      return FenceStatus.failed(
          text(target, "was created by another controller, which remediates the node"));
    }
    if (FenceObject.isBeingDeleted(object)) {
      return FenceStatus.pending(text(target, "is being deleted"));
    }
    if (!isOfThisSilence(object, target)) {
      api.delete(REMEDIATIONS, object);
      return FenceStatus.pending(text(target, "is for another boot, and is created again"));
    }
    FenceStatus result = result(target, object);
    if (result.state() == FenceStatus.State.FAILED && isPauseOver(object)) {
      api.delete(REMEDIATIONS, object);
    }
    return result;
  }

  /**
   * Returns whether a remediation covers the silence of the target. One that started in a later
   * silence of the same boot covers the earlier one.
   */
  private static boolean isOfThisSilence(JsonNode object, FenceTarget target) {
    return FenceObject.bootId(object).equals(target.bootId())
        && FenceObject.renewTime(object).compareTo(target.renewTime()) >= 0;
  }

  private FenceStatus result(FenceTarget target, JsonNode object) {
    String succeeded = condition(object, ACTION_SUCCEEDED).path("status").asText();
    if (succeeded.equals("True")) {
      return FenceStatus.confirmed(Set.of());
    }
    if (succeeded.equals("False")
        && condition(object, PROCESSING).path("status").asText().equals("False")) {
      return FenceStatus.failed(
          text(target, "failed: " + condition(object, ACTION_SUCCEEDED).path("message").asText()));
    }
    return FenceStatus.pending(text(target, "has not ended yet"));
  }

  private boolean isPauseOver(JsonNode object) {
    try {
      Instant failed =
          Instant.parse(condition(object, ACTION_SUCCEEDED).path("lastTransitionTime").asText());
      return failed.plus(settings.pause()).isBefore(clock.instant());
    } catch (DateTimeException e) {
      return false;
    }
  }

  @Override
  public FenceStatus unfence(FenceTarget target) {
    return FenceStatus.attempt(
        () -> {
          Optional<JsonNode> found =
              find(target.node())
                  .filter(object -> FenceObject.isOurs(object, name(), target.node()));
          if (found.isEmpty()) {
            return FenceStatus.unfenced();
          }
          if (!FenceObject.isBeingDeleted(found.get())) {
            api.delete(REMEDIATIONS, found.get());
          }
          return FenceStatus.pending(text(target, "is being deleted"));
        });
  }

  @Override
  public FenceStatus status(FenceTarget target) {
    return FenceStatus.attempt(
        () ->
            find(target.node())
                .filter(
                    object ->
                        FenceObject.isOurs(object, name(), target.node())
                            && isOfThisSilence(object, target)
                            && !FenceObject.isBeingDeleted(object))
                .map(object -> result(target, object))
                .orElseGet(FenceStatus::notAsked));
  }

  private Optional<JsonNode> find(String node) {
    Optional<JsonNode> found = api.get(REMEDIATIONS, settings.namespace(), node);
    ours.put(node, found.filter(object -> FenceObject.isOurs(object, name(), node)).isPresent());
    return found;
  }

  private static JsonNode condition(JsonNode object, String type) {
    for (JsonNode condition : KubeObject.of(object).status().path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }

  private String text(FenceTarget target, String what) {
    return "FenceAgentsRemediation %s/%s %s".formatted(settings.namespace(), target.node(), what);
  }
}
