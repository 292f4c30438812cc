package io.rwopguard.failover.plan;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Set;

/**
 * Evaluates which nodes a Pod's selectors and a volume's affinity select
 * (k8s.io/component-helpers).
 */
final class NodeSelectors {

  private NodeSelectors() {}

  /** Returns whether a Pod may run on this node. */
  static boolean selects(JsonNode podSpec, NodeFacts node) {
    for (var label : podSpec.path("nodeSelector").properties()) {
      if (!label.getValue().asText().equals(node.labels().get(label.getKey()))) {
        return false;
      }
    }
    return matches(
        podSpec
            .path("affinity")
            .path("nodeAffinity")
            .path("requiredDuringSchedulingIgnoredDuringExecution"),
        node);
  }

  /** Returns whether this node reaches a volume. */
  static boolean reaches(JsonNode volumeAffinity, NodeFacts node) {
    return matches(volumeAffinity.path("required"), node);
  }

  /** Returns whether one of the terms matches, or there is no selector and nothing is required. */
  private static boolean matches(JsonNode selector, NodeFacts node) {
    if (!selector.isObject()) {
      return true;
    }
    for (JsonNode term : selector.path("nodeSelectorTerms")) {
      // an empty term matches nothing
      if (!term.isEmpty() && all(term, node)) {
        return true;
      }
    }
    return false;
  }

  private static boolean all(JsonNode term, NodeFacts node) {
    for (JsonNode requirement : term.path("matchExpressions")) {
      String value = node.labels().get(requirement.path("key").asText());
      if (!meets(requirement, value)) {
        return false;
      }
    }
    for (JsonNode requirement : term.path("matchFields")) {
      // metadata.name is the only field that exists
      if (!meets(requirement, node.name())) {
        return false;
      }
    }
    return true;
  }

  private static boolean meets(JsonNode requirement, String value) {
    Set<String> values = new HashSet<>();
    requirement.path("values").forEach(each -> values.add(each.asText()));
    return switch (requirement.path("operator").asText()) {
      case "In" -> value != null && values.contains(value);
      case "NotIn" -> value == null || !values.contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      case "Gt" -> compare(value, values) > 0;
      case "Lt" -> compare(value, values) < 0;
      // an unknown operator cannot be evaluated, so it selects no node
      default -> false;
    };
  }

  /**
   * Compares two numbers. The result is zero, which fulfills neither operator, if one is not a
   * number.
   */
  private static int compare(String value, Set<String> values) {
    try {
      return value == null || values.size() != 1
          ? 0
          : Long.compare(Long.parseLong(value), Long.parseLong(values.iterator().next()));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
