package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Json;
import io.rwopguard.model.PodAnnotations;
import io.rwopguard.model.PodTemplate;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reverts the strategy that was set in a Deployment which another replaces.
 *
 * <p>The trace alone does not show who set a strategy. It is part of the pod template, which must
 * not change when an update changes only the strategy.
 */
final class PreviousStrategy {

  private static final String SPEC = "spec";
  private static final String STRATEGY = "strategy";
  private static final String ROLLING_UPDATE = "rollingUpdate";
  private static final Set<String> FIELDS = Set.of("type", ROLLING_UPDATE);
  private static final Pattern PERCENT = Pattern.compile("\\d{1,9}%");
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private PreviousStrategy() {}

  /** Returns the object without the strategy that was set in the previous one. */
  static JsonNode takenBack(PodTemplate beforeTemplate, JsonNode json, JsonNode before) {
    if (!StrategyMutation.isRecreate(in(before)) || !(json instanceof ObjectNode object)) {
      return json;
    }
    ObjectNode edited = object.deepCopy();
    takeBack(beforeTemplate, before, edited);
    return edited;
  }

  /** Reverts the strategy in the object itself. */
  static void takeBack(PodTemplate beforeTemplate, JsonNode before, ObjectNode edited) {
    JsonNode now = in(edited);
    if (isMergedIntoOurs(beforeTemplate, edited, before)) {
      ((ObjectNode) now).put("type", "RollingUpdate");
      return;
    }
    JsonNode authors = replaced(beforeTemplate);
    if (authors.isMissingNode()
        || !StrategyMutation.isRecreate(now)
        || !StrategyMutation.isRecreate(in(before))
        || isWritten(edited)) {
      return;
    }
    ObjectNode spec = (ObjectNode) edited.path(SPEC);
    if (authors.isNull()) {
      spec.remove(STRATEGY);
    } else {
      spec.set(STRATEGY, authors.deepCopy());
    }
  }

  /**
   * Returns the object with the strategy of the previous one, without the limits that an apply has
   * merged into it. The API server would refuse both together.
   */
  static JsonNode keptValid(PodTemplate beforeTemplate, JsonNode json, JsonNode before) {
    if (!isMergedIntoOurs(beforeTemplate, json, before)) {
      return json;
    }
    ObjectNode edited = json.deepCopy();
    ((ObjectNode) in(edited)).remove(ROLLING_UPDATE);
    return edited;
  }

  private static JsonNode in(JsonNode deployment) {
    return deployment.path(SPEC).path(STRATEGY);
  }

  /** Returns the strategy that the trace reports as replaced; a missing node if it reports none. */
  private static JsonNode replaced(PodTemplate template) {
    String trace = template.annotations().get(PodAnnotations.TRACE);
    JsonNode replaced =
        trace == null
            ? MissingNode.getInstance()
            : TraceMutation.parse(trace).path(STRATEGY).path(SPEC + "." + STRATEGY);
    return replaced.isNull() || isRollingUpdate(replaced) ? replaced : MissingNode.getInstance();
  }

  /**
   * Returns whether this is a rolling update, the only strategy that is ever replaced. The
   * annotation may contain anything.
   */
  private static boolean isRollingUpdate(JsonNode strategy) {
    JsonNode limits = strategy.path(ROLLING_UPDATE);
    return strategy.isObject()
        && strategy.properties().stream().map(Map.Entry::getKey).allMatch(FIELDS::contains)
        && (Json.isUnset(strategy.path("type"))
            || strategy.path("type").asText().equals("RollingUpdate"))
        && (Json.isUnset(limits) || limits.isObject())
        && isLimit(limits.path("maxSurge"))
        && isLimit(limits.path("maxUnavailable"));
  }

  private static boolean isLimit(JsonNode limit) {
    return Json.isUnset(limit)
        || (limit.isIntegralNumber() && limit.canConvertToInt())
        || (limit.isTextual() && PERCENT.matcher(limit.textValue()).matches());
  }

  /**
   * Returns whether an apply merged limits without a type into a strategy that was set and allows
   * none. An update of the strategy alone leaves no trace, and no manager owns its result.
   */
  private static boolean isMergedIntoOurs(
      PodTemplate beforeTemplate, JsonNode json, JsonNode before) {
    JsonNode now = in(json);
    return now.path("type").asText().equals("Recreate")
        && !Json.isUnset(now.path(ROLLING_UPDATE))
        && StrategyMutation.isRecreate(in(before))
        && (!replaced(beforeTemplate).isMissingNode()
            || (hasManagers(json) && !hasManager(json, "Apply") && !hasManager(json, "Update")));
  }

  /**
   * Returns whether the author wrote the strategy too, as far as the object shows it. A server-side
   * apply owns the fields of its manifest. An update also owns the defaults of its object.
   */
  private static boolean isWritten(JsonNode json) {
    String applied = json.path("metadata").path("annotations").path(LAST_APPLIED).asText("");
    return StrategyMutation.isRecreate(in(TraceMutation.parse(applied)))
        || hasManager(json, "Apply");
  }

  private static boolean hasManagers(JsonNode json) {
    return !json.path("metadata").path("managedFields").isEmpty();
  }

  /** Returns whether the strategy's type has a manager that set it by this operation. */
  private static boolean hasManager(JsonNode json, String operation) {
    for (JsonNode manager : json.path("metadata").path("managedFields")) {
      if (manager.path("operation").asText().equals(operation)
          && manager.path("fieldsV1").path("f:spec").path("f:strategy").has("f:type")) {
        return true;
      }
    }
    return false;
  }
}
