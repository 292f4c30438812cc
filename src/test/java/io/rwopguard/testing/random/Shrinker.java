package io.rwopguard.testing.random;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Shrinks an object for which a test fails, so that a person sees what matters. It removes one
 * field or element after the other, whole subtrees first, and keeps each removal after which the
 * test fails in the same way.
 */
public final class Shrinker {

  private Shrinker() {}

  /**
   * Returns the smallest object that was found, or an equal one if the test does not fail.
   *
   * @param test throws if it fails; it may change the object that it is given
   */
  public static ObjectNode smallest(ObjectNode object, Consumer<ObjectNode> test) {
    ObjectNode smallest = object.deepCopy();
    Optional<String> failure = failure(smallest, test);
    boolean shrinks = failure.isPresent();
    while (shrinks) {
      shrinks = false;
      for (JsonPointer part : parts(smallest)) {
        ObjectNode smaller = smallest.deepCopy();
        if (remove(smaller, part) && failure(smaller, test).equals(failure)) {
          smallest = smaller;
          shrinks = true;
        }
      }
    }
    return smallest;
  }

  /** Returns the parts of an object, those near the root first, and elements from the last on. */
  private static List<JsonPointer> parts(ObjectNode object) {
    List<JsonPointer> parts = new ArrayList<>(List.of(JsonPointer.empty()));
    for (int i = 0; i < parts.size(); i++) {
      JsonPointer part = parts.get(i);
      JsonNode value = object.at(part);
      for (Map.Entry<String, JsonNode> field : value.properties()) {
        parts.add(part.appendProperty(field.getKey()));
      }
      if (value.isArray()) {
        for (int element = value.size() - 1; element >= 0; element--) {
          parts.add(part.appendIndex(element));
        }
      }
    }
    return parts.subList(1, parts.size());
  }

  private static boolean remove(ObjectNode object, JsonPointer part) {
    JsonNode parent = object.at(part.head());
    if (parent instanceof ObjectNode fields) {
      return fields.remove(part.last().getMatchingProperty()) != null;
    }
    return parent instanceof ArrayNode elements
        && elements.remove(part.last().getMatchingIndex()) != null;
  }

  private static Optional<String> failure(ObjectNode object, Consumer<ObjectNode> test) {
    try {
      test.accept(object.deepCopy());
      return Optional.empty();
    } catch (AssertionError | RuntimeException e) {
      // what follows a bracket is of the object, and changes with it
      String message = String.valueOf(e.getMessage()).split("[\\[{\\n]", 2)[0];
      return Optional.of(e.getClass().getName() + ": " + message);
    }
  }
}
