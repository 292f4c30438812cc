package io.rwopguard.simulation;

import com.fasterxml.jackson.databind.JsonNode;

/** Label and field selectors, as far as equality goes. */
final class Selectors {

  private Selectors() {}

  static boolean labels(JsonNode object, String selector) {
    if (selector.isEmpty()) {
      return true;
    }
    for (String term : selector.split(",", -1)) {
      String[] sides = term.split("=+", 2);
      JsonNode value = object.path("metadata").path("labels").path(sides[0]);
      if (sides.length == 1 ? value.isMissingNode() : !value.asText().equals(sides[1])) {
        return false;
      }
    }
    return true;
  }

  static boolean fields(JsonNode object, String selector) {
    if (selector.isEmpty()) {
      return true;
    }
    for (String term : selector.split(",", -1)) {
      String[] sides = term.split("=+", 2);
      JsonNode value = object.at("/" + sides[0].replace('.', '/'));
      if (!value.asText("").equals(sides[1])) {
        return false;
      }
    }
    return true;
  }
}
