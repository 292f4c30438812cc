package io.rwopguard.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;

/** Reads and changes the JSON of Kubernetes objects. */
final class Json {

  static final JsonMapper MAPPER = new JsonMapper();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  static String namespace(JsonNode object) {
    return object.path("metadata").path("namespace").asText("");
  }

  static String uid(JsonNode object) {
    return object.path("metadata").path("uid").asText();
  }

  static String version(JsonNode object) {
    return object.path("metadata").path("resourceVersion").asText();
  }

  static String key(JsonNode object) {
    return namespace(object) + "/" + name(object);
  }

  static String annotation(JsonNode object, String name) {
    return object.path("metadata").path("annotations").path(name).asText("");
  }

  static boolean isBeingDeleted(JsonNode object) {
    return object.path("metadata").has("deletionTimestamp");
  }

  static boolean hasTaint(JsonNode node, String key) {
    return taint(node, key) != null;
  }

  static JsonNode taint(JsonNode node, String key) {
    for (JsonNode taint : node.path("spec").path("taints")) {
      if (taint.path("key").asText().equals(key)) {
        return taint;
      }
    }
    return null;
  }

  static void removeTaint(ObjectNode node, String key) {
    Iterator<JsonNode> taints = node.withObjectProperty("spec").withArray("taints").elements();
    while (taints.hasNext()) {
      if (taints.next().path("key").asText().equals(key)) {
        taints.remove();
      }
    }
  }

  static Set<String> texts(JsonNode array) {
    Set<String> texts = new HashSet<>();
    array.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  static boolean isReady(JsonNode object) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  static void ready(ObjectNode object, String status) {
    object
        .withObjectProperty("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", status);
  }

  /** RFC 7396. */
  static void merge(ObjectNode target, JsonNode patch) {
    patch
        .properties()
        .forEach(
            field -> {
              JsonNode value = field.getValue();
              if (value.isNull()) {
                target.remove(field.getKey());
              } else if (value.isObject()) {
                JsonNode inner = target.get(field.getKey());
                ObjectNode into =
                    inner instanceof ObjectNode node ? node : target.putObject(field.getKey());
                merge(into, value);
              } else {
                target.set(field.getKey(), value);
              }
            });
  }
}
