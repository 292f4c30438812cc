package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.PodTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Reads the annotation that {@link TraceMutation} writes. The annotation is part of the author's
 * object and may contain anything, so an edit only counts if its mutation can have made it.
 */
final class Trace {

  /**
   * One edit of a Pod or pod template.
   *
   * @param field the field, as in a Pod
   * @param replaced the previous value; null if there was none
   */
  record Edit(String field, JsonNode replaced) {}

  /** A field that a mutation sets, and the values that it can have replaced there. */
  private record Editable(String mutation, Pattern field, Predicate<JsonNode> replaced) {

    /**
     * Returns the field with its pattern. No list that a cluster stores has an index of more than
     * nine digits.
     */
    static Editable of(String mutation, String field, Predicate<JsonNode> replaced) {
      String pattern =
          field
              .replace(".", "\\.")
              .replace("CONTAINER", "spec\\.(?:containers|initContainers)[N]")
              .replace("[N]", "\\[\\d{1,9}\\]");
      return new Editable(mutation, Pattern.compile(pattern), replaced);
    }
  }

  private static final List<Editable> EDITABLE =
      List.of(
          Editable.of("volume-check", "CONTAINER.livenessProbe", JsonNode::isNull),
          Editable.of("liveness", "CONTAINER.livenessProbe", Trace::isNothingOrProbe),
          Editable.of(
              "liveness", "CONTAINER.livenessProbe.periodSeconds", Trace::isNothingOrNumber),
          Editable.of(
              "liveness", "CONTAINER.livenessProbe.failureThreshold", Trace::isNothingOrNumber),
          Editable.of(
              "liveness", "CONTAINER.livenessProbe.timeoutSeconds", Trace::isNothingOrNumber),
          Editable.of(
              "liveness", "CONTAINER.livenessProbe.initialDelaySeconds", Trace::isNothingOrNumber),
          Editable.of("startup", "CONTAINER.startupProbe", JsonNode::isNull),
          Editable.of("pre-stop", "CONTAINER.lifecycle", JsonNode::isNull),
          Editable.of("pre-stop", "CONTAINER.lifecycle.preStop", JsonNode::isNull),
          Editable.of("grace", "spec." + PodTemplate.GRACE_PERIOD, Trace::isNothingOrLong),
          Editable.of(
              "grace", "CONTAINER.livenessProbe." + PodTemplate.GRACE_PERIOD, JsonNode::isNull),
          Editable.of("tolerations", "spec.tolerations", JsonNode::isNull),
          Editable.of("tolerations", "spec.tolerations[N]", JsonNode::isNull),
          Editable.of(
              "tolerations", "spec.tolerations[N].tolerationSeconds", Trace::isNothingOrNumber));

  private Trace() {}

  /** Returns the edits of an annotation's value, in order, without that of a strategy. */
  static List<Edit> edits(String annotation) {
    List<Edit> edits = new ArrayList<>();
    for (Map.Entry<String, JsonNode> mutation : TraceMutation.parse(annotation).properties()) {
      for (Map.Entry<String, JsonNode> edit : mutation.getValue().properties()) {
        if (isPossible(mutation.getKey(), edit.getKey(), edit.getValue())) {
          edits.add(new Edit(edit.getKey(), edit.getValue()));
        }
      }
    }
    return edits;
  }

  /** Returns whether a mutation can have replaced this in a field; false for a missing node. */
  static boolean isPossible(String mutation, String field, JsonNode replaced) {
    return EDITABLE.stream()
        .anyMatch(
            editable ->
                editable.mutation().equals(mutation)
                    && editable.field().matcher(field).matches()
                    && editable.replaced().test(replaced));
  }

  private static boolean isNothingOrProbe(JsonNode replaced) {
    return replaced.isNull() || Probe.isWellFormed(replaced);
  }

  private static boolean isNothingOrNumber(JsonNode replaced) {
    return replaced.isNull() || (replaced.isIntegralNumber() && replaced.canConvertToInt());
  }

  private static boolean isNothingOrLong(JsonNode replaced) {
    return replaced.isNull() || (replaced.isIntegralNumber() && replaced.canConvertToLong());
  }
}
