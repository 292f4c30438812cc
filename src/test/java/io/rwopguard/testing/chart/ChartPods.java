package io.rwopguard.testing.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Finds the Pods of rendered manifests, whatever makes them. */
public final class ChartPods {

  private ChartPods() {}

  /** Returns every Pod and pod template, with {@code metadata} and {@code spec}. */
  public static List<JsonNode> templates(List<ObjectNode> manifests) {
    return manifests.stream()
        .map(ChartPods::template)
        .filter(template -> template.path("spec").has("containers"))
        .toList();
  }

  /** Returns the spec of every Pod and pod template. */
  public static List<JsonNode> specs(List<ObjectNode> manifests) {
    return templates(manifests).stream().map(template -> template.path("spec")).toList();
  }

  private static JsonNode template(JsonNode manifest) {
    return switch (manifest.path("kind").asText()) {
      case "Pod" -> manifest;
      case "CronJob" -> manifest.at("/spec/jobTemplate/spec/template");
      default -> manifest.at("/spec/template");
    };
  }
}
