package io.rwopguard.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads fields of a raw JSON object by their schema's type. A field that is absent or null counts
 * as not set, as in the API server. A field of another type causes a {@link
 * MalformedObjectException}.
 */
public final class Json {

  private Json() {}

  /** Returns the object in this field, or a missing node if it is not set. */
  public static JsonNode object(JsonNode parent, FieldPath parentPath, String field) {
    JsonNode node = parent.path(field);
    if (isUnset(node)) {
      return MissingNode.getInstance();
    }
    if (!node.isObject()) {
      throw new MalformedObjectException(parentPath.field(field), "an object", kindOf(node));
    }
    return node;
  }

  /** Returns the elements of the list of objects in this field; none if it is not set. */
  public static List<JsonNode> objects(JsonNode parent, FieldPath parentPath, String field) {
    List<JsonNode> elements = list(parent, parentPath, field, "a list of objects");
    for (int i = 0; i < elements.size(); i++) {
      if (!elements.get(i).isObject()) {
        throw new MalformedObjectException(
            parentPath.field(field).index(i), "an object", kindOf(elements.get(i)));
      }
    }
    return elements;
  }

  /** Returns the strings of the list in this field; none if it is not set. */
  public static List<String> texts(JsonNode parent, FieldPath parentPath, String field) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list(parent, parentPath, field, "a list of strings")) {
      if (!element.isTextual()) {
        throw new MalformedObjectException(
            parentPath.field(field), "a list of strings", "a list with " + kindOf(element));
      }
      texts.add(element.textValue());
    }
    return texts;
  }

  /** Returns the string in this field, if it is set. */
  public static Optional<String> text(JsonNode parent, FieldPath parentPath, String field) {
    JsonNode node = parent.path(field);
    if (isUnset(node)) {
      return Optional.empty();
    }
    if (!node.isTextual()) {
      throw new MalformedObjectException(parentPath.field(field), "a string", kindOf(node));
    }
    return Optional.of(node.textValue());
  }

  /** Returns the whole number in this field, or the API server's default for it. */
  public static int integer(JsonNode parent, FieldPath parentPath, String field, int otherwise) {
    JsonNode node = parent.path(field);
    if (isUnset(node)) {
      return otherwise;
    }
    if (!node.isIntegralNumber() || !node.canConvertToInt()) {
      throw new MalformedObjectException(parentPath.field(field), "a whole number", kindOf(node));
    }
    return node.intValue();
  }

  /** Returns the same for a field that Kubernetes stores as an int64. */
  public static long longInteger(
      JsonNode parent, FieldPath parentPath, String field, long otherwise) {
    JsonNode node = parent.path(field);
    if (isUnset(node)) {
      return otherwise;
    }
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw new MalformedObjectException(parentPath.field(field), "a whole number", kindOf(node));
    }
    return node.longValue();
  }

  /** Returns whether the field is absent or null. */
  public static boolean isUnset(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static List<JsonNode> list(
      JsonNode parent, FieldPath parentPath, String field, String expected) {
    JsonNode node = parent.path(field);
    if (isUnset(node)) {
      return List.of();
    }
    if (!node.isArray()) {
      throw new MalformedObjectException(parentPath.field(field), expected, kindOf(node));
    }
    List<JsonNode> elements = new ArrayList<>(node.size());
    node.forEach(elements::add);
    return elements;
  }

  /** Returns the type of this value in words: "a string", "nothing". */
  public static String kindOf(JsonNode node) {
    JsonNodeType type = node.getNodeType();
    return switch (type) {
      case MISSING -> "nothing";
      case NULL -> "null";
      case ARRAY -> "a list";
      case OBJECT -> "an object";
      default -> "a " + type.name().toLowerCase(Locale.ROOT);
    };
  }
}
