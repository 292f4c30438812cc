package io.rwopguard.mutations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.PodAnnotations;
import java.util.Arrays;
import java.util.List;

/**
 * Checks the invariants of any object before and after the mutations. The comparisons are plain,
 * since they are made some millions of times.
 */
final class MutationProperties {

  private static final String GRACE = "terminationGracePeriodSeconds";

  private final PodView before;
  private final PodView after;
  private final MutationSettings settings;
  private final ContainerProperties containers;

  MutationProperties(JsonNode before, JsonNode after, MutationSettings settings) {
    this.before = PodView.of(before);
    this.after = PodView.of(after);
    this.settings = settings;
    this.containers = new ContainerProperties(this.before, settings);
  }

  /** Throws what was hurt, and by what. */
  static void check(boolean holds, String hurt, Object... by) {
    if (!holds) {
      throw new AssertionError(hurt + " " + Arrays.toString(by));
    }
  }

  void all() {
    check(before.mayChange(), "an object that must stay as it is was changed");
    untouchedFieldsAreTheSameByteForByte();
    for (String field : List.of("containers", "initContainers")) {
      List<JsonNode> were = before.containers(field);
      List<JsonNode> are = after.containers(field);
      for (int i = 0; i < were.size(); i++) {
        String role =
            field.equals("containers")
                ? "main"
                : were.get(i).path("restartPolicy").asText("init").equals("Always")
                    ? "sidecar"
                    : "init";
        containers.container(were.get(i), are.get(i), role);
      }
    }
    graceIsNoShorterThanTheApiServerAllows();
    strategyIsRecreateAlone();
    tolerationsHaveSecondsOnlyWhereTheApiServerAllows();
  }

  private void untouchedFieldsAreTheSameByteForByte() {
    check(
        without(before).toString().equals(without(after).toString()),
        "something else changed",
        without(before),
        without(after));
  }

  /** The object without the places that mutations are for. */
  private JsonNode without(PodView view) {
    ObjectNode copy = view.object().deepCopy();
    ObjectNode template = (ObjectNode) copy.at(view.pointer());
    ObjectNode spec = (ObjectNode) template.path("spec");
    for (String field : List.of("containers", "initContainers")) {
      for (JsonNode container : spec.path(field)) {
        ObjectNode of = (ObjectNode) container;
        of.remove(List.of("livenessProbe", "startupProbe"));
        if (of.path("lifecycle") instanceof ObjectNode lifecycle) {
          lifecycle.remove("preStop");
        }
        removeIfEmpty(of, "lifecycle");
      }
    }
    spec.remove(GRACE);
    if (copy.path("kind").asText().equals("Deployment")) {
      ((ObjectNode) copy.path("spec")).remove("strategy");
    }
    if (settings.edits().contains("tolerations")) {
      spec.remove("tolerations");
    }
    if (template.path("metadata").path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(PodAnnotations.TRACE);
    }
    if (template.path("metadata") instanceof ObjectNode metadata) {
      removeIfEmpty(metadata, "annotations");
    }
    return copy;
  }

  private static void removeIfEmpty(ObjectNode object, String field) {
    if (object.has(field) && object.get(field).isEmpty()) {
      object.remove(field);
    }
  }

  private void graceIsNoShorterThanTheApiServerAllows() {
    check(after.grace() >= 0, "a negative grace period");
    boolean hooks = false;
    for (String field : List.of("containers", "initContainers")) {
      for (JsonNode container : after.containers(field)) {
        JsonNode hook = container.path("lifecycle").path("preStop");
        hooks |= hook.isObject();
        for (JsonNode any : container.path("lifecycle")) {
          check(
              any.path("sleep").path("seconds").asLong() <= after.grace(),
              "a hook sleeps longer than the grace period",
              after.grace());
        }
      }
    }
    if (hooks && before.annotation(PodAnnotations.GRACE_SECONDS).isEmpty()) {
      check(before.grace() <= after.grace(), "a hook lost its grace period");
    }
  }

  private void strategyIsRecreateAlone() {
    JsonNode strategy = after.object().path("spec").path("strategy");
    if (!strategy.equals(before.object().path("spec").path("strategy"))) {
      check(strategy.toString().equals("{\"type\":\"Recreate\"}"), "strategy", strategy);
      check(before.object().path("kind").asText().equals("Deployment"), "a separate strategy");
    }
  }

  private void tolerationsHaveSecondsOnlyWhereTheApiServerAllows() {
    JsonNode were = before.spec().path("tolerations");
    JsonNode are = after.spec().path("tolerations");
    for (int i = 0; i < are.size(); i++) {
      JsonNode is = are.get(i);
      if (is.equals(were.path(i))) {
        continue;
      }
      check(
          is.path("effect").asText().equals("NoExecute")
              && is.path("tolerationSeconds").asLong() == settings.tolerationSeconds()
              && is.path("key").asText().startsWith("node.kubernetes.io/"),
          "toleration",
          is);
      check(
          i >= were.size() || were.get(i).path("tolerationSeconds").asLong() == 300,
          "the author's toleration changed",
          were.path(i));
    }
    check(are.size() <= were.size() + 2, "too many tolerations");
  }
}
