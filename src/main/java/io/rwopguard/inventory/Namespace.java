package io.rwopguard.inventory;

import com.fasterxml.jackson.databind.JsonNode;
import io.rwopguard.model.KubeObject;
import java.util.HashMap;
import java.util.Map;

/**
 * A namespace as a cluster knows it.
 *
 * @param labels the labels with rwop-guard's own prefix
 */
public record Namespace(String name, Map<String, String> labels) {

  private static final String OWN_LABELS = "rwop-guard.io/";

  public Namespace {
    labels = Map.copyOf(labels);
  }

  /** Returns the record of an API object. */
  public static Namespace of(JsonNode object) {
    JsonNode metadata = KubeObject.of(object).metadata();
    Map<String, String> own = new HashMap<>();
    for (Map.Entry<String, JsonNode> label : metadata.path("labels").properties()) {
      if (label.getKey().contains(OWN_LABELS)) {
        own.put(label.getKey(), label.getValue().asText());
      }
    }
    return new Namespace(metadata.path("name").asText(), own);
  }
}
