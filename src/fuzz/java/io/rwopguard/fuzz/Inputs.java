package io.rwopguard.fuzz;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.model.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the bytes of an input, and writes the same JSON in other ways. */
public final class Inputs {

  /** The depth that the webhooks accept. */
  private static final int DEEPEST = 500;

  private static final JsonMapper JSON = mapper();

  private Inputs() {}

  private static JsonMapper mapper() {
    JsonMapper mapper =
        JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    mapper
        .getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build());
    return mapper;
  }

  /** Returns the input as text, with a replacement for each byte that is no UTF-8. */
  public static String text(byte[] input) {
    return new String(input, StandardCharsets.UTF_8);
  }

  /** Returns the input as JSON; empty if it is none, or has a number that JSON cannot express. */
  public static Optional<JsonNode> json(byte[] input) {
    try {
      JsonNode json = JSON.readTree(input);
      return Optional.of(json).filter(each -> !each.isMissingNode() && isFinite(each));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Returns a text as JSON, under the same conditions. */
  public static Optional<JsonNode> json(String text) {
    return json(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the input as a JSON object. */
  public static Optional<ObjectNode> object(byte[] input) {
    return json(input).filter(JsonNode::isObject).map(ObjectNode.class::cast);
  }

  private static boolean isFinite(JsonNode json) {
    if (json.isFloatingPointNumber() && !Double.isFinite(json.doubleValue())) {
      return false;
    }
    for (JsonNode each : json) {
      if (!isFinite(each)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the kind that a manifest names, if the service reads it. */
  public static Optional<Kind> kind(JsonNode manifest) {
    String apiVersion = manifest.path("apiVersion").asText();
    return Kind.of(
            apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "",
            manifest.path("kind").asText())
        .filter(kind -> kind != Kind.SCALE);
  }

  /** Returns the same JSON with the fields of all objects in the opposite order. */
  public static JsonNode reversed(JsonNode json) {
    if (json instanceof ArrayNode list) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode();
      list.forEach(each -> copy.add(reversed(each)));
      return copy;
    }
    if (!(json instanceof ObjectNode)) {
      return json;
    }
    List<Map.Entry<String, JsonNode>> fields = new ArrayList<>(json.properties());
    Collections.reverse(fields);
    ObjectNode copy = JsonNodeFactory.instance.objectNode();
    fields.forEach(field -> copy.set(field.getKey(), reversed(field.getValue())));
    return copy;
  }

  /** Returns the JSON without the fields that are null. */
  public static JsonNode withoutNulls(JsonNode json) {
    if (json instanceof ArrayNode list) {
      ArrayNode copy = JsonNodeFactory.instance.arrayNode();
      list.forEach(each -> copy.add(withoutNulls(each)));
      return copy;
    }
    if (!(json instanceof ObjectNode)) {
      return json;
    }
    ObjectNode copy = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (!field.getValue().isNull()) {
        copy.set(field.getKey(), withoutNulls(field.getValue()));
      }
    }
    return copy;
  }
}
