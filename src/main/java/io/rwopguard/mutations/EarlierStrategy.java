package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.workload.Json;
import io.rwopguard.workload.PodAnnotations;
import io.rwopguard.workload.PodTemplate;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Takes back the strategy that was set in a Deployment which another replaces.
 *
 * <p>The trace alone does not say whose a strategy is. It is part of the pod template, which has to
 * stay as it is where an update changes nothing but the strategy.
 */
final class EarlierStrategy {

  private static final String SPEC = "spec";
  private static final String STRATEGY = "strategy";
  private static final String ROLLING_UPDATE = "rollingUpdate";
  private static final Set<String> FIELDS = Set.of("type", ROLLING_UPDATE);
  private static final Pattern PERCENT = Pattern.compile("\\d{1,9}%");
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private EarlierStrategy() {}

  /** Returns the object without the strategy that was set in the one before. */
  static JsonNode takenBack(PodTemplate beforeTemplate, JsonNode json, JsonNode before) {
    if (!StrategyMutation.isRecreate(in(before)) || !(json instanceof ObjectNode object)) {
      return json;
    }
    ObjectNode edited = object.deepCopy();
    takeBack(beforeTemplate, before, edited);
    return edited;
  }

  /** Takes it back in the object itself. */
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
   * Returns the object with the strategy that was set in the one before, without the limits that an
   * apply has merged into it: the API server would refuse both together.
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

  /** What the trace says that was replaced; a missing node if it says nothing of a strategy. */
  private static JsonNode replaced(PodTemplate template) {
    String trace = template.annotations().get(PodAnnotations.TRACE);
    JsonNode replaced =
        trace == null
            ? MissingNode.getInstance()
            : TraceMutation.parse(trace).path(STRATEGY).path(SPEC + "." + STRATEGY);
    return replaced.isNull() || isRollingUpdate(replaced) ? replaced : MissingNode.getInstance();
  }

  /** The annotation may say anything; a rolling update is all that is ever replaced. */
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
   * Whether a manifest that names limits and no type was merged into a strategy that was set, and
   * allows none. An update of the strategy alone leaves no trace; no manager owns what it set.
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
   * Whether the author wrote it too, as far as can be told. Who applies a manifest on the server's
   * side owns what is in it; who updates an object owns its defaults as well.
   */
  private static boolean isWritten(JsonNode json) {
    String applied = json.path("metadata").path("annotations").path(LAST_APPLIED).asText("");
    return StrategyMutation.isRecreate(in(TraceMutation.parse(applied)))
        || hasManager(json, "Apply");
  }

  private static boolean hasManagers(JsonNode json) {
    return !json.path("metadata").path("managedFields").isEmpty();
  }

  /** Whether the strategy's type has a manager that set it by this operation. */
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
